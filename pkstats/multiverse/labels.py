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
COLUMNS = (*FIGURES, "n", "clusters", "converged", "flags", "why")
LABELS = ("specification", "outcome", "treatment", "controls", "sample", "family", "fixed_effects")


def labels(
    grid: Grid, places: np.ndarray | None = None, names: Iterable[str] = LABELS
) -> dict[str, np.ndarray | pd.Categorical]:
    """Return choices of a grid's specifications, each of shape (S,); of some when `places` says which."""
    sizes = [len(batch.sets) for batch in grid.batches]
    ends = np.cumsum(sizes)
    chosen = np.arange(ends[-1]) if places is None else places
    member = np.searchsorted(ends, chosen, side="right")
    found: dict[str, np.ndarray | pd.Categorical] = {}
    for name in names:
        if name == "specification":
            found[name] = chosen
        elif name == "controls" and places is None:
            codes = np.concatenate([batch.sets for batch in grid.batches])
            found[name] = pd.Categorical.from_codes(codes, categories=words(grid))
        elif name == "controls":
            codes = np.empty(len(chosen), dtype="int32")
            for number in np.unique(member):
                here = member == number
                start = ends[number] - sizes[number]
                codes[here] = grid.batches[number].sets[chosen[here] - start]
            listed, codes = np.unique(codes, return_inverse=True)
            found[name] = pd.Categorical.from_codes(codes, categories=words(grid, listed))
        else:
            options = np.array([option(batch, name) for batch in grid.batches])
            categories, codes = np.unique(options, return_inverse=True)
            found[name] = pd.Categorical.from_codes(codes[member], categories.tolist())
    return found


def labelled(figures: pd.DataFrame, grid: Grid, places: np.ndarray | None = None) -> pd.DataFrame:
    """Return the figures with each specification's choices before them."""
    known = labels(grid, places)
    return pd.DataFrame({**known, **{name: figures[name].array for name in COLUMNS}})


def option(batch: Batch, axis: str) -> str:
    """Return what a batch has on an axis."""
    if axis == "fixed_effects":
        return " + ".join(batch.fixed) or "none"
    return str(getattr(batch, axis))


def words(grid: Grid, places: np.ndarray | None = None) -> pd.Index:
    """Return sets of controls in words, joined from the words of eight controls at a time."""
    bits = grid.sets.bits if places is None else grid.sets.bits[places]
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
