"""UCDP files: estimates out of order, dates that differ between copies or stand in lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkstats.sources import times
from pkstats.sources.cells import TEXT, encode
from pkstats.sources.layout import Field
from pkstats.units import YEARS

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table

# Monthly releases are called v24_0_3, yearly ones v24_1.
CANDIDATE = re.compile(r"v\d+_0_\d+")
FIRST_DATE = re.compile(r"(\d{4}-\d\d-\d\d) \(.*;")


def settle(table: Table, plan: Layout) -> None:
    """Settle what UCDP's layouts leave open, as the layout's options ask."""
    options = plan.options or {}
    if plan.kind == "conflicts":
        _episode_dates(table)
    if plan.kind == "ged" and CANDIDATE.search(table.report.file):
        table.report.note("candidate events of a month: the yearly release replaces them")
    _note_release(table, options)
    for name, formats in options.get("first_date", {}).items():
        _first_dates(table, name, formats)
    if "ended_before" in options:
        _ended_before(table, *options["ended_before"])
    if "withdrawn" in options:
        _withdrawn(table, plan.key, options["withdrawn"])
    for start, end in options.get("note_order", ()):
        count = int(((table[end] < table[start]) & table.good).sum())
        if count:
            table.report.note(f"{end} is before {start} in {count} rows, kept as stated")
    _note_estimates(table, options.get("estimates", ()))


def _note_release(table: Table, options: Mapping[str, Any]) -> None:
    """Tell what sets a release apart: conflicts numbered otherwise, a kind of conflict absent."""
    if "old_numbers_below" in options:
        numbers = table.numbers("conflict_id")[table.good]
        if (numbers < options["old_numbers_below"]).any():
            table.report.note(
                "conflicts have the numbers used before 2017: they do not join with later releases"
            )
    for name, word in options.get("usual", {}).items():
        there = pc.fill_null(pc.equal(table[name], word), False).to_numpy(zero_copy_only=False)
        if not (there & table.good).any():
            table.report.note(f"no row has {name} {word!r}: is the file whole?")


def _first_dates(table: Table, name: str, formats: Mapping[str, Any]) -> None:
    """Read a column of dates where a few cells list several; the first one is kept."""
    latest = formats["latest_year"]
    field = Field(name, (name,), "date", formats=tuple(formats["formats"]), latest_year=latest)
    places, spellings = encode(table[name])
    texts = spellings.to_pylist()
    first = [FIRST_DATE.match(text) for text in texts]
    lists = np.array([*(match is not None for match in first), False])
    several = int((lists[places] & table.good).sum())
    if several:
        table.report.note(f"{several} cells list several dates in {name}: the first is kept")
    pairs = zip(first, texts, strict=True)
    words = pa.array([match[1] if match else text for match, text in pairs], TEXT)
    dates = np.append(times.read_dates(words, field), times.NOT_A_TIME)
    years = dates.astype("datetime64[Y]").astype("int64") + 1970
    outside = ~np.isnat(dates) & ((years < YEARS[0]) | (years > YEARS[1]))
    bad = outside | np.append(np.isnat(dates[:-1]), False)

    table[name], before = dates[places], table[name]

    def stated(rows: np.ndarray) -> list[str]:
        return before.take(pa.array(rows)).to_pylist()

    table.blank(bad[places], name, name, stated, times.date_reason(field))


def _episode_dates(table: Table) -> None:
    """Give the dates of copies that keep one start date, the episode's, their proper name."""
    good = table.good
    if not good.any() or not np.isnat(table["episode_start_date"][good]).all():
        return
    table["episode_start_date"] = table["start_date"]
    table["start_date"] = np.full(len(table), times.NOT_A_TIME)
    table.report.note("this copy's start date is the episode's: the conflict's own is missing")
    ended = ~np.isnat(table["episode_end_date"])
    if table["episode_ended"][good].isna().all() and ended[good].any():
        table["episode_ended"] = pd.arrays.BooleanArray(ended, np.zeros(len(table), dtype=bool))
        table.report.note("episode_ended is not in this copy: true where it has an end date")


def _ended_before(table: Table, start: str, end: str) -> None:
    """Blank an end earlier than its beginning, rather than lose the agreement."""
    wrong = (table[end] < table[start]) & table.good
    for row in np.flatnonzero(wrong):
        first, last = (table[name][row].astype("datetime64[D]") for name in (start, end))
        table.report.note(
            f"row {table.rows[row]}: {end} {last} is before {start} {first}: left missing"
        )
    table[end] = np.where(wrong, times.NOT_A_TIME, table[end])


def _withdrawn(table: Table, key: tuple[str, ...], listed: Iterable[list[int]]) -> None:
    columns = [table.numbers(name) for name in key]
    gone = np.zeros(len(table), dtype=bool)
    for item in listed:
        gone |= np.logical_and.reduce(
            [column == value for column, value in zip(columns, item, strict=True)]
        )

    def values(table: Table, rows: np.ndarray) -> list[str]:
        cells = zip(*(table.at(name, rows) for name in key), strict=True)
        return [", ".join(map(str, cell)) for cell in cells]

    table.put_aside(gone, ", ".join(key), values, "withdrawn by UCDP in a later release")


def _note_estimates(table: Table, prefixes: Iterable[str]) -> None:
    for prefix in prefixes:
        names = [re.sub("^_", "", f"{prefix}_{name}") for name in ("low", "best", "high")]
        low, best, high = (table.numbers(name) for name in names)
        outside = int((((best < low) | (best > high)) & table.good).sum())
        if outside:
            note = f"{names[1]} is outside {names[0]} … {names[2]} in {outside} rows"
            table.report.note(note)
