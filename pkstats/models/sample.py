"""What a family receives and returns: arrays with their shapes, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Sample:
    """Complete rows of one model.

    Attributes
    ----------
    outcome : array, shape (n,)
        As floats; codes 0 … m−1 for ordered and multinomial families.
    design : array, shape (n, k)
    names : tuple of str, length k
    weights : array, shape (n,), or None
        Prior (probability) weights.
    levels : tuple of str
        Names of the outcome's categories, where it has any.
    extra : mapping of str to array, shape (n,) or (n, j)
        `entry`, `time`, `event` (cox), `exposure` (counts), `zero_design` (zinb, hurdle),
        `groups` as codes (mixed), and `zero_names` as a tuple of str.
    options : mapping
        Family options, such as ``ties``.
    """

    outcome: np.ndarray
    design: np.ndarray
    names: tuple[str, ...]
    weights: np.ndarray | None = None
    levels: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a family found.

    Attributes
    ----------
    names : tuple of str, length p
        Parameters: terms, then thresholds, dispersion and the like.
    coefficients : array, shape (p,)
    bread : array, shape (p, p)
        Inverse of the observed information (probit: expected; least squares: (X′WX)⁻¹).
    scores : array, shape (n, p)
        Each row's contribution to the score, weights included.
    fitted : array, shape (n,) or (n, m)
        Fitted means or probabilities.
    log_likelihood, null_log_likelihood : float
    likelihood : bool
        Whether z statistics and the G/(G−1) convention apply (False for least squares).
    scale : float
        Classical covariance = scale × bread.
    model_covariance : array, shape (p, p), or None
        The classical covariance where it is another: from expected rather than observed information.
    working : array, shape (n,), or None
        Working weights of a generalised linear model (1 for least squares), for leverage-based
        variances (HC2, HC3, CR2).
    slope : array, shape (n,), or None
        Derivative of the mean by the linear predictor in generalised linear models, for CR2
        (probability × its complement for a logit, the mean for a Poisson model).
    statistics : mapping of str to float
        Further figures for `glance()`.
    intervals : mapping of str to array, shape (p,), or None
        Own `p_value`, `conf_low`, `conf_high` (profile likelihood), where Wald's would mislead;
        `conf_level` says for which level.
    """

    names: tuple[str, ...]
    coefficients: np.ndarray
    bread: np.ndarray
    scores: np.ndarray
    fitted: np.ndarray
    log_likelihood: float
    null_log_likelihood: float
    likelihood: bool = True
    scale: float = 1.0
    model_covariance: np.ndarray | None = None
    working: np.ndarray | None = None
    slope: np.ndarray | None = None
    statistics: Mapping[str, float] = field(default_factory=dict)
    intervals: Mapping[str, Any] | None = None
