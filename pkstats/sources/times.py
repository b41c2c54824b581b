"""Cells → dates and months, and columns without any value."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkstats.sources.parse import Parsed, blanked, encode, mask, numbers, strings

if TYPE_CHECKING:
    from pkstats.sources.layout import Field

MONTH = pd.PeriodDtype("M")
NOT_A_TIME = np.datetime64("NaT", "s")
PARTS = {"Y": r"\d{4}", "y": r"\d\d", "m": r"\d\d?", "d": r"\d\d?"}
CLOCK = {"H": r"\d\d?", "M": r"\d\d", "S": r"\d\d", "f": r"\d{1,9}"}
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
            return strings(pa.nulls(length, pa.string()))
    dates = np.full(length, NOT_A_TIME)
    return _months(dates) if field.dtype == "month" else dates


def _months(dates: np.ndarray) -> Any:
    return pd.arrays.PeriodArray(dates.astype("datetime64[M]").astype("int64"), dtype=MONTH)


def parse_date(cells: pa.Array | pd.Series, field: Field) -> Parsed:
    """Read dates in `field.formats`; each distinct spelling is read once."""
    if isinstance(cells, pd.Series) and pd.api.types.is_datetime64_any_dtype(cells.dtype):
        values = cells.dt.tz_localize(None).to_numpy("datetime64[s]")
        return Parsed(values, np.zeros(len(values), dtype=bool), "")
    places, spellings = encode(cells)
    text = blanked(spellings, field)
    dates = read_dates(text, field)
    bad = np.append(np.isnat(dates) & mask(text.is_valid()), False)
    reason = f"expected a date like {' or '.join(field.formats)}"
    return Parsed(np.append(dates, NOT_A_TIME)[places], bad[places], reason)


def read_dates(text: pa.Array, field: Field) -> np.ndarray:
    """Return the dates of texts in `field.formats`; NaT for those in none of them."""
    dates = np.full(len(text), NOT_A_TIME)
    for pattern in dict.fromkeys([*field.formats, ISO]):
        left = np.isnat(dates)
        if not left.any():
            break
        dates[left] = _read(text.filter(pa.array(left)), pattern)
    if field.latest_year is not None:
        months: Any = dates.astype("datetime64[M]")
        late = months >= np.datetime64(f"{field.latest_year + 1}-01", "M")
        earlier = (months - 1200).astype(dates.dtype) + (dates - months.astype(dates.dtype))
        dates = np.where(late, earlier, dates)
    return dates


@cache
def _expression(pattern: str) -> str:
    """Return the regular expression of a format; parts of the date are named groups."""

    def part(directive: re.Match[str]) -> str:
        name = directive[1]
        return f"(?P<{name}>{PARTS[name]})" if name in PARTS else CLOCK[name]

    return f"^{re.sub('%(.)', part, pattern)}$"


def _read(text: pa.Array, pattern: str) -> np.ndarray:
    """Read the texts that follow one format; the others, and impossible dates, become NaT."""
    if pattern == ISO:
        with suppress(pa.ArrowInvalid):
            return pc.cast(text, pa.date32()).to_numpy(zero_copy_only=False)
    found = pc.extract_regex(text, pattern=_expression(pattern))
    dates = np.full(len(text), NOT_A_TIME)
    whole = mask(found.is_valid())
    if not whole.any():
        return dates
    parts = found.drop_null().flatten()
    names = [found.type.field(place).name for place in range(found.type.num_fields)]
    value = dict(zip(names, (pc.cast(part, pa.int64()).to_numpy() for part in parts), strict=True))
    if "y" in value:
        value["Y"] = np.where(value["y"] > LATEST_SHORT_YEAR, 1900, 2000) + value["y"]
    first = np.ones(len(parts[0]), dtype="int64")
    month, day = value.get("m", first), value.get("d", first)
    months = ((value["Y"] - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    real = (month >= 1) & (month <= 12) & (day >= 1) & (days.astype("datetime64[M]") == months)
    dates[whole] = np.where(real, days.astype(dates.dtype), NOT_A_TIME)
    return dates


def parse_month(
    cells: pa.Array | pd.Series, field: Field, months: pa.Array | pd.Series | None
) -> Parsed:
    """Read months, from one column of dates or from a year and a month column."""
    if months is None:
        dates = parse_date(cells, field)
        return Parsed(_months(dates.values), dates.bad, dates.reason.replace("a date", "a month"))
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
