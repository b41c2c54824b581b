"""Who is at risk when: sums over risk sets and over the event times of a spell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse


@dataclass(frozen=True, slots=True)
class RiskSets:
    """Rows at risk at each event time, as a tree over the event times.

    A running sum that subtracts rows as they leave loses every digit once a row with a large hazard
    has passed. Here each spell is cut into at most 2·log₂(m) blocks of event times, so that all
    sums are of positive terms only.

    Attributes
    ----------
    times : array, shape (m,)
        Distinct event times in order.
    at : array of int, shape (n,)
        Index of a row's event time; −1 without an event.
    blocks : sparse matrix, shape (2 · size, n)
        Which blocks each row's spell is made of.
    size : int
        Number of leaves of the tree, a power of two.
    """

    times: np.ndarray
    at: np.ndarray
    blocks: sparse.csr_array
    size: int

    def over_rows(self, values: np.ndarray) -> np.ndarray:
        """Sum values (n, j) over the rows at risk at each event time: shape (m, j)."""
        tree = self.blocks @ values
        level = 1
        while level < self.size:
            tree[2 * level : 4 * level] += np.repeat(tree[level : 2 * level], 2, axis=0)
            level *= 2
        return tree[self.size : self.size + len(self.times)]

    def over_times(self, values: np.ndarray) -> np.ndarray:
        """Sum values (m, j) over the event times of each row's spell: shape (n, j)."""
        tree = np.zeros((2 * self.size, values.shape[1]))
        tree[self.size : self.size + len(values)] = values
        level = self.size
        while level > 1:
            tree[level // 2 : level] = tree[level : 2 * level : 2] + tree[level + 1 : 2 * level : 2]
            level //= 2
        return self.blocks.T @ tree


def risk_sets(time: np.ndarray, event: np.ndarray, entry: np.ndarray | None = None) -> RiskSets:
    """Find the risk sets of spells: a row is at risk at t when entry < t ≤ time.

    Stata and R count the same way: a row that enters at an event time is not yet at risk at it.

    Parameters
    ----------
    time, event : array, shape (n,)
        End of each spell, in any unit, and whether it ended in an event (1) or not (0).
    entry : array, shape (n,), optional
        Start of each spell; without it every row is at risk from the beginning.
    """
    failed = event == 1
    times = np.unique(time[failed])
    at = np.where(failed, np.searchsorted(times, time), -1)
    size = 1 << max(len(times) - 1, 0).bit_length()
    last = np.searchsorted(times, time, side="right") + size
    first = np.full(len(time), size)
    if entry is not None:
        first = np.searchsorted(times, entry, side="right") + size
    rows, nodes = [], []
    row = np.arange(len(time))
    while True:
        open_ = first < last
        row, first, last = row[open_], first[open_], last[open_]
        if not len(row):
            break
        odd = first % 2 == 1
        rows.append(row[odd])
        nodes.append(first[odd])
        end = last % 2 == 1
        rows.append(row[end])
        nodes.append(last[end] - 1)
        first, last = (first + 1) // 2, last // 2
    where = (np.concatenate(nodes), np.concatenate(rows)) if nodes else (np.empty(0, int),) * 2
    ones = np.ones(len(where[0]))
    blocks = sparse.csr_array((ones, where), shape=(2 * size, len(time)))
    return RiskSets(times, at, blocks, size)
