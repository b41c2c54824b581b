"""Raw tables: which readers fill them, and how they are written and read back."""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkstats.cache import content_of
from pkstats.errors import BuildProblem, UnknownTable, known_name
from pkstats.text import FORMULA_MARKS, cut, for_spreadsheet

if TYPE_CHECKING:
    import pandas as pd

SPECIFICATIONS = Path(__file__).parent / "raw"
MEND = "Restore data/raw from the repository, or run `pkstats compile FOLDER` again."
MONTHS = {"month", "from", "to"}
DATES = {"date", "start", "end"}
# Beside the raw tables while a compile replaces them; an interrupted one leaves it there.
UNFINISHED = ".compile-unfinished"
MARKS = re.escape("".join(FORMULA_MARKS))
QUOTED = re.compile(f"'+[{MARKS}]")


@dataclass(frozen=True, slots=True)
class RawTable:
    """One raw table: the readers that fill it and the columns it keeps.

    `sum_by` collapses a source too big to ship; `where` keeps rows with given values;
    `spells` turns consecutive identical months of a label into one row with from and to.
    """

    name: str
    meaning: str
    kinds: tuple[str, ...]
    columns: tuple[str, ...]
    sum_by: tuple[str, ...] = ()
    where: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    first_year: int | None = None
    spells: bool = False
    digits: int | None = None


@cache
def raw_names() -> tuple[str, ...]:
    """Names of the raw tables that readers fill."""
    return tuple(sorted(path.stem for path in SPECIFICATIONS.glob("*.toml")))


def raw_table(name: str) -> RawTable:
    """Return the specification of one raw table.

    Raises
    ------
    UnknownTable
    """
    return _raw_table(known_name(name, raw_names(), "raw table", UnknownTable))


@cache
def _raw_table(name: str) -> RawTable:
    entry = tomllib.loads((SPECIFICATIONS / f"{name}.toml").read_text(encoding="utf-8"))
    where = entry.get("where", ())
    conditions = [where] if isinstance(where, dict) else where
    return RawTable(
        name=name,
        meaning=entry["meaning"],
        kinds=tuple(entry["kinds"]),
        columns=tuple(entry["columns"]),
        sum_by=tuple(entry.get("sum_by", ())),
        where=tuple((item["column"], tuple(item["values"])) for item in conditions),
        first_year=entry.get("first_year"),
        spells=entry.get("spells", False),
        digits=entry.get("digits"),
    )


def to_csv(frame: pd.DataFrame) -> bytes:
    """Return a frame as CSV bytes: months YYYY-MM, dates YYYY-MM-DD, flags 1 and 0.

    Text that a spreadsheet would run gets an apostrophe before it, which `read_raw` takes away. Line
    breaks within a cell are newlines: a bare carriage return would end the row for most readers.
    """
    import pandas as pd

    out = frame.copy()
    for name in out:
        dtype = out[name].dtype
        if isinstance(dtype, pd.PeriodDtype):
            out[name] = out[name].astype("str").replace("NaT", "")
        elif pd.api.types.is_bool_dtype(dtype):
            out[name] = out[name].astype("Int64")
        elif pd.api.types.is_datetime64_any_dtype(dtype):
            out[name] = out[name].dt.strftime("%Y-%m-%d")
        elif pd.api.types.is_float_dtype(dtype):
            whole = out[name].dropna()
            if len(whole) and (whole == whole.round()).all() and whole.abs().max() < 2**53:
                out[name] = out[name].astype("Int64")
        elif not pd.api.types.is_numeric_dtype(dtype):
            out[name] = out[name].map(_shown, na_action="ignore")
    return out.to_csv(index=False, lineterminator="\n").encode("utf-8", "backslashreplace")


def _shown(cell: object) -> object:
    """Return a cell as a spreadsheet may have it; one that looks quoted already is quoted again."""
    if not isinstance(cell, str):
        return cell
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{cell}" if QUOTED.match(cell) else for_spreadsheet(cell)


def _unquoted(cells: pd.Series) -> pd.Series:
    """Return text as it was before `to_csv` quoted it."""
    quoted = cells.str.startswith("'").fillna(False).astype(bool)
    if not quoted.any():
        return cells
    cells = cells.copy()
    cells[quoted] = [cell[1:] if QUOTED.match(cell) else cell for cell in cells[quoted]]
    return cells


