"""Parts of tables on their way into a panel: chosen, named, moved in time, counted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import pandas as pd

from pkstats.codebook import table_names
from pkstats.errors import UnitMismatch, UnknownColumn, suggestion
from pkstats.panel.aggregate import Converted
from pkstats.panel.convert import convert
from pkstats.panel.native import Native
from pkstats.panel.scope import NAMED, Scope, outside_note
from pkstats.panel.skeleton import mission_months
from pkstats.text import cut

# Columns that count the months (years) others rest on.
COUNTS = re.compile(r"_(months|years)(_deployed)?(_lag\d+)?$")
MOMENTS = re.compile(r"_(mean|peak|entry)$")


def outside_dates(
    table: Native, missions: pd.DataFrame, on: tuple[str, ...], frame: pd.DataFrame
) -> list[str]:
    """Say how many rows of the panel's own missions and years lie outside the missions' dates."""
    owner, *times = on
    if not times or table.unit == "state-year" or owner != "mission_id":
        return []
    time = table.unit.removeprefix("mission-")
    grid = mission_months(missions, ["mission_id"])
    years = grid["month"].dt.year
    grid, key = grid.assign(year=years.astype("int64")), ["mission_id", time]
    span = frame[times[0]] if times[0] == "year" else frame[times[0]].dt.year
    rows = table.frame[key]
    year = rows["month"].dt.year if time == "month" else rows["year"]
    inside = year.between(span.min(), span.max()) & rows[owner].isin(frame[owner].unique())
    known = pd.MultiIndex.from_frame(grid[key])
    count = int((~pd.MultiIndex.from_frame(rows[inside]).isin(known)).sum())
    if not count:
        return []
    return [f"{table.name}: {time}s outside the missions' dates, left out: {count:,}"]


def refuse_twice(name: str, columns: list[str], added: Collection[tuple[str, str]]) -> None:
    """Raise UnitMismatch for columns of a table that were added before."""
    again = [column for column in columns if (name, column) in added]
    if again:
        raise UnitMismatch(
            f"The panel already has {', '.join(again[:5])}{' …' * (len(again) > 5)} of {name!r}. "
            "Take it with another lag=, or name only the columns you still need (columns=[…])."
        )


def only(
    part: pd.DataFrame, on: tuple[str, ...], columns: object, ending: str, name: str
) -> pd.DataFrame:
    """Return the columns asked for, with or without the ending that a lag or window gives them."""
    if columns is None:
        return part
    known = [column for column in part if column not in on]
    asked_for: list[str] = []
    one = isinstance(columns, (str, bytes)) or not isinstance(columns, Iterable)
    for column in [columns] if one else columns:  # type: ignore[attr-defined]
        if not isinstance(column, str):
            raise UnknownColumn(f"A column is named by text; found {cut(repr(column))}.")
        asked_for.append(column)
    if not asked_for:
        raise UnknownColumn(f"Expected one column of {name!r} or more; found none (columns=).")
    wanted = [column if column in known else f"{column}{ending}" for column in asked_for]
    lacking = [
        asked for asked, column in zip(asked_for, wanted, strict=True) if column not in known
    ]
    if lacking:
        raise UnknownColumn(
            f"Table {name!r} has no {', '.join(lacking)} here.{suggestion(lacking[0], known)} "
            f"It has: {', '.join(known)}."
        )
    months = [name for name in known if name not in wanted and _counts_for(name, wanted, ending)]
    return part[[*on, *wanted, *months]]


def _counts_for(name: str, wanted: Sequence[str], ending: str) -> bool:
    """Tell whether a column counts the months of one of those wanted, or the months deployed."""
    plain = name.removesuffix(ending)
    if plain.endswith("_deployed"):
        return bool(COUNTS.search(plain))
    stems = {MOMENTS.sub("", column.removesuffix(ending)) for column in wanted}
    stems |= {column.removesuffix(ending) for column in wanted}
    return any(plain in (f"{stem}_months", f"{stem}_years") for stem in stems)


def collisions(
    part: pd.DataFrame, table: Native, on: tuple[str, ...], frame: pd.DataFrame
) -> dict[str, str]:
    """Prefix columns such as `total` and `source` that another table brought already."""
    return {
        name: f"{table.name}_{name}" for name in part if name not in on and name in frame.columns
    }


def shifted(
    found: Converted,
    table: Native,
    on: tuple[str, str],
    steps: int,
    ending: str,
    unit: str,
    missions: pd.DataFrame,
    scope: Scope,
) -> Converted:
    """Return values dated `steps` later; state tables of a mission keep the present hosts."""
    owner, time = on
    if table.unit == "state-year" and owner == "mission_id":
        part = convert(later(table, steps), unit, missions, scope).frame
    else:
        part = found.frame.assign(**{time: found.frame[time] + steps})
    names = {name: f"{name}{ending}" for name in part if name not in (owner, time)}
    return replace(found, frame=part.rename(columns=names))


def later(table: Native, steps: int) -> Native:
    """Return a state-year table whose values are dated `steps` years later."""
    frame = table.frame.assign(year=table.frame["year"] + steps)
    return replace(table, frame=frame, shift=table.shift + steps)


def told(lost: pd.DataFrame, name: str, unit: str, least: float) -> list[str]:
    """Say which missions are left out of a table's columns (or a measure) for want of figures."""
    if lost.empty:
        return []
    keys = [key for key in ("mission_id", "year") if key in lost]
    each = lost.groupby(keys, sort=True)[["known", "deployed"]].max()
    named = []
    for key, row in list(each.iterrows())[:NAMED]:
        who = " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
        named.append(f"{who} ({row['known']} of {row['deployed']})")
    columns = list(dict.fromkeys(lost["column"]))
    of = ", ".join(columns[:3]) + (f" and {len(columns) - 3} more" if len(columns) > 3 else "")
    what = "mission-years" if len(keys) > 1 else "missions"
    more = f" and {len(each) - NAMED:,} more (panel.left_out)" if len(each) > NAMED else ""
    return [
        f"{name}: {len(each):,} {what} left out of {of}, under {least:.0%} of the deployed months "
        f"known: {', '.join(named)}{more}"
    ]


