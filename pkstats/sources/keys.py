"""What holds between the cells of a row and between rows: order and unique keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pkstats.sources.layout import Layout
from pkstats.sources.report import Report


def check_order(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Set aside rows in which a column is before the one it should follow."""
    for first, second in plan.order:
        wrong: Any = frame[first].array > frame[second].array
        if isinstance(wrong, pd.arrays.BooleanArray):
            wrong = wrong.to_numpy(bool, na_value=False)
        if wrong.any():
            rows = frame.loc[wrong]
            values = [f"{a} > {b}" for a, b in zip(rows[first], rows[second], strict=True)]
            report.put_aside(rows["_row"], second, values, f"{second} is before {first}")
            frame = frame[~wrong]
    return frame


def check_key(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Keep the first row of each key; the others are set aside and say what they repeat."""
    key = [name for name in plan.key if name in frame]
    if not key or not len(frame):
        return frame
    codes = key_codes(frame, key)
    first = pd.unique(codes)
    if len(first) == len(codes):
        return frame
    again = pd.Series(codes).duplicated().to_numpy()
    members = frame[np.isin(codes, codes[again])]
    same = members.duplicated([name for name in frame if name != "_row"])
    rows = frame[again]
    cells = zip(*(_words(rows[name]) for name in key), strict=True)
    report.put_aside(
        rows["_row"],
        ", ".join(key),
        [", ".join(cell) for cell in cells],
        [
            "repeats an earlier row" if whole else "same key as an earlier row, with other values"
            for whole in same[rows.index]
        ],
    )
    return frame[~again]


def _words(values: pd.Series) -> list[str]:
    if isinstance(values.dtype, pd.PeriodDtype):
        return list(np.datetime_as_string(values.astype("int64").to_numpy().astype("M8[M]")))
    return [str(value) for value in values]


def key_codes(frame: pd.DataFrame, key: list[str]) -> np.ndarray:
    """Return a number per row, equal for rows with equal keys."""
    codes = np.zeros(len(frame), dtype="int64")
    size = 1
    for name in key:
        part, distinct = pd.factorize(frame[name].array)
        count = len(distinct) + 1
        if size * count > 2**62:
            codes, distinct = pd.factorize(codes)
            size = len(distinct)
        codes = codes * count + (part + 1)
        size *= count
    return codes
