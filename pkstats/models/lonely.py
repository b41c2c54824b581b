"""Terms that rest on one cluster alone: errors across clusters say nothing of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pkstats.models.rows import Rows

# A column is nothing in a cluster where less than this share of its length is left.
NOTHING = 1e-8


def lonely(design: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return which terms only one cluster tells about, shape (k,).

    A dummy of a cluster fits that cluster's mean, so that its residuals sum to zero there: the
    sandwich sees no spread, and its error comes out as zero or is made of other terms' errors. So it
    is with a treatment that one cluster alone has, with a slope of its own for each cluster, and with
    the constant beside dummies of all clusters but one. Other terms are compared net of what is each
    cluster's own.

    Parameters
    ----------
    design : array, shape (n, k)
    clusters : array of codes 0 … G−1, shape (n,)
    """
    order = np.argsort(clusters, kind="stable")
    starts = np.flatnonzero(np.diff(clusters[order], prepend=-1))
    sizes = np.maximum.reduceat(np.abs(design[order]), starts, axis=0)  # (G, k)
    largest = sizes.max(axis=0)
    present = sizes > NOTHING * np.where(largest > 0, largest, 1)
    own = present.sum(axis=0) == 1
    if not own.any() or own.all():
        return own
    ends = np.append(starts[1:], len(order))
    left = present.copy()
    for group in np.flatnonzero(present[:, own].any(axis=1)):
        block = design[order[starts[group] : ends[group]]] / np.where(largest > 0, largest, 1)
        basis = np.linalg.qr(block[:, own & present[group]])[0]
        rest = block - basis @ (basis.T @ block)
        left[group] &= np.abs(rest).max(axis=0) > NOTHING
    return left.sum(axis=0) <= 1


def without_error(rows: Rows, family: str, parameters: int, kind: str) -> np.ndarray:
    """Return which parameters have no robust error, shape (p,): those of terms that rest on one unit.

    Units are clusters (of either way, when there are two), and rows for errors without clusters.
    """
    count, terms = rows.design.shape
    if kind == "classical":
        return np.zeros(parameters, dtype=bool)
    units = [np.arange(count)]
    if kind.startswith("cr") and rows.clusters is not None:
        units = list(rows.clusters.reshape(count, -1).T)

    def alone(design: np.ndarray) -> np.ndarray:
        return np.logical_or.reduce([lonely(design, codes) for codes in units])

    if family == "ordered":
        # Thresholds stand where the constant would.
        found = alone(np.column_stack([rows.design, np.ones(count)]))
        return np.append(found[:-1], np.repeat(found[-1], parameters - terms))
    if family == "multinomial":
        return np.tile(alone(rows.design), parameters // terms)
    # Counts above zero alone carry a hurdle's count part.
    counted = rows.design * (rows.outcome > 0)[:, None] if family == "hurdle" else rows.design
    parts = [alone(counted)]
    if family in ("zinb", "hurdle"):
        parts.append(alone(rows.extra.get("zero_design", rows.design)))
    found = np.concatenate(parts)
    return np.append(found, np.zeros(parameters - len(found), dtype=bool))
