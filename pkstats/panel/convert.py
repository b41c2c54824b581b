"""From a table's unit to the panel's: months to years, missions to states, states to missions."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from pkstats.panel.native import Native
from pkstats.panel.skeleton import host_shares, mission_months
from pkstats.tables import load
from pkstats.units import UNITS


def convert(table: Native, unit: str, missions: pd.DataFrame) -> pd.DataFrame:
    """Return the table's columns at the panel's unit, keyed for the join.

    A mission-month panel receives yearly values on each month of the year; the key then has `year`.
    """
    if table.unit == unit:
        return table.frame
    if table.unit == "state-year":
        return hosts_of(table)
    if unit == "mission-month":
        return table.frame
    if unit == "mission-year":
        return to_years(table) if table.unit == "mission-month" else table.frame
    if unit == "state-year":
        return to_states(table, missions)
    return to_missions(table, missions)


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


def kept(table: Native) -> list[str]:
    """Columns that have a rule for aggregating over time."""
    return [name for name in table.frame if table.rules.get(name, "none") != "none"]


def _aggregate(frame: pd.DataFrame, keys: list[str], table: Native) -> pd.DataFrame:
    groups = frame.groupby(keys, sort=False)
    columns = {}
    by_rule: dict[str, list[str]] = {}
    for name in kept(table):
        by_rule.setdefault(table.rules[name], []).append(name)
    for rule, names in by_rule.items():
        if rule == "sum":
            part = groups[names].sum(min_count=1)
        elif rule == "any":
            part = groups[names].max()
        else:
            part = groups[names].agg(rule)
        if rule == "mean":
            part = part.astype("float64")
        columns.update({name: part[name] for name in names})
    order = [name for name in table.frame if name in columns]
    return pd.DataFrame({name: columns[name] for name in order}).reset_index()


def to_years(table: Native) -> pd.DataFrame:
    """Return months as years by each column's rule, and the number of months with a row."""
    frame = table.frame.assign(year=table.frame["month"].dt.year.astype("int64"))
    out = _aggregate(frame, ["mission_id", "year"], table)
    months = frame.groupby(["mission_id", "year"], sort=False).size()
    out[f"{table.name}_months"] = months.astype("Int64").to_numpy()
    return out


def to_missions(table: Native, missions: pd.DataFrame) -> pd.DataFrame:
    """Return one row per mission: averages, peaks and values at entry under distinct names.

    At entry is the first month (year) with a figure, if within a year of the start.
    """
    time = "month" if table.unit == "mission-month" else "year"
    frame = table.frame.merge(
        missions[["mission_id", "first_month", "last_month"]], on="mission_id"
    )
    first, last = frame["first_month"], frame["last_month"]
    if time == "year":
        first, last = first.dt.year, last.dt.year
    frame = frame[(frame[time] >= first) & (frame[time] <= last)]
    frame = frame.sort_values(["mission_id", time], kind="stable")
    means = [name for name in kept(table) if table.rules[name] == "mean"]
    out = _aggregate(frame, ["mission_id"], table).set_index("mission_id")
    groups = frame.groupby("mission_id", sort=False)
    for name in means:
        out = out.rename(columns={name: f"{name}_mean"})
        out[f"{name}_peak"] = groups[name].max()
        reported = frame[frame[name].notna()]
        entry = reported.drop_duplicates("mission_id").set_index("mission_id")
        if time == "month":
            late = entry["month"].astype("int64") - entry["first_month"].astype("int64") > 12
        else:
            late = entry["year"] - entry["first_month"].dt.year > 1
        out[f"{name}_entry"] = entry[name].where(~late)
    return out.reset_index()


def hosts_of(table: Native) -> pd.DataFrame:
    """Return a state-year table by mission and year, over the hosts in force.

    Counts of people, deaths and money are summed over host states (neighbours and headquarters left
    out); rates and indices are averaged by host share. A host without a value makes it missing.
    """
    shares = host_shares("year")
    shares = shares[shares["role"] == "host"]
    return combine_hosts(shares, table)


