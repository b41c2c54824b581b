"""Several cases side by side: the same rows for all, the median of all missions beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from pkstats.codebook import cite
from pkstats.codebook import table as table_of
from pkstats.errors import UnknownName, suggestion
from pkstats.measures import measure
from pkstats.study.cases.case import Case, case
from pkstats.study.cases.compare_rows import TALLY, frame_of, row_entries
from pkstats.study.cases.scope import entries
from pkstats.study.cases.tables import first_authorised
from pkstats.study.readable import MISSING, Readable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MEDIAN = "median of all (number)"
NOTE = "–: no figure; later: not over yet."
COMPANY = "Differences go together with much else; a handful of missions shows no cause."
NOTES = {
    "Mandate": (
        "Tasks, protection of civilians among them, are as TAMM codes them to 2015, where this project "
        "does not amend them by the resolution (UNAMIR), and after that as this project does."
    ),
    "Flight": "Fewer than before: than in the two years before it came.",
    "Governance": "Against before: the mean of the span beside that of the two years before it came.",
    TALLY: (
        "Fewer deaths or none counts as reached, so that a mission that came into calm and left it so "
        "reaches it. The numbers are held against the label, the essay's or for failures this project's, by "
        "the measures reached by its end and by the peace after: at two thirds or more on the side of the "
        "label they agree, at one third or "
        f"less they disagree. {COMPANY}"
    ),
}


class Comparison:
    """Several missions on the same rows.

    Attributes
    ----------
    cases : tuple of Case
        In the order asked for.
    """

    def __init__(self, cases: Sequence[Case]) -> None:
        self.cases = tuple(cases)
        self._frame = frame_of(self.cases)

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
        """Sources the cases and the measures compared rest on, for `pkstats.cite`."""
        names = [entry["measure"] for entry in row_entries() if "measure" in entry]
        used = [
            source
            for name in names
            for need in measure(name).needs
            for source in table_of(need.table).sources
        ]
        return tuple(
            dict.fromkeys([*(source for each in self.cases for source in each.sources), *used])
        )

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
            wide.insert(0, MEDIAN, firsts["median"].fillna(MISSING))
        wide = wide.reset_index().rename(columns={"row": "what"})
        shown = list(dict.fromkeys(wide["topic"]))
        said = [NOTE, *(NOTES[topic] for topic in shown if topic in NOTES)]
        if "Resources" in shown:
            said += [f"{each.id}: {low}" for each in self.cases if (low := _low(each))]
        wide.columns.name = None
        return Readable(" · ".join(topics) or "Side by side", _grouped(wide, shown), " ".join(said))

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
                    MEDIAN: part["median"].iloc[0],
                }
            )
        return Readable(
            f"In the worse half of all missions: {', '.join(sorted(wanted))} and the others",
            _grouped(pd.DataFrame(shown), list(dict.fromkeys(row["topic"] for row in shown))),
            f"{NOTE} {COMPANY}",
        )

    def cite(self, style: str = "text") -> str:
        """Return the citations the comparison owes."""
        return cite(self, style=style)

    def plot(self, *topics: str) -> Figure:
        """Return the comparison of some topics (all by default) as one matplotlib figure."""
        from pkstats.study.cases.comparison import show

        figure = show(self, topics)
        return figure

    def __repr__(self) -> str:
        ids = ", ".join(each.id for each in self.cases)
        return f"Comparison of {ids}\ntopics: {', '.join(self.topics)}"

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def _grouped(frame: pd.DataFrame, topics: Sequence[str]) -> pd.DataFrame:
    """Return rows under their topics instead of a column of topics; none where there is one topic."""
    rest = [name for name in frame if name != "topic"]
    if len(topics) == 1:
        return frame[rest]
    parts = []
    for topic in topics:
        heading = pd.DataFrame([dict.fromkeys(rest, "") | {"what": topic}])
        parts += [heading, frame.loc[frame["topic"] == topic, rest]]
    return pd.concat(parts, ignore_index=True)


def _low(each: Case) -> str:
    """Note on an implausibly low first authorised strength."""
    frame = each.resources()
    return first_authorised(frame[frame["role"] == "main"])


def compare(labels: Sequence[str] | str) -> Comparison:
    """Return several cases side by side.

    Parameters
    ----------
    labels : sequence of str, or the name of a group
        Named cases or missions, or a group of cases such as `failures` or `successes`.

    Returns
    -------
    Comparison
        One column per case: facts, scores and what the rules say.

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
    if not isinstance(labels, Iterable):
        raise UnknownName(
            "Expected a list of cases or the name of a group to compare; found "
            f"{type(labels).__name__}."
        )
    cases = {each.id: each for each in map(case, labels)}
    if not cases:
        raise UnknownName("Expected at least one case to compare, such as ['UNAMIR', 'UNAMSIL'].")
    return Comparison(list(cases.values()))
