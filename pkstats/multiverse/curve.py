"""The specification curve: every answer of a multiverse from low to high, and the choices below it."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from pkstats.style.steady import rounded, seen
from pkstats.style.theme import COLOURS, bare, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pkstats.multiverse import Multiverse

AXES = ("outcome", "treatment", "sample", "family", "fixed_effects")
# More specifications than this are drawn as shares of narrow bins rather than one by one.
SINGLY, BINS, MOST = 400, 120, 20_000
KINDS = (
    ("interval below zero", COLOURS["vermilion"]),
    ("interval includes zero", "#B5B5B5"),
    ("interval above zero", COLOURS["blue"]),
)


# What a coefficient is, and its exponential.
UNITS = {
    "ols": ("estimate", "exp(estimate)"),
    "logit": ("log odds", "odds ratio"),
    "poisson": ("log rate", "rate ratio"),
    "negbin": ("log rate", "rate ratio"),
}


def draw(
    m: Multiverse,
    title: str = "",
    unit: str | None = None,
    ratio: bool = False,
    labels: Mapping[str, str] | None = None,
) -> Figure:
    """Return the specification curve with the dashboard of choices below it.

    Parameters
    ----------
    m : Multiverse
    title : str
        By default treatments and outcomes.
    unit : str, optional
        What the estimates are, for the axis; by default log odds, log rate or estimate, as the
        families have it.
    ratio : bool
        Whether to draw exp(estimate) on a logarithmic axis: odds ratios or rate ratios.
    labels : mapping of str to str, optional
        Words for names of columns and options.
    """
    varying = [f"control {name}" for name in m.grid.varying]
    frame = m.drawn(*AXES, "estimate", "conf_low", "conf_high", "n", *varying)
    frame = _seen(frame)
    order = np.argsort(frame["middle"].to_numpy(), kind="stable")
    order = order[frame["estimate"].notna().to_numpy()[order]]
    choices = _choices(frame, labels or {})
    # Of a million sorted estimates some thousands, evenly spread, draw the same curve.
    every = np.unique(np.linspace(0, len(order) - 1, min(len(order), MOST)).astype(int))
    height = 3.4 + 0.2 * len(choices)
    with theme():
        figure = plt.figure(figsize=(9, height + 1.1))
        grid = figure.add_gridspec(
            2,
            1,
            height_ratios=(3.2, max(0.2 * len(choices), 0.1)),
            left=0.3,
            right=0.985,
            top=1 - 0.95 / (height + 1.1),
            bottom=0.45 / (height + 1.1),
            hspace=0.08,
        )
        top, below = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
        families = set(frame["family"].astype("str"))
        named = UNITS.get(families.pop(), UNITS["ols"]) if len(families) == 1 else UNITS["ols"]
        words = unit or named[int(ratio)]
        kinds(top, frame.iloc[order[every]], words, m.setting.conf_level, ratio)
        _dashboard(below, choices, order)
        _words(figure, m, frame, title, labels or {})
    return figure


def _seen(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the specifications with `low`, `middle` and `high`: their numbers as far as can be seen.

    They are put in order by these, so that numbers which differ in their last digits keep their places.
    """
    numbers = frame[["conf_low", "estimate", "conf_high"]]
    drawn = numbers.dropna().to_numpy("float64")
    span = float(np.ptp(_limits(drawn, False))) if len(drawn) else 0.0
    names = dict(zip(("low", "middle", "high"), numbers, strict=True))
    return frame.assign(**{name: seen(numbers[of], span) for name, of in names.items()})


def _choices(frame: pd.DataFrame, labels: Mapping[str, str]) -> list[tuple[str, np.ndarray]]:
    """Return the rows of the dashboard: a label and which specifications have the choice, (S,)."""
    rows = []
    for name in AXES:
        options = list(frame[name].unique())
        if len(options) > 1:
            what = name.replace("_", " ")
            rows += [
                (f"{what}: {labels.get(each, each)}", (frame[name] == each).to_numpy())
                for each in options
            ]
    for column in frame.columns[frame.columns.str.startswith("control ")]:
        name = column.removeprefix("control ")
        rows.append((f"with {labels.get(name, name)}", frame[column].to_numpy()))
    return rows


def _kinds(frame: pd.DataFrame) -> np.ndarray:
    """Return 0, 1 or 2 for intervals below, around and above zero, shape (S,)."""
    return 1 + (frame["conf_low"] > 0).to_numpy(int) - (frame["conf_high"] < 0).to_numpy(int)


