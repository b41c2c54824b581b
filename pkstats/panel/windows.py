"""State-year tables over the years before, during or after a mission."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkstats.errors import UnitMismatch
from pkstats.panel.hosts import by_hosts
from pkstats.panel.native import Native
from pkstats.panel.scope import Scope
from pkstats.panel.skeleton import edge_hosts, host_shares, runs
from pkstats.tables.coverage import last_whole_year


def window_years(missions: pd.DataFrame, window: str, years: int) -> pd.DataFrame:
    """Return mission and calendar year for each year of a window.

    Before ends with the year before the first; after begins with the year after the last and is
    empty for ongoing missions. Only windows that are over at the as-of date are returned.
    """
    first = missions["first_month"].dt.year.to_numpy()
    last = missions["last_month"].dt.year.to_numpy()
    if window == "during":
        low, high = first, last
    elif window == "before":
        low, high = first - years, first - 1
    elif window == "after":
        low, high = last + 1, last + years
        over = (missions["exit"] == "ongoing").to_numpy() | (high > last_whole_year())
        high = np.where(over, low - 1, high)
    else:
        raise UnitMismatch(f"window must be during, before or after; found {window!r}.")
    count = np.maximum(high - low + 1, 0)
    rows, step = runs(count)
    return pd.DataFrame(
        {"mission_id": missions["mission_id"].to_numpy()[rows], "year": low[rows] + step}
    )


def _by_year(table: Native, grid: pd.DataFrame, window: str, scope: Scope) -> pd.DataFrame:
    """Return mission and year of `grid` with the hosts' values combined."""
    shares = host_shares("year")
    shares = shares[shares["role"] == "host"]
    if window == "during":
        shares = grid.merge(shares, on=["mission_id", "year"])
    else:
        shares = grid.merge(edge_hosts(window), on="mission_id")
    return by_hosts(shares, table, scope)


def window_of(
    table: Native,
    missions: pd.DataFrame,
    window: str,
    years: int,
    scope: Scope,
    statistic: str = "mean",
) -> pd.DataFrame:
    """Return the yearly mean (or peak) over a window, hosts combined; missing unless all are known.

    Hosts before are those of the first year of deployment, after those in force in its last month.
    """
    values = _by_year(table, window_years(missions, window, years), window, scope)
    names = [name for name in values if name not in ("mission_id", "year")]
    groups = values.groupby("mission_id")[names]
    whole = groups.count().eq(values.groupby("mission_id").size(), axis=0)
    if statistic not in ("mean", "peak"):
        raise UnitMismatch(f"A window has a mean or a peak; found statistic={statistic!r}.")
    out = (groups.mean() if statistic == "mean" else groups.max()).where(whole)
    return out.rename(columns={name: f"{name}_{window}" for name in names}).reset_index()


def yearly_after(
    table: Native, missions: pd.DataFrame, column: str, years: int, scope: Scope
) -> np.ndarray:
    """Return a column in each year after a mission's last, shape (missions, years), in their order.

    Missing for ongoing missions and for years that are not over at the as-of date.
    """
    last = missions["last_month"].dt.year.to_numpy()
    count = np.clip(last_whole_year() - last, 0, years)
    count[(missions["exit"] == "ongoing").to_numpy()] = 0
    rows, step = runs(count)
    places = pd.DataFrame(
        {"mission_id": missions["mission_id"].to_numpy()[rows], "year": last[rows] + 1 + step}
    )
    values = _by_year(table, places, "after", scope).set_index(["mission_id", "year"])[column]
    out = np.full((len(missions), years), np.nan)
    out[rows, step] = values.reindex(pd.MultiIndex.from_frame(places)).to_numpy("float64")
    return out
