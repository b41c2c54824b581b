"""What the tables hold and lack: disagreements of sources, rows set aside, mandates coded by hand."""

from __future__ import annotations

import pandas as pd

from pkstats.measures.mandates import task_flags
from pkstats.panel import measures, panel
from pkstats.study.cases.numbers import years_of
from pkstats.tables import load

NAMED = 3


def disagreements() -> pd.DataFrame:
    """Return how often and how far sources on personnel differ, one row per pair of sources.

    Returns
    -------
    DataFrame
        source (not chosen), chosen_source, months (mission-months that differ by over 2%), missions,
        years, median and largest (absolute differences, in percent of the chosen figure), and where
        the largest is.
    """
    table = load("personnel_sources")
    table["percent"] = 100 * table["relative_difference"].abs()
    groups = table.groupby(["source", "chosen_source"])
    found = groups.agg(
        months=("month", "size"),
        missions=("mission_id", "nunique"),
        first=("month", "min"),
        last=("month", "max"),
        median=("percent", "median"),
        largest=("percent", "max"),
    )
    worst = table.loc[groups["percent"].idxmax()].set_index(["source", "chosen_source"])
    spans = zip(found.pop("first").dt.year, found.pop("last").dt.year, strict=True)
    found.insert(2, "years", [years_of(*span) for span in spans])
    found["where"] = worst["mission_id"] + ", " + worst["month"].astype("string")
    found = found.reset_index()
    return found.sort_values("months", ascending=False, ignore_index=True)


def reasons() -> pd.DataFrame:
    """Return why raw rows reached no table, the most frequent reason first.

    Returns
    -------
    DataFrame
        reason, rows (raw rows), tables (they were meant for), labels (how many stood in the way,
        missing where it was no label) and examples of these labels, those of most rows first.
    """
    table = load("set_aside").sort_values("rows", ascending=False, kind="stable")
    rows = []
    for reason, part in table.groupby("reason", sort=False):
        labels = [str(item) for item in part["item"].dropna().unique() if item]
        rows.append(
            {
                "reason": reason,
                "rows": int(part["rows"].sum()),
                "tables": ", ".join(sorted(set(part["table"]))),
                "labels": len(labels) or None,
                "examples": "; ".join(labels[:NAMED]) or None,
            }
        )
    found = pd.DataFrame(rows).astype({"labels": "Int64"})
    return found.sort_values("rows", ascending=False, kind="stable", ignore_index=True)


def mandates_by_year(start: int = 2010) -> pd.DataFrame:
    """Return who coded the mandates in force and how many task flags are left empty, by year.

    Months of UN peacekeeping operations in the field.

    Parameters
    ----------
    start : int

    Returns
    -------
    DataFrame
        By year: months (of missions), by_tamm and by_hand (of these, by coder), uncoded, and empty:
        the share of task flags without a value in the coded months.
    """
    frame = panel("mission-month", start, None, "UN", "peacekeeping").add("mandates").frame
    coder = frame["mandates_coder"]
    table = pd.DataFrame(
        {
            "year": frame["month"].dt.year,
            "by_hand": coder.eq("pkstats").fillna(False),
            "uncoded": coder.isna(),
            "empty": frame[list(task_flags())].isna().mean(axis=1).where(coder.notna()),
        }
    )
    table["by_tamm"] = ~table["by_hand"] & ~table["uncoded"]
    groups = table.groupby("year")
    counts = groups[["by_tamm", "by_hand", "uncoded"]].sum().astype("int64")
    counts.insert(0, "months", groups.size())
    return counts.join(groups["empty"].mean())


def measures_by_role() -> pd.DataFrame:
    """Return how many measures each role has, and for how many rows they are known.

    Returns
    -------
    DataFrame
        role, counted_at (the unit of the rows), measures, and fewest, median and most rows with a
        value, with the measures known least and most.
    """
    table = measures()
    groups = table.groupby(["role", "counted_at"])
    found = groups["n"].agg(measures="size", fewest="min", median="median", most="max")
    found["known_least"] = table.loc[groups["n"].idxmin(), "name"].to_numpy()
    found["known_most"] = table.loc[groups["n"].idxmax(), "name"].to_numpy()
    return found.astype({"median": "int64"}).reset_index()
