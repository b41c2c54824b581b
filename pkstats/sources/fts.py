"""OCHA FTS: funding outside response plans stands beside funding of plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Move funding of rows without a plan to `funded_outside_plans_usd`.

    A percentage of requirements is then funded_usd over required_usd; the publisher's funding is
    the sum of the two columns.
    """
    plan_names = frame["plan"].fillna("Not specified").to_numpy()
    outside = frame["plan_id"].isna().to_numpy() & (plan_names == "Not specified")
    funded = frame["funded_usd"].to_numpy()
    frame["funded_outside_plans_usd"] = np.where(outside, funded, np.nan)
    frame["funded_usd"] = np.where(outside, np.nan, funded)
    report.note(f"{int(outside.sum()):,} rows are funding outside plans (Not specified)")
    negative = funded < 0
    if negative.any():
        report.note(f"{int(negative.sum()):,} rows have negative funding (corrections), kept")
    return frame
