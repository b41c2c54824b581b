"""Which data there are for UN missions, and where they have gaps."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from pkstats.panel import panel
from pkstats.panel.native import addable
from pkstats.panel.parts import COUNTS
from pkstats.study.caption import caption
from pkstats.tables.coverage import as_of_year

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "What is known about UN missions, year by year"
FIRST = 1948
ALT = (
    "Heat bars: one row for each table of the library, years from 1948 on across. The darker a "
    "year, the larger the share of UN peacekeeping operations in the field for which the table has a "
    "figure; white means none. Mandates and fatalities reach back to 1948, violence begins in 1989, "
    "personnel in 1990, and authorised strength ends in 2015."
)


@cache
def labels() -> dict[str, str]:
    """Return what each table of a panel holds, in a few words."""
    place = Path(__file__).with_name("data") / "coverage.toml"
    return tomllib.loads(place.read_text(encoding="utf-8"))


def known() -> pd.DataFrame:
    """Return, by table and year, the share of UN peacekeeping operations with any figure in it.

    A true zero (a complete list has no row) is a figure.
    """
    bare = panel("mission-year", FIRST, None, "UN", "peacekeeping")
    years = bare.frame["year"]
    table = {}
    for name in addable("mission-year"):
        added = bare.add(name).frame
        # How many months a figure rests on is no figure, and zero where there is none.
        new = added.columns.difference(bare.frame.columns)
        new = [column for column in new if not COUNTS.search(column)]
        table[name] = added[new].notna().any(axis=1).groupby(years).mean()
    frame = pd.DataFrame(table).T.reindex(columns=range(FIRST, as_of_year() + 1))
    first = frame.gt(0).idxmax(axis=1)
    order = pd.DataFrame({"first": first, "share": -frame.sum(axis=1)})
    return frame.loc[order.sort_values(["first", "share"]).index]


def draw() -> Figure:
    """Return the figure: a heat bar for every table a panel of missions can take."""
    frame = known()
    count = len(frame)
    figure, axes = plt.subplots(figsize=(9, 1.75 + 0.29 * count))
    height = figure.get_figheight()
    figure.subplots_adjust(left=0.257, right=0.905, top=1 - 1.05 / height, bottom=0.7 / height)
    values = frame.to_numpy("float64")
    image = axes.imshow(
        np.ma.masked_equal(np.nan_to_num(values), 0),
        aspect="auto",
        cmap="Blues",
        vmin=-0.25,
        vmax=1,
        extent=(FIRST - 0.5, frame.columns[-1] + 0.5, count - 0.5, -0.5),
        interpolation="nearest",
    )
    axes.set_yticks(range(count), [labels()[name] for name in frame.index])
    axes.set_yticks(np.arange(0.5, count - 1), minor=True)
    axes.grid(False)
    axes.grid(True, axis="y", which="minor", color="white", linewidth=3)
    axes.set_xticks(range(1950, frame.columns[-1] + 1, 10))
    axes.tick_params(which="both", length=0)
    axes.set_xlabel("year")
    for spine in axes.spines.values():
        spine.set_visible(False)
    bar = figure.colorbar(
        image, ax=axes, fraction=0.03, pad=0.015, boundaries=np.linspace(0, 1, 65)
    )
    bar.set_label("share of operations with a figure")
    bar.set_ticks([0.0, 0.25, 0.5, 0.75, 1.0], labels=["> 0", "0.25", "0.50", "0.75", "1.00"])
    bar.outline.set_visible(False)
    caption(
        figure,
        TITLE,
        "Share of UN peacekeeping operations in the field for which a table has any figure, zeros of "
        "complete lists included;\nwhite: none. Tables on states count where every host has a row.",
        "Sources: all the library uses; pkstats.versions() lists them.",
    )
    return figure
