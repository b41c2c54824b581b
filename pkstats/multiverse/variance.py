"""Variance of one coefficient in every specification, by the conventions of `pkstats.models`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

KINDS = ("classical", "hc0", "hc1", "cr1")


@dataclass(frozen=True, slots=True)
class Clusters:
    """One way of clustering: its sign in a two-way variance and the (G, N) matrix that sums rows."""

    sign: float
    sums: sparse.csr_array


@dataclass(frozen=True, slots=True)
class Spread:
    """Variance of the focal coefficient, rows and clusters of S specifications, each (S,)."""

    variance: np.ndarray
    count: np.ndarray
    groups: np.ndarray


def ways(codes: np.ndarray | None) -> tuple[Clusters, ...]:
    """Return the ways of clustering by codes of shape (N,) or (N, 2); none for None.

    With two columns the variance is V(first) + V(second) − V(both) (Cameron, Gelbach and Miller
    2011).
    """
    if codes is None:
        return ()
    if codes.ndim == 1:
        return (Clusters(1.0, _indicator(codes)),)
    both = np.unique(codes, axis=0, return_inverse=True)[1].ravel()
    first, second = (_indicator(codes[:, way]) for way in (0, 1))
    return Clusters(1.0, first), Clusters(1.0, second), Clusters(-1.0, _indicator(both))


def _indicator(codes: np.ndarray) -> sparse.csr_array:
    labels, dense = np.unique(codes, return_inverse=True)
    rows = np.arange(len(dense))
    return sparse.csr_array((np.ones(len(dense)), (dense, rows)), (len(labels), len(dense)))


def counts(
    mask: np.ndarray | None, clusters: tuple[Clusters, ...], rows: int, size: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return rows (S,) and, for each way of clustering, clusters with a row (S,)."""
    if mask is None:
        return np.full(size, rows), [np.full(size, way.sums.shape[0]) for way in clusters]
    here = mask > 0
    groups = [((way.sums @ here.astype("float64")) > 0).sum(axis=0) for way in clusters]
    return here.sum(axis=0), groups


def spread(
    kind: str,
    scores: np.ndarray,
    clusters: tuple[Clusters, ...],
    terms: np.ndarray,
    mask: np.ndarray | None,
    likelihood: bool,
) -> Spread:
    """Return the variance of the focal coefficient.

    Parameters
    ----------
    kind : {"hc0", "hc1", "cr1"}
    scores : array, shape (N, S)
        Each row's part in the focal coefficient; overwritten.
    terms : array, shape (S,)
        Number of coefficients, absorbed ones included.
    likelihood : bool
        Whether CR1 multiplies by G/(G − 1) alone.
    """
    count, groups = counts(mask, clusters, *scores.shape)
    if kind == "cr1":
        parts = [((way.sums @ scores) ** 2).sum(axis=0) for way in clusters]
        return cr1(parts, clusters, groups, count, terms, likelihood)
    variance = np.einsum("ns,ns->s", scores, scores)
    if kind == "hc1":
        variance *= count / (count - terms)
    return Spread(variance, count, fewest(groups, len(count)))


def cr1(
    parts: list[np.ndarray],
    clusters: tuple[Clusters, ...],
    groups: list[np.ndarray],
    count: np.ndarray,
    terms: np.ndarray,
    likelihood: bool,
) -> Spread:
    """Return CR1 from squared cluster sums (S,) of each way of clustering."""
    factor = np.ones(len(count)) if likelihood else (count - 1) / (count - terms)
    variance = np.zeros(len(count))
    for way, part, number in zip(clusters, parts, groups, strict=True):
        variance += way.sign * part * number / (number - 1)
    return Spread(factor * variance, count, fewest(groups, len(count)))


def fewest(groups: list[np.ndarray], size: int) -> np.ndarray:
    """Return the number of clusters, of the way with fewer where there are two; (S,)."""
    return np.min(groups[:2], axis=0) if groups else np.zeros(size, dtype="int64")
