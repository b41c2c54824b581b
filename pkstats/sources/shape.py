"""Shapes in which tables come: lines above the header, tags below it, a column per year."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkstats.sources import text
from pkstats.sources.layout import Field, Layout, layout
from pkstats.sources.records import LINE_END
from pkstats.sources.report import Report
from pkstats.sources.table import Table

YEAR = re.compile(r"^(\d{4})(?: \[YR\1\])?$", re.IGNORECASE)
PREAMBLE = 40
# A line below the first is the header only when it holds this share of the wanted columns.
LATER_HEADER = 0.5
TOGETHER = ("text", "flag", "integer", "number", "date")
RULES = attrgetter(
    *("dtype", "missing", "empty", "minimum", "maximum"),
    *("decimal", "allowed", "strip", "upper", "lower", "formats", "latest_year"),
)


class Head(NamedTuple):
    """Delimited text from its header on, the header's cells and the delimiter."""

    content: bytes
    header: list[str]
    delimiter: str


def find_header(
    content: bytes, overlap: Callable[[set[str]], float], notes: list[str], name: str
) -> Head:
    """Find the header of delimited text, when the publisher wrote lines above it, too.

    Parameters
    ----------
    content : bytes
        UTF-8 text.
    overlap : callable
        Share of the wanted columns that a line's cells (lower case) hold. The first line is the
        header unless another of the first 40 holds half of them, and more than it.
    notes : list of str
        Receives a remark when lines were skipped.
    name : str
        The file, for messages.
    """
    start, best, chosen = 0, -1.0, (0, 0, [""], ",")
    for number in range(PREAMBLE):
        found = LINE_END.search(content, start)
        line = content[start : found.start() if found else len(content)]
        cells, delimiter = text.sniff(line, overlap, name)
        score = overlap(text.folded(cells))
        if is_header(score, best, first=number == 0):
            best, chosen = score, (number, start, cells, delimiter)
        if best == 1 or not found:
            break
        start = found.end()
    lines, start, header, delimiter = chosen
    if lines:
        notes.append(f"{lines} lines above the header were skipped")
        content = content[start:]
    found = LINE_END.search(content)
    if content.count(b'"', 0, found.start() if found else len(content)) % 2:
        # A column's name goes on in the next line.
        header, delimiter = text.sniff(content, overlap, name)
    return Head(content, header, delimiter)


def is_header(score: float, best: float, first: bool) -> bool:
    """Tell whether a line that holds a share of the wanted columns is a header, and the best yet."""
    return first or score > max(best, LATER_HEADER - 1e-9)


def drop_tags(
    cells: dict[str, Any], rows: np.ndarray, report: Report
) -> tuple[dict[str, Any], np.ndarray]:
    """Set aside the row of HXL tags (`#country+code`) that humanitarian files have on top."""
    if not len(rows):
        return cells, rows
    filled = []
    for column in cells.values():
        cell = str(column.iloc[0] if hasattr(column, "iloc") else column[0]).strip()
        if cell not in ("", "None", "nan"):
            if not cell.startswith("#"):
                return cells, rows
            filled.append(cell)
    if not filled:
        return cells, rows
    report.put_aside(rows[:1], "", [", ".join(filled)[:80]], "row of HXL tags, not data")
    return {name: column[1:] for name, column in cells.items()}, rows[1:]


def plain_numbers(plan: Layout, columns: Mapping[str, str]) -> tuple[list[str], tuple[str, ...]]:
    """Return the file's columns of plain numbers and the spellings of "no value" they share.

    `columns` maps tidy names to the file's columns. A column that is also read as text, or whose
    missing codes differ from the most common ones, is not plain.
    """
    return _plain_numbers(plan.kind, tuple(columns.items()))


@lru_cache
def _plain_numbers(
    kind: str, columns: tuple[tuple[str, str], ...]
) -> tuple[list[str], tuple[str, ...]]:
    fields = {field.name: field for field in layout(kind).fields}
    spellings: dict[str, tuple[str, ...]] = {}
    others = set()
    for name, column in columns:
        field = fields[name.partition(":")[0]]
        if field.dtype in ("integer", "number") and field.decimal == ".":
            spellings[column] = field.missing
        else:
            others.add(column)
    counts = Counter(spellings.values())
    missing = counts.most_common(1)[0][0] if counts else ()
    plain = [name for name, spelled in spellings.items() if spelled == missing]
    return [name for name in plain if name not in others], missing


def year_columns(header: Iterable[str], name: str) -> dict[str, str]:
    """Return `name:1960` → the file's column, for every column that is a year."""
    found = ((YEAR.match(column.strip()), column) for column in header)
    return {f"{name}:{match[1]}": column for match, column in found if match}


def widened(plan: Layout, cells: dict[str, Any]) -> Iterable[Field]:
    """Return the fields with one field per year in place of a field of wide years."""
    return _widened(plan.kind, _years(plan, cells))


def alike(plan: Layout, cells: dict[str, Any]) -> tuple[tuple[Field, ...], ...]:
    """Return the fields, but for months and codes, in groups that are read by the same rules."""
    return _alike(plan.kind, _years(plan, cells))


def _years(plan: Layout, cells: dict[str, Any]) -> tuple[str, ...]:
    if not any(field.wide_years for field in plan.fields):
        return ()
    return tuple(name for name in cells if ":" in name)


@lru_cache
def _alike(kind: str, names: tuple[str, ...]) -> tuple[tuple[Field, ...], ...]:
    groups: dict[tuple[Any, ...], list[Field]] = {}
    for field in _widened(kind, names):
        if field.dtype in TOGETHER and not field.labels:
            groups.setdefault(RULES(field), []).append(field)
    return tuple(map(tuple, groups.values()))


@lru_cache
def _widened(kind: str, names: tuple[str, ...]) -> tuple[Field, ...]:
    out: list[Field] = []
    for field in layout(kind).fields:
        if not field.wide_years:
            out.append(field)
            continue
        years = [name for name in names if name.startswith(f"{field.name}:")]
        plain = replace(field, wide_years=False)
        out += [replace(plain, name=name, column=(name.partition(":")[2],)) for name in years]
    return tuple(out)


def melt_years(table: Table, plan: Layout) -> Table:
    """Turn one column per year into one row per filled cell, with `year` and the field's value."""
    wide = next((field.name for field in plan.fields if field.wide_years), None)
    if wide is None:
        return table
    names = [name for name in table if name.startswith(f"{wide}:")]
    years = np.array([int(name.partition(":")[2]) for name in names], dtype="int64")
    values = np.column_stack([table[name] for name in names])
    filled = ~np.isnan(values)
    if not table.good.all():
        filled &= table.good[:, None]
    counts, chosen = np.count_nonzero(filled, axis=1), np.flatnonzero(filled)
    bare = int((table.good & (counts == 0)).sum())
    if bare:
        table.report.note(f"{bare:,} rows have no value in any year")
    gone, columns = set(names), {}
    some = counts > 0
    runs, several = pa.array(np.cumsum(counts[some])), pa.array(some)
    for name, cells in table.columns.items():
        if name in gone:
            continue
        if isinstance(cells, pa.Array):
            words = pa.RunEndEncodedArray.from_arrays(runs, cells.filter(several))
            columns[name] = pc.run_end_decode(words)
        else:
            columns[name] = cells.repeat(counts)
    empty = np.zeros(len(chosen), dtype=bool)
    year = np.tile(years.astype("uint16"), len(table)).take(chosen).astype("int64")
    columns["year"] = pd.arrays.IntegerArray(year, empty)
    columns[wide] = values.take(chosen)
    return Table(columns, table.rows.repeat(counts), table.report)
