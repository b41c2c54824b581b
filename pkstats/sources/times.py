"""Cells → dates and months, and columns without any value."""

from __future__ import annotations

import calendar
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkstats.sources.cells import TEXT, blanked, encode, mask, nulls, trimmed
from pkstats.sources.digits import NOT_A_TIME, read_digits
from pkstats.sources.parse import Parsed, numbers

if TYPE_CHECKING:
    from pkstats.sources.layout import Field

MONTH = pd.PeriodDtype("M")
MONTHS, SECONDS = np.dtype("datetime64[M]"), np.dtype("datetime64[s]")
# How a part of a date is spelled.
DIGITS = {
    **{"Y": r"\d{4}", "y": r"\d\d", "m": r"\d\d?", "b": "[A-Za-z]+", "d": r"\d\d?"},
    **{
        "p": "[AaPp][Mm]",
        "I": r"\d\d?",
        "H": r"\d\d?",
        "M": r"\d\d",
        "S": r"\d\d",
        "f": r"\d{1,9}",
    },
}
ISO = "%Y-%m-%d"
NAMES = [name.lower() for name in (*calendar.month_name, *calendar.month_abbr) if name]
MONTH_NUMBERS = {name[:3]: number for number, name in enumerate(NAMES[:12], 1)}


def nothing(field: Field, length: int) -> Any:
    """Return a column of the field's dtype without any value."""
    empty = np.ones(length, dtype=bool)
    match field.dtype:
        case "integer" | "first" | "count":
            return pd.arrays.IntegerArray(np.zeros(length, dtype="int64"), empty)
        case "flag":
            return pd.arrays.BooleanArray(np.zeros(length, dtype=bool), empty)
        case "number":
            return np.full(length, np.nan)
        case "text" | "list":
            return pa.nulls(length, TEXT)
    dates = np.full(length, NOT_A_TIME)
    return _months(dates) if field.dtype == "month" else dates


def _months(dates: np.ndarray) -> Any:
    return pd.arrays.PeriodArray(dates.astype(MONTHS).astype("int64"), dtype=MONTH)


def parse_date(cells: pa.Array | pd.Series, field: Field) -> Parsed:
    """Read dates in `field.formats`; each distinct spelling is read once."""
    dates, bad = _read_column(cells, field, SECONDS)
    return Parsed(dates, bad, date_reason(field))


def date_reason(field: Field) -> str:
    """Say which dates were expected."""
    return f"expected a date like {' or '.join(field.formats)}"


def _read_column(
    cells: pa.Array | pd.Series, field: Field, unit: np.dtype
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return dates in a unit of time and which of them cannot be read."""
    if isinstance(cells, pd.Series) and pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return cells.dt.tz_localize(None).to_numpy(SECONDS).astype(unit), None
    if field.formats[0] == ISO and isinstance(cells, pa.Array):
        text = blanked(trimmed(cells), field)
        dates = _cast(text)
        if dates is not None:
            return dates.astype(unit, copy=False), None
    places, spellings = encode(cells)
    text = blanked(spellings, field)
    dates = np.append(read_dates(text, field), NOT_A_TIME)
    unread = np.append(np.isnat(dates[:-1]) & ~nulls(text), False)
    bad = unread[places] if unread.any() else None
    return dates.astype(unit, copy=False)[places], bad


def _cast(text: pa.Array) -> np.ndarray | None:
    """Return ISO dates by Arrow's own reading; nothing when a cell is none."""
    # To be refused costs Arrow more than to read: the first cell shows whether it is worth a try.
    if len(text) and text[0].is_valid and text[0].as_py()[4:5] != "-":
        return None
    try:
        dates = pc.cast(text, pa.date32()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    return dates.astype(SECONDS)


def read_dates(text: pa.Array, field: Field) -> np.ndarray:
    """Return the dates of texts in `field.formats`; NaT for those in none of them."""
    first, *others = dict.fromkeys([*field.formats, ISO])
    dates, filled = _read(text, first, field.latest_year), ~nulls(text)
    for pattern in others:
        left = np.isnat(dates) & filled
        if left.any():
            dates[left] = _read(text.filter(pa.array(left)), pattern, field.latest_year)
    return dates


@lru_cache
def _spelled(pattern: str) -> str:
    """Return a format as a regular expression."""
    return f"^{re.sub('%([a-zA-Z])', lambda mark: DIGITS[mark[1]], re.escape(pattern))}$"


def _read(text: pa.Array, pattern: str, latest_year: int | None) -> np.ndarray:
    """Read the texts that follow one format; the others, and impossible dates, become NaT."""
    if pattern == ISO:
        found = _cast(text)
        if found is not None:
            return found
    day, time, _ = pattern.partition(" ")
    numbered = text
    if "%b" in day:
        numbered, day = _numbered_months(text), day.replace("%b", "%m")
    if not time:
        return read_digits(numbered, day, latest_year)
    dates = read_digits(pc.replace_substring_regex(numbered, " .*", ""), day, latest_year)
    dates[~mask(pc.fill_null(pc.match_substring_regex(text, _spelled(pattern)), False))] = (
        NOT_A_TIME
    )
    return dates


def _numbered_months(text: pa.Array) -> pa.Array:
    """Return texts such as ``17-Mar-99`` with the month's number; those without a month are null."""

    def number(word: str | None) -> str | None:
        parts = re.split("([A-Za-z]+)", word or "")
        if len(parts) != 3 or not any(name.startswith(parts[1].lower()) for name in NAMES):
            return None
        return f"{parts[0]}{MONTH_NUMBERS.get(parts[1][:3].lower(), 0)}{parts[2]}"

    return pa.array([number(word) for word in text.to_pylist()], TEXT)


def parse_month(
    cells: pa.Array | pd.Series, field: Field, months: pa.Array | pd.Series | None
) -> Parsed:
    """Read months, from one column of dates or from a year and a month column."""
    if months is None:
        dates, unread = _read_column(cells, field, MONTHS)
        reason = f"expected a month like {' or '.join(field.formats)}"
        return Parsed(_months(dates), unread, reason)
    year, bad_year = numbers(cells, field)
    month, bad_month = numbers(months, field)
    with np.errstate(invalid="ignore"):
        bad = bad_year | bad_month | (year < 1800) | (year > 2100) | (month < 1) | (month > 12)
        bad |= (np.rint(year) != year) & ~np.isnan(year)
        bad |= (np.rint(month) != month) & ~np.isnan(month)
    empty = np.isnan(year) | np.isnan(month) | bad
    year, month = np.where(empty, 1970, year), np.where(empty, 1, month)
    ordinals = ((year - 1970) * 12 + month - 1).astype(MONTHS)
    ordinals[empty] = NOT_A_TIME
    return Parsed(_months(ordinals), bad, "expected a year and a month from 1 to 12")
