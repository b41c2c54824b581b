"""Agreements and mediation in states at war, with and without a mission."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkstats.panel import panel
from pkstats.panel.skeleton import host_shares
from pkstats.tables import load
from pkstats.tables.coverage import years

CONFLICT = 25
BEFORE, CAME, NONE = "there the year before", "came in the year", "no peacekeeping mission"


def state_years(first: int, last: int) -> pd.DataFrame:
    """Return state-years with agreements, mediation and whether a peacekeeping mission was there.

    Missions are those of all sponsors; civilian, political and training missions do not count.

    Returns
    -------
    DataFrame
        state, name, year, mission (there the year before, came in the year, no peacekeeping mission),
        settlement (1 where an agreement was signed), agreements_signed, mediation_attempts and
        deaths_before (in state-based conflict and one-sided violence, the year before); missing where
        the sources do not say.
    """
    rows = panel("state-year", first - 1, last)
    rows = rows.derive(
        "had_peacekeepers", "settlement", "agreements_signed", "mediation_attempts", "deaths"
    )
    frame = rows.frame
    lagged = frame[["state", "year", "had_peacekeepers", "deaths"]].assign(year=frame["year"] + 1)
    frame = frame.merge(lagged, on=["state", "year"], how="left", suffixes=("", "_before"))
    there, before = frame["had_peacekeepers"] == 1, frame["had_peacekeepers_before"] == 1
    frame["mission"] = np.select([before, there], [BEFORE, CAME], NONE)
    columns = ["state", "name", "year", "mission", "settlement", "agreements_signed"]
    frame = frame[[*columns, "mediation_attempts", "deaths_before"]]
    return frame[frame["year"] >= first].reset_index(drop=True)


def conflict_years(first: int = 1990, last: int | None = None) -> pd.DataFrame:
    """Return the state-years that follow a year of conflict: 25 deaths or more.

    Columns are those of `state_years`. UCDP counts deaths from 1989 on; by default the years end
    with its list of agreements.
    """
    last = last or years("agreements")[1]
    assert last is not None
    frame = state_years(first, last)
    return frame[frame["deaths_before"] >= CONFLICT].reset_index(drop=True)


def rates(frame: pd.DataFrame, *by: str) -> pd.DataFrame:
    """Return what `conflict_years` says by groups: how many years, and agreements and attempts each.

    Parameters
    ----------
    frame : DataFrame
        As `conflict_years` returns it.
    by : str
        Columns to group by.

    Returns
    -------
    DataFrame
        state_years, states, with_agreement (share of years), agreements_a_year, years_mediation (years
        for which mediation is known) and attempts_a_year (per such year).
    """
    return frame.groupby(list(by), observed=True).agg(
        state_years=("year", "size"),
        states=("state", "nunique"),
        with_agreement=("settlement", "mean"),
        agreements_a_year=("agreements_signed", "mean"),
        years_mediation=("mediation_attempts", "count"),
        attempts_a_year=("mediation_attempts", "mean"),
    )


def agreements_beside_missions() -> pd.DataFrame:
    """Return every agreement and every mission that was in its state when it was signed.

    Returns
    -------
    DataFrame
        agreement_id, date, year, state, title, mission_id, sponsor and kind: one row per agreement
        and mission deployed in the month of signing, and one with no mission where none was.
        A mission in the state need not have been at the table.
    """
    signed = load("agreements")[["agreement_id", "date", "year", "state", "title"]].copy()
    signed["month"] = signed["date"].dt.to_period("M")
    hosts = host_shares("month")
    hosts = hosts[hosts["role"] == "host"][["state", "month", "mission_id"]]
    found = signed.merge(hosts, on=["state", "month"], how="left").drop(columns="month")
    about = load("missions")[["mission_id", "sponsor", "kind"]]
    return found.merge(about, on="mission_id", how="left")


def agreements_by_decade() -> pd.DataFrame:
    """Return how many agreements were signed while a mission was in the state, by decade and in all.

    Returns
    -------
    DataFrame
        agreements, any_mission and peacekeeping (with a mission of that kind there), share (with
        any mission).
    """
    beside = agreements_beside_missions()
    beside["peacekeeping"] = beside["kind"] == "peacekeeping"
    signed = beside.groupby("agreement_id").agg(
        year=("year", "first"), missions=("mission_id", "count"), keeping=("peacekeeping", "any")
    )
    decade = (signed["year"] // 10 * 10).astype("string") + "s"
    table = pd.DataFrame(
        {
            "agreements": signed.groupby(decade).size(),
            "any_mission": (signed["missions"] > 0).groupby(decade).sum(),
            "peacekeeping": signed["keeping"].groupby(decade).sum(),
        }
    ).rename_axis("decade")
    table.loc["all"] = table.sum()
    return table.assign(share=table["any_mission"] / table["agreements"])


def missions_beside_agreements() -> pd.DataFrame:
    """Return how many agreements were signed in the state of each mission, the most first."""
    beside = agreements_beside_missions().dropna(subset="mission_id")
    saw = beside.groupby("mission_id").agg(
        sponsor=("sponsor", "first"),
        kind=("kind", "first"),
        agreements=("agreement_id", "nunique"),
        first=("year", "min"),
        last=("year", "max"),
    )
    return saw.sort_values(["agreements", "first"], ascending=[False, True])
