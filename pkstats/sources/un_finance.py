"""UN budgets: thousands into dollars, fiscal periods into years."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

PERIOD = r"^\d{4}-\d{2}-\d{2}/(\d{4})-\d{2}-\d{2}$"


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Add the year in which the fiscal period ends, as the expense tables count years."""
    ends = frame["fiscal_period"].str.extract(PERIOD, expand=False)
    bad = ends.isna()
    lost = frame[bad]
    reason = "expected a period like 2026-07-01/2027-06-30"
    report.put_aside(lost["_row"], "fiscal_period", lost["fiscal_period"], reason)
    frame = frame[~bad].copy()
    frame.insert(list(frame.columns).index("usd"), "year", ends[~bad].astype("Int64"))
    frame["usd"] = (frame["usd"] * 1000).round()
    return frame
