"""Mandate tasks over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from pkstats.figures.theme import caption
from pkstats.measures.mandates import TASKS
from pkstats.panel import panel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "What mandates ask for"
ALT = (
    "Heat map of eleven areas of mandated tasks by year since 1948: the brighter, the larger the "
    "share of UN peacekeeping operations with a task in the area. Before 1989 nearly only "
    "ceasefires and borders are bright; the other areas brighten from the 1990s on."
)


def draw() -> Figure:
    """Return the figure: share of UN operations with a task in each area, by year."""
    frame = panel("mission-year", 1948, 2025, "UN", "peacekeeping").add("mandates").frame
    shares, names = [], []
    years = np.arange(1948, 2026)
    for area in TASKS.values():
        flags = frame[area["flags"]]
        has = flags.any(axis=1).astype("float64")
        unknown = ~flags.fillna(False).any(axis=1) & flags.isna().any(axis=1)
        has[unknown] = np.nan
        shares.append(has.groupby(frame["year"]).mean().reindex(years))
        names.append(area["label"])
    order = np.argsort([np.nanmean(share.loc[1990:]) for share in shares])[::-1]
    matrix = np.array([shares[place].to_numpy() for place in order])
    counted = frame.assign(coded=frame["prociv"].notna()).groupby("year")["coded"].sum()
    figure, axes = plt.subplots(figsize=(9, 5.2))
    figure.subplots_adjust(left=0.26, right=0.93, top=0.83, bottom=0.13)
    image = axes.imshow(
        np.ma.masked_invalid(matrix),
        aspect="auto",
        cmap="cividis",
        vmin=0,
        vmax=1,
        extent=(1947.5, 2025.5, len(names) - 0.5, -0.5),
        interpolation="nearest",
    )
    axes.set_yticks(range(len(names)), [names[place] for place in order])
    axes.grid(False)
    axes.tick_params(length=0)
    axes.axvline(2015.5, color="white", linewidth=1.2, linestyle=":")
    axes.text(
        2025.5, -0.6, "coded by pkstats", fontsize=7.5, color="#444444", va="bottom", ha="right"
    )
    bar = figure.colorbar(image, ax=axes, fraction=0.035, pad=0.015)
    bar.set_label("share of operations")
    bar.outline.set_visible(False)
    caption(
        figure,
        TITLE,
        "Share of UN peacekeeping operations with at least one task in the area, by year "
        f"({int(counted.loc[1950])} coded operations in 1950, {int(counted.loc[1994])} in 1994, "
        f"{int(counted.loc[2014])} in 2014,\n{int(counted.loc[2024])} in 2024). "
        "After 2015 tasks left uncoded where unsure. Protection: of civilians, women, children, UN staff.",
        "Sources: TAMM (Lloyd 2021) to 2015; coded by pkstats from resolutions after that.",
    )
    return figure
