"""The logit likelihood under Jeffreys' prior, ℓ(β) + ½ log|X′WX|: its value, slopes and maximum."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, log_expit

from pkstats.errors import BadModel

LONGEST_STEP = 5.0


@dataclass(frozen=True, slots=True)
class Problem:
    """Orthonormal basis (n, k), outcome, sign (1 or −1) and weights, each of shape (n,).

    `pairs` (n, k(k + 1)/2) are the products of the basis's columns.
    """

    basis: np.ndarray
    outcome: np.ndarray
    sign: np.ndarray
    weights: np.ndarray
    pairs: np.ndarray


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


def evaluate(problem: Problem, position: np.ndarray) -> State:
    """Return the penalised likelihood at a position; minus infinity where the information vanishes."""
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
    working = problem.weights * spread
    half = np.linalg.cholesky(state.covariance)
    # Derivatives of the information by each coefficient, (k, k, k), relative to the information.
    change = np.zeros((len(half),) * 3)
    upper = np.triu_indices(len(half))
    change[:, *upper] = (basis * (working * (1 - 2 * state.fitted))[:, None]).T @ problem.pairs
    change[:, upper[1], upper[0]] = change[:, *upper]
    flat = (half.T @ change @ half).reshape(len(half), -1)
    rows = working - state.leverage * (1 - 6 * spread) / 2
    exact = (basis * rows[:, None]).T @ basis + flat @ flat.T / 2
    try:
        np.linalg.cholesky(exact)
    except np.linalg.LinAlgError:
        rows = spread * (problem.weights + state.leverage)
        return (basis * rows[:, None]).T @ basis
    return exact


def climb(problem: Problem, state: State, direction: np.ndarray | None, tolerance: float) -> State:
    """Return the maximum by Newton's method, where direction′position keeps its value if given.

    Stops when a step promised less than `tolerance` of log likelihood and was taken.

    Raises
    ------
    BadModel
        When there is no convergence in 200 steps.
    """
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
            trial = evaluate(problem, state.position + size * step)
            if trial.value >= floor:
                break
            size /= 2
        else:
            trial = state
        state = trial
        # The step just taken squares what was missing.
        if gain < tolerance:
            return replace(state, pull=pull)
    raise BadModel("Firth's logit did not converge. Rescale or drop terms.")
