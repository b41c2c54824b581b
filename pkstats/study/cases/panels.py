"""The panels of a case's page, in order: strength, and here those on hosts, aid and deaths."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from pkstats.study.cases.axes import LEGEND, finish, shade, thousands
from pkstats.study.cases.data import averaged, summed
from pkstats.study.cases.strength import strength
from pkstats.study.cases.violence import HOSTS, MISSIONS, NONE
from pkstats.style.theme import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pkstats.study.cases.case import Case

VIOLENCE = {"state_based": "blue", "one_sided": "vermilion", "non_state": "sky"}
CAUSES = {
    "malicious act": "vermilion",
    "accident": "orange",
    "illness": "sky",
    "self inflicted": "purple",
    "to be determined": "grey",
    "unknown": "black",
}


def violence(axes: Axes, case: Case) -> None:
    """Draw deaths by type, the mission's years, and the paths of the comparison sets."""
    frame = case.violence()
    ours = frame[frame["series"] == HOSTS]
    title = "Violence in the host states"
    sums = summed(ours, "deaths")
    if not sums.sum() > 0:
        none = f"UCDP lists no deaths in {case.scope.places} in {sums.index.min()} to {sums.index.max()}."
        return finish(axes, case, "violence", title, none if len(sums) else " ")
    handles = {}
    for kind, colour in VIOLENCE.items():
        series = summed(ours[ours["type"] == kind], "deaths")
        label = kind.replace("_", "-")
        (handles[kind],) = axes.plot(
            series.index, series, color=COLOURS[colour], lw=1.6, marker="o", ms=2.8, label=label
        )
    for name, colour, dash in ((MISSIONS, "grey", "-"), (NONE, "purple", "--")):
        part = frame[frame["series"] == name]
        if part.empty:
            continue
        years = part["year"].astype("float64")
        deaths, low, high = (part[c].astype("float64") for c in ("deaths", "low", "high"))
        label = (
            f"no mission ({part['n'].max()}): median"
            if name == NONE
            else f"{name} ({part['n'].max()}): median, middle half"
        )
        (handles[name],) = axes.plot(
            years, deaths, color=COLOURS[colour], lw=1.2, ls=dash, label=label
        )
        if name == MISSIONS:
            axes.fill_between(years, low, high, color=COLOURS[colour], alpha=0.18, lw=0)
    axes.set_yscale("symlog", linthresh=10)
    axes.set_ylim(bottom=0)
    top = max(float(frame["deaths"].max()), 100.0)
    ticks = [tick for tick in (0, 10, 100, 1000, 10_000, 100_000, 1_000_000) if tick <= top * 3]
    axes.set_yticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.set_ylabel("deaths a year (log above 10)", fontsize=8.5)
    shade(axes, case)
    # Legends fill column by column: this order puts the types in one row, the company below.
    order = ["state_based", MISSIONS, "one_sided", NONE, "non_state"]
    shown = [handles[name] for name in order if name in handles]
    axes.legend(handles=shown, **LEGEND)
    finish(axes, case, "violence", title)
    return None


def displacement(axes: Axes, case: Case) -> None:
    """Draw refugees and internally displaced people, and those who went back."""
    frame = case.displacement()
    if frame.empty:
        return finish(axes, case, "displacement", "Displacement and return", " ")
    back = summed(frame, "returned_refugees").add(summed(frame, "returned_idps"), fill_value=0)
    unit, name = _scale(frame)
    if back.sum() > 0:
        label = "went back in the year"
        axes.bar(back.index, back / unit, color=COLOURS["green"], alpha=0.7, label=label)
    for column, colour, label in (
        ("refugees", "blue", "refugees"),
        ("idps", "orange", "displaced inside, UNHCR helps"),
        ("idps_idmc", "vermilion", "displaced inside by conflict (IDMC)"),
    ):
        series = summed(frame, column)
        if len(series):
            dash = ":" if column == "idps_idmc" else "-"
            axes.plot(
                series.index, series / unit, color=COLOURS[colour], lw=1.6, ls=dash, label=label
            )
    axes.set_ylim(bottom=0)
    axes.set_ylabel(name, fontsize=8.5)
    thousands(axes.yaxis)
    shade(axes, case)
    axes.legend(**{**LEGEND, "ncols": 2, "fontsize": 7})
    finish(axes, case, "displacement", "Displacement and return")
    return None


def _scale(frame: pd.DataFrame) -> tuple[float, str]:
    """Return a unit that keeps the axis short."""
    columns = ["refugees", "idps", "idps_idmc", "returned_refugees", "returned_idps"]
    top = max(summed(frame, column).max() for column in columns if len(summed(frame, column)))
    return (1e6, "million people") if top >= 2e6 else (1e3, "thousand people")


