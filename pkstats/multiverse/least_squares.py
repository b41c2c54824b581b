"""Least squares by the thousand: with cross-products per cluster the rows are read only once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkstats.multiverse.likelihood import Rows, products, triangle
from pkstats.multiverse.variance import Clusters, Spread, cr1


@dataclass(frozen=True, slots=True)
class Products:
    """Cross-products of P columns and the outcome on N rows, in all and within G clusters.

    Attributes
    ----------
    whole : array, shape (P, P)
    outcome : array, shape (P,)
    square : float
        Sum of squares of the outcome.
    within : tuple of (array of shape (G, P (P + 1) / 2), array of shape (G, P))
        Products of columns (lower triangle) and with the outcome, one pair for each way of
        clustering.
    """

    whole: np.ndarray
    outcome: np.ndarray
    square: float
    within: tuple[tuple[np.ndarray, np.ndarray], ...]
    rows: int


def cross_products(rows: Rows, clusters: tuple[Clusters, ...]) -> Products:
    """Return the cross-products of (weighted) rows."""
    weights = np.ones(len(rows.outcome)) if rows.weights is None else rows.weights
    weighted = rows.columns * weights[:, None]
    pairs = rows.pairs if len(rows.pairs) else products(rows.columns)
    within = [
        (way.sums @ (pairs * weights).T, way.sums @ (weighted * rows.outcome[:, None]))
        for way in clusters
    ]
    return Products(
        whole=weighted.T @ rows.columns,
        outcome=weighted.T @ rows.outcome,
        square=float(weights @ rows.outcome**2),
        within=tuple(within),
        rows=len(rows.outcome),
    )


def clustered(
    found: Products,
    coefficients: np.ndarray,
    direction: np.ndarray,
    clusters: tuple[Clusters, ...],
    terms: np.ndarray,
) -> Spread:
    """Return CR1 of the focal coefficient from cross-products within clusters.

    A cluster's score is d′X′y − d′X′X b, d the focal column of the inverse and b the coefficients;
    the second term is linear in the products of d and b.
    """
    count, size = coefficients.shape
    first, second, _ = triangle(count)
    crossed = direction[first] * coefficients[second]
    mirrored = direction[second] * coefficients[first]
    mirrored[first == second] = 0.0
    crossed += mirrored
    parts, groups = [], []
    for square, outcome in found.within:
        scores = outcome @ direction
        scores -= square @ crossed
        parts.append(np.einsum("gs,gs->s", scores, scores))
        groups.append(np.full(size, len(outcome)))
    return cr1(parts, clusters, groups, np.full(size, found.rows), terms, likelihood=False)
