"""Sets of controls by number: a billion of them take no more room than one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

SLAB = 65_536
# Numbers are looked at this many at a time where some sets are left out.
STRIDE = 8_192
# Numbers of sets are signed 64-bit integers.
MOST = 2**62


@dataclass(frozen=True, slots=True)
class Sets:
    """Every set of controls, numbered from zero.

    Controls come in this order: `always` that are in every set, `free` that are in or out, and those
    of which each group gives one or none.

    Attributes
    ----------
    groups : tuple of tuples
        The options of each group, as places among all controls; None for none.
    """

    always: int
    free: int
    groups: tuple[tuple[int | None, ...], ...] = ()

    @property
    def size(self) -> int:
        """Number of sets."""
        return int(2**self.free * prod(len(group) for group in self.groups))

    @property
    def count(self) -> int:
        """Number of controls."""
        return self.always + self.free + sum(p is not None for group in self.groups for p in group)

    def __getitem__(self, numbers: Any) -> np.ndarray:
        """Return the sets of some numbers (…) as truth values, (…, count)."""
        index = np.asarray(numbers, dtype="int64")
        found = np.zeros((*index.shape, self.count), dtype=bool)
        found[..., : self.always] = True
        for group in reversed(self.groups):
            index, choice = np.divmod(index, len(group))
            for option, place in enumerate(group):
                if place is not None:
                    found[..., place] = choice == option
        octets = np.asarray(index, dtype=">i8")[..., None].view("uint8")
        bits = np.unpackbits(octets, axis=-1)[..., 64 - self.free :]
        found[..., self.always : self.always + self.free] = bits
        return found

    def packed(self, numbers: np.ndarray) -> np.ndarray:
        """Return the sets of S numbers with one bit for each control, (S, bytes)."""
        starts = range(0, max(len(numbers), 1), SLAB)
        return np.concatenate([np.packbits(self[numbers[i : i + SLAB]], axis=1) for i in starts])


@dataclass(frozen=True, slots=True)
class Allowed:
    """The numbers of the sets that a treatment and an outcome suit, in order, as an array is read.

    None of them is held: where some sets are left out, every `STRIDE` numbers are looked at again
    when asked for.

    Attributes
    ----------
    apart : tuple of pairs
        Places of controls that never stand together.
    never : tuple of int
        Places of controls that never stand there.
    some, every : array of bool, shape (count,)
        Which controls some set has, and which every one.
    ends : array, shape (strides,), or None
        How many are allowed up to the end of each stride; None where all are.
    """

    sets: Sets
    apart: tuple[tuple[int, int], ...] = ()
    never: tuple[int, ...] = ()
    some: np.ndarray = field(default_factory=lambda: np.zeros(0, bool), repr=False)
    every: np.ndarray = field(default_factory=lambda: np.zeros(0, bool), repr=False)
    ends: np.ndarray | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return self.sets.size if self.ends is None else int(self.ends[-1])

    def __getitem__(self, places: Any) -> np.ndarray:
        """Return the numbers at some places, (…)."""
        if isinstance(places, slice):
            places = np.arange(*places.indices(len(self)))
        wanted = np.asarray(places, dtype="int64")
        if self.ends is None:
            return wanted
        stride = np.searchsorted(self.ends, wanted, side="right")
        found = np.empty_like(wanted)
        for number in np.unique(stride):
            mine = self._stride(int(number))[0]
            here = stride == number
            found[here] = mine[wanted[here] - (self.ends[number] - len(mine))]
        return found

    def _stride(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return what is allowed of one stride: numbers (S,) and truth values (S, count)."""
        first = number * STRIDE
        numbers = np.arange(first, min(first + STRIDE, self.sets.size))
        used = self.sets[numbers]
        good = ~used[:, self.never].any(axis=1)
        for one, other in self.apart:
            good &= ~(used[:, one] & used[:, other])
        return numbers[good], used[good]


@lru_cache(maxsize=64)
def allowed(sets: Sets, apart: tuple[tuple[int, int], ...], never: tuple[int, ...]) -> Allowed:
    """Return the sets in which no pair of `apart` stands together and none of `never` stands."""
    if not apart and not never:
        some, every = np.ones(sets.count, bool), np.zeros(sets.count, bool)
        every[: sets.always] = True
        for group in sets.groups:
            if len(group) == 1 and group[0] is not None:
                every[group[0]] = True
        return Allowed(sets, some=some, every=every)
    here = Allowed(sets, apart, never)
    some, every = np.zeros(sets.count, bool), np.ones(sets.count, bool)
    counts = []
    for number in range(-(-sets.size // STRIDE)):
        used = here._stride(number)[1]
        some |= used.any(axis=0)
        every &= used.all(axis=0)
        counts.append(len(used))
    return Allowed(sets, apart, never, some, every, np.cumsum(counts))
