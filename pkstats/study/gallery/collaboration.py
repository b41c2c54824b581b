"""Collaboration with civilian actors by year: asked for, reported, and the humanitarian aid around."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.ticker import PercentFormatter

from pkstats.measures.collaboration import NGO_ITEMS
from pkstats.panel import panel
from pkstats.study.caption import caption
from pkstats.style.theme import COLOURS, bare, stacked_bars
from pkstats.tables.coverage import as_of_year

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Work with NGOs and other civilian actors: asked, reported, and aid around"
FIRST = 1989
FEWEST = 3
ASKED = {
    "asked": COLOURS["blue"],
    "not asked": COLOURS["sky"],
    "not coded for sure": "#CCCCCC",
}
PRACTISED = {
    "practised_civil_society": ("civil society", COLOURS["green"]),
    "practised_humanitarian_relief": ("humanitarian relief", COLOURS["vermilion"]),
    "practised_refugee_assistance": ("refugees and displaced", COLOURS["purple"]),
}
AID = "humanitarian_funding_per_head"
ALT = (
    "Three charts by year from 1989 on. Above, bars of UN peacekeeping operations by whether their "
    "mandate asks for work with humanitarian or other civilian actors: one before 1992, the larger part "
    "from 2004 on. In the middle, the share of months in which missions outside Africa report three "
    "kinds of such work, to 2019: it jumps about, for three to ten missions. Below, median humanitarian "
    "aid per inhabitant of the host states, 2000 to 2023: highest in 2021."
)


def by_year() -> dict[str, pd.DataFrame]:
    """Return what is known of UN peacekeeping operations in each year.

    Returns
    -------
    dict of DataFrame
        "asked": operations by whether the mandate asks for any of four kinds of work with civilian
        actors. A kind coded 1 is enough; "not asked" takes all four coded 0.
        "practised": mean share of months with reports of each kind of work, and "n", the missions.
        "aid": quartiles of aid per inhabitant, and "n". Both are missing for fewer than three missions.
    """
    items = [f"mandated_{flag}" for flag in NGO_ITEMS]
    rows = panel("mission-year", FIRST, None, "UN", "peacekeeping")
    frame = rows.derive(*items, *PRACTISED, AID).frame
    some, unsure = (frame[items] > 0).any(axis=1), frame[items].isna().any(axis=1)
    word = pd.Series("not asked", index=frame.index).mask(unsure, "not coded for sure")
    word = word.mask(some, "asked")
    years = {"index": range(FIRST, as_of_year() + 1)}
    counts = word.groupby([frame["year"], word]).size().unstack()
    groups = frame.groupby("year")
    practised = groups[list(PRACTISED)].mean()
    practised["n"] = groups[list(PRACTISED)].count().min(axis=1)
    aid = groups[AID].quantile([0.25, 0.5, 0.75]).unstack()
    aid["n"] = groups[AID].count()
    return {
        "asked": counts.reindex(**years, columns=list(ASKED)).fillna(0).astype("int64"),
        "practised": _enough(practised).reindex(**years),
        "aid": _enough(aid).reindex(**years),
    }


def _enough(table: pd.DataFrame) -> pd.DataFrame:
    values = table.columns.drop("n")
    table[values] = table[values].where(table["n"] >= FEWEST)
    return table


def draw() -> Figure:
    """Return the figure: mandates above, reported work in the middle, aid in the host states below."""
    tables = by_year()
    figure, (upper, middle, lower) = plt.subplots(3, 1, figsize=(9, 9.4), sharex=True)
    figure.subplots_adjust(left=0.095, right=0.985, top=0.85, bottom=0.06, hspace=0.25)
    stacked_bars(upper, tables["asked"], ASKED)
    upper.set_title("Asked: operations by whether their mandate asks for such work")
    upper.set_ylabel("operations")
    upper.set_ylim(top=26)
    upper.set_yticks(range(0, 21, 5))
    upper.axvline(2015.5, color="#777777", linewidth=1, linestyle=":")
    upper.text(2015.7, 21.5, "coded by pkstats", fontsize=8, color="#555555")
    upper.legend(loc="upper left", ncols=3)
    for name, (label, colour) in PRACTISED.items():
        values = tables["practised"][name]
        middle.plot(values, color=colour, linewidth=2, marker="o", markersize=4, label=label)
    middle.set_title("Reported: mean share of months with such work, missions outside Africa only")
    middle.set_ylabel("share of months")
    middle.yaxis.set_major_formatter(PercentFormatter(1))
    middle.set_ylim(-0.16, 1.16)
    middle.set_yticks([0, 0.25, 0.5, 0.75, 1])
    middle.legend(loc="upper left", ncols=3)
    aid = tables["aid"]
    lower.fill_between(aid.index, aid[0.25], aid[0.75], color=COLOURS["orange"], alpha=0.25, lw=0)
    lower.plot(aid[0.5], color=COLOURS["orange"], linewidth=2, marker="o", markersize=4)
    lower.set_title("Around: humanitarian aid in the host states, median and middle half")
    lower.set_ylabel("current US dollars\nper inhabitant")
    lower.set_ylim(bottom=-0.13 * lower.get_ylim()[1])
    for axes, name in ((middle, "practised"), (lower, "aid")):
        bare(axes)
        _numbers(axes, tables[name]["n"])
    upper.set_xlim(FIRST - 0.7, as_of_year() + 0.7)
    caption(
        figure,
        TITLE,
        "UN peacekeeping operations in the field during the year. Asked: humanitarian aid, protection of "
        "aid workers, quick-impact\nprojects, work with others. Reported: help to civil society, relief, "
        "help to refugees and displaced. Aid in the host state is\nco-location, not collaboration. Small "
        f"numbers: missions with figures, not the same each year; below {FEWEST} no line. "
        "Shaded: no figures.",
        "Sources: TAMM (Lloyd 2021) to 2015, then coded by pkstats where sure; PACT 2.0; OCHA FTS; "
        "World Bank; pkstats registry.",
    )
    return figure


def _numbers(axes: Axes, numbers: pd.Series) -> None:
    """Write below the lines how many missions have figures, and shade the years in which none has."""
    low, high = axes.get_ylim()
    known = numbers.fillna(0).astype(int)
    for year, number in known.items():
        if number:
            place = low + 0.025 * (high - low)
            axes.text(year, place, str(number), ha="center", fontsize=7.5, color="#555555")
        else:
            axes.axvspan(year - 0.5, year + 0.5, color="#F3F3F3", zorder=0, linewidth=0)
