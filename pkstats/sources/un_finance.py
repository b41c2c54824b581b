"""UN budgets: thousands into dollars, fiscal periods into years."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

PERIOD = re.compile(r"\d{4}-\d{2}-\d{2}/(\d{4})-\d{2}-\d{2}$")


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Add the year in which the fiscal period ends, as the expense tables count years."""
    import pandas as pd

    ends = [PERIOD.match(text) for text in frame["fiscal_period"].fillna("")]
    bad = np.array([end is None for end in ends], dtype=bool)
    if bad.any():
        lost = frame[bad]
        reason = "expected a period like 2026-07-01/2027-06-30"
        report.put_aside(lost["_row"], "fiscal_period", lost["fiscal_period"], reason)
        frame = frame[~bad].copy()
    years = pd.array([int(end[1]) for end in ends if end], dtype="Int64")
    frame.insert(list(frame.columns).index("usd"), "year", years)
    frame["usd"] = np.round(frame["usd"].to_numpy() * 1000)
    return frame
