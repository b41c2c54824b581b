"""Sets of controls by the million: one bit for each control."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

SLAB = 65_536


@dataclass(frozen=True, slots=True)
class Sets:
    """Which of `count` controls each of S sets has.

    Attributes
    ----------
    bits : array of uint8, shape (S, bytes)
    """

    bits: np.ndarray
    count: int

    def __len__(self) -> int:
        return len(self.bits)

    def __getitem__(self, places: Any) -> np.ndarray:
        """Return the sets at some places as truth values, (…, count)."""
        return np.unpackbits(self.bits[places], axis=-1, count=self.count).view(bool)

    def some(self) -> np.ndarray:
        """Return which controls some set has, shape (count,)."""
        return np.unpackbits(np.bitwise_or.reduce(self.bits), count=self.count).view(bool)

    def every(self) -> np.ndarray:
        """Return which controls every set has, shape (count,)."""
        return np.unpackbits(np.bitwise_and.reduce(self.bits), count=self.count).view(bool)

    def has(self, control: int) -> np.ndarray:
        """Return which sets have one control, shape (S,)."""
        return (self.bits[:, control // 8] >> (7 - control % 8) & 1).view(bool)


def combine(always: int, free: int, groups: list[list[int | None]]) -> Sets:
    """Return every set of controls.

    Controls come in this order: those that are in every set, those that are in or out, and those of
    which each group gives one or none.

    Parameters
    ----------
    groups : list of lists
        The options of each group, as places among all controls; None for none.
    """
    count = always + free + sum(place is not None for group in groups for place in group)
    size = 2**free * int(np.prod([len(group) for group in groups], dtype=np.int64))
    slabs = []
    for first in range(0, size, SLAB):
        index = np.arange(first, min(first + SLAB, size))
        block = np.zeros((len(index), count), dtype=bool)
        block[:, :always] = True
        for group in reversed(groups):
            index, choice = np.divmod(index, len(group))
            for option, place in enumerate(group):
                if place is not None:
                    block[:, place] = choice == option
        for place in range(free):
            block[:, always + place] = index >> (free - 1 - place) & 1
        slabs.append(np.packbits(block, axis=1))
    return Sets(np.concatenate(slabs), count)
