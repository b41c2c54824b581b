"""Bell–McCaffrey's CR2 covariance: clusters few or uneven."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkstats.errors import BadModel
from pkstats.models.sample import Fitted

# What clubSandwich takes for a zero eigenvalue.
ZERO = 1e-12


@dataclass(frozen=True, slots=True)
class Working:
    """Rows of the working model: design (n, k), and weights, variances, residuals, each (n,).

    `inverse` tells whether the weights are the variances' reciprocals.
    """

    design: np.ndarray
    weights: np.ndarray
    variances: np.ndarray
    residuals: np.ndarray
    inverse: bool

    def rows(self, chosen: np.ndarray) -> Working:
        """Return some of the rows."""
        return Working(
            self.design[chosen],
            self.weights[chosen],
            self.variances[chosen],
            self.residuals[chosen],
            self.inverse,
        )


def cr2(found: Fitted, design: np.ndarray, clusters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the CR2 covariance and each coefficient's Satterthwaite degrees of freedom.

    Residuals of a cluster are multiplied by the symmetric matrix that makes the covariance unbiased
    under a working model: errors independent with equal variances for (weighted) least squares, with
    the family's variances for generalised linear models. Pseudo-inverses serve clusters whose
    residuals a model with cluster constants ties together. Equal to R's ``clubSandwich``
    (``vcovCR(type = "CR2")``, ``coef_test(test = "Satterthwaite")``).

    Parameters
    ----------
    found : Fitted
        With `working`, and `slope` for generalised linear models.
    design : array, shape (n, k)
    clusters : array of codes 0 … G−1, shape (n,)

    Returns
    -------
    covariance : array, shape (k, k)
    freedom : array, shape (k,)
        nan for a coefficient without variance under the working model.

    Raises
    ------
    BadModel
        When the family is no generalised linear model.

    References
    ----------
    Bell & McCaffrey (2002), Survey Methodology 28: 169–181; Pustejovsky & Tipton (2018), Journal of
    Business & Economic Statistics 36: 672–683, equations 6–8 and 11.
    """
    model, bread = _working_model(found, design), found.bread
    scaled = model.design * (model.weights * np.sqrt(model.variances))[:, None]
    omega = bread @ (scaled.T @ scaled) @ bread
    order = np.argsort(clusters, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(clusters[order])) + 1)
    k = design.shape[1]
    scores, spread = np.empty((len(parts), k)), np.empty((len(parts), k))
    near, far = np.empty((len(parts), k, k)), np.empty((len(parts), k, k))
    for position, chosen in enumerate(parts):
        rows = model.rows(chosen)
        weighted = rows.design * rows.weights[:, None]
        adjusted = _adjust(rows, bread, omega, weighted)
        scores[position] = adjusted.T @ rows.residuals
        lever = adjusted @ bread
        spread[position] = rows.variances @ lever**2
        near[position] = rows.design.T @ lever
        far[position] = (weighted * rows.variances[:, None]).T @ lever
    covariance = bread @ (scores.T @ scores) @ bread
    return covariance, _freedom(spread, near, far, bread, omega)


def _working_model(found: Fitted, design: np.ndarray) -> Working:
    assert found.working is not None
    inverse = found.likelihood
    if not found.likelihood:
        inverse = bool(np.ptp(found.working) == 0)
        weights, variances = found.working, np.ones(len(design))
        if inverse:
            variances = 1 / weights
    elif found.slope is not None:
        variances = found.slope**2 / found.working
        weights = 1 / variances
        design = design * found.slope[:, None]
    else:
        raise BadModel("vcov='cr2' needs a (generalised) linear model. Use cr1.")
    # Scores are design × weight × residual: the largest column gives the residual back.
    largest = np.abs(design).argmax(axis=1)
    every = np.arange(len(design))
    denominator = design[every, largest] * weights
    residuals = found.scores[every, largest] / np.where(denominator == 0, 1, denominator)
    return Working(design, weights, variances, residuals, inverse)


def _adjust(
    rows: Working, bread: np.ndarray, omega: np.ndarray, weighted: np.ndarray
) -> np.ndarray:
    """Return A·W·X of one cluster, (m, k), where A·B·A = Φ and B is the residuals' covariance."""
    if np.ptp(rows.variances) > 0:
        return _adjust_uneven(rows, bread, weighted)
    # Φ^−½ B Φ^−½ = I + Z·K·Z′ is the identity but for the few directions Z spans.
    if rows.inverse:
        span, core = rows.design / np.sqrt(rows.variances)[:, None], -bread
    else:
        span = np.hstack([rows.design, weighted])
        core = np.block([[omega, -bread], [-bread, np.zeros_like(bread)]])
    basis, upper = np.linalg.qr(span)
    values, vectors = np.linalg.eigh(np.eye(len(upper)) + upper @ core @ upper.T)
    directions = basis @ vectors
    return weighted + directions @ ((_root(values) - 1)[:, None] * (directions.T @ weighted))


def _adjust_uneven(rows: Working, bread: np.ndarray, weighted: np.ndarray) -> np.ndarray:
    """Return Φ^½ (Φ S Φ)^−½ Φ^½ W·X, where S = I − Φ^−½ X M X′ Φ^−½, for weights 1/Φ."""
    variances, root = rows.variances, np.sqrt(rows.variances)
    scaled = rows.design / root[:, None]
    reduced = np.eye(len(root)) - scaled @ bread @ scaled.T
    if variances.max() < 100 * variances.min():
        values, left = np.linalg.eigh(variances[:, None] * reduced * variances)
        power = _root(values)
    else:
        # By singular values of Φ S^½, not their squares: slower, but keeps twice the digits.
        values, vectors = np.linalg.eigh(reduced)
        values = np.where(values > ZERO, values, 0.0)
        left, singular, _ = np.linalg.svd(variances[:, None] * (vectors * np.sqrt(values)))
        kept = singular > 1e-13 * singular.max()
        power = np.where(kept, 1 / np.where(kept, singular, 1), 0.0)
    return root[:, None] * (left @ (power[:, None] * (left.T @ (root[:, None] * weighted))))


def _root(values: np.ndarray) -> np.ndarray:
    """Return values to the power −½, and zero where they are zero."""
    kept = values > ZERO
    return np.where(kept, np.where(kept, values, 1.0) ** -0.5, 0.0)


def _freedom(
    spread: np.ndarray, near: np.ndarray, far: np.ndarray, bread: np.ndarray, omega: np.ndarray
) -> np.ndarray:
    """Return (tr P)² / tr P² per coefficient, P (G, G) = diag + low rank, never built.

    P = diag(spread) + L·R′ with L = [near, far], R = [near·Ω − far·M, −near·M].
    """
    freedom = np.empty(spread.shape[1])
    for term in range(len(freedom)):
        own, other = near[:, :, term], far[:, :, term]
        left = np.hstack([own, other])
        right = np.hstack([own @ omega - other @ bread, -own @ bread])
        diagonal = (left * right).sum(axis=1)
        trace = float((spread[:, term] + diagonal).sum())
        product = (left.T @ left) @ (right.T @ right)
        square = float((spread[:, term] * (spread[:, term] + 2 * diagonal)).sum())
        square += float(np.trace(product))
        freedom[term] = trace**2 / square if square > 0 else np.nan
    return freedom
