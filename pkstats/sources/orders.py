"""Day/month/year or month/day/year: the order that a file's own dates prove, or none.

A spreadsheet rewrites dates in the style of its computer. A cell such as ``15/02/1990`` proves that
days come first, ``02/15/1990`` that months do; ``03/02/1990`` proves nothing and is read as the others
of its file are. A file that proves both orders is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from pkstats.errors import UnreadableFile
from pkstats.sources.cells import TEXT, encode, spread
from pkstats.sources.digits import full_year

if TYPE_CHECKING:
    from pkstats.sources.layout import Field, Layout
    from pkstats.sources.report import Report

WRITTEN = re.compile(
    r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d\d)"
    r"(?: \d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?)?",
    re.ASCII,
)
ORDERS = {"dm": "day/month/year", "md": "month/day/year"}
MONTHS = 12
# Of the cells that prove an order, one in so many may be a slip of the pen.
SLIP = 20
# So many different cells must speak against the order that a layout names.
PROOFS = 3


class Style(NamedTuple):
    """How dates in digits are written, but for the order: the mark and the digits of the year."""

    mark: str
    year_digits: int


class Column(NamedTuple):
    """A column of dates: its distinct spellings, where they stand, and those in digits."""

    field: Field
    places: np.ndarray
    texts: list[str]
    written: dict[int, re.Match[str]]


def settled(cells: dict[str, Any], plan: Layout, report: Report) -> dict[str, Any]:
    """Return cells with dates in an order that the layout does not name as year-month-day.

    Parameters
    ----------
    cells : dict of str to array
        Columns of the file by tidy name.
    plan : Layout
    report : Report
        Receives a note for each column whose order the data told.

    Raises
    ------
    UnreadableFile
        When the dates of the file prove both orders.
    """
    columns = list(_columns(cells, plan))
    proofs: dict[Style, dict[str, Counter[str]]] = {}
    for column in columns:
        for place, match in column.written.items():
            order = _proof(match)
            if order:
                count = int((column.places == place).sum())
                orders = proofs.setdefault(_style(match), {key: Counter() for key in ORDERS})
                orders[order][column.texts[place]] += count
    proven = {style: _order(found, report.file) for style, found in proofs.items()}
    weak = {style for style, order in proven.items() if len(proofs[style][order]) < PROOFS}
    rewritten = {}
    for column in columns:
        words = _rewritten(column, proven, weak, report)
        if words is not None:
            rewritten[column.field.name] = words
    return {**cells, **rewritten}


def _columns(cells: Mapping[str, Any], plan: Layout) -> Iterable[Column]:
    for field in plan.fields:
        column = cells.get(field.name)
        if field.dtype not in ("date", "month") or field.month_column or column is None:
            continue
        if isinstance(column, pd.Series) and not isinstance(
            column.dtype, (pd.StringDtype, np.dtypes.ObjectDType)
        ):
            continue
        places, spellings = encode(column)
        texts = [text or "" for text in spellings.to_pylist()]
        found = {place: WRITTEN.fullmatch(text) for place, text in enumerate(texts)}
        written = {place: match for place, match in found.items() if match}
        if written:
            yield Column(field, places, texts, written)


def _style(match: re.Match[str]) -> Style:
    return Style(match[2], len(match[4]))


def _proof(match: re.Match[str]) -> str:
    """Return the only order in which a cell is a date; nothing when both or none will do."""
    first, second = int(match[1]), int(match[3])
    if first > MONTHS >= second >= 1 and first <= 31:
        return "dm"
    return "md" if second > MONTHS >= first >= 1 and second <= 31 else ""


def _order(found: Mapping[str, Counter[str]], file: str) -> str:
    counts = {order: cells.total() for order, cells in found.items()}
    most = max(counts, key=lambda order: counts[order])
    few = sum(counts.values()) - counts[most]
    if few * SLIP > sum(counts.values()):
        examples = {order: next(iter(cells)) for order, cells in found.items()}
        raise UnreadableFile(
            f"{file}: its dates mix two orders: {examples['dm']!r} is day/month/year, "
            f"{examples['md']!r} month/day/year, so what one like '03/04/2001' means cannot be told. "
            "A spreadsheet may have rewritten them: use the file as published."
        )
    return most


def _named(field: Field, style: Style, order: str) -> bool:
    """Tell whether the layout itself names dates in this style and order."""
    year = "%Y" if style.year_digits == 4 else "%y"
    day = style.mark.join([*(f"%{part}" for part in order), year])
    return any(pattern.partition(" ")[0] == day for pattern in field.formats)


def _rewritten(
    column: Column, proven: Mapping[Style, str], weak: Collection[Style], report: Report
) -> pa.Array | None:
    """Return the column with its dates as year-month-day; None where the layout reads them.

    Against the order that the layout names, `weak` proofs count for nothing.
    """
    words, told = list(column.texts), set()
    for place, match in column.written.items():
        style = _style(match)
        order = proven.get(style, "")
        short = style.year_digits == 2 and column.field.latest_year is None
        named = [known for known in ORDERS if _named(column.field, style, known)]
        if not order or short or order in named or (named and style in weak):
            continue
        day, month = (int(match[1]), int(match[3]))[:: 1 if order == "dm" else -1]
        year = (
            full_year(int(match[4]), column.field.latest_year)
            if len(match[4]) == 2
            else int(match[4])
        )
        try:
            words[place] = date(year, month, day).isoformat()
        except ValueError:
            continue
        told.add(order)
    if not told:
        return None
    for order in sorted(told):
        report.note(
            f"dates in {column.field.column[0]!r} are {ORDERS[order]}, as those show that can be "
            "nothing else"
        )
    return spread(pa.array(words, TEXT), column.places)
