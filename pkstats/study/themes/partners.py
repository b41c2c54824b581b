"""Who sends missions, and where those of the UN and of others stand side by side."""

from __future__ import annotations

import pandas as pd

from pkstats.panel.skeleton import host_shares
from pkstats.tables import load

KINDS = ("peacekeeping",)
BOTH, UN_ONLY, OTHERS_ONLY = "both", "UN only", "others only"


def overlap(first: int = 1948, kinds: tuple[str, ...] = KINDS) -> pd.DataFrame:
    """Return the state-years with missions, and whether the UN, others or both had one there.

    Parameters
    ----------
    first : int
        First year.
    kinds : tuple of str
        Kinds of missions that count.

    Returns
    -------
    DataFrame
        state, name, year, who (both, UN only, others only), missions.
    """
    about = load("missions").set_index("mission_id")[["sponsor", "kind"]]
    hosts = host_shares("year").join(about, on="mission_id")
    hosts = hosts[(hosts["role"] == "host") & hosts["kind"].isin(kinds) & (hosts["year"] >= first)]
    hosts = hosts.assign(un=hosts["sponsor"] == "UN", other=hosts["sponsor"] != "UN")
    found = hosts.groupby(["state", "year"], as_index=False).agg(
        un=("un", "any"), other=("other", "any"), missions=("mission_id", "nunique")
    )
    found["who"] = BOTH
    found.loc[~found["other"], "who"] = UN_ONLY
    found.loc[~found["un"], "who"] = OTHERS_ONLY
    names = load("states")[["state", "year", "name"]]
    found = found.merge(names, on=["state", "year"], how="left")
    return found[["state", "name", "year", "who", "missions"]]


def starts_by_sponsor(least: int = 5) -> pd.DataFrame:
    """Return how many missions of all kinds each sponsor began, by decade.

    Parameters
    ----------
    least : int
        Sponsors with fewer missions than this are counted together, as `others`.

    Returns
    -------
    DataFrame
        One row per sponsor, one column per decade, and all; missions of unknown start are in `all`.
    """
    missions = load("missions")
    count = missions["sponsor"].value_counts()
    sponsor = missions["sponsor"].where(missions["sponsor"].map(count) >= least, "others")
    decade = (missions["start"].dt.year // 10 * 10).astype("Int64").astype("string") + "s"
    table = pd.crosstab(sponsor, decade)
    table.columns.name = None
    table["all"] = sponsor.value_counts()
    return table.sort_values("all", ascending=False)
