"""Dates written in digits, read from the bytes of a whole column at once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from pkstats.sources.cells import bounds, letters_of, nulls

NOT_A_TIME = np.datetime64("NaT", "s")
DAY_SECONDS = 86_400
# The fewest and the most digits of each part of a date.
WIDTHS = {"Y": (4, 4), "y": (2, 2), "m": (1, 2), "d": (1, 2)}
# Two digits of a year mean one up to here, unless a layout says otherwise.
LATEST_YEAR = 2068


def full_year(digits: Any, latest_year: int | None = None) -> Any:
    """Return the latest year up to `latest_year` that two digits (number or array) may mean.

    Examples
    --------
    >>> full_year(48, 2047), full_year(5, 2047), full_year(99)
    (1948, 2005, 1999)
    """
    latest = LATEST_YEAR if latest_year is None else latest_year
    return latest - (latest - digits) % 100


@lru_cache
def _parts(pattern: str) -> tuple[str, ...]:
    """Return the marks and the letters of the parts of a format, in order."""
    return tuple(re.findall("%[Yymd]|[^%]", pattern))


def read_digits(text: pa.Array, pattern: str, latest_year: int | None = None) -> np.ndarray:
    """Return the dates of texts in one format; NaT for other texts and for impossible dates.

    Parameters
    ----------
    text : Array of large_string
    pattern : str
        Of ``%Y``, ``%y``, ``%m`` and ``%d`` with marks between; without a day, the first of the
        month is meant.
    latest_year : int, optional
        The latest year that two digits (``%y``) may mean; four digits mean what they say.
    """
    cells, starts = letters_of(text), bounds(text)
    good = ~nulls(text) if len(cells) else np.zeros(len(text), dtype=bool)
    place, ends = starts[:-1], starts[1:]
    found: dict[str, np.ndarray] = {}
    for part in _parts(pattern):
        if not good.any():
            return np.full(len(text), NOT_A_TIME)
        if part[0] == "%":
            found[part[1]], place = _number(cells, place, ends, good, *WIDTHS[part[1]])
        else:
            good &= cells.take(place, mode="clip") == ord(part)
            place = place + 1
    good &= place == ends
    year = found["Y"] if "Y" in found else full_year(found["y"], latest_year)
    return dates(year, found["m"], found.get("d"), good)


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
    place = year * 12 + month - 1
    found = _first_days().take(place, mode="clip")
    if day is not None:
        good &= (day >= 1) & (day <= _first_days().take(place + 1, mode="clip") - found)
        found += day - 1
    found *= DAY_SECONDS
    found = found.view("datetime64[s]")
    found[~good] = NOT_A_TIME
    return found


@lru_cache
def _first_days() -> np.ndarray:
    """Return the day, counted from 1970, on which each month since January of year 0 begins."""
    months = np.arange("0000-01", "10000-02", dtype="datetime64[M]")
    return months.astype("datetime64[D]").astype("int64")
