"""Generalised linear models by the thousand: Newton's method over all specifications at once.

For S specifications on the same N rows the S Hessians are one matrix product, (pairs of columns × N)
times (N × S); a specification is a mask over the columns. Arrays keep specifications last.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pkstats.multiverse.elimination import Factor, factorise
from pkstats.multiverse.scratch import scratch

# Squared lengths of a step in standard errors. Single precision climbs until ROUGH; what is left
# after SMALL lies below the tenth digit. For coefficients alone COARSE leaves under a millionth.
COARSE, ROUGH, SMALL = 1e-4, 1e-6, 1e-16
STEPS = 12
# A linear predictor so far out means a probability of 0 or 1, and a slope as flat: the careful path
# looks at it.
FAR = 15.0
FLATTEST = 3.06e-7
# Bytes of one product of columns: in double precision, and in single precision for the climb.
PRODUCT = 12
# Products of so many bytes are made even where less is allowed.
LEAST = 60e6


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
    """What `solve` found.

    Attributes
    ----------
    coefficients : array, shape (P, S)
    residuals : array, shape (N, S)
        Weighted; overwritten by the thread's next block.
    factor : Factor
        Of the information.
    converged : array of bool, shape (S,)
    surplus : array, shape (N, S), or None
        Each row's score of ln α, where a model has one: the last row of `factor`.
    """

    coefficients: np.ndarray
    residuals: np.ndarray
    factor: Factor
    converged: np.ndarray
    surplus: np.ndarray | None = None

    def inverse(self) -> np.ndarray:
        """Return the focal column of the inverse information, one row for each parameter."""
        unit = np.zeros(self.factor.used.shape)
        unit[len(self.coefficients) - 1] = 1.0
        return self.factor.solve(unit)

    def influence(self, columns: np.ndarray) -> np.ndarray:
        """Return each row's part in the focal coefficient, shape (N, S), before `scratch` is used again.

        It is x′ A⁻¹ e times the row's residual, with the row's part by way of ln α.
        """
        inverse, count = self.inverse(), len(self.coefficients)
        found = scratch("move", self.residuals.shape, np.float64)
        np.matmul(columns, inverse[:count], out=found)
        found *= self.residuals
        if self.surplus is not None:
            found += np.multiply(self.surplus, inverse[count], out=self.surplus)
        return found


@lru_cache(maxsize=256)
def triangle(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows and columns of a lower triangle, and where (count, count) finds each pair."""
    rows, columns = np.tril_indices(count)
    place = np.empty((count, count), dtype="intp")
    place[rows, columns] = place[columns, rows] = np.arange(len(rows))
    return rows, columns, place


def products(columns: np.ndarray) -> np.ndarray:
    """Return the products of every pair of columns (N, P), shape (P (P + 1) / 2, N)."""
    turned = np.ascontiguousarray(columns.T)
    found = np.empty((pairs(len(turned)), turned.shape[1]), dtype=turned.dtype)
    for i, column in enumerate(turned):
        np.multiply(column, turned[: i + 1], out=found[pairs(i) : pairs(i + 1)])
    return found


def fits(rows: Rows, memory: float = 500e6) -> bool:
    """Return whether the products of every two columns fit into so many bytes.

    Where there are so many columns (levels of a fixed effect), one model at a time is as quick.
    """
    count, width = rows.columns.shape
    return PRODUCT * pairs(width) * count <= max(memory, LEAST)


def pairs(count: int) -> int:
    """Return how many pairs `count` columns make, each with itself included."""
    return count * (count + 1) // 2


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
        shape = (len(rows.outcome), used.shape[1])
        mean = _mean(family, rows, here, scratch("mean", shape, np.float64))
        residuals = _residuals(rows, mean, extras, mean)
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
    shape = (len(rows.outcome), used.shape[1])
    mean = scratch("light mean", shape, np.float32)
    slopes = scratch("light slopes", shape, np.float32)
    for _ in range(STEPS):
        _mean(family, light, here, mean)
        _slopes(family, mean, slopes)
        for extra in weights:
            slopes *= extra
        residuals = _residuals(light, mean, weights, mean)
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
    shape = (len(rows.outcome), used.shape[1])
    mean, slopes, move, spare = (
        scratch(name, shape, np.float64) for name in ("mean", "slopes", "move", "spare")
    )
    for _ in range(STEPS):
        _mean(family, rows, here, mean)
        first = factor.solve(rows.columns.T @ _residuals(rows, mean, extras, slopes))
        first = first.astype("float64")
        _moved(family, mean, np.matmul(rows.columns, first, out=move), slopes, spare)
        _slopes(family, mean, slopes)
        if family == "logit":
            lost |= ~(slopes.min(axis=0) > FLATTEST)
        for extra in extras:
            slopes *= extra
        residuals = _residuals(rows, mean, extras, mean)
        factor = _factor(rows, slopes, used)
        gradient = rows.columns.T @ residuals
        step = factor.solve(gradient)
        here += first
        here += step
        gain = np.einsum("ps,ps->s", step, gradient)
        lost |= ~np.isfinite(gain)
        settled = gain < SMALL
        if (settled | lost).all():
            break
    return Solved(here, residuals, factor, settled & ~lost & factor.sound)


def slopes_at(family: str, rows: Rows, coefficients: np.ndarray) -> np.ndarray:
    """Return each row's weight in the information at coefficients (P, S), shape (N, S)."""
    shape = (len(rows.outcome), coefficients.shape[1])
    mean = _mean(family, rows, coefficients, np.empty(shape))
    found = _slopes(family, mean, np.empty(shape))
    return found if rows.weights is None else found * rows.weights[:, None]


def _mean(family: str, rows: Rows, coefficients: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return probabilities or means, shape (N, S)."""
    np.matmul(rows.columns, coefficients, out=out)
    if rows.offset is not None:
        out += rows.offset[:, None]
    if family == "poisson":
        return np.exp(out, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    out += 1
    return np.reciprocal(out, out=out)


def _residuals(
    rows: Rows, mean: np.ndarray, extras: list[np.ndarray], out: np.ndarray
) -> np.ndarray:
    """Return outcome − mean, weighted, shape (N, S)."""
    np.subtract(rows.outcome[:, None], mean, out=out)
    for extra in extras:
        out *= extra
    return out


def _slopes(family: str, mean: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return the mean's derivative by the linear predictor, shape (N, S)."""
    if family == "poisson":
        np.copyto(out, mean)
        return out
    np.multiply(mean, mean, out=out)
    return np.subtract(mean, out, out=out)


def _moved(
    family: str, mean: np.ndarray, move: np.ndarray, slope: np.ndarray, second: np.ndarray
) -> None:
    """Change means as the linear predictor moves a little; the other arrays are overwritten."""
    if family == "poisson":
        np.multiply(move, 0.5, out=second)
        second += 1
        move *= second
        move *= mean
    else:
        _slopes(family, mean, slope)
        np.subtract(0.5, mean, out=second)
        second *= move
        second += 1
        move *= slope
        move *= second
    mean += move
