"""Negative binomial regressions by the thousand: Newton's method in coefficients and ln α together.

With p = αμ / (1 + αμ) and r = (y − μ) / (1 + αμ), the score of η is r, the information of η is
μ (1 + αy) / (1 + αμ)², that of η with ln α is p r, and the score of ln α is αΣj/(1+αj) + t − yp with
t = (ln(1+αμ) − p) / α; sums over j < y depend on the count alone. Its information is t + p r less
Σαj/(1+αj)². The last row and column of a specification's Hessian belong to ln α.
"""

from __future__ import annotations

import numpy as np

from pkstats.models.families.negative_binomial import rising
from pkstats.multiverse.elimination import Factor, factorise
from pkstats.multiverse.likelihood import Rows, Solved, triangle
from pkstats.multiverse.scratch import scratch

# Squared lengths of a step in standard errors. The variance is taken where the last step begins; with
# counts in the thousands steps below CLOSE may be rounding, and two in a row are enough.
SMALL, CLOSE = 1e-20, 1e-16
STEPS = 20
LONGEST = 2.0
# Where α leaves this range, or the counts say so little about it, the careful path decides.
SMALLEST, LARGEST, FLAT = -8.0, 8.0, 1e-3


def solve(
    rows: Rows, used: np.ndarray, start: np.ndarray, mask: np.ndarray | None = None
) -> Solved:
    """Fit S negative binomial regressions on the same rows.

    Parameters
    ----------
    rows : Rows
    used : array of bool, shape (P, S)
    start : array, shape (P, S)
        Coefficients; ln α starts from moments.
    mask : array, shape (N, S), optional
        Weight of each row in each specification.
    """
    distinct, place = np.unique(rows.outcome, return_inverse=True)
    extras = [] if mask is None else [mask]
    extras += [] if rows.weights is None else [rows.weights[:, None]]
    every = np.vstack([used, np.ones((1, used.shape[1]), dtype=bool)])
    spare = np.append(rows.spare, False)
    lost, close = np.zeros((2, used.shape[1]), dtype=bool)
    with np.errstate(all="ignore"):
        here = np.vstack([start, _moments(rows, start, extras)])
        for _ in range(STEPS):
            residuals, surplus, information = _pieces(rows, here, distinct, place, extras)
            factor = _bent(information, every, spare)
            gradient = np.vstack([rows.columns.T @ residuals, surplus.sum(axis=0)])
            step = factor.solve(gradient)
            gain = np.einsum("ps,ps->s", step, gradient)
            lost |= ~np.isfinite(gain)
            settled = (gain < SMALL) | (close & (gain < CLOSE))
            close = gain < CLOSE
            if (settled | lost).all():
                break
            step *= np.minimum(1.0, LONGEST / np.abs(step).max(axis=0))
            here += np.where(lost, 0.0, step)
    inside = (here[-1] > SMALLEST) & (here[-1] < LARGEST) & (factor.pivots[-1] > FLAT)
    good = settled & ~lost & inside & factor.sound
    return Solved(here[:-1], residuals, factor, good, surplus)


def _bent(information: np.ndarray, every: np.ndarray, spare: np.ndarray) -> Factor:
    """Return the factor; where the likelihood is not concave in ln α, its slope still leads up."""
    own = information[-1, -1].copy()
    factor = factorise(information, every, spare)
    convex = ~factor.used[-1]
    rest = own - np.einsum("ps,ps->s", factor.lower[-1, :-1] ** 2, factor.pivots[:-1])
    factor.pivots[-1] = np.where(convex, np.abs(rest), factor.pivots[-1])
    factor.used[-1] = True
    return factor


def _moments(rows: Rows, start: np.ndarray, extras: list[np.ndarray]) -> np.ndarray:
    """Return ln α by moments, ((y − μ)² − y) over μ², shape (S,)."""
    shape = (len(rows.outcome), start.shape[1])
    mean, excess = (scratch(name, shape, np.float64) for name in ("mean", "rest"))
    np.matmul(rows.columns, start, out=mean)
    if rows.offset is not None:
        mean += rows.offset[:, None]
    np.exp(mean, out=mean)
    np.square(np.subtract(rows.outcome[:, None], mean, out=excess), out=excess)
    excess -= rows.outcome[:, None]
    np.square(mean, out=mean)
    for extra in extras:
        excess *= extra
        mean *= extra
    ratio = excess.sum(axis=0) / mean.sum(axis=0)
    return np.log(np.clip(np.nan_to_num(ratio, nan=1.0), np.exp(-5), np.exp(5)))


def _pieces(
    rows: Rows,
    here: np.ndarray,
    distinct: np.ndarray,
    place: np.ndarray,
    extras: list[np.ndarray],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scores of η and ln α, both (N, S), weighted, and the information (P + 1, P + 1, S)."""
    size = here.shape[1]
    mean, share, ratio, residuals, rest, surplus, spare = (
        scratch(name, (len(place), size), np.float64)
        for name in ("mean", "share", "ratio", "residuals", "rest", "surplus", "spare")
    )
    counts, alpha = rows.outcome[:, None], np.exp(here[-1])
    _, first, second = rising(distinct, alpha)
    first *= alpha
    np.matmul(rows.columns, here[:-1], out=mean)
    if rows.offset is not None:
        mean += rows.offset[:, None]
    np.exp(mean, out=mean)
    np.multiply(mean, alpha, out=share)
    np.log1p(share, out=rest)
    np.reciprocal(np.add(share, 1.0, out=ratio), out=ratio)
    share *= ratio
    rest -= share
    rest /= alpha
    np.subtract(counts, mean, out=residuals)
    residuals *= ratio
    np.take(first, place, axis=0, out=surplus)
    np.subtract(surplus, np.multiply(counts, share, out=spare), out=surplus)
    surplus += rest
    # The information of ln α in each row, without p r.
    rest += np.take(second * alpha**2 - first, place, axis=0, out=spare)
    slopes = np.multiply(mean, ratio, out=mean)
    slopes *= ratio
    slopes *= np.multiply(counts, alpha, out=spare) + 1
    for extra in extras:
        for each in (residuals, surplus, rest, slopes):
            each *= extra
    cross = np.multiply(share, residuals, out=share)
    count = len(here) - 1
    information = np.empty((count + 1, count + 1, size))
    information[:count, :count] = (rows.pairs @ slopes)[triangle(count)[2]]
    information[:count, count] = information[count, :count] = rows.columns.T @ cross
    information[count, count] = rest.sum(axis=0) + cross.sum(axis=0)
    return residuals, surplus, information
