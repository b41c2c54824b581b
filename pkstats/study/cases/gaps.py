"""Where the data of a case stop, in words."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pkstats.study.cases.data import read
from pkstats.study.cases.scope import Scope, listed
from pkstats.study.cases.scores import coverage, listed_from
from pkstats.study.cases.violence import CONFLICT, before
from pkstats.tables.coverage import covered as covered_years
from pkstats.tables.coverage import last_whole_year


@cache
def parts() -> dict[str, dict[str, Any]]:
    """Return what each part of a case rests on, from `case_panels.toml`."""
    path = Path(__file__).with_name("panels.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def gaps(scope: Scope) -> pd.DataFrame:
    """Return part, series, first and last year with data, and a sentence where they fall short."""
    rows = []
    for part, entry in parts().items():
        for series in entry["series"]:
            first, last = _span(series, scope)
            for note in _notes(series, first, last, scope):
                rows.append((part, series["what"], first, last, note))
        rows += [
            (part, "not counted", None, None, note) for note in remarks("missing", part, scope)
        ]
    if note := _no_company(scope):
        rows.append(("violence", "comparison paths", None, None, note))
    frame = pd.DataFrame(rows, columns=["part", "series", "first", "last", "note"])
    return frame.astype({"first": "Int64", "last": "Int64"})


def covered(part: str, scope: Scope) -> tuple[int, int] | None:
    """Return the first and last year for which any series of a part has data; None when none has."""
    spans = [_span(series, scope) for series in parts()[part]["series"]]
    known = [(first, last) for first, last in spans if first is not None and last is not None]
    return (min(first for first, _ in known), max(last for _, last in known)) if known else None


def remarks(kind: str, part: str, scope: Scope) -> list[str]:
    """Return what `case_panels.toml` says of a mission or a host: `missing` from the data, or `beside`."""
    return [
        str(item["note"])
        for item in parts()[part].get(kind, [])
        if item.get("mission") == scope.mission.id or item.get("state") in scope.hosts
    ]


def notes_of(part: str, frame: pd.DataFrame) -> list[str]:
    """Return the sentences of one part, from the frame of `gaps`."""
    return frame.loc[frame["part"] == part, "note"].tolist()


def _span(series: dict[str, Any], scope: Scope) -> tuple[int | None, int | None]:
    """Return the first and last year a series has for the case; None when it has nothing."""
    if series["by"] == "sponsor" and scope.mission.sponsor != series["sponsor"]:
        return None, None
    if series["by"] in ("world", "sponsor"):
        return _world(series)
    frame = read(series["table"])
    if series["by"] == "mission":
        frame = frame[frame["mission_id"] == scope.mission.id]
    else:
        frame = frame[frame["state"].isin(scope.hosts)]
    if "column" in series:
        frame = frame[frame[series["column"]].notna()]
    if frame.empty:
        return None, None
    if "from" in frame:
        ends = frame["to"].dt.year.where(frame["to"].notna(), scope.last)
        return int(frame["from"].dt.year.min()), int(ends.max())
    years = frame["year"] if "year" in frame else frame["month"].dt.year
    return int(years.min()), int(years.max())


def _world(series: dict[str, Any]) -> tuple[int | None, int | None]:
    if "time" in series or coverage(series["table"]) == (None, None):
        years = read(series["table"])[series.get("time", "date")].dt.year.dropna()
        return int(years.min()), int(years.max())
    return coverage(series["table"])


def _notes(series: dict[str, Any], first: int | None, last: int | None, scope: Scope) -> list[str]:
    mission, what = scope.mission.id, series["what"]
    if first is None or last is None:
        years = covered_years(series["table"])
        return [str(series["absent"]).format(mission=mission, hosts=scope.places, years=years)]
    name = what[0].upper() + what[1:]
    if first > scope.last:
        return [f"{name}: data start in {first}, after {mission} ended ({scope.last})."]
    if last < scope.first:
        return [f"{name}: data end in {last}, before {mission} began ({scope.first})."]
    notes = _late_states(scope) if series["table"] in ("violence", "agreements") else []
    if first > scope.first and not notes:
        notes.append(f"{name}: data start in {first}; {mission} began in {scope.first}.")
    if last < min(scope.last, last_whole_year()):
        until = "is still there" if scope.ongoing else f"ended in {scope.last}"
        notes.append(f"{name}: data end in {last}; {mission} {until}.")
    return notes


def _no_company(scope: Scope) -> str:
    """Say why there is no path of other missions, or of conflicts without a mission, beside."""
    if scope.between_states:
        return (
            "It is there for a dispute between states: deaths within its host states are not counted as "
            "its own, and no other missions or conflicts are set beside it."
        )
    level = before(scope)
    if np.isnan(level):
        years = f"{scope.first - 2} and {scope.first - 1}"
        return (
            f"No other missions or conflicts are set beside it: deaths in {years}, the two years before "
            "it came, are not known."
        )
    if level < CONFLICT:
        return (
            "No conflicts without a mission are set beside it: there were fewer than "
            f"{CONFLICT} deaths a year ({level:,.0f}) in the two years before it came."
        )
    return ""


def _late_states(scope: Scope) -> list[str]:
    """Say for which hosts UCDP has no deaths of their own in the years around deployment."""
    late = [
        f"{name} (listed from {first})"
        for name, first in listed_from(scope).items()
        if first > scope.first - 2
    ]
    if not late:
        return []
    return [
        "UCDP counts deaths, conflicts and agreements by state: in earlier years those of "
        f"{listed(late)} are counted in the state it was part of."
    ]
