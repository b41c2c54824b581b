"""Every success measure of a mission, with its rank among all missions."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pkstats.measures import measure
from pkstats.measures.registry import Need, listed
from pkstats.panel import panel
from pkstats.study.cases.data import read, stamp
from pkstats.study.cases.scope import Scope
from pkstats.study.cases.timeline import in_hosts, while_there
from pkstats.tables.coverage import as_of, last_whole_year
from pkstats.tables.coverage import years as coverage

ENDING = re.compile(r"_(during|2y|5y|10y)$")
HORIZONS = ("during", "exit", "2y", "5y", "10y", "after")
UNENDED = "violence_reduction"
SEEN = "settlement_during"
OUTSIDE = "signed in its first or last calendar year, but not while it was there"
PERIODS = {
    "during": "during, at exit",
    "2y": "2 years after",
    "5y": "5 years after",
    "10y": "10 years after",
    "after": "to end of data",
}
BY_STATE = ("violence", "agreements", "mediation_years", "complexity", "conflicts")
RULES = {
    "= 1": lambda value: value == 1,
    "= 0": lambda value: value == 0,
    "> 0": lambda value: value > 0,
}
COLUMNS = [
    "measure", "label", "horizon", "value", "unit", "better", "reached", "rank", "tied", "n",
    "better_than", "status", "construct",
]  # fmt: skip


@cache
def readings() -> dict[str, dict[str, Any]]:
    """Return how each outcome measure is read, by the stem of its name."""
    path = Path(__file__).with_name("scores.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def split(name: str) -> tuple[str, str]:
    """Return stem and horizon of a measure's name: `settlement_5y` → settlement, 5y."""
    ending = ENDING.search(name)
    if ending:
        return name[: ending.start()], ending[1]
    if name == UNENDED:
        return name, "2y"
    return name, str(readings().get(name, {}).get("horizon", measure(name).timing))


def outcomes() -> list[str]:
    """Return the numeric outcome measures defined for missions."""
    return [
        item.name
        for item in listed("mission")
        if item.role == "outcome" and item.unit != "category"
    ]


@lru_cache(maxsize=2)
def mission_scores(build: str) -> pd.DataFrame:
    """Return every outcome measure of every mission, one row each; worked out once per build."""
    return panel("mission").derive(*outcomes()).frame.set_index("mission_id")


def scores(scope: Scope) -> pd.DataFrame:
    """Return one row per outcome measure and horizon.

    Columns: measure, label, horizon (during, exit, 2y, 5y, 10y, after), value, unit, better (higher
    or lower), reached (whether a yes-or-no goal was), rank among the `n` missions with a value (1 is
    best, `tied` with how many others), better_than (share of the others that did worse), status
    (known, or why not), construct. What an ongoing mission will leave behind is missing.
    """
    every = mission_scores(stamp())
    rows = [_row(name, every, scope) for name in outcomes()]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    whole = {"reached": "boolean", "rank": "Int64", "tied": "Int64", "n": "Int64"}
    frame = frame.astype({**whole, "value": "Float64", "better_than": "Float64"})
    order = frame["horizon"].map({name: place for place, name in enumerate(HORIZONS)})
    return frame.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)


def _row(name: str, every: pd.DataFrame, scope: Scope) -> dict[str, Any]:
    stem, horizon = split(name)
    reading = readings().get(stem, {})
    item = measure(name)
    values = every[name].astype("float64")
    value = float(values.get(scope.mission.id, np.nan))
    row: dict[str, Any] = {
        "measure": name,
        "label": reading.get("label", item.construct),
        "horizon": horizon,
        "value": None if np.isnan(value) else value,
        "unit": item.unit,
        "better": reading.get("better"),
        "n": int(values.notna().sum()),
        "construct": item.construct,
        "status": "known",
    }
    if not np.isnan(value) and (why := _not_told_apart(name, horizon, scope)):
        return row | {"value": None, "status": why}
    if name == SEEN and (seen := _by_date(value, scope)):
        return row | seen
    if np.isnan(value):
        return row | {"status": _why(name, horizon, scope)}
    if "reached" in reading:
        row["reached"] = bool(RULES[reading["reached"]](value))
    censor = reading.get("censored_by")
    if censor and every.at[scope.mission.id, censor] == 0:
        return row | {"status": "right-censored: lasted at least so long"}
    return row | place(value, values.dropna(), reading.get("better"))


def _by_date(value: float, scope: Scope) -> dict[str, Any]:
    """Return what agreements' dates say otherwise than the measure, which goes by calendar year.

    An agreement of the first or last year, but of a day when the mission was not there, is none of
    its time. One agreement settles that there was one though the list ends before the mission; none
    on a list that ends too soon settles nothing. The measure itself stays as it is: in models, to
    keep what was seen and to drop what was not would choose missions by their outcome.
    """
    if scope.between_states:
        return {}
    frame = read("agreements")
    there = in_hosts(frame["locations"], frame["date"].dt.year, scope)
    signed = (there & while_there(frame["date"], scope)).any()
    if value == 1 and not signed:
        return {"value": 0.0, "reached": False, "status": OUTSIDE}
    last = coverage("agreements")[1]
    if np.isnan(value) and signed and last is not None and scope.last > last:
        return {"value": 1.0, "reached": True, "status": f"seen, though the list ends in {last}"}
    return {}


