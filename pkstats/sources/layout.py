"""The layouts in `sources/layouts`: which publisher columns become which tidy columns, and how."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from pkstats.errors import UnknownTable, known_name
from pkstats.units import YEARS

LAYOUTS = Path(__file__).parent / "layouts"
FORMAT = re.compile(r"%[Yymdb]([^%\w\s]%[Yymdb])+( %[HIMSf]([^%\w\s]%[HIMSf])*( %p)?)?")
WHOLE = re.compile(r"-?\d+")
DTYPES = (
    *("text", "integer", "number", "flag", "date", "month"),
    *("list", "first", "count"),
)
UNBOUNDED = ("text", "flag")


@dataclass(frozen=True, slots=True)
class Field:
    """One tidy column and how it is read.

    A cell that cannot be read is missing in the tidy frame, and the report counts it; the row is
    set aside only when it makes no sense without (`pkstats.sources.blanks.needed`).

    Attributes
    ----------
    dtype
        ``text``, ``integer``, ``number``, ``flag``, ``date`` or ``month``; for cells that list whole
        numbers ``list`` (kept as text), ``first`` (the first of them) or ``count`` (how many).
    column
        Alternatives for the publisher's column name; the first one present is used.
        A month may need two columns (year, month): then `month_column` names the second.
    missing
        Spellings of "no value" beside the empty cell.
    absent
        What to do when the file lacks the column: "refuse" (default) or "missing".
    empty
        Value that an empty cell stands for, when the publisher's blank is not "missing".
    blank_means
        What an empty cell says, when it says more than "unknown" (an end date: "still going on").
    formats
        How dates are spelled: ``%Y``, ``%y``, ``%m``, ``%b`` (Mar), ``%d`` with a mark between, then
        maybe a time. The order of day and month is looked for in the data as well
        (`pkstats.sources.orders`).
    minimum, maximum
        Numbers beyond these cannot be read; every number has both. Those of dates and months are
        years. Dates, months and whole numbers called `year` or `…_year` are from 1700 to 2100
        unless said otherwise.
    required
        Rows without a value here are set aside.
    latest_year
        The latest year that two digits may mean; a layout with ``%y`` names it.
    labels
        Words for the publisher's codes; a code without a word cannot be read.
    lower, upper
        Write text in small or in capital letters.
    decimal
        The publisher's decimal mark in numbers.
    wide_years
        The file has one column per year ("1960", "1960 [YR1960]"); each filled cell becomes a row
        with `year` and this field. Empty cells make no row.
    """

    name: str
    column: tuple[str, ...]
    dtype: str = "text"
    month_column: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    absent: str = "refuse"
    empty: float | None = None
    blank_means: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    labels: Mapping[str, str] | None = None
    formats: tuple[str, ...] = ("%Y-%m-%d",)
    latest_year: int | None = None
    strip: str = ""
    upper: bool = False
    lower: bool = False
    decimal: str = "."
    wide_years: bool = False


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another file of the publisher that has the columns of a layout but not its unit or meaning.

    Attributes
    ----------
    has, lacks
        A file that has all of the first columns and none of the second is the sibling.
    repeats
        Rows with one key that differ in this tidy column are the sibling's.
    what
        What the sibling is, as a sentence goes on after "FILE is".
    reader
        The reader of the sibling, if there is one.
    objects
        Names the sibling's table has in an R file.
    """

    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    repeats: str = ""
    what: str = ""
    reader: str = ""
    objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """How one kind of publisher file is laid out.

    `files` are the names the publisher (or its usual copies) gives the file, as glob patterns;
    `key` must be unique in the tidy frame; `order` holds pairs of columns, first not after second.
    Lines above the header are skipped by themselves. `garbled` has the right spelling of names that
    the publisher's mixed encodings garble. `siblings` are the publisher's other files that could
    pass for this one; they are refused.
    """

    kind: str
    title: str
    unit: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    files: tuple[str, ...]
    source: str
    module: str = ""
    sheet: str | int = 0
    order: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    garbled: Mapping[str, str] | None = None
    options: Mapping[str, Any] | None = None
    siblings: tuple[Sibling, ...] = ()

    def __repr__(self) -> str:
        return f"Layout({self.kind!r}: {self.title}; one row per {self.unit})"


def _tuple(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)  # type: ignore[arg-type]


