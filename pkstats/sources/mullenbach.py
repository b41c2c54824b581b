"""Mullenbach: dates from three columns, and the date of the resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

RESOLUTION_DATE = r"\(([A-Z][a-z]+ \d{1,2},? \d{4})\)"


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Build start and end; set aside rows whose day, month and year make no date."""
    import pandas as pd

    frame["label"] = frame["label"].str.replace("  ", " ")
    spelled = frame["resolution"].str.extract(RESOLUTION_DATE)[0].str.replace(",", "")
    new = {"resolution_date": pd.to_datetime(spelled, format="%B %d %Y", errors="coerce")}
    new["resolution_date"] = new["resolution_date"].astype("datetime64[s]")
    good = np.ones(len(frame), dtype=bool)
    used = set()
    for name in ("start", "end"):
        parts = [f"{name}_{part}" for part in ("year", "month", "day")]
        cells = {part: frame[part].to_numpy("float64", na_value=np.nan) for part in parts}
        new[name] = _date(*cells.values())
        stated = np.logical_or.reduce([~np.isnan(cell) for cell in cells.values()])
        wrong = np.isnat(new[name]) & stated & good
        if wrong.any():
            values = frame.loc[wrong, parts].astype("str").agg("-".join, axis=1)
            report.put_aside(frame.loc[wrong, "_row"], name, values, "expected a date")
        good &= ~wrong
        used.update(parts)
    columns: dict[str, Any] = {}
    for name in frame:
        if name not in used:
            columns[name] = frame[name].array
        if name == "resolution":
            columns.update(new)
    frame = pd.DataFrame(columns)
    return frame if good.all() else frame[good]


def _date(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return the dates of years, months and days; NaT where they make none."""
    whole = ~(np.isnan(year) | np.isnan(month) | np.isnan(day))
    year, month, day = (np.where(whole, part, 1).astype("int64") for part in (year, month, day))
    months: Any = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    real = whole & (month >= 1) & (month <= 12) & (day >= 1)
    real &= days.astype("datetime64[M]") == months
    return np.where(real, days.astype("datetime64[s]"), np.datetime64("NaT", "s"))
