"""`fit`: validate the data, delegate to the numbers, return an Estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pkstats.errors import BadModel, suggestion
from pkstats.models import numbers
from pkstats.models.estimate import Estimate
from pkstats.models.formula import Terms, design, evaluate, parse

if TYPE_CHECKING:
    from pkstats.panel import Panel

FAMILIES = {"ols": numbers.ols, "logit": numbers.logit}
KINDS = ("classical", "hc0", "hc1", "cr1")


def fit(
    formula: str,
    data: pd.DataFrame | Panel,
    family: str = "ols",
    cluster: str | None = None,
    vcov: str | None = None,
    conf_level: float = 0.95,
) -> Estimate:
    """Fit a model of an outcome on terms.

    Parameters
    ----------
    formula : str
        Text over column names with ``+``, ``:``, ``*``, ``C()``, ``log()``, ``log1p()``, ``sqrt()``,
        ``I()``, ``standardize()``; never run as code.
    data : DataFrame or Panel
    family : {"ols", "logit"}
    cluster : str, optional
        Column whose values are the independent units; standard errors are then CR1.
    vcov : {"classical", "hc0", "hc1", "cr1"}, optional
        By default `cr1` with `cluster`, `hc1` for least squares and `classical` for logit.
    conf_level : float

    Returns
    -------
    Estimate
        An association, not an effect: nothing here makes deployment random.

    Raises
    ------
    BadModel
        For an unknown family or column, too few rows or clusters, dependent terms, separation, or an
        outcome that does not suit the family.
    """
    if family not in FAMILIES:
        raise BadModel(f"family must be one of {', '.join(FAMILIES)}; found {family!r}.")
    if not 0 < conf_level < 1:
        raise BadModel(f"conf_level must lie between 0 and 1; found {conf_level!r}.")
    frame = data if isinstance(data, pd.DataFrame) else data.frame
    sources = () if isinstance(data, pd.DataFrame) else data.sources
    kind = _kind(vcov, cluster, family)
    terms = parse(formula)
    outcome, matrix, names, groups, kept = _arrays(terms, frame, cluster)
    _check(outcome, matrix, names, groups, family, frame, kept)
    numbers.check_rank(matrix, names)
    found = FAMILIES[family](outcome, matrix, groups, kind)
    return Estimate(
        formula=terms.text,
        family=family,
        vcov=kind,
        cluster=cluster or "",
        terms=tuple(names),
        numbers=found,
        nobs=len(outcome),
        dropped=int((~kept).sum()),
        clusters=0 if groups is None else int(groups.max() + 1),
        conf_level=conf_level,
        sources=tuple(sources),
    )


def _kind(vcov: str | None, cluster: str | None, family: str) -> str:
    kind = vcov or ("cr1" if cluster else "hc1" if family == "ols" else "classical")
    if kind not in KINDS:
        raise BadModel(f"vcov must be one of {', '.join(KINDS)}; found {kind!r}.")
    if kind == "cr1" and not cluster:
        raise BadModel("vcov='cr1' needs cluster=, the column of independent units.")
    return kind


def _arrays(
    terms: Terms, frame: pd.DataFrame, cluster: str | None
) -> tuple[np.ndarray, np.ndarray, list[str], np.ndarray | None, np.ndarray]:
    """Return outcome, design, names and cluster codes of complete rows, and which rows those are.

    Rows with missing values drop before clusters are coded.
    """
    if terms.outcome is None:
        raise BadModel(f"The formula {terms.text!r} has no outcome on its left.")
    outcome = evaluate(terms.outcome, frame, terms.text)
    names, matrix = design(terms, frame)
    kept = ~np.isnan(outcome) & ~np.isnan(matrix).any(axis=1)
    if cluster is None:
        return outcome[kept], matrix[kept], names, None, kept
    if cluster not in frame:
        raise BadModel(f"There is no column {cluster!r} to cluster by.{suggestion(cluster, frame)}")
    kept &= frame[cluster].notna().to_numpy()
    groups = pd.factorize(frame.loc[kept, cluster])[0]
    return outcome[kept], matrix[kept], names, groups, kept


def _check(
    outcome: np.ndarray,
    matrix: np.ndarray,
    names: list[str],
    groups: np.ndarray | None,
    family: str,
    frame: pd.DataFrame,
    kept: np.ndarray,
) -> None:
    rows, terms = matrix.shape
    if rows <= terms:
        worst = frame.isna().mean().sort_values(ascending=False).head(3)
        raise BadModel(
            f"{rows} of {len(kept)} rows have no missing value, too few for {terms} terms. "
            f"Most missing: {', '.join(f'{name} {share:.0%}' for name, share in worst.items())}."
        )
    if groups is not None and groups.max() < 1:
        raise BadModel("Clustered standard errors need at least two clusters; found one.")
    if family == "logit" and not np.isin(outcome, (0, 1)).all():
        raise BadModel("A logit needs an outcome of 0 and 1; found other values.")
    if np.ptp(outcome) == 0:
        raise BadModel(f"The outcome has the same value in all {rows} complete rows.")