def _twice(marks: tuple[str, ...]) -> tuple[str, ...]:
    """Return marks, whole numbers among them also as decimals."""
    return (*marks, *(f"{mark}.0" for mark in marks if WHOLE.fullmatch(mark)))


def _field(name: str, entry: Mapping[str, Any]) -> Field:
    values = dict(entry)
    for key in ("column", "month_column", "missing", "allowed", "formats"):
        if key in values:
            values[key] = _tuple(values[key])
    values.setdefault("column", (name,))
    # Whole numbers saved again by pandas or R often end in .0.
    values["missing"] = _twice(values.get("missing", ()))
    dtype = values.get("dtype")
    named = name == "year" or name.endswith("_year")
    if dtype in ("date", "month") or (dtype == "integer" and named):
        values = dict(zip(("minimum", "maximum"), YEARS, strict=True)) | values
    field = Field(name=name, **values)
    if field.dtype not in DTYPES:
        raise ValueError(f"layout field {name!r}: dtype must be one of {DTYPES}.")
    if field.dtype not in UNBOUNDED and None in (field.minimum, field.maximum):
        raise ValueError(
            f"layout field {name!r}: a {field.dtype} needs a minimum and a maximum, which no true "
            "value passes: what the quantity can be at most, with ample room."
        )
    if any("%y" in pattern for pattern in field.formats) and field.latest_year is None:
        raise ValueError(
            f"layout field {name!r}: two-digit years need latest_year, the latest year they may mean."
        )
    odd = [pattern for pattern in field.formats if not FORMAT.fullmatch(pattern)]
    if odd:
        raise ValueError(
            f"layout field {name!r}: expected formats such as %d/%m/%Y or %Y-%m-%d %H:%M, of "
            f"digits with a mark between, found {odd[0]!r}."
        )
    return field


def _fields(entry: Mapping[str, Any]) -> tuple[Field, ...]:
    """Read `[fields.x]` entries, then `[[many]]` lists of columns kept under their own names.

    A grid of columns is spelled by a `pattern` with `{}` marks and one list in `parts` per mark.
    """
    fields = [_field(name, value) for name, value in entry["fields"].items()]
    for family in entry.get("many", ()):
        spelling = ("columns", "pattern", "parts")
        shared = {key: value for key, value in family.items() if key not in spelling}
        grid = product(*family.get("parts", ()))
        columns = family.get("columns") or [family["pattern"].format(*marks) for marks in grid]
        pairs = columns.items() if isinstance(columns, Mapping) else zip(columns, columns)  # noqa: B905
        fields += [_field(name, {**shared, "column": column}) for name, column in pairs]
    return tuple(fields)


def _sibling(entry: Mapping[str, Any]) -> Sibling:
    lists = {key: _tuple(entry[key]) for key in ("has", "lacks", "objects") if key in entry}
    return Sibling(**{**entry, **lists})


@cache
def layout_names() -> tuple[str, ...]:
    """Kinds of file that `pkstats.read` understands."""
    return tuple(sorted(path.stem for path in LAYOUTS.glob("*.toml")))


def layout(kind: str) -> Layout:
    """Return the layout of one kind of publisher file; `fatalities` finds `un_fatalities`.

    Raises
    ------
    UnknownTable
        When no reader has that name; near matches are named.
    """
    names = layout_names()
    full = next((f"{one}_{kind}" for one in ("un", "ucdp") if f"{one}_{kind}" in names), "")
    listed = f"Readers are: {', '.join(names)}."
    return _layout(
        full
        if full and kind not in names
        else known_name(kind, names, "reader", UnknownTable, listed)
    )


@cache
def _layout(kind: str) -> Layout:
    entry = tomllib.loads((LAYOUTS / f"{kind}.toml").read_text(encoding="utf-8"))
    return Layout(
        kind=kind,
        title=entry["title"],
        unit=entry["unit"],
        key=tuple(entry["key"]),
        fields=_fields(entry),
        files=_tuple(entry["files"]),
        source=entry.get("source", kind),
        module=entry.get("module", ""),
        sheet=entry.get("sheet", 0),
        order=tuple((first, second) for first, second in entry.get("order", ())),
        notes=_tuple(entry.get("notes", ())),
        garbled=entry.get("garbled"),
        options=entry.get("options"),
        siblings=tuple(_sibling(one) for one in entry.get("siblings", ())),
    )
