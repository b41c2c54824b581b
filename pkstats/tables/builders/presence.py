"""Which missions are deployed in which month, and who else is in their host states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkstats.registry import hosts_table, missions_table
from pkstats.registry.missions import UNIFORMED
from pkstats.tables.builders.personnel import side_by_side
from pkstats.tables.dates import last_months, last_report, spell_ends

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.codebook.model import Table
    from pkstats.tables.recipe import Workshop

NO_ORGANISATION = ("UN", "ad hoc")


def presence(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return every month of every mission, and which other sponsors' missions share its hosts.

    A mission without a known start or end cannot be placed and is set aside.
    """
    missions = missions_table()
    today = last_report(side_by_side(workshop))
    last = last_months(missions, today)
    missions = missions.assign(first=missions["start"].dt.to_period("M"), last=last)
    placed = (missions["first"].notna() & missions["last"].notna()).to_numpy()
    lost = missions[~placed]
    workshop.put_aside(table.name, lost, lost["mission_id"], "start or end not known")
    own = _months(missions[placed], "first", "last", ["mission_id", "sponsor", "kind"])
    places = _places(own, today)
    beside = _beside(places)
    out = own[["mission_id", "month"]].assign(deployed=True)
    out = out.merge(beside, on=["mission_id", "month"], how="left")
    hosted = places[["mission_id", "month"]].drop_duplicates().assign(hosted=True)
    known = out.merge(hosted, on=["mission_id", "month"], how="left")["hosted"].notna()
    for name in ("un_beside", "regional_beside", "other_beside"):
        out[name] = out[name].astype("boolean").fillna(False).where(known)
    return out


def _months(frame: pd.DataFrame, first: str, last: str, keep: list[str]) -> pd.DataFrame:
    """Return one row per month of each spell, first and last inclusive."""
    import numpy as np
    import pandas as pd

    begin = frame[first].astype("int64").to_numpy()
    length = np.maximum(frame[last].astype("int64").to_numpy() - begin + 1, 0)
    rows = np.repeat(np.arange(len(frame)), length)
    step = np.arange(len(rows)) - np.repeat(np.cumsum(length) - length, length)
    out = frame[keep].take(rows).reset_index(drop=True)
    out["month"] = pd.PeriodIndex.from_ordinals(begin[rows] + step, freq="M")
    return out


def _places(own: pd.DataFrame, today: pd.Period) -> pd.DataFrame:
    """Return mission, month, host state, sponsor and kind; headquarters and neighbours left out."""
    hosts = hosts_table()
    hosts = hosts[(hosts["role"] == "host") & hosts["from"].notna()]
    hosts = hosts.assign(to=spell_ends(hosts, today))
    spells = _months(hosts, "from", "to", ["mission_id", "state"])
    return own.merge(spells.drop_duplicates(), on=["mission_id", "month"])


def _beside(places: pd.DataFrame) -> pd.DataFrame:
    """Return the months in which another sponsor's uniformed mission is in a host of a mission."""
    others = places[places["kind"].isin(UNIFORMED)]
    pairs = places.merge(others, on=["state", "month"], suffixes=("", "_other"))
    pairs = pairs[pairs["sponsor"] != pairs["sponsor_other"]]
    un = pairs["sponsor_other"] == "UN"
    regional = ~pairs["sponsor_other"].isin(NO_ORGANISATION)
    found = pairs[["mission_id", "month"]].assign(
        un_beside=un, regional_beside=regional, other_beside=~un & ~regional
    )
    return found.groupby(["mission_id", "month"], as_index=False).max()
