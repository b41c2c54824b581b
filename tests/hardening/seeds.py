"""Small whole files to spoil: rows that a layout allows, written in the publisher's columns.

The values are invented; where publishers' files are at hand their first rows serve as well.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pkstats.sources import layout, layout_names
from pkstats.sources.layout import Field, Layout

ROWS = 12
LABELS = (
    *("UNMISS", "MINUSTAH", "UNAMSIL", "MONUC", "UNMIL", "UNTSO", "UNOCI", "MINUSMA"),
    *("UNFICYP", "UNDOF", "UNIFIL", "MINUSCA"),
)
# Cells that a publisher packs, or spells in a way of its own.
SPELLED = {
    "terminations.cfiredate": ("", "0"),
    "terminations_dyad.cfiredate": (".", "5/17/83"),
    "agreements.conflict_id": ("209", "209, 333"),
    "agreements.gwno": ("645", "625, 626"),
    "battle_deaths.gwno_loc": ("645", "625, 626"),
    "conflicts.gwno_loc": ("645", "625, 626"),
    "terminations.gwno_loc": ("645", "625, 626"),
    "terminations_dyad.gwno_loc": ("645", "625, 626"),
    "ged.gwnoa": ("645", "", "2;200;900"),
    "ged.gwnob": ("", "620"),
    "conduct.Personnel Type": ("Military (MC),2", "Police (UNPOL)"),
    "conduct.Allegation": ("SA (Rape)", "SE (Exploitative Relationship)"),
    "conduct.Result": ("Substantiated", "Pending", "Unsubstantiated"),
    "conduct.Victim": ("Adult (2)", "Child"),
    "mediation.med.begins": ("5/17/83", "5//1983", "//1983"),
    "mediation.med.ends": ("6/17/83", "6//1983", "//1984"),
    "mediation.episode.start.date": ("1/17/83",),
    "mediation.episode.end.date": ("7/17/85",),
    "un_budget.fiscal_period": ("2026-07-01/2027-06-30",),
    "leaders.Appointment": ("1", "2", "3"),
}
DATE_PARTS = {"%Y": "{y}", "%y": "{y2:02d}", "%m": "{m:02d}", "%d": "{d:02d}"}
TIME_PARTS = {"%H": "00", "%M": "00", "%S": "00", "%f": "000"}


@dataclass(frozen=True)
class Seed:
    """One whole file: the reader it is for, its header and its rows of text."""

    kind: str
    origin: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __repr__(self) -> str:
        return f"{self.kind} ({self.origin}, {len(self.rows)} rows)"


def invented(kind: str, rng: random.Random) -> Seed:
    """Return a file of invented rows for a reader."""
    plan = layout(kind)
    header = [name for field in plan.fields for name in _columns(field)]
    header = list(dict.fromkeys(header))
    rows = []
    for number in range(ROWS):
        cells: dict[str, str] = {}
        for field in plan.fields:
            for name, value in _cells(field, plan, number, rng).items():
                packed = SPELLED.get(f"{kind}.{name}")
                cells.setdefault(name, rng.choice(packed) if packed else value)
        rows.append(tuple(cells[name] for name in header))
    return Seed(kind, "invented", tuple(header), tuple(rows))


def published(kind: str, folder: Path) -> Seed | None:
    """Return the first rows of a publisher's text file, when it is at hand."""
    from pkstats.sources.text import DELIMITERS
    from pkstats.tables.compile import find

    path = find(folder, kind) if folder.is_dir() else None
    if path is None or path.suffix.lower() not in (".csv", ".tab", ".txt"):
        return None
    for encoding in ("utf-8-sig", "cp1252"):
        for delimiter in DELIMITERS:
            try:
                frame = pd.read_csv(
                    path,
                    nrows=3 * ROWS,
                    dtype=str,
                    keep_default_na=False,
                    encoding=encoding,
                    sep=delimiter,
                )
            except (ValueError, pd.errors.ParserError):
                continue
            if len(frame.columns) > 2:
                rows = tuple(tuple(map(str, row)) for row in frame.itertuples(index=False))
                return Seed(kind, path.name, tuple(map(str, frame.columns)), rows)
    return None


def seeds(rng: random.Random, folder: Path) -> list[Seed]:
    """Return the seeds of every reader: invented ones, and publishers' first rows where at hand."""
    found = [invented(kind, rng) for kind in layout_names()]
    return found + [seed for kind in layout_names() if (seed := published(kind, folder))]


def _columns(field: Field) -> list[str]:
    if field.wide_years:
        return [str(year) for year in range(2001, 2006)]
    return [field.column[0], *field.month_column[:1]]


def _cells(field: Field, plan: Layout, number: int, rng: random.Random) -> dict[str, str]:
    """Return the cells of one field in one row, by column."""
    if field.wide_years:
        return {name: str(rng.randint(1, 90)) for name in _columns(field)}
    year, month, day = 1995 + number, 1 + number % 12, 10 + number
    first = field.column[0]
    if field.month_column:
        return {first: str(year), field.month_column[0]: str(month)}
    keyed = field.name in plan.key
    match field.dtype:
        case "date" | "month":
            value = _date(field.formats[0], year, month, day)
        case "flag":
            value = str(rng.randint(0, 1))
        case "list" | "first" | "count":
            low = int(field.minimum or 1)
            value = rng.choice((str(low + number), f"{low + 2}; {low + number}"))
        case "integer":
            value = _whole(field, number, keyed, rng)
        case "number":
            low = 0.0 if field.minimum is None else field.minimum
            value = f"{low + number / 100:g}".replace(".", field.decimal)
        case _:
            value = _text(field, number, keyed, rng)
    return {first: value}


def _whole(field: Field, number: int, keyed: bool, rng: random.Random) -> str:
    low = int(field.minimum if field.minimum is not None else 0)
    high = int(field.maximum if field.maximum is not None else low + 500)
    if field.name == "year" or field.name.endswith("_year"):
        return str(1995 + number)
    if keyed:
        return str(max(low, min(high, 100 + number)))
    return str(max(low, min(high, rng.choice((1, 2, 3, 4)))))


def _text(field: Field, number: int, keyed: bool, rng: random.Random) -> str:
    if field.labels:
        return rng.choice(list(field.labels))
    if field.allowed:
        return rng.choice(field.allowed)
    if field.name == "label":
        return LABELS[number % len(LABELS)]
    return f"{field.name} {number}" if keyed else rng.choice(("Mali", "Haiti", "Côte d’Ivoire"))


def _date(pattern: str, year: int, month: int, day: int) -> str:
    for mark, part in {**DATE_PARTS, **TIME_PARTS}.items():
        pattern = pattern.replace(mark, part)
    return pattern.format(y=year, y2=year % 100, m=month, d=day)
