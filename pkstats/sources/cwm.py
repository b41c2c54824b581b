"""Civil War Mediation: dates known to the day, the month or the year; names in two encodings."""

from __future__ import annotations

import calendar
import datetime
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkstats.sources import parse, times
from pkstats.sources.keys import repeats
from pkstats.sources.layout import Field

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

DATE = re.compile(r"(\d{0,2}|\?+)/(\d{0,2}|\?+)/(\d{4}|\d\d)(\?*)")
REASON = "expected a date like 5/17/83, 5//1983 or //1983"


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Mend garbled names, set repeats aside, read the dates and number the rows."""
    options = plan.options or {}
    frame = _spell(frame, options["spellings"], report)
    again = repeats(frame, [name for name in frame if name != "_row"])
    rows, good = frame["_row"].to_numpy(), ~again
    report.put_aside(rows[again], "", frame["country"].array[again], "repeats an earlier row")
    read: dict[str, Any] = {}
    for start, end in options["spans"]:
        for name, last in ((start, False), (end, True)):
            read[name], bad = _read_dates(frame, name, last, options["latest_year"], report)
            bad &= good
            report.put_aside(rows[bad], name, frame[name].array[bad], REASON)
            good &= ~bad
        first, final = read[start][0], read[end][0]
        wrong = (first > final) & good
        values = [
            f"{a} > {b}" for a, b in zip(_days(first[wrong]), _days(final[wrong]), strict=True)
        ]
        report.put_aside(rows[wrong], end, values, f"{end} is before {start}")
        good &= ~wrong
    columns: dict[str, Any] = {}
    for name in frame:
        columns[name] = read[name][0] if name in read else frame[name].array
        if name in read:
            columns[_precision(name)] = read[name][1]
    frame = pd.DataFrame(columns, copy=False)
    frame = frame if good.all() else frame[good]
    frame.insert(0, "mediation_id", frame["_row"].astype("Int64"))
    denied = ~frame["mediated"].to_numpy(bool, na_value=True)
    odd = int((denied & frame["begin_date"].notna().to_numpy()).sum())
    if odd:
        report.note(f"{odd} rows are coded as not mediated but give a beginning")
    return frame


def partial_date(
    text: str, last: bool, latest_year: int
) -> tuple[datetime.date | None, str | None, bool]:
    """Read a date whose day or month may be unknown.

    Parameters
    ----------
    text : str
        Such as ``"5/17/83"``, ``"5//1983"``, ``"//1983"`` or ``"?/?/1983"``.
    last : bool
        Whether an unknown part stands for its end (the last day) or its beginning.
    latest_year : int
        Two-digit years after it belong to the previous century.

    Returns
    -------
    date : date or None
        None when the text cannot be read.
    precision : {"day", "month", "year"} or None
    doubtful : bool
        Whether the publisher put a question mark behind the date.
    """
    match = DATE.fullmatch(text)
    if match is None:
        return None, None, False
    month, day, year_text, doubt = match.groups()
    year = int(year_text)
    if len(year_text) == 2:
        year += 1900 if 2000 + year > latest_year else 2000
    precision = "day" if day.isdigit() else "month"
    if not month.isdigit():
        precision, month, day = "year", "12" if last else "1", ""
    try:
        length = calendar.monthrange(year, int(month))[1]
        number = int(day) if day.isdigit() else (length if last else 1)
        date = datetime.date(year, int(month), number)
    except ValueError:
        return None, None, False
    if not 1900 <= year <= latest_year:
        return None, None, False
    return date, precision, bool(doubt)


def _read_dates(
    frame: pd.DataFrame, name: str, last: bool, latest_year: int, report: Report
) -> tuple[tuple[np.ndarray, Any], np.ndarray]:
    """Return the dates of a column with their precision, and the rows that have none to read."""
    places, spellings = parse.encode(frame[name])
    field = Field(name, (name,), "date", formats=("%m/%d/%y",), latest_year=latest_year)
    dates = np.append(times.read_dates(spellings, field), times.NOT_A_TIME)
    texts = spellings.to_pylist()
    precisions: list[str | None] = ["day"] * len(texts) + [None]
    for place in np.flatnonzero(np.isnat(dates[:-1])):
        date, precisions[place], doubtful = partial_date(texts[place], last, latest_year)
        dates[place] = date
        if doubtful:
            report.note(f"{name} {texts[place]!r} is marked as doubtful and kept")
    bad = np.isnat(dates[places]) & (places >= 0)
    precision = parse.strings(pa.array(precisions, pa.string())).take(places)
    return (dates[places], precision), bad


def _days(dates: np.ndarray) -> np.ndarray:
    return np.datetime_as_string(dates.astype("datetime64[D]"))


def _precision(name: str) -> str:
    return name.replace("_date", "_precision")


def _spell(frame: pd.DataFrame, spellings: dict[str, str], report: Report) -> pd.DataFrame:
    mended = 0
    for name in ("side_b", "third_party"):
        text = parse.as_text(frame[name])
        for wrong, right in spellings.items():
            found = pc.sum(pc.count_substring(text, wrong)).as_py()
            if found:
                mended += found
                text = pc.replace_substring(text, wrong, right)
        frame[name] = parse.strings(text)
    if mended:
        report.note(f"{mended} names garbled by mixed encodings were mended")
    return frame
