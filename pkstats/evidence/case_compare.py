"""Several cases side by side: the same rows for all, the median of all missions beside them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pkstats.codebook import cite
from pkstats.errors import UnknownName, suggestion
from pkstats.evidence.case import Case, case
from pkstats.evidence.case_data import read, stamp
from pkstats.evidence.case_essay import stance
from pkstats.evidence.case_facts_compared import FACTS
from pkstats.evidence.case_numbers import years_of
from pkstats.evidence.case_scope import AS_OF_YEAR, entries
from pkstats.evidence.case_scores import (
    PERIODS,
    matrix,
    mission_scores,
    outcomes,
    place,
    readings,
    split,
)
from pkstats.evidence.readable import MISSING, Readable
from pkstats.panel import panel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = ["topic", "row", "mission_id", "value", "text", "share", "median", "n"]
TALLY = "Tally"
FEWEST = 3  # yes-or-no measures, fewer of which say neither good nor bad
NOTE = (
    "Median: of all missions with a figure, their number in brackets. –: no figure. Differences go "
    "together with much else; a handful of missions shows no cause."
)


class Comparison:
    """Several missions on the same rows.

    Attributes
    ----------
    cases : tuple of Case
        In the order asked for.
    """

    def __init__(self, cases: Sequence[Case]) -> None:
        self.cases = tuple(cases)
        self._frame = _frame(self.cases)

    @property
    def frame(self) -> pd.DataFrame:
        """One row per topic, row and mission.

        Columns: topic, row, mission_id, value, text (as shown), share (from 0, worst of all missions,
        to 1, best; missing without a direction), median and n of all missions with a figure.
        """
        return self._frame.copy()

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics there are, in order."""
        return tuple(dict.fromkeys(self._frame["topic"]))

    @property
    def sources(self) -> tuple[str, ...]:
        """Sources the cases rest on, for `pkstats.cite`."""
        return tuple(dict.fromkeys(source for each in self.cases for source in each.sources))

    def rows(self, *topics: str) -> pd.DataFrame:
        """Return the rows of some topics (all by default).

        Raises
        ------
        UnknownName
            When a topic is not one of `topics`.
        """
        for topic in topics:
            if topic not in self.topics:
                raise UnknownName(
                    f"No topic is called {topic!r}.{suggestion(topic, self.topics)} Topics are: "
                    f"{', '.join(self.topics)}."
                )
        return self.frame[self._frame["topic"].isin(topics or self.topics)]

    def table(self, *topics: str) -> Readable:
        """Return some topics (all by default) as a table to read: missions across, rows down."""
        rows = self.rows(*topics)
        wide = rows.pivot_table(
            index=["topic", "row"], columns="mission_id", values="text", aggfunc="first", sort=False
        )
        wide = wide[[each.id for each in self.cases]]
        firsts = rows.drop_duplicates(["topic", "row"]).set_index(["topic", "row"])
        if firsts["median"].notna().any():
            wide["median of all"] = firsts["median"].fillna(MISSING)
        wide = wide.reset_index().rename(columns={"row": "what"})
        if wide["topic"].nunique() == 1:
            wide = wide.drop(columns="topic")
        wide.columns.name = None
        return Readable(" · ".join(topics) or "Side by side", wide, NOTE)

    def sides(self, group: Sequence[str], *topics: str) -> Readable:
        """Count, row by row, how many of a group and of the others are on the worse side.

        Rows that have a better direction and a figure for all missions only; the worse side is that
        of the worse half of all missions.

        Parameters
        ----------
        group : sequence of str
            Names of some of the missions compared, such as the failures.
        *topics : str
            All by default.
        """
        wanted = {case(label).id for label in group}
        rows = self.rows(*topics)
        rows = rows[rows["share"].notna() & rows["n"].notna()]
        shown = []
        for (topic, row), part in rows.groupby(["topic", "row"], sort=False):
            ours = part["mission_id"].isin(wanted)
            worse = part["share"] < 0.5
            shown.append(
                {
                    "topic": topic,
                    "what": row,
                    "of the group in the worse half": f"{int(worse[ours].sum())} of {int(ours.sum())}",
                    "of the others": f"{int(worse[~ours].sum())} of {int((~ours).sum())}",
                    "median of all": part["median"].iloc[0],
                }
            )
        return Readable(
            f"In the worse half of all missions: {', '.join(sorted(wanted))} and the others",
            pd.DataFrame(shown),
            NOTE,
        )

    def cite(self, style: str = "text") -> str:
        """Return the citations the comparison owes."""
        return cite(self, style=style)

    def plot(self, *topics: str) -> Figure:
        """Return the comparison of some topics (all by default) as one matplotlib figure."""
        figure: Figure = import_module("pkstats.figures.comparison").show(self, topics)
        return figure

    def __repr__(self) -> str:
        ids = ", ".join(each.id for each in self.cases)
        return f"Comparison of {ids}\ntopics: {', '.join(self.topics)}"

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def compare(labels: Sequence[str] | str) -> Comparison:
    """Return several cases side by side.

    Parameters
    ----------
    labels : sequence of str, or the name of a group
        Named cases or missions, or a group of cases such as `failures` or `successes`.

    Returns
    -------
    Comparison

    Raises
    ------
    UnknownName
        When a label is no case, with near matches.
    """
    if isinstance(labels, str):
        groups = {key: entry["several"] for key, entry in entries().items() if "several" in entry}
        if labels not in groups:
            raise UnknownName(
                f"Expected a list of cases, or one of the groups {', '.join(map(repr, groups))}; "
                f"found {labels!r}."
            )
        labels = groups[labels]
    cases = {each.id: each for each in map(case, labels)}
    if not cases:
        raise UnknownName("Expected at least one case to compare, such as ['UNAMIR', 'UNAMSIL'].")
    return Comparison(list(cases.values()))


