"""`fit`: validate the data, delegate to a family, return an Estimate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
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
from pkstats.text import cut

MOST_WAYS, LONGEST = 2, 1500
# Further arguments that name columns.
COLUMNS = ("entry", "time", "event", "exposure", "offset", "groups")
# Arguments that a family takes among its options.
OWN = ("alpha", "method", "information")

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
        Columns, ``+``, ``:``, ``*``, ``C()``, ``log()`` and the like; for cox one-sided: ``"~ x + z"``.
    data : DataFrame or Panel
    family : str
        ols, logit, probit, firth, ordered, multinomial, poisson, negbin, zinb, hurdle, cox or mixed.
    cluster : str or two str, optional
        Column(s) of the independent units; standard errors are then CR1.
    vcov : {"classical", "hc0", "hc1", "hc2", "hc3", "cr1", "cr2"}, optional
        Without clusters `hc1` for least squares or with `weights`, `classical` otherwise.
    weights, freq_weights : str, optional
        Column of probability weights, whose scale means nothing, or of counts of equal rows.
    conf_level : float
        Coverage of the intervals.
    entry, time, event : str, optional
        For cox: columns of delayed entry, exit time and event; `ties` is efron or breslow.
    exposure, offset, alpha, zero : optional
        Counts: column of exposures, or of their logarithms; negbin: a dispersion that is given (1/θ
        in R); zinb and hurdle: the zero part's one-sided formula.
    groups, method, information : str, optional
        Mixed: random intercepts; reml or ml. Information is observed (Stata) or expected (R).

    Returns
    -------
    Estimate
        With `tidy()`, `glance()`, `effects()`, `predict()`, `plot()`, `cite()`; see also `pkstats.check`.

    Raises
    ------
    BadModel
        For unknown names, too few rows or clusters, dependent terms, separation, a wrong outcome.
    """
    named: dict[str, Any] = {"entry": entry, "time": time, "event": event, "exposure": exposure}
    named |= {"offset": offset, "groups": groups, "zero": zero, "alpha": alpha}
    named |= {"method": method, "information": information}
    options = {"ties": ties, "conf_level": conf_level}
    weighing = {"weights": weights, "freq_weights": freq_weights}
    return _fit(formula, data, family, named, cluster, vcov, weighing, options)


@contextmanager
def _short() -> Iterator[None]:
    """Cut long errors: names of the data may be of any length; beginning and end say what to do."""
    try:
        yield
    except BadModel as problem:
        if len(str(problem)) <= LONGEST:
            raise
        raise BadModel(cut(problem, LONGEST)) from None


@_short()
def _fit(
    formula: str,
    data: pd.DataFrame | Panel,
    name: str,
    named: Mapping[str, Any],
    cluster: str | Sequence[str] | None,
    vcov: str | None,
    weighing: Mapping[str, str | None],
    options: Mapping[str, Any],
) -> Estimate:
    """Check what was asked, take the complete rows and fit."""
    _texts(
        {one: named[one] for one in ("zero", "method", "information")} | {"ties": options["ties"]}
    )
    family = _suitable(named, find_family(name))
    present = {name: value for name, value in named.items() if value is not None}
    given = {name: present[name] for name in COLUMNS if name in present}
    options = {**options, **{name: present[name] for name in OWN if name in present}}
    level = options["conf_level"]
    if not isinstance(level, (int, float)) or not 0 < level < 1:
        raise BadModel(f"conf_level must lie between 0 and 1; found {cut(repr(level))}.")
    frame = framed(data)
    clusters = _clusters(cluster)
    _names({**given, **weighing}, clusters)
    kind = _kind(vcov, clusters, family, weighing["weights"] is not None)
    complete = rows(
        parse(formula), frame, family, clusters, given=given, zero=named["zero"], **weighing
    )
    check(complete, family, frame)
    if family.name == "mixed" and kind != "classical":
        whole_groups(complete, kind)
    found = family.fit(complete.sample(options))
    matrix, freedom = covariance(found, complete.design, complete.clusters, kind)
    sources = () if isinstance(data, pd.DataFrame) else tuple(data.sources)
    about = (complete.text, family.name, kind, " and ".join(clusters), found, matrix, freedom)
    return Estimate(*about, level, sources, rows=complete, options=options, data=data)


def _clusters(cluster: object) -> tuple[str, ...]:
    if isinstance(cluster, str):
        return (cluster,)
    if cluster is None:
        return ()
    if not isinstance(cluster, Iterable) or getattr(cluster, "ndim", 1) == 0:
        raise BadModel(f"cluster= takes the name of a column, or two; found {cut(repr(cluster))}.")
    return tuple(islice(cluster, MOST_WAYS + 1))


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
        raise BadModel(
            f"information must be observed or expected; found {cut(repr(named['information']))}."
        )
    return family


def _texts(named: Mapping[str, object]) -> None:
    """Refuse options that are not text."""
    for name, value in named.items():
        if value is not None and not isinstance(value, str):
            raise BadModel(f"{name}= takes text; found {type(value).__name__}.")


def _names(named: Mapping[str, object], clusters: Sequence[object]) -> None:
    """Refuse columns given as data rather than by name."""
    for name, value in [*named.items(), *(("cluster", one) for one in clusters)]:
        if value is not None and not isinstance(value, str):
            raise BadModel(
                f"{name}= takes the name of a column of the data; found {type(value).__name__}. "
                "Add the values to the data as a column first."
            )


def _kind(vcov: str | None, clusters: tuple[str, ...], family: Family, weighted: bool) -> str:
    if vcov is not None and (not isinstance(vcov, str) or vcov.lower() not in KINDS):
        near = suggestion(vcov[:80], KINDS) if isinstance(vcov, str) else ""
        raise BadModel(f"vcov must be one of {', '.join(KINDS)}; found {cut(repr(vcov))}.{near}")
    kind = variance(family, bool(clusters), weighted) if vcov is None else vcov.lower()
    if kind.startswith("cr") and not clusters:
        raise BadModel(f"vcov={kind!r} needs cluster=, the column of independent units.")
    refuse_classical(family, kind, weighted)
    if len(clusters) > MOST_WAYS or (kind == "cr2" and len(clusters) > 1):
        raise BadModel("Clusters are one column, or two with vcov='cr1'.")
    return kind
