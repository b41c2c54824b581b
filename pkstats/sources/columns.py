"""Find a layout's columns in a file's header, or say which reader or column was meant."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple, NoReturn

from pkstats.errors import WrongColumns, near
from pkstats.sources import shape
from pkstats.sources.layout import Layout, layout, layout_names
from pkstats.sources.text import folded


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
        When a needed column is not there, or one that only another reader's files have.
    """
    known: dict[str, str] = {}
    for name in header:
        known.setdefault(fold(name), name)
    for other, kind in (plan.instead or {}).items():
        if fold(other) in known:
            raise WrongColumns(
                f"{path.name} has a column {known[fold(other)]!r}, which the files of "
                f"{plan.kind!r} ({plan.title}) do not have. "
                f"It looks like {kind!r}: try pkstats.read({kind!r}, …)."
            )
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
    best = max(scores, key=lambda kind: scores[kind])
    parts = [
        f"{path.name} does not have the columns of {plan.kind!r} ({plan.title}).",
        f"Missing: {_listed(lacking)}.",
        f"Found: {_listed(header) or 'no columns'}.",
    ]
    if best != plan.kind and scores[best] == 1 and scores[plan.kind] < 1:
        parts.append(f"It looks like {best!r}: try pkstats.read({best!r}, …).")
    else:
        renamed = [(name, near(name, header, 1)) for name in lacking]
        pairs = [f"{hits[0]!r} for {name!r}" for name, hits in renamed if hits]
        if pairs:
            parts.append(f"Perhaps renamed: {', '.join(pairs)}. Rename the columns back.")
        else:
            parts.append("Check that this is the right file and the release the reader knows.")
    raise WrongColumns(" ".join(parts))


def _listed(names: list[str]) -> str:
    shown = [name if len(name) <= 60 else f"{name[:59]}…" for name in names[:8]]
    return ", ".join(shown) + (" …" if len(names) > 8 else "")
