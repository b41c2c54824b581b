"""From a table's unit to the panel's: months to years, missions to states, states to missions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from pkstats.panel.aggregate import Converted, beside, lacking, over_time, shared_out, tally
from pkstats.panel.hosts import hosts_of
from pkstats.panel.native import Native
from pkstats.panel.scope import Scope
from pkstats.panel.skeleton import host_shares, mission_months, months_of_year
from pkstats.tables import load
from pkstats.units import UNITS

if TYPE_CHECKING:
    import numpy as np

# A figure at entry is the first one, if so many months (years) after the start at most.
LATE = {"month": 12, "year": 1}


def convert(table: Native, unit: str, missions: pd.DataFrame, scope: Scope) -> Converted:
    """Return the table's columns at the panel's unit, keyed for the join.

    A mission-month panel receives yearly values on each month of the year; the key then has `year`.
    """
    if table.unit == unit:
        return Converted(table.frame)
    if table.unit == "state-year":
        return Converted(hosts_of(table, scope))
    if unit == "mission-month":
        return Converted(table.frame)
    if unit == "mission-year":
        monthly = table.unit == "mission-month"
        return to_years(table, missions, scope) if monthly else Converted(table.frame)
    if unit == "state-year":
        return to_states(table, missions, scope)
    return to_missions(table, missions, scope)


def complete(table: Native, missions: pd.DataFrame) -> Native:
    """Return a table with true zeros where a list known to be complete has no row.

    A list by state system (`members`) says nothing of a territory, whose events it has elsewhere.
    """
    if table.zero is None:
        return table
    keys = list(UNITS[table.unit])
    if table.unit == "state-year":
        states = load("states")
        grid = states.loc[states["member"] | (not table.zero.get("members")), keys]
    else:
        grid = mission_months(missions, ["mission_id", "sponsor"])
        if "sponsor" in table.zero:
            grid = grid[grid["sponsor"] == table.zero["sponsor"]]
        grid = grid[keys]
    year = grid["month"].dt.year if "month" in grid else grid["year"]
    grid = grid[(year >= table.zero["from"]) & (year <= table.zero["to"])]
    frame = table.frame.merge(grid.assign(_listed=True), on=keys, how="outer")
    listed = frame.pop("_listed").notna()
    for name in frame:
        if name not in keys and pd.api.types.is_numeric_dtype(frame[name].dtype):
            frame[name] = frame[name].mask(listed & frame[name].isna(), 0)
    return replace(table, frame=frame)


def kept(table: Native) -> dict[str, str]:
    """Return the columns that have a rule for aggregating over time, and the rule."""
    rules = {name: table.rules.get(name, "none") for name in table.frame}
    return {name: rule for name, rule in rules.items() if rule != "none"}


def deployed_periods(table: Native, missions: pd.DataFrame) -> pd.DataFrame:
    """Return the table on every deployed month (or year) of the missions, missing where it has none."""
    grid = mission_months(missions, ["mission_id"])
    if table.unit == "mission-month":
        grid["year"] = grid["month"].dt.year.astype("int64")
        return grid.merge(table.frame, on=["mission_id", "month"], how="left")
    grid = grid.assign(year=grid["month"].dt.year.astype("int64"))[["mission_id", "year"]]
    return grid.drop_duplicates().merge(table.frame, on=["mission_id", "year"], how="left")


def to_years(table: Native, missions: pd.DataFrame, scope: Scope) -> Converted:
    """Return deployed months as years by each column's rule, and the months it rests on."""
    rules, keys = kept(table), ["mission_id", "year"]
    frame = deployed_periods(table, missions)
    values, known, deployed, enough = over_time(frame, keys, rules, scope.least_known)
    out = beside(values, known, rules, "month")
    out[f"{table.name}_months_deployed"] = deployed.astype("Int64")
    return Converted(out.reset_index(), lacking(known, deployed, enough))


