"""Observed information of a random-intercept model: what the variances' estimation adds."""

from __future__ import annotations

import numpy as np


def observed(
    design: np.ndarray, residuals: np.ndarray, groups: np.ndarray, ratio: float, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the inverse information of the coefficients and their scores, at the ML estimate.

    The Hessian of the log likelihood in (β, ρ, σ²), ρ the ratio of group to residual variance, has
    products of β with ρ that are zero in expectation only. The block of β in its inverse is the same
    whatever the variances are called, so it is that of Stata's ``xtreg, mle`` and ``mixed, mle``.
    Scores are net of those of the variances: sums within clusters times the inverse information are
    the coefficients' part of the sandwich over all parameters. At ρ = 0 a ratio on its border is not
    estimated.

    Parameters
    ----------
    design : array, shape (n, k)
    residuals : array, shape (n,)
        Outcome less fixed part.
    groups : array of codes 0 … G−1, shape (n,)
    ratio, scale : float
        ρ, and the residual variance σ².

    Returns
    -------
    bread : array, shape (k, k)
    scores : array, shape (n, k)
    """
    sizes = np.bincount(groups).astype("float64")
    inflation = 1 + sizes * ratio
    sums = np.bincount(groups, residuals)
    columns, triangle = np.linalg.qr(design)
    terms = np.column_stack([np.bincount(groups, column, len(sizes)) for column in columns.T])
    shrunk = (residuals - (ratio * sums / inflation)[groups]) / scale
    scores = columns * shrunk[:, None]
    precision = np.eye(columns.shape[1]) - (terms * (ratio / inflation)[:, None]).T @ terms
    information = precision / scale
    if ratio > 0:
        # Minus second derivatives in (ρ, σ²), and between β and ρ; β and σ² have none.
        square = (sums / inflation) ** 2
        between = float((sizes * square / inflation).sum()) / scale
        own = np.array(
            [
                [between - 0.5 * float(((sizes / inflation) ** 2).sum()), 0.0],
                [0.0, 0.5 * len(residuals) / scale**2],
            ]
        )
        own[0, 1] = own[1, 0] = 0.5 * float(square.sum()) / scale**2
        cross = np.column_stack([terms.T @ (sums / inflation**2) / scale, np.zeros(len(precision))])
        back = np.linalg.solve(own, cross.T)
        information = information - cross @ back
        scores = scores - _variances(residuals, sums, sizes, inflation, groups, scale) @ back
    half = np.linalg.solve(triangle, np.linalg.cholesky(np.linalg.inv(information)))
    return half @ half.T, scores @ triangle


def _variances(
    residuals: np.ndarray,
    sums: np.ndarray,
    sizes: np.ndarray,
    inflation: np.ndarray,
    groups: np.ndarray,
    scale: float,
) -> np.ndarray:
    """Return each row's part in the scores of (ρ, σ²), shape (n, 2): equal within groups for ρ."""
    ratio = (inflation - 1) / sizes
    by_group = 0.5 * ((sums / inflation) ** 2 / scale - sizes / inflation)
    squares = np.bincount(groups, residuals**2) - ratio / inflation * sums**2
    whole = 0.5 * (squares / scale - sizes) / scale
    return np.column_stack([by_group, whole])[groups] / sizes[groups, None]
