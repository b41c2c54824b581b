"""Quantiles of numbers that come in parts, exact however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

# So many fit beside one another; more are sought digit by digit, in four passes.
HELD = 1_000_000
DIGITS = (48, 32, 16, 0)
SIGN = np.uint64(1 << 63)

Parts = Callable[[], Iterable[np.ndarray]]


def quantiles(parts: Parts, count: int, wanted: Sequence[float]) -> np.ndarray:
    """Return quantiles by linear interpolation, as `numpy.quantile` does, shape (len(wanted),).

    Parameters
    ----------
    parts : callable
        Gives the parts anew each time: arrays of float64 without missing values.
    count : int
        How many numbers all parts have; above zero.
    """
    if count <= HELD:
        return np.quantile(np.concatenate(list(parts())), wanted)
    place = np.asarray(wanted) * (count - 1)
    below = np.floor(place).astype("int64")
    ranks, inverse = np.unique([below, np.minimum(below + 1, count - 1)], return_inverse=True)
    low, high = ranked(parts, ranks)[inverse.reshape(2, -1)]
    share = place - below
    return np.where(share < 0.5, low + (high - low) * share, high - (high - low) * (1 - share))


def ranked(parts: Parts, ranks: np.ndarray) -> np.ndarray:
    """Return the numbers of some ranks (R,), counted from zero at the lowest.

    Floats in the order of their bits, 16 bits a pass: each pass counts how many numbers share the
    digits found so far and have each next digit.
    """
    digits = np.zeros(len(ranks), dtype="uint64")
    left = np.asarray(ranks, dtype="int64").copy()
    for shift in DIGITS:
        heads, mine = np.unique(digits, return_inverse=True)
        counts = np.zeros((len(heads), 1 << 16), dtype="int64")
        for part in parts():
            keys = _sortable(part)
            for i, head in enumerate(heads):
                here = keys if shift == DIGITS[0] else keys[keys >> np.uint64(shift + 16) == head]
                digit = (here >> np.uint64(shift) & np.uint64(0xFFFF)).astype("int64")
                counts[i] += np.bincount(digit, minlength=1 << 16)
        ends = np.cumsum(counts, axis=1)
        found = (ends[mine] <= left[:, None]).sum(axis=1)
        left -= np.where(found > 0, ends[mine, found - 1], 0)
        digits = digits << np.uint64(16) | found.astype("uint64")
    return np.where(digits & SIGN, digits ^ SIGN, ~digits).view("float64")


def _sortable(values: np.ndarray) -> np.ndarray:
    """Return whole numbers in the order of some floats: their bits, turned where negative."""
    bits = np.ascontiguousarray(values, dtype="float64").view("uint64")
    return np.where(bits & SIGN, ~bits, bits | SIGN)
