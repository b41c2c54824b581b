"""Pooling estimates over imputed data sets: Rubin's rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkstats.errors import BadModel


@dataclass(frozen=True, slots=True)
class Pooled:
    """Pooled coefficients.

    Attributes
    ----------
    estimate, std_error, dof, fraction_missing : array, shape (p,)
        `fraction_missing` is the share of the variance owed to missing values (λ).
    """

    estimate: np.ndarray
    std_error: np.ndarray
    dof: np.ndarray
    fraction_missing: np.ndarray


def rubin(estimates: np.ndarray, variances: np.ndarray, dof: float = np.inf) -> Pooled:
    """Pool estimates from m imputed data sets.

    Rubin 1987 (Multiple Imputation, equations 3.1.2–3.1.6): total variance W + (1 + 1/m) B; degrees
    of freedom of Barnard & Rubin 1999 (Biometrika 86: 948–955, equation 3) when `dof` is finite.

    Parameters
    ----------
    estimates, variances : array, shape (m, p)
        Coefficients and their squared standard errors.
    dof : float
        Degrees of freedom with complete data.

    Raises
    ------
    BadModel
        For fewer than two imputations, or shapes that differ.
    """
    estimates = np.asarray(estimates, dtype="float64")
    variances = np.asarray(variances, dtype="float64")
    if estimates.shape != variances.shape or len(estimates) < 2:
        raise BadModel(
            f"rubin takes two or more imputations of equal shape; found {estimates.shape} and "
            f"{variances.shape}."
        )
    m = len(estimates)
    within, between = variances.mean(axis=0), estimates.var(axis=0, ddof=1)
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total
    with np.errstate(divide="ignore"):
        old = (m - 1) / share**2
    freedom = old
    if np.isfinite(dof):
        observed = (dof + 1) / (dof + 3) * dof * (1 - share)
        freedom = 1 / (1 / old + 1 / observed)
    return Pooled(estimates.mean(axis=0), np.sqrt(total), freedom, share)
