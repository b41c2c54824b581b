"""Which missions were asked to do what: missions by area of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from pkstats.measures.mandates import TASKS
from pkstats.panel import panel
from pkstats.study.caption import caption
from pkstats.tables import load

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "What each mission was asked to do"
ROWS = 35
ALT = (
    "Heat map with one row for each of the 35 largest UN peacekeeping operations since 1989, in "
    "order of their start, and one column for each of eleven areas of mandated tasks. A darker cell "
    "means that more of the mission's coded months had a task in the area. Rows before 2003 "
    "differ widely; most rows from 2003 on are dark in most columns."
)


def shares() -> pd.DataFrame:
    """Return, by mission in order of start, the share of coded months with a task in each area.

    A month counts for an area once a task in it is coded 1, or once all are coded 0. The missions
    are those with the largest peak strength.
    """
    frame = panel("mission-month", 1989, None, "UN", "peacekeeping").add("mandates").frame
    missions = load("missions").set_index("mission_id")
    begun = missions["start"].dt.year >= 1989
    personnel = load("personnel").groupby("mission_id")["total"].max().astype("float64")
    frame = frame[frame["mission_id"].map(begun)]
    table = {}
    for area in TASKS.values():
        flags = frame[area["flags"]]
        some, unsure = flags.fillna(False).any(axis=1), flags.isna().any(axis=1)
        table[area["label"]] = some.astype("float64").where(some | ~unsure)
    months = pd.DataFrame(table).groupby(frame["mission_id"]).mean()
    largest = personnel.reindex(months.dropna(how="all").index).nlargest(ROWS).index
    return months.loc[sorted(largest, key=lambda name: missions["start"][name])]


def draw() -> Figure:
    """Return the figure: a heat map of missions by area."""
    frame = shares()
    years = load("missions").set_index("mission_id")
    figure, axes = plt.subplots(figsize=(9, 9.6))
    figure.subplots_adjust(left=0.21, right=0.9, top=0.775, bottom=0.04)
    image = axes.imshow(
        np.ma.masked_invalid(frame.to_numpy("float64")),
        aspect="auto",
        cmap="YlGnBu",
        vmin=0,
        vmax=1,
        interpolation="nearest",
    )
    labels = []
    for name in frame.index:
        first, last = years.loc[name, ["start", "end"]]
        begun, ended = f"{first:%Y}", f"{last:%Y}" if pd.notna(last) else ""
        labels.append(f"{name}  {begun}" if begun == ended else f"{name}  {begun}–{ended}")
    axes.set_yticks(range(len(frame)), labels, fontsize=8.5)
    axes.xaxis.tick_top()
    axes.set_xticks(range(frame.shape[1]), frame.columns, fontsize=8.5, rotation=35, ha="left")
    axes.set_xticks(np.arange(0.5, frame.shape[1] - 1), minor=True)
    axes.set_yticks(np.arange(0.5, len(frame) - 1), minor=True)
    axes.grid(False)
    axes.grid(True, which="minor", color="white", linewidth=1)
    axes.tick_params(which="both", length=0)
    axes.set_facecolor("#E3E3E3")
    bar = figure.colorbar(image, ax=axes, fraction=0.04, pad=0.02, aspect=40)
    bar.set_label("share of coded months with a task in the area")
    bar.outline.set_visible(False)
    caption(
        figure,
        TITLE,
        f"The {len(frame)} UN peacekeeping operations since 1989 with the largest peak strength, by "
        "start. A mandate is a request,\nnot a deed. Months after 2015 count only where coded for sure; "
        "grey: no month coded for the area.\nProtection: of civilians, women, children or UN staff.",
        "Sources: TAMM (Lloyd 2021) to 2015; coded by pkstats from resolutions after that; UN, "
        "Kathman, IPI personnel.",
    )
    return figure
