"""From a path to a layout's columns, whatever kind of file it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from pkstats.errors import UnreadableFile
from pkstats.sources import beginnings, binary, files, limits, shape, text, workbooks
from pkstats.sources.columns import match, overlap, refuse
from pkstats.sources.records import Broken, split_records
from pkstats.text import cut

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout

R_SUFFIXES = {".rda", ".rds", ".rdata"}
EXCEL_SUFFIXES = {".xlsx", ".xls"}


class Opened(NamedTuple):
    """A file's wanted columns and the account of its rows.

    Attributes
    ----------
    cells : dict
        Tidy name → column of the rows that can be read.
    read : int
        Data rows of the file: lines of a text, rows of a sheet, records of a Stata or R file.
    rows : ndarray of int
        Which of them the columns hold (1 = first).
    broken : list of Broken
        The others, and why they cannot be read.
    notes : list of str
    inside : str
        The name of the sheet or of the R object that was read; empty otherwise.
    """

    cells: dict[str, Any]
    read: int
    rows: np.ndarray
    broken: list[Broken]
    notes: list[str]
    inside: str = ""


def open_file(path: Path, plan: Layout) -> Opened:
    """Return the columns a layout wants of a CSV, Excel, Stata or R file."""
    suffix = path.suffix.lower()

    def score(header: set[str]) -> float:
        return overlap(plan.kind, header)

    def fit(beginning: bytes) -> float:
        return score(text.folded(shape.find_header(beginning, score, [], path.name).header))

    if suffix in R_SUFFIXES:
        inside, frame = binary.r_frame(path, lambda header: score(text.folded(header)))
        return _from_frame(frame, plan, path)._replace(inside=inside)
    notes: list[str] = []
    content = files.read_bytes(path, fit)
    if files.is_excel(content):
        if suffix in files.TEXT_SUFFIXES:
            raise UnreadableFile(
                f"{path.name} is an Excel workbook under a {suffix} name. "
                "Rename it to .xlsx, or save it as CSV (UTF-8)."
            )
        return _from_workbook(content, plan, path, score)
    if suffix == ".dta":

        def choose(header: list[str]) -> list[str]:
            return list(dict.fromkeys(match(header, plan, path).values()))

        frame = binary.stata_frame(content, path.name, choose, notes)
        return _from_frame(frame, plan, path)._replace(notes=notes)
    beginnings.refuse_no_table(content, path.name)
    if suffix in EXCEL_SUFFIXES:
        notes.append(f"named {suffix}, but it is delimited text: read as CSV")
    content = text.to_utf8(content, path.name, notes)
    if plan.garbled:
        content = text.mended(content, plan.garbled, notes)
    return _from_text(shape.find_header(content, score, notes, path.name), plan, path, notes)


def _from_text(head: shape.Head, plan: Layout, path: Path, notes: list[str]) -> Opened:
    content, header, delimiter = head
    if len(header) < 2:
        refuse(header, [field.column[0] for field in plan.fields], plan, path)
    columns = match(header, plan, path)
    records = split_records(content, delimiter, path.name)
    if not records.total:
        raise UnreadableFile(f"{path.name} has a header but no rows. Download it again.")
    try:
        table = text.arrow_text(
            records.content,
            list(dict.fromkeys(columns.values())),
            delimiter,
            *shape.plain_numbers(plan, columns),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError) as problem:
        raise UnreadableFile(
            f"{path.name} cannot be parsed as delimited text ({cut(problem)}). "
            "Check the delimiter and quotes, or download it again."
        ) from None
    _check_count(table.num_rows, records.total, records.broken, path)
    if records.inner_quotes:
        notes.append(
            f"{records.inner_quotes:,} cells hold a stray quotation mark, kept as a letter"
        )
    text.note_lost_letters(content, notes)
    whole = dict(zip(table.column_names, map(_joined, table.columns), strict=True))
    cells = {name: whole[column] for name, column in columns.items()}
    return Opened(
        cells, records.total, _numbers(records.total, records.broken), records.broken, notes
    )


def _check_count(found: int, count: int, broken: list[Broken], path: Path) -> None:
    """Refuse a file of which the parser sees other rows than its lines hold."""
    if found != count - len(broken):
        raise UnreadableFile(
            f"{path.name}: its lines hold {count - len(broken):,} rows that can be read, but the "
            f"parser finds {found:,}. Check the quotation marks, or download it again."
        )


def _numbers(count: int, broken: list[Broken]) -> np.ndarray:
    """Return the numbers of the rows that are not broken."""
    return np.delete(np.arange(1, count + 1), [line.row - 1 for line in broken])


def _joined(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _from_workbook(
    content: bytes, plan: Layout, path: Path, score: Callable[[set[str]], float]
) -> Opened:
    import pandas as pd

    columns: dict[str, str] = {}

    def choose(header: list[str]) -> list[str]:
        columns.update(match(header, plan, path))
        return list(columns.values())

    sheet = workbooks.read_sheet(content, plan.sheet, path.name, score, choose)
    if not sheet.total:
        raise UnreadableFile(f"{path.name} has a header but no rows. Download it again.")
    notes = [f"{sheet.above} lines above the header were skipped"] if sheet.above else []
    found = {
        name: pd.Series(cells, dtype="object").infer_objects()
        for name, cells in sheet.columns.items()
    }
    cells = {name: found[column] for name, column in columns.items()}
    rows = _numbers(sheet.total, sheet.broken)
    _check_count(len(next(iter(cells.values()))), sheet.total, sheet.broken, path)
    return Opened(cells, sheet.total, rows, sheet.broken, notes, sheet.name)


def _from_frame(frame: pd.DataFrame, plan: Layout, path: Path) -> Opened:
    header = [str(column) for column in frame.columns]
    columns = match(header, plan, path)
    if not len(frame):
        raise UnreadableFile(f"{path.name} has a header but no rows. Download it again.")
    limits.check("PKSTATS_MAX_ROWS", len(frame), path.name)
    limits.check("PKSTATS_MAX_CELLS", len(frame) * len(header), path.name)
    cells = {name: frame.iloc[:, header.index(column)] for name, column in columns.items()}
    return Opened(cells, len(frame), np.arange(1, len(frame) + 1), [], [])
