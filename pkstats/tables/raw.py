"""Raw tables: which readers fill them, and how they are written and read back."""

from __future__ import annotations

import io
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkstats.errors import BuildProblem, UnknownTable, suggestion

if TYPE_CHECKING:
    import pandas as pd

SPECIFICATIONS = Path(__file__).parent / "raw"
MEND = "Restore data/raw from the repository, or run `pkstats compile FOLDER` again."
MONTHS = {"month", "from", "to"}
DATES = {"date", "start", "end"}


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


@cache
def raw_table(name: str) -> RawTable:
    """Return the specification of one raw table."""
    if name not in raw_names():
        raise UnknownTable(f"No raw table is called {name!r}.{suggestion(name, raw_names())}")
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
    """Return a frame as CSV bytes: months YYYY-MM, dates YYYY-MM-DD, flags 1 and 0."""
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
    return out.to_csv(index=False, lineterminator="\n").encode("utf-8")


def read_raw(folder: Path, name: str) -> pd.DataFrame:
    """Read a raw table back with months as periods, dates as datetimes and codes as text.

    Raises
    ------
    BuildProblem
        When the file is missing, is not a table or holds an impossible month or date.
    """
    import pandas as pd
    import pyarrow as pa
    from pyarrow import csv

    path = folder / f"{name}.csv"
    if not path.exists():
        raise BuildProblem(f"Expected the raw table {path}; there is none. {MEND}")
    content = path.read_bytes()
    header = content[: content.find(b"\n")].decode("utf-8-sig").strip().split(",")
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
    except pa.ArrowInvalid as problem:
        raise BuildProblem(f"{path} cannot be read as a table: {problem}. {MEND}") from None
    frame = arrow.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    for column in frame:
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
    return tuple(tomllib.loads(card.read_text(encoding="utf-8"))["columns"])


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
