"""Fatalities of UN missions by cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import pandas as pd

from pkstats.study.caption import caption
from pkstats.style.theme import COLOURS, stacked_bars
from pkstats.tables import load

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Deaths in UN peace operations by cause"
ALT = (
    "Stacked bars of deaths per year since 1948 by cause: malicious acts, accidents, illness and "
    "other causes. Deaths are highest in 1993, with an earlier peak in 1961, and stay near or "
    "above a hundred a year from 2003 to 2022; accidents peak in 2010, with the earthquake in Haiti. "
    "Illness is the largest cause in all."
)
QUAKE = pd.Period("2010-01", "M")
CAUSES = {
    "malicious act": COLOURS["vermilion"],
    "accident": COLOURS["orange"],
    "illness": COLOURS["sky"],
    "other": COLOURS["grey"],
}


def draw() -> Figure:
    """Return the figure: deaths per year, stacked by cause."""
    frame = load("fatalities")
    cause = frame["cause"].where(frame["cause"].isin(list(CAUSES)), "other")
    year = frame["month"].dt.year.rename("year")
    counts = frame["deaths"].groupby([year, cause]).sum().unstack(fill_value=0)
    years = range(int(counts.index.min()), int(counts.index.max()) + 1)
    counts = counts.reindex(years, fill_value=0).reindex(columns=list(CAUSES), fill_value=0)
    counts = counts.astype("int64")
    figure, axes = plt.subplots(figsize=(9, 4.8))
    figure.subplots_adjust(left=0.07, right=0.98, top=0.83, bottom=0.12)
    stacked_bars(axes, counts, CAUSES, totals=True)
    axes.set_ylabel("deaths per year")
    axes.margins(x=0.01)
    axes.legend(loc="upper left")
    haiti = frame[(frame["mission_id"] == "MINUSTAH") & (frame["month"] == QUAKE)]
    axes.annotate(
        "January 2010: earthquake in Haiti,\n"
        f"{haiti.loc[haiti['cause'] == 'accident', 'deaths'].sum()} deaths in MINUSTAH",
        (QUAKE.year, counts.loc[QUAKE.year].sum()),
        (0, 3),
        textcoords="offset points",
        fontsize=8.5,
        color="#444444",
        ha="center",
    )
    last = frame["month"].max()
    caption(
        figure,
        TITLE,
        f"All personnel, {years[0]}–{years[-1]}; {years[-1]} to {last.strftime('%B')} only. Other: "
        "self-inflicted, unknown, to be determined.",
        "Source: UN Peace and Security Data Hub, fatalities.",
    )
    return figure
