"""Least squares."""

from __future__ import annotations

import numpy as np

from pkstats.models.sample import Fitted, Sample


def ols(sample: Sample) -> Fitted:
    """Fit (weighted) least squares.

    With weights the classical covariance is that of analytic weights: residual variance of the
    weighted residuals over n − k.
    """
    outcome, design = sample.outcome, sample.design
    n, k = design.shape
    weights = np.ones(n) if sample.weights is None else sample.weights
    root = np.sqrt(weights)[:, None]
    bread = np.linalg.inv((design * weights[:, None]).T @ design)
    coefficients = np.linalg.lstsq(design * root, outcome * root[:, 0], rcond=None)[0]
    fitted = design @ coefficients
    residuals = outcome - fitted
    squares = float(weights @ residuals**2)
    centre = float(weights @ outcome / weights.sum())
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
