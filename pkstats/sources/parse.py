"""Cells → text, numbers and flags: values, the positions that could not be read, and why.

Text stays Arrow's until the frame is made.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkstats.sources.cells import TEXT, as_text, blanked, encode, mask, nulls, spread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pkstats.sources.layout import Field

TRUE = ("1", "1.0", "yes", "y", "true", "t")
FALSE = ("0", "0.0", "no", "n", "false", "f")
# From here on several whole numbers share one float: which of them was meant is lost.
EXACT = 2**53
# From here on a number is written with thousands separators; years are not.
LARGE = 10_000
# Codes saved again by pandas or R.
DECIMAL = re.compile(r"(?<=\d)\.0+$")
NUMBER = r"^-?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
THOUSANDS = re.compile(r"^-?\d{1,3}(,\d{3})+(\.\d+)?$")


class Parsed(NamedTuple):
    """Values (one per row), bad rows (boolean, one per row; None: all good) and why they are."""

    values: Any
    bad: np.ndarray | None
    reason: str


def parse_text(cells: pa.Array | pd.Series, field: Field) -> Parsed:
    """Read text; marks in `field.strip` are cut from the ends."""
    if field.labels:
        return _label(cells, field, field.labels)
    text = blanked(_cased(as_text(cells), field), field)
    if not field.allowed:
        return Parsed(text, None, "")
    bad = ~mask(pc.is_in(text, value_set=pa.array([*field.allowed, None], type=TEXT)))
    return Parsed(text, bad, f"expected one of {', '.join(field.allowed)}")


def _cased(text: pa.Array, field: Field) -> pa.Array:
    if field.strip:
        text = pc.utf8_trim(text, characters=field.strip)
    if field.upper:
        text = pc.utf8_upper(text)
    return pc.utf8_lower(text) if field.lower else text


def _label(cells: pa.Array | pd.Series, field: Field, labels: Mapping[str, str]) -> Parsed:
    """Put words in place of a publisher's codes."""
    places, spellings = encode(cells)
    found = _cased(spellings, field).to_pylist()
    codes = [code and DECIMAL.sub("", code) for code in found]
    blank = ("", None, *field.missing)
    words = pa.array([None if code in blank else labels.get(code) for code in codes], TEXT)
    odd = [code not in blank and code not in labels for code in codes]
    bad = np.array([*odd, False])[places] if any(odd) else None
    return Parsed(spread(words, places), bad, f"expected one of {', '.join(labels)}")


def parse_number(cells: pa.Array | pd.Series, field: Field) -> Parsed:
    """Read numbers within `field.minimum` … `field.maximum`; integers must be whole."""
    values, bad = numbers(cells, field)
    whole = field.dtype == "integer"
    with np.errstate(invalid="ignore"):
        if whole:
            bad |= np.isfinite(values) & (np.rint(values) != values)
        bad |= np.abs(values) >= EXACT
        if field.minimum is not None:
            bad |= values < field.minimum
        if field.maximum is not None:
            bad |= values > field.maximum
    wanted = ("a whole number" if whole else "a number") + span(field)
    if whole:
        empty = np.isnan(values) | bad
        data = np.where(empty, 0, values).astype("int64")
        return Parsed(pd.arrays.IntegerArray(data, empty), bad, f"expected {wanted}")
    return Parsed(values, bad, f"expected {wanted}")


def span(field: Field) -> str:
    """Say from where to where a field's numbers go."""
    low, high = (
        None if bound is None else f"{bound:,}" if abs(bound) >= LARGE else f"{bound:g}"
        for bound in (field.minimum, field.maximum)
    )
    return ("" if low is None else f" from {low}") + ("" if high is None else f" to {high}")


def numbers(cells: pa.Array | pd.Series, field: Field) -> tuple[np.ndarray, np.ndarray]:
    """Return cells as floats, missing ones as NaN, and which cells are no numbers."""
    if isinstance(cells, pd.Series) and pd.api.types.is_numeric_dtype(cells.dtype):
        values = cells.to_numpy(dtype="float64", na_value=np.nan, copy=True)
        blank = np.isnan(values)
    elif isinstance(cells, pa.Array) and pa.types.is_floating(cells.type):
        values = np.array(cells.to_numpy(zero_copy_only=False))
        blank = nulls(cells)
    else:
        text = blanked(as_text(cells), field)
        blank = nulls(text)
        if field.decimal != ".":
            text = pc.replace_substring(text, field.decimal, ".")
        values = _cast(text)
    for spelling in field.missing:
        # However it is written: -999, -999.00.
        if re.fullmatch(r"-?\d+(\.\d+)?", spelling):
            blank |= values == float(spelling)
    values[blank] = np.nan
    bad = ~np.isfinite(values) & ~blank
    if field.empty is not None:
        values[blank] = field.empty
    return values, bad


def _cast(text: pa.Array) -> np.ndarray:
    """Return texts as floats, NaN where one is no number; a cell never changes how others are read."""
    try:
        found = pc.cast(text, pa.float64())
    except pa.ArrowInvalid:
        plain = pc.replace_substring_regex(text, r"^\+", "")
        number = pc.match_substring_regex(plain, NUMBER)
        found = pc.cast(pc.if_else(number, plain, pa.scalar(None, TEXT)), pa.float64())
    return np.array(found.to_numpy(zero_copy_only=False))


def parse_flag(cells: pa.Array | pd.Series, field: Field) -> Parsed:
    """Read yes/no marks."""
    if isinstance(cells, pd.Series) and cells.dtype == bool:
        good = np.zeros(len(cells), dtype=bool)
        return Parsed(pd.array(cells.to_numpy(), dtype="boolean"), good, "")
    place, spellings = encode(cells)
    yes, no, blank = _flag_spellings(spellings, field)
    odd, empty = ~(yes | no | blank), ~(yes | no)
    if field.empty is not None:
        yes, empty = np.where(blank, bool(field.empty), yes), odd
    bad = odd[place] if odd.any() else None
    values = pd.arrays.BooleanArray(yes[place], empty[place])
    return Parsed(values, bad, "expected 0 or 1 (no or yes)")


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
