"""Mullenbach: dates from three columns, and the date of the resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    frame["resolution_date"] = pd.to_datetime(spelled, format="%B %d %Y", errors="coerce")
    frame["resolution_date"] = frame["resolution_date"].astype("datetime64[s]")
    for name in ("start", "end"):
        parts = frame[[f"{name}_year", f"{name}_month", f"{name}_day"]]
        cells = parts.set_axis(["year", "month", "day"], axis=1).astype("float64")
        frame[name] = pd.to_datetime(cells, errors="coerce").astype("datetime64[s]")
        wrong = frame[name].isna() & parts.notna().any(axis=1)
        values = parts[wrong].astype("str").agg("-".join, axis=1) if wrong.any() else []
        report.put_aside(frame.loc[wrong, "_row"], name, values, "expected a date")
        frame = frame[~wrong].drop(columns=list(parts))
    names = list(frame.columns)
    moved = ["resolution_date", "start", "end"]
    place = names.index("resolution") + 1
    rest = [name for name in names if name not in moved]
    return frame[[*rest[:place], *moved, *rest[place:]]]
