"""What each specification chose, in words."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkstats.multiverse.grid import Batch, Grid

AXES = ("outcome", "treatment", "sample", "family", "fixed_effects")
FIGURES = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")
COLUMNS = (*FIGURES, "n", "clusters", "fitted", "vcov", "converged", "flags", "why")
# How a specification was had, when not by the batched engine; see `pkstats.multiverse.careful`.
REFITTED, NOTHING = "refitted", "no estimate"
LEFT_OUT, FIRTH = "separated: rows left out", "separated: Firth"
LABELS = ("specification", "outcome", "treatment", "controls", "sample", "family", "fixed_effects")


def labels(
    grid: Grid, places: np.ndarray | None = None, names: Iterable[str] = LABELS
) -> dict[str, np.ndarray | pd.Categorical]:
    """Return choices of a grid's specifications, each of shape (S,); of some when `places` says which.

    Parameters
    ----------
    names : iterable of str
        Of `LABELS`, or ``"control x"``: whether x is among the controls.
    """
    names = list(names)
    if not names:
        return {}
    sizes = [len(batch.sets) for batch in grid.batches]
    ends = np.cumsum(sizes)
    chosen = np.arange(ends[-1]) if places is None else places
    member = np.searchsorted(ends, chosen, side="right")
    numbers, used = np.empty(0, dtype="int64"), np.empty((0, 0), dtype=bool)
    if any(name.startswith("control") for name in names):
        numbers = _numbers(grid, chosen - (ends - sizes)[member], member)
    if any(name.startswith("control ") for name in names):
        used = grid.sets[numbers]
    found: dict[str, np.ndarray | pd.Categorical] = {}
    for name in names:
        if name == "specification":
            found[name] = chosen
        elif name == "controls":
            listed, codes = _distinct(numbers, grid.sets.size)
            found[name] = pd.Categorical.from_codes(codes, categories=words(grid, listed))
        elif name.startswith("control "):
            found[name] = used[:, grid.controls.index(name.removeprefix("control "))]
        else:
            options = np.array([option(batch, name) for batch in grid.batches])
            categories, codes = np.unique(options, return_inverse=True)
            found[name] = pd.Categorical.from_codes(codes[member], categories.tolist())
    return found


def _numbers(grid: Grid, places: np.ndarray, member: np.ndarray) -> np.ndarray:
    """Return numbers of sets (S,) by their places in the batches that they are members of."""
    numbers = np.empty(len(places), dtype="int64")
    order = np.argsort(member, kind="stable")
    listed, first = np.unique(member[order], return_index=True)
    for number, mine in zip(listed, np.split(order, first[1:]), strict=True):
        numbers[mine] = grid.batches[number].sets[places[mine]]
    return numbers


def _distinct(numbers: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct of some numbers below `size`, in order, and the place of each there."""
    if size > 8 * len(numbers):
        return np.unique(numbers, return_inverse=True)
    used = np.zeros(size, dtype=bool)
    used[numbers] = True
    return np.flatnonzero(used), (np.cumsum(used) - 1)[numbers]


def labelled(figures: pd.DataFrame, grid: Grid, places: np.ndarray) -> pd.DataFrame:
    """Return the figures with each specification's choices before them."""
    known = labels(grid, places)
    return pd.DataFrame({**known, **{name: figures[name].array for name in COLUMNS}})


def option(batch: Batch, axis: str) -> str:
    """Return what a batch has on an axis."""
    if axis == "fixed_effects":
        return " + ".join(batch.fixed) or "none"
    return str(getattr(batch, axis))


def words(grid: Grid, numbers: np.ndarray) -> pd.Index:
    """Return sets of controls in words, joined from the words of eight controls at a time."""
    bits = grid.sets.packed(numbers)
    joined = pa.array([""], pa.large_string()).take(pa.array(np.zeros(len(bits), int)))
    for first in range(0, len(grid.controls), 8):
        names = grid.controls[first : first + 8]
        parts = [
            "".join(f" + {name}" for place, name in enumerate(names) if byte << place & 128)
            for byte in range(256)
        ]
        here = pa.array(parts, pa.large_string()).take(pa.array(bits[:, first // 8]))
        joined = pc.binary_join_element_wise(joined, here, pa.scalar("", pa.large_string()))
    joined = pc.utf8_slice_codeunits(joined, len(" + "))
    return pd.Index(pc.if_else(pc.equal(joined, ""), "none", joined).to_pandas(), dtype="str")
