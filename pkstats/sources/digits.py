"""Dates written in digits, read from the bytes of a whole column at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from pkstats.sources.cells import bounds, letters_of, nulls

NOT_A_TIME = np.datetime64("NaT", "s")
# The fewest and the most digits of each part of a date.
WIDTHS = {"Y": (4, 4), "y": (2, 2), "m": (1, 2), "d": (1, 2)}
MONTH_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
# Two digits of a year from here on belong to the twentieth century.
CENTURY = 69


@lru_cache
def _parts(pattern: str) -> tuple[str, ...]:
    """Return the marks and the letters of the parts of a format, in order."""
    return tuple(re.findall("%[Yymd]|[^%]", pattern))


class Numbers(NamedTuple):
    """The numbers in texts of one format, by letter, their digits, and which texts are in it."""

    values: dict[str, np.ndarray]
    widths: dict[str, np.ndarray]
    good: np.ndarray


def read_digits(text: pa.Array, pattern: str) -> np.ndarray:
    """Return the dates of texts in one format; NaT for other texts and for impossible dates.

    Parameters
    ----------
    text : Array of large_string
    pattern : str
        Of ``%Y``, ``%y``, ``%m`` and ``%d`` with marks between; without a day, the first of the
        month is meant.
    """
    found, _, good = read_numbers(text, pattern, WIDTHS)
    if not good.any():
        return np.full(len(text), NOT_A_TIME)
    year = found["Y"] if "Y" in found else found["y"] + np.where(found["y"] < CENTURY, 2000, 1900)
    return dates(year, found["m"], found.get("d"), good)


def read_numbers(text: pa.Array, pattern: str, widths: Mapping[str, tuple[int, int]]) -> Numbers:
    """Return the numbers that a format names; `widths` are each one's fewest and most digits.

    Reading stops where no text is in the format.
    """
    found = Numbers({}, {}, ~nulls(text))
    cells, starts = letters_of(text), bounds(text)
    if not len(cells):
        return found._replace(good=np.zeros(len(text), dtype=bool))
    place, ends = starts[:-1], starts[1:]
    good = found.good
    for part in _parts(pattern):
        start = place
        if part[0] == "%":
            letter = part[1]
            found.values[letter], place = _number(cells, place, ends, good, *widths[letter])
            found.widths[letter] = place - start
        else:
            good &= cells.take(place, mode="clip") == ord(part)
            place = place + 1
            if not good.any():
                return found
    good &= place == ends
    return found


def _number(
    cells: np.ndarray,
    place: np.ndarray,
    ends: np.ndarray,
    good: np.ndarray,
    fewest: int,
    most: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Read a number at a place of each cell, and mark cells without it; return the places after.

    A place beyond the end of a cell is found out at the last: it is not where the cell ends.
    """
    value: Any = np.int64(0)
    for count in range(most):
        digit = cells.take(place, mode="clip") - ord("0")
        there = digit < 10
        if count < fewest:
            good &= there
            value = value * 10 + digit
            place = place + 1
        else:
            there &= place < ends
            value = np.where(there, value * 10 + digit, value)
            place = place + there
    return value, place


def dates(
    year: np.ndarray, month: np.ndarray, day: np.ndarray | None, good: np.ndarray
) -> np.ndarray:
    """Return the dates of years, months and days; NaT where they make none or are not good."""
    good &= (month >= 1) & (month <= 12)
    month = np.where(good, month, 1)
    found = ((year - 1970) * 12 + month - 1).astype("datetime64[M]").astype("datetime64[D]")
    if day is not None:
        good &= (day >= 1) & (day <= MONTH_DAYS.take(month))
        found += day - 1
        leap = np.flatnonzero((month == 2) & (day == 29))
        if len(leap):
            good[leap] &= found[leap].astype("datetime64[M]").astype("int64") % 12 == 1
    found = found.astype("datetime64[s]")
    found[~good] = NOT_A_TIME
    return found
