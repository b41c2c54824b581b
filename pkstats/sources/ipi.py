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

    Components that the source did not list apart in some months (`options.unlisted` of the layout:
    first and last month) stay missing there. So does any other blank.
    """
    cells = np.column_stack([table.numbers(name) for name in PARTS])
    blank = np.isnan(cells)
    adds_up = np.nansum(cells, axis=1) == table.numbers("total")
    months = table["month"]
    unlisted = (plan.options or {})["unlisted"]
    for name, part, empty in zip(PARTS, cells.T, blank.T, strict=True):
        apart = np.zeros(len(table), dtype=bool)
        if name in unlisted:
            first, last = (pd.Period(month, "M").ordinal for month in unlisted[name])
            apart = (months.asi8 >= first) & (months.asi8 <= last) & ~months.isna()
        unread = table.unread.get(name, np.zeros(len(table), dtype=bool))
        none = empty & adds_up & ~apart & ~unread
        whole = np.nan_to_num(part).astype("int64")
        table[name] = pd.arrays.IntegerArray(whole, empty & ~none)
        count = int((none & table.good).sum())
        if count:
            table.report.note(f"{count:,} blanks of {name} read as 0: the rest makes up the total")
        if (apart & empty & table.good).any():
            table.report.note(
                f"{name} stay missing from {unlisted[name][0]} to {unlisted[name][1]}: the source "
                "did not list them apart"
            )
