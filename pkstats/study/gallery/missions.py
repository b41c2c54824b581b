"""Missions over time, by sponsor and by type."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.ticker import MaxNLocator

from pkstats.panel import panel
from pkstats.study.caption import caption
from pkstats.style.theme import COLOURS, TYPE_RULE, TYPES, bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "Peace operations in the field"
ALT = (
    "Two stacked areas by month since 1948. Above, peace operations in the field by sponsor: "
    "fewer than twenty until the late 1980s, then several times as many, with African, European "
    "and ad hoc missions beside those of the UN. Below, UN peacekeeping operations by type of "
    "mandate."
)
# None of the colours of types, which stand below.
SPONSORS = {
    "UN peacekeeping": COLOURS["black"],
    "UN political and other": COLOURS["grey"],
    "African organisations": COLOURS["green"],
    "EU, NATO, OSCE, WEU": COLOURS["orange"],
    "other organisations": COLOURS["yellow"],
    "ad hoc": COLOURS["purple"],
}
AFRICAN = {"AU", "OAU", "ECOWAS", "SADC", "CEMAC", "ECCAS", "IGAD"}
EUROPEAN = {"EU", "NATO", "OSCE", "WEU"}


def sponsor_group(row: pd.Series) -> str:
    """Return the group of sponsors a mission is counted with."""
    if row["sponsor"] == "UN":
        return "UN peacekeeping" if row["kind"] == "peacekeeping" else "UN political and other"
    if row["sponsor"] in AFRICAN:
        return "African organisations"
    if row["sponsor"] in EUROPEAN:
        return "EU, NATO, OSCE, WEU"
    return "ad hoc" if row["sponsor"] == "ad hoc" else "other organisations"


def draw() -> Figure:
    """Return the figure: missions in the field per month, by sponsor above and by type below."""
    everyone = panel("mission-month", start=1948).frame
    pairs = everyone[["sponsor", "kind"]].drop_duplicates()
    pairs["group"] = pairs.apply(sponsor_group, axis=1)
    everyone = everyone.merge(pairs, on=["sponsor", "kind"])
    types = panel("mission-month", start=1948, sponsor="UN", kind="peacekeeping")
    types = types.derive("mission_type").frame
    types["mission_type"] = types["mission_type"].fillna("mandate not coded")
    figure, (upper, lower) = plt.subplots(
        2, 1, figsize=(9, 7.4), sharex=True, gridspec_kw={"height_ratios": [1.3, 1]}
    )
    figure.subplots_adjust(left=0.07, right=0.98, top=0.86, bottom=0.09, hspace=0.16)
    _stack(upper, everyone, "group", SPONSORS)
    upper.set_title("All peace operations in the registry, by sponsor")
    palette = {**TYPES, "mandate not coded": "#CCCCCC"}
    _stack(lower, types, "mission_type", palette)
    lower.set_title("UN peacekeeping operations, by type of mandate")
    caption(
        figure,
        TITLE,
        fill(f"Missions deployed in each month. {TYPE_RULE}", 120),
        "Sources: pkstats registry; TAMM (Lloyd 2021) to 2015, then coded by pkstats where sure.",
    )
    return figure


def _stack(axes: Axes, frame: pd.DataFrame, column: str, palette: dict[str, str]) -> None:
    counts = frame.groupby(["month", column]).size().unstack(fill_value=0)
    months = pd.period_range(counts.index.min(), counts.index.max(), freq="M")
    counts = counts.reindex(months, fill_value=0).reindex(columns=list(palette), fill_value=0)
    axes.stackplot(
        months.to_timestamp(), counts.T.to_numpy(), labels=list(palette), colors=palette.values()
    )
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="upper left")
    axes.set_ylabel("missions")
    axes.margins(x=0)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
    bare(axes)
