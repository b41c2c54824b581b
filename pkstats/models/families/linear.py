"""Least squares."""

from __future__ import annotations

import numpy as np

from pkstats.models.sample import Fitted, Sample


def ols(sample: Sample) -> Fitted:
    """Fit (weighted) least squares.

    With weights the classical covariance is that of analytic weights: residual variance of the
    weighted residuals over n − k. Without a constant among (or made up of) the terms, R² compares
    with zero rather than with the mean, as R, Stata and statsmodels do.
    """
    outcome, design = sample.outcome, sample.design
    n, k = design.shape
    weights = np.ones(n) if sample.weights is None else sample.weights
    root = np.sqrt(weights)[:, None]
    columns, triangle = np.linalg.qr(design * root)
    inverse = np.linalg.inv(triangle)
    bread = inverse @ inverse.T
    coefficients = np.linalg.solve(triangle, columns.T @ (outcome * root[:, 0]))
    fitted = design @ coefficients
    residuals = outcome - fitted
    squares = float(weights @ residuals**2)
    constant = "Intercept" in sample.names or _spans(columns, root[:, 0])
    centre = float(weights @ outcome / weights.sum()) if constant else 0.0
    total = float(weights @ (outcome - centre) ** 2)
    shape = 0.5 * float(np.log(weights).sum())

    def likelihood(sum_of_squares: float) -> float:
        return shape - n / 2 * (np.log(2 * np.pi * sum_of_squares / n) + 1)

    return Fitted(
        names=sample.names,
        coefficients=coefficients,
        bread=bread,
        scores=design * (weights * residuals)[:, None],
        fitted=fitted,
        log_likelihood=likelihood(squares),
        null_log_likelihood=likelihood(total),
        likelihood=False,
        scale=squares / (n - k),
        working=weights,
        statistics={"r_squared": 1 - squares / total, "sigma": float(np.sqrt(squares / (n - k)))},
    )


def _spans(basis: np.ndarray, constant: np.ndarray) -> bool:
    """Tell whether some combination of the terms is the constant (all levels of a factor are)."""
    left = constant - basis @ (basis.T @ constant)
    return float(np.linalg.norm(left)) <= 1e-8 * float(np.linalg.norm(constant))
