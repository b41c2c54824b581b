"""Average marginal effects with delta-method intervals, and predictions on new data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from pkstats.errors import BadModel
from pkstats.models.columns import column, framed, numbers
from pkstats.models.formula import categories, design
from pkstats.models.means import Means, means, no_count
from pkstats.models.survivors import Times, chosen_times, survivors

if TYPE_CHECKING:
    from pkstats.models.estimate import Estimate

# A slope is a difference over this part of a value's size, so that logarithms stay among positive numbers;
# at zero over this part of the smallest value.
STEP, SMALLEST = 1e-5, 1e-8
SLOPE = "slope"
KINDS = ("mean", "zero")
# Over a longer way of a linear predictor a difference is no slope, except of a straight line.
FARTHEST = 0.03
LINEAR = ("ols", "mixed")


class _Model(NamedTuple):
    """An estimate as effects see it: parameters, their covariance, and what its columns are."""

    estimate: Estimate
    parameters: np.ndarray
    covariance: np.ndarray
    centre: np.ndarray | float = 0.0

    def means(self, data: pd.DataFrame | None, own: bool) -> Means:
        """Return expected outcomes on data, or on the model's rows; `own`: with their exposures."""
        matrix, zero = _designs(self.estimate, data)
        offset = _offset(self.estimate) if own else 0.0
        family, centred = self.estimate.family, matrix - self.centre
        # What overflows is infinite in the result, and effects refuse it.
        with np.errstate(all="ignore"):
            return means(family, self.parameters, centred, offset, zero_design=zero)


