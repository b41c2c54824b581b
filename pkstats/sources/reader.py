"""`read`: one verb for every publisher, driven by the layouts."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pkstats.cache import as_path
from pkstats.sources import keys, lists, orders, parse, shape, siblings, times, years
from pkstats.sources.blanks import check_column, emptied, needed
from pkstats.sources.cells import nulls, spell
from pkstats.sources.layout import Field, Layout, layout
from pkstats.sources.opening import Opened, open_file
from pkstats.sources.report import Report
from pkstats.sources.table import Table, from_frame


def read(kind: str, path: str | Path) -> tuple[pd.DataFrame, Report]:
    """Read a publisher's file into a tidy frame and a report.

    Parameters
    ----------
    kind : str
        Which publisher's layout to expect, e.g. ``"kathman"``; see `pkstats.sources.layout_names`.
    path : str or Path
        The file as published: CSV (also gzip, zip, UTF-16, Latin-1), Excel or Stata.

    Returns
    -------
    frame : DataFrame
        Tidy columns with the source's own mission labels and country codes.
    report : Report
        Rows read = rows kept + rows set aside, each with file, row, column, value and reason.

    Raises
    ------
    UnknownTable
        When there is no such reader.
    UnreadableFile
        When the file is missing, empty, truncated, too large or not of the expected format.
    NoRows
        When no row can be kept; says the commonest reason and carries the `report`.
    WrongColumns
        When the columns are not the reader's; names what is missing and which reader would fit.
    """
    plan = layout(kind)
    path = as_path(path)
    opened = open_file(path, plan)
    siblings.check_object(opened.inside, plan, path.name)
    report = Report(kind, path.name, opened.read)
    report.notes.extend(opened.notes)
    _put_broken_aside(opened, report)
    cells, rows = shape.drop_tags(opened.cells, opened.rows, report)
    table = _parse(orders.settled(cells, plan, report), plan, rows, report)
    table = _settle(table, plan)
    siblings.check_rows(table, plan)
    keys.check_order(table, plan)
    keys.check_key(table, plan)
    report.close(table.rows[table.good])
    return shape.melt_years(table, plan).frame(), report


def _settle(table: Table, plan: Layout) -> Table:
    """Let the layout's module, if any, settle what TOML cannot say."""
    if not plan.module:
        return table
    hooks: Any = importlib.import_module(f"pkstats.sources.{plan.module}")
    if hasattr(hooks, "settle"):
        hooks.settle(table, plan)
        return table
    report = table.report
    return from_frame(hooks.tidy(table.frame(numbered=True), plan, report), report)


def _put_broken_aside(opened: Opened, report: Report) -> None:
    """Set aside lines that are no rows of the table."""
    broken = opened.broken
    if broken:
        report.put_aside(
            [line.row for line in broken],
            "",
            [line.text for line in broken],
            [line.reason for line in broken],
        )


def _parse(cells: dict[str, Any], plan: Layout, rows: np.ndarray, report: Report) -> Table:
    """Parse every field.

    A row is set aside, once, when a needed cell is unreadable or a required one is lacking; any
    other unreadable cell is missing.
    """
    table = Table({}, rows, report)
    fields = shape.widened(plan, cells)
    families = _parse_families(plan, cells)
    for field in fields:
        if field.name not in cells:
            report.note(
                f"column {field.column[0]!r} is not in this release: {field.name} is missing"
            )
            table[field.name] = times.nothing(field, len(rows))
            continue
        parsed = families.get(field.name) or _parse_field(field, cells)
        table[field.name] = parsed.values
        if parsed.bad is not None and parsed.bad.any():
            _refuse(parsed, field, cells, table, plan)
        if field.required:
            empty = _empty(parsed)
            if empty is not None:
                _set_aside(empty, "no value", field, cells, table)
    return table


