"""Generalised linear models by the thousand: Newton's method over all specifications at once.

For S specifications on the same N rows the S Hessians are one matrix product, (pairs of columns × N)
times (N × S); a specification is a mask over the columns. Arrays keep specifications last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkstats.multiverse.elimination import Factor, factorise

# Squared lengths of a step in standard errors. Single precision climbs until ROUGH; what is left
# after SMALL lies below the tenth digit. For coefficients alone COARSE leaves under a millionth.
COARSE, ROUGH, SMALL = 1e-4, 1e-6, 1e-16
STEPS = 12
# A linear predictor so far out means a probability of 0 or 1: the careful path looks at it.
FAR = 15.0


@dataclass(frozen=True, slots=True)
class Rows:
    """What the specifications of a block share.

    Attributes
    ----------
    columns : array, shape (N, P)
        Standardised columns, the constant first; zero where missing.
    pairs : array, shape (P (P + 1) / 2, N)
        Products of columns, lower triangle.
    outcome, weights, offset : arrays, shape (N,), the last two or None
    spare : array of bool, shape (P,)
        Dummies, which may drop out.
    """

    columns: np.ndarray
    pairs: np.ndarray
    outcome: np.ndarray
    weights: np.ndarray | None
    offset: np.ndarray | None
    spare: np.ndarray


@dataclass(frozen=True, slots=True)
class Solved:
    """Coefficients (P, S), weighted residuals (N, S), factor of the information, converged (S,)."""

    coefficients: np.ndarray
    residuals: np.ndarray
    factor: Factor
    converged: np.ndarray


def triangle(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows and columns of a lower triangle, and where (count, count) finds each pair."""
    rows, columns = np.tril_indices(count)
    place = np.empty((count, count), dtype="intp")
    place[rows, columns] = place[columns, rows] = np.arange(len(rows))
    return rows, columns, place


def products(columns: np.ndarray) -> np.ndarray:
    """Return the products of every pair of columns (N, P), shape (P (P + 1) / 2, N)."""
    rows, others, _ = triangle(columns.shape[1])
    turned = np.ascontiguousarray(columns.T)
    return turned[rows] * turned[others]


def solve(
    family: str,
    rows: Rows,
    used: np.ndarray,
    start: np.ndarray,
    mask: np.ndarray | None = None,
) -> Solved:
    """Fit S specifications on the same rows.

    Newton's method climbs in single precision, at a quarter of the price; double precision takes the
    last steps.

    Parameters
    ----------
    family : {"ols", "logit", "poisson"}
    rows : Rows
    used : array of bool, shape (P, S)
    start : array, shape (P, S)
        Where Newton's method starts; zero in columns that are not used.
    mask : array, shape (N, S), optional
        Weight of each row in each specification: 0 where a column it uses is missing, or the
        number of times a bootstrap drew the row.
    """
    extras = [] if mask is None else [mask]
    extras += [] if rows.weights is None else [rows.weights[:, None]]
    # What goes wrong in one specification (overflow, a singular matrix) is flagged by its figures.
    with np.errstate(all="ignore"):
        if family == "ols":
            return _least_squares(rows, used, extras)
        here, factor = _climb(family, rows, used, start, extras)
        return _finish(family, rows, used, here, factor, extras)


def coefficients(
    family: str, rows: Rows, used: np.ndarray, start: np.ndarray, mask: np.ndarray
) -> np.ndarray:
    """Return coefficients alone (P, S), NaN where there are none: `solve` without the last factor.

    The last step is taken in double precision with the factor of the climb, which is off by about a
    hundredth, from a point less than a thousandth of a standard error away.
    """
    extras = [mask] if rows.weights is None else [mask, rows.weights[:, None]]
    with np.errstate(all="ignore"):
        near, factor = _climb(family, rows, used, start, extras, COARSE)
        here = near.astype("float64")
        residuals = rows.outcome[:, None] - _mean(family, rows, here)
        for extra in extras:
            residuals *= extra
        gradient = rows.columns.T @ residuals
        step = factor.solve(gradient)
        found = here + step
        gain = np.einsum("ps,ps->s", step, gradient)
    return np.where((gain < COARSE) & factor.sound, found, np.nan)


