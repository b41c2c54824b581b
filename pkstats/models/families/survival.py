"""Survival: Cox's proportional hazards with delayed entry and terms that change over time."""

from __future__ import annotations

import numpy as np

from pkstats.errors import BadModel
from pkstats.models.families.partial import (
    Moments,
    Spells,
    information,
    moments,
    scores,
    spells,
)
from pkstats.models.sample import Fitted, Sample

# The likelihood is flat to FLAT while some row's linear predictor still moves by MOVING: only an
# infinite coefficient does that (a finite one would need a standard error of 100 there).
FLAT, MOVING = 1e-6, 0.1
# No finite coefficient makes hazards differ by a factor of exp(300).
LARGEST_RANGE = 300


def cox(sample: Sample) -> Fitted:
    """Fit Cox's proportional hazards model by partial likelihood.

    `sample.extra` holds `time`, `event` and optionally `entry` (any one unit of time), one row per
    spell: a subject whose terms change has several. `sample.options["ties"]` is "efron" (R's
    default) or "breslow" (Stata's). Times are tied when equal as floats. `fitted` is the hazard
    relative to a row at the (weighted) mean of the terms.

    With clusters, `cr1` is Stata's ``vce(cluster)`` with G/(G−1); R's ``cluster()`` has no such
    factor. Classical errors ignore that weights are probability weights.

    Raises
    ------
    BadModel
        For impossible spells, no events, terms that never differ among rows at risk, or a monotone
        likelihood (an infinite coefficient).
    """
    data = spells(sample)
    names = sample.names
    null = moments(data, np.zeros(len(names)))
    coefficients, found = _newton(data, null, names)
    back = np.outer(data.spread, data.spread) * data.weight
    linear = data.design @ coefficients
    return Fitted(
        names=names,
        coefficients=coefficients / data.spread,
        bread=np.linalg.inv(information(data, found)) / back,
        scores=scores(data, found) * data.spread * data.weight,
        fitted=np.exp(linear),
        log_likelihood=_value(data, found),
        null_log_likelihood=_value(data, null),
        statistics={"events": float(len(data.pair))},
    )


def _value(data: Spells, found: Moments) -> float:
    """Return the log likelihood on the scale of the weights as given."""
    mass = float(data.mass.sum())
    return data.weight * (found.likelihood - mass * float(np.log(data.weight)))


def _newton(data: Spells, null: Moments, names: tuple[str, ...]) -> tuple[np.ndarray, Moments]:
    coefficients, found = np.zeros(len(names)), null
    for _ in range(100):
        score = scores(data, found).sum(axis=0)
        step = _solve(information(data, found), score, names)
        gain = float(step @ score)
        if gain < 1e-12 * max(1.0, abs(found.likelihood)):
            coefficients = coefficients + step
            return coefficients, moments(data, coefficients)
        if gain < FLAT and np.ptp(data.design @ step) > MOVING:
            raise _infinite(names[int(np.argmax(np.abs(step)))])
        size = 1.0
        slack = 1e-12 * max(1.0, abs(found.likelihood))
        while size > 1e-8:
            trial = moments(data, coefficients + size * step)
            if trial.likelihood >= found.likelihood - slack:
                break
            size /= 2
        coefficients, found = coefficients + size * step, trial
        if np.ptp(data.design @ coefficients) > LARGEST_RANGE:
            raise _infinite(names[int(np.argmax(np.abs(coefficients)))])
    raise BadModel("The Cox model did not converge in 100 steps. Rescale or drop terms.")


def _solve(matrix: np.ndarray, score: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
    size = np.sqrt(np.diag(matrix).clip(min=0))
    if (size < 1e-7).any():
        raise _infinite(names[int(np.argmin(size))])
    values, vectors = np.linalg.eigh(matrix / np.outer(size, size))
    if values[0] < 1e-12:
        raise _infinite(names[int(np.argmax(np.abs(vectors[:, 0])))])
    return vectors @ (vectors.T @ (score / size) / values) / size


def _infinite(name: str) -> BadModel:
    return BadModel(
        f"The partial likelihood has no finite maximum: the coefficient of {name!r} is infinite or "
        "undefined, as when all rows with some value of it have no event, or it never differs among "
        "rows at risk. Tabulate it against the event; drop it or pool its categories."
    )
