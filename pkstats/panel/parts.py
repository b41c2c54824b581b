"""Parts of tables on their way into a panel: chosen, named, moved in time, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from pkstats.errors import UnknownColumn, suggestion
from pkstats.panel.convert import convert
from pkstats.panel.native import Native


def left_out(
    table: Native, part: pd.DataFrame, on: tuple[str, ...], frame: pd.DataFrame
) -> list[str]:
    """Say how many rows of the panel's own missions and years lie outside the missions' dates."""
    owner, *times = on
    if not times or table.unit == "state-year" or owner != "mission_id":
        return []
    time = times[0]
    inside = part[time].between(frame[time].min(), frame[time].max())
    near = part.loc[inside & part[owner].isin(frame[owner].unique()), list(on)]
    known = pd.MultiIndex.from_frame(frame[list(on)])
    count = int((~pd.MultiIndex.from_frame(near).isin(known)).sum())
    if not count:
        return []
    return [f"{table.name}: {time}s outside the missions' dates, left out: {count:,}"]


def only(
    part: pd.DataFrame, on: tuple[str, ...], columns: Sequence[str] | None, ending: str, name: str
) -> pd.DataFrame:
    """Return the columns asked for, with or without the ending that a lag or window gives them."""
    if columns is None:
        return part
    known = [column for column in part if column not in on]
    wanted = [column if column in known else f"{column}{ending}" for column in columns]
    lacking = [asked for asked, column in zip(columns, wanted, strict=True) if column not in known]
    if lacking:
        raise UnknownColumn(
            f"Table {name!r} has no {', '.join(lacking)} here.{suggestion(lacking[0], known)} "
            f"It has: {', '.join(known)}."
        )
    return part[[*on, *wanted]]


def collisions(
    part: pd.DataFrame, table: Native, on: tuple[str, ...], frame: pd.DataFrame
) -> dict[str, str]:
    """Prefix columns such as `total` and `source` that another table brought already."""
    return {
        name: f"{table.name}_{name}" for name in part if name not in on and name in frame.columns
    }


def shifted(
    part: pd.DataFrame,
    table: Native,
    on: tuple[str, str],
    steps: int,
    ending: str,
    unit: str,
    missions: pd.DataFrame,
) -> pd.DataFrame:
    """Return values dated `steps` later; state tables of a mission keep the present hosts."""
    owner, time = on
    if table.unit == "state-year" and owner == "mission_id":
        part = convert(replace_time(table, steps), unit, missions)
    else:
        part = part.assign(**{time: part[time] + steps})
    names = {name: f"{name}{ending}" for name in part if name not in (owner, time)}
    return part.rename(columns=names)


def replace_time(table: Native, steps: int) -> Native:
    """Return a state-year table whose values are dated `steps` years later."""
    frame = table.frame.assign(year=table.frame["year"] + steps)
    return replace(table, frame=frame)
