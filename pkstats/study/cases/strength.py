"""The panel of a case's page on strength: the mission, what was authorised, and other missions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from pkstats.study.cases.axes import LEGEND, finish, thousands
from pkstats.study.cases.notes import SPARSE
from pkstats.style.theme import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pkstats.study.cases.case import Case

TITLE = "Strength against authorised"
SMALL = 0.5  # the mission's share of others' strength below which these run out of the frame
ROOM = 1.08
LETTER, LINE = 0.0155, 0.06  # size of a name in parts of the panel


def strength(axes: Axes, case: Case) -> None:
    """Draw uniformed strength against what was authorised, other missions of the chain in grey."""
    frame = case.resources()
    main = frame[frame["role"] == "main"]
    start, end = case.scope.first, case.scope.last
    if main[["total", "total_authorised"]].isna().all(axis=None):
        return finish(axes, case, "resources", TITLE, " ")
    left, right = start - 0.3, end + 1.3
    others = frame[(frame["role"] != "main") & frame["total"].notna()]
    others = others[_times(others["month"].dt).between(left, right)]
    dots = [
        _line(axes, group, "total", COLOURS["grey"], None, 0.9)
        for _, group in others.groupby("mission_id")
    ]
    _line(axes, main, "total_authorised", COLOURS["orange"], "authorised", 1.5)
    _line(axes, main, "total", COLOURS["blue"], f"{case.id}, deployed", 1.7)
    axes.set_xlim(left, right)
    axes.set_ylim(0, _top(main, others))
    _names(axes, others)
    axes.set_ylabel("uniformed personnel", fontsize=8.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    thousands(axes.yaxis)
    handles = list(axes.get_legend_handles_labels()[0])
    if dots:
        grey = Line2D(
            [], [], color=COLOURS["grey"], lw=0.9, marker="o" if any(dots) else "", ms=3.5
        )
        grey.set_label("other missions")
        handles.append(grey)
    axes.legend(handles=handles, **LEGEND)
    finish(axes, case, "resources", TITLE)
    return None


def _times(months: pd.PeriodIndex) -> pd.Index:
    """Return the middle of months as years with fractions."""
    return months.year + (months.month - 0.5) / 12


def _top(main: pd.DataFrame, others: pd.DataFrame) -> float:
    """Return the top of the panel: that of all missions, or of the case's own where it is small."""
    own = float(main[["total", "total_authorised"]].astype("float64").max().max())
    most = float(others["total"].max()) if len(others) else 0.0
    return ROOM * (own if own < SMALL * most else max(own, most))


def _line(
    axes: Axes, frame: pd.DataFrame, column: str, colour: str, label: str | None, width: float
) -> bool:
    """Draw months as a line that breaks where months are missing; return whether any stand alone.

    Months without a neighbour are points, joined by a dotted line where there are few figures.
    """
    known = frame[frame[column].notna()]
    if known.empty:
        return False
    months = pd.period_range(known["month"].min(), known["month"].max(), freq="M")
    values = known.set_index("month")[column].astype("float64").reindex(months)
    times = _times(months)
    there = values.notna()
    alone = there & ~there.shift(1, fill_value=False) & ~there.shift(-1, fill_value=False)
    if there.mean() < SPARSE:
        axes.plot(times[there], values[there], color=colour, lw=0.6, ls=":", alpha=0.8)
    if alone.sum() < there.sum():
        axes.plot(times, values, color=colour, linewidth=width, label=label)
        label = None
    if alone.any():
        axes.plot(times[alone], values[alone], "o", color=colour, ms=3.5, label=label)
    return bool(alone.any())


def _names(axes: Axes, others: pd.DataFrame) -> None:
    """Write the name of each other mission at its peak, above names already there."""
    (left, right), top = axes.get_xlim(), axes.get_ylim()[1]
    taken: list[tuple[float, float, float]] = []
    for name, group in others.groupby("mission_id"):
        peak = group.loc[group["total"].astype("float64").idxmax()]
        value = float(peak["total"])
        words = str(name) if value <= top else f"{name}: to {value:,.0f}, out of the frame"
        wide = LETTER * len(words) / 2
        place = (peak["month"].year + (peak["month"].month - 0.5) / 12 - left) / (right - left)
        place = min(max(place, wide), 1 - wide)
        height = min(value / top + 0.03, 1 - LINE)
        while any(abs(place - x) < wide + half and abs(height - y) < LINE for x, y, half in taken):
            height += LINE / 4
        taken.append((place, height, wide))
        axes.text(
            place,
            height,
            words,
            transform=axes.transAxes,
            ha="center",
            va="bottom",
            fontsize=7,
            color="#555555",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5},
        )
