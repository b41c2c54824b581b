"""Displacement, income and democracy in host states around deployment, and where no mission came."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkstats.panel import panel
from pkstats.panel.scope import Scope
from pkstats.panel.skeleton import host_shares
from pkstats.tables import coverage, load

FIRST = 1990
SPAN = range(-5, 11)
CLEAR = range(-2, 6)
CONFLICT, ENOUGH = 25, 5
HOSTS, NONE = "hosts of UN missions", "conflicts without a mission"
MEASURES = {
    "refugees": "refugees abroad per 1,000 inhabitants",
    "return": "share of refugees who returned in the year",
    "income": "real income per head, 100 in the year before",
    "democracy": "electoral democracy, 0 to 1",
    "deaths": "deaths in state-based conflict and one-sided violence",
}
COLUMNS = ["measure", "series", "since", "median", "low", "high", "n"]


def around_deployment() -> pd.DataFrame:
    """Return what became of host states by years since the first UN mission of a chain came.

    Missions are UN peacekeeping operations from 1990 on, the first of each chain of successors;
    hosts, those of their first year, stay in after the missions end. The conflicts without a mission
    are states, one path each: year 0 follows the two years with the most deaths (25 or more a year
    on average) among those with no peacekeeping mission from two years before to five after.

    Returns
    -------
    DataFrame
        measure (refugees, return, income, democracy, deaths), series, since, median, low and high (middle
        half) and n: missions or states with a figure. Below five of them nothing is given.
    """
    wide = _by_state()
    starts = {HOSTS: _missions(), NONE: _without()}
    parts = [
        _band(_paths(wide[name], rows, name == "income"), name, series)
        for name in MEASURES
        for series, rows in starts.items()
    ]
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _by_state() -> dict[str, pd.DataFrame]:
    """Return each measure by state (rows) and year (columns)."""
    frame = panel("state-year", FIRST - 5, coverage.years("violence")[1]).derive(
        "refugees_return", "deaths"
    )
    frame = frame.add("context", "displacement").frame
    numbers = {
        "refugees": 1000 * frame["refugees"].astype("float64") / frame["population"],
        "return": frame["refugees_return"],
        "income": frame["gdp_per_head_real"],
        "democracy": frame["polyarchy"],
        "deaths": frame["deaths"],
    }
    keys = frame[["state", "year"]]
    return {
        name: keys.assign(value=column.astype("float64")).pivot(
            index="state", columns="year", values="value"
        )
        for name, column in numbers.items()
    }


def _missions() -> pd.DataFrame:
    """Return unit, state and start of the first UN peacekeeping operation of each chain."""
    missions = load("missions")
    ours = missions[(missions["sponsor"] == "UN") & (missions["kind"] == "peacekeeping")]
    first = ours.sort_values("start").drop_duplicates("family")
    first = first.assign(start=first["start"].dt.year)
    first = first[first["start"] >= FIRST]
    hosts = host_shares("year")
    hosts = Scope().asked(hosts).merge(first[["mission_id", "start"]], on="mission_id")
    hosts = hosts[hosts["year"] == hosts["start"]]
    return hosts.rename(columns={"mission_id": "unit"})[["unit", "state", "start"]]


def _without() -> pd.DataFrame:
    """Return unit, state and start of conflicts without a peacekeeping mission, one per state."""
    kinds = load("missions").set_index("mission_id")["kind"]
    there = host_shares("year")
    there = there[(there["role"] == "host") & (there["mission_id"].map(kinds) == "peacekeeping")]
    violence = load("violence")
    deaths = (violence["state_based_best"] + violence["one_sided_best"]).astype("float64")
    wide = violence.assign(deaths=deaths).pivot(index="state", columns="year", values="deaths")
    present = pd.crosstab(there["state"], there["year"]) > 0
    present = present.reindex(index=wide.index, columns=wide.columns, fill_value=False)
    free = wide.mask(present)
    inside = range(int(wide.columns.min()) + 2, int(wide.columns.max()) - max(CLEAR) + 1)
    rows = []
    for state, values in free.iterrows():
        means = {
            year: float(np.mean([values[year - 2], values[year - 1]]))
            for year in inside
            if values[[year + step for step in CLEAR]].notna().all()
        }
        if means and max(means.values()) >= CONFLICT:
            rows.append({"unit": state, "state": state, "start": max(means, key=means.__getitem__)})
    return pd.DataFrame(rows)


def _paths(wide: pd.DataFrame, starts: pd.DataFrame, index: bool) -> pd.DataFrame:
    """Return one row per unit and one column per year since the start; the mean over its hosts."""
    rows = {}
    for unit, group in starts.groupby("unit"):
        years = [int(group["start"].iloc[0]) + step for step in SPAN]
        block = wide.reindex(index=group["state"], columns=years).mean(skipna=False).to_numpy()
        rows[unit] = 100 * block / block[SPAN.index(-1)] if index else block
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(SPAN))


def _band(paths: pd.DataFrame, measure: str, series: str) -> pd.DataFrame:
    spread = paths.quantile([0.25, 0.5, 0.75])
    frame = pd.DataFrame(
        {
            "measure": measure,
            "series": series,
            "since": list(SPAN),
            "median": spread.loc[0.5].to_numpy(),
            "low": spread.loc[0.25].to_numpy(),
            "high": spread.loc[0.75].to_numpy(),
            "n": paths.notna().sum().to_numpy(),
        }
    )
    return frame[frame["n"] >= ENOUGH]
