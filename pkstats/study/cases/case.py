"""Case studies: everything the tables hold on one mission, in one layout, with a verdict by rule."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import fill
from typing import TYPE_CHECKING

import pandas as pd

from pkstats.codebook import cite, table
from pkstats.study.cases.answer import answer
from pkstats.study.cases.data import PARTS, read
from pkstats.study.cases.facts import facts
from pkstats.study.cases.gaps import gaps, parts
from pkstats.study.cases.numbers import Numbers
from pkstats.study.cases.scope import Scope, entries, scope
from pkstats.study.cases.scores import scores
from pkstats.study.cases.tables import table as table_of
from pkstats.study.cases.timeline import diplomacy, timeline
from pkstats.study.cases.verdict import passages
from pkstats.study.cases.violence import violence
from pkstats.study.readable import Readable
from pkstats.tables.coverage import ongoing
from pkstats.text import for_html

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAKERS: dict[str, Callable[[Scope], pd.DataFrame]] = {
    **PARTS,
    "facts": facts,
    "timeline": timeline,
    "violence": violence,
    "diplomacy": diplomacy,
    "scores": scores,
    "gaps": gaps,
}
WIDTH = 100


class Case:
    """One case study; every part is a tidy frame, made when first asked for.

    Where a source does not cover the mission, a part has fewer rows or none, and `gaps()` says why.
    Nothing here is an effect: figures of the mission's years stand beside others.
    """

    def __init__(self, about: Scope) -> None:
        self.scope = about
        self._frames: dict[str, pd.DataFrame] = {}

    @property
    def id(self) -> str:
        """Canonical id of the mission the case is about."""
        return self.scope.mission.id

    @property
    def title(self) -> str:
        """Title of the case."""
        return str(self.scope.entry.get("title") or f"{self.scope.places}: {self.id}")

    @property
    def question(self) -> str:
        """The question the case asks; empty for a mission that is no named case."""
        return str(self.scope.entry.get("question", ""))

    @property
    def sources(self) -> tuple[str, ...]:
        """Sources the case rests on, for `pkstats.cite`."""
        tables = [name for part in parts().values() for name in part["tables"]]
        for name in ("leaders", "expenditure"):
            if (read(name)["mission_id"] == self.id).any():
                tables.append(name)
        return tuple(dict.fromkeys(source for name in tables for source in table(name).sources))

    def _part(self, name: str) -> pd.DataFrame:
        if name not in self._frames:
            self._frames[name] = MAKERS[name](self.scope)
        return self._frames[name]

    @property
    def facts(self) -> pd.DataFrame:
        """Fact, value and the document or source that says so."""
        return self._part("facts").copy()

    @property
    def chain(self) -> pd.DataFrame:
        """The missions of the case: main, before, beside and after."""
        return self.scope.chain.copy()

    def timeline(self) -> pd.DataFrame:
        """Return missions, mandates, agreements and conflicts by date, with their documents."""
        return self._part("timeline").copy()

    def resources(self) -> pd.DataFrame:
        """Return strength by type beside what was authorised, by mission of the chain and month."""
        return self._part("resources").copy()

    def violence(self) -> pd.DataFrame:
        """Return deaths by type and year in the host states, and the paths of comparison sets.

        The series `other UN missions` and `conflicts without a mission` hold medians and the middle
        half, aligned at the year of deployment (`since` 0).
        """
        return self._part("violence").copy()

    def displacement(self) -> pd.DataFrame:
        """Return refugees, internally displaced people and those who went back, by host and year."""
        return self._part("displacement").copy()

    def diplomacy(self) -> pd.DataFrame:
        """Return agreements, texts of the peace process, mediation and endings of conflict."""
        return self._part("diplomacy").copy()

    def humanitarian(self) -> pd.DataFrame:
        """Return humanitarian funding (US dollars) and attacks on aid workers, by host and year."""
        return self._part("humanitarian").copy()

    def safety(self) -> pd.DataFrame:
        """Return deaths of the mission's personnel by year and cause."""
        return self._part("safety").copy()

    def governance(self) -> pd.DataFrame:
        """Return democracy, income per head and population, by host and year."""
        return self._part("governance").copy()

    def scores(self) -> pd.DataFrame:
        """Return every success measure at every horizon, with the rank among all missions."""
        return self._part("scores").copy()

    def gaps(self) -> pd.DataFrame:
        """Return where the data of each part stop, in sentences."""
        return self._part("gaps").copy()

    def table(self, name: str) -> Readable:
        """Return a table to read, shown in full in a notebook; its `frame` is a DataFrame.

        Parameters
        ----------
        name : str
            chain, facts, mandates, strength, violence, company, agreements, displacement,
            humanitarian, governance, safety, scores or limits.
        """
        for part in MAKERS:
            self._part(part)
        return table_of(name, self.scope, self._frames)

    def verdict(self) -> str:
        """Return the verdict: a paragraph made by rules from the numbers, with its uncertainties."""
        return " ".join(self.passages().values())

    def answer(self) -> str:
        """Return three sentences: what was reached; deaths and strength; exit and what is unsure."""
        return answer(self.numbers())

    def tally(self) -> pd.DataFrame:
        """Return the yes-or-no measures that are known.

        Columns: measure, label, period (during, which includes the exit; 2y, 5y, 10y; after: to the
        end of the data), reached, phrase.
        """
        return self.numbers().tally[["measure", "label", "period", "reached", "phrase"]].copy()

    def numbers(self) -> Numbers:
        """Return what the sentences are made of."""
        for name in MAKERS:
            self._part(name)
        return Numbers(self.scope, self._frames)

    def passages(self) -> dict[str, str]:
        """Return the verdict's passages by heading, from the measures of success to what is least sure."""
        return passages(self.numbers())

    def cite(self, style: str = "text") -> str:
        """Return the citations the case owes; `style` is text or bibtex."""
        return cite(self, style=style)

    def plot(self) -> Figure:
        """Return the page of the case as one matplotlib figure."""
        from pkstats.study.cases.page import draw

        return draw(self)

    def _dates(self) -> str:
        item = self.scope.mission
        return (
            f"since {item.start}, {ongoing(item.start)}"
            if self.scope.ongoing
            else f"{item.start} to {item.end}"
        )

    def __repr__(self) -> str:
        low, high = self.scope.window
        rows = {name: len(self._part(name)) for name in MAKERS if name not in ("facts", "gaps")}
        lines = [f"Case {self.title}", f"mission: {self.scope.mission.name}"]
        if self.question:
            lines.append(self.question)
        lines += [
            f"{self._dates()}; hosts: {self.scope.places}; shown: {low} to {high}",
            "rows: " + ", ".join(f"{name} {count:,}" for name, count in rows.items()),
            self.verdict(),
        ]
        return "\n".join(fill(line, WIDTH, subsequent_indent="  ") for line in lines)

    def _repr_html_(self) -> str:
        said = self.passages().items()
        question = f"<p><em>{for_html(self.question)}</em></p>" if self.question else ""
        return (
            f"<h3>{for_html(self.title)}</h3>{question}"
            f"{''.join(f'<p><b>{for_html(name)}.</b> {for_html(text)}</p>' for name, text in said)}"
            f"{self.table('facts')._repr_html_()}{self.table('scores')._repr_html_()}"
        )


