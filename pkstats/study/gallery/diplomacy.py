"""Agreements and mediation attempts by year, with and without a mission in the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import pandas as pd

from pkstats.study.caption import caption
from pkstats.study.themes.diplomacy import BEFORE, CAME, NONE, state_years
from pkstats.style.theme import COLOURS, stacked_bars
from pkstats.tables.coverage import years as coverage

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Peace agreements and mediation, with and without a mission"
GROUPS = {BEFORE: COLOURS["blue"], CAME: COLOURS["sky"], NONE: "#BBBBBB"}
ALT = (
    "Two stacked bar charts by year from 1975 on. Above, peace agreements signed; below, "
    "mediation attempts begun, listed to 2009. Colours tell whether a peacekeeping mission was in the "
    "state the year before, came in the year, or was not there. Both are few from 1976 to 1988 and most "
    "in the early 1990s; since 2000 most agreements were signed where one was or came."
)


def _listed() -> tuple[int, int]:
    """Return the first and last year of the list of agreements."""
    first, last = coverage("agreements")
    assert first is not None and last is not None
    return first, last


def by_year() -> dict[str, pd.DataFrame]:
    """Return agreements and mediation attempts by year and whether a mission was there."""
    first, last_listed = _listed()
    frame = state_years(first, last_listed)
    tables = {}
    for name, source in (
        ("agreements_signed", "agreements"),
        ("mediation_attempts", "mediation_years"),
    ):
        last = coverage(source)[1] or last_listed
        known = frame[frame["year"] <= last]
        sums = known.groupby(["year", "mission"])[name].sum().unstack(fill_value=0)
        tables[name] = sums.reindex(columns=list(GROUPS), fill_value=0).astype("float64")
    return tables


def draw() -> Figure:
    """Return the figure: agreements above, mediation attempts below."""
    tables = by_year()
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(9, 6.6), sharex=True)
    figure.subplots_adjust(left=0.07, right=0.985, top=0.84, bottom=0.085, hspace=0.17)
    stacked_bars(upper, tables["agreements_signed"], GROUPS, totals=True)
    upper.set_title("Peace agreements signed in the year")
    upper.set_ylabel("agreements")
    upper.legend(loc="upper right")
    attempts = tables["mediation_attempts"]
    stacked_bars(lower, attempts, GROUPS, totals=True)
    lower.set_title("Mediation attempts in civil wars begun in the year")
    lower.set_ylabel("attempts")
    last, (first, listed) = int(attempts.index.max()), _listed()
    lower.axvspan(last + 0.5, listed + 0.5, color="#F3F3F3", zorder=0)
    middle = (last + listed + 1) / 2
    lower.text(middle, lower.get_ylim()[1] / 2, "not listed", ha="center", color="#777777")
    upper.set_xlim(first - 0.6, listed + 0.6)
    caption(
        figure,
        TITLE,
        "By whether a peacekeeping mission of any sponsor was in the state the year before, came in the "
        "year, or was not\nthere. Each agreement counts once, in its first state. Missions are sent where "
        "there are talks and agreements: association, not effect.",
        "Sources: UCDP peace agreements 22.1; Civil Wars Mediation (DeRouen and others 2011); pkstats "
        "registry.",
    )
    return figure
