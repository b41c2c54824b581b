"""IPI Peacekeeping Database: a component left blank is none when the others make up the total."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

PARTS = ["troops", "police", "observers"]


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Read blank components as 0 where the total equals the sum of the components given.

    A component that no mission reports in a whole month stays missing: before 1992-08 military
    observers were not listed apart and stand among the troops. So does any other blank.
    """
    cells = np.column_stack([_numbers(frame[name]) for name in PARTS])
    blank = np.isnan(cells)
    adds_up = np.nansum(cells, axis=1) == _numbers(frame["total"])
    months = frame["month"].astype("int64").to_numpy()
    for name, empty in zip(PARTS, blank.T, strict=True):
        listed = np.isin(months, np.unique(months[~empty]))
        none = empty & adds_up & listed
        whole = np.nan_to_num(_numbers(frame[name])).astype("int64")
        frame[name] = pd.arrays.IntegerArray(whole, empty & ~none)
        if none.any():
            report.note(f"{none.sum():,} blanks of {name} read as 0: the rest makes up the total")
        if not listed.all():
            which = frame.loc[~listed, "month"].drop_duplicates()
            report.note(
                f"{name} stay missing in {len(which)} months in which no mission reports any "
                f"({which.min()} to {which.max()})"
            )
    return frame


def _numbers(column: pd.Series) -> np.ndarray:
    return column.to_numpy("float64", na_value=np.nan)
