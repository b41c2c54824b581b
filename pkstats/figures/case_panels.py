"""The panels of a case's page: strength, violence, displacement, aid, deaths, governance."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import fill, wrap
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pkstats.evidence.case_data import averaged, summed
from pkstats.evidence.case_gaps import covered, notes_of
from pkstats.evidence.case_scope import AS_OF_YEAR
from pkstats.evidence.case_violence import HOSTS, MISSIONS, NONE
from pkstats.figures.theme import COLOURS, bare

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pkstats.evidence.case import Case

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
SHADE = "#E9EEF3"
VIOLENCE = {"state_based": "blue", "one_sided": "vermilion", "non_state": "sky"}
CAUSES = {
    "malicious act": "vermilion",
    "accident": "orange",
    "illness": "sky",
    "self inflicted": "purple",
    "to be determined": "grey",
    "unknown": "black",
}


def shade(axes: Axes, case: Case) -> None:
    """Mark the mission's years and show the years of the case."""
    scope = case.scope
    axes.axvspan(scope.first - 0.5, scope.last + 0.5, color=SHADE, zorder=0, linewidth=0)
    low, high = scope.window
    axes.set_xlim(low - 0.7, high + 0.7)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))


def finish(axes: Axes, case: Case, part: str, title: str, empty: str = "") -> None:
    """Give a panel its title, quiet axes and the sentences about where its data stop."""
    axes.set_title(title, pad=ABOVE, fontsize=10.5)
    notes = notes_of(part, case.gaps())
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
    """Hatch the mission's years that no source of a panel covers, and say so where there is room."""
    span, scope = covered(part, case.scope), case.scope
    if span is None:
        return
    left, right = axes.get_xlim()
    for low, high in (
        (scope.first, min(span[0] - 1, scope.last)),
        (max(span[1] + 1, scope.first), min(scope.last, AS_OF_YEAR - 1)),
    ):
        start, end = max(low - 0.5, left), min(high + 0.5, right)
        if end <= start:
            continue
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


def note_lines(case: Case, part: str) -> int:
    """Return how many lines the sentences under a panel take."""
    return sum(len(wrap(note, WIDTH)) for note in notes_of(part, case.gaps()))


def thousands(axis: Any) -> None:
    """Write large numbers with commas, and small steps with their decimals."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def strength(axes: Axes, case: Case) -> None:
    """Draw uniformed strength against what was authorised, other missions of the chain in grey."""
    frame = case.resources()
    main = frame[frame["role"] == "main"]
    start, end = case.scope.first, case.scope.last
    near = frame["month"].dt.year.between(start - 1, end + 1)
    if main[["total", "total_authorised"]].isna().all(axis=None):
        return finish(axes, case, "resources", "Strength against authorised", " ")
    others = frame[(frame["role"] != "main") & frame["total"].notna() & near]
    for place, (_, group) in enumerate(others.groupby("mission_id")):
        label = "other missions of the case" if place == 0 else None
        _line(axes, group, "total", COLOURS["grey"], label, 0.9)
    _line(axes, main, "total_authorised", COLOURS["orange"], "authorised", 1.5)
    _line(axes, main, "total", COLOURS["blue"], f"{case.id}, deployed", 1.7)
    axes.set_xlim(start - 0.3, end + 1.3)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("uniformed personnel", fontsize=8.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    thousands(axes.yaxis)
    axes.legend(**LEGEND)
    finish(axes, case, "resources", "Strength against authorised")
    return None


def _line(
    axes: Axes, frame: pd.DataFrame, column: str, colour: str, label: str | None, width: float
) -> None:
    """Draw months as a line that breaks where months are missing; yearly figures as points."""
    known = frame[frame[column].notna()]
    if known.empty:
        return
    months = pd.period_range(known["month"].min(), known["month"].max(), freq="M")
    values = known.set_index("month")[column].astype("float64").reindex(months)
    times = months.year + (months.month - 0.5) / 12
    sparse = values.notna().mean() < 0.5
    if sparse:
        known_times = times[values.notna()]
        axes.plot(known_times, values.dropna(), color=colour, lw=0.6, ls=":", alpha=0.8)
        axes.plot(known_times, values.dropna(), "o", color=colour, ms=3.5, label=label)
    else:
        axes.plot(times, values, color=colour, linewidth=width, label=label)


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
    axes.set_ylabel("deaths a year", fontsize=8.5)
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
        ("idps_idmc", "vermilion", "displaced inside, all (IDMC)"),
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
    axes.bar(years, inside, color=COLOURS["blue"], alpha=0.75, label="funded in plans")
    axes.bar(years, outside, bottom=inside, color=COLOURS["sky"], alpha=0.75, label="outside plans")
    axes.plot(
        required.index, required, "_", color=COLOURS["black"], ms=9, mew=1.6, label="required"
    )
    axes.set_ylabel("million US dollars", fontsize=8.5)
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
    other.set_ylabel("dollars per head", fontsize=8.5)
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
