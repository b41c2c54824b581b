"""`fit`: validate the data, delegate to a family, return an Estimate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from pkstats.errors import BadModel, suggestion
from pkstats.models.columns import framed
from pkstats.models.covariance import KINDS, covariance
from pkstats.models.estimate import Estimate
from pkstats.models.families import FAMILIES, Family
from pkstats.models.families import family as find_family
from pkstats.models.formula import parse
from pkstats.models.rows import rows
from pkstats.models.validate import check, whole_groups
from pkstats.models.weighing import refuse_classical, variance

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
    freq_weights: str | None = None,
    entry: str | None = None,
    time: str | None = None,
    event: str | None = None,
    ties: str = "efron",
    exposure: str | None = None,
    offset: str | None = None,
    alpha: float | None = None,
    zero: str | None = None,
    groups: str | None = None,
    method: str | None = None,
    information: str | None = None,
) -> Estimate:
    """Fit a model of an outcome on terms: an association, since missions are not sent at random.

    Parameters
    ----------
    formula : str
        Column names with ``+``, ``:``, ``*``, ``C()``, ``log()``, ``log1p()``, ``sqrt()``, ``I()``
        and ``standardize()``; never run as code. One-sided (``"~ x + z"``) for cox.
    data : DataFrame or Panel
    family : str
        ols, logit, probit, firth, ordered, multinomial, poisson, negbin, zinb, hurdle, cox or mixed.
    cluster : str or two str, optional
        Column(s) of the independent units; standard errors are then CR1.
    vcov : {"classical", "hc0", "hc1", "hc2", "hc3", "cr1", "cr2"}, optional
        Without clusters `hc1` for least squares or with `weights`, `classical` otherwise.
    weights, freq_weights, conf_level : optional
        Column of probability weights, whose scale is nothing, or of counts of equal rows (rows of
        weight 0 drop); level of the intervals, 0 to 1.
    entry, time, event : str, optional
        For cox: columns of delayed entry, exit time and event; `ties` is efron or breslow.
    exposure, offset, alpha, zero : optional
        For counts a column of exposures, or of their logarithms; for negbin a dispersion that is
        given, not estimated (1/θ in R); for zinb and hurdle the zero part's one-sided formula.
    groups, method, information : str, optional
        Mixed: random intercepts; reml or ml. Probit, negbin, mixed: observed (as Stata) or expected
        (as R).

    Returns
    -------
    Estimate
        With `tidy()`, `glance()`, `effects()`, `predict()`, `checks()`, `plot()` and `cite()`.

    Raises
    ------
    BadModel
        For unknown names, too few rows or clusters, dependent terms, separation, a wrong outcome.
    """
    columns = {"entry": entry, "time": time, "event": event, "exposure": exposure}
    columns |= {"offset": offset, "groups": groups}
    own = {"alpha": alpha, "method": method, "information": information}
    chosen = _suitable({**columns, **own, "zero": zero}, find_family(family))
    options = {"ties": ties, "conf_level": conf_level, **_given(own)}
    weighing = {"weights": weights, "freq_weights": freq_weights}
    return _fit(formula, data, chosen, cluster, vcov, weighing, _given(columns), zero, options)


def _fit(
    formula: str,
    data: pd.DataFrame | Panel,
    family: Family,
    cluster: str | Sequence[str] | None,
    vcov: str | None,
    weighing: Mapping[str, str | None],
    given: Mapping[str, str],
    zero: str | None,
    options: Mapping[str, Any],
) -> Estimate:
    """Check what was asked, take the complete rows and fit."""
    level = options["conf_level"]
    if not isinstance(level, (int, float)) or not 0 < level < 1:
        raise BadModel(f"conf_level must lie between 0 and 1; found {level!r}.")
    frame = framed(data)
    clusters = _clusters(cluster)
    _names({**given, **weighing}, clusters)
    weights, frequencies = weighing["weights"], weighing["freq_weights"]
    if weights is not None and frequencies is not None:
        raise BadModel("Weights are either probability weights or frequencies; both were given.")
    kind = _kind(vcov, clusters, family, weights is not None)
    complete = rows(parse(formula), frame, family, clusters, weights, given, zero, frequencies)
    check(complete, family, frame)
    if family.name == "mixed" and kind != "classical":
        whole_groups(complete, kind)
    found = family.fit(complete.sample(options))
    matrix, freedom = covariance(found, complete.design, complete.clusters, kind)
    sources = () if isinstance(data, pd.DataFrame) else tuple(data.sources)
    about = (complete.text, family.name, kind, " and ".join(clusters), found, matrix, freedom)
    return Estimate(*about, level, sources, rows=complete, options=options, data=data)


def _given(named: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if value is not None}


def _clusters(cluster: object) -> tuple[str, ...]:
    if isinstance(cluster, str):
        return (cluster,)
    if cluster is not None and not isinstance(cluster, Iterable):
        raise BadModel(f"cluster= takes the name of a column, or two; found {cluster!r}.")
    return () if cluster is None else tuple(cluster)


def _suitable(named: Mapping[str, object], family: Family) -> Family:
    """Return the family; refuse arguments it cannot use, and the lack of those it needs."""
    for name in family.needs:
        if named[name] is None:
            raise BadModel(f"family={family.name!r} needs {name}=, the name of a column.")
    for name, value in named.items():
        if value is not None and name not in (*family.needs, *family.takes):
            able = [one.name for one in FAMILIES.values() if name in (*one.needs, *one.takes)]
            raise BadModel(
                f"family={family.name!r} takes no {name}=; it is for {', '.join(able)}. Leave it out."
            )
    if named["information"] not in (None, "observed", "expected"):
        raise BadModel(f"information must be observed or expected; found {named['information']!r}.")
    return family


def _names(named: Mapping[str, object], clusters: Sequence[object]) -> None:
    """Refuse columns given as data rather than by name."""
    for name, value in [*named.items(), *(("cluster", one) for one in clusters)]:
        if value is not None and not isinstance(value, str):
            raise BadModel(
                f"{name}= takes the name of a column of the data; found {type(value).__name__}. "
                "Add the values to the data as a column first."
            )


def _kind(vcov: str | None, clusters: tuple[str, ...], family: Family, weighted: bool) -> str:
    kind = vcov or variance(family, bool(clusters), weighted)
    kind = kind.lower() if isinstance(kind, str) else kind
    if kind not in KINDS:
        raise BadModel(
            f"vcov must be one of {', '.join(KINDS)}; found {kind!r}.{suggestion(str(kind), KINDS)}"
        )
    if kind.startswith("cr") and not clusters:
        raise BadModel(f"vcov={kind!r} needs cluster=, the column of independent units.")
    refuse_classical(family, kind, weighted)
    if len(clusters) > 2 or (kind == "cr2" and len(clusters) > 1):
        raise BadModel("Clusters are one column, or two with vcov='cr1'.")
    return kind
