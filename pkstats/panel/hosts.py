"""State values to missions: host states combined, conflicts only where a mission is there for them."""

from __future__ import annotations

import pandas as pd

from pkstats.panel.native import Native
from pkstats.panel.scope import BETWEEN, INSIDE, Scope
from pkstats.panel.skeleton import host_shares
from pkstats.tables import load
from pkstats.units import UNITS

KEYS = ["mission_id", "year"]
# What the deaths of a dispute between states are taken from, and stand in for.
DEATHS = {"state_based_best": "best", "state_based_low": "low", "state_based_high": "high"}
OTHER_DEATHS = ("non_state_", "one_sided_")
COUNTS = ("_dyads", "_actors")


def hosts_of(table: Native, scope: Scope) -> pd.DataFrame:
    """Return a state-year table by mission and year, over the hosts in force."""
    shares = host_shares("year")
    return by_hosts(shares[shares["role"] == "host"], table, scope)


def by_hosts(shares: pd.DataFrame, table: Native, scope: Scope) -> pd.DataFrame:
    """Return a state-year table for each mission and year of `shares`, hosts combined.

    Columns that tell of events (`table.events`) count only the hosts that a mission is in for a purpose
    asked for, and are missing where there is none. Missions between states have the battle deaths of
    interstate conflicts between their hosts.
    """
    names = [name for name in table.frame if name in table.events]
    rest = [
        name for name in table.frame if name not in table.events and name not in UNITS[table.unit]
    ]
    out = shares[KEYS].drop_duplicates()
    if rest:
        out = out.merge(combine_hosts(shares, table, rest), on=KEYS, how="left")
    if names:
        asked = shares[shares["purpose"].isin(scope.purposes)]
        found = combine_hosts(asked[asked["purpose"].isin(INSIDE)], table, names)
        between = asked[asked["purpose"].isin(BETWEEN)]
        if len(between) and table.name == "violence":
            found = _first_of(found, between_hosts(between, table, names))
        out = out.merge(found, on=KEYS, how="left")
    order = [name for name in table.frame if name in out and name not in UNITS[table.unit]]
    return out[[*KEYS, *order]]


def _first_of(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of both; where a mission has both in a year, the first."""
    return pd.concat([one, other], ignore_index=True).drop_duplicates(KEYS)


def combine_hosts(shares: pd.DataFrame, table: Native, names: list[str]) -> pd.DataFrame:
    """Combine host states' values for each mission and year of `shares`.

    Counts of people, deaths and money are summed over host states (neighbours and headquarters left
    out); rates and indices are averaged by host share. A host without a value makes it missing.
    """
    names = [name for name in names if pd.api.types.is_numeric_dtype(table.frame[name].dtype)]
    merged = shares.merge(table.frame[["state", "year", *names]], on=["state", "year"], how="left")
    values = merged[names].astype("float64")
    weight = merged["share"] / merged.groupby(KEYS)["share"].transform("sum")
    averaged = [name for name in names if table.across[name] == "mean"]
    values[averaged] = values[averaged].mul(weight, axis=0)
    groups = values.groupby([merged[key] for key in KEYS], sort=False)
    known = groups.count().eq(groups.size(), axis=0)
    return groups.sum(min_count=1).where(known).reset_index()


def between_hosts(shares: pd.DataFrame, table: Native, names: list[str]) -> pd.DataFrame:
    """Return the deaths of interstate conflicts between a mission's hosts, by mission and year.

    UCDP lists conflict-years from 25 battle deaths on, so a year that it covers and does not list is 0
    here and had fewer. Violence of other kinds belongs to no dispute between states and is 0. A mission
    with one host of those at odds stays missing: who the other is, its hosts do not say.
    """
    deaths = load("battle_deaths")
    covered = deaths["year"].min() + table.shift, deaths["year"].max() + table.shift
    wars = deaths[deaths["type_of_conflict"] == "interstate"]
    wars = wars.assign(year=wars["year"] + table.shift, war=wars["conflict_id"])
    sides = wars.assign(state=wars["locations"].astype("str").str.findall(r"\d+")).explode("state")
    sides = sides.assign(state=sides["state"].astype("float").astype("Int64")).drop_duplicates(
        ["war", "year", "state"]
    )
    keep = [*KEYS, "state"]
    met = shares[keep].merge(
        sides[["war", "year", "state", *DEATHS.values()]], on=["state", "year"]
    )
    both = met.groupby([*KEYS, "war"])["state"].transform("nunique") > 1
    met = met[both].drop_duplicates([*KEYS, "war"])
    summed = met.groupby(KEYS)[list(DEATHS.values())].sum().reset_index()
    hosts = shares.groupby(KEYS)["state"].nunique()
    out = hosts[hosts > 1].reset_index()[KEYS]
    out = out[out["year"].between(*covered)].merge(summed, on=KEYS, how="left")
    for name in names:
        if name in DEATHS:
            out[name] = out[DEATHS[name]].fillna(0).astype("float64")
        elif name.startswith(OTHER_DEATHS) and not name.endswith(COUNTS):
            out[name] = 0.0
    return out[[*KEYS, *(name for name in names if name in out)]]
