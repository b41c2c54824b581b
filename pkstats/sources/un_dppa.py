"""UN Peace & Security Data Hub: deaths listed twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkstats.sources.keys import repeats

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Keep the first listing of a death that is repeated only to name another nationality."""
    same = [name for name in frame if name not in ("_row", "nationality", "iso3")]
    again = repeats(frame, same)
    if again.any():
        rows = frame[again]
        reason = "same death listed with another nationality"
        values = rows["casualty_id"] + ", " + rows["nationality"].fillna("")
        report.put_aside(rows["_row"], "casualty_id", values, reason)
        frame = frame[~again]
    return frame
