"""Profile likelihood of a random-intercept model: all else solved for, one ratio left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from pkstats.errors import BadModel

# Ratios of group to residual variance that are searched: intraclass correlations 1e-8 to 1 − 1e-8.
RATIOS = np.logspace(-8, 8, 129)


@dataclass(frozen=True, slots=True)
class Sums:
    """All that the likelihood needs: n rows, k orthonormal terms, G groups.

    Attributes
    ----------
    sizes : array, shape (G,)
        Rows in each group.
    terms, outcome : array, shapes (G, k) and (G,)
        Sums over each group's rows.
    cross : array, shape (k,)
        Terms times outcome; terms times terms is the identity.
    square : float
        Outcome times outcome.
    freedom : int
        n − k with REML, n with ML.
    """

    sizes: np.ndarray
    terms: np.ndarray
    outcome: np.ndarray
    cross: np.ndarray
    square: float
    freedom: int
    reml: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """The best model for one ratio of group to residual variance, on the orthonormal terms.

    Attributes
    ----------
    precision : array, shape (k, k)
        Q′V⁻¹Q times the residual variance.
    deviance, slope : float
        −2 log likelihood without constants, and its derivative by the ratio.
    """

    coefficients: np.ndarray
    precision: np.ndarray
    squares: float
    deviance: float
    slope: float


def profile(sums: Sums, ratio: float) -> Profile:
    """Solve for the coefficients and their fit at one ratio of variances."""
    inflation = 1 + sums.sizes * ratio
    shrink = ratio / inflation
    k = sums.terms.shape[1]
    precision = np.eye(k) - (sums.terms * shrink[:, None]).T @ sums.terms
    inverse = np.linalg.inv(precision)
    cross = sums.cross - sums.terms.T @ (shrink * sums.outcome)
    coefficients = inverse @ cross
    squares = sums.square - float(shrink @ sums.outcome**2) - float(coefficients @ cross)
    left = sums.outcome - sums.terms @ coefficients
    deviance = float(np.log(inflation).sum()) + sums.freedom * float(np.log(squares))
    slope = float((sums.sizes / inflation).sum())
    slope -= sums.freedom * float((left / inflation) @ (left / inflation)) / squares
    if sums.reml:
        deviance += float(np.linalg.slogdet(precision)[1])
        scaled = sums.terms / inflation[:, None]
        slope -= float(np.einsum("gi,ij,gj->", scaled, inverse, scaled))
    return Profile(coefficients, precision, squares, deviance, slope)


def best_ratio(sums: Sums) -> float:
    """Return the ratio of variances with the highest likelihood: 0, or where the slope is 0."""
    slopes = np.array([profile(sums, ratio).slope for ratio in RATIOS])
    found = [0.0]
    for low in np.flatnonzero((slopes[:-1] < 0) & (slopes[1:] >= 0)):
        ends = float(RATIOS[low]), float(RATIOS[low + 1])
        found.append(float(brentq(lambda r: profile(sums, r).slope, *ends, rtol=1e-14)))
    if slopes[-1] < 0:
        raise BadModel(
            "The group variance outgrows the residual variance without limit: groups explain the "
            "outcome entirely. Fit one row per group by family='ols'."
        )
    return min(found, key=lambda ratio: profile(sums, ratio).deviance)
