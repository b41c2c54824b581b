"""After a Cox model: baseline hazard, Schoenfeld residuals, test of proportional hazards.

Each function takes the sample that was fitted (``estimate.rows.sample({"ties": "efron"})``) and the
coefficients (``estimate.found.coefficients``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from pkstats.errors import BadModel
from pkstats.models.families.partial import (
    Spells,
    by_time,
    exposure,
    information,
    means,
    moments,
    spells,
)
from pkstats.models.sample import Sample

TRANSFORMS = ("km", "identity", "rank", "log")


@dataclass(frozen=True, slots=True)
class Baseline:
    """Cumulative hazard at m times of a row at the (weighted) mean of the k terms.

    Attributes
    ----------
    centre : array, shape (k,)
        That mean.
    hazard : array, shape (m,)
    slope : array, shape (m, k)
        Derivative by the coefficients, the estimator being a function of them.
    influence : array, shape (n, m)
        Each row's part in the hazard at given coefficients.
    variance : array, shape (m, m)
        Of the hazard at given coefficients: squared increments, summed.
    """

    centre: np.ndarray
    hazard: np.ndarray
    slope: np.ndarray
    influence: np.ndarray
    variance: np.ndarray


def baseline(sample: Sample, coefficients: np.ndarray, times: np.ndarray) -> Baseline:
    """Return the baseline hazard at times, and what its uncertainty rests on.

    Breslow's estimator as in `baseline_hazard`, in R's ``survfit``; the variance is that of Tsiatis
    (1981, Annals of Statistics 9: 93–108) and Link (1984, Biometrics 40: 601–610), which ``survfit``
    reports. Where scores are summed instead (robust variances), influence takes its place.
    """
    data = spells(sample)
    found = moments(data, coefficients * data.spread)
    scale = np.exp(-found.shift)
    until = (data.risk.times[data.pair][:, None] <= times).astype("float64")
    steps = found.step[:, None] * until
    square = found.step**2 / data.mass
    failed = data.risk.at >= 0
    influence = -found.hazard[:, None] * exposure(data, square[:, None] * until)
    rises = by_time(data, (found.step / data.mass)[:, None] * until)
    rises /= np.bincount(data.pair)[:, None]
    influence[failed] += data.weights[failed, None] * rises[data.risk.at[failed]]
    earlier = np.minimum(times[:, None], times[None, :])
    shared = data.risk.times[data.pair][:, None, None] <= earlier
    return Baseline(
        centre=data.centre,
        hazard=steps.sum(axis=0) * scale,
        slope=-(steps.T @ found.mean) * data.spread * scale,
        influence=influence * scale,
        variance=(square[:, None, None] * shared).sum(axis=0) * scale**2 / data.weight,
    )


def baseline_hazard(
    sample: Sample, coefficients: np.ndarray, at: np.ndarray | None = None
) -> pd.DataFrame:
    """Return the cumulative baseline hazard at each event time.

    Breslow's estimator; with Efron's ties the tied events leave the risk set step by step, as in
    R's ``survfit`` and ``basehaz``.

    Parameters
    ----------
    sample : Sample
    coefficients : array, shape (k,)
    at : array, shape (k,), optional
        The terms of the row the hazard is for; zeros by default (R's ``basehaz(centered=FALSE)``).

    Returns
    -------
    DataFrame
        time (in the data's unit), events, cumulative_hazard, survival = exp(−cumulative hazard).
    """
    data = spells(sample)
    found = moments(data, coefficients * data.spread)
    row = np.zeros(len(coefficients)) if at is None else np.asarray(at, dtype="float64")
    offset = (row - data.centre) @ coefficients - found.shift
    cumulative = np.cumsum(by_time(data, found.step[:, None])[:, 0]) * np.exp(offset)
    return pd.DataFrame(
        {
            "time": data.risk.times,
            "events": np.bincount(data.pair),
            "cumulative_hazard": cumulative,
            "survival": np.exp(-cumulative),
        }
    )


def schoenfeld(sample: Sample, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return Schoenfeld residuals: each event's terms less their mean over the rows at risk.

    With Efron's ties the mean is averaged over the tied steps, as in R's ``residuals(type=
    "schoenfeld")`` (unweighted). They sum to the score: zero without weights.

    Returns
    -------
    rows : array of int, shape (d,)
        Which rows of the sample have the events, in the sample's order.
    residuals : array, shape (d, k)
    """
    data = spells(sample)
    average = means(data, moments(data, coefficients * data.spread))
    rows = np.flatnonzero(data.risk.at >= 0)
    return rows, (data.design - average)[rows] * data.spread


def scaled_schoenfeld(
    sample: Sample, coefficients: np.ndarray, covariance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return scaled Schoenfeld residuals: β + d · r V, a rough picture of β at each event.

    Grambsch and Therneau 1994 (Biometrika 81: 515–526), equation 4 with the average variance in the
    place of each event time's.

    Parameters
    ----------
    covariance : array, shape (k, k)
        V: the inverse information (`Estimate.found.bread`) in R's ``residuals(type="scaledsch")``.
        Stata's ``scaledsch()`` takes the covariance it reports, so after ``vce(cluster)`` the
        cluster-robust one (`Estimate.covariance`): the residuals that Fortna's file stores.

    Returns
    -------
    rows : array of int, shape (d,)
    residuals : array, shape (d, k)
    """
    rows, residuals = schoenfeld(sample, coefficients)
    return rows, coefficients + len(rows) * residuals @ covariance


def proportional_hazards(
    sample: Sample, coefficients: np.ndarray, transform: str = "km"
) -> pd.DataFrame:
    """Test whether coefficients change with time, one by one and together.

    The score test for adding x · g(t) to the model, as in R's ``cox.zph`` since survival 3.0 (with
    ``terms=FALSE``). Grambsch and Therneau's (1994) approximation to it, which Stata's ``estat
    phtest`` still prints, puts one average variance in the place of each event time's.

    Parameters
    ----------
    transform : {"km", "identity", "rank", "log"}
        g(t): 1 − Kaplan–Meier just before t (R's default), t itself (Stata's default), rank of t
        among all rows, log(t).

    Returns
    -------
    DataFrame
        term (the last is ``GLOBAL``), chi_squared, df, p_value.

    Raises
    ------
    BadModel
        For an unknown transform.
    """
    data = spells(sample)
    found = moments(data, coefficients * data.spread)
    clock = _clock(sample, data, transform)
    clock = (clock - clock[data.pair].mean())[data.pair]
    blocks = [information(data, found, scale) for scale in (None, clock, clock**2)]
    matrix = np.block([[blocks[0], blocks[1]], [blocks[1], blocks[2]]])
    failed = data.risk.at >= 0
    residuals = ((data.design - means(data, found)) * data.weights[:, None])[failed]
    per_time = np.zeros((len(data.risk.times), residuals.shape[1]))
    np.add.at(per_time, data.risk.at[failed], residuals)
    starts = np.flatnonzero(np.diff(data.pair, prepend=-1))
    slope = clock[starts] @ per_time
    k = len(slope)
    rows = []
    for name, tested in [*((n, [j]) for j, n in enumerate(sample.names)), ("GLOBAL", [*range(k)])]:
        used = [*range(k), *(k + j for j in tested)]
        score = np.concatenate([np.zeros(k), slope[tested]])
        value = data.weight * float(score @ np.linalg.solve(matrix[np.ix_(used, used)], score))
        rows.append((name, value, len(tested), float(stats.chi2.sf(value, len(tested)))))
    return pd.DataFrame(rows, columns=["term", "chi_squared", "df", "p_value"])


def _clock(sample: Sample, data: Spells, transform: str) -> np.ndarray:
    """Return g at each event time, shape (m,)."""
    times = data.risk.times
    if transform == "identity":
        return times
    if transform == "log":
        return np.log(times)
    if transform == "rank":
        every = np.sort(sample.extra["time"])
        first, after = (np.searchsorted(every, times, side=side) for side in ("left", "right"))
        return (first + 1 + after) / 2
    if transform == "km":
        at_risk = data.risk.over_rows(np.ones((len(data.design), 1)))[:, 0]
        kept = np.cumprod(1 - np.bincount(data.pair) / at_risk)
        return 1 - np.concatenate([[1.0], kept[:-1]])
    raise BadModel(f"transform must be one of {', '.join(TRANSFORMS)}; found {transform!r}.")
