"""Civil War Mediation: dates known to the day, the month or the year; names in two encodings."""

from __future__ import annotations

import calendar
import datetime
import re
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

DATE = re.compile(r"(\d{0,2}|\?+)/(\d{0,2}|\?+)/(\d{4}|\d\d)(\?*)")
REASON = "expected a date like 5/17/83, 5//1983 or //1983"


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Mend garbled names, set repeats aside, read the dates and number the rows."""
    options = plan.options or {}
    frame = _spell(frame, options["spellings"], report)
    again = frame.duplicated([name for name in frame if name != "_row"])
    rows = frame[again]
    report.put_aside(rows["_row"], "", rows["country"], "repeats an earlier row")
    frame = frame[~again]
    for start, end in options["spans"]:
        for name, last in ((start, False), (end, True)):
            frame = _read_dates(frame, name, last, options["latest_year"], report)
        frame = _check_span(frame, start, end, report)
    frame.insert(0, "mediation_id", frame["_row"].astype("Int64"))
    odd = int((frame["mediated"].eq(False) & frame["begin_date"].notna()).sum())
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
) -> pd.DataFrame:
    texts = frame[name]
    read = {text: partial_date(text, last, latest_year) for text in texts.dropna().unique()}
    nothing = (None, None, False)
    found = [read.get(text, nothing) for text in texts]
    dates = pd.Series([item[0] for item in found], index=frame.index, dtype="datetime64[s]")
    precisions = pd.Series([item[1] for item in found], index=frame.index, dtype="str")
    bad = texts.notna() & dates.isna()
    report.put_aside(frame.loc[bad, "_row"], name, texts[bad], REASON)
    for text in sorted({text for text, item in read.items() if item[2]}):
        report.note(f"{name} {text!r} is marked as doubtful and kept")
    frame = frame.assign(**{name: dates})
    frame.insert(frame.columns.get_loc(name) + 1, _precision(name), precisions)
    return frame[~bad]


def _precision(name: str) -> str:
    return name.replace("_date", "_precision")


def _check_span(frame: pd.DataFrame, start: str, end: str, report: Report) -> pd.DataFrame:
    wrong = (frame[start] > frame[end]).to_numpy(dtype=bool)
    rows = frame[wrong]
    values = [f"{a:%Y-%m-%d} > {b:%Y-%m-%d}" for a, b in zip(rows[start], rows[end], strict=True)]
    report.put_aside(rows["_row"], end, values, f"{end} is before {start}")
    return frame[~wrong]


def _spell(frame: pd.DataFrame, spellings: dict[str, str], report: Report) -> pd.DataFrame:
    mended = 0
    for name in ("side_b", "third_party"):
        for wrong, right in spellings.items():
            mended += int(frame[name].str.contains(wrong, regex=False).sum())
            frame[name] = frame[name].str.replace(wrong, right, regex=False)
    if mended:
        report.note(f"{mended} names garbled by mixed encodings were mended")
    return frame
