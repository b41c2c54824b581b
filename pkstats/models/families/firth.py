"""Firth's logit: finite estimates under separation and with rare outcomes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import chdtrc, expit, log_expit, ndtri

from pkstats.errors import BadModel
from pkstats.models.families.binary import null_log_likelihood
from pkstats.models.families.newton import orthogonal
from pkstats.models.families.penalised import Problem, State, climb, evaluate
from pkstats.models.sample import Fitted, Sample


def firth(sample: Sample) -> Fitted:
    """Fit a logit whose likelihood carries Jeffreys' prior (Firth 1993; Heinze & Schemper 2002).

    Estimates maximise ℓ(β) + ½ log|X′WX|, as R's ``logistf`` and ``brglm2`` (``MPL_Jeffreys``) do.
    P values are those of penalised likelihood-ratio tests and intervals those of the profile
    penalised likelihood, at ``options["conf_level"]``; a term held fixed stays in the penalty.
    ``options["profile"]`` names the places of the terms to profile, where not all are wanted.
    `bread` is the inverse of the unpenalised information and `scores` the unpenalised scores, both
    at the estimate. `log_likelihood` is unpenalised (comparable with a logit's);
    ``statistics["penalised_log_likelihood"]`` is what was maximised, in the terms' own units. Profiles
    are climbed from the estimate outwards: a higher maximum elsewhere would go unseen.

    Raises
    ------
    BadModel
        When the maximum or an interval's end cannot be found.
    """
    outcome, design = sample.outcome, sample.design
    weights = np.ones(len(outcome)) if sample.weights is None else sample.weights
    basis, back = orthogonal(design)
    first, second = np.triu_indices(len(back))
    pairs = basis[:, first] * basis[:, second]
    problem = Problem(basis, outcome, 2 * outcome - 1, weights, pairs)
    level = float(sample.options.get("conf_level", 0.95))
    try:
        best = climb(problem, evaluate(problem, np.zeros(len(back))), None, 1e-16)
        intervals = _intervals(problem, best, back, level, sample.options.get("profile"))
    except np.linalg.LinAlgError:
        raise BadModel(
            "The information matrix of Firth's logit is singular. Rescale or drop terms."
        ) from None
    linear = basis @ best.position
    fitted = expit(linear)
    slope = fitted * expit(-linear)
    value = float(weights @ log_expit(problem.sign * linear))
    null = null_log_likelihood(outcome, weights)
    return Fitted(
        names=sample.names,
        coefficients=back @ best.position,
        bread=back @ best.covariance @ back.T,
        scores=design * (weights * (outcome - fitted))[:, None],
        fitted=fitted,
        log_likelihood=value,
        null_log_likelihood=null,
        working=weights * slope,
        slope=slope,
        statistics={
            "pseudo_r_squared": 1 - value / null,
            "penalised_log_likelihood": best.value - float(np.linalg.slogdet(back)[1]),
        },
        intervals=intervals,
    )


def _hold(problem: Problem, state: State, direction: np.ndarray, value: float) -> State:
    """Return the maximum where direction′position = value, starting from a state nearby."""
    along = state.covariance @ direction
    move = along * ((value - direction @ state.position) / (direction @ along))
    start = evaluate(problem, state.position + move)
    for _ in range(60):
        if np.isfinite(start.value):
            return climb(problem, start, direction, 1e-7)
        move = move / 2
        near = evaluate(problem, state.position + move)
        if np.isfinite(near.value):
            near = climb(problem, near, direction, 1e-3)
            return _hold(problem, near, direction, value)
    raise BadModel("Firth's logit has no finite profile likelihood. Rescale or drop terms.")


def _intervals(
    problem: Problem, best: State, back: np.ndarray, level: float, places: Sequence[int] | None
) -> dict[str, np.ndarray]:
    critical = float(ndtri(0.5 + level / 2))
    p_value, low, high = np.full((3, len(back)), np.nan)
    for place in range(len(back)) if places is None else places:
        row = back[place]
        test = max(0.0, 2 * (best.value - _hold(problem, best, row, 0.0).value))
        p_value[place] = chdtrc(1, test)
        low[place], high[place] = (_end(problem, best, row, side, critical) for side in (-1, 1))
    return {"p_value": p_value, "conf_low": low, "conf_high": high}


def _end(problem: Problem, best: State, direction: np.ndarray, side: int, critical: float) -> float:
    """Return where the signed root of the profile's deviance reaches `critical` on one side.

    The root is nearly linear in the coefficient, so Newton's method needs few steps; a bracket
    guards it.
    """
    centre = float(direction @ best.position)
    distance = critical * float(np.sqrt(direction @ best.covariance @ direction))
    low, high, state = 0.0, np.inf, best
    for _ in range(100):
        state = _hold(problem, state, direction, centre + side * distance)
        root = float(np.sqrt(max(0.0, 2 * (best.value - state.value))))
        low, high = (distance, high) if root < critical else (low, distance)
        rise = -side * state.pull
        following = distance + (critical - root) * root / rise if rise > 0 else np.inf
        if abs(following - distance) < 1e-9 * distance:
            return centre + side * following
        if not low < following < min(high, 3 * distance):
            following = 2 * distance if np.isinf(high) else (low + high) / 2
        distance = following
    raise BadModel("The profile likelihood's interval was not found. Rescale or drop terms.")
