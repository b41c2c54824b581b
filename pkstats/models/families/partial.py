"""Cox's partial likelihood: its value, means over risk sets, information and scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkstats.errors import BadModel
from pkstats.models.families.risk_sets import RiskSets, risk_sets
from pkstats.models.sample import Sample

TIES = ("efron", "breslow")
# Hazards this far below the largest are no numbers any more: the likelihood counts as −∞ there.
SMALLEST = 1e-290


@dataclass(frozen=True, slots=True)
class Spells:
    """Spells ready for fitting: n rows, k terms, m event times, d events.

    Attributes
    ----------
    design : array, shape (n, k)
        Terms less `centre`, over `spread`.
    weights : array, shape (n,)
        Divided by their mean, `weight`.
    pair : array of int, shape (d,)
        The event time of each event, in order.
    share : array, shape (d,)
        Part of the tied events that Efron takes out of the risk set; all 0 with Breslow.
    mass : array, shape (d,)
        Mean weight of the events at that time.
    """

    design: np.ndarray
    centre: np.ndarray
    spread: np.ndarray
    weights: np.ndarray
    weight: float
    risk: RiskSets
    pair: np.ndarray
    share: np.ndarray
    mass: np.ndarray


@dataclass(frozen=True, slots=True)
class Moments:
    """The partial likelihood at some coefficients.

    Attributes
    ----------
    hazard : array, shape (n,)
        Weight times exp(linear predictor − its maximum).
    step : array, shape (d,)
        Increment of the baseline hazard that each event brings (on the scale of `hazard`).
    mean : array, shape (d, k)
        Mean of the terms over the rows at risk.
    """

    likelihood: float
    hazard: np.ndarray
    shift: float
    step: np.ndarray
    mean: np.ndarray


def spells(sample: Sample) -> Spells:
    """Check spells and prepare them.

    Raises
    ------
    BadModel
        When a spell does not end after it starts, an event is neither 0 nor 1, there is no event, or
        `ties` is unknown.
    """
    time, event = sample.extra["time"], sample.extra["event"]
    entry = sample.extra.get("entry")
    ties = sample.options.get("ties", "efron")
    if ties not in TIES:
        raise BadModel(f"ties must be one of {', '.join(TIES)}; found {ties!r}.")
    _check(time, event, entry)
    weights = np.ones(len(time)) if sample.weights is None else sample.weights
    weight = float(weights.mean())
    weights = weights / weight
    centre = weights @ sample.design / len(time)
    spread = np.sqrt(weights @ (sample.design - centre) ** 2 / len(time))
    spread = np.where(spread > 0, spread, 1.0)
    risk = risk_sets(time, event, entry)
    failed = risk.at >= 0
    count = np.bincount(risk.at[failed])
    pair = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
    share = place / count[pair] if ties == "efron" else np.zeros(len(pair))
    mass = (np.bincount(risk.at[failed], weights[failed]) / count)[pair]
    design = (sample.design - centre) / spread
    return Spells(design, centre, spread, weights, weight, risk, pair, share, mass)


def moments(data: Spells, coefficients: np.ndarray) -> Moments:
    """Return the partial likelihood and the risk-set means at coefficients, shape (k,)."""
    risk, k = data.risk, data.design.shape[1]
    failed = risk.at >= 0
    linear = data.design @ coefficients
    shift = float(linear.max())
    hazard = data.weights * np.exp(linear - shift)
    parts = np.column_stack([hazard, data.design * hazard[:, None]])
    sums = risk.over_rows(parts)[data.pair]
    if data.share.any():
        tied = np.column_stack(
            [np.bincount(risk.at[failed], parts[failed, j]) for j in range(k + 1)]
        )
        sums = sums - data.share[:, None] * tied[data.pair]
    at_risk = sums[:, 0]
    if at_risk.min() < SMALLEST:
        at_risk, shift = np.ones(len(at_risk)), np.inf
    value = data.weights[failed] @ (linear[failed] - shift) - data.mass @ np.log(at_risk)
    mean = sums[:, 1:] / at_risk[:, None]
    return Moments(float(value), hazard, shift, data.mass / at_risk, mean)


def information(data: Spells, found: Moments, scale: np.ndarray | None = None) -> np.ndarray:
    """Return the information (k, k); with `scale` (d,) each event counts that many times."""
    step = found.step if scale is None else found.step * scale
    mass = data.mass if scale is None else data.mass * scale
    lived = found.hazard * exposure(data, step[:, None])[:, 0]
    whole = (data.design * lived[:, None]).T @ data.design
    return whole - (found.mean * mass[:, None]).T @ found.mean


def scores(data: Spells, found: Moments) -> np.ndarray:
    """Return each row's score residual times its weight, shape (n, k), in standardised terms.

    With Efron's ties these are R's ``residuals(type="score", weighted=TRUE)``: a row with an event
    is at risk for 1, (d−1)/d, … 1/d of the steps at its own time.
    """
    steps = np.column_stack([found.step, found.step[:, None] * found.mean])
    lived = exposure(data, steps)
    out = -found.hazard[:, None] * (data.design * lived[:, :1] - lived[:, 1:])
    failed = data.risk.at >= 0
    out[failed] += data.weights[failed, None] * (data.design - means(data, found))[failed]
    return out


def exposure(data: Spells, steps: np.ndarray) -> np.ndarray:
    """Sum steps (d, j) over each row's spell, (n, j); its own tied steps count less with Efron."""
    risk = data.risk
    lived = risk.over_times(by_time(data, steps))
    if data.share.any():
        failed = risk.at >= 0
        lived[failed] -= by_time(data, steps * data.share[:, None])[risk.at[failed]]
    return lived


def by_time(data: Spells, values: np.ndarray) -> np.ndarray:
    """Sum values (d, j), one row per event, over the events of each time: shape (m, j)."""
    starts = np.flatnonzero(np.diff(data.pair, prepend=-1))
    return np.add.reduceat(values, starts, axis=0)


def means(data: Spells, found: Moments) -> np.ndarray:
    """Return the risk set's mean at each row's event (n, k), averaged over tied steps.

    Rows without an event hold an arbitrary time's mean.
    """
    average = by_time(data, found.mean) / np.bincount(data.pair)[:, None]
    return average[data.risk.at]


def _check(time: np.ndarray, event: np.ndarray, entry: np.ndarray | None) -> None:
    if not np.isin(event, (0, 1)).all():
        odd = event[~np.isin(event, (0, 1))][0]
        raise BadModel(f"event must be 0 (censored) or 1; found {odd:g}.")
    start = np.zeros(len(time)) if entry is None else entry
    late = time <= start
    if late.any():
        first = int(np.argmax(late))
        raise BadModel(
            f"Every spell must end after it starts{' (at 0, without entry=)' * (entry is None)}: "
            f"in {int(late.sum())} of {len(time)} rows it does not, first from {start[first]:g} to "
            f"{time[first]:g}. Stata drops such rows unsaid; drop or mend them."
        )
    if not np.isfinite(time).all():
        raise BadModel("Times must be finite. Give a censored spell the date it was last seen.")
    if not event.any():
        raise BadModel(f"None of the {len(event)} complete rows has an event: nothing to explain.")