def humanitarian(axes: Axes, case: Case) -> None:
    """Draw funding against requirements, and attacks on aid workers beside it."""
    frame = case.humanitarian()
    title = "Humanitarian funding and aid workers"
    attacks = summed(frame, "incidents")
    if frame.empty or (attacks.empty and frame["funded_usd"].isna().all()):
        return finish(axes, case, "humanitarian", title, " ")
    killed = summed(frame, "killed").reindex(attacks.index)
    money = _funding(axes, frame)
    if attacks.sum() == 0:
        when = f" in {attacks.index.min()} to {attacks.index.max()}" if len(attacks) else ""
        none = f"No attack on aid workers is listed{when}."
        if not money:
            return finish(axes, case, "humanitarian", title, none)
        shade(axes, case)
        axes.legend(handles=money, **LEGEND)
        axes.set_ylim(top=axes.get_ylim()[1] * 1.15)
        axes.text(0.99, 0.99, none, transform=axes.transAxes, ha="right", fontsize=7.5, va="top")
        return finish(axes, case, "humanitarian", title)
    shade(axes, case)
    other = axes.twinx() if money else axes
    other.plot(attacks.index, attacks, color=COLOURS["orange"], lw=1.4, label="attacks")
    other.plot(killed.index, killed, color=COLOURS["vermilion"], lw=1.4, label="aid workers killed")
    other.set_ylabel("attacks; killed", fontsize=8.5)
    _second(other)
    handles = [*money, *other.get_legend_handles_labels()[0]]
    axes.legend(handles=handles, **{**LEGEND, "ncols": 5, "fontsize": 7, "handlelength": 1.1})
    finish(axes, case, "humanitarian", title)
    return None


def _funding(axes: Axes, frame: pd.DataFrame) -> list[Any]:
    """Draw funding and requirements; return their legend handles, none where nothing is listed."""
    inside, outside, required = (
        summed(frame, f"{name}_usd") / 1e6
        for name in ("funded", "funded_outside_plans", "required")
    )
    years = inside.index.union(outside.index)
    if years.empty:
        return []
    inside, outside = inside.reindex(years, fill_value=0), outside.reindex(years, fill_value=0)
    bottom = inside * 0
    for money, colour, label in (
        (inside, "blue", "funded in plans"),
        (outside, "sky", "outside plans"),
    ):
        if money.any():
            axes.bar(years, money, bottom=bottom, color=COLOURS[colour], alpha=0.75, label=label)
        bottom = bottom + money
    if len(required):
        axes.plot(
            required.index, required, "_", color=COLOURS["black"], ms=9, mew=1.6, label="required"
        )
    axes.set_ylabel("million current US dollars", fontsize=8.5)
    axes.set_ylim(bottom=0)
    thousands(axes.yaxis)
    return list(axes.get_legend_handles_labels()[0])


def _second(axes: Axes) -> None:
    """Quieten the axis on the right."""
    axes.set_ylim(0, max(axes.get_ylim()[1] * 1.08, 1))
    axes.grid(False)
    axes.tick_params(labelsize=8, length=0)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    thousands(axes.yaxis)


def safety(axes: Axes, case: Case) -> None:
    """Draw deaths of the mission's personnel by year and cause."""
    frame = case.safety()
    title = "Deaths of its personnel by cause"
    if frame.empty:
        return finish(axes, case, "safety", title, " ")
    wide = frame.pivot_table(index="year", columns="cause", values="deaths", aggfunc="sum")
    wide = wide.astype("float64")
    bottom = pd.Series(0.0, index=wide.index)
    handles = []
    for cause, colour in CAUSES.items():
        if cause not in wide or wide[cause].sum() == 0:
            continue
        axes.bar(wide.index, wide[cause], bottom=bottom, color=COLOURS[colour], width=0.85)
        bottom = bottom + wide[cause]
        handles.append(Patch(color=COLOURS[colour], label=f"{cause} {int(wide[cause].sum())}"))
    axes.set_xlim(case.scope.first - 0.8, case.scope.last + 0.8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.set_ylim(0, max(float(bottom.max()) * 1.05, 1))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.set_ylabel("deaths a year", fontsize=8.5)
    if handles:
        axes.legend(handles=handles, **{**LEGEND, "ncols": 4, "handlelength": 1})
    finish(axes, case, "safety", title)
    return None


def governance(axes: Axes, case: Case) -> None:
    """Draw electoral democracy and income per head."""
    frame = case.governance()
    title = "Governance and economy"
    if frame.empty:
        return finish(axes, case, "governance", title, " ")
    democracy, income = averaged(frame, "polyarchy"), averaged(frame, "gdp_per_head_real")
    many = ", mean of hosts" if len(case.scope.hosts) > 1 else ""
    axes.plot(
        democracy.index,
        democracy,
        color=COLOURS["blue"],
        lw=1.8,
        label=f"electoral democracy{many}",
    )
    axes.set_ylim(0, 1)
    axes.set_ylabel("V-Dem, 0 to 1", fontsize=8.5)
    shade(axes, case)
    other = axes.twinx()
    label = f"real income per head{many} (right)"
    other.plot(income.index, income, color=COLOURS["orange"], lw=1.8, label=label)
    other.set_ylabel("dollars of 2011 per head", fontsize=8.5)
    _second(other)
    handles = [*axes.get_legend_handles_labels()[0], *other.get_legend_handles_labels()[0]]
    axes.legend(handles=handles, **{**LEGEND, "ncols": 2})
    finish(axes, case, "governance", title)
    return None


PANELS: dict[str, Callable[[Any, Any], None]] = {
    "resources": strength,
    "violence": violence,
    "displacement": displacement,
    "humanitarian": humanitarian,
    "safety": safety,
    "governance": governance,
}
