"""Cells → text, numbers and flags: values, the positions that could not be read, and why."""

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
STRING = pd.StringDtype("pyarrow", na_value=np.nan)


class Parsed(NamedTuple):
    """Values (one per row), rows that are bad (boolean, one per row) and the reason in words."""

    values: Any
    bad: np.ndarray
    reason: str


def strings(text: pa.Array) -> Any:
    """Return Arrow text as a column of pandas strings."""
    return STRING.__from_arrow__(text)


def mask(flags: pa.Array) -> np.ndarray:
    """Return Arrow truth values as NumPy's."""
    return np.array(flags.to_numpy(zero_copy_only=False), dtype=bool)


def as_text(cells: pa.Array | pd.Series) -> pa.Array:
    """Return cells as trimmed text, with null where the cell has no value at all."""
    if isinstance(cells, pd.Series):
        cells = _spell(cells)
    return pc.utf8_trim_whitespace(cells)


def _spell(cells: pd.Series) -> pa.Array:
    """Spell each distinct value once."""
    if isinstance(cells.dtype, pd.StringDtype):
        text = pa.array(cells, type=pa.string(), from_pandas=True)
        return text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
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


def blanked(cells: pa.Array, field: Field) -> pa.Array:
    """Return the text with nulls for missing cells."""
    missing = pc.is_in(cells, value_set=pa.array(["", *field.missing], type=pa.string()))
    if not missing.true_count:
        return cells
    return pc.if_else(missing, pa.scalar(None, pa.string()), cells)


def parse_text(cells: pa.Array | pd.Series, field: Field) -> Parsed:
    """Read text; marks in `field.strip` are cut from the ends."""
    if field.labels:
        return _label(cells, field, field.labels)
    text = blanked(_cased(as_text(cells), field), field)
    bad = np.zeros(len(text), dtype=bool)
    if field.allowed:
        known = pc.is_in(text, value_set=pa.array([*field.allowed, None], type=pa.string()))
        bad = ~mask(known)
    return Parsed(strings(text), bad, f"expected one of {', '.join(field.allowed)}")


def encode(cells: pa.Array | pd.Series) -> tuple[np.ndarray, pa.Array]:
    """Return each cell's place among the distinct trimmed spellings (-1: no value), and those."""
    if isinstance(cells, pd.Series):
        cells = _spell(cells)
    coded = cells.dictionary_encode()
    places = coded.indices.fill_null(-1) if coded.null_count else coded.indices
    return places.to_numpy(), pc.utf8_trim_whitespace(coded.dictionary)


def _cased(text: pa.Array, field: Field) -> pa.Array:
    if field.strip:
        text = pc.utf8_trim(text, characters=field.strip)
    if field.upper:
        text = pc.utf8_upper(text)
    return pc.utf8_lower(text) if field.lower else text


def _label(cells: pa.Array | pd.Series, field: Field, labels: Mapping[str, str]) -> Parsed:
    """Put words in place of a publisher's codes."""
    places, spellings = encode(cells)
    codes = blanked(_cased(spellings, field), field).to_pylist()
    words = strings(pa.array([*map(labels.get, codes), None], pa.string()))
    bad = np.array([*(code is not None and code not in labels for code in codes), False])
    return Parsed(words.take(places), bad[places], f"expected one of {', '.join(labels)}")


def parse_number(cells: pa.Array | pd.Series, field: Field) -> Parsed:
    """Read numbers within `field.minimum` … `field.maximum`; integers must be whole."""
    values, bad = numbers(cells, field)
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


def numbers(cells: pa.Array | pd.Series, field: Field) -> tuple[np.ndarray, np.ndarray]:
    """Return cells as floats, missing ones as NaN, and which cells are no numbers."""
    if isinstance(cells, pd.Series) and pd.api.types.is_numeric_dtype(cells.dtype):
        values = cells.to_numpy(dtype="float64", na_value=np.nan, copy=True)
        for spelling in field.missing:
            if re.fullmatch(r"-?\d+(\.\d+)?", spelling):
                values[values == float(spelling)] = np.nan
        blank = np.isnan(values)
    elif isinstance(cells, pa.Array) and pa.types.is_floating(cells.type):
        blank = mask(cells.is_null())
        values = np.array(cells.to_numpy(zero_copy_only=False))
    else:
        text = blanked(as_text(cells), field)
        blank = mask(text.is_null())
        if field.decimal != ".":
            text = pc.replace_substring(text, field.decimal, ".")
        values = _cast(text)
    bad = ~np.isfinite(values) & ~blank
    if field.empty is not None:
        values[blank] = field.empty
    return values, bad


def _cast(text: pa.Array) -> np.ndarray:
    try:
        return np.array(pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid:
        series = pd.Series(strings(text))
        return pd.to_numeric(series, errors="coerce").to_numpy("float64", copy=True)


def parse_together(cells: list[pa.Array], field: Field) -> list[Parsed]:
    """Read columns under the same rules all at once: PACT has 600 columns of flags."""
    read = parse_flag if field.dtype == "flag" else parse_number
    values, bad, reason = read(pa.concat_arrays(cells), field)
    length = len(cells[0])
    parts = [slice(place * length, (place + 1) * length) for place in range(len(cells))]
    return [Parsed(values[part], bad[part], reason) for part in parts]


def parse_flag(cells: pa.Array | pd.Series, field: Field) -> Parsed:
    """Read yes/no marks."""
    if isinstance(cells, pd.Series) and cells.dtype == bool:
        good = np.zeros(len(cells), dtype=bool)
        return Parsed(pd.array(cells.to_numpy(), dtype="boolean"), good, "")
    place, spellings = encode(cells)
    yes, no, blank = _flag_spellings(spellings, field)
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


def spell_reason(reason: str, value: str) -> str:
    """Add what is most likely wrong with a cell to the plain reason."""
    if THOUSANDS.match(value):
        return f"{reason}; found a thousands separator: write {value.replace(',', '')}"
    return reason
