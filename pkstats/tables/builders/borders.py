"""Who borders whom, and what happened next door: today's land borders carried back in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkstats.codebook import table as codebook_table
from pkstats.registry import resolve_states, states_table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from pkstats.codebook.model import Table
    from pkstats.tables.recipe import Workshop

CONFLICT = 25


def _today() -> pd.DataFrame:
    """Return today's states with their codes."""
    states = states_table()
    return states[states["year"] == states["year"].max()]


def _units(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return the raw pairs as numbers of today's states, both directions; others are set aside."""
    import pandas as pd

    raw = workshop.raw("neighbours")
    by_code = _today().dropna(subset=["m49"]).set_index("m49")["state"]
    for side in ("unit", "neighbour"):
        named = raw[f"{side}_name"].map(table.recipe["units"])
        raw[side] = raw[f"{side}_m49"].map(by_code).fillna(named).astype("Int64")
    lost = raw["unit"].isna() | raw["neighbour"].isna()
    if table.name == "neighbours":
        item = (raw["unit_name"] + ", " + raw["neighbour_name"])[lost]
        workshop.put_aside(table.name, raw[lost], item, "one of the two is in no state of the list")
    pairs = raw.loc[~lost & (raw["unit"] != raw["neighbour"]), ["unit", "neighbour"]]
    swapped = pairs.rename(columns={"unit": "neighbour", "neighbour": "unit"})
    return pd.concat([pairs, swapped]).drop_duplicates().astype("int64")


def owners(table: Table) -> pd.DataFrame:
    """Return unit (a state of today), year, the state that held it then, and whether as a part.

    A unit has no row while it was in no state of the list, and an owner of 0 while it was divided.
    """
    import pandas as pd

    states, today = states_table(), _today()
    drawn = today["m49"].notna() | today["state"].isin(table.recipe["units"].values())
    on_map = states["member"] & states["state"].isin(today["state"][drawn])
    members = states.loc[on_map, ["state", "year"]].astype("int64")
    own = members.assign(unit=members["state"], part=False)
    parts = [
        {"unit": unit, "year": year, "state": entry["state"], "part": True}
        for entry in table.recipe["parts"]
        for unit in entry["parts"]
        for year in range(entry["from"], entry["to"] + 1)
    ]
    held = pd.concat([pd.DataFrame(parts), own], ignore_index=True)
    held = held.drop_duplicates(["unit", "year"])
    for entry in table.recipe["divided"]:
        divided = (held["unit"] == entry["state"]) & (held["year"] <= entry["to"])
        held.loc[divided, "state"] = 0
    return held


def _pairs(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return state, neighbour, year and part for every year; 0 stands for a divided unit."""
    held = owners(table)
    first = held.rename(columns={"part": "one"})
    second = held.rename(columns={"unit": "neighbour", "state": "other", "part": "two"})
    years = _units(table, workshop).merge(first, on="unit").merge(second, on=["neighbour", "year"])
    years = years[years["state"] != years["other"]].assign(part=years["one"] | years["two"])
    years = years.drop(columns="neighbour").rename(columns={"other": "neighbour"})
    years = years[["state", "neighbour", "year", "part"]].sort_values(
        ["state", "neighbour", "year", "part"]
    )
    return years.drop_duplicates(["state", "neighbour", "year"])


def neighbours(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return one row per pair of states and spell of years, in both directions."""
    years = _pairs(table, workshop)
    years = years[(years["state"] > 0) & (years["neighbour"] > 0)]
    owner = ["state", "neighbour", "part"]
    years = years.sort_values([*owner, "year"])
    run = years["year"].diff().ne(1) | years[owner].ne(years[owner].shift()).any(axis=1)
    spells = years.groupby([*owner, run.cumsum().rename("run")])["year"].agg(["min", "max"])
    spells = spells.reset_index().rename(columns={"min": "from", "max": "to"})
    whole, part = table.columns["basis"].allowed
    spells["basis"] = spells["part"].map({False: whole, True: part})
    spells["to"] = spells["to"].astype("Int64").mask(spells["to"] == years["year"].max())
    return spells


def surroundings(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return neighbours and their conflicts for every state of the system in UCDP's years.

    Violence whose state is not known is set aside where the table of violence is made.
    """
    import pandas as pd

    key, borders = ["state", "year"], codebook_table("neighbours")
    violence = workshop.raw("violence")
    violence["state"] = resolve_states(violence["gw"], "gw", violence["year"])
    deaths = violence.dropna(subset=key).set_index(key)["state_based_best"].astype("float64")
    low, high = violence["year"].min(), violence["year"].max()
    pairs = _pairs(borders, workshop)
    pairs = pairs[pairs["year"].between(low, high)]
    now, before, earlier = (_deaths_next_door(deaths, pairs, lag) for lag in range(3))
    pairs["neighbour_deaths"] = now
    pairs["neighbours_at_war"] = now >= CONFLICT
    calm = (before < CONFLICT) & (earlier < CONFLICT)
    pairs["neighbours_newly_at_war"] = pairs["neighbours_at_war"] & calm
    at_war_before = (before >= CONFLICT) | (earlier >= CONFLICT)
    pairs["not_told"] = pairs["neighbours_at_war"] & ~calm & ~at_war_before
    pairs["divided"] = pairs["neighbour"] == 0
    groups = pairs.groupby(key)
    counts = ["neighbours_at_war", "neighbour_deaths", "neighbours_newly_at_war"]
    found = groups[counts].sum().astype("float64")
    found.insert(0, "neighbours", groups.size().astype("float64"))
    unsure = groups["neighbour_deaths"].count() < groups.size()
    found.loc[unsure, counts] = float("nan")
    found.loc[groups["not_told"].any(), "neighbours_newly_at_war"] = float("nan")
    found.loc[groups["divided"].any()] = float("nan")
    states = states_table()
    states = states[states["member"] & states["year"].between(low, high)]
    grid = pd.MultiIndex.from_frame(states[key].astype("int64"))
    mapped = pd.MultiIndex.from_frame(owners(borders)[key])
    frame = found.reindex(grid, fill_value=0)
    frame[~grid.isin(mapped)] = float("nan")
    # What broke out in the first two years is not known, whether or not there was war next door.
    first_years = frame.index.get_level_values("year") < low + 2
    frame.loc[first_years, "neighbours_newly_at_war"] = float("nan")
    return frame.reset_index()


def _deaths_next_door(deaths: pd.Series, pairs: pd.DataFrame, lag: int) -> np.ndarray:
    """Return deaths in the neighbour of each pair so many years before, shape (pairs,)."""
    import pandas as pd

    return deaths.reindex(
        pd.MultiIndex.from_arrays([pairs["neighbour"], pairs["year"] - lag])
    ).to_numpy("float64")
