"""Civil War Mediation: dates known to the day, the month or the year."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from pkstats.sources import digits
from pkstats.sources.cells import TEXT, letters_of, rewritten, rows_with
from pkstats.sources.keys import number_together, repeats

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table

REASON = "expected a date like 5/17/83, 5//1983 or //1983"
FORMAT = "%m/%d/%y"
# The fewest and the most digits of each part of a date.
WIDTHS = {"m": (0, 2), "d": (0, 2), "y": (2, 4)}
# Question marks in place of a part, and behind a date.
UNKNOWN, DOUBT = re.compile(r"(?<![^/])\?+(?=/)"), re.compile(r"(?<=\d)\?+$")
PRECISIONS = pa.array(["day", "month", "year", None], TEXT)
DAY, MONTH, YEAR, NOTHING = range(4)


class Dates(NamedTuple):
    """Dates known in part: their first and last days, a place in PRECISIONS, whether doubtful."""

    first: np.ndarray
    last: np.ndarray
    precision: np.ndarray
    doubtful: np.ndarray


def settle(table: Table, plan: Layout) -> None:
    """Set repeats aside, read the dates and number the rows."""
    options = plan.options or {}
    spans = options["spans"]
    names = [name for span in spans for name in span]
    places, cells = number_together(table, names)

    def country(table: Table, rows: np.ndarray) -> Any:
        return table.at("country", rows)

    table.put_aside(repeats(table, [*names, *table]), "", country, "repeats an earlier row")
    dates = partial_dates(cells, options["latest_year"])
    _note_doubts(table, names, places, cells, dates.doubtful)
    columns = _spread(dates, names, places, {end for _, end in spans})
    unread = (dates.precision == NOTHING)[places] & (places >= 0)
    for name, bad in zip(names, unread, strict=True):
        _refuse_unread(table, name, bad)
    for start, end in spans:
        _refuse_disorder(table, start, end, columns[start], columns[end])
    whole: dict[str, Any] = {
        "mediation_id": pd.arrays.IntegerArray(table.rows, np.zeros(len(table), bool))
    }
    for name in table:
        whole[name] = columns.pop(name, table[name])
        precision = _precision(name)
        if precision in columns:
            whole[precision] = columns[precision]
    table.columns, table.keyed = whole, True
    denied = ~table["mediated"].to_numpy(bool, na_value=True)
    odd = int((denied & ~np.isnat(table["begin_date"]) & table.good).sum())
    if odd:
        table.report.note(f"{odd} rows are coded as not mediated but give a beginning")


def partial_dates(text: pa.Array, latest_year: int) -> Dates:
    """Read dates whose day or month may be unknown.

    Parameters
    ----------
    text : Array of large_string
        Such as ``"5/17/83"``, ``"5//1983"``, ``"//1983"`` or ``"?/?/1983"``; a question mark
        behind the date marks it as doubtful.
    latest_year : int
        Two-digit years after it belong to the previous century; later years are no dates.

    Returns
    -------
    Dates
        Arrays of the text's length; NaT where a text cannot be read.
    """
    doubtful = np.zeros(len(text), dtype=bool)
    asked = rows_with(text, letters_of(text) == ord("?"))
    if len(asked):
        words = [UNKNOWN.sub("", word) for word in text.take(pa.array(asked)).to_pylist()]
        doubtful[asked] = [DOUBT.search(word) is not None for word in words]
        text = rewritten(text, asked, [DOUBT.sub("", word) for word in words])
    found, widths, good = digits.read_numbers(text, FORMAT, WIDTHS)
    if not good.any():
        nothing = np.full(len(text), digits.NOT_A_TIME)
        return Dates(nothing, nothing, np.full(len(text), NOTHING), doubtful & good)
    year, month, day = found["y"], found["m"], found["d"]
    short = widths["y"] == 2
    year = np.where(short, year + np.where(2000 + year > latest_year, 1900, 2000), year)
    good &= (short | (widths["y"] == 4)) & (year >= 1900) & (year <= latest_year)
    no_month = widths["m"] == 0
    no_day = no_month | (widths["d"] == 0)
    month, day = np.where(no_month, 1, month), np.where(no_day, 1, day)
    first = digits.dates(year, month, day, good)
    precision = np.where(no_month, YEAR, np.where(no_day, MONTH, DAY))
    precision[~good] = NOTHING
    last = first.copy()
    for unit, known in (("M", MONTH), ("Y", YEAR)):
        rows = np.flatnonzero(precision == known)
        after = (first[rows].astype(f"datetime64[{unit}]") + 1).astype("datetime64[D]")
        last[rows] = after - 1
    return Dates(first, last, precision, doubtful & good)


def _precision(name: str) -> str:
    return name.replace("_date", "_precision")


def _spread(dates: Dates, names: list[str], places: np.ndarray, ends: set[str]) -> dict[str, Any]:
    """Return the columns of dates and of their precision; place -1 is the cell without a value."""
    first, last = (np.append(days, digits.NOT_A_TIME) for days in (dates.first, dates.last))
    codes = np.append(dates.precision, NOTHING)[places]
    words, length = PRECISIONS.take(pa.array(codes.ravel())), places.shape[1]
    columns: dict[str, Any] = {}
    for number, name in enumerate(names):
        columns[name] = (last if name in ends else first)[places[number]]
        columns[_precision(name)] = words.slice(number * length, length)
    return columns


def _note_doubts(
    table: Table, names: list[str], places: np.ndarray, cells: pa.Array, doubtful: np.ndarray
) -> None:
    for cell in np.flatnonzero(doubtful):
        for name, column in zip(names, places, strict=True):
            if (table.good & (column == cell)).any():
                table.report.note(f"{name} {cells[cell].as_py()!r} is marked as doubtful and kept")


def _refuse_unread(table: Table, name: str, bad: np.ndarray) -> None:
    def values(table: Table, rows: np.ndarray) -> Any:
        return table.at(name, rows)

    table.put_aside(bad, name, values, REASON)


def _refuse_disorder(
    table: Table, start: str, end: str, first: np.ndarray, last: np.ndarray
) -> None:
    def values(table: Table, rows: np.ndarray) -> list[str]:
        return [f"{a} > {b}" for a, b in zip(_days(first[rows]), _days(last[rows]), strict=True)]

    table.put_aside(first > last, end, values, f"{end} is before {start}")


def _days(dates: np.ndarray) -> np.ndarray:
    return np.datetime_as_string(dates.astype("datetime64[D]"))
