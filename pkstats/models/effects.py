"""Average marginal effects with delta-method intervals, and predictions on new data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from pkstats.errors import BadModel
from pkstats.models.columns import numbers
from pkstats.models.formula import categories, design
from pkstats.models.means import link, probabilities

if TYPE_CHECKING:
    from pkstats.models.estimate import Estimate

CATEGORICAL = ("ordered", "multinomial")


def _matrix(estimate: Estimate, data: pd.DataFrame) -> np.ndarray:
    rows = estimate.rows
    constant = "Intercept" in rows.names
    return design(rows.terms, data, constant, rows.memory)[1]


def _exposures(estimate: Estimate) -> np.ndarray | float:
    extra = estimate.rows.extra
    return np.asarray(extra.get("exposure", 1.0)) * np.exp(extra.get("offset", 0.0))


def predict(estimate: Estimate, data: pd.DataFrame | None = None) -> np.ndarray:
    """Return expected outcomes, shape (n,), or probabilities by category, shape (n, m).

    On the model's own rows, or on new data coded as the old were (counts then per unit of exposure).
    """
    own = data is None
    matrix = estimate.rows.design if data is None else _matrix(estimate, data)
    parameters = estimate.found.coefficients
    if estimate.family in CATEGORICAL:
        return probabilities(estimate.family, parameters, matrix, len(estimate.rows.levels))
    mean = link(estimate.family).mean(matrix @ parameters[: matrix.shape[1]])
    return mean * _exposures(estimate) if own else mean


def effects(estimate: Estimate) -> pd.DataFrame:
    """Return average marginal effects of every variable in the formula.

    Numeric variables: mean slope of the expected outcome. Variables of 0 and 1 and categories: mean
    difference. Standard errors by the delta method from the estimate's own covariance.

    Returns
    -------
    DataFrame
        term, contrast, (category), effect, std_error, statistic, p_value, conf_low, conf_high.
    """
    frame = estimate.rows.data
    levels = categories(estimate.rows.terms, estimate.rows.memory)
    records = []
    for name in _variables(estimate):
        for contrast, high, low, width in _contrasts(frame, name, levels.get(name)):
            upper, lower = _matrix(estimate, high), _matrix(estimate, low)
            for category, effect, gradient in _differences(estimate, upper, lower, width):
                variance = float(gradient @ estimate.covariance @ gradient)
                records.append((name, contrast, category, effect, np.sqrt(max(variance, 0.0))))
    columns = ["term", "contrast", "category", "effect", "std_error"]
    table = pd.DataFrame(records, columns=columns)
    table["statistic"] = table["effect"] / table["std_error"]
    table["p_value"] = 2 * stats.norm.sf(table["statistic"].abs())
    half = stats.norm.ppf(0.5 + estimate.conf_level / 2) * table["std_error"]
    table["conf_low"], table["conf_high"] = table["effect"] - half, table["effect"] + half
    return table if estimate.family in CATEGORICAL else table.drop(columns="category")


def _variables(estimate: Estimate) -> list[str]:
    terms = estimate.rows.terms
    outcome = set() if terms.outcome is None else set(terms.outcome_columns)
    names = [name for name in terms.columns if name not in outcome]
    if not names:
        raise BadModel("The model has no variable to take an effect of.")
    return names


def _contrasts(
    frame: pd.DataFrame, name: str, levels: list[Any] | None
) -> list[tuple[str, pd.DataFrame, pd.DataFrame, float]]:
    """Return (label, data above, data below, distance) for each contrast of one variable."""

    def between(high: Any, low: Any) -> tuple[str, pd.DataFrame, pd.DataFrame, float]:
        above, below = frame.assign(**{name: high}), frame.assign(**{name: low})
        return f"{_spelled(high)} − {_spelled(low)}", above, below, 1.0

    if levels is not None:
        base, *others = levels
        return [between(level, base) for level in others]
    values = numbers(frame[name], "numbers are needed for a slope.")
    if np.isin(values, (0, 1)).all():
        return [between(1.0, 0.0)]
    step = 1e-5 * (float(np.std(values, ddof=1)) or 1.0)
    above, below = frame.assign(**{name: values + step}), frame.assign(**{name: values - step})
    return [("slope", above, below, 2 * step)]


def _spelled(level: Any) -> str:
    return f"{level:g}" if isinstance(level, float) else str(level)


def _differences(
    estimate: Estimate, upper: np.ndarray, lower: np.ndarray, width: float
) -> list[tuple[str, float, np.ndarray]]:
    """Return (category, effect, gradient (p,)) of the mean difference between two designs."""
    parameters = estimate.found.coefficients
    if estimate.family in CATEGORICAL:
        levels = estimate.rows.levels

        def means(values: np.ndarray) -> np.ndarray:
            high = probabilities(estimate.family, values, upper, len(levels))
            low = probabilities(estimate.family, values, lower, len(levels))
            return (high - low).mean(axis=0) / width

        gradients = _jacobian(means, parameters)
        return [(level, means(parameters)[i], gradients[i]) for i, level in enumerate(levels)]
    family, k, weight = link(estimate.family), upper.shape[1], _exposures(estimate)
    high, low = upper @ parameters[:k], lower @ parameters[:k]
    effect = float((weight * (family.mean(high) - family.mean(low))).mean() / width)
    gradient = np.zeros(len(parameters))
    rise = (weight * family.slope(high))[:, None] * upper
    fall = (weight * family.slope(low))[:, None] * lower
    gradient[:k] = (rise - fall).mean(axis=0) / width
    return [("", effect, gradient)]


def _jacobian(function: Callable[[np.ndarray], np.ndarray], at: np.ndarray) -> np.ndarray:
    """Return central differences of a vector function, shape (m, p)."""
    columns = []
    for place in range(len(at)):
        step = np.zeros(len(at))
        step[place] = 1e-6 * max(1.0, abs(at[place]))
        columns.append((function(at + step) - function(at - step)) / (2 * step[place]))
    return np.column_stack(columns)
