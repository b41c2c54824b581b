"""Refugees, income and democracy in host states around deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import pandas as pd

from pkstats.study.caption import caption
from pkstats.study.themes.around import HOSTS, NONE, SPAN, around_deployment
from pkstats.style.theme import COLOURS, bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Refugees, income and democracy around the first mission"
PANELS = {
    "refugees": ("Refugees abroad", "per 1,000 inhabitants"),
    "income": ("Real income per head", "100 = the year before"),
    "democracy": ("Electoral democracy", "index from 0 to 1"),
}
COLOUR = {HOSTS: COLOURS["blue"], NONE: COLOURS["grey"]}
ALT = (
    "Three panels of medians from five years before to ten years after the first UN peacekeeping "
    "operation of a chain, with the middle half as a band, beside conflicts without a mission. Hosts "
    "have far more refugees abroad throughout; their income stands still around deployment and rises "
    "later, more slowly than in the others; their democracy starts lower and rises in the first five "
    "years."
)


def draw() -> Figure:
    """Return the figure: three panels with median and middle half by years since deployment."""
    frame = around_deployment()
    figure, panels = plt.subplots(1, 3, figsize=(9, 4.7))
    figure.subplots_adjust(left=0.055, right=0.985, top=0.72, bottom=0.2, wspace=0.2)
    for axes, (measure, (title, unit)) in zip(panels, PANELS.items(), strict=True):
        part = frame[frame["measure"] == measure]
        for series, colour in COLOUR.items():
            _path(axes, part[part["series"] == series], colour)
        axes.axvline(0, color="#444444", linewidth=1, linestyle="--")
        axes.set_title(f"{title}\n", pad=2)
        axes.text(0, 1.025, unit, transform=axes.transAxes, fontsize=9, color="#444444")
        axes.set_xticks(range(min(SPAN) + 1, max(SPAN) + 1, 2))
        bare(axes)
    panels[0].set_yscale("symlog", linthresh=1)
    panels[0].set_ylim(bottom=0)
    panels[0].set_yticks([0, 1, 10, 100], ["0", "1", "10", "100"])
    panels[2].set_ylim(bottom=0)
    panels[1].set_xlabel(
        "blue: years since deployment (0 = its year); "
        "grey: since the two deadliest years (0 = the year after them)"
    )
    panels[2].legend(loc="lower left", borderaxespad=0.2)
    caption(
        figure,
        TITLE,
        "Median (line) and middle half (band) of the hosts of the first UN peacekeeping operation of each "
        f"chain since 1990,\nalso after missions end ({_span(frame, HOSTS)}), and of conflicts without a "
        f"mission ({_span(frame, NONE)}).\n"
        "Refugees logarithmic above 1. Association only: the conflicts differ in much else.",
        "Sources: UNHCR; World Bank; Fariss and others 2022 (income, to 2019); V-Dem 15; UCDP; pkstats "
        "registry.",
    )
    return figure


def _path(axes: Axes, part: pd.DataFrame, colour: str) -> None:
    since = part["since"]
    axes.fill_between(since, part["low"], part["high"], color=colour, alpha=0.2, linewidth=0)
    label = None if part.empty else str(part["series"].iloc[0])
    axes.plot(since, part["median"], color=colour, linewidth=2.2, label=label)


def _span(frame: pd.DataFrame, series: str) -> str:
    shown = frame[(frame["series"] == series) & frame["measure"].isin(list(PANELS))]
    what = "chains" if series == HOSTS else "states"
    return f"{shown['n'].min()} to {shown['n'].max()} {what} with figures"
