"""UCDP files: lists in one cell, estimates out of order, dates that differ between copies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pkstats.sources import parse, times
from pkstats.sources.layout import Field

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

FIRST_NUMBER = re.compile(r"\s*(\d+)(?:\.0)?\s*(?:,|$)")
FIRST_DATE = re.compile(r"(\d{4}-\d\d-\d\d) \(.*;")


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Settle what UCDP's layouts leave open, as the layout's options ask."""
    options = plan.options or {}
    if plan.kind == "conflicts":
        frame = _episode_dates(frame, report)
    for name in options.get("counts", ()):
        frame[name] = count_items(frame[name])
    for name in options.get("first_number", ()):
        frame = _first_numbers(frame, name, report)
    for name, formats in options.get("first_date", {}).items():
        frame = _first_dates(frame, name, formats, report)
    if "ended_before" in options:
        start, end = options["ended_before"]
        frame = _ended_before(frame, start, end, report)
    if "withdrawn" in options:
        frame = _withdrawn(frame, plan.key, options["withdrawn"], report)
    for start, end in options.get("note_order", ()):
        count = int((frame[end].array < frame[start].array).sum())
        if count:
            report.note(f"{end} is before {start} in {count} rows, kept as stated")
    _note_estimates(frame, options.get("estimates", ()), report)
    return frame


def count_items(values: pd.Series) -> Any:
    """Return how many items each comma-separated cell lists; a blank cell lists none."""
    places, texts = parse.encode(values)
    counts = np.array([*(text.count(",") + 1 for text in texts.to_pylist()), 0])
    return pd.arrays.IntegerArray(counts[places], np.zeros(len(values), dtype=bool))


def first_number(values: pd.Series) -> Any:
    """Return the first number of each cell such as `"750, 770"`; missing where there is none."""
    places, texts = parse.encode(values)
    found = [FIRST_NUMBER.match(text) for text in texts.to_pylist()]
    numbers = np.array([*(int(match[1]) if match else 0 for match in found), 0])
    empty = np.array([*(match is None for match in found), True])
    return pd.arrays.IntegerArray(numbers[places], empty[places])


def _first_numbers(frame: pd.DataFrame, name: str, report: Report) -> pd.DataFrame:
    numbers = first_number(frame[name])
    bad = numbers.isna() & frame[name].notna().to_numpy()
    rows = frame[bad] if bad.any() else frame[:0]
    report.put_aside(rows["_row"], name, rows[name], "expected a number or a list of numbers")
    frame[name] = numbers
    return frame[~bad] if bad.any() else frame


def _first_dates(
    frame: pd.DataFrame, name: str, formats: Mapping[str, Any], report: Report
) -> pd.DataFrame:
    """Read a column of dates where a few cells list several; the first one is kept."""
    latest = formats["latest_year"]
    field = Field(name, (name,), "date", formats=tuple(formats["formats"]), latest_year=latest)
    places, texts = parse.encode(frame[name])
    first = [FIRST_DATE.match(text) for text in texts.to_pylist()]
    several = int(np.array([*(match is not None for match in first), False])[places].sum())
    if several:
        report.note(f"{several} cells list several dates in {name}: the first is kept")
    pairs = zip(first, texts.to_pylist(), strict=True)
    text = pa.array([*(match[1] if match else text for match, text in pairs), None], pa.string())
    parsed = times.parse_date(text, field)
    bad = parsed.bad[places]
    rows = frame[bad] if bad.any() else frame[:0]
    report.put_aside(rows["_row"], name, rows[name], parsed.reason)
    frame[name] = parsed.values[places]
    return frame[~bad] if bad.any() else frame


def _episode_dates(frame: pd.DataFrame, report: Report) -> pd.DataFrame:
    """Give the dates of copies that keep one start date, the episode's, their proper name."""
    if len(frame) and frame["episode_start_date"].isna().all():
        frame["episode_start_date"] = frame["start_date"].array
        frame["start_date"] = np.full(len(frame), times.NOT_A_TIME)
        report.note("this copy's start date is the episode's: the conflict's own is missing")
        if frame["episode_ended"].isna().all() and frame["episode_end_date"].notna().any():
            frame["episode_ended"] = frame["episode_end_date"].notna().astype("boolean")
            report.note("episode_ended is not in this copy: true where it has an end date")
    return frame


def _ended_before(frame: pd.DataFrame, start: str, end: str, report: Report) -> pd.DataFrame:
    """Blank an end earlier than its beginning, rather than lose the agreement."""
    wrong = (frame[end] < frame[start]).to_numpy(dtype=bool)
    rows = frame[wrong]
    for row, first, last in zip(rows["_row"], rows[start], rows[end], strict=True):
        report.note(
            f"row {row}: {end} {last:%Y-%m-%d} is before {start} {first:%Y-%m-%d}: left missing"
        )
    frame.loc[wrong, end] = pd.NaT
    return frame


def _withdrawn(
    frame: pd.DataFrame, key: tuple[str, ...], listed: Iterable[list[int]], report: Report
) -> pd.DataFrame:
    columns = [frame[name].to_numpy("float64", na_value=np.nan) for name in key]
    gone = np.zeros(len(frame), dtype=bool)
    for item in listed:
        gone |= np.logical_and.reduce(
            [column == value for column, value in zip(columns, item, strict=True)]
        )
    if not gone.any():
        return frame
    rows = frame[gone]
    values = [
        ", ".join(map(str, cells)) for cells in zip(*(rows[name] for name in key), strict=True)
    ]
    report.put_aside(rows["_row"], ", ".join(key), values, "withdrawn by UCDP in a later release")
    return frame[~gone]


def _note_estimates(frame: pd.DataFrame, prefixes: Iterable[str], report: Report) -> None:
    for prefix in prefixes:
        names = [re.sub("^_", "", f"{prefix}_{name}") for name in ("low", "best", "high")]
        low, best, high = (frame[name].to_numpy("float64", na_value=np.nan) for name in names)
        outside = int(((best < low) | (best > high)).sum())
        if outside:
            report.note(f"{names[1]} is outside {names[0]} … {names[2]} in {outside} rows")
