"""Find a layout's columns in a file's header, or say which reader or column was meant."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple, NoReturn

from pkstats.errors import WrongColumns, near
from pkstats.sources import shape
from pkstats.sources.layout import Layout, layout, layout_names
from pkstats.sources.siblings import check_header
from pkstats.sources.text import folded
from pkstats.text import cut

STRANGERS = Path(__file__).parent / "strangers.toml"
CHECK = "Check that this is the right file and the release the reader knows."
# A file with this share of the wanted columns is the right one; fewer make it another.
MOST = 0.5
# So many names are listed, and so many are compared with the missing ones.
SHOWN, COMPARED = 8, 2000
NO_NAME = re.compile(r"(?!\d{4}$)([+-]?\d+([.,]\d+)*|\d{1,4}([-/.]\d{1,4}){2}( .*)?)", re.ASCII)


class Wanted(NamedTuple):
    """A column to find: its alternative names, those in small letters, whether it must be there."""

    names: tuple[str, ...]
    folded: tuple[str, ...]
    needed: bool


@cache
def wanted(kind: str) -> dict[str, Wanted]:
    """Return tidy name → wanted column; a second month column gets its own name."""
    found = {}
    for field in layout(kind).fields:
        if field.wide_years:
            continue
        pairs = [(field.name, field.column), (f"{field.name}:month", field.month_column)]
        for name, names in pairs:
            if names:
                folded = tuple(alternative.casefold() for alternative in names)
                found[name] = Wanted(names, folded, field.absent == "refuse")
    return found


def fold(name: str) -> str:
    """Return a column name without case and blanks at the ends."""
    return name.strip().casefold()


def overlap(kind: str, header: Iterable[str]) -> float:
    """Return the share of a kind's needed columns that a folded header holds."""
    known = set(header)
    needed = [column.folded for column in wanted(kind).values() if column.needed]
    return sum(not known.isdisjoint(names) for names in needed) / max(len(needed), 1)


def match(header: list[str], plan: Layout, path: Path) -> dict[str, str]:
    """Return tidy name → the file's column, ignoring case and blanks at the ends.

    Raises
    ------
    WrongColumns
        When a needed column is not there, or one that only a sibling of the file has.
    """
    known: dict[str, str] = {}
    for name in header:
        known.setdefault(fold(name), name)
    check_header(known, plan, path.name)
    found: dict[str, str] = {}
    lacking: list[str] = []
    for name, column in wanted(plan.kind).items():
        hit = next((known[folded] for folded in column.folded if folded in known), None)
        if hit is not None:
            found[name] = hit
        elif column.needed:
            lacking.append(" or ".join(column.names))
    for field in plan.fields:
        if field.wide_years:
            years = shape.year_columns(header, field.name)
            found.update(years)
            lacking += [] if years else ["a column per year such as 1960"]
    if lacking:
        refuse(header, lacking, plan, path)
    return found


def refuse(header: list[str], lacking: list[str], plan: Layout, path: Path) -> NoReturn:
    """Say what is missing, what was found, and which reader or column was probably meant."""
    known = folded(header)
    scores = {kind: overlap(kind, known) for kind in layout_names()}
    needed = {kind: sum(column.needed for column in wanted(kind).values()) for kind in scores}
    # Of readers that fit alike, the one that needs most columns says most.
    best = max(scores, key=lambda kind: (scores[kind], needed[kind]))
    better = scores[best] == 1 and needed[best] >= scores[plan.kind] * needed[plan.kind]
    parts = [
        f"{path.name} does not have the columns of {plan.kind!r} ({plan.title}).",
        f"Missing: {_listed(lacking)}.",
        f"Found: {_listed(header) or 'no columns'}.",
    ]
    stranger = next((what for columns, what in strangers() if columns <= known), "")
    if stranger:
        parts.append(f"It looks like {stranger}, which no reader of pkstats reads.")
    elif best != plan.kind and scores[plan.kind] < 1 and better:
        parts.append(f"It looks like {best!r}: try pkstats.read({best!r}, …).")
    elif scores[plan.kind] >= MOST:
        parts.append(_renamed(header, lacking, plan))
    elif _is_data(header):
        parts.append(
            "Its first line looks like data: it has no header. Put the publisher's column names "
            "above it."
        )
    else:
        parts.append(CHECK)
    raise WrongColumns(" ".join(parts))


@cache
def strangers() -> tuple[tuple[frozenset[str], str], ...]:
    """Return the tell-tale columns of other publishers' files, in small letters, and what they are."""
    entries = tomllib.loads(STRANGERS.read_text(encoding="utf-8")).values()
    return tuple((frozenset(entry["columns"]), entry["what"]) for entry in entries)


def _renamed(header: list[str], lacking: list[str], plan: Layout) -> str:
    """Name the columns that were probably renamed, in a file that has most of the others.

    A column that the layout itself reads stands for none but its own.
    """
    used = {name for column in wanted(plan.kind).values() for name in column.folded}
    free = [name for name in header[:COMPARED] if fold(name) not in used]
    pairs = [(name, near(name, free, 1)) for name in lacking[:SHOWN]]
    hits = [f"{found[0]!r} for {name!r}" for name, found in pairs if found]
    if not hits:
        return CHECK
    return f"Perhaps renamed: {', '.join(map(cut, hits))}. Rename the columns back."


def _is_data(header: list[str]) -> bool:
    """Tell whether a first line holds values: column names are no numbers."""
    filled = [cell for cell in header if cell.strip()]
    values = [cell for cell in filled if NO_NAME.fullmatch(cell.strip())]
    return len(values) * 4 >= max(len(filled), 1)


def _listed(names: list[str]) -> str:
    shown = ", ".join(cut(name, 60) for name in names[:SHOWN])
    return shown + (" …" if len(names) > SHOWN else "")