def in_panel(lost: pd.DataFrame, frame: pd.DataFrame, unit: str, steps: int) -> pd.DataFrame:
    """Return the missions left out that a panel has (or counts) in its years.

    In a panel of missions one without any figure is missing as always, and not told.
    """
    if "year" in lost and "year" in frame:
        lost = lost[(lost["year"] + steps).isin(frame["year"].unique())]
    if unit != "state-year":
        lost = lost[(lost["known"] > 0) & lost["mission_id"].isin(frame["mission_id"].unique())]
    return lost


def lost_from(
    found: Converted, part: pd.DataFrame, frame: pd.DataFrame, unit: str, lag: int
) -> pd.DataFrame:
    """Return the missions left out of the columns that a panel takes, in its own years."""
    lost = found.left_out
    stems = {MOMENTS.sub("", one.removesuffix(f"_lag{lag}")) for one in part}
    stems |= {one.removesuffix(f"_lag{lag}") for one in part}
    return in_panel(lost[lost["column"].isin(stems)], frame, unit, lag)


def purposes_told(table: Native, missions: pd.DataFrame, scope: Scope, unit: str) -> list[str]:
    """Say which missions a table leaves out because they are there for something else."""
    states = unit == "state-year"
    if states == (table.unit == "state-year"):
        return []
    if not states and table.name not in table_names():
        return outside_note(missions, scope, unit, table.name)
    return outside_note(missions, scope, unit) if states or table.events else []


def overlaps(table: Native, frame: pd.DataFrame, lag: int) -> None:
    """Raise UnitMismatch where a table has no year in common with a panel by time."""
    time = next((name for name in ("month", "year") if name in frame), None)
    own = next((name for name in ("month", "year") if name in table.frame), None)
    if time is None or own is None or table.frame.empty:
        return
    wanted = frame[time].dt.year if time == "month" else frame[time]
    held = table.frame[own].dt.year if own == "month" else table.frame[own]
    steps = -(-lag // 12) if time == "month" else lag
    low, high = int(wanted.min()) - steps, int(wanted.max()) - lag * (time == "year")
    if held.max() < low or held.min() > high:
        raise UnitMismatch(
            f"{table.name!r} has figures for {held.min()} to {held.max()}; the panel needs "
            f"{low} to {high}. Choose another table, or a panel of those years."
        )
