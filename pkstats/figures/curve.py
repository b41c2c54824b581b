"""The specification curve: every answer of a multiverse from low to high, and the choices below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from pkstats.figures.theme import COLOURS, bare, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pkstats.multiverse import Multiverse

AXES = ("outcome", "treatment", "sample", "family", "fixed_effects")
# More specifications than this are drawn as shares of narrow bins rather than one by one.
SINGLY, BINS = 400, 120
KINDS = (
    ("interval below zero", COLOURS["vermilion"]),
    ("interval includes zero", "#B5B5B5"),
    ("interval above zero", COLOURS["blue"]),
)


def draw(m: Multiverse, title: str = "", unit: str = "estimate") -> Figure:
    """Return the specification curve with the dashboard of choices below it.

    Parameters
    ----------
    m : Multiverse
    title : str
        By default outcomes and treatments.
    unit : str
        What the estimates are, for the axis.
    """
    frame = m.frame
    order = np.argsort(frame["estimate"].to_numpy(), kind="stable")
    order = order[frame["estimate"].notna().to_numpy()[order]]
    choices = _choices(m)
    height = 3.2 + 0.2 * len(choices)
    with theme():
        figure = plt.figure(figsize=(9, height + 1.1))
        grid = figure.add_gridspec(
            2,
            1,
            height_ratios=(3.2, max(0.2 * len(choices), 0.1)),
            left=0.3,
            right=0.985,
            top=1 - 0.75 / (height + 1.1),
            bottom=0.45 / (height + 1.1),
            hspace=0.08,
        )
        top, below = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
        kinds(top, frame.iloc[order], unit)
        _dashboard(below, choices, order)
        _words(figure, m, title)
    return figure


def _choices(m: Multiverse) -> list[tuple[str, np.ndarray]]:
    """Return the rows of the dashboard: a label and which specifications have the choice, (S,)."""
    rows = []
    for name in AXES:
        values = m.frame[name].astype("str")
        options = list(dict.fromkeys(values))
        if len(options) > 1:
            label = name.replace("_", " ")
            rows += [(f"{label}: {option}", (values == option).to_numpy()) for option in options]
    return rows + [(f"with {name}", used) for name, used in m.controls.items()]


def _kinds(frame: pd.DataFrame) -> np.ndarray:
    """Return 0, 1 or 2 for intervals below, around and above zero, shape (S,)."""
    return 1 + (frame["conf_low"] > 0).to_numpy(int) - (frame["conf_high"] < 0).to_numpy(int)


def kinds(axes: Axes, frame: pd.DataFrame, unit: str) -> None:
    """Draw estimates and intervals in the order of the rows, coloured by where the interval lies."""
    place, kind = np.arange(len(frame)), _kinds(frame)
    low, high = frame["conf_low"].to_numpy(), frame["conf_high"].to_numpy()
    estimate = frame["estimate"].to_numpy()
    for i, (label, colour) in enumerate(KINDS):
        here = kind == i
        axes.vlines(
            place[here],
            low[here],
            high[here],
            color=colour,
            alpha=0.35 if len(frame) <= SINGLY else 0.12,
            linewidth=max(0.3, min(3.0, 300 / max(len(frame), 1))),
            rasterized=len(frame) > SINGLY,
        )
        if here.any():
            share = f"{label}: {here.mean():.0%}"
            axes.scatter([], [], color=colour, s=24, label=share)
        axes.scatter(
            place[here],
            estimate[here],
            color=colour if len(frame) <= SINGLY else "#222222",
            s=12 if len(frame) <= SINGLY else 1.5,
            linewidth=0,
            zorder=3,
            rasterized=len(frame) > SINGLY,
        )
    axes.axhline(0, color="#444444", linewidth=1)
    if len(frame):
        median = float(np.median(estimate))
        axes.axhline(median, color="#444444", linewidth=0.8, linestyle="--")
        # A few wild intervals would flatten all others.
        bottom, top = np.quantile(low, 0.02), np.quantile(high, 0.98)
        reach = 0.06 * max(top - bottom, 1e-9)
        limits = min(bottom, estimate.min(), 0.0) - reach, max(top, estimate.max(), 0.0) + reach
        axes.set_ylim(*limits)
        axes.text(
            0.005,
            median,
            f"median {median:.3g}",
            transform=axes.get_yaxis_transform(),
            fontsize=8.5,
            color="#444444",
            va="bottom",
        )
    axes.set_xlim(-0.5, max(len(frame), 1) - 0.5)
    axes.set_xticks([])
    axes.set_ylabel(f"{unit}, 95% interval")
    axes.legend(loc="lower right", fontsize=8.5, frameon=True, framealpha=0.85, edgecolor="none")
    bare(axes)


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


def _words(figure: Figure, m: Multiverse, title: str) -> None:
    height = figure.get_figheight()
    outcomes = ", ".join(m.frame["outcome"].astype("str").unique()[:3])
    treatments = ", ".join(m.frame["treatment"].astype("str").unique()[:3])
    head = title or f"{treatments} and {outcomes}"
    if len(head) > 95:
        head = f"{head[:93]}…"
    figure.text(0.01, 1 - 0.12 / height, head, fontsize=12, fontweight="bold", va="top")
    rows = f"{m.frame['n'].min():,} to {m.frame['n'].max():,} rows"
    text = f"{m.size:,} specifications from low to high, {rows}"
    if m.setting.cluster:
        text += f", clustered by {' and '.join(m.setting.cluster)}"
    many = " Dark: most specifications there make the choice." if len(m.frame) > SINGLY else ""
    figure.text(0.01, 1 - 0.42 / height, f"{text}.{many}", fontsize=9, color="#444444", va="top")
    foot = "Associations, not effects: missions are not sent at random."
    figure.text(0.01, 0.1 / height, foot, fontsize=7.5, color="#666666", va="bottom")
