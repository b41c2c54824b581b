"""Civil War Mediation: dates known to the day, the month or the year."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from pkstats.sources import digits
from pkstats.sources.blanks import needed
from pkstats.sources.cells import TEXT, nulls
from pkstats.sources.keys import repeats

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table

REASON = "expected a date like 5/17/83, 5//1983 or //1983"
FORMAT = "%m/%d/%y"
# A part may be lacking or be question marks; question marks behind a date are a doubt.
PARTIAL = re.compile(r"(?:\?*|(\d\d?))/(?:\?*|(\d\d?))/(\d{4}|\d\d)\?*", re.ASCII)
EPOCH = date(1970, 1, 1).toordinal()
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
    cells = pa.concat_arrays([table[name] for name in names])

    def country(table: Table, rows: np.ndarray) -> Any:
        return table.at("country", rows)

    table.put_aside(repeats(table, [*names, *table]), "", country, "repeats an earlier row")
    dates = partial_dates(cells, options["latest_year"])
    _note_doubts(table, names, cells, dates.doubtful)
    columns = _columns(dates, names, {end for _, end in spans})
    unread = (dates.precision == NOTHING) & ~nulls(cells)
    for name, bad in zip(names, unread.reshape(len(names), -1), strict=True):
        _refuse_unread(table, name, bad, plan)
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
    first = digits.read_digits(text, FORMAT, latest_year)
    last, precision = first.copy(), np.where(np.isnat(first), NOTHING, DAY)
    doubtful = np.zeros(len(text), dtype=bool)
    rest = np.flatnonzero(np.isnat(first) & ~nulls(text))
    words = text.take(pa.array(rest)).to_pylist()
    pairs = ((row, _span(word, latest_year)) for row, word in zip(rest, words, strict=True))
    found = np.array([(row, *span) for row, span in pairs if span], dtype="int64").reshape(-1, 5)
    rows = found[:, 0]
    first[rows], last[rows] = found[:, 1:3].T.astype("datetime64[D]")
    precision[rows], doubtful[rows] = found[:, 3:].T
    return Dates(first, last, precision, doubtful)


def _span(word: str, latest_year: int) -> tuple[int, int, int, bool] | None:
    """Return what `Dates` holds of one date, with days counted from 1970."""
    found = PARTIAL.fullmatch(word)
    if not found:
        return None
    month, day, year = (int(part or 0) for part in found.groups())
    if len(found[3]) == 2:
        year = digits.full_year(year, latest_year)
    if not 1900 <= year <= latest_year:
        return None
    try:
        if not found[1]:
            first, after, precision = date(year, 1, 1), date(year + 1, 1, 1), YEAR
        elif not found[2]:
            first, precision = date(year, month, 1), MONTH
            after = date(year + month // 12, month % 12 + 1, 1)
        else:
            first, precision = date(year, month, day), DAY
            after = first + timedelta(1)
    except ValueError:
        return None
    last = after - timedelta(1)
    return first.toordinal() - EPOCH, last.toordinal() - EPOCH, precision, word.endswith("?")


def _precision(name: str) -> str:
    return name.replace("_date", "_precision")


def _columns(dates: Dates, names: list[str], ends: set[str]) -> dict[str, Any]:
    """Return the columns of dates and of their precision."""
    words = PRECISIONS.take(pa.array(dates.precision))
    length = len(words) // len(names)
    columns: dict[str, Any] = {}
    for number, name in enumerate(names):
        part = slice(number * length, (number + 1) * length)
        columns[name] = (dates.last if name in ends else dates.first)[part]
        columns[_precision(name)] = words[part]
    return columns


def _note_doubts(table: Table, names: list[str], cells: pa.Array, doubtful: np.ndarray) -> None:
    for cell in np.flatnonzero(doubtful):
        column, row = divmod(int(cell), len(table))
        if table.good[row]:
            word = cells[cell].as_py()
            table.report.note(f"{names[column]} {word!r} is marked as doubtful and kept")


def _refuse_unread(table: Table, name: str, bad: np.ndarray, plan: Layout) -> None:
    """Leave unreadable dates missing; set aside rows in which a missing one has a meaning."""

    def values(table: Table, rows: np.ndarray) -> Any:
        return table.at(name, rows)

    field = next(field for field in plan.fields if field.name == name)
    if needed(field, plan):
        table.put_aside(bad, name, values, REASON)
    else:
        rows = np.flatnonzero(bad & table.good)
        table.report.blank(table.rows[rows], name, values(table, rows), REASON)


def _refuse_disorder(
    table: Table, start: str, end: str, first: np.ndarray, last: np.ndarray
) -> None:
    def values(table: Table, rows: np.ndarray) -> list[str]:
        return [f"{a} > {b}" for a, b in zip(_days(first[rows]), _days(last[rows]), strict=True)]

    table.put_aside(first > last, end, values, f"{end} is before {start}")


def _days(dates: np.ndarray) -> np.ndarray:
    return np.datetime_as_string(dates.astype("datetime64[D]"))
