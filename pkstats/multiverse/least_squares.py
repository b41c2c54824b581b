"""Least squares by the thousand: with cross-products per cluster the rows are read only once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkstats.multiverse.elimination import Factor, factorise
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
    within : tuple of (array of shape (G · P, P), array of shape (G, P))
        One pair for each way of clustering.
    """

    whole: np.ndarray
    outcome: np.ndarray
    square: float
    within: tuple[tuple[np.ndarray, np.ndarray], ...]
    rows: int


def cross_products(rows: Rows, clusters: tuple[Clusters, ...]) -> Products:
    """Return the cross-products of (weighted) rows."""
    weights = np.ones(len(rows.outcome)) if rows.weights is None else rows.weights
    count = rows.columns.shape[1]
    weighted = rows.columns * weights[:, None]
    pairs = rows.pairs if len(rows.pairs) else products(rows.columns)
    place = triangle(count)[2]
    within = []
    for way in clusters:
        sums = way.sums @ (pairs * weights).T
        square = np.ascontiguousarray(sums[:, place]).reshape(-1, count)
        within.append((square, way.sums @ (weighted * rows.outcome[:, None])))
    return Products(
        whole=weighted.T @ rows.columns,
        outcome=weighted.T @ rows.outcome,
        square=float(weights @ rows.outcome**2),
        within=tuple(within),
        rows=len(rows.outcome),
    )


def solve_products(
    found: Products, used: np.ndarray, spare: np.ndarray, focus: int
) -> tuple[np.ndarray, np.ndarray, Factor]:
    """Return coefficients (P, S), the focal column of the inverse (P, S) and the factor."""
    size = used.shape[1]
    matrices = np.repeat(found.whole[:, :, None], size, axis=2)
    factor = factorise(matrices, used, spare)
    right = np.repeat(found.outcome[:, None], size, axis=1)
    unit = np.zeros((len(found.whole), size))
    unit[focus] = 1.0
    return factor.solve(right), factor.solve(unit), factor


def residual_squares(found: Products, coefficients: np.ndarray) -> np.ndarray:
    """Return the residual sum of squares, shape (S,)."""
    return found.square - np.einsum("ps,p->s", coefficients, found.outcome)


def clustered(
    found: Products,
    coefficients: np.ndarray,
    direction: np.ndarray,
    clusters: tuple[Clusters, ...],
    terms: np.ndarray,
) -> Spread:
    """Return CR1 of the focal coefficient from cross-products within clusters."""
    count, size = coefficients.shape
    parts, groups = [], []
    for square, outcome in found.within:
        sums = (square @ coefficients).reshape(len(outcome), count, size)
        np.subtract(outcome[:, :, None], sums, out=sums)
        scores = np.einsum("gps,ps->gs", sums, direction)
        parts.append(np.einsum("gs,gs->s", scores, scores))
        groups.append(np.full(size, len(outcome)))
    return cr1(parts, clusters, groups, np.full(size, found.rows), terms, likelihood=False)