def raw_files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield every raw table's path and bytes, in order of name.

    Raises
    ------
    BuildProblem
        When a file cannot be read, or a compile has not finished writing there.
    """
    if (folder / UNFINISHED).exists():
        raise BuildProblem(
            f"A compile that writes to {folder} has not finished, so its tables do not belong "
            "together yet. Wait for it to end; if it was interrupted, run it again, or restore the "
            f"folder and delete {UNFINISHED} there."
        )
    for path in sorted(folder.glob("*.csv")):
        yield path, _bytes(path)


def _bytes(path: Path) -> bytes:
    if not path.exists():
        raise BuildProblem(f"Expected the raw table {path}; there is none. {MEND}")
    try:
        return content_of(path)
    except OSError as problem:
        raise BuildProblem(
            f"Expected the raw table {path}; it cannot be read ({problem.strerror}). {MEND}"
        ) from None


def read_raw(folder: Path, name: str) -> pd.DataFrame:
    """Read a raw table back with months as periods, dates as datetimes and codes as text.

    Raises
    ------
    BuildProblem
        When the file is missing, is not a table or holds an impossible month or date.
    """
    path = folder / f"{name}.csv"
    return from_csv(_bytes(path), path)


def from_csv(content: bytes, path: Path) -> pd.DataFrame:
    """Return what `to_csv` wrote, typed; `path` is named where it is no table.

    Raises
    ------
    BuildProblem
    """
    import pandas as pd
    import pyarrow as pa
    from pyarrow import csv

    header = content[: content.find(b"\n")].decode("utf-8-sig", "replace").strip().split(",")
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise BuildProblem(f"{path} has the columns {', '.join(twice)} more than once. {MEND}")
    text = {name: pa.string() for name in header if _is_text(name)}
    options = csv.ConvertOptions(
        column_types=text,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    try:
        arrow = csv.read_csv(
            io.BytesIO(content),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=options,
        )
        frame = arrow.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    except (pa.ArrowException, UnicodeDecodeError) as problem:
        raise BuildProblem(
            f"{path} cannot be read as a table: {cut(ascii(str(problem)), 200)}. {MEND}"
        ) from None
    for column in frame:
        if pa.types.is_string(arrow.schema.field(column).type):
            frame[column] = _unquoted(frame[column])
        if column in MONTHS or column in DATES or column.endswith("_date"):
            frame[column] = _time(frame[column], column, path)
    return frame


def checked_raw(folder: Path, name: str) -> pd.DataFrame:
    """Read a raw table to build from: it has rows and all its columns, and each row its source.

    Raises
    ------
    BuildProblem
    """
    frame = read_raw(folder, name)
    path = folder / f"{name}.csv"
    wanted = ("source", *raw_table(name).columns) if name in raw_names() else _on_card(path)
    lacking = [column for column in wanted if column not in frame]
    if lacking:
        raise BuildProblem(
            f"{path} lacks the columns {', '.join(lacking)}; found {', '.join(frame)}. {MEND}"
        )
    if not len(frame):
        raise BuildProblem(f"{path} has a header but no rows. {MEND}")
    empty = frame["source"].isna().to_numpy()
    if empty.any():
        raise BuildProblem(
            f"{path}: expected the source of each row, found none in row {int(empty.argmax()) + 1}. "
            f"Write it there, or: {MEND}"
        )
    return frame


def _on_card(path: Path) -> tuple[str, ...]:
    """Return the columns that the card of a table coded by hand names."""
    card = path.with_suffix(".toml")
    if not card.exists():
        raise BuildProblem(f"Expected the card {card} beside {path.name}; there is none. {MEND}")
    try:
        return tuple(map(str, tomllib.loads(card.read_text(encoding="utf-8"))["columns"]))
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as problem:
        raise BuildProblem(
            f"The card {card} cannot be read: expected TOML with a list of columns; "
            f"{type(problem).__name__}, {problem}. {MEND}"
        ) from None


def _is_text(name: str) -> bool:
    codes = ("iso2", "iso3", "label", "location", "country", "name", "note", "reason", "value")
    return name in MONTHS | DATES or name.endswith(("_date", *codes))


def _time(values: pd.Series, column: str, path: Path) -> pd.Series:
    import pandas as pd

    month = column in MONTHS
    dates = pd.to_datetime(values, format="%Y-%m" if month else "%Y-%m-%d", errors="coerce")
    wrong = (dates.isna() & values.notna()).to_numpy()
    if wrong.any():
        wanted = "months like 2004-06" if month else "dates like 2004-06-01"
        raise BuildProblem(
            f"{path}, column {column!r}: expected {wanted}, found {values[wrong].iloc[0]!r} in row "
            f"{int(wrong.argmax()) + 1}. Correct it, or: {MEND}"
        )
    return dates.dt.to_period("M") if month else dates.astype("datetime64[s]")
