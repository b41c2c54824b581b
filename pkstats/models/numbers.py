"""Estimates and their covariance as plain functions over arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkstats.errors import BadModel

# Beyond this linear predictor a probability is 0 or 1 to twelve digits: only separation gets there.
LARGEST_LOGIT = 28


@dataclass(frozen=True, slots=True)
class Numbers:
    """Coefficients (k,), covariance (k, k), fit statistics and fitted values (n,)."""

    coefficients: np.ndarray
    covariance: np.ndarray
    fitted: np.ndarray
    log_likelihood: float
    null_log_likelihood: float
    r_squared: float
    likelihood_model: bool


def check_rank(design: np.ndarray, names: list[str]) -> None:
    """Raise BadModel when columns of the design depend on each other, naming the first that does."""
    rank = np.linalg.matrix_rank(design)
    if rank == design.shape[1]:
        return
    for count in range(1, design.shape[1] + 1):
        if np.linalg.matrix_rank(design[:, :count]) < count:
            raise BadModel(
                f"The term {names[count - 1]!r} is constant or a combination of the terms before "
                f"it in the {len(design)} complete rows. Leave it out."
            )


def cluster_sums(scores: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return scores (n, k) summed within clusters (codes 0 … G−1), shape (G, k)."""
    sums = np.zeros((clusters.max() + 1, scores.shape[1]))
    np.add.at(sums, clusters, scores)
    return sums


def sandwich(
    bread: np.ndarray,
    scores: np.ndarray,
    clusters: np.ndarray | None,
    kind: str,
    likelihood_model: bool,
) -> np.ndarray:
    """Return the sandwich covariance, shape (k, k).

    Parameters
    ----------
    bread : array, shape (k, k)
        Inverse of the (expected) information.
    scores : array, shape (n, k)
    clusters : array of codes, shape (n,), or None
    kind : {"hc0", "hc1", "cr1"}
        CR1 multiplies by G/(G−1) for likelihood models (Stata's ``vce(cluster)`` for logit) and by
        G/(G−1) · (N−1)/(N−K) for least squares (Stata's ``regress``).
    likelihood_model : bool
    """
    n, k = scores.shape
    if kind == "cr1":
        assert clusters is not None
        sums = cluster_sums(scores, clusters)
        groups = len(sums)
        factor = groups / (groups - 1)
        if not likelihood_model:
            factor *= (n - 1) / (n - k)
    else:
        sums, factor = scores, 1.0 if kind == "hc0" else n / (n - k)
    return factor * bread @ (sums.T @ sums) @ bread


def ols(outcome: np.ndarray, design: np.ndarray, clusters: np.ndarray | None, kind: str) -> Numbers:
    """Fit least squares; outcome (n,), design (n, k)."""
    bread = np.linalg.inv(design.T @ design)
    coefficients = np.linalg.lstsq(design, outcome, rcond=None)[0]
    fitted = design @ coefficients
    residuals = outcome - fitted
    n, k = design.shape
    squares = float(residuals @ residuals)
    if kind == "classical":
        covariance = bread * squares / (n - k)
    else:
        covariance = sandwich(bread, design * residuals[:, None], clusters, kind, False)
    total = float(((outcome - outcome.mean()) ** 2).sum())
    likelihood = -n / 2 * (np.log(2 * np.pi * squares / n) + 1)
    null = -n / 2 * (np.log(2 * np.pi * total / n) + 1)
    return Numbers(coefficients, covariance, fitted, likelihood, null, 1 - squares / total, False)


def logit(
    outcome: np.ndarray, design: np.ndarray, clusters: np.ndarray | None, kind: str
) -> Numbers:
    """Fit a logit by maximum likelihood (statsmodels, Newton); outcome of 0 and 1, shape (n,)."""
    import warnings

    import statsmodels.api as sm

    separated = BadModel(
        "The terms separate the outcomes perfectly (or nearly): the logit has no finite estimate. "
        "Drop a term or pool its categories."
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = sm.Logit(outcome, design).fit(disp=0, maxiter=100, tol=1e-12)
        except np.linalg.LinAlgError:
            raise separated from None
    if not result.mle_retvals["converged"] or np.abs(design @ result.params).max() > LARGEST_LOGIT:
        raise separated
    coefficients = np.asarray(result.params)
    fitted = 1 / (1 + np.exp(-design @ coefficients))
    bread = np.linalg.inv((design * (fitted * (1 - fitted))[:, None]).T @ design)
    if kind == "classical":
        covariance = bread
    else:
        scores = design * (outcome - fitted)[:, None]
        covariance = sandwich(bread, scores, clusters, kind, True)
    pseudo = 1 - result.llf / result.llnull
    return Numbers(coefficients, covariance, fitted, result.llf, result.llnull, pseudo, True)
