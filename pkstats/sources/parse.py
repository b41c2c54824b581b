"""Cells → typed columns. Each parser returns values and the positions it could not read, with reasons."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pkstats.sources.layout import Field

TRUE = ("1", "1.0", "yes", "y", "true", "t")
FALSE = ("0", "0.0", "no", "n", "false", "f")
THOUSANDS = re.compile(r"^-?\d{1,3}(,\d{3})+(\.\d+)?$")


class Parsed(NamedTuple):
    """Values (one per row), rows that are bad (boolean, one per row) and the reason in words."""

    values: Any
    bad: np.ndarray
    reason: str


def as_text(cells: pa.ChunkedArray | pd.Series) -> pa.ChunkedArray:
    """Return cells as trimmed text, with null where the cell has no value at all."""
    if isinstance(cells, pd.Series):
        cells = pa.chunked_array([_spell(cells)])
    return pc.utf8_trim_whitespace(cells)


def _spell(cells: pd.Series) -> pa.Array:
    """Spell each distinct value once."""
    if isinstance(cells.dtype, pd.StringDtype):
        return pa.array(cells, type=pa.string(), from_pandas=True)
    places, values = pd.factorize(cells)
    spellings = pa.array([spell(value) for value in values.tolist()], type=pa.string())
    return spellings.take(pa.array(places, mask=places < 0))


def spell(value: object) -> str | None:
    """Write a cell as a publisher would; None where there is no value."""
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.strftime("%Y-%m-%d")
    return str(value)


def _blank(cells: pa.ChunkedArray, field: Field) -> tuple[pa.ChunkedArray, np.ndarray]:
    """Return the text with nulls for missing cells, and where they are."""
    missing = pc.is_in(cells, value_set=pa.array(["", *field.missing], type=pa.string()))
    missing = pc.or_(missing, pc.is_null(cells))
    where = missing.to_numpy(zero_copy_only=False).astype(bool)
    if not where.any():
        return cells, where
    return pc.if_else(missing, pa.scalar(None, pa.string()), cells), where


def parse_text(cells: pa.ChunkedArray | pd.Series, field: Field) -> Parsed:
    """Read text; marks in `field.strip` are cut from the ends."""
    text = as_text(cells)
    if field.strip:
        text = pc.utf8_trim(text, characters=field.strip)
    if field.upper:
        text = pc.utf8_upper(text)
    if field.lower:
        text = pc.utf8_lower(text)
    text, _ = _blank(text, field)
    if field.labels:
        return _label(text, field.labels)
    values = pd.Series(text.to_pandas(), dtype="str")
    bad = np.zeros(len(values), dtype=bool)
    if field.allowed:
        bad = (values.notna() & ~values.isin(field.allowed)).to_numpy()
    return Parsed(values, bad, f"expected one of {', '.join(field.allowed)}")


def _label(text: pa.ChunkedArray, labels: Mapping[str, str]) -> Parsed:
    """Put words in place of a publisher's codes."""
    place = pc.index_in(text, value_set=pa.array(list(labels)))
    words = pc.take(pa.array(list(labels.values())), place)
    values = pd.Series(words.to_pandas(), dtype="str")
    bad = pc.and_(pc.is_valid(text), pc.is_null(place)).to_numpy(zero_copy_only=False).astype(bool)
    return Parsed(values, bad, f"expected one of {', '.join(labels)}")


def parse_number(cells: pa.ChunkedArray | pd.Series, field: Field) -> Parsed:
    """Read numbers within `field.minimum` … `field.maximum`; integers must be whole."""
    values, bad = _numbers(cells, field)
    whole = field.dtype == "integer"
    with np.errstate(invalid="ignore"):
        if whole:
            bad |= np.isfinite(values) & (np.rint(values) != values)
        if field.minimum is not None:
            bad |= values < field.minimum
        if field.maximum is not None:
            bad |= values > field.maximum
    wanted = "a whole number" if whole else "a number"
    if field.minimum is not None or field.maximum is not None:
        low = "" if field.minimum is None else f" from {field.minimum:g}"
        high = "" if field.maximum is None else f" to {field.maximum:g}"
        wanted += low + high
    if whole:
        empty = np.isnan(values) | bad
        data = np.where(empty, 0, values).astype("int64")
        return Parsed(pd.arrays.IntegerArray(data, empty), bad, f"expected {wanted}")
    return Parsed(values, bad, f"expected {wanted}")


def _numbers(cells: pa.ChunkedArray | pd.Series, field: Field) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(cells, pd.Series) and pd.api.types.is_numeric_dtype(cells.dtype):
        values = cells.to_numpy(dtype="float64", na_value=np.nan, copy=True)
        for spelling in field.missing:
            if re.fullmatch(r"-?\d+(\.\d+)?", spelling):
                values[values == float(spelling)] = np.nan
        blank = np.isnan(values)
    elif isinstance(cells, pa.ChunkedArray) and pa.types.is_floating(cells.type):
        blank = pc.is_null(cells).to_numpy(zero_copy_only=False).astype(bool)
        values = np.array(cells.to_numpy(zero_copy_only=False), dtype="float64")
    else:
        text, blank = _blank(as_text(cells), field)
        if field.decimal != ".":
            text = pc.replace_substring(text, field.decimal, ".")
        values = _cast(text)
    bad = ~np.isfinite(values) & ~blank
    if field.empty is not None:
        values[blank] = field.empty
    return values, bad


