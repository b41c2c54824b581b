"""Success measures of missions by horizon: during deployment, and two, five and ten years after exit."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pkstats.measures import measure
from pkstats.study.cases.data import read, stamp
from pkstats.study.cases.scores import coverage, mission_scores, outcomes, split
from pkstats.study.readable import MISSING, Readable, share
from pkstats.study.words import words

NOTE = (
    "In brackets the missions with a figure, other ones for each window. Ongoing missions and windows that "
    "are not over are left out. A measure falls, or is fewer, against the two years before deployment."
)
HEADS = {
    "during": "during deployment",
    "2y": "2 years after exit",
    "5y": "5 years after exit",
    "10y": "10 years after exit",
}
HORIZONS = {"during": 0, "2y": 2, "5y": 5, "10y": 10}
ONGOING, RECENT, UNCOVERED = "ongoing", "too recent", "no figures"


def _missions() -> pd.DataFrame:
    missions = read("missions").set_index("mission_id")
    return missions[(missions["sponsor"] == "UN") & (missions["kind"] == "peacekeeping")]


def _chosen(stems: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return, by stem, the measure at each horizon; those measured at all four where none is named."""
    found: dict[str, dict[str, str]] = {}
    for name in outcomes():
        stem, horizon = split(name)
        if horizon in HORIZONS and (not stems or stem in stems):
            found.setdefault(stem, {})[horizon] = name
    return {stem: names for stem, names in found.items() if stems or "5y" in names}


def _summary(name: str, values: pd.Series) -> float:
    return float(values.mean() if measure(name).unit == "0 or 1" else values.median())


def by_horizon(*stems: str) -> pd.DataFrame:
    """Return success measures of UN peacekeeping operations by horizon, with the missions behind each.

    Ongoing missions, and windows that reach beyond the data, are left out, never failures.

    Parameters
    ----------
    stems : str
        Measures without their ending, such as ``"settlement"``; all by default.

    Returns
    -------
    DataFrame
        Indexed by measure; label, reads as (share of missions, or median in its unit), and for each
        horizon the value and the number of missions (`n`).
    """
    scores = mission_scores(stamp()).reindex(_missions().index)
    rows = {}
    for stem, names in _chosen(stems).items():
        unit = measure(next(iter(names.values()))).unit
        kind = "share of missions" if unit == "0 or 1" else f"median, {unit}"
        horizon, name = next(iter(names.items()))
        label = words(name).removesuffix(f", {HEADS[horizon]}")
        row: dict[str, object] = {"label": label, "as": kind}
        for horizon in HORIZONS:
            if horizon in names:
                values = scores[names[horizon]].astype("float64").dropna()
                row |= {horizon: _summary(names[horizon], values), f"n {horizon}": len(values)}
        rows[stem] = row
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("measure")
    counts = {name: "Int64" for name in frame if name.startswith("n ")}
    return frame.astype(counts)


def horizon_tables(*stems: str) -> tuple[Readable, Readable]:
    """Return what `by_horizon` does as two tables to read: shares of missions, and medians.

    Parameters
    ----------
    stems : str
        As `by_horizon` takes them.
    """
    found = by_horizon(*stems)
    shares = found["as"] == "share of missions"
    parts = []
    for title, rows in (("Shares of missions", shares), ("Medians", ~shares)):
        part = found[rows]
        unit = part["as"].str.removeprefix("median, ").str.removeprefix("points of an ")
        table = pd.DataFrame({"measure": part["label"]})
        if not rows[shares].any():
            table["unit"] = unit
        for horizon, head in HEADS.items():
            pairs = zip(part[horizon], part[f"n {horizon}"], strict=True)
            table[head] = [_beside(value, count, title) for value, count in pairs]
        parts.append(Readable(title, table, NOTE, tuple(HEADS.values())))
    return parts[0], parts[1]


def _beside(value: float, count: int, title: str) -> str:
    """Write a figure with the number of missions behind it."""
    if pd.isna(value):
        return MISSING
    text = share(value) if title.startswith("Shares") else f"{value:.2f}".replace("-", "−")
    return f"{text} ({count})"


def missing_by_horizon(*stems: str) -> pd.DataFrame:
    """Return why missions have no value: how many, by measure and horizon.

    Returns
    -------
    DataFrame
        Indexed by measure and horizon: known, ongoing, too recent (the window reaches beyond the
        data) and no figures (before the data begin, or none for the host); they add up to the
        number of missions.
    """
    missions = _missions()
    scores = mission_scores(stamp()).reindex(missions.index)
    rows = [
        {"measure": stem, "horizon": horizon, **_reasons(name, horizon, scores[name], missions)}
        for stem, names in _chosen(stems).items()
        for horizon, name in names.items()
    ]
    return pd.DataFrame(rows).set_index(["measure", "horizon"])


def _reasons(name: str, horizon: str, values: pd.Series, missions: pd.DataFrame) -> dict[str, int]:
    known = values.notna()
    lasts = [coverage(need.table)[1] for need in measure(name).needs]
    last = min(year for year in lasts if year is not None)
    after = horizon != "during"
    ongoing = ~known & after & (missions["exit"] == "ongoing")
    closes = missions["end"].dt.year + HORIZONS[horizon]
    recent = ~known & ~ongoing & after & (closes > last)
    counts = {"known": known, ONGOING: ongoing, RECENT: recent}
    rest = ~(known | ongoing | recent)
    return {label: int(rows.sum()) for label, rows in (counts | {UNCOVERED: rest}).items()}


def windows(last: int) -> pd.DataFrame:
    """Return the UN peacekeeping operations whose ten years after exit are not over by a year.

    Parameters
    ----------
    last : int
        Last year of the data, such as `coverage.years("violence")[1]` for violence.

    Returns
    -------
    DataFrame
        Indexed by mission; end (year, missing while ongoing) and, for 2, 5 and 10 years after exit,
        the last year of the window (missing while ongoing).
    """
    missions = _missions()
    end = missions["end"].dt.year.astype("Int64")
    open_still = (missions["exit"] == "ongoing") | (end + HORIZONS["10y"] > last).fillna(False)
    frame = pd.DataFrame({"end": end})
    for horizon, years in HORIZONS.items():
        if years:
            frame[horizon] = end + years
    return frame[open_still].sort_values("end")