def case(label: str) -> Case:
    """Return the case study of a place (`Mali`) or a mission (`MINUSMA`).

    Parameters
    ----------
    label : str
        A named case (`pkstats.study.cases.case.cases()`) or any mission with dates and a host state.

    Returns
    -------
    Case
        `facts`, `timeline()`, `resources()`, `violence()`, `diplomacy()` and other tables, the
        `verdict()` made from them by rule, `plot()` and `cite()`.

    Raises
    ------
    UnknownName
        When nothing is called that, with near matches; when the name covers several cases, with
        their names; when the mission cannot be placed in time or space.
    """
    return Case(scope(label))


def cases() -> pd.DataFrame:
    """Return the named cases: id, title, mission, other missions, question, essay, label, label_by.

    `label_by` is essay, or pkstats for the failures, which the essay does not name.
    """
    rows = []
    for key, entry in entries().items():
        others = entry.get("chain", entry.get("several", []))
        rows.append(
            {
                "id": key,
                "title": entry["title"],
                "mission_id": entry.get("mission"),
                "others": ", ".join(others),
                "question": entry.get("question"),
                "essay": entry.get("essay"),
                "label": entry.get("label"),
                "label_by": entry.get("label_by", "essay") if "label" in entry else None,
            }
        )
    return pd.DataFrame(rows)
