"""The claims ledger as one figure, and the specification curve of one claim."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from pkstats.evidence.claims import NOT_TESTABLE, Claim, claims
from pkstats.evidence.ledger.verdict import tally, weights
from pkstats.evidence.words import words
from pkstats.figures.theme import COLOURS, SETTINGS, bare, caption

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "What the data say about each claim"
ALT = (
    "A table of all claims, one row each: id, wording, verdict, and a bar of all specifications "
    "divided into those whose interval lies on the claimed side of zero, those whose interval covers "
    "zero, and those on the other side. To the right the fewest clusters and the minimum detectable "
    "effect. Most bars are largely grey: most intervals cover zero, and most verdicts are "
    "underpowered."
)
CURVE_ALT = (
    "All specifications of one claim from the lowest association to the highest, with their intervals: "
    "{wording} Blue intervals lie on the claimed side of zero, orange ones on the other, grey ones cover "
    "zero. Strips below show which outcome and which treatment each specification has."
)
CLAIMED, NEITHER, OTHER = COLOURS["blue"], "#D9D9D9", COLOURS["vermilion"]
SIDES = {
    "interval on the claimed side": CLAIMED,
    "covers zero": NEITHER,
    "on the other side": OTHER,
}
VERDICT_COLOURS = {
    "supported": CLAIMED,
    "partly supported": "#2E7FB0",
    "contradicted": OTHER,
}
SOURCE = "Sources: UN, UCDP, TAMM, PACT, UNHCR, OCHA FTS, AWSD, V-Dem, World Bank and others (pk.claims())."
WORDING, STRIP_LIMIT, MANY = 62, 14, 600
TITLE_WIDTH = 80
CURVE_DPI = 120


def draw() -> Figure:
    """Return the evidence table as a figure: claims, verdicts, shares, clusters and power."""
    table = claims(progress=False)
    figure = plt.figure(figsize=(11.5, 1.9 + 0.44 * len(table)))
    height = figure.get_figheight()
    axes = figure.add_axes((0.555, 0.62 / height, 0.285, 1 - 2.0 / height))
    places = np.arange(len(table))[::-1]
    _bars(axes, table, places)
    for place, row in zip(places, table.to_dict("records"), strict=True):
        _words(axes, float(place), row)
    head = len(table) - 0.35
    for x, text in ((-1.93, "claim"), (-0.42, "verdict"), (1.06, "clusters"), (1.31, "m.d.e.")):
        axes.text(x, head, text, fontsize=8.5, color="#666666", va="bottom")
    _legend(figure, 0.545, 1 - 0.92 / height)
    caption(
        figure,
        TITLE,
        f"{int(table['specifications'].sum()):,} specifications, judged by a rule written before the "
        "estimates. Associations, not effects. m.d.e.: minimum\ndetectable effect, s.d. of the outcome "
        "per s.d. of the treatment (80% power). Clusters: fewest mission families or states.",
        SOURCE,
    )
    return figure


def _bars(axes: Axes, table: pd.DataFrame, places: np.ndarray) -> None:
    claimed = table["share_claimed"].fillna(0).to_numpy()
    opposite = table["share_opposite"].fillna(0).to_numpy()
    known = table["share_claimed"].notna().to_numpy()
    middle = np.where(known, 1 - claimed - opposite, 0)
    left = np.zeros(len(table))
    for width, colour in zip((claimed, middle, opposite), SIDES.values(), strict=True):
        axes.barh(places, width, left=left, color=colour, height=0.56)
        left = left + width
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.6, len(table) - 0.4)
    axes.set_yticks([])
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlabel("share of specifications, each outcome counting alike")
    bare(axes, "x")
    axes.spines["left"].set_visible(False)


def _words(axes: Axes, place: float, row: dict[Hashable, Any]) -> None:
    """Write a claim's row beside its bar; x is in widths of the bar."""

    def write(x: float, text: str, **style: Any) -> None:
        axes.text(x, place, text, **{"va": "center", "clip_on": False, "fontsize": 9, **style})

    wording = textwrap.wrap(row["wording"], WORDING)
    text = "\n".join(wording[:2]) + ("…" if len(wording) > 2 else "")
    write(-1.93, row["claim"], fontweight="bold")
    write(-1.80, text, fontsize=8, linespacing=1.05)
    write(-0.42, row["verdict"], color=VERDICT_COLOURS.get(row["verdict"], "#555555"))
    if row["verdict"] == NOT_TESTABLE:
        write(0.02, "no public data", fontsize=8.5, color="#888888")
    else:
        write(1.06, f"{row['clusters']}")
        write(1.31, f"{row['mde']:.2f}")


def _legend(figure: Figure, x: float, y: float) -> None:
    handles = [Patch(color=colour, label=name) for name, colour in SIDES.items()]
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(x, y),
        ncols=3,
        columnspacing=1.2,
        handlelength=1,
        fontsize=8.5,
    )