def _designs(estimate: Estimate, data: pd.DataFrame | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the design and that of the part for zeros, where there is one."""
    rows = estimate.rows
    if data is None:
        return rows.design, rows.extra.get("zero_design")
    matrix = design(rows.terms, data, "Intercept" in rows.names, rows.memory)[1]
    zero = rows.zero
    return matrix, None if zero is None else design(zero, data, memory=rows.zero_memory)[1]


def _offset(estimate: Estimate) -> np.ndarray | float:
    extra = estimate.rows.extra
    return np.log(extra.get("exposure", 1.0)) + extra.get("offset", 0.0)


def predict(
    estimate: Estimate,
    data: pd.DataFrame | None = None,
    *,
    kind: str = "mean",
    times: Times | None = None,
) -> np.ndarray:
    """Return expected outcomes, shape (n,), or probabilities of categories or survival, (n, m).

    See `Estimate.predict`.
    """
    frame = None if data is None else framed(data)
    if kind not in KINDS:
        raise BadModel(f"kind must be one of {', '.join(KINDS)}; found {kind!r}.")
    _only_cox(estimate, times)
    parameters, found = estimate.found.coefficients, estimate.found
    if kind == "zero":
        matrix, zero = _designs(estimate, frame)
        offset = _offset(estimate) if frame is None else 0.0
        alpha = found.statistics.get("alpha", 0.0)
        with np.errstate(all="ignore"):
            return no_count(estimate.family, parameters, matrix, offset, zero, alpha)
    if estimate.family == "cox" and times is None:
        # As `found.fitted`: relative to the mean of the terms.
        weights, own = estimate.rows.weights, estimate.rows.design
        with np.errstate(all="ignore"):
            return np.exp((_designs(estimate, frame)[0] - np.average(own, 0, weights)) @ parameters)
    values = _model(estimate, times).means(frame, own=frame is None).values
    return values if values.shape[1] > 1 or times is not None else values[:, 0]


def effects(estimate: Estimate, times: Times | None = None) -> pd.DataFrame:
    """Return average marginal effects of every variable in the formula.

    See `Estimate.effects`.
    """
    _only_cox(estimate, times)
    if estimate.family == "cox":
        times = chosen_times(estimate, times)
    model = _model(estimate, times)
    rows, frame = estimate.rows, estimate.rows.data
    levels = categories(rows.terms, rows.memory)
    if rows.zero is not None:
        levels = {**categories(rows.zero, rows.zero_memory), **levels}
    column, labels = _columns(estimate, times)
    records = []
    for name in _variables(estimate):
        for contrast in _contrasts(frame, name, levels.get(name)):
            differences, gradients = _differences(model, name, contrast)
            variances = np.einsum("mp,pq,mq->m", gradients, model.covariance, gradients)
            # Below zero, as some two-way variances are, a standard error is missing.
            missing = (variances < 0) | _lonely(model, contrast)
            errors = np.sqrt(np.where(missing, np.nan, variances))
            parts = zip(labels, differences, errors, strict=True)
            records += [(name, contrast.label, *part) for part in parts]
    table = pd.DataFrame(records, columns=["term", "contrast", column, "effect", "std_error"])
    # A variable of one level has no contrast: of none at all the columns are still numbers.
    table = table.astype({"effect": "float64", "std_error": "float64"})
    with np.errstate(divide="ignore", invalid="ignore"):
        table["statistic"] = table["effect"] / table["std_error"]
    table["p_value"] = 2 * stats.norm.sf(table["statistic"].abs())
    half = stats.norm.ppf(0.5 + estimate.conf_level / 2) * table["std_error"]
    table["conf_low"], table["conf_high"] = table["effect"] - half, table["effect"] + half
    return table.drop(columns="") if column == "" else table


def _only_cox(estimate: Estimate, times: Times | None) -> None:
    if times is not None and estimate.family != "cox":
        raise BadModel(
            f"times= is for survival after family='cox'; this is {estimate.family!r}. Leave it out."
        )


def _model(estimate: Estimate, times: Times | None) -> _Model:
    if estimate.family != "cox":
        return _Model(estimate, estimate.found.coefficients, estimate.covariance)
    joint = survivors(estimate, chosen_times(estimate, times))
    return _Model(estimate, joint.parameters, joint.covariance, joint.centre)


def _columns(estimate: Estimate, times: Any) -> tuple[str, list[Any]]:
    """Return what the columns of expected outcomes are, and the name of each."""
    if estimate.family == "cox":
        return "time", list(times)
    levels = estimate.rows.levels
    return ("category", list(levels)) if levels else ("", [""])


def _variables(estimate: Estimate) -> list[str]:
    terms, zero = estimate.rows.terms, estimate.rows.zero
    outcome = set() if terms.outcome is None else set(terms.outcome_columns)
    used = [*terms.columns, *(zero.columns if zero is not None else ())]
    names = [name for name in dict.fromkeys(used) if name not in outcome]
    if not names:
        raise BadModel("The model has no variable to take an effect of.")
    return names


class _Contrast(NamedTuple):
    """Data above and below, and the distance between them, shape (n,) or one for all."""

    label: str
    above: pd.DataFrame
    below: pd.DataFrame
    width: np.ndarray | float


def _contrasts(frame: pd.DataFrame, name: str, levels: list[Any] | None) -> list[_Contrast]:
    """Return the contrasts of one variable: its levels, 1 and 0, or a small step."""

    def between(high: Any, low: Any) -> _Contrast:
        above, below = (frame.assign(**{name: _every(one, frame)}) for one in (high, low))
        return _Contrast(f"{_spelled(high)} − {_spelled(low)}", above, below, 1.0)

    if levels is not None:
        base, *others = levels
        return [between(level, base) for level in others]
    values = numbers(column(frame, name), "numbers are needed for a slope.")
    if np.isin(values, (0, 1)).all():
        return [between(1.0, 0.0)]
    step = STEP * _sizes(values)
    above, below = frame.assign(**{name: values + step}), frame.assign(**{name: values - step})
    return [_Contrast(SLOPE, above, below, 2 * step)]


def _every(level: Any, frame: pd.DataFrame) -> Any:
    """Return a level for every row; a tuple is one level, not a column."""
    if pd.api.types.is_scalar(level):
        return level
    return pd.Series([level] * len(frame), index=frame.index)


def _sizes(values: np.ndarray) -> np.ndarray:
    """Return the values' sizes, none above their spread and none zero."""
    sizes, spread = np.abs(values), float(np.std(values, ddof=1)) or 1.0
    least = sizes[sizes > 0].min(initial=spread)
    return np.clip(sizes, max(least, SMALLEST * spread), spread)


def _spelled(level: Any) -> str:
    return f"{level:g}" if isinstance(level, float) else str(level)


def _differences(model: _Model, name: str, contrast: _Contrast) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean differences between two data sets (m,) and their gradients (m, p)."""
    try:
        high, low = (model.means(data, own=True) for data in (contrast.above, contrast.below))
    except BadModel as problem:
        raise BadModel(
            f"The effect of {name!r} does not exist in every row: {problem} Compare predict() at two "
            "values of it instead."
        ) from None
    with np.errstate(all="ignore"):
        (upper, rise), (lower, fall) = high.averages(contrast.width), low.averages(contrast.width)
        differences, gradients = upper - lower, rise - fall
    curved = contrast.label == SLOPE and model.estimate.family not in LINEAR
    far = curved and _way(model, high, low) > FARTHEST
    if far or not (np.isfinite(differences).all() and np.isfinite(gradients).all()):
        raise BadModel(
            f"The effect of {name!r} is beyond reach of computing: some coefficient is so large that the "
            "expected outcome jumps, as where terms nearly depend on each other or nearly separate the "
            "outcomes. Drop such a term."
        )
    return differences, gradients


def _lonely(model: _Model, contrast: _Contrast) -> bool:
    """Return whether the contrast moves a term that has no error."""
    if not model.estimate.lonely.any():
        return False
    high, low = (model.means(data, own=True) for data in (contrast.above, contrast.below))
    pairs = zip(high.blocks, low.blocks, strict=True)
    moved = np.concatenate([(above != below).any(axis=0) for (above, _), (below, _) in pairs])
    lonely = model.estimate.lonely
    return bool((moved[: len(lonely)] & lonely).any())


def _way(model: _Model, high: Means, low: Means) -> float:
    """Return how far the linear predictors move between two data sets, at most."""
    ends = np.cumsum([design.shape[1] for design, _ in high.blocks])
    parts = np.split(model.parameters, ends[:-1])
    ways = [
        np.abs((above - below) @ part).max(initial=0.0)
        for (above, _), (below, _), part in zip(high.blocks, low.blocks, parts, strict=True)
    ]
    return float(max(ways))
