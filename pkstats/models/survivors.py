"""Survival after a Cox model: the baseline at stated times beside the coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pkstats.errors import BadModel
from pkstats.models.covariance import covariance
from pkstats.models.families.hazards import Baseline, baseline

if TYPE_CHECKING:
    from pkstats.models.estimate import Estimate

Times = float | Sequence[float] | np.ndarray


class Joint(NamedTuple):
    """Coefficients and cumulative hazards at the times, (k + m,), and their covariance."""

    parameters: np.ndarray
    covariance: np.ndarray
    centre: np.ndarray


def chosen_times(estimate: Estimate, times: Times | None) -> np.ndarray:
    """Return the times asked for, or else the median time of the events, shape (m,).

    Raises
    ------
    BadModel
        When they are no numbers between 0 and the last time observed.
    """
    observed, event = estimate.rows.extra["time"], estimate.rows.extra["event"]
    if times is None:
        ends = np.sort(observed[event == 1])
        return ends[[(len(ends) - 1) // 2]]
    try:
        found = np.atleast_1d(np.asarray(times, dtype="float64"))
    except (TypeError, ValueError):
        found = np.array([np.nan])
    last = float(observed.max())
    if found.ndim != 1 or not found.size or not ((found >= 0) & (found <= last)).all():
        raise BadModel(
            f"times must be numbers from 0 to {last:g}, the last time observed; found {times!r}."
        )
    return found


def survivors(estimate: Estimate, times: np.ndarray) -> Joint:
    """Return what survival at the times rests on, with the covariance that the estimate has.

    The classical covariance takes the hazard's own variance and the coefficients' as independent, as
    R's ``survfit`` does. A robust one sums each row's part in both, within clusters where there are
    any: the infinitesimal jackknife.
    """
    found, rows = estimate.found, estimate.rows
    base = baseline(rows.sample(estimate.options), found.coefficients, times)
    parameters = np.concatenate([found.coefficients, base.hazard])
    if estimate.vcov == "classical":
        return Joint(parameters, _classical(estimate.covariance, base), base.centre)
    k, m = len(found.coefficients), len(times)
    # Scores times this are the influence on coefficients and, by way of them too, on hazards.
    bread = np.block([[found.bread, found.bread @ base.slope.T], [np.zeros((m, k)), np.eye(m)]])
    whole = replace(found, bread=bread, scores=np.hstack([found.scores, base.influence]))
    kind = "hc0" if estimate.vcov == "hc1" else estimate.vcov
    matrix = covariance(whole, rows.design, rows.clusters, kind)[0]
    factor = estimate.nobs / (estimate.nobs - k) if estimate.vcov == "hc1" else 1.0
    return Joint(parameters, factor * matrix, base.centre)


def _classical(matrix: np.ndarray, base: Baseline) -> np.ndarray:
    cross = matrix @ base.slope.T
    own = base.slope @ cross + base.variance
    return np.block([[matrix, cross], [cross.T, own]])
