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
        raise BuildProblem(
            f"Expected the raw table {path}; there is none. Run `pkstats compile FOLDER` with the "
            "publishers' files, or restore data/raw from the repository."
        )
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
        raise BuildProblem(f"{path} cannot be read as a table: {problem}") from None
    frame = arrow.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    for column in frame:
        if column in MONTHS or column in DATES or column.endswith("_date"):
            frame[column] = _time(frame[column], column, path)
    return frame


def _is_text(name: str) -> bool:
    codes = ("iso2", "iso3", "label", "location", "country", "name", "note", "reason", "value")
    return name in MONTHS | DATES or name.endswith(("_date", *codes))


def _time(values: pd.Series, column: str, path: Path) -> pd.Series:
    import pandas as pd

    month = column in MONTHS
    try:
        dates = pd.to_datetime(values, format="%Y-%m" if month else "%Y-%m-%d")
    except ValueError as problem:
        raise BuildProblem(f"{path}, column {column!r}: {problem}") from None
    return dates.dt.to_period("M") if month else dates.astype("datetime64[s]")
