"""`read`: one verb for every publisher, driven by the layouts."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pkstats.errors import UnreadableFile, WrongColumns, near
from pkstats.sources import files, parse, shape
from pkstats.sources.layout import Field, Layout, layout, layout_names
from pkstats.sources.report import Report

R_SUFFIXES = {".rda", ".rds", ".rdata"}


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
    notes: list[str] = []
    bad_lines: list[Any] = []
    cells, count, rows = _open(path, plan, notes, bad_lines)
    report = Report(kind, path.name, count)
    report.notes.extend(notes)
    report.put_aside(
        [line.number - 1 for line in bad_lines],
        "",
        [line.text[:80] for line in bad_lines],
        [
            f"expected {line.expected_columns} cells, found {line.actual_columns}"
            for line in bad_lines
        ],
    )
    cells, rows = shape.drop_tags(cells, rows, report)
    frame = _parse(cells, plan, rows, report)
    hooks = importlib.import_module(f"pkstats.sources.{plan.module}") if plan.module else None
    if hooks is not None and hasattr(hooks, "tidy"):
        frame = hooks.tidy(frame, plan, report)
    frame = _check_order(frame, plan, report)
    frame = _check_key(frame, plan, report)
    frame = shape.melt_years(frame, plan, report)
    if not len(frame):
        report.note("no row was kept")
    return frame.drop(columns="_row").reset_index(drop=True), report


def _open(
    path: Path, plan: Layout, notes: list[str], bad_lines: list[Any]
) -> tuple[dict[str, Any], int, np.ndarray]:
    """Return the wanted columns, the number of data rows and the row numbers of good rows."""
    if path.suffix.lower() in R_SUFFIXES and path.exists():
        return _from_frame(files.r_frame(path), plan, path)
    content = files.read_bytes(path)
    if files.is_excel(content):
        if path.suffix.lower() in files.TEXT_SUFFIXES:
            raise UnreadableFile(
                f"{path.name} is an Excel workbook under a {path.suffix} name. "
                "Rename it to .xlsx, or save it as CSV (UTF-8)."
            )
        frame = files.excel_frame(content, plan.sheet, plan.header_row, path.name)
        return _from_frame(frame, plan, path)
    if path.suffix.lower() == ".dta":
        return _from_frame(files.stata_frame(content, path.name), plan, path)
    if b"\x00" in content[:1000] and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableFile(
            f"{path.name} is not text: expected a CSV, Excel or Stata file for {plan.kind!r}."
        )
    content = files.to_utf8(content, notes)
    content = shape.skip_preamble(content, lambda header: _overlap(plan, header), notes)
    return _from_text(content, plan, path, bad_lines)


def _from_text(
    content: bytes, plan: Layout, path: Path, bad_lines: list[Any]
) -> tuple[dict[str, Any], int, np.ndarray]:
    end = content.find(b"\n")
    first = content[: end if end >= 0 else len(content)].decode("utf-8", errors="replace")
    delimiter = max(",;\t", key=first.count)
    empty = files.arrow_header(content, delimiter)
    if len(empty) == 1 and not any(mark in first for mark in ",;\t"):
        _refuse(empty, [field.column[0] for field in plan.fields], plan, path)
    columns = _match(empty, plan, path)
    wanted = list(dict.fromkeys(columns.values()))
    numbers, missing = shape.plain_numbers(plan, columns)
    try:
        table = files.arrow_text(content, wanted, delimiter, bad_lines, numbers, missing)
    except pa.ArrowInvalid as problem:
        raise UnreadableFile(
            f"{path.name} cannot be parsed as delimited text ({problem}). "
            "Check the delimiter and quotes, or download it again."
        ) from None
    count = table.num_rows + len(bad_lines)
    if not count:
        raise UnreadableFile(f"{path.name} has a header but no rows. Download it again.")
    rows = np.arange(1, count + 1)
    rows = np.delete(rows, [line.number - 2 for line in bad_lines])
    return {name: table.column(column) for name, column in columns.items()}, count, rows


def _from_frame(
    frame: pd.DataFrame, plan: Layout, path: Path
) -> tuple[dict[str, Any], int, np.ndarray]:
    columns = _match([str(column) for column in frame.columns], plan, path)
    if not len(frame):
        raise UnreadableFile(f"{path.name} has a header but no rows. Download it again.")
    frame.columns = [str(column) for column in frame.columns]
    cells = {name: frame[column] for name, column in columns.items()}
    return cells, len(frame), np.arange(1, len(frame) + 1)


def _wanted(plan: Layout) -> dict[str, tuple[tuple[str, ...], bool]]:
    """Return internal name → (alternatives, needed); a second month column gets its own name."""
    wanted = {}
    for field in plan.fields:
        if field.wide_years:
            continue
        needed = field.absent == "refuse"
        wanted[field.name] = (field.column, needed)
        if field.month_column:
            wanted[f"{field.name}:month"] = (field.month_column, needed)
    return wanted


def _match(header: list[str], plan: Layout, path: Path) -> dict[str, str]:
    """Find each wanted column in the header, ignoring case and blanks at the ends."""
    known: dict[str, str] = {}
    for name in header:
        known.setdefault(name.strip().casefold(), name)
    found: dict[str, str] = {}
    lacking: list[str] = []
    for name, (alternatives, needed) in _wanted(plan).items():
        hits = [known[alt.casefold()] for alt in alternatives if alt.casefold() in known]
        if hits:
            found[name] = hits[0]
        elif needed:
            lacking.append(" or ".join(alternatives))
    for field in plan.fields:
        if field.wide_years:
            years = shape.year_columns(header, field.name)
            found.update(years)
            lacking += [] if years else ["a column per year such as 1960"]
    if lacking:
        _refuse(header, lacking, plan, path)
    return found


def _refuse(header: list[str], lacking: list[str], plan: Layout, path: Path) -> None:
    lower = {name.strip().casefold() for name in header}
    scores = {kind: _overlap(layout(kind), lower) for kind in layout_names()}
    best = max(scores, key=lambda kind: scores[kind])
    parts = [
        f"{path.name} does not have the columns of {plan.kind!r} ({plan.title}).",
        f"Missing: {', '.join(lacking[:8])}{' …' if len(lacking) > 8 else ''}.",
        f"Found: {', '.join(header[:8])}{' …' if len(header) > 8 else ''}.",
    ]
    if best != plan.kind and scores[best] == 1 and scores[plan.kind] < 1:
        parts.append(f"It looks like {best!r}: try pkstats.read({best!r}, …).")
    else:
        renamed = [(name, near(name, header, 1)) for name in lacking]
        pairs = [f"{match[0]!r} for {name!r}" for name, match in renamed if match]
        if pairs:
            parts.append(f"Perhaps renamed: {', '.join(pairs)}. Rename the columns back.")
        else:
            parts.append("Check that this is the right file and the release the reader knows.")
    raise WrongColumns(" ".join(parts))


def _overlap(plan: Layout, header: set[str]) -> float:
    wanted = [alternatives for alternatives, needed in _wanted(plan).values() if needed]
    hits = sum(any(alt.casefold() in header for alt in group) for group in wanted)
    return hits / max(len(wanted), 1)


def _parse(cells: dict[str, Any], plan: Layout, rows: np.ndarray, report: Report) -> pd.DataFrame:
    """Parse every field; a row with an unreadable or lacking required cell is set aside once."""
    columns: dict[str, Any] = {"_row": rows}
    good = np.ones(len(rows), dtype=bool)
    fields = shape.widened(plan.fields, cells)
    flags = _parse_flags(fields, cells)
    for field in fields:
        if field.name not in cells:
            report.note(
                f"column {field.column[0]!r} is not in this release: {field.name} is missing"
            )
            columns[field.name] = _nothing(field, len(rows))
            continue
        parsed = flags.get(field.name) or _parse_field(field, cells)
        columns[field.name] = parsed.values
        good = _set_aside(parsed.bad, parsed.reason, field, cells, rows, good, report)
        if field.required:
            empty = np.asarray(pd.isna(parsed.values)) & ~parsed.bad
            good = _set_aside(empty, "no value", field, cells, rows, good, report)
    frame = pd.DataFrame(columns)
    return frame if good.all() else frame[good]


def _parse_flags(fields: list[Field], cells: dict[str, Any]) -> dict[str, parse.Parsed]:
    """Parse the flags of a text file, those with the same spellings together."""
    families: dict[tuple[Any, ...], list[Field]] = {}
    for field in fields:
        if field.dtype == "flag" and isinstance(cells.get(field.name), pa.ChunkedArray):
            families.setdefault((field.missing, field.empty), []).append(field)
    found: dict[str, parse.Parsed] = {}
    for family in families.values():
        names = [field.name for field in family]
        parsed = parse.parse_flags([cells[name] for name in names], family[0])
        found.update(zip(names, parsed, strict=True))
    return found


def _parse_field(field: Field, cells: dict[str, Any]) -> parse.Parsed:
    column = cells[field.name]
    if field.dtype == "month":
        return parse.parse_month(column, field, cells.get(f"{field.name}:month"))
    if field.dtype in ("integer", "number"):
        return parse.parse_number(column, field)
    return {"text": parse.parse_text, "flag": parse.parse_flag, "date": parse.parse_date}[
        field.dtype
    ](column, field)


def _nothing(field: Field, length: int) -> pd.Series:
    dtypes = {
        "text": "str",
        "integer": "Int64",
        "number": "float64",
        "flag": "boolean",
        "date": "datetime64[s]",
        "month": "period[M]",
    }
    return pd.Series([None] * length, dtype=dtypes[field.dtype])


def _set_aside(
    bad: np.ndarray,
    reason: str,
    field: Field,
    cells: dict[str, Any],
    rows: np.ndarray,
    good: np.ndarray,
    report: Report,
) -> np.ndarray:
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


def _check_order(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    for first, second in plan.order:
        wrong = (frame[first] > frame[second]).fillna(False).to_numpy(dtype=bool)
        if wrong.any():
            rows = frame.loc[wrong]
            values = [f"{a} > {b}" for a, b in zip(rows[first], rows[second], strict=True)]
            report.put_aside(rows["_row"], second, values, f"{second} is before {first}")
            frame = frame[~wrong]
    return frame


def _check_key(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Keep the first row of each key; the others are set aside and say what they repeat."""
    key = [name for name in plan.key if name in frame]
    if not key or not len(frame):
        return frame
    again = frame.duplicated(key).to_numpy()
    if not again.any():
        return frame
    rest = [column for column in frame.columns if column not in ("_row", *key)]
    same = frame.duplicated([*key, *rest]).to_numpy()
    for mask, reason in (
        (again & same, "repeats an earlier row"),
        (again & ~same, "same key as an earlier row, with other values"),
    ):
        rows = frame.loc[mask]
        cells = zip(*(rows[name].astype("str") for name in key), strict=True)
        values = [", ".join(map(str, cell)) for cell in cells]
        report.put_aside(rows["_row"], ", ".join(key), values, reason)
    return frame[~again]
