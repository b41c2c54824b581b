"""The negative binomial (NB2: variance μ + αμ²) and its derivatives, exact down to α = 0."""

from __future__ import annotations

import numpy as np
from numpy.polynomial.polynomial import polyval
from scipy.special import expit, gammaln

TABLE = 4096
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(40)
ORDERS = np.arange(9)
# (log(1+x) − x/(1+x)) / x² as a power series, where the closed form would cancel: ln x under SMALL.
SMALL = float(np.log(0.01))
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
    ratio = linear + log_alpha  # ln x, where x = αμ
    logs, ratios, squares = rising(counts, alpha)
    grown, rest, curve = _dispersed(linear, ratio, alpha)
    spread, share, left = np.logaddexp(0, ratio), expit(ratio), expit(-ratio)
    # μ/(1+x) is finite where μ, its square or its cube would overflow.
    shrunk = np.exp(linear - spread)
    values = logs - gammaln(counts + 1) + counts * (linear - spread) - grown
    surplus = counts * left - shrunk
    first = np.stack([surplus, alpha * ratios + rest - counts * share])
    cross = -share * surplus
    # Not alpha**2: Python's power raises where a product is infinite.
    curve = curve + shrunk * share - (alpha * alpha) * squares + counts * share**2
    second = np.array([[-shrunk * left * (1 + alpha * counts), cross], [cross, curve + first[1]]])
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


def _dispersed(
    linear: np.ndarray, ratio: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return μ·ln(1+x)/x, μ·x·g and μ·x²·g′ − μx/(1+x)², g(x) = (ln(1+x) − x/(1+x)) / x².

    Where x is small, by power series in x, exact down to α = 0; else by quotients over α, which
    stay finite whatever the mean.
    """
    small = ratio < SMALL
    mean, x = np.exp(np.where(small, linear, 0.0)), np.exp(np.where(small, ratio, -np.inf))
    spread, share = np.logaddexp(0, ratio), expit(ratio)
    whole = 1.0 if alpha == 0 else alpha
    over = np.where(x < 1e-300, 1.0, np.log1p(x) / np.where(x < 1e-300, 1.0, x))
    grown = np.where(small, mean * over, spread / whole)
    rest = np.where(small, mean * x * polyval(x, SERIES), (spread - share) / whole)
    bent = mean * x**2 * polyval(x, (ORDERS * SERIES)[1:]) - mean * x / (1 + x) ** 2
    return grown, rest, np.where(small, bent, -2 * rest)
