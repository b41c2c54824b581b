"""What holds between the cells of a row and between rows: order and unique keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from pkstats.sources.layout import Layout
from pkstats.sources.report import Report

LARGEST = 2**62


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
    again = repeats(frame, key)
    if not again.any():
        return frame
    same = repeats(frame, [*key, *(name for name in frame if name not in ("_row", *key))])[again]
    cells = zip(*(_words(frame[name].array[again]) for name in key), strict=True)
    reasons = np.where(
        same, "repeats an earlier row", "same key as an earlier row, with other values"
    )
    values = [", ".join(cell) for cell in cells]
    report.put_aside(frame["_row"].to_numpy()[again], ", ".join(key), values, reasons.tolist())
    return frame[~again]


def _words(values: Any) -> list[str]:
    if isinstance(values.dtype, pd.PeriodDtype):
        return list(np.datetime_as_string(values.asi8.astype("datetime64[M]")))
    return [str(value) for value in values.tolist()]


def repeats(frame: pd.DataFrame, names: Iterable[str]) -> np.ndarray:
    """Return which rows equal an earlier row in all the columns named."""
    rows = np.arange(len(frame))
    codes, size = np.zeros(len(frame), dtype="int64"), 1
    for name in names:
        values = frame[name].array
        part, distinct = pd.factorize(values if len(rows) == len(frame) else values[rows])
        count = len(distinct) + 1
        if size * count > LARGEST:
            codes, size = _compact(codes)
        codes, size = codes * count + (part + 1), size * count
        if 2 * count > len(rows):
            # Like an identifier: the other columns matter only where it repeats.
            codes, size = _compact(codes)
            several = (np.bincount(codes) > 1)[codes]
            rows, codes = rows[several], codes[several]
            if not len(rows):
                break
    found = np.zeros(len(frame), dtype=bool)
    found[rows[pd.Series(codes).duplicated().to_numpy()]] = True
    return found


def _compact(codes: np.ndarray) -> tuple[np.ndarray, int]:
    places, distinct = pd.factorize(codes)
    return places, len(distinct)


def key_codes(frame: pd.DataFrame, key: Iterable[str]) -> np.ndarray:
    """Return a number per row, equal for rows with equal keys."""
    codes, size = np.zeros(len(frame), dtype="int64"), 1
    for name in key:
        part, distinct = pd.factorize(frame[name].array)
        count = len(distinct) + 1
        if size * count > LARGEST:
            codes, size = _compact(codes)
        codes, size = codes * count + (part + 1), size * count
    return codes
