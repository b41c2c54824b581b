"""`read`: one verb for every publisher, driven by the layouts."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pkstats.sources import keys, parse, shape, times
from pkstats.sources.layout import Field, Layout, layout
from pkstats.sources.opening import Opened, open_file
from pkstats.sources.report import Report


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
        When the file is missing, empty, truncated or not of the expected format.
    WrongColumns
        When the columns are not the reader's; names what is missing and which reader would fit.
    """
    plan = layout(kind)
    path = Path(path)
    opened = open_file(path, plan)
    report = Report(kind, path.name, opened.read)
    report.notes.extend(opened.notes)
    _put_lines_aside(opened, report)
    cells, rows = shape.drop_tags(opened.cells, opened.rows, report)
    hooks: Any = importlib.import_module(f"pkstats.sources.{plan.module}") if plan.module else None
    columns, good = _parse(cells, plan, rows, report)
    if hasattr(hooks, "combine"):
        columns = hooks.combine(columns, plan)
    frame = pd.DataFrame(columns, copy=False)
    frame = frame if good.all() else frame[good]
    if hasattr(hooks, "tidy"):
        frame = hooks.tidy(frame, plan, report)
    frame = keys.check_order(frame, plan, report)
    frame = keys.check_key(frame, plan, report)
    frame = shape.melt_years(frame, plan, report)
    if not len(frame):
        report.note("no row was kept")
    del frame["_row"]
    frame.index = pd.RangeIndex(len(frame))
    return frame, report


def _put_lines_aside(opened: Opened, report: Report) -> None:
    """Set aside lines with more or fewer cells than the header."""
    lines = opened.bad_lines
    if lines:
        report.put_aside(
            [line.number - 1 for line in lines],
            "",
            [line.text[:80] for line in lines],
            [
                f"expected {line.expected_columns} cells, found {line.actual_columns}"
                for line in lines
            ],
        )


def _parse(
    cells: dict[str, Any], plan: Layout, rows: np.ndarray, report: Report
) -> tuple[dict[str, Any], np.ndarray]:
    """Parse every field; a row with an unreadable or lacking required cell is set aside once."""
    columns: dict[str, Any] = {"_row": rows}
    good = np.ones(len(rows), dtype=bool)
    fields = shape.widened(plan.fields, cells)
    families = _parse_families(fields, cells)
    for field in fields:
        if field.name not in cells:
            report.note(
                f"column {field.column[0]!r} is not in this release: {field.name} is missing"
            )
            columns[field.name] = times.nothing(field, len(rows))
            continue
        parsed = families.get(field.name) or _parse_field(field, cells)
        columns[field.name] = parsed.values
        good = _set_aside(parsed.bad, parsed.reason, field, cells, rows, good, report)
        if field.required:
            empty = np.asarray(pd.isna(parsed.values)) & ~parsed.bad
            good = _set_aside(empty, "no value", field, cells, rows, good, report)
    return columns, good


def _parse_families(fields: list[Field], cells: dict[str, Any]) -> dict[str, parse.Parsed]:
    """Parse a text file's flags and numbers, those under the same rules at once."""
    families: dict[tuple[Any, ...], list[Field]] = {}
    for field in fields:
        column = cells.get(field.name)
        if field.dtype in ("flag", "integer", "number") and isinstance(column, pa.Array):
            rules = (field.minimum, field.maximum, field.decimal)
            key = (field.dtype, column.type, field.missing, field.empty, *rules)
            families.setdefault(key, []).append(field)
    found: dict[str, parse.Parsed] = {}
    for family in families.values():
        names = [field.name for field in family]
        parsed = parse.parse_together([cells[name] for name in names], family[0])
        found.update(zip(names, parsed, strict=True))
    return found


def _parse_field(field: Field, cells: dict[str, Any]) -> parse.Parsed:
    column = cells[field.name]
    match field.dtype:
        case "text":
            return parse.parse_text(column, field)
        case "flag":
            return parse.parse_flag(column, field)
        case "date":
            return times.parse_date(column, field)
        case "month":
            return times.parse_month(column, field, cells.get(f"{field.name}:month"))
    return parse.parse_number(column, field)


def _set_aside(
    bad: np.ndarray,
    reason: str,
    field: Field,
    cells: dict[str, Any],
    rows: np.ndarray,
    good: np.ndarray,
    report: Report,
) -> np.ndarray:
    if not bad.any():
        return good
    fresh = np.flatnonzero(bad & good)
    if len(fresh):
        column = cells[field.name]
        values = _values(column, fresh)
        if f"{field.name}:month" in cells:
            months = _values(cells[f"{field.name}:month"], fresh)
            values = [f"{year}, {month}" for year, month in zip(values, months, strict=True)]
        reasons = [parse.spell_reason(reason, value) for value in values]
        report.put_aside(rows[fresh], field.column[0], values, reasons)
    return good & ~bad


def _values(column: Any, positions: np.ndarray) -> list[str]:
    if isinstance(column, pd.Series):
        return [str(value) for value in column.iloc[positions]]
    return [str(parse.spell(value)) for value in column.take(pa.array(positions)).to_pylist()]
