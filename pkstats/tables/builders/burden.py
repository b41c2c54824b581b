"""How the contributing states share the burden of a mission."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkstats.codebook import table as codebook_table
from pkstats.registry import hosts_table, states_table
from pkstats.tables.builders.borders import neighbours

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.codebook.model import Table
    from pkstats.tables.recipe import Workshop

# United States, United Kingdom, France, Russia and China, by Gleditsch–Ward number.
PERMANENT = (2, 200, 220, 365, 710)
KEY = ["mission_id", "year"]


def burden(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return contributors' concentration and the parts of permanent members and neighbours."""
    frame = workshop.missions(workshop.raw("contributors"), table.name)
    spec = {"column": "contributor", "scheme": "name", "optional": True}
    frame = workshop.states(frame, table.name, spec)
    out = concentration(frame)
    pairs = neighbours(codebook_table("neighbours"), type(workshop)(workshop.folder))
    near = _next_door(pairs, int(frame["year"].min()), int(frame["year"].max()))
    return out.merge(neighbours_part(frame, near), on=KEY, how="left")


def _shares(frame: pd.DataFrame) -> pd.Series:
    persons = frame["total"].astype("float64")
    return persons / persons.groupby([frame[name] for name in KEY]).transform("sum")


def concentration(frame: pd.DataFrame) -> pd.DataFrame:
    """Return figures by mission-year from mission_id, year, state (contributor) and total."""
    import pandas as pd

    share = _shares(frame)
    permanent = share.where(frame["state"].isin(PERMANENT), 0)
    parts = frame[KEY].assign(square=share**2, share=share, permanent=permanent)
    groups = parts.groupby(KEY)
    return pd.DataFrame(
        {
            "effective_number": 1 / groups["square"].sum(),
            "largest_share": groups["share"].max(),
            "permanent_share": groups["permanent"].sum(),
        }
    ).reset_index()


def _next_door(pairs: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Return mission_id, year and state of every state next to a host; 0 where none is.

    Left out are missions with a host that is in no list of states, whose borders are not known.
    """
    import pandas as pd

    hosts = hosts_table()
    hosts = hosts[hosts["role"] == "host"]
    years = pd.DataFrame({"year": range(first, last + 1)})
    placed = hosts.merge(years, how="cross")
    lasts = placed["to"].isna() | (placed["to"].dt.year >= placed["year"])
    placed = placed[(placed["from"].dt.year <= placed["year"]) & lasts]
    placed = placed[[*KEY, "state"]].drop_duplicates().rename(columns={"state": "host"})
    states = states_table()
    members = states.loc[states["member"], ["state", "year"]].astype("int64")
    members = members.rename(columns={"state": "host"}).assign(listed=True)
    placed = placed.merge(members, on=["host", "year"], how="left")
    known = placed.groupby(KEY)["listed"].transform("count") == placed.groupby(KEY)[
        "host"
    ].transform("size")
    spells = pairs.rename(columns={"state": "host", "neighbour": "state"})
    near = placed[known].merge(spells[["host", "state", "from", "to"]], on="host", how="left")
    inside = (near["from"] <= near["year"]) & (near["to"].isna() | (near["to"] >= near["year"]))
    near["state"] = near["state"].where(inside, 0).fillna(0).astype("int64")
    return near[[*KEY, "state"]].drop_duplicates()


def neighbours_part(frame: pd.DataFrame, near: pd.DataFrame) -> pd.DataFrame:
    """Return by mission-year the part of personnel from the states in `near`."""
    placed = near[KEY].drop_duplicates()
    own = frame.assign(share=_shares(frame)).merge(near, on=[*KEY, "state"])
    found = own.groupby(KEY)["share"].sum().rename("neighbour_part").reset_index()
    found = placed.merge(found, on=KEY, how="left").fillna({"neighbour_part": 0.0})
    return found
