"""All subsets of columns at once: specifications that begin alike share their elimination.

Sorted by the columns they use, S specifications form a tree: those that agree on the first columns
have gone the same way so far. Going down it, each node eliminates one column or passes it by, so that
a specification costs little more than its last few columns (the idea of Furnival and Wilson 1974,
Technometrics 16: 499–511). What is left at the end is the treatment and the outcome, each with the
others taken out, and by the theorem of Frisch, Waugh and Lovell that is all a coefficient needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkstats.multiverse.elimination import DEPENDENT, DOUBTFUL


@dataclass(frozen=True, slots=True)
class Partial:
    """Least squares of S subsets of P columns, the treatment last.

    Attributes
    ----------
    coefficients, direction : array, shape (P, S)
        Coefficients, and the last column of the inverse cross-products.
    remainder : array, shape (S,)
        Residual sum of squares.
    used : array of bool, shape (P, S)
        Without dependent dummies.
    sound : array of bool, shape (S,)
    """

    coefficients: np.ndarray
    direction: np.ndarray
    remainder: np.ndarray
    used: np.ndarray
    sound: np.ndarray


def subsets(
    whole: np.ndarray, outcome: np.ndarray, square: float, used: np.ndarray, spare: np.ndarray
) -> Partial:
    """Solve least squares for every subset from cross-products.

    Parameters
    ----------
    whole : array, shape (P, P)
    outcome : array, shape (P,)
        Cross-products with the outcome.
    square : float
        The outcome's sum of squares.
    used : array of bool, shape (P, S)
        Columns of each subset; all use the last.
    spare : array of bool, shape (P,)
        Columns that may drop out when they depend on those before them.
    """
    count, size = used.shape
    order = np.lexsort(used[-2::-1]) if count > 1 else np.arange(size)
    ordered = used[:, order]
    node_of = _nodes(ordered[:-1])
    matrix = np.empty((count + 1, count + 1, 1))
    matrix[:count, :count, 0], matrix[count, count, 0] = whole, square
    matrix[:count, count, 0] = matrix[count, :count, 0] = outcome
    taken, kept, sound = np.empty((count + 1, 0, 1)), ordered.copy(), np.ones(1, dtype=bool)
    place = np.zeros(size, dtype="intp")
    for j in range(count - 1):
        here = node_of[j]
        first = np.searchsorted(here, np.arange(here[-1] + 1))
        parent, use = place[first], ordered[j, first]
        pivot = matrix[0, 0, parent]
        relative = pivot / whole[j, j] if whole[j, j] > 0 else np.zeros(len(pivot))
        low = ~(relative > DEPENDENT)
        sound = sound[parent] & (~use | (relative > DOUBTFUL) | (low & spare[j]))
        use = use & ~low
        kept[j] = use[here]
        ratio = np.where(use, matrix[1:, 0, parent] / np.where(use, pivot, 1.0), 0.0)
        rest = matrix[1:, 1:, parent]
        rest -= ratio[:, None] * matrix[0, 1:, parent].T[None]
        grown = np.empty((count - j, j + 1, len(parent)))
        grown[:, :j] = taken[1:, :, parent] - ratio[:, None] * taken[0, :, parent].T[None]
        grown[:, j] = -ratio
        matrix, taken, place = rest, grown, here
    return _unsorted(_ends(matrix, taken, kept, sound, whole[-1, -1]), order, place)


def _nodes(ordered: np.ndarray) -> np.ndarray:
    """Return for each depth which node each sorted subset is in, shape (P − 1, S)."""
    differs = ordered[:, 1:] != ordered[:, :-1]
    new = np.logical_or.accumulate(differs, axis=0)
    start = np.zeros((len(ordered), 1), dtype="intp")
    return np.hstack([start, np.cumsum(new, axis=1)])


def _ends(
    matrix: np.ndarray, taken: np.ndarray, kept: np.ndarray, sound: np.ndarray, first: float
) -> Partial:
    """Return the answers at the leaves, in the tree's order."""
    own, cross, rest = matrix[0, 0], matrix[0, 1], matrix[1, 1]
    relative = own / first if first > 0 else np.zeros(len(own))
    sound = sound & (relative > DOUBTFUL)
    own = np.where(own > 0, own, np.nan)
    estimate = cross / own
    others = estimate * taken[0] - taken[1]
    coefficients = np.concatenate([others, estimate[None]])
    direction = np.concatenate([taken[0], np.ones((1, len(own)))]) / own
    return Partial(coefficients, direction, rest - estimate * cross, kept, sound)


def _unsorted(found: Partial, order: np.ndarray, place: np.ndarray) -> Partial:
    """Return one answer per subset, in the order asked for."""
    back = np.empty(len(order), dtype="intp")
    back[order] = np.arange(len(order))
    leaf = place[back]
    return Partial(
        found.coefficients[:, leaf],
        found.direction[:, leaf],
        found.remainder[leaf],
        found.used[:, back],
        found.sound[leaf],
    )
