"""Violence before and after deployment, by type of mission."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import pandas as pd

from pkstats.panel import panel
from pkstats.panel.scope import Scope
from pkstats.panel.skeleton import host_shares
from pkstats.study.caption import caption
from pkstats.style.theme import TYPES, bare
from pkstats.tables import load
from pkstats.tables.coverage import covered

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Violence before and after deployment, by type of first mandate"
ALT = (
    "Three panels, one for each type of mandate, of deaths per year in host states from five "
    "years before deployment to eight years after: median as a line, middle half as a band, on a "
    "logarithmic scale. The median is highest in one of the three years before deployment "
    "and lower in most years after it, least so for robust missions."
)
SPAN = range(-5, 9)


def event_time() -> pd.DataFrame:
    """Return mission, type, years since deployment and deaths in its host states.

    The type is that of the first year with a coded mandate; hosts are those of the first year that
    the mission is in for their own conflict or to govern them.
    """
    years = panel("mission-year", 1989, None, "UN", "peacekeeping").derive("mission_type").frame
    coded = years[years["mission_type"].notna()].drop_duplicates("mission_id")
    types = coded.set_index("mission_id")["mission_type"]
    missions = load("missions").set_index("mission_id").loc[types.index]
    start = missions["start"].dt.year
    start = start[start >= 1989]
    shares = host_shares("year")
    hosts = Scope().asked(shares).merge(start.rename("start"), on="mission_id")
    hosts = hosts[hosts["year"] == hosts["start"]][["mission_id", "state", "start"]]
    grid = hosts.merge(pd.DataFrame({"since": list(SPAN)}), how="cross")
    grid["year"] = grid["start"] + grid["since"]
    violence = load("violence")
    violence["deaths"] = violence["state_based_best"] + violence["one_sided_best"]
    grid = grid.merge(violence[["state", "year", "deaths"]], on=["state", "year"], how="left")
    sums = grid.groupby(["mission_id", "since"])["deaths"].agg(["sum", "count", "size"])
    whole = sums[sums["count"] == sums["size"]]["sum"].astype("float64").rename("deaths")
    frame = whole.reset_index()
    return frame.assign(type=frame["mission_id"].map(types))


def draw() -> Figure:
    """Return the figure: median and middle half of yearly deaths around deployment."""
    frame = event_time()
    figure, panels = plt.subplots(1, 3, figsize=(9, 4.6), sharey=True)
    figure.subplots_adjust(left=0.085, right=0.985, top=0.74, bottom=0.19, wspace=0.08)
    for axes, (name, colour) in zip(panels, TYPES.items(), strict=True):
        part = frame[frame["type"] == name]
        spread = part.groupby("since")["deaths"].quantile([0.25, 0.5, 0.75]).unstack()
        axes.fill_between(spread.index, spread[0.25], spread[0.75], color=colour, alpha=0.25, lw=0)
        axes.plot(spread.index, spread[0.5], color=colour, linewidth=2.2, marker="o", markersize=4)
        axes.axvline(0, color="#444444", linewidth=1, linestyle="--")
        axes.set_yscale("symlog", linthresh=10)
        axes.set_ylim(bottom=0)
        number = part.groupby("since").size()
        axes.set_title(f"{name} (n = {number.min()}–{number.max()})")
        axes.set_xticks(range(-4, 9, 2))
        bare(axes)
    panels[0].set_ylabel("deaths per year in host states")
    panels[1].set_xlabel("years since deployment (0 = year of deployment)")
    panels[0].set_yticks([0, 10, 100, 1000, 10000], ["0", "10", "100", "1,000", "10,000"])
    caption(
        figure,
        TITLE,
        fill(
            "Deaths in state-based conflict and one-sided violence: median mission (line) and middle half "
            "(band), on a scale that is logarithmic above 10. UN peacekeeping operations deployed since "
            "1989, also after they end. n: missions with figures, fewer in early years as UCDP begins in "
            "1989. Association only: missions go where violence peaks; some fall would come anyway.",
            122,
        ),
        f"Sources: UCDP organised violence 25.1 ({covered('violence')}); TAMM (Lloyd 2021); "
        "pkstats registry.",
    )
    return figure
