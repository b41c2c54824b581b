"""OCHA FTS: funding outside response plans stands beside funding of plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Move funding of rows without a plan to `funded_outside_plans_usd`.

    A percentage of requirements is then funded_usd over required_usd; the publisher's funding is
    the sum of the two columns.
    """
    outside = frame["plan_id"].isna() & (frame["plan"].isna() | (frame["plan"] == "Not specified"))
    frame = frame.assign(
        funded_outside_plans_usd=frame["funded_usd"].where(outside),
        funded_usd=frame["funded_usd"].mask(outside),
    )
    report.note(f"{int(outside.sum()):,} rows are funding outside plans (Not specified)")
    negative = (frame[["funded_usd", "funded_outside_plans_usd"]] < 0).any(axis=1)
    if negative.any():
        report.note(f"{int(negative.sum()):,} rows have negative funding (corrections), kept")
    return frame
