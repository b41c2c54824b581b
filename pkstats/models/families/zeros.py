"""Likelihoods of zeros apart from counts: zero-inflated, zero-truncated and crossing zero."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, gammaln, log_expit

from pkstats.models.families.negative_binomial import Derivatives, negative_binomial, zero
from pkstats.models.families.predictors import Pieces


def inflated(counts: np.ndarray, offset: np.ndarray) -> Pieces:
    """Return the zero-inflated NB2 in predictors (η, ζ, ln α), logit π = ζ."""
    none = counts == 0

    def pieces(predictors: np.ndarray) -> Derivatives:
        linear, inflation, log_alpha = predictors[0] + offset, predictors[1], predictors[2, 0]
        share = expit(inflation)
        values, first, second = negative_binomial(counts, linear, float(log_alpha))
        # For a zero: ln(e^ζ + e^b) − ln(1 + e^ζ) with b the NB's log probability of zero.
        gap = np.where(none, inflation - values, -np.inf)
        structural = expit(gap)
        keep, spread = 1 - structural, structural * (1 - structural)
        total = np.where(none, np.logaddexp(inflation, values), values) + log_expit(-inflation)
        slopes = keep * first
        curves = keep * second + spread * first[:, None] * first[None]
        mixed = -spread * first
        own = spread - share * (1 - share)
        return (
            total,
            np.stack([slopes[0], structural - share, slopes[1]]),
            np.array(
                [
                    [curves[0, 0], mixed[0], curves[0, 1]],
                    [mixed[0], own, mixed[1]],
                    [curves[1, 0], mixed[1], curves[1, 1]],
                ]
            ),
        )

    return pieces


def truncated(counts: np.ndarray, offset: np.ndarray) -> Pieces:
    """Return the zero-truncated NB2 of counts above zero in predictors (η, ln α)."""

    def pieces(predictors: np.ndarray) -> Derivatives:
        linear, log_alpha = predictors[0] + offset, float(predictors[1, 0])
        values, first, second = negative_binomial(counts, linear, log_alpha)
        log_zero, slope, curve = zero(linear, log_alpha)
        with np.errstate(over="ignore"):
            odds = 1 / np.expm1(-log_zero)
        return (
            values - np.log(-np.expm1(log_zero)),
            first + odds * slope,
            second + odds * curve + (odds * slope)[:, None] * ((1 + odds) * slope)[None],
        )

    return pieces


def truncated_poisson(counts: np.ndarray, offset: np.ndarray) -> Pieces:
    """Return the zero-truncated Poisson of counts above zero in predictor (η,)."""
    constants = gammaln(counts + 1)

    def pieces(predictors: np.ndarray) -> Derivatives:
        linear = predictors[0] + offset
        mean = np.exp(linear)
        with np.errstate(over="ignore"):
            odds = 1 / np.expm1(mean)
        values = counts * linear - constants - mean - np.log(-np.expm1(-mean))
        first = counts - mean - odds * mean
        second = -mean * (1 + odds) + (odds * mean) * ((1 + odds) * mean)
        return values, first[None], second[None, None]

    return pieces


def crossing(positive: np.ndarray) -> Pieces:
    """Return the logit of being above zero in predictor (ζ,)."""
    sign = np.where(positive, 1.0, -1.0)

    def pieces(predictors: np.ndarray) -> Derivatives:
        linear = predictors[0]
        share = expit(linear)
        second = -share * (1 - share)
        return log_expit(sign * linear), (positive - share)[None], second[None, None]

    return pieces