def curve(one: Claim) -> Figure:
    """Return the specification curve of a whole claim, with the choices behind it below.

    Parameters
    ----------
    one : Claim
        A testable one; others have nothing to draw and get a page that says so.
    """
    with plt.rc_context(SETTINGS):
        return _nothing(one) if one.frame.empty else _curve(one)


def _curve(one: Claim) -> Figure:
    frame = one.frame[one.frame["side"].notna()].sort_values("effect", kind="stable")
    every = tally(frame, one.definition.rule.level)
    figure, (upper, lower) = plt.subplots(
        2, 1, figsize=(9.5, 7.4), sharex=True, height_ratios=[1.25, 1]
    )
    lines = textwrap.wrap(f"{one.id}: {one.definition.wording}", TITLE_WIDTH)
    more = len(lines) - 1
    top = 0.855 - 0.028 * more
    figure.subplots_adjust(left=0.33, right=0.985, top=top, bottom=0.085, hspace=0.07)
    _legend(figure, 0.32, top + 0.043)
    _ordered(upper, frame)
    _strips(lower, frame)
    caption(
        figure,
        "\n".join(lines),
        "\n"
        * more
        + f"Verdict: {one.verdict}. {len(frame):,} specifications; interval on the claimed side of zero in "
        f"{every.claimed:.0%}, on the other in {every.opposite:.0%}\n(each outcome counting alike). "
        "Associations, not effects. Thin lines: intervals of 95%; a few run out of the frame.",
        SOURCE,
    )
    return figure


def _nothing(one: Claim) -> Figure:
    figure = plt.figure(figsize=(9.5, 2.6))
    text = "\n".join(textwrap.wrap(one.sentence, 120))
    figure.text(0.01, 0.62, text, fontsize=9.5, va="top")
    caption(figure, f"{one.id}: {one.definition.wording}"[:100], "Nothing to draw.", SOURCE)
    return figure


def _ordered(axes: Axes, frame: pd.DataFrame) -> None:
    """Draw associations in order, coloured by the side their interval lies on."""
    factor = frame["scale"] * frame["sign"]
    ends = np.sort(
        np.column_stack([frame["conf_low"] * factor, frame["conf_high"] * factor]), axis=1
    )
    effect, side = frame["effect"].to_numpy(), frame["side"].to_numpy()
    places = np.arange(len(frame))
    thin = 0.4 if len(frame) > MANY else 1.2
    for value, colour in ((0, NEITHER), (1, CLAIMED), (-1, OTHER)):
        here = side == value
        axes.vlines(
            places[here],
            ends[here, 0],
            ends[here, 1],
            color=colour,
            linewidth=thin,
            rasterized=True,
        )
        axes.plot(places[here], effect[here], ".", color="#222222", markersize=1.5, rasterized=True)
    low, high = np.quantile(ends[:, 0], 0.02), np.quantile(ends[:, 1], 0.98)
    # A few intervals without end would press all others flat.
    first, last = np.quantile(effect, [0.02, 0.98])
    room = last - first
    axes.set_ylim(min(max(low, first - room), -0.1), max(min(high, last + room), 0.1))
    axes.axhline(0, color="#444444", linewidth=1)
    axes.set_ylabel("s.d. per s.d.,\nclaimed side up")
    axes.set_xlim(-0.01 * len(frame), 1.01 * len(frame))
    bare(axes)


def _strips(axes: Axes, frame: pd.DataFrame) -> None:
    """Mark below each association the outcome and the treatment it belongs to."""
    outcome = frame["outcome"].map(words).astype("str")
    units = frame.groupby("outcome", observed=True)["unit"].nunique()
    several = frame["outcome"].isin(units.index[units > 1])
    outcome = outcome.where(~several, outcome + " · " + frame["unit"].astype("str"))
    treatment = frame["treatment"].map(words).astype("str")
    labels: list[str] = []
    weight = weights(frame)
    for values in (outcome, treatment):
        options = pd.Series(weight).groupby(values.to_numpy()).sum().sort_values(ascending=False)
        labels += list(options.index[:STRIP_LIMIT])
    for place, label in enumerate(labels):
        here = np.flatnonzero(((outcome == label) | (treatment == label)).to_numpy())
        colour = COLOURS["blue"] if (outcome == label).any() else COLOURS["green"]
        thin = 0.4 if len(frame) > MANY else 1.2
        axes.vlines(here, place - 0.36, place + 0.36, color=colour, linewidth=thin, rasterized=True)
    axes.set_yticks(range(len(labels)), labels, fontsize=7.5)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlabel(
        "specifications, from the lowest association to the highest. "
        "Strips: outcome (blue) and what is tested (green)",
        loc="right",
        fontsize=9,
    )
    axes.grid(False)
    axes.tick_params(length=0)
