"""PRIF humanitarian military interventions: dates in 1899 stand for missing-value codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

EARLIEST = "1945-01-01"


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Take dates before 1945 as missing; the earliest intervention starts in 1960."""
    for name in ("start", "end"):
        coded = frame[name] < EARLIEST
        frame[name] = frame[name].mask(coded)
        if coded.any():
            report.note(f"{coded.sum():,} rows with a code (a date in 1899) for {name}: missing")
    return frame
