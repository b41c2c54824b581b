"""Covariance of estimates from bread and scores: one place for every convention."""

from __future__ import annotations

import numpy as np

from pkstats.errors import BadModel
from pkstats.models.sample import Fitted

KINDS = ("classical", "hc0", "hc1", "hc2", "hc3", "cr1", "cr2")


def cluster_sums(scores: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return scores (n, p) summed within clusters (codes 0 … G−1), shape (G, p)."""
    sums = np.zeros((int(clusters.max()) + 1, scores.shape[1]))
    np.add.at(sums, clusters, scores)
    return sums


def covariance(
    found: Fitted, design: np.ndarray, clusters: np.ndarray | None, kind: str
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the covariance (p, p) and, for CR2, Satterthwaite degrees of freedom (p,).

    Parameters
    ----------
    found : Fitted
    design : array, shape (n, k)
    clusters : array of codes, shape (n,) or (n, 2) for two-way clusters, or None
    kind : {"classical", "hc0", "hc1", "hc2", "hc3", "cr1", "cr2"}
        CR1 multiplies by G/(G−1) for likelihood models (Stata's ``vce(cluster)`` for logit) and by
        G/(G−1) · (N−1)/(N−K) for least squares (Stata's ``regress``). HC1 multiplies by N/(N−K).

    Raises
    ------
    BadModel
        When the family has no leverage for HC2, HC3 or CR2.
    """
    bread, scores = found.bread, found.scores
    if kind == "classical":
        own = found.model_covariance
        return found.scale * bread if own is None else own, None
    if kind == "cr1":
        assert clusters is not None
        return _cr1(found, clusters), None
    if kind in ("hc0", "hc1"):
        n, p = scores.shape
        factor = 1.0 if kind == "hc0" else n / (n - p)
        return factor * _squared(scores, bread), None
    if found.working is None or scores.shape[1] != design.shape[1]:
        instead = "cr1" if kind == "cr2" else "hc1, or cr1 with cluster="
        raise BadModel(
            f"vcov={kind!r} needs leverages, which this model does not have. Use {instead}."
        )
    if kind == "cr2":
        from pkstats.models.small_sample import cr2

        assert clusters is not None
        return cr2(found, design, clusters)
    basis = np.linalg.qr(design * np.sqrt(found.working)[:, None])[0]
    leverage = (basis**2).sum(axis=1)
    if (leverage > 1 - 1e-10).any():
        raise BadModel(
            f"Row {int(np.argmax(leverage))} of the complete rows fixes a term by itself (leverage 1), "
            f"so vcov={kind!r} does not exist. Drop the term or the row, or use hc1."
        )
    shrink = (1 - leverage) ** (0.5 if kind == "hc2" else 1.0)
    return _squared(scores / shrink[:, None], bread), None


def _squared(scores: np.ndarray, bread: np.ndarray) -> np.ndarray:
    """Return bread·scores′scores·bread; bread first, as sums of squares of far-off columns cancel."""
    influence = scores @ bread
    return influence.T @ influence


def _cr1(found: Fitted, clusters: np.ndarray) -> np.ndarray:
    if clusters.ndim == 1:
        return _one_way(found, clusters)
    first, second = clusters[:, 0], clusters[:, 1]
    both = np.unique(clusters, axis=0, return_inverse=True)[1].ravel()
    ways = [_one_way(found, codes) for codes in (first, second, both)]
    return ways[0] + ways[1] - ways[2]


def _one_way(found: Fitted, clusters: np.ndarray) -> np.ndarray:
    n, p = found.scores.shape
    sums = cluster_sums(found.scores, clusters)
    groups = len(sums)
    factor = groups / (groups - 1)
    if not found.likelihood:
        factor *= (n - 1) / (n - p)
    return factor * _squared(sums, found.bread)
