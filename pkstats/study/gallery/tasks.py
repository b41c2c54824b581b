"""Mandate tasks over time."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from pkstats.measures.mandates import TASKS
from pkstats.panel import panel
from pkstats.study.caption import caption
from pkstats.tables.coverage import as_of_year, last_whole_year

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

TITLE = "What mandates ask for"
ALT = (
    "Heat map of eleven areas of mandated tasks by year since 1948: the brighter, the larger the "
    "share of UN peacekeeping operations with a task in the area. Before 1989 nearly only "
    "ceasefires and borders are bright; the other areas brighten from the 1990s on. Cells with a quarter "
    "or more of the operations uncoded, all after 2015, are hatched."
)
FEW, WIDTH = 0.75, 120


def draw() -> Figure:
    """Return the figure: share of UN operations with a task in each area, by year."""
    frame = panel("mission-year", 1948, None, "UN", "peacekeeping").add("mandates").frame
    shares, coded, names = [], [], []
    years = np.arange(1948, as_of_year() + 1)
    for area in TASKS.values():
        flags = frame[area["flags"]]
        has = flags.any(axis=1).astype("float64")
        unknown = ~flags.fillna(False).any(axis=1) & flags.isna().any(axis=1)
        has[unknown] = np.nan
        shares.append(has.groupby(frame["year"]).mean().reindex(years))
        coded.append(has.groupby(frame["year"]).count().reindex(years))
        names.append(area["label"])
    order = np.argsort([np.nanmean(share.loc[1990:]) for share in shares])[::-1]
    matrix = np.array([shares[place].to_numpy() for place in order])
    counted = np.array([coded[place].to_numpy() for place in order])
    there = frame.groupby("year").size().reindex(years).to_numpy()
    figure, axes = plt.subplots(figsize=(9, 5.4))
    figure.subplots_adjust(left=0.26, right=0.93, top=0.805, bottom=0.125)
    image = axes.imshow(
        np.ma.masked_invalid(matrix),
        aspect="auto",
        cmap="cividis",
        vmin=0,
        vmax=1,
        extent=(1947.5, years[-1] + 0.5, len(names) - 0.5, -0.5),
        interpolation="nearest",
    )
    axes.set_yticks(range(len(names)), [names[place] for place in order])
    for row, column in np.argwhere(counted <= FEW * there):
        cell = (years[column] - 0.5, row - 0.5)
        axes.add_patch(Rectangle(cell, 1, 1, fill=False, linewidth=0, hatch="////", ec="#DDDDDD"))
    axes.grid(False)
    axes.tick_params(length=0)
    axes.axvline(2015.5, color="white", linewidth=1.2, linestyle=":")
    axes.text(
        years[-1] + 0.5,
        -0.6,
        "coded by pkstats",
        fontsize=7.5,
        color="#444444",
        va="bottom",
        ha="right",
    )
    bar = figure.colorbar(image, ax=axes, fraction=0.035, pad=0.015)
    bar.set_label("share of operations")
    bar.outline.set_visible(False)
    caption(
        figure,
        TITLE,
        fill(_subtitle(frame, counted, years), WIDTH),
        "Sources: TAMM (Lloyd 2021) to 2015; coded by pkstats from resolutions after that.",
    )
    return figure


def _subtitle(frame: pd.DataFrame, counted: np.ndarray, years: np.ndarray) -> str:
    """Say what is drawn, and how many operations were coded in some years."""
    last = last_whole_year()
    number = {year: counted[:, year - years[0]] for year in (1950, 1994, 2014, last)}
    civilians = frame[["prociv", "children_protect", "women_protect"]].gt(0).any(axis=1)
    return (
        "Of the UN peacekeeping operations coded for an area, the share with at least one task in "
        f"it, by year. Coded: {number[1950].max()} in 1950, {number[1994].max()} in 1994, "
        f"{number[2014].max()} in 2014; {number[last].min()} to {number[last].max()} by area in "
        f"{last}, for tasks after 2015 are left uncoded where unsure. Hatched: a quarter or more of "
        "the operations uncoded. Protection before "
        f"{frame.loc[civilians, 'year'].min()}: UN staff only."
    )
