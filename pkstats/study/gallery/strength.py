"""Deployed against authorised strength."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.dates import DateFormatter, YearLocator

from pkstats.study.caption import caption
from pkstats.style.theme import COLOURS, bare
from pkstats.tables import load

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Deployed against authorised strength of UN missions"
ALT = (
    "Lines of authorised and deployed uniformed personnel: above for all UN missions with both "
    "figures, below for six large missions, UNPROFOR, UNAMSIL, MONUC, MINUSTAH, UNAMID and "
    "UNMISS. The gap between the lines, shaded, is the shortfall; deployed strength stays below "
    "the authorised in most months. A thin grey line above shows all deployed: it peaks "
    "in 2015 and falls after 2016."
)
COVERED = 0.9
# The last months of its authorised strength are those the source gives its successor, UNIOSIL.
DOUBTFUL = "UNAMSIL"
CASES = ("UNPROFOR", "UNAMSIL", "MONUC", "MINUSTAH", "UNAMID", "UNMISS")


def draw() -> Figure:
    """Return the figure: all UN missions above, six large ones below."""
    missions, deployed, authorised = load("missions"), load("personnel"), load("authorised")
    un = missions.loc[missions["sponsor"] == "UN", "mission_id"]
    deployed = deployed[deployed["mission_id"].isin(un)]
    both = deployed[["mission_id", "month", "total"]].merge(
        authorised[["mission_id", "month", "total"]],
        on=["mission_id", "month"],
        suffixes=("_deployed", "_authorised"),
        how="outer",
    )
    figure = plt.figure(figsize=(9, 7.6))
    grid = figure.add_gridspec(
        3,
        3,
        left=0.08,
        right=0.98,
        top=0.87,
        bottom=0.08,
        hspace=0.5,
        wspace=0.25,
        height_ratios=[1.6, 1, 1],
    )
    _whole(figure.add_subplot(grid[0, :]), both)
    for place, mission_id in enumerate(CASES):
        axes = figure.add_subplot(grid[1 + place // 3, place % 3])
        _lines(axes, both[both["mission_id"] == mission_id].set_index("month"))
        axes.set_title(mission_id)
        if mission_id == DOUBTFUL:
            _note(axes, authorised[authorised["mission_id"] == mission_id])
    caption(
        figure,
        TITLE,
        "Uniformed personnel (troops, police, observers), thousands. Above: missions for which both "
        "figures are known, months in which\nthey hold over 90% of all deployed; authorisations "
        "are not compiled after May 2015.",
        "Sources: UN contribution reports, Kathman 2013, IPI; authorised: personnel shortfall data.",
    )
    return figure


def _whole(axes: Axes, both: pd.DataFrame) -> None:
    """Draw the sums over missions with both figures, months with too few of them left out."""
    everyone = both.groupby("month")["total_deployed"].sum().astype("float64")
    known = both.dropna().groupby("month")[["total_deployed", "total_authorised"]].sum()
    share = known["total_deployed"].astype("float64") / everyone
    everyone = everyone[everyone > 0]
    axes.plot(
        everyone.index.to_timestamp(),
        everyone / 1000,
        color=COLOURS["grey"],
        linewidth=1,
        label="deployed, all UN missions",
    )
    _lines(axes, known[(share > COVERED).reindex(known.index, fill_value=False)])
    axes.set_title("Missions with both figures")
    axes.legend(loc="lower right")


def _note(axes: Axes, authorised: pd.DataFrame) -> None:
    """Say that the last authorised strength is as published, and whose it looks like."""
    months = authorised.set_index("month")["total"].dropna()
    last = months[months == months.iloc[-1]]
    axes.text(
        0.2,
        0.03,
        f"authorised: {last.iloc[-1]:.0f} from\n"
        f"{last.index[0].strftime('%b %Y')}, as published;\n"
        "looks like its successor's",
        transform=axes.transAxes,
        fontsize=7.5,
        color="#555555",
        va="bottom",
    )


def _lines(axes: Axes, frame: pd.DataFrame) -> None:
    months = pd.period_range(frame.index.min(), frame.index.max(), freq="M", name="month")
    frame = frame.reindex(months)
    times = months.to_timestamp()
    deployed = frame["total_deployed"].astype("float64") / 1000
    authorised = frame["total_authorised"].astype("float64") / 1000
    axes.plot(times, authorised, color=COLOURS["orange"], linewidth=1.6, label="authorised")
    axes.plot(times, deployed, color=COLOURS["blue"], linewidth=1.6, label="deployed")
    axes.fill_between(
        times,
        deployed,
        authorised,
        where=deployed < authorised,
        color=COLOURS["orange"],
        alpha=0.15,
        linewidth=0,
    )
    axes.set_ylim(bottom=0)
    axes.set_ylabel("thousand")
    axes.margins(x=0.01)
    span = months[-1].year - months[0].year
    axes.xaxis.set_major_locator(YearLocator(max(1, -(-span // 4))))
    axes.xaxis.set_major_formatter(DateFormatter("%Y"))
    bare(axes)
