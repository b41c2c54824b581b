"""UN Peace & Security Data Hub: deaths listed twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Keep the first listing of a death that is repeated only to name another nationality."""
    codes, _ = pd.factorize(frame["casualty_id"].array)
    several = (np.bincount(codes) > 1)[codes]
    if not several.any():
        return frame
    twins = frame[several]
    same = [name for name in frame if name not in ("_row", "nationality", "iso3")]
    repeats = twins[twins.duplicated(same)]
    if len(repeats):
        reason = "same death listed with another nationality"
        values = repeats["casualty_id"] + ", " + repeats["nationality"].fillna("")
        report.put_aside(repeats["_row"], "casualty_id", values, reason)
        frame = frame[~np.isin(frame["_row"].to_numpy(), repeats["_row"].to_numpy())]
    return frame
