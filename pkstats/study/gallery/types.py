"""Types of mission by the written rule, year by year."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.ticker import MaxNLocator

from pkstats.panel import panel
from pkstats.study.caption import caption
from pkstats.style.theme import TYPE_RULE, TYPES, stacked_bars
from pkstats.tables.coverage import as_of_year

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "From watching ceasefires to robust mandates"
FIRST = 1948
UNCODED = "mandate not coded"
PALETTE = {**TYPES, UNCODED: "#CCCCCC"}
ALT = (
    "Two stacked bar charts by year from 1948 on. Above, the number of UN peacekeeping "
    "operations of each type: nearly all traditional until 1991, then traditional and "
    "multidimensional ones side by side, and robust ones from 1999 on. Below, uniformed personnel by "
    "type of the mission they served in: since 2004 most serve in robust missions."
)


def by_year() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return, by year and type, missions in the field and their mean uniformed strength."""
    years = panel("mission-year", FIRST, None, "UN", "peacekeeping")
    frame = years.add("personnel").derive("mission_type").frame
    kind = frame["mission_type"].fillna(UNCODED).rename("type")
    groups = frame.groupby([frame["year"], kind])
    counts = groups.size().unstack(fill_value=0)
    # A mission there for three months of a year counts with a quarter of its strength; the last year
    # may have fewer than twelve months.
    share = frame["months"] / frame.groupby("year")["months"].transform("max")
    people = (frame["total"].astype("float64") * share).groupby([frame["year"], kind])
    strength = people.sum(min_count=1).unstack()
    places = {"index": range(FIRST, as_of_year() + 1), "columns": list(PALETTE)}
    return counts.reindex(**places, fill_value=0), strength.reindex(**places)


def draw() -> Figure:
    """Return the figure: missions above, personnel below, stacked by type."""
    counts, strength = by_year()
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(9, 7), sharex=True)
    figure.subplots_adjust(left=0.08, right=0.985, top=0.83, bottom=0.085, hspace=0.16)
    stacked_bars(upper, counts, PALETTE)
    upper.margins(x=0.005)
    upper.set_title("UN peacekeeping operations in the field during the year")
    upper.set_ylabel("operations")
    upper.legend(loc="upper left")
    upper.yaxis.set_major_locator(MaxNLocator(integer=True))
    stacked_bars(lower, strength / 1000, PALETTE)
    lower.margins(x=0.005)
    lower.set_title("Their troops, police and observers, mean over the year")
    lower.set_ylabel("thousand")
    known = strength.dropna(how="all").index.min()
    lower.axvspan(FIRST - 0.5, known - 0.5, color="#F3F3F3", zorder=0)
    lower.text(
        (FIRST + known) / 2, lower.get_ylim()[1] / 2, "no figures", ha="center", color="#777777"
    )
    caption(
        figure,
        TITLE,
        fill(
            f"The type follows from coded tasks and changes with the mandate. {TYPE_RULE} "
            "The type of a year is that of its coded months together.",
            132,
        ),
        "Sources: pkstats registry; TAMM (Lloyd 2021) to 2015, then coded by pkstats where sure; UN, "
        "Kathman, IPI personnel.",
    )
    return figure
