"""What all panels of a case's page share: the mission's years, hatching, sentences below."""

from __future__ import annotations

from textwrap import fill, wrap
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FuncFormatter, MaxNLocator

from pkstats.study.cases.gaps import covered
from pkstats.study.cases.notes import sentences
from pkstats.study.cases.violence import HOSTS
from pkstats.style.theme import bare
from pkstats.tables.coverage import last_whole_year

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from pkstats.study.cases.case import Case

NOTE: dict[str, Any] = {"fontsize": 7.5, "color": "#555555", "va": "top", "linespacing": 1.25}
LEGEND: dict[str, Any] = {
    "fontsize": 7.5,
    "loc": "upper left",
    "bbox_to_anchor": (-0.02, 1.235),
    "ncols": 3,
    "borderaxespad": 0.1,
    "columnspacing": 1.0,
    "handlelength": 1.5,
}
HATCH: dict[str, Any] = {"edgecolor": "#C9CED4", "hatch": "////", "lw": 0}
WIDTH = 92
ABOVE = 32  # points between a panel and its title: room for two lines of legend
SHADE = "#FBF2DC"
OWN_YEARS = ("resources", "safety")


def shade(axes: Axes, case: Case) -> None:
    """Mark the mission's years and show the years of the case."""
    scope = case.scope
    axes.axvspan(scope.first - 0.5, scope.last + 0.5, color=SHADE, zorder=0, linewidth=0)
    low, high = scope.window
    axes.set_xlim(low - 0.7, high + 0.7)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))


def finish(axes: Axes, case: Case, part: str, title: str, empty: str = "") -> None:
    """Give a panel its title, quiet axes and the sentences about its data."""
    axes.set_title(title, pad=ABOVE, fontsize=10.5)
    notes = sentences(case, part)
    if empty:
        axes.set_axis_off()
        words = "\n\n".join(fill(note, 64) for note in [empty, *notes])
        axes.text(0.5, 0.5, words, ha="center", va="center", fontsize=9, transform=axes.transAxes)
        return
    bare(axes)
    axes.tick_params(labelsize=8)
    uncovered(axes, case, part)
    if notes:
        words = "\n".join(fill(note, WIDTH) for note in notes)
        axes.annotate(words, (0, 0), (0, -20), "axes fraction", "offset points", **NOTE)


def uncovered(axes: Axes, case: Case, part: str) -> None:
    """Hatch the years that no source of a panel covers, and say so where there is room."""
    scope = case.scope
    if part in OWN_YEARS:
        span, (first, last) = covered(part, scope), (scope.first, scope.last)
    else:
        span, (first, last) = _years(getattr(case, part)()), scope.window
    if span is None:
        return
    left, right = axes.get_xlim()
    for low, high in (
        (first, min(span[0] - 1, last)),
        (max(span[1] + 1, first), min(last, last_whole_year())),
    ):
        if high < low:
            continue
        start = left if low == first else max(low - 0.5, left)
        end = min(high + 0.5, right)
        axes.axvspan(start, end, facecolor="none", zorder=0.5, **HATCH)
        if end - start > 0.12 * (right - left):
            axes.text(
                (start + end) / 2,
                0.5,
                "no data",
                transform=axes.get_xaxis_transform(),
                ha="center",
                va="center",
                fontsize=8,
                color="#555555",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
            )


def _years(frame: pd.DataFrame) -> tuple[int, int]:
    """Return the first and last year with a figure of the hosts themselves."""
    years = frame.loc[frame["series"] == HOSTS, "year"] if "series" in frame else frame["year"]
    return int(years.min()), int(years.max())


def note_lines(case: Case, part: str) -> int:
    """Return how many lines the sentences under a panel take."""
    return sum(len(wrap(note, WIDTH)) for note in sentences(case, part))


def thousands(axis: Any) -> None:
    """Write large numbers with commas, and small steps with their decimals."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
