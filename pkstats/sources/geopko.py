"""Geo-PKO: number the deployments of a place and year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pkstats.sources.keys import key_codes, repeats

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

PLACE = ["label", "year", "country", "location"]


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Number rows of one mission, year and place; set aside rows that repeat another entirely."""
    place, _ = pd.factorize(key_codes(frame, PLACE))
    again = repeats(frame, [*PLACE, *(name for name in frame if name not in ("_row", *PLACE))])
    if again.any():
        rows = frame[again]
        values = rows[PLACE].astype("str").agg(", ".join, axis=1)
        report.put_aside(rows["_row"], "mission", values, "repeats an earlier row")
        frame, place = frame[~again], place[~again]
    # Rows of one place side by side, in the file's order: a row's number is its distance from the first.
    order = np.argsort(place, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(place))[:-1]])
    deployment = np.empty(len(place), dtype="int64")
    deployment[order] = np.arange(len(place)) - starts[place[order]] + 1
    column = pd.arrays.IntegerArray(deployment, np.zeros(len(place), dtype=bool))
    frame.insert(frame.columns.get_loc("location") + 1, "deployment", column)
    further = int((deployment > 1).sum())
    report.note(f"{further:,} rows are further deployments of a mission, year and place")
    return frame