def _least_squares(rows: Rows, used: np.ndarray, extras: list[np.ndarray]) -> Solved:
    slopes = np.ones((len(rows.outcome), used.shape[1]))
    for extra in extras:
        slopes *= extra
    factor = _factor(rows, slopes, used)
    found = factor.solve(rows.columns.T @ (slopes * rows.outcome[:, None]))
    residuals = slopes * (rows.outcome[:, None] - rows.columns @ found)
    return Solved(found, residuals, factor, np.isfinite(found).all(axis=0) & factor.sound)


def _factor(rows: Rows, slopes: np.ndarray, used: np.ndarray) -> Factor:
    place = triangle(len(used))[2]
    return factorise((rows.pairs @ slopes)[place], used, rows.spare)


def _climb(
    family: str,
    rows: Rows,
    used: np.ndarray,
    start: np.ndarray,
    extras: list[np.ndarray],
    enough: float = ROUGH,
) -> tuple[np.ndarray, Factor]:
    """Return coefficients near the maximum and a factor of the information near them."""
    light = Rows(
        rows.columns.astype("float32"),
        rows.pairs.astype("float32"),
        rows.outcome.astype("float32"),
        None,
        None if rows.offset is None else rows.offset.astype("float32"),
        rows.spare,
    )
    weights = [extra.astype("float32") for extra in extras]
    here = start.astype("float32")
    for _ in range(STEPS):
        mean = _mean(family, light, here)
        slopes = _slopes(family, mean)
        residuals = np.subtract(light.outcome[:, None], mean, out=mean)
        for extra in weights:
            residuals *= extra
            slopes *= extra
        factor = _factor(light, slopes, used)
        gradient = light.columns.T @ residuals
        step = factor.solve(gradient)
        here += step
        gain = np.einsum("ps,ps->s", step, gradient)
        if not (gain > enough).any():
            break
    return here, factor


def _finish(
    family: str,
    rows: Rows,
    used: np.ndarray,
    near: np.ndarray,
    factor: Factor,
    extras: list[np.ndarray],
) -> Solved:
    """Return the maximum, from coefficients near it.

    One exponential serves two steps: the first uses the factor at hand; the means after it follow
    from a Taylor series, whose third-order term is nothing for a step this small.
    """
    here = near.astype("float64")
    lost = ~np.isfinite(here).all(axis=0)
    here[:, lost] = 0.0
    for _ in range(STEPS):
        mean = _mean(family, rows, here)
        residuals = rows.outcome[:, None] - mean
        for extra in extras:
            residuals *= extra
        first = factor.solve(rows.columns.T @ residuals).astype("float64")
        mean = _moved(family, mean, rows.columns @ first)
        slopes = _slopes(family, mean)
        residuals = np.subtract(rows.outcome[:, None], mean, out=mean)
        for extra in extras:
            residuals *= extra
            slopes *= extra
        factor = _factor(rows, slopes, used)
        gradient = rows.columns.T @ residuals
        step = factor.solve(gradient)
        here += first
        here += step
        gain = np.einsum("ps,ps->s", step, gradient)
        lost |= ~np.isfinite(gain)
        if family == "logit":
            lost |= ~(slopes.max(axis=0) > 0)
        settled = gain < SMALL
        if (settled | lost).all():
            break
    if family == "logit":
        predictor = rows.columns @ here
        lost |= (predictor.max(axis=0) > FAR) | (predictor.min(axis=0) < -FAR)
    return Solved(here, residuals, factor, settled & ~lost & factor.sound)


def _mean(family: str, rows: Rows, coefficients: np.ndarray) -> np.ndarray:
    """Return probabilities or means, shape (N, S)."""
    found = rows.columns @ coefficients
    if rows.offset is not None:
        found += rows.offset[:, None]
    if family == "poisson":
        return np.exp(found, out=found)
    np.negative(found, out=found)
    np.exp(found, out=found)
    found += 1
    return np.reciprocal(found, out=found)


def _slopes(family: str, mean: np.ndarray) -> np.ndarray:
    """Return the mean's derivative by the linear predictor, shape (N, S), as a new array."""
    if family == "poisson":
        return mean.copy()
    found = mean * mean
    return np.subtract(mean, found, out=found)


def _moved(family: str, mean: np.ndarray, move: np.ndarray) -> np.ndarray:
    """Return means after the linear predictor has moved a little; `mean` and `move` are overwritten."""
    if family == "poisson":
        half = move * move
        half *= 0.5
        move += half
        move *= mean
        mean += move
        return mean
    slope = _slopes(family, mean)
    second = 0.5 - mean
    second *= move
    second += 1
    move *= slope
    move *= second
    mean += move
    return mean
