"""Missing values: their map, chained imputation, and complete cases beside the pooled estimate."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkstats.checks.imputation import rubin
from pkstats.errors import BadModel
from pkstats.models import Estimate, fit, parse

DONORS = 5


def missingness(data: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return the map of missing values: one row per pattern of columns that are missing together.

    Returns
    -------
    DataFrame
        One flag per column (True = missing), `rows` and `share`, most frequent pattern first.
    """
    absent = data[columns].isna()
    counts = absent.groupby(columns, sort=False).size().rename("rows").reset_index()
    counts["share"] = counts["rows"] / max(len(data), 1)
    return counts.sort_values("rows", ascending=False, kind="stable").reset_index(drop=True)


def impute(values: np.ndarray, count: int = 20, cycles: int = 10, seed: int = 0) -> np.ndarray:
    """Fill missing values by chained equations with predictive mean matching.

    Each column with gaps is regressed on all others with coefficients drawn from their posterior;
    a gap takes the observed value of one of the five rows with the nearest prediction, so that flags
    stay 0 or 1 and counts stay counts (van Buuren 2018, Flexible Imputation of Missing Data,
    algorithms 3.3 and 4.3).

    Parameters
    ----------
    values : array, shape (n, k)
        NaN where missing.
    count, cycles, seed : int
        Imputations, passes over the columns in each, and the seed of the draws.

    Returns
    -------
    array, shape (count, n, k)

    Raises
    ------
    BadModel
        When a column has fewer observed rows than the others have columns.
    """
    absent = np.isnan(values)
    order = [column for column in np.argsort(absent.sum(axis=0)) if absent[:, column].any()]
    least = values.shape[1] + 2
    for column in order:
        if (~absent[:, column]).sum() < least:
            raise BadModel(
                f"Column {column} has under {least} observed rows: too few to impute from."
            )
    filled = np.empty((count, *values.shape))
    for place, stream in enumerate(np.random.default_rng(seed).spawn(count)):
        filled[place] = _chain(values, absent, order, cycles, stream)
    return filled


def _chain(
    values: np.ndarray, absent: np.ndarray, order: list[int], cycles: int, draw: np.random.Generator
) -> np.ndarray:
    out = values.copy()
    for column in order:
        seen = values[~absent[:, column], column]
        out[absent[:, column], column] = draw.choice(seen, absent[:, column].sum())
    for _ in range(cycles):
        for column in order:
            gaps = absent[:, column]
            others = np.delete(out, column, axis=1)
            spread = others.std(axis=0)
            scaled = (others - others.mean(axis=0)) / np.where(spread > 0, spread, 1)
            design = np.column_stack([np.ones(len(out)), scaled])
            out[gaps, column] = _matched(design, out[:, column], gaps, draw)
    return out


def _matched(
    design: np.ndarray, outcome: np.ndarray, gaps: np.ndarray, draw: np.random.Generator
) -> np.ndarray:
    """Return observed values of nearest predictions for the gaps of one column."""
    known, target = design[~gaps], outcome[~gaps]
    ridge = 1e-5 * np.diag(np.diag(known.T @ known) + 1e-12)
    inverse = np.linalg.inv(known.T @ known + ridge)
    best = inverse @ known.T @ target
    residuals = target - known @ best
    freedom = max(len(target) - design.shape[1], 1)
    scale = np.sqrt(residuals @ residuals / draw.chisquare(freedom))
    drawn = best + scale * np.linalg.cholesky(inverse) @ draw.normal(size=len(best))
    distance = np.abs((design[gaps] @ drawn)[:, None] - (known @ best)[None, :])
    donors = np.argpartition(distance, min(DONORS, len(target)) - 1, axis=1)[:, :DONORS]
    chosen = donors[np.arange(len(donors)), draw.integers(0, donors.shape[1], len(donors))]
    return target[chosen]


def beside_complete_cases(
    estimate: Estimate, count: int = 20, cycles: int = 10, seed: int = 0
) -> pd.DataFrame:
    """Return the estimate on complete cases beside the one pooled over imputed data sets.

    Rows without an outcome help to impute but are not analysed (von Hippel 2007, Sociological
    Methodology 37: 83–117). Gaps are taken to be explained by the other columns of the model.

    Parameters
    ----------
    estimate : Estimate
        Of numeric columns, without weights or survival times.

    Returns
    -------
    DataFrame
        term, complete_estimate, complete_std_error, pooled_estimate, pooled_std_error,
        fraction_missing; `attrs` holds the rows of both.

    Raises
    ------
    BadModel
        For models with weights, survival times or text columns.
    """
    frame = estimate.data if isinstance(estimate.data, pd.DataFrame) else estimate.data.frame
    terms = parse(estimate.formula)
    names = terms.columns
    if estimate.rows.extra or estimate.rows.weights is not None or terms.outcome is None:
        raise BadModel("Imputation is written for models without weights, exposures and times.")
    for name in names:
        if not pd.api.types.is_numeric_dtype(frame[name].dtype):
            raise BadModel(f"Imputation takes numeric columns; {name!r} holds {frame[name].dtype}.")
    numbers = frame[names].astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
    known = frame[terms.outcome_columns].notna().all(axis=1)
    fits = [
        _again(estimate, frame.assign(**dict(zip(names, filled.T, strict=True)))[known])
        for filled in impute(numbers, count, cycles, seed)
    ]
    coefficients = np.array([one.found.coefficients for one in fits])
    pooled = rubin(coefficients, np.array([np.diag(one.covariance) for one in fits]))
    own = estimate.tidy()
    out = pd.DataFrame(
        {
            "term": own["term"],
            "complete_estimate": own["estimate"],
            "complete_std_error": own["std_error"],
            "pooled_estimate": pooled.estimate,
            "pooled_std_error": pooled.std_error,
            "fraction_missing": pooled.fraction_missing,
        }
    )
    out.attrs = {"complete_rows": estimate.nobs, "pooled_rows": int(known.sum()), "m": count}
    return out


def _again(estimate: Estimate, frame: pd.DataFrame) -> Estimate:
    cluster = [part for part in estimate.cluster.split(" and ") if part]
    return fit(
        estimate.formula,
        frame,
        family=estimate.family,
        cluster=cluster or None,
        vcov=estimate.vcov,
    )
