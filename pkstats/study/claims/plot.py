"""The claims ledger as one figure, and the specification curve of one claim."""

from __future__ import annotations

import textwrap
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from pkstats.study.caption import caption
from pkstats.study.claims.claim import NOT_TESTABLE, Claim, claims
from pkstats.study.claims.ledger.entries import ledger as claims_ledger
from pkstats.study.claims.ledger.verdict import weights
from pkstats.study.readable import share, size
from pkstats.study.words import outcome_words, words
from pkstats.style.steady import seen
from pkstats.style.theme import COLOURS, SETTINGS, bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pkstats.study.claims.ledger.entries import Grid

TITLE = "What the data say about each claim"
ALT = (
    "A table of all claims, one row each: id, wording, verdict, and a bar of all specifications "
    "divided into those whose interval lies on the claimed side of zero, those whose interval covers "
    "zero, and those on the other side. To the right the fewest clusters and the smallest detectable "
    "association. Most bars are largely grey: most intervals cover zero, and most verdicts are "
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
NOTES = (
    "Bars: intervals of 95%, some run out of the frame{outside}. Strips: the outcome (blue) and what is "
    "tested (green; + claimed to go with\nsuccess, − claimed to go against it) of the specifications above, "
    "darker where more of them have it.\n"
)
WORDING, STRIP_LIMIT, BINS = 62, 14, 240
TITLE_WIDTH, SUBTITLE_WIDTH, NOTES_WIDTH = 80, 116, 145
# Width of the panels: 0.655 of 9.5 inches.
AXES_POINTS = 448
CLAIM = -1.91
WAYS = {1: " (+)", -1: " (−)"}
CURVE_DPI = 120


def draw() -> Figure:
    """Return the evidence table as a figure: claims, verdicts, shares, clusters and power."""
    table, rule = claims(progress=False), claims_ledger().rule
    figure = plt.figure(figsize=(11.5, 2.2 + 0.44 * len(table)))
    height = figure.get_figheight()
    axes = figure.add_axes((0.555, 0.72 / height, 0.285, 1 - 2.3 / height))
    places = np.arange(len(table))[::-1]
    _bars(axes, table, places)
    for place, row in zip(places, table.to_dict("records"), strict=True):
        _words(axes, float(place), row, rule.smallest)
    head = len(table) - 0.35
    for x, text in ((CLAIM, "claim"), (-0.42, "verdict"), (1.06, "clusters"), (1.3, "detectable")):
        axes.text(x, head, text, fontsize=8.5, color="#666666", va="bottom")
    _legend(figure, 0.545, 1 - 1.13 / height)
    caption(
        figure,
        TITLE,
        f"{int(table['specifications'].sum()):,} specifications, judged by a rule written before the "
        "estimates. Associations, not effects. Clusters: fewest mission families\nor states. Detectable: "
        "smallest association typically found, s.d. of the outcome per s.d. of what is tested "
        f"({rule.power:.0%} power).\nUnderpowered: that is over {rule.smallest:g}, and fewer than "
        f"{rule.partly:.0%} lie on either side. Not supported: enough power, or results on both sides or "
        "the other side.",
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


def _words(axes: Axes, place: float, row: dict[Hashable, Any], smallest: float) -> None:
    """Write a claim's row beside its bar; x is in widths of the bar."""

    def write(x: float, text: str, **style: Any) -> None:
        axes.text(x, place, text, **{"va": "center", "clip_on": False, "fontsize": 9, **style})

    wording = textwrap.wrap(row["wording"], WORDING)
    text = "\n".join(wording[:2]) + ("…" if len(wording) > 2 else "")
    write(CLAIM, row["claim"], fontweight="bold")
    write(-1.80, text, fontsize=8, linespacing=1.05)
    write(-0.42, row["verdict"], color=VERDICT_COLOURS.get(row["verdict"], "#555555"))
    if row["verdict"] == NOT_TESTABLE:
        write(0.02, "no public data", fontsize=8.5, color="#777777", backgroundcolor="white")
    else:
        write(1.06, f"{row['clusters']}")
        write(1.31, size(row["mde"], [smallest]))


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
    frame = one.frame[one.frame["side"].notna()]
    # Ordered by what can be seen: numbers that differ in their last digits keep their places.
    effect = seen(frame["effect"], float(np.ptp(np.quantile(frame["effect"], [0.02, 0.98]))))
    frame = frame.assign(effect=effect).sort_values("effect", kind="stable")
    figure, (upper, lower) = plt.subplots(
        2, 1, figsize=(9.5, 8), sharex=True, height_ratios=[1.25, 1]
    )
    title = textwrap.wrap(f"{one.id}: {one.definition.wording}", TITLE_WIDTH)
    below = textwrap.wrap(_said(one, frame), SUBTITLE_WIDTH)
    height = figure.get_figheight()
    top = 1 - (0.95 + 0.2 * (len(title) - 1) + 0.17 * (len(below) - 1)) / height
    figure.subplots_adjust(left=0.33, right=0.985, top=top, bottom=1.05 / height, hspace=0.07)
    _legend(figure, 0.32, top + 0.32 / height)
    outside = _ordered(upper, frame)
    _strips(lower, frame, one.definition.grids, one.book.polarity)
    source = f"Sources: those of the tables {', '.join(one.sources)}; pk.claim({one.id!r}).cite()."
    notes = NOTES.format(outside=_outside(outside)) + "\n".join(textwrap.wrap(source, NOTES_WIDTH))
    caption(figure, "\n".join(title), "\n" * (len(title) - 1) + "\n".join(below), notes)
    return figure


def _said(one: Claim, frame: pd.DataFrame) -> str:
    """Return the verdict, why it is so, and the shares it rests on beside those that are drawn."""
    marks = one.definition.rule.marks
    assert one.result is not None
    every = one.result.tally
    drawn = [float((frame["side"] == side).mean()) for side in (1, -1)]
    return (
        f"Verdict: {one.verdict}. {one.why[0].upper()}{one.why[1:]}. Each outcome counting alike, the "
        f"interval lies on the claimed side of zero in {share(every.claimed, marks)}, on the other in "
        f"{share(every.opposite, marks)}; of the {len(frame):,} specifications drawn, in "
        f"{share(drawn[0])} and {share(drawn[1])}. Associations, not effects."
    )


def _outside(count: int) -> str:
    """Say how many estimates have no place in the frame."""
    beyond = "an estimate" if count == 1 else f"{count:,} estimates"
    return f"; triangles: {beyond} beyond it" if count else ""


def _nothing(one: Claim) -> Figure:
    figure = plt.figure(figsize=(9.5, 2.6))
    text = "\n".join(textwrap.wrap(one.sentence, 120))
    figure.text(0.01, 0.62, text, fontsize=9.5, va="top")
    caption(figure, f"{one.id}: {one.definition.wording}"[:100], "Nothing to draw.", SOURCE)
    return figure


def _ordered(axes: Axes, frame: pd.DataFrame) -> int:
    """Draw associations in order, coloured by the side their interval lies on.

    Returns
    -------
    int
        Number of associations beyond the frame.
    """
    factor = frame["scale"] * frame["sign"]
    ends = np.sort(
        np.column_stack([frame["conf_low"] * factor, frame["conf_high"] * factor]), axis=1
    )
    ends = seen(ends, float(np.ptp(np.quantile(ends, [0.02, 0.98]))))
    effect, side = frame["effect"].to_numpy(), frame["side"].to_numpy()
    places = np.arange(len(frame))
    low, high = np.quantile(ends[:, 0], 0.02), np.quantile(ends[:, 1], 0.98)
    # A few intervals without end would press all others flat.
    first, last = np.quantile(effect, [0.02, 0.98])
    room = last - first
    bottom, top = min(max(low, first - room), -0.1), max(min(high, last + room), 0.1)
    axes.set_ylim(bottom, top)
    axes.set_xlim(-0.01 * len(frame), 1.01 * len(frame))
    colours = np.array([OTHER, NEITHER, CLAIMED])[side.astype(int) + 1]
    # One after the other and no wider than its place, so that no colour hides its neighbours.
    lines = np.stack(
        [np.column_stack([places, ends[:, 0]]), np.column_stack([places, ends[:, 1]])], 1
    )
    wide = min(1.4, max(1.5 * AXES_POINTS / len(frame), 0.3))
    axes.add_collection(
        LineCollection(
            list(lines), colors=colours, linewidths=wide, capstyle="butt", rasterized=True
        ),
        autolim=False,
    )
    axes.plot(places, effect, ".", color="#222222", markersize=1.5, rasterized=True)
    for beyond, edge, marker in ((effect > top, top, "^"), (effect < bottom, bottom, "v")):
        axes.plot(
            places[beyond],
            np.full(beyond.sum(), edge),
            marker,
            color="#222222",
            markersize=3.5,
            clip_on=False,
        )
    axes.axhline(0, color="#444444", linewidth=1)
    axes.set_ylabel("association in standard deviations,\nclaimed side up", fontsize=9)
    bare(axes)
    return int(np.count_nonzero((effect > top) | (effect < bottom)))


def _strips(
    axes: Axes, frame: pd.DataFrame, grids: Sequence[Grid], polarity: Mapping[str, int]
) -> None:
    """Show below each association the outcome and the treatment it belongs to, as shares of bins."""
    directions = {term: way for grid in grids for term, way in grid.treatments.items()}
    outcome = frame["outcome"].map(lambda name: outcome_words(name, polarity)).astype("str")
    units = frame.groupby("outcome", observed=True)["unit"].nunique()
    several = frame["outcome"].isin(units.index[units > 1])
    outcome = outcome.where(~several, outcome + " · " + frame["unit"].astype("str"))
    treatment = frame["treatment"].map(lambda term: f"{words(term)}{WAYS[directions[term]]}")
    treatment = treatment.astype("str")
    weight = weights(frame)
    member = np.arange(len(frame)) * min(BINS, len(frame)) // len(frame)
    labels: list[str] = []
    for values, colour in ((outcome, COLOURS["blue"]), (treatment, COLOURS["green"])):
        options = pd.Series(weight).groupby(values.to_numpy()).sum().sort_values(ascending=False)
        for label in options.index[:STRIP_LIMIT]:
            shares = np.bincount(member, weights=(values == label).to_numpy()) / np.bincount(member)
            _strip(axes, len(labels), shares / shares.max(), colour, len(frame))
            labels.append(str(label))
    axes.set_yticks(range(len(labels)), labels, fontsize=7.5)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlabel("specifications, from the lowest association to the highest")
    axes.grid(False)
    axes.tick_params(length=0)


def _strip(axes: Axes, place: int, shades: np.ndarray, colour: str, count: int) -> None:
    picture = np.empty((1, len(shades), 4))
    picture[..., :3], picture[..., 3] = to_rgb(colour), shades
    axes.imshow(
        picture,
        aspect="auto",
        interpolation="nearest",
        extent=(-0.5, count - 0.5, place + 0.36, place - 0.36),
        zorder=2,
    )
