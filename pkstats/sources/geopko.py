"""Geo-PKO: number the deployments of a place and year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

PLACE = ["label", "year", "country", "location"]


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Number rows of one mission, year and place; set aside rows that repeat another entirely."""
    place = frame.groupby(PLACE, dropna=False, sort=False).ngroup()
    several = frame[(np.bincount(place) > 1)[place]]
    again = several[several.drop(columns="_row").duplicated()]
    if len(again):
        values = again[PLACE].astype("str").agg(", ".join, axis=1)
        report.put_aside(again["_row"], "mission", values, "repeats an earlier row")
        frame, several = frame.drop(again.index), several.drop(again.index)
    number = several.groupby(place[several.index]).cumcount() + 1
    deployment = number.reindex(frame.index, fill_value=1).astype("Int64")
    frame.insert(frame.columns.get_loc("location") + 1, "deployment", deployment)
    further = int((deployment > 1).sum())
    report.note(f"{further:,} rows are further deployments of a mission, year and place")
    return frame