def on_page(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores that the tables show: without those that another says nearly as well."""
    stems = [split(str(name))[0] for name in scores["measure"]]
    return scores[[not readings().get(stem, {"off_page": True}).get("off_page") for stem in stems]]


def place(value: float, values: pd.Series, better: str | None) -> dict[str, Any]:
    """Return rank (1 is best), ties and the share of others that did worse."""
    if better is None:
        return {}
    ahead = values > value if better == "higher" else values < value
    same = int((values == value).sum()) - 1
    others = len(values) - 1
    worse = len(values) - int(ahead.sum()) - same - 1
    share = worse / others if others else None
    return {"rank": int(ahead.sum()) + 1, "tied": same, "better_than": share}


def _why(name: str, horizon: str, scope: Scope) -> str:
    """Say why a mission has no value: still there, window not over, data not covering, or neither."""
    if horizon in ("exit", "2y", "5y", "10y", "after") and scope.ongoing:
        return f"ongoing as of {as_of()}: not yet known"
    if horizon.endswith("y"):
        ends = scope.last + int(horizon[:-1])
        if ends > last_whole_year():
            return f"window ends in {ends}, after the data"
    needs = measure(name).needs
    if scope.between_states and {need.table for need in needs} & set(BY_STATE):
        return "of conflicts within states; it is there for a dispute between them"
    low, high = _years_needed(name, horizon, scope)
    for need in needs:
        first = coverage(need.table)[0]
        if first is not None and low < first:
            return f"needs {low}; {need.table} starts in {first}"
    for need in needs:
        last = _last_known(need)
        if scope.ongoing and last == last_whole_year():
            continue
        if last is not None and high > last:
            return f"needs {high}; {need.table} ends in {last}"
    if scope.ongoing and any(_last_known(need) == last_whole_year() for need in needs):
        return f"ongoing as of {as_of()}: its own years are not over"
    other = _not_told_apart(name, horizon, scope)
    return (
        other or f"no figure for {scope.places if low else scope.mission.id} in every year needed"
    )


def _last_known(need: Need) -> int | None:
    """Return the last year of the table, or of the column where that ends earlier."""
    last, frame = coverage(need.table)[1], read(need.table)
    if last is None or "year" not in frame or need.column not in frame:
        return last
    return min(last, int(frame.loc[frame[need.column].notna(), "year"].max()))


def listed_from(scope: Scope) -> dict[str, int]:
    """Return host states that UCDP lists only after its first year, with the year."""
    frame = read("violence")
    frame = frame[frame["state"].isin(scope.hosts)]
    firsts = frame.groupby("state")["year"].min()
    names = dict(zip(scope.hosts, scope.names, strict=True))
    start = coverage("violence")[0]
    late = firsts[firsts != start]
    return {names[state]: int(year) for state, year in zip(late.index, late, strict=True)}


def listed_whole(scope: Scope) -> int:
    """Return the first year in which UCDP's lists count what happened in the hosts as theirs.

    Where a host is listed late but another from the start, the other is taken for the state it was
    part of, and the sum of both as whole throughout.
    """
    start, late = coverage("violence")[0] or 0, listed_from(scope)
    return max(late.values()) if len(late) == len(scope.hosts) else start


def _not_told_apart(name: str, horizon: str, scope: Scope) -> str:
    """Say why a zero of UCDP's lists is none: the host was then part of another state there."""
    if not {need.table for need in measure(name).needs} & set(BY_STATE):
        return ""
    low, _ = _years_needed(name, horizon, scope)
    late = {host: first for host, first in listed_from(scope).items() if first > low}
    parts = [f"{host} as a state of its own from {first}" for host, first in late.items()]
    return f"needs {low}; UCDP lists {', '.join(parts)}" if parts else ""


def _years_needed(name: str, horizon: str, scope: Scope) -> tuple[int, int]:
    """Return first and last calendar year a measure rests on."""
    windows = {need.window: need.years for need in measure(name).needs}
    low, high = scope.first, scope.last
    if "before" in windows:
        low = scope.first - windows["before"]
    elif set(windows) == {"after"}:
        low = scope.last + 1
    if horizon.endswith("y"):
        high = scope.last + int(horizon[:-1])
    return low, high


def matrix(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores with a row per measure and a column per period; cells are (words, share).

    Share runs from 0 (worst) to 1 (best) and is None where it cannot be told. Measures that another
    row says nearly as well are left out.
    """
    cells: dict[str, dict[str, tuple[str, float | None]]] = {}
    for row in on_page(scores).to_dict("records"):
        stem, horizon = split(str(row["measure"]))
        period = "during" if horizon == "exit" else horizon
        cells.setdefault(str(readings()[stem]["label"]), {})[period] = cell(row)
    order = [str(entry["label"]) for entry in readings().values() if str(entry["label"]) in cells]
    table = pd.DataFrame.from_dict({label: cells[label] for label in order}, orient="index")
    return table.reindex(columns=list(PERIODS))


def pending(status: str) -> bool:
    """Return whether a figure is not known because its time is not over."""
    return "ongoing" in status or "window ends" in status


def cell(row: dict[Any, Any]) -> tuple[str, float | None]:
    """Return a score's words and how good it is from 0 to 1; None where that is not known.

    A tie is marked `=` and counts as the middle of the places it takes.
    """
    if pd.isna(row["value"]):
        return ("later" if pending(row["status"]) else "–"), None
    if pd.notna(row["reached"]):
        return ("yes", 1.0) if row["reached"] else ("no", 0.0)
    if pd.isna(row["rank"]):
        number = f"{row['value']:.2g}" if row["value"] < 10 else f"{row['value']:.0f}"
        return (f"≥ {number}" if "censored" in row["status"] else number), None
    share = (row["n"] - row["rank"] - row["tied"] / 2) / max(row["n"] - 1, 1)
    return f"{'=' if row['tied'] else ''}{row['rank']}/{row['n']}", share
