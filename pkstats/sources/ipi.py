"""IPI Peacekeeping Database: a component left blank is none when the others make up the total."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table

PARTS = ["troops", "police", "observers"]


def settle(table: Table, plan: Layout) -> None:
    """Read blank components as 0 where the total equals the sum of the components given.

    A component that no mission reports in a whole month stays missing: before 1992-08 military
    observers were not listed apart and stand among the troops. So does any other blank.
    """
    cells = np.column_stack([table.numbers(name) for name in PARTS])
    blank = np.isnan(cells)
    adds_up = np.nansum(cells, axis=1) == table.numbers("total")
    months = table["month"]
    for name, part, empty in zip(PARTS, cells.T, blank.T, strict=True):
        listed = np.isin(months.asi8, np.unique(months.asi8[~empty & table.good]))
        none = empty & adds_up & listed
        whole = np.nan_to_num(part).astype("int64")
        table[name] = pd.arrays.IntegerArray(whole, empty & ~none)
        count = int((none & table.good).sum())
        if count:
            table.report.note(f"{count:,} blanks of {name} read as 0: the rest makes up the total")
        unlisted = ~listed & table.good
        if unlisted.any():
            which = months[unlisted].unique()
            table.report.note(
                f"{name} stay missing in {len(which)} months in which no mission reports any "
                f"({which.min()} to {which.max()})"
            )
