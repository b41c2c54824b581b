"""First and last dates, read from the tables: of every table, and of what is known of missions.

Nothing in code says when data end. Missions are known to the last month with a UN report of
contributions; other tables to the last year of their rows, and lists in which a missing row is a
zero to their last complete year.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pkstats.codebook import table
from pkstats.registry.missions import coded
from pkstats.tables.dates import complete_years, last_report
from pkstats.tables.dates import span as span_of
from pkstats.tables.load import generation, load

if TYPE_CHECKING:
    import pandas as pd

DECEMBER = 12

Stamp = str
Years = tuple[int | None, int | None]


def build_stamp() -> Stamp:
    """Return which build of the tables is at hand: what is worked out from it is kept by this."""
    return generation()


def as_of_month() -> pd.Period:
    """Return the month to which missions are known: the last with a UN report of contributions."""
    return _as_of(build_stamp())


@lru_cache(maxsize=4)
def _as_of(build: Stamp) -> pd.Period:
    return last_report(load("personnel"))


def as_of() -> str:
    """Return the day to which missions are known, such as ``"2025-07-31"``."""
    return f"{as_of_month().to_timestamp(how='end'):%Y-%m-%d}"


def as_of_year() -> int:
    """Return the calendar year in which what is known of missions ends."""
    return int(as_of_month().year)


def last_whole_year() -> int:
    """Return the last calendar year that is over at the as-of date."""
    month = as_of_month()
    return int(month.year if month.month == DECEMBER else month.year - 1)


def ongoing(start: str = "") -> str:
    """Return what an ongoing mission is called, with the registry's date where figures are newer.

    Parameters
    ----------
    start : str
        The day on which it began: it is not ongoing before.
    """
    older = f" (by the registry of {coded()})" if coded() < as_of() else ""
    return f"ongoing as of {max(as_of(), start)}{older}"


def years(name: str) -> Years:
    """Return first and last year of a table: of rows or, of a list with zeros, of complete years.

    A table without dates has none.
    """
    return _years(name, build_stamp())


@lru_cache(maxsize=256)
def _years(name: str, build: Stamp) -> Years:
    frame = load(name)
    return complete_years(table(name), frame) or span_of(frame)


def covered(*names: str) -> str:
    """Return the years that all of some tables cover, such as ``"1989–2024"``; empty if none is dated."""
    spans = [years(name) for name in names]
    firsts = [first for first, _ in spans if first is not None]
    lasts = [last for _, last in spans if last is not None]
    return f"{max(firsts)}–{min(lasts)}" if firsts else ""
