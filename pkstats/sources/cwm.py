"""Civil War Mediation: dates known to the day, the month or the year; names in two encodings."""

from __future__ import annotations

import datetime
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkstats.sources import times
from pkstats.sources.cells import TEXT, beyond_ascii, nulls
from pkstats.sources.keys import repeats
from pkstats.sources.layout import Field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table

DATE = re.compile(r"(\d{0,2}|\?+)/(\d{0,2}|\?+)/(\d{4}|\d\d)(\?*)")
REASON = "expected a date like 5/17/83, 5//1983 or //1983"
# From the first of a month, so many days lead into the next.
MONTH, DAY = datetime.timedelta(31), datetime.timedelta(1)
EPOCH = datetime.date(1970, 1, 1).toordinal()
# These columns tell most rows apart.
TELLING = ("side_b", "begin_date", "episode_start_date")
PRECISIONS = ("day", "month", "year", None)


class Dates(NamedTuple):
    """A column's dates, how precise each is (text), and which cells give none."""

    dates: np.ndarray
    precision: pa.Array
    bad: np.ndarray


def settle(table: Table, plan: Layout) -> None:
    """Mend garbled names, set repeats aside, read the dates and number the rows."""
    options = plan.options or {}
    _spell(table, options["spellings"])

    def country(table: Table, rows: np.ndarray) -> Any:
        return table.at("country", rows)

    table.put_aside(repeats(table, [*TELLING, *table]), "", country, "repeats an earlier row")
    read = _read_dates(table, options["spans"], options["latest_year"])
    for start, end in options["spans"]:
        for name in (start, end):
            _refuse_unread(table, name, read[name].bad)
        _refuse_disorder(table, start, end, read)
    columns: dict[str, Any] = {
        "mediation_id": pd.arrays.IntegerArray(table.rows, np.zeros(len(table), bool))
    }
    for name in table:
        columns[name] = read[name].dates if name in read else table[name]
        if name in read:
            columns[name.replace("_date", "_precision")] = read[name].precision
    table.columns, table.keyed = columns, True
    denied = ~table["mediated"].to_numpy(bool, na_value=True)
    odd = int((denied & ~np.isnat(table["begin_date"]) & table.good).sum())
    if odd:
        table.report.note(f"{odd} rows are coded as not mediated but give a beginning")


def partial_date(
    text: str, last: bool, latest_year: int
) -> tuple[datetime.date | None, str | None, bool]:
    """Read a date whose day or month may be unknown.

    Parameters
    ----------
    text : str
        Such as ``"5/17/83"``, ``"5//1983"``, ``"//1983"`` or ``"?/?/1983"``.
    last : bool
        Whether an unknown part stands for its end (the last day) or its beginning.
    latest_year : int
        Two-digit years after it belong to the previous century.

    Returns
    -------
    date : date or None
        None when the text cannot be read.
    precision : {"day", "month", "year"} or None
    doubtful : bool
        Whether the publisher put a question mark behind the date.
    """
    match = DATE.fullmatch(text)
    if match is None:
        return None, None, False
    month, day, year_text, doubt = match.groups()
    year = int(year_text)
    if len(year_text) == 2:
        year += 1900 if 2000 + year > latest_year else 2000
    if not 1900 <= year <= latest_year:
        return None, None, False
    precision = "day" if day.isdigit() else "month"
    if not month.isdigit():
        precision, month, day = "year", "12" if last else "1", ""
    try:
        date = datetime.date(year, int(month), int(day) if day.isdigit() else 1)
    except ValueError:
        return None, None, False
    if last and not day.isdigit():
        date = (date + MONTH).replace(day=1) - DAY
    return date, precision, bool(doubt)


def _read_dates(table: Table, spans: list[list[str]], latest_year: int) -> dict[str, Dates]:
    """Return what the date columns say; those without a day are read one by one."""
    names, length = [name for span in spans for name in span], len(table)
    every = pa.concat_arrays([table[name] for name in names])
    field = Field("date", ("date",), "date", formats=("%m/%d/%y",), latest_year=latest_year)
    dates = times.read_dates(every, field)
    filled = ~nulls(every)
    precisions = np.where(filled, PRECISIONS.index("day"), PRECISIONS.index(None))
    others = np.flatnonzero(np.isnat(dates) & filled)
    texts = every.take(pa.array(others)).to_pylist()
    last = np.array([any(name == end for _, end in spans) for name in names])
    pairs = [*zip(texts, last[others // length].tolist(), strict=True)]
    order = {pair: place for place, pair in enumerate(dict.fromkeys(pairs))}
    places = np.array([order[pair] for pair in pairs], dtype="int64")
    read = [partial_date(*pair, latest_year) for pair in order]
    dates[others] = _times(date for date, *_ in read)[places]
    exact = [PRECISIONS.index(precision) for _, precision, _ in read]
    precisions[others] = np.array(exact, dtype="int64")[places]
    doubtful = np.array([doubt for *_, doubt in read], dtype=bool)[places]
    for place in np.flatnonzero(doubtful):
        if table.good[others[place] % length]:
            name = names[others[place] // length]
            table.report.note(f"{name} {texts[place]!r} is marked as doubtful and kept")
    bad = np.isnat(dates) & filled
    words = pa.array(PRECISIONS, TEXT).take(pa.array(precisions))
    parts = [slice(place * length, (place + 1) * length) for place in range(len(names))]
    return {
        name: Dates(dates[part], words[part], bad[part])
        for name, part in zip(names, parts, strict=True)
    }


def _times(dates: Iterable[datetime.date | None]) -> np.ndarray:
    """Return dates as NumPy's, which takes longer to look at dates than at numbers of days."""
    days = np.array([date.toordinal() if date else 0 for date in dates], dtype="int64")
    known = (days - EPOCH).astype("datetime64[D]").astype(times.SECONDS)
    return np.where(days > 0, known, times.NOT_A_TIME)


def _refuse_unread(table: Table, name: str, bad: np.ndarray) -> None:
    def values(table: Table, rows: np.ndarray) -> Any:
        return table.at(name, rows)

    table.put_aside(bad, name, values, REASON)


def _refuse_disorder(table: Table, start: str, end: str, read: dict[str, Dates]) -> None:
    first, final = read[start].dates, read[end].dates

    def values(table: Table, rows: np.ndarray) -> list[str]:
        return [f"{a} > {b}" for a, b in zip(_days(first[rows]), _days(final[rows]), strict=True)]

    table.put_aside(first > final, end, values, f"{end} is before {start}")


def _days(dates: np.ndarray) -> np.ndarray:
    return np.datetime_as_string(dates.astype("datetime64[D]"))


def _spell(table: Table, spellings: dict[str, str]) -> None:
    """Mend garbled names; each holds a letter beyond ASCII, which few cells do."""
    mended = 0
    for name in ("side_b", "third_party"):
        rows = beyond_ascii(table[name])
        if not len(rows):
            continue
        cells = table[name].take(pa.array(rows)).to_pylist()
        for letters, right in spellings.items():
            mended += sum(cell.count(letters) for cell in cells if cell)
            cells = [cell and cell.replace(letters, right) for cell in cells]
        found = np.zeros(len(table), dtype=bool)
        found[rows] = True
        table[name] = pc.replace_with_mask(table[name], found, pa.array(cells, TEXT))
    if mended:
        table.report.note(f"{mended} names garbled by mixed encodings were mended")
