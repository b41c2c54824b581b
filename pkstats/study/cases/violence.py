"""Violence in the host states, and beside it the paths of other missions and of none.

Two comparison sets, both aligned at the year of deployment. A comparison, not a counterfactual:

- the other UN peacekeeping missions deployed since 1989 (not of the case's family);
- conflicts without a mission: for each state, the year t without a peacekeeping mission from t − 2
  to t + 5 whose yearly deaths in t − 2 and t − 1 come nearest the case's, within a factor of two.
  Asking for years without a mission afterwards leaves out conflicts that drew one as they grew.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from pkstats.panel.scope import Scope as PanelScope
from pkstats.panel.skeleton import host_shares
from pkstats.study.cases.data import host_years, read, stamp, states, summed
from pkstats.study.cases.scope import Scope
from pkstats.study.cases.scores import listed_whole

SPAN = range(-5, 11)
CLEAR = range(-2, 6)
CONFLICT = 25
FACTOR = 2.0
ENOUGH = 5
TYPES = ("state_based", "non_state", "one_sided")
COLUMNS = ["series", "type", "state", "host", "year", "since", "deployed", "deaths", "low", "high"]
HOSTS, MISSIONS, NONE = "host states", "other UN missions", "conflicts without a mission"


def violence(scope: Scope) -> pd.DataFrame:
    """Return deaths by type, host and year, and the comparison sets' paths.

    Columns: series, type, state, host, year, since (years after deployment), deployed, deaths, low,
    high, n. In the series `host states`, low and high are UCDP's bounds; in the others deaths is
    the median of deaths in state-based conflict and one-sided violence, low and high bound the
    middle half, and n counts missions or states. Below five of them nothing is given.
    """
    columns = [f"{kind}_{which}" for kind in TYPES for which in ("best", "low", "high")]
    frame = _told_apart(host_years(scope, columns), scope)
    parts = []
    for kind in TYPES:
        part = frame[["state", "host", "year", "deployed"]].assign(
            series=HOSTS,
            type=kind,
            since=frame["year"] - scope.first,
            deaths=frame[f"{kind}_best"],
            low=frame[f"{kind}_low"],
            high=frame[f"{kind}_high"],
        )
        parts.append(part[part["deaths"].notna()])
    parts += [_band(paths, name, scope) for name, paths in comparisons(scope).items()]
    tidy = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    tidy = tidy.reindex(columns=[*COLUMNS, "n"]).astype({"state": "Int64", "n": "Int64"})
    numbers = dict.fromkeys(("deaths", "low", "high"), "Float64")
    return tidy.astype({**numbers, "deployed": "boolean"})


def _told_apart(frame: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    """Return the rows whose deaths count: of hosts whose conflict it is there for, told apart by UCDP."""
    frame = frame[frame["year"] >= listed_whole(scope)]
    rows = zip(frame["state"].tolist(), frame["year"].tolist(), strict=True)
    ours = [state in scope.conflict_hosts(year) for state, year in rows]
    return frame[pd.Series(ours, index=frame.index, dtype="bool")]


def yearly(scope: Scope) -> pd.Series:
    """Return deaths in state-based conflict and one-sided violence by year, all hosts together."""
    frame = _told_apart(host_years(scope, ["state_based_best", "one_sided_best"]), scope)
    both = frame["state_based_best"] + frame["one_sided_best"]
    return summed(frame.assign(deaths=both), "deaths")


def before(scope: Scope) -> float:
    """Return mean yearly deaths in the two years before deployment; missing unless both are known."""
    return mean_of(yearly(scope), scope.first - 2, scope.first - 1)


def mean_of(series: pd.Series, first: int, last: int) -> float:
    """Return the mean over whole years, missing unless all of them are known."""
    values = series.reindex(range(first, last + 1))
    return float(values.mean()) if len(values) and values.notna().all() else float("nan")


def comparisons(scope: Scope) -> dict[str, pd.DataFrame]:
    """Return the paths (one row per mission or state, one column per year) of both sets.

    Empty when the case cannot be aligned: deployed before UCDP's first year, or without figures for
    the two years before; without a mission also when there was no conflict before.
    """
    level = before(scope)
    if np.isnan(level):
        return {MISSIONS: pd.DataFrame(), NONE: pd.DataFrame()}
    others = mission_paths(stamp())
    away = {scope.mission.id, *scope.chain["mission_id"]}
    keep = (others["family"] != scope.mission.family) & ~others.index.isin(away)
    without = _without(scope, level) if level >= CONFLICT else pd.DataFrame()
    return {MISSIONS: others[keep].drop(columns="family"), NONE: without}


def _band(paths: pd.DataFrame, name: str, scope: Scope) -> pd.DataFrame:
    """Return median and middle half by year since deployment, where enough paths are known."""
    if paths.empty:
        return pd.DataFrame(columns=[*COLUMNS, "n"])
    count = paths.notna().sum()
    spread = paths.quantile([0.25, 0.5, 0.75])
    band = pd.DataFrame(
        {
            "series": name,
            "type": "state_based and one_sided",
            "since": paths.columns.astype("int64"),
            "year": paths.columns.astype("int64") + scope.first,
            "deaths": spread.loc[0.5].to_numpy(),
            "low": spread.loc[0.25].to_numpy(),
            "high": spread.loc[0.75].to_numpy(),
            "n": count.to_numpy(),
        }
    )
    band["deployed"] = band["year"].between(scope.first, scope.last)
    return band[band["n"] >= ENOUGH]


def _deaths() -> pd.DataFrame:
    """Return deaths by state (rows) and year (columns)."""
    frame = states()
    both = (frame["state_based_best"] + frame["one_sided_best"]).astype("Float64")
    wide = frame.assign(deaths=both.astype("float64")).pivot(
        index="state", columns="year", values="deaths"
    )
    return wide.dropna(how="all")


@lru_cache(maxsize=2)
def mission_paths(build: str) -> pd.DataFrame:
    """Return yearly deaths in the first year's hosts of UN peacekeeping missions around deployment.

    One row per mission, columns −5 … 10 and `family`; missing unless known for every host. Missions
    stay in after they end.
    """
    missions = read("missions")
    chosen = missions[
        (missions["sponsor"] == "UN")
        & (missions["kind"] == "peacekeeping")
        & (missions["start"].dt.year >= 1989)
    ].set_index("mission_id")
    shares = PanelScope().asked(host_shares("year"))
    shares = shares[shares["mission_id"].isin(chosen.index)]
    start = chosen["start"].dt.year
    hosts = shares[shares["year"] == shares["mission_id"].map(start)]
    wide = _deaths()
    rows = {}
    for mission_id, group in hosts.groupby("mission_id"):
        years = [int(start[mission_id]) + step for step in SPAN]
        block = wide.reindex(index=group["state"], columns=years)
        rows[mission_id] = block.sum(skipna=False).to_numpy()
    paths = pd.DataFrame.from_dict(rows, orient="index", columns=list(SPAN))
    return paths.assign(family=chosen["family"].reindex(paths.index))


@lru_cache(maxsize=2)
def _free(build: str) -> pd.DataFrame:
    """Return deaths by state and year, missing in years with a peacekeeping mission there."""
    kinds = read("missions").set_index("mission_id")["kind"]
    shares = PanelScope().asked(host_shares("year"))
    there = shares[shares["mission_id"].map(kinds) == "peacekeeping"]
    wide = _deaths()
    present = pd.MultiIndex.from_frame(there[["state", "year"]].astype("int64"))
    mask = np.array([[(int(s), int(y)) in present for y in wide.columns] for s in wide.index])
    return wide.mask(mask)


def _without(scope: Scope, level: float) -> pd.DataFrame:
    """Return the paths of conflicts without a mission, one row per state."""
    free = _free(stamp())
    free = free[~free.index.isin(scope.hosts)]
    blank = np.full((len(free), len(SPAN)), np.nan)
    values = np.hstack([blank, free.to_numpy(), blank])
    places = np.arange(len(SPAN), len(SPAN) + free.shape[1])
    clear = ~np.isnan(values[:, places[:, None] + np.array(CLEAR)]).any(axis=2)
    mean = (values[:, places - 2] + values[:, places - 1]) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.abs(np.log(mean / level))
    distance = np.where(clear & (distance <= np.log(FACTOR)), distance, np.inf)
    rows = np.flatnonzero(np.isfinite(distance.min(axis=1)))
    at = places[distance[rows].argmin(axis=1)]
    paths = values[rows[:, None], at[:, None] + np.array(SPAN)]
    return pd.DataFrame(paths, index=free.index[rows], columns=list(SPAN))
