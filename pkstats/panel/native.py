"""A processed table as it joins panels: one row per key of one of the four units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from pkstats.codebook import Table, table, table_names
from pkstats.errors import UnitMismatch
from pkstats.panel.skeleton import spell_months
from pkstats.tables import load
from pkstats.tables.coverage import as_of_month
from pkstats.tables.dates import complete_years, spell_ends
from pkstats.units import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping

# Columns about the row rather than the mission: in a panel they carry the table's name.
ABOUT = ("source", "flag", "coder", "note")


@dataclass(frozen=True)
class Native:
    """A table at a unit of analysis, and how each of its columns aggregates.

    `events` are the columns of a state table that tell of what happened there: a mission has them only
    from hosts that it is in for a purpose asked for. `shift` is by how many years the values are dated
    later than they were.
    """

    name: str
    unit: str
    frame: pd.DataFrame
    rules: Mapping[str, str]
    across: Mapping[str, str]
    zero: Mapping[str, object] | None
    events: frozenset[str] = frozenset()
    shift: int = 0


def addable(unit: str = "") -> list[str]:
    """Return the names of the tables a panel (of one unit) can take.

    Counts of a mission's rows (its contributors), and indices of them, cannot be split between host
    states.
    """
    names = [name for name in table_names() if _unit(table(name))]
    if unit == "state-year":
        return [name for name in names if _splits(table(name))]
    return names


def _splits(entry: Table) -> bool:
    """Tell whether a table can be had by state: it is, or some column of it can be shared out."""
    if _unit(entry) == "state-year":
        return True
    rules = {column.aggregate for column in entry.columns.values()}
    return "count" not in entry.panel and bool(rules & {"mean", "sum", "any"})


def _unit(entry: Table) -> str:
    if "unit" in entry.panel:
        return str(entry.panel["unit"])
    for unit, key in UNITS.items():
        if tuple(entry.key) == key and entry.name not in ("missions", "states"):
            return unit
    return ""


def native(name: str) -> Native:
    """Return a table ready to join a panel.

    Raises
    ------
    UnitMismatch
        When the table's unit (events, conflicts, locations …) would multiply a panel's rows.
    """
    entry = table(name)
    unit = _unit(entry)
    if not unit:
        raise UnitMismatch(
            f"{name!r} has one row per {', '.join(entry.key)}; a panel takes tables by "
            f"{', '.join(UNITS)}, so adding it would multiply rows. Aggregate "
            f"pkstats.load({name!r}) first and join it yourself, or add one of: "
            f"{', '.join(addable())}."
        )
    frame = load(name)
    zero = dict(entry.panel["absent"]) if "absent" in entry.panel else None
    if zero and (complete := complete_years(entry, frame)):
        zero |= dict(zip(("from", "to"), complete, strict=True))
    rules = {column.name: column.aggregate for column in entry.columns.values()}
    if entry.panel.get("spells"):
        frame = _months_of(frame, entry)
    if "count" in entry.panel:
        frame = _counted(frame, unit, str(entry.panel["count"]))
        rules[str(entry.panel["count"])] = "max"
    elif "spread" in entry.panel:
        frame = _spread(frame, unit, entry, rules)
    key = UNITS[unit]
    about = {column: f"{name}_{column}" for column in ABOUT if column in frame}
    frame = frame.rename(columns=about)
    rules.update({new: rules.get(old, "none") for old, new in about.items()})
    frame = frame[[*key, *(column for column in frame if column not in key)]]
    across = {column: _across(entry, column) for column in frame}
    events = frozenset(column for column in frame if _tells_of_events(entry, column, key))
    return Native(name, unit, frame, rules, across, zero, events)


def _tells_of_events(entry: Table, column: str, key: tuple[str, ...]) -> bool:
    if column in key:
        return False
    role = entry.columns[column].role if column in entry.columns else ""
    return bool(entry.panel.get("events")) or role in ("outcome", "security")


def _across(entry: Table, column: str) -> str:
    if column in entry.columns and entry.columns[column].across:
        return entry.columns[column].across
    if column not in entry.columns:
        return "sum"
    described = entry.columns[column]
    extensive = described.aggregate == "sum" or described.unit in (
        "persons",
        "deaths",
        "US dollars",
    )
    return "sum" if extensive else "mean"


def _months_of(frame: pd.DataFrame, entry: Table) -> pd.DataFrame:
    """Expand spells to months; an open spell lasts until the as-of date."""
    frame = frame.assign(to=spell_ends(frame, as_of_month()))
    keep = [name for name in frame if name not in ("from", "to")]
    return spell_months(frame, "from", "to", keep)


def _counted(frame: pd.DataFrame, unit: str, name: str) -> pd.DataFrame:
    key = list(UNITS[unit])
    frame = frame.dropna(subset=key)
    counts = frame.groupby(key, as_index=False).size()
    return counts.rename(columns={"size": name}).astype({name: "Int64"})


def _spread(frame: pd.DataFrame, unit: str, entry: Table, rules: dict[str, str]) -> pd.DataFrame:
    """Sum over the key columns the unit lacks, in all and per value of the spread column."""
    key = list(UNITS[unit])
    by = str(entry.panel["spread"])
    values = [name for name in entry.values if entry.columns[name].aggregate == "sum"]
    totals = frame.groupby(key)[values].sum(min_count=1)
    for value in values:
        wide = frame.pivot_table(index=key, columns=by, values=value, aggfunc="sum", observed=True)
        wide = wide.reindex(totals.index).fillna(0)
        for category in wide:
            name = f"{value}_{str(category).replace(' ', '_').replace('-', '_').lower()}"
            totals[name] = wide[category].astype(totals[value].dtype)
            rules[name] = "sum"
    return totals.reset_index()
