"""`fit`: validate the data, delegate to a family, return an Estimate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from pkstats.errors import BadModel, suggestion
from pkstats.models.covariance import KINDS, covariance
from pkstats.models.estimate import Estimate
from pkstats.models.families import Family
from pkstats.models.families import family as find_family
from pkstats.models.formula import parse
from pkstats.models.rows import rows
from pkstats.models.validate import check

if TYPE_CHECKING:
    from pkstats.panel import Panel


def fit(
    formula: str,
    data: pd.DataFrame | Panel,
    family: str = "ols",
    cluster: str | Sequence[str] | None = None,
    vcov: str | None = None,
    weights: str | None = None,
    conf_level: float = 0.95,
    *,
    entry: str | None = None,
    time: str | None = None,
    event: str | None = None,
    ties: str = "efron",
    exposure: str | None = None,
    zero: str | None = None,
    groups: str | None = None,
) -> Estimate:
    """Fit a model of an outcome on terms: an association, since missions are not sent at random.

    Parameters
    ----------
    formula : str
        Column names with ``+``, ``:``, ``*``, ``C()``, ``log()``, ``log1p()``, ``sqrt()``, ``I()``
        and ``standardize()``; never run as code. One-sided (``"~ x + z"``) for cox.
    data : DataFrame or Panel
    family : str
        One of `pkstats.models.families.FAMILIES`.
    cluster : str or two str, optional
        Column(s) of the independent units; standard errors are then CR1.
    vcov : {"classical", "hc0", "hc1", "hc2", "hc3", "cr1", "cr2"}, optional
        Without clusters `hc1` for least squares and `classical` otherwise.
    weights : str, optional
        Column of probability weights.
    entry, time, event : str, optional
        For cox: columns of delayed entry, exit time and event; `ties` is efron or breslow.
    exposure, zero, groups : str, optional
        For counts a column of exposures; for zinb and hurdle the zero part's one-sided formula; for
        mixed the column of random intercepts.

    Raises
    ------
    BadModel
        For an unknown family or column, too few rows or clusters, dependent terms, separation, or an
        outcome that does not suit the family.
    """
    chosen = find_family(family)
    if not 0 < conf_level < 1:
        raise BadModel(f"conf_level must lie between 0 and 1; found {conf_level!r}.")
    frame = data if isinstance(data, pd.DataFrame) else data.frame
    named = {"entry": entry, "time": time, "event": event, "exposure": exposure, "groups": groups}
    given = _given(named, chosen)
    clusters = (cluster,) if isinstance(cluster, str) else tuple(cluster or ())
    kind = _kind(vcov, clusters, chosen)
    complete = rows(parse(formula), frame, chosen, clusters, weights, given, zero)
    check(complete, chosen, frame)
    options = {"ties": ties, "conf_level": conf_level}
    found = chosen.fit(complete.sample(options))
    matrix, freedom = covariance(found, complete.design, complete.clusters, kind)
    sources = () if isinstance(data, pd.DataFrame) else tuple(data.sources)
    about = (complete.text, family, kind, " and ".join(clusters), found, matrix, freedom)
    return Estimate(*about, conf_level, sources, rows=complete, options=options, data=data)


def _given(named: dict[str, str | None], family: Family) -> dict[str, str]:
    """Return the extra columns that were named; the family's own needs must be among them."""
    given = {name: column for name, column in named.items() if column is not None}
    for name in family.needs:
        if name not in given:
            raise BadModel(f"family={family.name!r} needs {name}=, the name of a column.")
    return given


def _kind(vcov: str | None, clusters: tuple[str, ...], family: Family) -> str:
    kind = (vcov or ("cr1" if clusters else family.default)).lower()
    if kind not in KINDS:
        raise BadModel(
            f"vcov must be one of {', '.join(KINDS)}; found {kind!r}.{suggestion(kind, KINDS)}"
        )
    if kind.startswith("cr") and not clusters:
        raise BadModel(f"vcov={kind!r} needs cluster=, the column of independent units.")
    if len(clusters) > 2 or (kind == "cr2" and len(clusters) > 1):
        raise BadModel("Clusters are one column, or two with vcov='cr1'.")
    return kind
