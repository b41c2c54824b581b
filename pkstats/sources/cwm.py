"""Civil War Mediation: dates known to the day, the month or the year; names in two encodings."""

from __future__ import annotations

import calendar
import datetime
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkstats.sources import times
from pkstats.sources.cells import TEXT, encode, find
from pkstats.sources.keys import repeats
from pkstats.sources.layout import Field

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table

DATE = re.compile(r"(\d{0,2}|\?+)/(\d{0,2}|\?+)/(\d{4}|\d\d)(\?*)")
REASON = "expected a date like 5/17/83, 5//1983 or //1983"
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

    table.put_aside(
        repeats(table, ["third_party", "begin_date", *table]), "", country, "repeats an earlier row"
    )
    read = _read_dates(table, options["spans"], options["latest_year"])
    for start, end in options["spans"]:
        for name in (start, end):
            _refuse_unread(table, name, read[name].bad)
        _refuse_disorder(table, start, end, read)
    columns: dict[str, Any] = {"mediation_id": pd.array(table.rows, dtype="Int64")}
    for name in table:
        columns[name] = read[name].dates if name in read else table[name]
        if name in read:
            columns[name.replace("_date", "_precision")] = read[name].precision
    table.columns = columns
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
    precision = "day" if day.isdigit() else "month"
    if not month.isdigit():
        precision, month, day = "year", "12" if last else "1", ""
    try:
        length = calendar.monthrange(year, int(month))[1]
        number = int(day) if day.isdigit() else (length if last else 1)
        date = datetime.date(year, int(month), number)
    except ValueError:
        return None, None, False
    if not 1900 <= year <= latest_year:
        return None, None, False
    return date, precision, bool(doubt)


def _read_dates(table: Table, spans: list[list[str]], latest_year: int) -> dict[str, Dates]:
    """Return what the date columns say; each distinct spelling is read once."""
    names = [name for span in spans for name in span]
    ends = {end for _, end in spans}
    every, spellings = encode(pa.concat_arrays([table[name] for name in names]))
    field = Field("date", ("date",), "date", formats=("%m/%d/%y",), latest_year=latest_year)
    whole = np.append(times.read_dates(spellings, field), times.NOT_A_TIME)
    texts = spellings.to_pylist()
    others = np.flatnonzero(np.isnat(whole[:-1]))
    known, found = pa.array(PRECISIONS, TEXT), {}
    for name, places in zip(names, every.reshape(len(names), len(table)), strict=True):
        dates, precisions = whole.copy(), np.zeros(len(whole), dtype="int8")
        precisions[-1] = PRECISIONS.index(None)
        for place in others[np.isin(others, places)].tolist():
            date, precision, doubtful = partial_date(texts[place], name in ends, latest_year)
            dates[place], precisions[place] = date, PRECISIONS.index(precision)
            if doubtful and ((places == place) & table.good).any():
                table.report.note(f"{name} {texts[place]!r} is marked as doubtful and kept")
        bad = np.isnat(dates[places]) & (places >= 0)
        words = known.take(pa.array(precisions[places]))
        found[name] = Dates(dates[places], words, bad)
    return found


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
    mended = 0
    for name in ("side_b", "third_party"):
        wrong = find(table[name], spellings)
        if not wrong:
            continue
        pattern = "|".join(map(re.escape, wrong))
        found = pc.fill_null(pc.match_substring_regex(table[name], pattern), False)
        cells = table[name].filter(found).to_pylist()
        mended += sum(cell.count(letters) for cell in cells for letters in wrong)
        for letters in wrong:
            cells = [cell.replace(letters, spellings[letters]) for cell in cells]
        table[name] = pc.replace_with_mask(table[name], found, pa.array(cells, TEXT))
    if mended:
        table.report.note(f"{mended} names garbled by mixed encodings were mended")