def to_missions(table: Native, missions: pd.DataFrame, scope: Scope) -> Converted:
    """Return one row per mission: averages, peaks and values at entry under distinct names.

    At entry is the first month (year) with a figure, if within a year of the start; it rests on that
    month alone, however many others are known.
    """
    time = "month" if table.unit == "mission-month" else "year"
    rules = kept(table)
    frame = deployed_periods(table, missions).sort_values(["mission_id", time], kind="stable")
    values, known, deployed, enough = over_time(frame, ["mission_id"], rules, scope.least_known)
    out = beside(values, known, rules, time)
    means = [name for name, rule in rules.items() if rule == "mean"]
    out = out.rename(columns={name: f"{name}_mean" for name in means})
    start = missions.set_index("mission_id")["first_month"]
    start = start.astype("int64") if time == "month" else start.dt.year
    peaks = frame.groupby("mission_id", sort=False)[means].max()
    for name in means:
        out[f"{name}_peak"] = peaks[name].where(enough[name])
        reported = frame[frame[name].notna()]
        entry = reported.drop_duplicates("mission_id").set_index("mission_id")
        age = entry[time].astype("int64") - start.reindex(entry.index)
        out[f"{name}_entry"] = entry[name].where(age <= LATE[time])
    out[f"{table.name}_{time}s_deployed"] = deployed.astype("Int64")
    return Converted(out.reset_index(), lacking(known, deployed, enough))


def to_states(table: Native, missions: pd.DataFrame, scope: Scope) -> Converted:
    """Return a mission table by state and year, split between hosts by share.

    First within each mission over the calendar year: months in which it is not deployed are zeros,
    deployed months without a figure are unknown; a mission with too few known is left out and named.
    Then over the missions there for a purpose asked for. Splitting conserves a mission's figure.
    """
    rules = {name: rule for name, rule in kept(table).items() if _splits(table, name, rule)}
    grid = mission_months(missions, ["mission_id"])
    grid["year"] = grid["month"].dt.year.astype("int64")
    keys = ["mission_id", "month"] if table.unit == "mission-month" else ["mission_id", "year"]
    grid = grid.merge(table.frame[[*keys, *rules]], on=keys, how="left")
    each = ["mission_id", "year"]
    known, deployed, enough = tally(grid, each, list(rules), scope.least_known)
    flags = [name for name, rule in rules.items() if rule == "any"]
    enough[flags] |= grid.groupby(each, sort=False)[flags].max().fillna(False).astype("bool")
    every = grid.merge(host_shares("month"), on=["mission_id", "month"])
    placed = scope.asked(every)
    rows = pd.MultiIndex.from_frame(placed[each])
    place = known.index.get_indexer(rows)
    figures = placed[list(rules)].where(enough.to_numpy()[place])
    window = months_of_year(known.index.get_level_values("year"))
    share = _parts(known, deployed, window, rules, table.unit == "mission-year")
    share = share.iloc[place].set_axis(placed.index).mul(placed["share"], axis=0)
    states = [placed["state"], placed["year"]]
    values, months = shared_out(figures, states, share, rules)
    frame = beside(values, months, rules, "month")
    frame[f"{table.name}_months_deployed"] = placed.groupby(states).size().astype("Int64")
    there = known.index.isin(rows)
    left = lacking(known[there], deployed[there], enough[there])
    return Converted(_with_zeros(frame, every[every["role"] == "host"]), left)


def _parts(
    known: pd.DataFrame,
    deployed: pd.Series,
    window: np.ndarray,
    rules: dict[str, str],
    yearly: bool,
) -> pd.DataFrame:
    """Return, by mission, year and column, what one month's figure adds to the year's.

    A mean is over the months known and those not deployed; a yearly sum is spread over the months
    deployed.
    """
    spread = 1 / deployed.astype("float64") if yearly else 1.0
    columns = {
        name: 1 / (known[name] + window - deployed) if rule == "mean" else spread
        for name, rule in rules.items()
    }
    return pd.DataFrame(columns, index=known.index)


def _splits(table: Native, name: str, rule: str) -> bool:
    """Tell whether a column can be shared out over host states."""
    dtype = table.frame[name].dtype
    numeric = pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype)
    return rule in ("mean", "sum", "any") and numeric


def _with_zeros(found: pd.DataFrame, hosted: pd.DataFrame) -> pd.DataFrame:
    """Return every state-year; strength and flags are a true zero where no mission is there.

    None is there for a purpose asked for, that is, and none whose purpose is not coded.
    """
    keys = ["state", "year"]
    states = load("states")[keys].astype("int64")
    found = found.reset_index().astype(dict.fromkeys(keys, "int64"))
    out = states.merge(found, on=keys, how="left")
    unclear = hosted.loc[hosted["purpose"].isna(), keys].astype("int64")
    known = pd.concat([found[keys], unclear])
    empty = ~pd.MultiIndex.from_frame(out[keys]).isin(pd.MultiIndex.from_frame(known))
    for name in found.columns.difference(keys):
        zero = False if pd.api.types.is_bool_dtype(out[name].dtype) else 0
        out.loc[empty, name] = zero
    return out
