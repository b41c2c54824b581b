"""UN Peace & Security Data Hub: deaths listed twice, sex in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

SEXES = {"M": "male", "F": "female"}


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Keep the first listing of a death that is repeated only to name another nationality."""
    frame["sex"] = frame["sex"].map(SEXES).astype("str")
    twins = frame[frame["casualty_id"].duplicated(keep=False)]
    same = [name for name in frame if name not in ("_row", "nationality", "iso3")]
    repeats = twins[twins.duplicated(same)]
    if len(repeats):
        reason = "same death listed with another nationality"
        values = repeats["casualty_id"] + ", " + repeats["nationality"].fillna("")
        report.put_aside(repeats["_row"], "casualty_id", values, reason)
        frame = frame.drop(index=repeats.index)
    return frame
