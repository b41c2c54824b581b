"""Every UN peacekeeping operation as a bar in time, coloured by the type of its mandate."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pkstats.panel import panel
from pkstats.registry import missions_table
from pkstats.study.caption import caption
from pkstats.study.gallery.types import PALETTE, UNCODED
from pkstats.style.theme import COLOURS, TYPE_RULE, bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Every UN peacekeeping operation since 1948"
ALT = (
    "One bar per UN peacekeeping operation, by start from 1948 at the top to 2014 and later at the "
    "bottom, coloured by the type of its mandate at the time, with a mark for how it ended. Observer "
    "missions of the first decades still run; most operations began between 1989 and 2004."
)
FIRST = 1948
# None of the colours of types.
EXITS = {
    "completed": ("o", COLOURS["green"]),
    "handed over": (">", COLOURS["grey"]),
    "relabelled or split": ("d", COLOURS["grey"]),
    "replaced or overrun": ("v", COLOURS["purple"]),
    "terminated early": ("s", COLOURS["purple"]),
    "consent withdrawn": ("X", COLOURS["black"]),
}
TOGETHER = {name: mark for mark in EXITS for name in mark.split(" or ")}


def spells() -> pd.DataFrame:
    """Return mission_id, type, first and last: runs of months with one type, missions by start."""
    months = panel("mission-month", FIRST, None, "UN", "peacekeeping").derive("mission_type").frame
    months = months.sort_values(["mission_id", "month"])
    kind = months["mission_type"].fillna(UNCODED)
    turns = (kind != kind.shift()) | (months["mission_id"] != months["mission_id"].shift())
    runs = months.assign(type=kind).groupby(turns.cumsum(), sort=False)
    found = runs.agg(
        mission_id=("mission_id", "first"),
        type=("type", "first"),
        first=("month", "min"),
        last=("month", "max"),
    )
    began = found.groupby("mission_id")["first"].transform("min")
    return found.iloc[np.lexsort((found["first"], found["mission_id"], began))].reset_index(
        drop=True
    )


def draw() -> Figure:
    """Return the figure."""
    found = spells()
    order = {name: place for place, name in enumerate(found["mission_id"].unique())}
    figure, axes = plt.subplots(figsize=(9, 2.22 + 0.165 * len(order)))
    height = figure.get_figheight()
    figure.subplots_adjust(left=0.015, right=0.985, top=1 - 1.42 / height, bottom=0.72 / height)
    places = found["mission_id"].map(order).to_numpy()
    left = _year(found["first"])
    axes.barh(
        places,
        _year(found["last"]) + 1 / 12 - left,
        left=left,
        height=0.72,
        color=[PALETTE[kind] for kind in found["type"]],
    )
    _ends(axes, found, order)
    axes.set_ylim(len(order) - 0.4, -0.8)
    last = max(month.year for month in found["last"]) + 1
    axes.set_xlim(FIRST - 6, last + 5)
    axes.set_xticks(range(1950, last, 10))
    axes.set_xlabel("year")
    axes.set_yticks([])
    bare(axes, "x")
    axes.spines["left"].set_visible(False)
    _legend(figure, height)
    caption(
        figure,
        TITLE,
        fill(
            f"{len(order)} operations by start. The type follows from coded mandate tasks and changes "
            f"with the mandate. {TYPE_RULE}",
            120,
        ),
        "Sources: pkstats registry; TAMM (Lloyd 2021) to 2015, then coded by pkstats where sure.",
    )
    return figure


def _year(months: pd.Series) -> np.ndarray:
    return (months.dt.year + (months.dt.month - 1) / 12).to_numpy("float64")


def _ends(axes: Axes, found: pd.DataFrame, order: dict[str, int]) -> None:
    """Write each mission's name beside its bar and mark how it ended."""
    exits = missions_table().set_index("mission_id")["exit"]
    spans = found.groupby("mission_id").agg(first=("first", "min"), last=("last", "max"))
    for name, begin, end in zip(
        spans.index, _year(spans["first"]), _year(spans["last"]) + 1 / 12, strict=True
    ):
        place, style = order[name], EXITS.get(TOGETHER.get(str(exits[name]), ""))
        if style:
            axes.plot(
                end + 0.5, place, marker=style[0], color=style[1], markersize=4.5, linewidth=0
            )
        before = end > spans["last"].max().year - 7
        x = begin - 0.4 if before else end + (1.2 if style else 0.5)
        axes.text(x, place, name, fontsize=7.5, va="center", ha="right" if before else "left")


def _legend(figure: Figure, height: float) -> None:
    bars = [Patch(color=colour, label=name) for name, colour in PALETTE.items()]
    marks = [
        Line2D([], [], marker=marker, color=colour, linewidth=0, markersize=5, label=name)
        for name, (marker, colour) in EXITS.items()
    ]
    for handles, y in ((bars, 0.85), (marks, 1.07)):
        figure.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(0.003, 1 - y / height),
            ncols=len(handles),
            fontsize=8.5,
            columnspacing=1.4,
            handlelength=1.2,
        )
