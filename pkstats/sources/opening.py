"""From a path to a layout's columns, whatever kind of file it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from pkstats.errors import UnreadableFile
from pkstats.sources import files, shape, text
from pkstats.sources.columns import match, overlap, refuse

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout

R_SUFFIXES = {".rda", ".rds", ".rdata"}
EXCEL_SUFFIXES = {".xlsx", ".xls"}


class Opened(NamedTuple):
    """A file's wanted columns, its number of data rows, and which of them the columns hold."""

    cells: dict[str, Any]
    read: int
    rows: np.ndarray
    bad_lines: list[Any]
    notes: list[str]


def open_file(path: Path, plan: Layout) -> Opened:
    """Return the columns a layout wants of a CSV, Excel, Stata or R file."""
    suffix = path.suffix.lower()
    if suffix in R_SUFFIXES and path.is_file():
        return _from_frame(files.r_frame(path), plan, path)

    def score(header: set[str]) -> float:
        return overlap(plan.kind, header)

    def fit(beginning: bytes) -> float:
        return score(text.folded(shape.find_header(beginning, score, []).header))

    content = files.read_bytes(path, fit)
    if files.is_excel(content):
        if suffix in files.TEXT_SUFFIXES:
            raise UnreadableFile(
                f"{path.name} is an Excel workbook under a {suffix} name. "
                "Rename it to .xlsx, or save it as CSV (UTF-8)."
            )
        frame = files.excel_frame(content, plan.sheet, plan.header_row, path.name)
        return _from_frame(frame, plan, path)
    if suffix == ".dta":

        def choose(header: list[str]) -> list[str]:
            return list(dict.fromkeys(match(header, plan, path).values()))

        return _from_frame(files.stata_frame(content, path.name, choose), plan, path)
    notes: list[str] = []
    if suffix in EXCEL_SUFFIXES:
        notes.append(f"named {suffix}, but it is delimited text: read as CSV")
    content = text.to_utf8(content, path.name, notes)
    if plan.garbled:
        content = text.mended(content, plan.garbled, notes)
    return _from_text(shape.find_header(content, score, notes), plan, path, notes)


def _from_text(head: shape.Head, plan: Layout, path: Path, notes: list[str]) -> Opened:
    content, header, delimiter = head
    if len(header) < 2:
        refuse(header, [field.column[0] for field in plan.fields], plan, path)
    columns = match(header, plan, path)
    bad_lines: list[Any] = []
    try:
        table = text.arrow_text(
            content,
            list(dict.fromkeys(columns.values())),
            delimiter,
            bad_lines,
            *shape.plain_numbers(plan, columns),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError) as problem:
        raise UnreadableFile(
            f"{path.name} cannot be parsed as delimited text ({problem}). "
            "Check the delimiter and quotes, or download it again."
        ) from None
    text.check_quotes(content, delimiter, path.name, notes)
    count = table.num_rows + len(bad_lines)
    if not count:
        raise UnreadableFile(f"{path.name} has a header but no rows. Download it again.")
    rows = np.arange(1, count + 1)
    if bad_lines:
        rows = np.delete(rows, [line.number - 2 for line in bad_lines])
    whole = dict(zip(table.column_names, map(_joined, table.columns), strict=True))
    cells = {name: whole[column] for name, column in columns.items()}
    return Opened(cells, count, rows, bad_lines, notes)


def _joined(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _from_frame(frame: pd.DataFrame, plan: Layout, path: Path) -> Opened:
    header = [str(column) for column in frame.columns]
    columns = match(header, plan, path)
    if not len(frame):
        raise UnreadableFile(f"{path.name} has a header but no rows. Download it again.")
    cells = {name: frame.iloc[:, header.index(column)] for name, column in columns.items()}
    return Opened(cells, len(frame), np.arange(1, len(frame) + 1), [], [])
