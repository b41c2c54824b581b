"""Missions side by side: a table of figures, blue where better than most missions and red where worse."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import pandas as pd

from pkstats.study.caption import caption
from pkstats.study.cases.labels import ours
from pkstats.style.theme import shade_of, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pkstats.study.cases.case import Case
    from pkstats.study.cases.compare import Comparison

FAILURES = ("UNAMIR", "UNPROFOR", "UNOSOM II", "UNAVEM II", "UNAMSIL", "UNTAET", "SFOR")
REASONS = ("Resources", "Mandate", "Host and parties", "Violence", "Flight", "Governance", "Tally")
WIDE, NAMES, ROW, HEAD, FOOT = 11.5, 3.35, 0.225, 1.05, 0.3
DPI = 110
TITLES = {
    "failures": "Four failures beside three other missions: reasons and implications",
    "successes": "Seven missions the source essay writes of, on every measure of success",
}
ALTS = {
    "failures": (
        "A table with a column for each of UNAMIR, UNPROFOR, UNOSOM II, UNAVEM II, UNAMSIL, UNTAET and "
        "SFOR and one for the median of all missions. Its rows are figures on resources, mandate, host "
        "and parties, violence, flight and governance; cells are blue where a mission did better than "
        "most missions and red where worse. The four failures are mixed on resources and mandates, and "
        "red on peacekeepers killed by attack."
    ),
    "successes": (
        "A table with a column for each of UNAMSIL, MINUSMA, UNTAET, SFOR, UNFICYP, MINUSTAH and AMISOM. "
        "Its rows are all measures of success during deployment, five years after and to the end of the "
        "data; cells say yes, no or the rank among all missions. UNAMSIL and SFOR are mostly blue, "
        "MINUSMA, MINUSTAH and AMISOM mostly red, and most of UNFICYP is not known."
    ),
}
MEANS = (
    "TAMM and pkstats (mandates); UN, Kathman, IPI, Bara and Hultman (strength); World Bank (population); "
    "shortfall data; PACT"
)
OUTCOMES = (
    "UCDP 25.1 and peace agreements; Natural Earth (neighbours); UNHCR; AWSD; UN fatalities; V-Dem; "
    "Fariss et al."
)
SOURCES = {True: f"pkstats registry; {MEANS}; {OUTCOMES}", False: f"pkstats registry; {OUTCOMES}"}
KEYS = {
    "": "Blue: better than most missions with a figure; red: worse; between: in the middle. Light grey: no "
    "figure (–), or no direction that is better.",
    r"^=?\d+/\d+$": "41/162: the rank among missions with a figure, 1 is best, = a tie.",
    "^≥": "≥ 19: peace held so long to the end of the data, which has no rank.",
    "^later$": "later: the mission is still there, or the time is not over.",
    r"^\d+ of \d+": "Reached: of the yes-or-no measures known; fewer than three are not judged.",
    r"^(?:success|failure) \(": "Labels: a success is the word of the essay whose claims this "
    "project puts to data; the essay names no failed mission: the failures are this project's choice "
    "(Howard 2008).",
}
WIDTH, LINE = 185, 0.145


def failures() -> Figure:
    """Return this project's choice of failures beside other missions: reasons and implications."""
    from pkstats.study.cases.compare import compare

    with theme(screen=True):
        return _page(compare(FAILURES), REASONS, TITLES["failures"])


def successes() -> Figure:
    """Return the essay's success stories on every measure of success."""
    from pkstats.study.cases.compare import compare

    found = compare("successes")
    topics = [name for name in found.topics if name.startswith("Success") or name == "Tally"]
    chosen = [name for name in topics if "2 years" not in name and "10 years" not in name]
    with theme(screen=True):
        return _page(found, chosen, TITLES["successes"])


def show(comparison: Comparison, topics: Sequence[str] = ()) -> Figure:
    """Return some topics of a comparison (all by default) as a figure."""
    with theme(screen=True):
        return _page(comparison, topics, "Missions side by side")


def _page(comparison: Comparison, topics: Sequence[str], title: str) -> Figure:
    rows = comparison.rows(*topics)
    lines: list[tuple[str, str | None]] = []
    for topic, part in rows.groupby("topic", sort=False):
        lines += [(str(topic), None), *((str(topic), str(row)) for row in part["row"].unique())]
    medians = bool(rows["median"].notna().any())
    small = _small(rows)
    foot = FOOT + LINE * len(small)
    height = HEAD + ROW * len(lines) + foot
    figure = plt.figure(figsize=(WIDE, height))
    axes = figure.add_axes((0, foot / height, 1, ROW * len(lines) / height))
    axes.set_xlim(0, WIDE)
    axes.set_ylim(len(lines), 0)
    axes.set_axis_off()
    heads = [_heading(each) for each in comparison.cases]
    heads += ["median of all\n(missions with\na figure)"] if medians else []
    across = (WIDE - NAMES - 0.1) / len(heads)
    for place, words in enumerate(heads):
        x = NAMES + (place + 0.5) * across
        axes.text(x, -0.6 / ROW, words, fontsize=8, ha="center", va="top", linespacing=1.25)
    cells = rows.set_index(["topic", "row"])
    for line, (topic, row) in enumerate(lines):
        if row is None:
            axes.text(0.12, line + 0.62, topic, fontsize=9, weight="bold", va="center")
            axes.axhline(line + 0.97, color="#BBBBBB", lw=0.7)
            continue
        axes.text(NAMES - 0.08, line + 0.5, row, fontsize=8, ha="right", va="center")
        part = cells.loc[[(topic, row)]]
        for found in part.to_dict("records"):
            place = [each.id for each in comparison.cases].index(found["mission_id"])
            _cell(axes, found, NAMES + place * across, line, across)
        middle = part["median"].iloc[0]
        if not pd.isna(middle):
            x = NAMES + (len(heads) - 0.5) * across
            axes.text(x, line + 0.5, middle, fontsize=7.5, ha="center", va="center")
    caption(figure, title, "", "\n".join(small))
    return figure


def _small(rows: pd.DataFrame) -> list[str]:
    """Return the lines below: what the cells shown mean, and where the figures come from."""
    texts = rows["text"].astype("str")
    key = " ".join(words for pattern, words in KEYS.items() if texts.str.contains(pattern).any())
    sources = SOURCES[bool({"Resources", "Mandate", "Host and parties"} & set(rows["topic"]))]
    return [*wrap(key, WIDTH), *wrap(f"Sources: {sources}", WIDTH)]


def _heading(each: Case) -> str:
    """Return the head of a column: mission, years, and the label with whose it is."""
    scope = each.scope
    years = f"{scope.first}–{'' if scope.ongoing else scope.last}"
    label, whose = scope.entry.get("label"), "ours" if ours(scope.entry) else "essay"
    return f"{scope.mission.id}\n{years}" + (f"\n{whose}: {label}" if label else "\n")


def _cell(axes: Axes, row: dict[Any, Any], left: float, line: int, width: float) -> None:
    share = None if pd.isna(row["share"]) else float(row["share"])
    axes.add_patch(
        plt.Rectangle((left + 0.02, line + 0.05), width - 0.04, 0.9, color=shade_of(share), lw=0)
    )
    dark = "#222222" if row["text"] not in ("–", "later") else "#888888"
    size = 7.5 if len(str(row["text"])) < 15 else 6.6
    axes.text(
        left + width / 2,
        line + 0.5,
        row["text"],
        fontsize=size,
        ha="center",
        va="center",
        color=dark,
    )