def combine_hosts(shares: pd.DataFrame, table: Native) -> pd.DataFrame:
    """Combine host states' values for each mission and year of `shares`."""
    merged = shares.merge(table.frame, on=["state", "year"], how="left")
    keys = ["mission_id", "year"]
    names = [
        name
        for name in table.frame
        if name not in UNITS["state-year"]
        and pd.api.types.is_numeric_dtype(table.frame[name].dtype)
    ]
    values = merged[names].astype("float64")
    weight = merged["share"] / merged.groupby(keys)["share"].transform("sum")
    averaged = [name for name in names if table.across[name] == "mean"]
    values[averaged] = values[averaged].mul(weight, axis=0)
    groups = values.groupby([merged[key] for key in keys], sort=False)
    known = groups.count().eq(groups.size(), axis=0)
    return groups.sum(min_count=1).where(known).reset_index()


def to_states(table: Native, missions: pd.DataFrame) -> pd.DataFrame:
    """Return a mission table by state and year, split between hosts by share.

    Strength is averaged over the calendar year: months without any mission count as zero, months in
    which a deployed mission has no figure are unknown; a year of which no deployed month is known is
    missing. Flags are true when any mission there has them. Splitting conserves a month's total.
    """
    deployed = mission_months(missions, ["mission_id"])
    shares = host_shares("month")
    grid = deployed.merge(shares, on=["mission_id", "month"])
    grid["year"] = grid["month"].dt.year.astype("int64")
    keys = ["mission_id", "month"] if table.unit == "mission-month" else ["mission_id", "year"]
    grid = grid.merge(table.frame[[*keys, *_numeric(table)]], on=keys, how="left")
    if table.unit == "mission-year":
        months = grid.groupby(["mission_id", "year"])["month"].transform("nunique")
        grid["share"] = grid["share"] / months
    found = pd.DataFrame({name: _state_column(grid, name, table) for name in _numeric(table)})
    return _with_zeros(found, grid)


def _with_zeros(found: pd.DataFrame, grid: pd.DataFrame) -> pd.DataFrame:
    """Return every state-year; strength and flags are a true zero where no mission was deployed."""
    keys = ["state", "year"]
    states = load("states")[keys].astype("int64")
    found = found.reset_index().astype(dict.fromkeys(keys, "int64"))
    out = states.merge(found, on=keys, how="left")
    deployed = pd.MultiIndex.from_frame(grid[keys].astype("int64"))
    empty = ~pd.MultiIndex.from_frame(out[keys]).isin(deployed)
    for name in found.columns.difference(keys):
        zero = False if pd.api.types.is_bool_dtype(out[name].dtype) else 0
        out.loc[empty, name] = zero
    return out


def _numeric(table: Native) -> list[str]:
    return [
        name
        for name in kept(table)
        if table.rules[name] in ("mean", "sum", "any")
        and (
            pd.api.types.is_numeric_dtype(table.frame[name].dtype)
            or pd.api.types.is_bool_dtype(table.frame[name].dtype)
        )
    ]


def _state_column(grid: pd.DataFrame, name: str, table: Native) -> pd.Series:
    rule = table.rules[name]
    states = ["state", "year"]
    if rule == "any" or pd.api.types.is_bool_dtype(grid[name].dtype):
        return grid.groupby(states)[name].max()
    values = grid[name].astype("float64") * grid["share"]
    by_month = values.groupby([grid["state"], grid["month"]])
    month = by_month.sum(min_count=1)
    month = month.where(by_month.count() == by_month.size())
    year = month.index.get_level_values("month").year
    groups = month.groupby([month.index.get_level_values("state"), year.rename("year")])
    if rule == "sum":
        return groups.sum(min_count=1)
    known, size = groups.count(), groups.size()
    empty = 12 - size
    return (groups.sum(min_count=1) / (known + empty)).where(known > 0)
