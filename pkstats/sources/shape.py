"""Shapes in which tables come: lines above the header, tags below it, a column per year."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pkstats.sources import text
from pkstats.sources.layout import Field, Layout
from pkstats.sources.report import Report

YEAR = re.compile(r"^(\d{4})(?: \[YR\1\])?$")
PREAMBLE = 40


def skip_preamble(content: bytes, overlap: Callable[[set[str]], float], notes: list[str]) -> bytes:
    """Return delimited text from its header on, when the publisher wrote lines above it.

    Parameters
    ----------
    content : bytes
        UTF-8 text.
    overlap : callable
        Share of the wanted columns that a line's cells (lower case) hold. The best of the first
        40 lines is the header; the first line is, unless a later one is better.
    notes : list of str
        Receives a remark when lines were skipped.
    """
    start, best, header, lines = 0, 0.0, 0, 0
    for number in range(PREAMBLE):
        end = content.find(b"\n", start)
        line = content[start : end if end >= 0 else len(content)]
        score = overlap(text.folded(text.sniff(line, overlap)[0]))
        if score > best:
            best, header, lines = score, start, number
        if best == 1 or end < 0:
            break
        start = end + 1
    if lines:
        notes.append(f"{lines} lines above the header were skipped")
    return content[header:] if lines else content


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
    fields = {field.name: field for field in plan.fields}
    spellings: dict[str, tuple[str, ...]] = {}
    others = set()
    for name, column in columns.items():
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


def widened(fields: Iterable[Field], cells: dict[str, Any]) -> list[Field]:
    """Return the fields with one field per year in place of a field of wide years."""
    out: list[Field] = []
    for field in fields:
        if not field.wide_years:
            out.append(field)
            continue
        years = [name for name in cells if name.startswith(f"{field.name}:")]
        plain = replace(field, wide_years=False)
        out += [replace(plain, name=name, column=(name.partition(":")[2],)) for name in years]
    return out


def melt_years(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Turn one column per year into one row per filled cell, with `year` and the field's value."""
    wide = next((field.name for field in plan.fields if field.wide_years), None)
    if wide is None:
        return frame
    columns = [name for name in frame if name.startswith(f"{wide}:")]
    values = frame[columns].to_numpy("float64")
    years = np.array([int(name.partition(":")[2]) for name in columns], dtype="int64")
    filled = ~np.isnan(values)
    row, column = np.nonzero(filled)
    bare = int((~filled.any(axis=1)).sum())
    if bare:
        report.note(f"{bare:,} rows have no value in any year")
    out = frame[[name for name in frame if name not in set(columns)]].take(row)
    out["year"] = pd.array(years[column], dtype="Int64")
    out[wide] = values[row, column]
    return out