def _cast(text: pa.ChunkedArray) -> np.ndarray:
    try:
        numbers = pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False)
        return np.array(numbers, dtype="float64")
    except pa.ArrowInvalid:
        series = pd.Series(text.to_pandas(), dtype="str")
        return pd.to_numeric(series, errors="coerce").to_numpy("float64", copy=True)


def parse_flags(cells: list[pa.ChunkedArray], field: Field) -> list[Parsed]:
    """Read columns of yes/no marks that are spelled alike, all at once: PACT has 600 of them."""
    whole = pa.chunked_array([chunk for column in cells for chunk in column.chunks], pa.string())
    values, bad, reason = parse_flag(whole, field)
    parts = range(0, len(values), len(cells[0]) or 1)
    length = len(cells[0])
    return [Parsed(values[at : at + length], bad[at : at + length], reason) for at in parts]


def parse_flag(cells: pa.ChunkedArray | pd.Series, field: Field) -> Parsed:
    """Read yes/no marks."""
    if isinstance(cells, pd.Series) and cells.dtype == bool:
        nothing = np.zeros(len(cells), dtype=bool)
        return Parsed(pd.array(cells.to_numpy(), dtype="boolean"), nothing, "")
    text = as_text(cells).combine_chunks().dictionary_encode()
    yes, no, blank = _flag_spellings(text.dictionary, field)
    place = text.indices.fill_null(len(yes) - 1).to_numpy(zero_copy_only=False)
    yes, no, blank = yes[place], no[place], blank[place]
    bad = ~(yes | no | blank)
    empty = ~(yes | no)
    if field.empty is not None:
        yes = np.where(blank, bool(field.empty), yes)
        empty = bad
    return Parsed(pd.arrays.BooleanArray(yes, empty.copy()), bad, "expected 0 or 1 (no or yes)")


def _flag_spellings(spellings: pa.Array, field: Field) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which distinct spellings mean yes, no and nothing; the last place is the null's."""
    marks = [mark.lower() for mark in spellings.to_pylist()]
    blank = [mark in ("", *field.missing) for mark in spellings.to_pylist()]
    yes = [mark in TRUE and not nothing for mark, nothing in zip(marks, blank, strict=True)]
    no = [mark in FALSE and not nothing for mark, nothing in zip(marks, blank, strict=True)]
    return np.array([*yes, False]), np.array([*no, False]), np.array([*blank, True])


def parse_date(cells: pa.ChunkedArray | pd.Series, field: Field) -> Parsed:
    """Read dates in `field.formats`; each distinct spelling is read once."""
    if isinstance(cells, pd.Series) and pd.api.types.is_datetime64_any_dtype(cells.dtype):
        values = cells.dt.tz_localize(None).astype("datetime64[s]").reset_index(drop=True)
        return Parsed(values, np.zeros(len(values), dtype=bool), "")
    text, blank = _blank(as_text(cells), field)
    codes, spellings = pd.factorize(pd.Series(text.to_pandas(), dtype="str"))
    read = _dates(pd.Series(spellings, dtype="str"), field)
    padded = np.append(read.to_numpy("datetime64[s]"), np.datetime64("NaT"))
    values = pd.Series(padded[codes])
    bad = values.isna().to_numpy() & ~blank
    return Parsed(values, bad, f"expected a date like {' or '.join(field.formats)}")


def _dates(spellings: pd.Series, field: Field) -> pd.Series:
    read = pd.Series(np.full(len(spellings), np.datetime64("NaT"), dtype="datetime64[s]"))
    for pattern in dict.fromkeys([*field.formats, "%Y-%m-%d"]):
        left = read.isna()
        if not left.any():
            break
        found = pd.to_datetime(spellings[left], format=pattern, errors="coerce")
        read[left] = found.astype("datetime64[s]")
    if field.latest_year is not None:
        late = read.dt.year > field.latest_year
        read[late] = read[late] - pd.DateOffset(years=100)
    return read


def parse_month(
    cells: pa.ChunkedArray | pd.Series, field: Field, months: pa.ChunkedArray | pd.Series | None
) -> Parsed:
    """Read months, from one column of dates or from a year and a month column."""
    if months is None:
        dates = parse_date(cells, field)
        periods = pd.Series(dates.values).dt.to_period("M")
        return Parsed(periods, dates.bad, dates.reason.replace("a date", "a month"))
    year, bad_year = _numbers(cells, field)
    month, bad_month = _numbers(months, field)
    with np.errstate(invalid="ignore"):
        bad = bad_year | bad_month | (year < 1800) | (year > 2100) | (month < 1) | (month > 12)
        bad |= (np.rint(year) != year) & ~np.isnan(year)
        bad |= (np.rint(month) != month) & ~np.isnan(month)
    empty = np.isnan(year) | np.isnan(month) | bad
    ordinals = np.where(empty, 0, (year - 1970) * 12 + month - 1).astype("int64")
    periods = pd.Series(pd.PeriodIndex.from_ordinals(ordinals, freq="M"))
    periods[empty] = pd.NaT
    return Parsed(periods, bad, "expected a year and a month from 1 to 12")


def spell_reason(reason: str, value: str) -> str:
    """Add what is most likely wrong with a cell to the plain reason."""
    if THOUSANDS.match(value):
        return f"{reason}; found a thousands separator: write {value.replace(',', '')}"
    return reason
