"""Cells → dates and months, and columns without any value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkstats.sources.cells import TEXT, blanked, bounds, encode, mask, trimmed
from pkstats.sources.parse import Parsed, numbers

if TYPE_CHECKING:
    from pkstats.sources.layout import Field

MONTH = pd.PeriodDtype("M")
NOT_A_TIME = np.datetime64("NaT", "s")
# Fewest and most digits of a number in a date.
WIDTHS = {
    **{"Y": (4, 4), "y": (2, 2), "m": (1, 2), "d": (1, 2)},
    **{"H": (1, 2), "M": (2, 2), "S": (2, 2), "f": (1, 9)},
}
ISO = "%Y-%m-%d"
# A two-digit year up to this one belongs to the present century.
LATEST_SHORT_YEAR = 68


def nothing(field: Field, length: int) -> Any:
    """Return a column of the field's dtype without any value."""
    empty = np.ones(length, dtype=bool)
    match field.dtype:
        case "integer":
            return pd.arrays.IntegerArray(np.zeros(length, dtype="int64"), empty)
        case "flag":
            return pd.arrays.BooleanArray(np.zeros(length, dtype=bool), empty)
        case "number":
            return np.full(length, np.nan)
        case "text":
            return pa.nulls(length, TEXT)
    dates = np.full(length, NOT_A_TIME)
    return _months(dates) if field.dtype == "month" else dates


def _months(dates: np.ndarray) -> Any:
    return pd.arrays.PeriodArray(dates.astype("datetime64[M]").astype("int64"), dtype=MONTH)


def parse_date(cells: pa.Array | pd.Series, field: Field) -> Parsed:
    """Read dates in `field.formats`; each distinct spelling is read once."""
    dates, bad = _read_column(cells, field)
    return Parsed(dates, bad, f"expected a date like {' or '.join(field.formats)}")


def _read_column(cells: pa.Array | pd.Series, field: Field) -> tuple[np.ndarray, np.ndarray | None]:
    """Return dates and which of them cannot be read."""
    if isinstance(cells, pd.Series) and pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return cells.dt.tz_localize(None).to_numpy("datetime64[s]"), None
    if field.formats[0] == ISO and isinstance(cells, pa.Array):
        text = blanked(trimmed(cells), field)
        dates = _cast(text)
        if dates is not None:
            return _shifted(dates, field), None
    places, spellings = encode(cells)
    text = blanked(spellings, field)
    dates = np.append(read_dates(text, field), NOT_A_TIME)
    bad = np.append(np.isnat(dates[:-1]) & mask(text.is_valid()), False)
    return dates[places], bad[places]


def _cast(text: pa.Array) -> np.ndarray | None:
    """Return ISO dates by Arrow's own reading; nothing when a cell is none."""
    # To be refused costs Arrow more than to read: the first cell shows whether it is worth a try.
    if len(text) and text[0].is_valid and text[0].as_py()[4:5] != "-":
        return None
    try:
        dates = pc.cast(text, pa.date32()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    return dates.astype(NOT_A_TIME.dtype)


def _calendar(value: dict[str, np.ndarray]) -> np.ndarray:
    """Return the dates of numbers of years, months and days; NaT where they make none."""
    year = value.get("Y")
    if year is None:
        year = np.where(value["y"] > LATEST_SHORT_YEAR, 1900, 2000) + value["y"]
    first = np.ones(len(year), dtype="int64")
    month, day = value.get("m", first), value.get("d", first)
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    real = (month >= 1) & (month <= 12) & (day >= 1) & (days.astype("datetime64[M]") == months)
    return np.where(real, days.astype(NOT_A_TIME.dtype), NOT_A_TIME)


def read_dates(text: pa.Array, field: Field) -> np.ndarray:
    """Return the dates of texts in `field.formats`; NaT for those in none of them."""
    dates, filled = np.full(len(text), NOT_A_TIME), mask(text.is_valid())
    for pattern in dict.fromkeys([*field.formats, ISO]):
        left = np.isnat(dates) & filled
        if left.all():
            dates = _read(text, pattern)
        elif left.any():
            dates[left] = _read(text.filter(pa.array(left)), pattern)
    return _shifted(dates, field)


def _shifted(dates: np.ndarray, field: Field) -> np.ndarray:
    """Put dates after the field's latest year into the century before."""
    if field.latest_year is None:
        return dates
    months: Any = dates.astype("datetime64[M]")
    late = months >= np.datetime64(f"{field.latest_year + 1}-01", "M")
    earlier = (months - 1200).astype(dates.dtype) + (dates - months.astype(dates.dtype))
    return np.where(late, earlier, dates)


def _read(text: pa.Array, pattern: str) -> np.ndarray:
    """Read the texts that follow one format; the others, and impossible dates, become NaT.

    A format is numbers with one mark between them. Where a cell's marks stand in the bytes says
    where its numbers begin and end.
    """
    if pattern == ISO:
        found = _cast(text)
        if found is not None:
            return found
    dates = np.full(len(text), NOT_A_TIME)
    names, marks = pattern[1::3], np.frombuffer(pattern[2::3].encode(), dtype="uint8")
    buffer, starts = text.buffers()[2], bounds(text)
    if not len(text) or not buffer:
        return dates
    letters = np.frombuffer(buffer, dtype="uint8")
    digits = letters - ord("0")
    breaks = np.flatnonzero(digits[: starts[-1]] > 9)
    before = np.searchsorted(breaks, starts)
    rows = np.flatnonzero((np.diff(before) == len(marks)) & mask(text.is_valid()))
    place = breaks[before[rows, None] + np.arange(len(marks))]
    begins = np.column_stack([starts[rows], place + 1])
    ends = np.column_stack([place, starts[rows + 1]])
    width = ends - begins
    least, most = np.array([WIDTHS[name] for name in names]).T
    fits = (letters[place] == marks).all(axis=1)
    fits &= ((width >= least) & (width <= most)).all(axis=1)
    value = {
        name: _number(digits, end, size)
        for name, end, size in zip(names, ends[fits].T, width[fits].T, strict=True)
        if name in "Yymd"
    }
    dates[rows[fits]] = _calendar(value)
    return dates


def _number(digits: np.ndarray, end: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the numbers of up to four digits that stand before each end."""
    number = np.zeros(len(end), dtype="int64")
    for place in range(size.max(initial=0)):
        digit = digits.take(end - 1 - place, mode="clip").astype("int64")
        number += np.where(size > place, digit * 10**place, 0)
    return number


def parse_month(
    cells: pa.Array | pd.Series, field: Field, months: pa.Array | pd.Series | None
) -> Parsed:
    """Read months, from one column of dates or from a year and a month column."""
    if months is None:
        dates, unread = _read_column(cells, field)
        reason = f"expected a month like {' or '.join(field.formats)}"
        return Parsed(_months(dates), unread, reason)
    year, bad_year = numbers(cells, field)
    month, bad_month = numbers(months, field)
    with np.errstate(invalid="ignore"):
        bad = bad_year | bad_month | (year < 1800) | (year > 2100) | (month < 1) | (month > 12)
        bad |= (np.rint(year) != year) & ~np.isnan(year)
        bad |= (np.rint(month) != month) & ~np.isnan(month)
    empty = np.isnan(year) | np.isnan(month) | bad
    ordinals = np.where(empty, 0, (year - 1970) * 12 + month - 1).astype("datetime64[M]")
    ordinals[empty] = NOT_A_TIME
    return Parsed(_months(ordinals), bad, "expected a year and a month from 1 to 12")
