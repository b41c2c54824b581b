"""Mullenbach: dates from three columns, and the date of the resolution."""

from __future__ import annotations

import calendar
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from pkstats.units import YEARS

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table

RESOLUTION_DATE = re.compile(r"\(([A-Z][a-z]+) (\d{1,2}),? (\d{4})\)")
MONTHS = {name: number for number, name in enumerate(calendar.month_name) if name}


def settle(table: Table, plan: Layout) -> None:
    """Build start and end; set aside rows whose day, month and year make no date."""
    table["label"] = pc.replace_substring(table["label"], "  ", " ")
    new = {"resolution_date": _resolution_dates(table["resolution"].to_pylist())}
    used = set()
    for name in ("start", "end"):
        parts = [f"{name}_{part}" for part in ("year", "month", "day")]
        cells = [table.numbers(part) for part in parts]
        new[name] = _date(*cells)
        stated = np.logical_or.reduce([~np.isnan(cell) for cell in cells])

        def values(table: Table, rows: np.ndarray, parts: list[str] = parts) -> list[str]:
            columns = (table.at(part, rows).astype(object).tolist() for part in parts)
            dates = zip(*columns, strict=True)
            return [
                "-".join("?" if cell is pd.NA else str(cell) for cell in date) for date in dates
            ]

        table.put_aside(np.isnat(new[name]) & stated, name, values, "expected a date")
        used.update(parts)
    columns: dict[str, Any] = {}
    for name in table:
        if name not in used:
            columns[name] = table[name]
        if name == "resolution":
            columns.update(new)
    table.columns = columns


def _resolution_dates(resolutions: list[str | None]) -> np.ndarray:
    """Return the first date in brackets of each text, such as "(April 10, 1998)"."""
    matches = [RESOLUTION_DATE.search(text or "") for text in resolutions]
    parts = [
        (int(match[3]), MONTHS.get(match[1], np.nan), int(match[2])) if match else (np.nan,) * 3
        for match in matches
    ]
    return _date(*np.array(parts, dtype="float64").reshape(-1, 3).T)


def _date(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return the dates of years, months and days; NaT where they make none."""
    whole = ~(np.isnan(year) | np.isnan(month) | np.isnan(day))
    year, month, day = (np.where(whole, part, 1).astype("int64") for part in (year, month, day))
    months: Any = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    real = (
        whole & (year >= YEARS[0]) & (year <= YEARS[1]) & (month >= 1) & (month <= 12) & (day >= 1)
    )
    real &= days.astype("datetime64[M]") == months
    return np.where(real, days.astype("datetime64[s]"), np.datetime64("NaT", "s"))
