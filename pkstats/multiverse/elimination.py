"""Symmetric systems by the thousand: one elimination over all specifications at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Pivots are relative to the diagonal they started from: below DEPENDENT a column repeats those
# before it; below DOUBTFUL double precision no longer carries eight digits.
DEPENDENT, DOUBTFUL = 1e-10, 1e-7
# The same for single precision, which only climbs.
DEPENDENT_SINGLE = 1e-6


@dataclass(frozen=True, slots=True)
class Factor:
    """Lower triangle L and diagonal D of S symmetric matrices, A = L D L′.

    Attributes
    ----------
    lower : array, shape (P, P, S)
    pivots : array, shape (P, S)
    used : array of bool, shape (P, S)
        Columns that take part; dependent dummies have dropped out.
    sound : array of bool, shape (S,)
        Whether every pivot is large enough for the answer to be trusted.
    """

    lower: np.ndarray
    pivots: np.ndarray
    used: np.ndarray
    sound: np.ndarray

    def solve(self, right: np.ndarray) -> np.ndarray:
        """Return x with A x = right; arrays of shape (P, S), zero where a column is not used."""
        found = right.astype(self.pivots.dtype)
        found *= self.used
        count = len(found)
        for j in range(count - 1):
            found[j + 1 :] -= self.lower[j + 1 :, j] * found[j]
        found /= self.pivots
        for j in range(count - 2, -1, -1):
            found[j] -= np.einsum("ps,ps->s", self.lower[j + 1 :, j], found[j + 1 :])
        return found


def factorise(matrices: np.ndarray, used: np.ndarray, spare: np.ndarray) -> Factor:
    """Return the factors of S symmetric matrices; `matrices` is overwritten.

    Parameters
    ----------
    matrices : array, shape (P, P, S)
    used : array of bool, shape (P, S)
        Columns of each specification; the others count as absent.
    spare : array of bool, shape (P,)
        Columns that may drop out when they depend on those before them (dummies of a category).
    """
    used = used.copy()
    single = matrices.dtype == np.float32
    dependent, doubtful = (DEPENDENT_SINGLE,) * 2 if single else (DEPENDENT, DOUBTFUL)
    here = used.astype(matrices.dtype)
    matrices *= here[:, None]
    matrices *= here[None]
    count = len(used)
    index = np.arange(count)
    first = matrices[index, index].copy()
    matrices[index, index] += 1 - here
    first += 1 - here
    sound = np.isfinite(first).all(axis=0)
    for j in range(count):
        pivot = matrices[j, j]
        relative = pivot / np.where(first[j] > 0, first[j], np.inf)
        if not (relative > doubtful).all():
            low = ~(relative > dependent)
            sound &= (relative > doubtful) | (low & spare[j])
            used[j] &= ~low
            pivot[low] = 1.0
            matrices[j + 1 :, j, low] = 0.0
            matrices[j, j + 1 :, low] = 0.0
        rest = matrices[j + 1 :, j]
        ratio = rest / pivot
        matrices[j + 1 :, j + 1 :] -= ratio[:, None] * rest[None]
        matrices[j + 1 :, j] = ratio
    return Factor(matrices, matrices[index, index], used, sound)
