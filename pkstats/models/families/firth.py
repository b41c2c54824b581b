"""Firth's logit: finite estimates under separation and with rare outcomes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc, expit, log_expit, ndtri

from pkstats.errors import BadModel
from pkstats.models.families.binary import null_log_likelihood, orthonormal
from pkstats.models.sample import Fitted, Sample

LONGEST_STEP = 5.0
BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Problem:
    """Orthonormal basis (n, k), outcome, sign (1 or −1) and weights, each of shape (n,)."""

    basis: np.ndarray
    outcome: np.ndarray
    sign: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, slots=True)
class State:
    """Penalised log likelihood, its gradient and the inverse information at one position (k,).

    `fitted` and `leverage` have shape (n,). `pull` is the derivative of the profile by the value a
    combination of coefficients is held at.
    """

    position: np.ndarray
    value: float
    gradient: np.ndarray
    covariance: np.ndarray
    fitted: np.ndarray
    leverage: np.ndarray
    pull: float = 0.0


def firth(sample: Sample) -> Fitted:
    """Fit a logit whose likelihood carries Jeffreys' prior (Firth 1993; Heinze & Schemper 2002).

    Estimates maximise ℓ(β) + ½ log|X′WX|, as R's ``logistf`` and ``brglm2`` (``MPL_Jeffreys``) do.
    P values are those of penalised likelihood-ratio tests and intervals those of the profile
    penalised likelihood, at ``options["conf_level"]``; a term held fixed stays in the penalty.
    `bread` is the inverse of the unpenalised information and `scores` the unpenalised scores, both
    at the estimate. `log_likelihood` is unpenalised (comparable with a logit's);
    ``statistics["penalised_log_likelihood"]`` is what was maximised.

    Raises
    ------
    BadModel
        When the maximum or an interval's end cannot be found.
    """
    outcome, design = sample.outcome, sample.design
    weights = np.ones(len(outcome)) if sample.weights is None else sample.weights
    basis, back = orthonormal(design)
    problem = Problem(basis, outcome, 2 * outcome - 1, weights)
    best = _climb(problem, _state(problem, np.zeros(len(back))), None, 1e-12)
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
            "penalised_log_likelihood": best.value,
        },
        intervals=_intervals(problem, best, back, float(sample.options.get("conf_level", 0.95))),
    )


def _state(problem: Problem, position: np.ndarray) -> State:
    basis, weights = problem.basis, problem.weights
    linear = basis @ position
    fitted = expit(linear)
    working = weights * fitted * expit(-linear)
    information = (basis * working[:, None]).T @ basis
    sign, size = np.linalg.slogdet(information)
    if not (sign > 0 and np.isfinite(size)):
        return State(position, -np.inf, position, information, fitted, working)
    covariance = np.linalg.inv(information)
    leverage = working * ((basis @ covariance) * basis).sum(axis=1)
    value = float(weights @ log_expit(problem.sign * linear) + size / 2)
    residual = weights * (problem.outcome - fitted) + leverage * (0.5 - fitted)
    return State(position, value, basis.T @ residual, covariance, fitted, leverage)


def _curvature(problem: Problem, state: State) -> np.ndarray:
    """Return minus the second derivative of the penalised log likelihood, (k, k).

    Fisher scoring, the usual choice, needs ten times as many steps. Where the exact matrix is not
    positive definite, that of the augmented data (leverages held fixed) stands in.
    """
    basis, spread = problem.basis, state.fitted * (1 - state.fitted)
    root = np.sqrt(problem.weights * spread)[:, None]
    half = root * (basis @ np.linalg.cholesky(state.covariance))
    skew = basis * (1 - 2 * state.fitted)[:, None]
    first, second = np.triu_indices(half.shape[1])
    third = np.zeros((half.shape[1], len(first)))
    for start in range(0, len(half), BLOCK):
        block = half[start : start + BLOCK]
        third += skew[start : start + BLOCK].T @ (block[:, first] * block[:, second])
    third *= np.where(first == second, 1.0, np.sqrt(2))
    rows = spread * (problem.weights - state.leverage * (1 - 6 * spread) / 2)
    exact = (basis * rows[:, None]).T @ basis + third @ third.T / 2
    try:
        np.linalg.cholesky(exact)
    except np.linalg.LinAlgError:
        rows = spread * (problem.weights + state.leverage)
        return (basis * rows[:, None]).T @ basis
    return exact


def _climb(problem: Problem, state: State, direction: np.ndarray | None, tolerance: float) -> State:
    """Return the maximum by Newton's method, where direction′position keeps its value if given."""
    pull = 0.0
    for _ in range(200):
        curvature = _curvature(problem, state)
        step = np.linalg.solve(curvature, state.gradient)
        if direction is not None:
            along = np.linalg.solve(curvature, direction)
            pull = float(direction @ step / (direction @ along))
            step = step - pull * along
        gain = float(step @ state.gradient)
        size = min(1.0, LONGEST_STEP / (float(np.abs(step).max()) + 1e-300))
        floor = state.value - 1e-13 * (1 + abs(state.value))
        while size > 1e-10:
            trial = _state(problem, state.position + size * step)
            if trial.value >= floor:
                break
            size /= 2
        state = trial
        # The step just taken squares what was missing.
        if gain < tolerance:
            return replace(state, pull=pull)
    raise BadModel("Firth's logit did not converge. Rescale or drop terms.")


def _hold(problem: Problem, state: State, direction: np.ndarray, value: float) -> State:
    """Return the maximum where direction′position = value, starting from a state nearby."""
    along = state.covariance @ direction
    move = along * ((value - direction @ state.position) / (direction @ along))
    start = _state(problem, state.position + move)
    for _ in range(60):
        if np.isfinite(start.value):
            return _climb(problem, start, direction, 1e-7)
        move = move / 2
        near = _state(problem, state.position + move)
        if np.isfinite(near.value):
            near = _climb(problem, near, direction, 1e-3)
            return _hold(problem, near, direction, value)
    raise BadModel("Firth's logit has no finite profile likelihood. Rescale or drop terms.")


def _intervals(
    problem: Problem, best: State, back: np.ndarray, level: float
) -> dict[str, np.ndarray]:
    critical = float(ndtri(0.5 + level / 2))
    tests = [max(0.0, 2 * (best.value - _hold(problem, best, row, 0.0).value)) for row in back]
    ends = [[_end(problem, best, row, side, critical) for side in (-1, 1)] for row in back]
    low, high = np.array(ends).T
    return {"p_value": chdtrc(1, np.array(tests)), "conf_low": low, "conf_high": high}


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