def kinds(
    axes: Axes, frame: pd.DataFrame, unit: str, conf_level: float = 0.95, ratio: bool = False
) -> None:
    """Draw estimates and intervals in the order of the rows, coloured by where the interval lies.

    The frame has `low`, `middle` and `high`, to draw, beside the numbers themselves.
    """
    place, kind, many = np.arange(len(frame)), _kinds(frame), len(frame) > SINGLY
    drawn = frame[["low", "middle", "high"]].to_numpy(dtype="float64")
    low, estimate, high = (np.exp(drawn) if ratio else drawn).T
    if len(frame):
        axes.set_ylim(*_limits(drawn, ratio))
    for i, (label, colour) in enumerate(KINDS):
        here = kind == i
        # Wide enough to be seen: two pixels, or all the room there is; few specifications stay slim.
        half = float(np.clip(len(frame) / 600, min(0.08, 0.008 * len(frame)), 0.5))
        _intervals(axes, place[here], low[here], high[here], colour, half)
        if here.any():
            words = label.replace("zero", "one") if ratio else label
            axes.scatter([], [], color=colour, s=24, label=f"{words}: {here.mean():.0%}")
        axes.scatter(
            place[here],
            estimate[here],
            color="#222222" if many else colour,
            s=1.5 if many else 12,
            linewidth=0,
            zorder=3,
            rasterized=many,
        )
    axes.axhline(1 if ratio else 0, color="#444444", linewidth=1)
    if len(frame):
        exact = frame["estimate"].to_numpy("float64")
        median = float(rounded(np.median(np.exp(exact) if ratio else exact)))
        words = f"median {median:.3g}".replace("-", "−")
        axes.axhline(median, color="#444444", linewidth=0.8, linestyle="--", label=words)
        axes.legend(loc="lower right", bbox_to_anchor=(1.01, 1.0), ncols=4, fontsize=8.5)
    axes.set_xlim(-0.5, max(len(frame), 1) - 0.5)
    axes.set_xticks([])
    if ratio:
        _ratio_axis(axes)
    axes.set_ylabel(f"{unit}, {100 * conf_level:g}% interval")
    bare(axes)


def _limits(drawn: np.ndarray, ratio: bool) -> tuple[float, float]:
    """Return the ends of the axis for low, middle and high (S, 3); a few wild ones reach beyond."""
    low, estimate, high = drawn.T
    bottom, top = np.quantile(low, 0.02), np.quantile(high, 0.98)
    reach = 0.06 * max(top - bottom, 1e-9)
    ends = min(bottom, estimate.min(), 0.0) - reach, max(top, estimate.max(), 0.0) + reach
    first, last = np.exp(ends) if ratio else ends
    return float(first), float(last)


def _ratio_axis(axes: Axes) -> None:
    """Put ratios on a logarithmic axis, in plain numbers."""
    limits = axes.get_ylim()
    axes.set_yscale("log")
    axes.set_ylim(*limits)
    wide = limits[1] > 8 * limits[0]
    narrow = MaxNLocator(6, steps=[1, 2, 5, 10])
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)) if wide else narrow)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def _intervals(
    axes: Axes, place: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str, half: float
) -> None:
    """Draw intervals as bars `half` of a place to either side; at 0.5 they leave no gap."""
    left, right = place - half, place + half
    corners = np.array([[left, low], [right, low], [right, high], [left, high]])
    bars = PolyCollection(
        list(corners.transpose(2, 0, 1)),
        facecolors=colour,
        linewidths=0,
        alpha=0.4,
        antialiased=half < 0.5,
        rasterized=len(place) > SINGLY,
    )
    axes.add_collection(bars, autolim=False)


def _dashboard(axes: Axes, choices: list[tuple[str, np.ndarray]], order: np.ndarray) -> None:
    bare(axes)
    axes.set_xticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    if not choices or not len(order):
        axes.set_yticks([])
        return
    count = len(order)
    bins = min(count, BINS) if count > SINGLY else count
    member = np.arange(count) * bins // count
    sizes = np.bincount(member, minlength=bins)
    shares = [
        np.bincount(member, weights=used[order], minlength=bins) / sizes for _, used in choices
    ]
    axes.imshow(
        np.array(shares),
        aspect="auto",
        cmap="Greys",
        vmin=0,
        vmax=1.15,
        interpolation="nearest",
        extent=(-0.5, count - 0.5, len(choices) - 0.5, -0.5),
    )
    labels = [name if len(name) <= 40 else f"{name[:38]}…" for name, _ in choices]
    axes.set_yticks(range(len(choices)), labels, fontsize=8)
    axes.set_yticks(np.arange(len(choices) + 1) - 0.5, minor=True)
    axes.grid(False)
    axes.grid(True, axis="y", which="minor", color="white", linewidth=2)
    axes.tick_params(which="both", length=0)
    axes.set_ylim(len(choices) - 0.5, -0.5)


def _words(
    figure: Figure, m: Multiverse, frame: pd.DataFrame, title: str, labels: Mapping[str, str]
) -> None:
    height = figure.get_figheight()
    outcomes, treatments = (
        ", ".join(labels.get(each, each) for each in frame[name].unique()[:3])
        for name in ("outcome", "treatment")
    )
    head = title or f"{treatments} and {outcomes}"
    head = shorten(head, 82, placeholder=" …")
    figure.text(0.01, 1 - 0.12 / height, head, fontsize=12, fontweight="bold", va="top")
    fewest, most = frame["n"].min(), frame["n"].max()
    rows = f"{fewest:,} to {most:,} rows" if fewest < most else f"{most:,} rows"
    many = "specifications" if m.size > 1 else "specification"
    text = f"{m.size:,} {many} from low to high, {rows}"
    if m.setting.cluster:
        text += f", clustered by {' and '.join(m.setting.cluster)}"
    if len(frame) < m.size:
        text += f"; drawn: {len(frame):,} at random"
    many = " Dark: most specifications there make the choice." if len(frame) > SINGLY else ""
    figure.text(0.01, 1 - 0.42 / height, f"{text}.{many}", fontsize=9, color="#444444", va="top")
    foot = "Associations, not effects: missions are not sent at random."
    figure.text(0.01, 0.1 / height, foot, fontsize=7.5, color="#666666", va="bottom")
