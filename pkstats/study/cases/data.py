"""The data of a case, part by part: tidy frames taken from the processed tables."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pkstats.panel import panel
from pkstats.panel.parts import COUNTS
from pkstats.study.cases.scope import Scope
from pkstats.tables import load
from pkstats.tables.coverage import Stamp, build_stamp, last_whole_year

if TYPE_CHECKING:
    from collections.abc import Callable

HOST_TABLES = ("violence", "displacement", "humanitarian", "aid_workers", "context")
STRENGTH = ["troops", "police", "observers", "total"]


def stamp() -> Stamp:
    """Return which build of the tables is at hand."""
    return build_stamp()


def read(name: str) -> pd.DataFrame:
    """Return a processed table; one copy per build, so that a case reads each file once."""
    return _read(name, stamp()).copy(deep=False)


@lru_cache(maxsize=64)
def _read(name: str, build: tuple[str, int]) -> pd.DataFrame:
    return load(name)


def states() -> pd.DataFrame:
    """Return state, year and every host-state table, true zeros filled; one copy per build."""
    return _states(stamp()).copy(deep=False)


@lru_cache(maxsize=2)
def _states(build: tuple[str, int]) -> pd.DataFrame:
    return panel("state-year").add(*HOST_TABLES).frame


def host_years(scope: Scope, columns: list[str], frame: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return state, host, year, deployed, share and `columns` of `frame` for the years shown.

    The hosts of a year are those that count in it, with their share, as in panels (`Scope.shares`).

    Without a frame they are those of all host-state tables in the years of the state system. Rows
    where every column is missing are left out; `deployed` marks the mission's years. The last whole
    year before the as-of date is the last: some sources have begun the next, others have not.
    """
    frame = states() if frame is None else frame
    low, high = scope.window[0], min(scope.window[1], last_whole_year())
    frame = frame.loc[frame["state"].isin(scope.hosts), ["state", "year", *columns]]
    frame = frame[frame["year"].between(low, high) & frame[columns].notna().any(axis=1)]
    names = dict(zip(scope.hosts, scope.names, strict=True))
    kept = frame[["state", "year", *columns]].copy()
    kept.insert(1, "host", kept["state"].map(names))
    kept.insert(3, "deployed", kept["year"].between(scope.first, scope.last))
    pairs = zip(kept["state"].tolist(), kept["year"].tolist(), strict=True)
    kept.insert(4, "share", [scope.shares(year).get(state, np.nan) for state, year in pairs])
    kept = kept[kept["share"].notna()]
    return kept.sort_values(["state", "year"]).reset_index(drop=True)


def summed(frame: pd.DataFrame, column: str) -> pd.Series:
    """Return a column by year over the host states that have it; a year nobody has is missing."""
    sums = frame.groupby("year")[column].sum(min_count=1).astype("float64")
    return sums.dropna()


def averaged(frame: pd.DataFrame, column: str) -> pd.Series:
    """Return the mean of a column by year over the host states that have it, by their shares."""
    known = frame[frame[column].notna()]
    weights = known["share"].groupby(known["year"]).sum()
    sums = (known[column].astype("float64") * known["share"]).groupby(known["year"]).sum()
    return sums / weights


def resources(scope: Scope) -> pd.DataFrame:
    """Return strength by type beside what was authorised, by mission of the chain and month.

    `shortfall` is the part of the authorised total that was not deployed, negative when over it,
    however far: the measure of that name leaves out what lies more than half over.
    Months before or after the mission's own dates are left out.
    """
    ids = scope.chain["mission_id"]
    deployed = read("personnel")
    authorised = read("authorised").rename(
        columns={name: f"{name}_authorised" for name in STRENGTH}
    )
    authorised = authorised.drop(columns=["flag", "source"])
    both = deployed[deployed["mission_id"].isin(ids)].merge(
        authorised[authorised["mission_id"].isin(ids)], on=["mission_id", "month"], how="outer"
    )
    both = both.merge(scope.chain[["mission_id", "role", "start", "end"]], on="mission_id")
    month = both["month"].dt.to_timestamp()
    open_end = both["end"].fillna(pd.Timestamp.max.floor("D"))
    begins = both["start"].dt.to_period("M").dt.to_timestamp()
    both = both[(month >= begins) & (month <= open_end)]
    whole = both["total_authorised"].astype("float64")
    both = both.assign(shortfall=1 - both["total"].astype("float64") / whole.where(whole > 0))
    order = ["mission_id", "role", "month", *STRENGTH, "staff_officers"]
    order += [f"{name}_authorised" for name in STRENGTH] + ["shortfall", "source", "flag"]
    return both[order].sort_values(["mission_id", "month"]).reset_index(drop=True)


def displacement(scope: Scope) -> pd.DataFrame:
    """Return refugees and internally displaced people (stocks at year's end) and those returned."""
    columns = ["refugees", "idps", "idps_idmc", "returned_refugees", "returned_idps"]
    return host_years(scope, columns)


def humanitarian(scope: Scope) -> pd.DataFrame:
    """Return humanitarian funding in US dollars and major attacks on aid workers, by host and year."""
    money = ["required_usd", "funded_usd", "funded_outside_plans_usd"]
    attacks = ["incidents", "killed", "wounded", "kidnapped"]
    frame = host_years(scope, [*money, *attacks])
    required = frame["required_usd"].astype("float64")
    share = frame["funded_usd"].astype("float64") / required.where(required > 0)
    frame.insert(list(frame).index("incidents"), "funded_share", share)
    return frame


def governance(scope: Scope) -> pd.DataFrame:
    """Return democracy (V-Dem, Polity), income per head and population, by host and year.

    Also of the years before a host was a state of its own, where sources give them: measures of
    change start there.
    """
    columns = ["polyarchy", "liberal_democracy", "polity"]
    columns += ["gdp_per_head_real", "gdp_per_head_usd", "population"]
    return host_years(scope, columns, read("context"))


def safety(scope: Scope) -> pd.DataFrame:
    """Return deaths of UN personnel of the mission by year and cause, zeros where none is listed.

    `strength` is the mean uniformed strength of the year. The UN lists the dead of its own missions
    only; for others, and for years the list does not cover, there are no rows.
    """
    frame = _deaths(stamp())
    frame = frame[frame["mission_id"] == scope.mission.id].drop(columns="mission_id")
    causes = [
        name for name in map(str, frame) if name.startswith("deaths_") and not COUNTS.search(name)
    ]
    known = frame[frame["deaths"].notna()]
    tidy = known.drop(columns="deaths").melt(
        id_vars=["year", "total"], value_vars=causes, var_name="cause", value_name="deaths"
    )
    tidy["cause"] = tidy["cause"].str.removeprefix("deaths_").str.replace("_", " ")
    tidy = tidy.rename(columns={"total": "strength"}).astype({"deaths": "Int64"})
    tidy = tidy.sort_values(["year", "cause"])[["year", "cause", "deaths", "strength"]]
    return tidy.reset_index(drop=True)


@lru_cache(maxsize=2)
def _deaths(build: tuple[str, int]) -> pd.DataFrame:
    frame = panel("mission-year").add("fatalities", "personnel").frame
    # Beside each column stands the number of months it rests on.
    deaths = [
        name
        for name in map(str, frame)
        if name.partition("_")[0] == "deaths" and not name.endswith("_months")
    ]
    return frame[["mission_id", "year", "total", *deaths]]


PARTS: dict[str, Callable[[Scope], pd.DataFrame]] = {
    "resources": resources,
    "displacement": displacement,
    "humanitarian": humanitarian,
    "safety": safety,
    "governance": governance,
}
