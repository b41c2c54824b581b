"""The negative binomial (NB2: variance μ + αμ²) and its derivatives, exact down to α = 0."""

from __future__ import annotations

import numpy as np
from numpy.polynomial.polynomial import polyval
from scipy.special import gammaln

TABLE = 4096
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(40)
ORDERS = np.arange(9)
# (log(1+x) − x/(1+x)) / x² as a power series, where the closed form would cancel.
SERIES = (-1.0) ** ORDERS * (ORDERS + 1) / (ORDERS + 2)

Derivatives = tuple[np.ndarray, np.ndarray, np.ndarray]


def negative_binomial(counts: np.ndarray, linear: np.ndarray, log_alpha: float) -> Derivatives:
    """Return each row's log likelihood with derivatives in (η, ln α).

    Parameters
    ----------
    counts : array, shape (n,)
    linear : array, shape (n,)
        η, the logarithm of the mean.
    log_alpha : float

    Returns
    -------
    values : array, shape (n,)
    first : array, shape (2, n)
    second : array, shape (2, 2, n)

    Notes
    -----
    lnΓ(y+1/α) − lnΓ(1/α) + y ln α = Σ_{j<y} ln(1+αj) (Cameron & Trivedi 2013, eq. 3.30), which
    needs no gamma functions of large arguments when α is small.
    """
    alpha = float(np.exp(log_alpha))
    mean = np.exp(linear)
    x = alpha * mean
    logs, ratios, squares = rising(counts, alpha)
    g, slope = _remainder(x)
    values = logs - gammaln(counts + 1) + counts * linear - counts * np.log1p(x)
    values = values - mean * _log1p_over(x)
    surplus = (counts - mean) / (1 + x)
    first = np.stack([surplus, alpha * ratios + mean * x * g - counts * x / (1 + x)])
    cross = -x * surplus / (1 + x)
    # Not alpha**2: Python's power raises where a product is infinite.
    curve = -(alpha * alpha) * squares + mean * x**2 * slope + counts * (x / (1 + x)) ** 2
    second = np.array(
        [[-mean * (1 + alpha * counts) / (1 + x) ** 2, cross], [cross, curve + first[1]]]
    )
    return values, first, second


def zero(linear: np.ndarray, log_alpha: float) -> Derivatives:
    """Return ln P(y = 0) with derivatives in (η, ln α), shaped as in `negative_binomial`."""
    return negative_binomial(np.zeros(len(linear)), linear, log_alpha)


def rising(counts: np.ndarray, alpha: float | np.ndarray) -> Derivatives:
    """Return Σ ln(1+αj), Σ j/(1+αj) and Σ (j/(1+αj))² over j = 0 … y−1, each of shape (n,).

    With several α, shape (S,), each is of shape (n, S). Sums are tabulated up to 4,096; beyond, the
    Euler–Maclaurin midpoint formula (relative error below 1e-12) spares a table as long as the
    largest count.
    """
    low = np.minimum(counts, TABLE).astype(int)
    steps = np.arange(low.max(initial=0), dtype=float)
    start = np.zeros((1, *np.shape(alpha)))
    sums = [np.concatenate((start, np.cumsum(part, axis=0)))[low] for part in _terms(steps, alpha)]
    large = counts > TABLE
    if large.any():
        begin, end = TABLE - 0.5, counts[large] - 0.5
        half = np.log(end / begin)[:, None] / 2
        points = begin * np.exp(half * (NODES + 1))
        ends = _slopes(end, alpha) - _slopes(np.array([begin]), alpha)
        weights = points * half * NODE_WEIGHTS
        for total, part, change in zip(sums, _terms(points, alpha), ends, strict=True):
            total[large] += np.einsum("lk,lk...->l...", weights, part) - change / 24
    return sums[0], sums[1], sums[2]


def _terms(steps: np.ndarray, alpha: float | np.ndarray) -> Derivatives:
    scaled = np.multiply.outer(steps, alpha)
    steps = steps.reshape(steps.shape + (1,) * np.ndim(alpha))
    ratio = steps / (1 + scaled)
    return np.log1p(scaled), ratio, ratio**2


def _slopes(steps: np.ndarray, alpha: float | np.ndarray) -> np.ndarray:
    scaled = 1 + np.multiply.outer(steps, alpha)
    steps = steps.reshape(steps.shape + (1,) * np.ndim(alpha))
    return np.stack([alpha / scaled, scaled**-2.0, 2 * steps * scaled**-3.0])


def _log1p_over(x: np.ndarray) -> np.ndarray:
    """Return ln(1+x)/x, 1 at zero."""
    tiny = x < 1e-300
    return np.where(tiny, 1.0, np.log1p(x) / np.where(tiny, 1.0, x))


def _remainder(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return g(x) = (ln(1+x) − x/(1+x)) / x² and its derivative."""
    small = x < 0.01
    safe = np.where(small, 1.0, x)
    near = np.where(small, x, 0.0)
    g = np.where(small, polyval(near, SERIES), (np.log1p(safe) - safe / (1 + safe)) / safe**2)
    far = 1 / (safe * (1 + safe) ** 2) - 2 * g / safe
    return g, np.where(small, polyval(near, (ORDERS * SERIES)[1:]), far)