def _empty(parsed: parse.Parsed) -> np.ndarray | None:
    """Return which cells have no value to read; None when each has one."""
    values = parsed.values
    if isinstance(values, pa.Array) and not values.null_count:
        return None
    empty = nulls(values) if isinstance(values, pa.Array) else np.asarray(pd.isna(values))
    return empty if parsed.bad is None else empty & ~parsed.bad


def _parse_families(plan: Layout, cells: dict[str, Any]) -> dict[str, parse.Parsed]:
    """Parse a text file's columns that are under the same rules at once."""
    families: dict[tuple[int, int], list[Field]] = {}
    for number, group in enumerate(shape.alike(plan, cells)):
        for field in group:
            column = cells.get(field.name)
            if isinstance(column, pa.Array):
                families.setdefault((number, column.type.id), []).append(field)
    found: dict[str, parse.Parsed] = {}
    for family in families.values():
        names = [field.name for field in family]
        columns = [cells[name] for name in names]
        together = pa.concat_arrays(columns) if len(columns) > 1 else columns[0]
        parsed = _parse_column(together, family[0])
        length = len(cells[names[0]])
        some = parsed.bad is not None and parsed.bad.any()
        for place, name in enumerate(names):
            part = slice(place * length, (place + 1) * length)
            bad = parsed.bad[part] if some and parsed.bad is not None else None
            found[name] = parse.Parsed(parsed.values[part], bad, parsed.reason)
    return found


def _parse_field(field: Field, cells: dict[str, Any]) -> parse.Parsed:
    column = cells[field.name]
    if field.dtype == "month":
        months = cells.get(f"{field.name}:month")
        return years.within(times.parse_month(column, field, months), field)
    return _parse_column(column, field)


def _parse_column(column: Any, field: Field) -> parse.Parsed:
    match field.dtype:
        case "text":
            return parse.parse_text(column, field)
        case "flag":
            return parse.parse_flag(column, field)
        case "date":
            return years.within(times.parse_date(column, field), field)
        case "list" | "first" | "count":
            return lists.parse_list(column, field)
    return parse.parse_number(column, field)


def _refuse(
    parsed: parse.Parsed, field: Field, cells: dict[str, Any], table: Table, plan: Layout
) -> None:
    """Set aside the rows of unreadable cells, or leave the cells missing where rows can do so."""
    bad: Any = parsed.bad
    if needed(field, plan):
        _set_aside(bad, parsed.reason, field, cells, table)
        # What cannot be read must not reach the sums of a layout's module.
        table[field.name] = emptied(parsed.values, bad)
        return

    def stated(rows: np.ndarray) -> list[str]:
        return _stated(field, cells, rows)

    example = stated(np.flatnonzero(bad)[:1])[0]
    check_column(parsed, field.column[0], example, table.report.file, plan)

    def reason(value: str) -> str:
        return parse.spell_reason(parsed.reason, value)

    table.blank(bad, field.name, field.column[0], stated, reason)


def _set_aside(
    bad: np.ndarray, reason: str, field: Field, cells: dict[str, Any], table: Table
) -> None:
    def values(table: Table, rows: np.ndarray) -> list[str]:
        return _stated(field, cells, rows)

    def reasons(table: Table, rows: np.ndarray, stated: list[str]) -> list[str]:
        return [parse.spell_reason(reason, value) for value in stated]

    table.put_aside(bad, field.column[0], values, reasons)


def _stated(field: Field, cells: dict[str, Any], rows: np.ndarray) -> list[str]:
    """Return the cells of some rows as the file has them."""
    stated = _values(cells[field.name], rows)
    if f"{field.name}:month" not in cells:
        return stated
    months = _values(cells[f"{field.name}:month"], rows)
    return [f"{year}, {month}" for year, month in zip(stated, months, strict=True)]


def _values(column: Any, positions: np.ndarray) -> list[str]:
    if isinstance(column, pd.Series):
        return [str(value) for value in column.iloc[positions]]
    return [str(spell(value)) for value in column.take(pa.array(positions)).to_pylist()]
