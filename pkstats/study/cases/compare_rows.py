"""The rows of a comparison of missions: figures, measures of success, the tally."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pkstats.panel import panel
from pkstats.study.cases.case import Case
from pkstats.study.cases.data import stamp
from pkstats.study.cases.facts_compared import FACTS
from pkstats.study.cases.labels import ours, stance
from pkstats.study.cases.numbers import years_of
from pkstats.study.cases.scores import (
    PERIODS,
    matrix,
    mission_scores,
    outcomes,
    pending,
    place,
    readings,
    split,
)
from pkstats.study.readable import MISSING
from pkstats.tables.coverage import last_whole_year

COLUMNS = ["topic", "row", "mission_id", "value", "text", "share", "median", "n"]
TALLY = "Tally"
FEWEST = 3  # yes-or-no measures, fewer of which say neither good nor bad


@cache
def row_entries() -> list[dict[str, Any]]:
    """Return the rows of a comparison, from `case_compare.toml`."""
    path = Path(__file__).with_name("compare.toml")
    return list(tomllib.loads(path.read_text(encoding="utf-8"))["row"])


@lru_cache(maxsize=2)
def _all_missions(build: str) -> pd.DataFrame:
    """Return the measures of all missions that a comparison needs."""
    names = [row["measure"] for row in row_entries() if "measure" in row]
    others = [name for name in names if name not in outcomes()]
    frame = panel("mission").derive(*others).frame.set_index("mission_id")[others]
    return mission_scores(build)[[name for name in names if name in outcomes()]].join(frame)


def frame_of(cases: Sequence[Case]) -> pd.DataFrame:
    """Return all rows of a comparison, topic by topic."""
    rows = [row for entry in row_entries() for row in _rows(entry, cases)]
    rows += _success(cases) + _tally(cases)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"value": "float64", "share": "float64", "n": "Int64"})


def _rows(entry: dict[str, Any], cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Return one row of the comparison, mission by mission."""
    base = {"topic": entry["topic"], "row": entry["label"]}
    if "fact" in entry:
        shown = [FACTS[entry["fact"]](each.numbers()) for each in cases]
        shares = [value if entry["fact"] == "exit" else np.nan for value, _ in shown]
        return [
            {**base, "mission_id": each.id, "value": value, "text": text, "share": share}
            for each, (value, text), share in zip(cases, shown, shares, strict=True)
        ]
    name = entry["measure"]
    every = _all_missions(stamp())[name].astype("float64").dropna() * entry.get("scale", 1)
    better = readings().get(split(name)[0], {}).get("better") or entry.get("better")
    middle = f"{_form(entry, float(every.median()), every)} ({len(every)})"
    rows = []
    for each in cases:
        value, gap = _value(name, each, every)
        share = _share(value, every, better, "form" in entry)
        text = gap if np.isnan(value) else f"{_form(entry, value)}{_years(entry, each)}"
        rows.append(
            {**base, "mission_id": each.id, "value": value, "text": text, "share": share}
            | {"median": middle, "n": len(every)}
        )
    return rows


def _share(value: float, every: pd.Series, better: str | None, ranked: bool) -> float:
    """Return how good a value is from 0, worst of all, to 1; missing without a direction."""
    if better is None or np.isnan(value):
        return float("nan")
    if not ranked:
        return float(value == (better == "higher"))
    return float((len(every) - place(value, every, better)["rank"]) / max(len(every) - 1, 1))


def _value(name: str, each: Case, every: pd.Series) -> tuple[float, str]:
    """Return a mission's value and the word for a missing one.

    Of outcomes they are those of its scores, which leave out what cannot be told.
    """
    if name in outcomes():
        score = each.scores().set_index("measure").loc[name]
        value = np.nan if pd.isna(score["value"]) else float(score["value"])
        return value, "later" if pending(score["status"]) else MISSING
    return float(every.get(each.id, np.nan)), MISSING


def _years(entry: dict[str, Any], each: Case) -> str:
    """Return in brackets the years a figure rests on, when they are not all of the mission's."""
    if "years" not in entry:
        return ""
    frame = each.resources()
    columns = ["total"] if entry["years"] == "personnel" else ["total", "total_authorised"]
    months = frame.loc[(frame["role"] == "main") & frame[columns].notna().all(axis=1), "month"]
    first, last = int(months.dt.year.min()), int(months.dt.year.max())
    whole = first <= each.scope.first and last >= min(each.scope.last, last_whole_year())
    return "" if whole else f" ({years_of(first, last)})"


def _form(entry: dict[str, Any], value: float, every: pd.Series | None = None) -> str:
    """Write a value; of yes-or-no measures yes or no, or for all missions the share of yes."""
    if "form" in entry:
        text = str(entry["form"]).format(value)
        if text == "0" and value > 0:
            return "<1"
        return (text if text.strip("+-0.%") else text.lstrip("+-")).replace("-", "−")
    if every is not None:
        return f"{every.mean():.0%} yes"
    return "yes" if value else "no"


def _success(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Return every success measure, period by period."""
    tables = {each.id: matrix(each.scores()) for each in cases}
    rows = []
    first = next(iter(tables.values()))
    for period, title in PERIODS.items():
        for label in first.index:
            for name, table in tables.items():
                found = table.at[label, period]
                if isinstance(found, tuple):
                    rows.append(
                        {
                            "topic": f"Success {title}",
                            "row": label,
                            "mission_id": name,
                            "text": found[0],
                            "share": found[1],
                        }
                    )
    return rows


def _over(each: Case) -> bool:
    """Return whether the five years after a mission lie in the data."""
    return not each.scope.ongoing and each.scope.last + 5 <= last_whole_year()


def _tally(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Return how many yes-or-no measures were reached, and how that stands to the label."""
    rows = []
    labelled = any(each.scope.entry.get("label") for each in cases)
    names = {"during": "reached by its end", "5y": "reached in the five years after"}
    for each in cases:
        tally = each.tally()
        numbers = each.numbers()
        for period, label in names.items():
            group = tally[tally["period"] == period]
            share = float(group["reached"].mean()) if len(group) else np.nan
            text = f"{int(group['reached'].sum())} of {len(group)}" if len(group) else MISSING
            if len(group) and each.scope.ongoing:
                text += " so far"
            if period == "5y" and not len(group) and not _over(each):
                text = "later"
            rows.append((label, each.id, share, text, share if len(group) >= FEWEST else np.nan))
        if not labelled:
            continue
        label = each.scope.entry.get("label", "")
        whose = "ours" if ours(each.scope.entry) else "the essay's"
        shown = f"{label} ({whose})" if label else "none given"
        rows.append(("label, and whose", each.id, np.nan, shown, np.nan))
        said = stance(numbers).rpartition(" ")[0] or ("too few" if label else MISSING)
        rows.append(("do the numbers agree with it?", each.id, np.nan, said, np.nan))
    keys = ["row", "mission_id", "value", "text", "share"]
    return [{"topic": TALLY, **dict(zip(keys, row, strict=True))} for row in rows]