@cache
def row_entries() -> list[dict[str, Any]]:
    """Return the rows of a comparison, from `case_compare.toml`."""
    path = Path(__file__).with_name("case_compare.toml")
    return list(tomllib.loads(path.read_text(encoding="utf-8"))["row"])


@lru_cache(maxsize=2)
def _all_missions(build: tuple[str, int]) -> pd.DataFrame:
    """Return the measures of all missions that a comparison needs."""
    names = [row["measure"] for row in row_entries() if "measure" in row]
    others = [name for name in names if name not in outcomes()]
    frame = panel("mission").derive(*others).frame.set_index("mission_id")[others]
    return mission_scores(build)[[name for name in names if name in outcomes()]].join(frame)


def _frame(cases: Sequence[Case]) -> pd.DataFrame:
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
        value = _value(name, each, every)
        share = _share(value, every, better, "form" in entry)
        text = MISSING if np.isnan(value) else f"{_form(entry, value)}{_years(entry, each)}"
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


def _value(name: str, each: Case, every: pd.Series) -> float:
    """Return a mission's value; of outcomes that of its scores, which leave out what cannot be told."""
    if name in outcomes():
        scores = each.scores().set_index("measure")
        return float(scores["value"].astype("float64").get(name, np.nan))
    return float(every.get(each.id, np.nan))


def _years(entry: dict[str, Any], each: Case) -> str:
    """Return in brackets the years a table has, when it has not the mission's first ones."""
    if "years" not in entry:
        return ""
    frame = read(entry["years"])
    frame = frame[(frame["mission_id"] == each.id) & frame["total"].notna()]
    first, last = frame["month"].dt.year.min(), frame["month"].dt.year.max()
    return f" ({years_of(first, last)})" if first > each.scope.first else ""


def _form(entry: dict[str, Any], value: float, every: pd.Series | None = None) -> str:
    """Write a value; of yes-or-no measures yes or no, or for all missions the share of yes."""
    if "form" in entry:
        text = str(entry["form"]).format(value)
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
    return not each.scope.ongoing and each.scope.last + 5 < AS_OF_YEAR


def _tally(cases: Sequence[Case]) -> list[dict[str, Any]]:
    """Return how many yes-or-no measures were reached, and how that stands to the essay's label."""
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
        rows.append(("the essay's label", each.id, np.nan, label or "none given", np.nan))
        word = {"side with": "agree", "speak against": "disagree", "are divided on": "are divided"}
        said = word.get(stance(numbers), "too few" if label else MISSING)
        rows.append(("the numbers", each.id, np.nan, said, np.nan))
    keys = ["row", "mission_id", "value", "text", "share"]
    return [{"topic": TALLY, **dict(zip(keys, row, strict=True))} for row in rows]
