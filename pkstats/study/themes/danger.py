"""How dangerous missions are for those who serve in them."""

from __future__ import annotations

import pandas as pd

from pkstats.measures.security import per_10k_person_years
from pkstats.panel import panel

FIRST = 1991
COLUMNS = ["missions", "first", "last", "person_years", "killed", "per_10k"]


def danger(*by: str) -> pd.DataFrame:
    """Return deaths by malicious act per 10,000 person-years of UN peacekeeping operations.

    Deaths and strength are taken over the months that have a figure of strength, from 1991 on.
    Civilian staff count among the dead, not in the uniformed strength.

    Parameters
    ----------
    by : str
        Columns to group by: ``"mission_id"``, ``"mission_type"``, ``"family"``, ``"year"``,
        ``"decade"``.

    Returns
    -------
    DataFrame
        missions, first and last (year), person_years (uniformed), killed, per_10k; the most
        person-years first.
    """
    months = panel("mission-month", FIRST, sponsor="UN", kind="peacekeeping")
    frame = months.add("personnel", "fatalities").derive("mission_type").frame
    frame = frame[
        ["mission_id", "family", "month", "mission_type", "total", "deaths_malicious_act"]
    ]
    frame = frame[frame["total"].notna() & frame["deaths_malicious_act"].notna()]
    year = frame["month"].dt.year.astype("int64")
    frame = frame.assign(year=year, decade=(year // 10 * 10).astype("string") + "s")
    found = (
        frame.assign(when=frame["year"])
        .groupby(list(by), observed=True)
        .agg(
            missions=("mission_id", "nunique"),
            first=("when", "min"),
            last=("when", "max"),
            person_years=("total", "sum"),
            killed=("deaths_malicious_act", "sum"),
        )
    )
    deaths, strength = (found[name].to_numpy("float64") for name in ("killed", "person_years"))
    found["per_10k"] = per_10k_person_years(deaths, strength)
    found["person_years"] = (found["person_years"].astype("float64") / 12).round().astype("int64")
    return found.sort_values("person_years", ascending=False)[COLUMNS]
