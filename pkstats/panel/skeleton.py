"""The rows of a panel: which missions, months, years or states it has, before anything is added."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pkstats.errors import UnitMismatch, suggestion
from pkstats.tables import load
from pkstats.tables.coverage import Stamp, as_of_month, build_stamp
from pkstats.tables.dates import last_months, spell_ends
from pkstats.text import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

CARRIED = ["sponsor", "kind", "family"]


def chosen_missions(
    start: int | None, end: int | None, sponsor: str | Sequence[str] | None, kind: object
) -> pd.DataFrame:
    """Return the missions deployed between two years, with first and last month.

    An ongoing mission lasts until the as-of date; a mission whose start or end is unknown
    cannot be placed in time and is left out.
    """
    frame = load("missions")
    for column, wanted in (("sponsor", sponsor), ("kind", kind)):
        if wanted is not None:
            values = list(wanted) if isinstance(wanted, (list, tuple, set, frozenset)) else [wanted]
            known = set(frame[column])
            for value in values:
                if not isinstance(value, str) or value not in known:
                    raise UnitMismatch(
                        f"No mission has {column} {cut(repr(value))}.{suggestion(cut(value), known)} "
                        f"Known: {', '.join(sorted(known))}."
                    )
            frame = frame[frame[column].isin(values)]
    frame = frame.assign(
        first_month=frame["start"].dt.to_period("M"), last_month=last_months(frame, as_of_month())
    )
    frame = frame[frame["first_month"].notna() & frame["last_month"].notna()]
    if start is not None:
        frame = frame[frame["last_month"] >= pd.Period(f"{start}-01", "M")]
    if end is not None:
        frame = frame[frame["first_month"] <= pd.Period(f"{end}-12", "M")]
    return frame.reset_index(drop=True)


def runs(lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, for runs laid end to end, which run each place is in and its step (0, 1, …) there."""
    rows = np.repeat(np.arange(len(lengths)), lengths)
    return rows, np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def spell_months(frame: pd.DataFrame, first: str, last: str, keep: list[str]) -> pd.DataFrame:
    """Return one row per month of each spell (first and last month inclusive) with columns `keep`."""
    begin = frame[first].astype("int64").to_numpy()
    length = frame[last].astype("int64").to_numpy() - begin + 1
    rows, offset = runs(np.maximum(length, 0))
    out = frame[keep].take(rows).reset_index(drop=True)
    out["month"] = pd.PeriodIndex.from_ordinals(begin[rows] + offset, freq="M")
    return out


def mission_months(missions: pd.DataFrame, keep: list[str] | None = None) -> pd.DataFrame:
    """Return every month of every mission."""
    return spell_months(missions, "first_month", "last_month", keep or ["mission_id", *CARRIED])


def within(
    frame: pd.DataFrame, years: pd.Series, start: int | None, end: int | None
) -> pd.DataFrame:
    """Keep the rows whose year lies between two years, inclusive."""
    keep = np.ones(len(frame), dtype=bool)
    if start is not None:
        keep &= (years >= start).to_numpy()
    if end is not None:
        keep &= (years <= end).to_numpy()
    return frame[keep].reset_index(drop=True)


def skeleton(unit: str, missions: pd.DataFrame, start: int | None, end: int | None) -> pd.DataFrame:
    """Return the rows of a panel, key first."""
    if unit == "state-year":
        states = load("states")[["state", "year", "name", "member"]]
        return within(states, states["year"], start, end)
    if unit == "mission":
        columns = ["mission_id", "name", *CARRIED, "start", "end", "exit"]
        return missions[[*columns, "first_month", "last_month"]].copy()
    months = mission_months(missions)
    if unit == "mission-month":
        months = within(months, months["month"].dt.year, start, end)
        return months[["mission_id", "month", *CARRIED]]
    months["year"] = months["month"].dt.year.astype("int64")
    years = months.groupby(["mission_id", "year"], as_index=False, sort=False)
    frame = years.agg(**{name: (name, "first") for name in CARRIED}, months=("month", "size"))
    return within(frame, frame["year"], start, end)


def months_of_year(years: pd.Index) -> np.ndarray:
    """Return how many months of each year lie within the as-of date, shape (n,)."""
    last = as_of_month()
    return np.where(years < last.year, 12, np.where(years == last.year, last.month, 0))


def host_shares(time: str) -> pd.DataFrame:
    """Return mission, month or year, state, the host's share, role and purpose; shares sum to one.

    A year's share is the mean of its months', so that a host that joins in July has half a year's.
    """
    return _host_shares(time, build_stamp()).copy(deep=False)


@lru_cache(maxsize=8)
def _host_shares(time: str, build: Stamp) -> pd.DataFrame:
    """Work the shares out once for each build of the tables."""
    hosts = load("hosts")
    hosts = hosts.assign(to=spell_ends(hosts, as_of_month()))
    keep = ["mission_id", "state", "weight", "role", "purpose"]
    months = spell_months(hosts, "from", "to", keep)
    months = months.groupby(["mission_id", "month", "state"], as_index=False).agg(
        weight=("weight", "sum"), role=("role", "first"), purpose=("purpose", "first")
    )
    total = months.groupby(["mission_id", "month"])["weight"].transform("sum")
    months["share"] = months["weight"] / total
    months = months.drop(columns="weight")
    if time == "month":
        return months
    months["year"] = months["month"].dt.year.astype("int64")
    count = months.groupby(["mission_id", "year"])["month"].transform("nunique")
    months["share"] = months["share"] / count
    return months.groupby(["mission_id", "year", "state"], as_index=False).agg(
        share=("share", "sum"), role=("role", "first"), purpose=("purpose", "first")
    )


def edge_hosts(window: str) -> pd.DataFrame:
    """Return mission, state and share of the hosts that count before or after a mission.

    Before they are the hosts of its first calendar year, after those in force in its last month: a
    host that it left earlier is none of its legacy.
    """
    time = "year" if window == "before" else "month"
    shares = host_shares(time)
    shares = shares[shares["role"] == "host"]
    edge = shares.groupby("mission_id")[time].transform("min" if window == "before" else "max")
    return shares[shares[time] == edge].drop(columns=time)
