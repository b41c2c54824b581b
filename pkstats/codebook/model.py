"""Tables and columns as the TOML files in `codebook/tables` state them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pkstats.errors import UnknownTable, known_name

TABLES = Path(__file__).parent / "tables"
DTYPES = ("string", "integer", "number", "flag", "date", "month", "year")
AGGREGATES = ("mean", "max", "sum", "last", "first", "any", "none")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it means and how it may be used.

    `aggregate` says how months become a year (mean, max, sum, last, first, any, none);
    `across` says how several host states become one figure for a mission (sum or mean);
    `timing` says when the value is fixed relative to deployment (before, entry, during, after).
    """

    name: str
    meaning: str
    dtype: str
    unit: str = ""
    role: str = ""
    timing: str = ""
    source: str = ""
    aggregate: str = "none"
    across: str = ""
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One processed table: meaning, unit of analysis, key, sources and columns.

    `recipe` tells `pkstats build` how the table comes from `data/raw`; `panel` how it joins a panel:
    `unit` it has once prepared, `spread` a key column into columns, `count` rows, `spells` to
    months, `absent` years in which a list is complete, so that no row is a zero (`from`, and `to` or the last
    year of its rows, which is left out while the list is `open`): of one `sponsor`, or of `members`
    of the state system only; `events` where all of it is what happened in a state.
    """

    name: str
    meaning: str
    unit: str
    key: tuple[str, ...]
    sources: tuple[str, ...]
    columns: Mapping[str, Column]
    notes: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    panel: Mapping[str, Any] = field(default_factory=dict)

    @property
    def values(self) -> tuple[str, ...]:
        """Columns that are not part of the key."""
        return tuple(name for name in self.columns if name not in self.key)


def _column(name: str, entry: Mapping[str, Any], table_name: str) -> Column:
    column = Column(name=name, **{**entry, "allowed": tuple(entry.get("allowed", ()))})
    if column.dtype not in DTYPES or column.aggregate not in AGGREGATES:
        raise ValueError(
            f"codebook table {table_name!r}, column {name!r}: dtype must be one of {DTYPES} and "
            f"aggregate one of {AGGREGATES}; found {column.dtype!r} and {column.aggregate!r}."
        )
    return column


def _columns(entry: Mapping[str, Any], name: str) -> dict[str, Column]:
    """Read `[columns.x]` entries and `[[repeated]]` families of columns that share a description."""
    columns = {key: _column(key, value, name) for key, value in entry.get("columns", {}).items()}
    for family in entry.get("repeated", ()):
        shared = {key: value for key, value in family.items() if key not in ("names", "meaning")}
        for key, label in family["names"].items():
            meaning = family["meaning"].format(label)
            columns[key] = _column(key, {**shared, "meaning": meaning}, name)
    order = entry.get("order")
    return {key: columns[key] for key in order} if order else columns


@cache
def table_names() -> tuple[str, ...]:
    """Names of all processed tables, in alphabetical order."""
    return tuple(sorted(path.stem for path in TABLES.glob("*.toml")))


def table(name: str) -> Table:
    """Return the codebook entry of one processed table.

    Raises
    ------
    UnknownTable
        When no table has that name; near matches are named.
    """
    listed = f"Tables are: {', '.join(table_names())}."
    return _table(known_name(name, table_names(), "table", UnknownTable, listed))


@cache
def _table(name: str) -> Table:
    entry = tomllib.loads((TABLES / f"{name}.toml").read_text(encoding="utf-8"))
    return Table(
        name=name,
        meaning=entry["meaning"],
        unit=entry["unit"],
        key=tuple(entry["key"]),
        sources=tuple(entry["sources"]),
        columns=_columns(entry, name),
        notes=entry.get("notes", ""),
        recipe=entry.get("recipe", {}),
        panel=entry.get("panel", {}),
    )
