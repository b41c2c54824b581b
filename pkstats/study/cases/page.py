"""The page of a case study: one layout for every mission."""

from __future__ import annotations

from textwrap import fill, shorten, wrap
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from pkstats.study.cases.axes import HATCH, NOTE, SHADE, note_lines
from pkstats.study.cases.notes import sentences, sources
from pkstats.study.cases.panels import PANELS
from pkstats.study.cases.scores import PERIODS, coverage, listed_whole, matrix
from pkstats.study.cases.timeline import intensities
from pkstats.style.theme import COLOURS, bare, shade_of, theme
from pkstats.tables.coverage import as_of, last_whole_year, ongoing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pkstats.study.cases.case import Case

WIDE, HEAD, FOOT = 11.0, 1.0, 0.42
ROW, LANE, CELL, LINE, BREAK = 2.4, 0.2, 0.205, 0.149, 0.215
VERDICT = 84
ROLES = {"main": "blue", "before": "grey", "beside": "green", "after": "orange"}
LABELS = {"main": "the mission", "before": "before", "beside": "beside", "after": "after"}
CONFLICT = {"minor conflict": "yellow", "war": "vermilion"}
LISTS = {"agreements": "agreements", "conflict": "conflicts"}
NEAR, SHIFT = 0.011, 0.17
DPI = 100
ALT = (
    "One page on the case {title}, which asks: {question} It has a timeline of missions, mandates, "
    "agreements and conflicts; six panels, drawn as far as data reach and otherwise saying what is "
    "missing: strength and what was authorised, deaths by type, displacement and returns, aid and attacks "
    "on aid workers, deaths of peacekeepers by cause, democracy and income; a table of success measures "
    "by horizon; and a verdict in words."
)


def of(name: str) -> Figure:
    """Return the page of the case with a name, such as `mali`."""
    from pkstats.study.cases.case import case

    return draw(case(name))


def draw(case: Case) -> Figure:
    """Return the page of a case: timeline, six panels, scores and verdict."""
    with theme(screen=True):
        return _page(case)


def _page(case: Case) -> Figure:
    said = {name: wrap(text, VERDICT) for name, text in case.passages().items()}
    table = matrix(case.scores())
    lanes = len(_lanes(case))
    heights = [
        LANE * lanes + 0.55,
        *[ROW] * 3,
        max(CELL * len(table) + 0.8, sum(LINE * len(text) + BREAK for text in said.values())),
    ]
    gaps = [0.4 + 0.14 * len(_below(case)), *_room(case)]
    total = HEAD + sum(heights) + sum(gaps) + FOOT + 0.6
    figure = plt.figure(figsize=(WIDE, total))
    places = {}
    top = total - HEAD - 0.35
    for row, height in enumerate(heights):
        places[row] = (top - height, height)
        top -= height + (gaps[row] if row < len(gaps) else 0)
    _head(figure, case, total)
    _timeline(_axes(figure, 1.5, places[0], WIDE - 1.75, total), case)
    for number, draw_panel in enumerate(PANELS.values()):
        left = 0.75 + (number % 2) * 5.35
        bottom, height = places[1 + number // 2]
        draw_panel(_axes(figure, left, (bottom, height - 0.58), 4.15, total), case)
    _scores(_axes(figure, 2.55, _from_top(places[4], CELL * len(table) + 0.45), 2.75, total), table)
    _verdict(figure, said, sum(places[4]) + 0.3, total)
    figure.text(
        0.1 / WIDE,
        0.1 / total,
        fill(
            f"{sources(case)} As of {as_of()}: strength to then, figures by year to {last_whole_year()}, the "
            "last whole year. pkstats.",
            170,
        ),
        fontsize=7.5,
        color="#666666",
    )
    return figure


def _verdict(figure: Figure, said: dict[str, list[str]], top: float, total: float) -> None:
    """Write the verdict's passages under their headings, from a height in inches downwards."""
    left = 5.65 / WIDE
    figure.text(left, top / total, "Verdict, by rule", fontsize=10.5, weight="bold", va="top")
    top -= 0.27
    for name, lines in said.items():
        figure.text(left, top / total, name, fontsize=8, weight="bold", va="top")
        text = "\n".join(lines)
        figure.text(left, (top - LINE) / total, text, fontsize=8, va="top", linespacing=1.33)
        top -= LINE * len(lines) + BREAK


def _room(case: Case) -> list[float]:
    """Return the room under each row of panels, in inches: for years and sentences about gaps."""
    names = list(PANELS)
    lines = [max(note_lines(case, part) for part in names[i : i + 2]) for i in (0, 2, 4)]
    return [0.38 + 0.13 * count for count in lines[:2]] + [0.8 + 0.13 * lines[2]]


def _from_top(place: tuple[float, float], height: float) -> tuple[float, float]:
    """Return a place of a given height that hangs from the top of another, in inches."""
    bottom, whole = place
    return bottom + whole - height, height


def _axes(
    figure: Figure, left: float, place: tuple[float, float], width: float, total: float
) -> Axes:
    """Add axes at a place given in inches."""
    bottom, height = place
    return figure.add_axes((left / WIDE, bottom / total, width / WIDE, height / total))


def _head(figure: Figure, case: Case, total: float) -> None:
    item, scope = case.scope.mission, case.scope
    dates = (
        f"since {item.start}, {ongoing(item.start)}"
        if scope.ongoing
        else f"{item.start} to {item.end}"
    )
    exit_words = "" if scope.ongoing else f" · exit: {item.exit or 'not coded'}"
    hosts = "hosts" if len(scope.hosts) > 1 else "host"
    lines = [
        f"{item.name} ({item.sponsor})",
        f"{dates}{exit_words} · {hosts}: {scope.places}",
        case.question,
    ]
    figure.text(0.1 / WIDE, 1 - 0.12 / total, case.title, fontsize=16, weight="bold", va="top")
    text = "\n".join(fill(line, 140) for line in lines if line)
    figure.text(
        0.1 / WIDE,
        1 - 0.48 / total,
        text,
        fontsize=9.5,
        color="#444444",
        va="top",
        linespacing=1.35,
    )


def _lanes(case: Case) -> list[str]:
    """Return the lanes of the timeline from top to bottom."""
    events = case.timeline()
    coded = ((events["kind"] == "mandate") & (events["mission_id"] == case.id)).any()
    extra = ["tasks in mandate"] if coded else []
    return [*case.chain["mission_id"], *extra, "agreements", "conflict"]


def _timeline(axes: Axes, case: Case) -> None:
    """Draw the chain as bars, the mandate's tasks, agreements, and the years with conflict."""
    scope, events = case.scope, case.timeline()
    low, high = scope.window
    names = _lanes(case)
    axes.axvspan(
        _year(scope.mission.start), _end(scope.mission.end, high), color=SHADE, lw=0, zorder=0
    )
    axes.set_xlim(low, high + 1)
    for lane, row in enumerate(scope.chain.itertuples()):
        start, end = _year(row.start), _end(row.end, high)
        axes.barh(lane, end - start, left=start, height=0.6, color=COLOURS[ROLES[str(row.role)]])
    if "tasks in mandate" in names:
        _task_counts(axes, events[(events["kind"] == "mandate")], case.id, len(scope.chain))
    dates = [_year(date) for date in events.loc[events["kind"] == "agreement", "date"]]
    lane = names.index("agreements")
    heights = [lane + shift for shift in _apart(dates, NEAR * (high - low))]
    axes.plot(dates, heights, "D", color=COLOURS["purple"], ms=5, mec="white", mew=0.5)
    hatched = [_unlisted(axes, names.index(name), LISTS[name], case) for name in LISTS]
    years = intensities(scope)
    for kind, colour in CONFLICT.items():
        chosen = years.index[years == kind]
        axes.barh([lane + 1] * len(chosen), 1, left=chosen, height=0.5, color=COLOURS[colour], lw=0)
    labels = [
        f"{name} (UCDP)" if name in LISTS else shorten(name, 24, placeholder="…") for name in names
    ]
    axes.set_yticks(range(len(names)), labels, fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=14))
    axes.tick_params(axis="x", labelsize=8)
    bare(axes, grid="x")
    axes.set_title("Timeline", fontsize=10.5)
    drawn = {*scope.chain["role"], *years}
    drawn |= {"agreement"} if dates else set()
    _key(axes, drawn | ({"not listed"} if any(hatched) else set()))
    words = "\n".join(_below(case))
    axes.annotate(words, (0, 0), (-90, -20), "axes fraction", "offset points", **NOTE)


def _apart(dates: list[float], near: float) -> list[float]:
    """Return shifts up and down that keep the marks of sorted dates apart where they are near."""
    shifts: list[float] = []
    for earlier, date, later in zip([-np.inf, *dates], dates, [*dates[1:], np.inf], strict=False):
        alone = 0.0 if later - date >= near else -SHIFT
        shifts.append(-shifts[-1] if date - earlier < near else alone)
    return shifts


def _unlisted(axes: Axes, lane: int, table: str, case: Case) -> bool:
    """Hatch the years of a lane that a list does not cover, for none listed is not none; tell if any."""
    first, last = coverage(table)
    low, high = axes.get_xlim()
    late = listed_whole(case.scope)
    first = max(first or 0, late if late != coverage("violence")[0] else 0)
    spans = [(low, min(first, high)), (max((last or 0) + 1, low), high)]
    spans = [(left, right) for left, right in spans if right > left]
    for left, right in spans:
        axes.barh(lane, right - left, left=left, height=0.5, facecolor="white", **HATCH)
    return bool(spans)


def _below(case: Case) -> list[str]:
    """Return the lines under the timeline: agreements, where its data stop, how to read it."""
    notes = [_agreements(case), *sentences(case, "timeline")]
    return [line for note in notes for line in wrap(note, 175)]


def _key(axes: Axes, drawn: set[str]) -> None:
    """Say in a line above the timeline what the marks drawn mean."""
    handles: list[Any] = [
        Patch(color=COLOURS[colour], label=LABELS[role])
        for role, colour in ROLES.items()
        if role in drawn
    ]
    handles.append(Patch(color=SHADE, label="shaded, here and below: its years"))
    if "agreement" in drawn:
        diamond = Line2D([], [], marker="D", ls="", color=COLOURS["purple"], ms=5)
        diamond.set_label("agreement")
        handles.append(diamond)
    for kind, colour in CONFLICT.items():
        if kind in drawn:
            handles.append(Patch(color=COLOURS[colour], label=f"year with {kind}"))
    if "not listed" in drawn:
        handles.append(Patch(facecolor="white", label="not listed", **{**HATCH, "hatch": "/" * 9}))
    axes.legend(
        handles=handles,
        loc="lower right",
        bbox_to_anchor=(1.005, 1.0),
        ncols=len(handles),
        fontsize=7.5,
        borderaxespad=0.1,
        columnspacing=0.9,
        handlelength=0.9,
        handletextpad=0.4,
    )


def _year(date: object) -> float:
    """Return a date as a year with its fraction."""
    stamp = pd.Timestamp(str(date))
    return stamp.year + (stamp.day_of_year - 1) / 365.25


def _end(date: object, high: int) -> float:
    """Return the end of a spell; while it is open the as-of date, or the right edge before it."""
    if date is None or pd.isna(date) or date == "":
        return min(high + 1, _year(as_of()))
    return _year(date)


def _task_counts(axes: Axes, mandates: pd.DataFrame, mission_id: str, lane: int) -> None:
    """Write the number of mandated tasks where it changes, moved right where the last is too near.

    `≥` marks mandates of which not all tasks are coded.
    """
    ours = mandates[mandates["mission_id"] == mission_id]
    low, high = axes.get_xlim()
    last, before = -np.inf, ""
    for date, what in zip(ours["date"], ours["what"], strict=True):
        count = str(what).split(" ")[0]
        count = f"≥{count}" if "not coded" in str(what) else count
        if count == before:
            continue
        place = max(_year(date), last + (high - low) * (0.008 + 0.0075 * len(before)))
        axes.text(place, lane, count, fontsize=7.5, ha="left", va="center")
        last, before = place, count


def _agreements(case: Case) -> str:
    """Name the first agreements signed while the mission was there."""
    frame = case.diplomacy()
    frame = frame[(frame["kind"] == "agreement") & frame["deployed"].astype(bool)]
    if frame.empty:
        return ""
    shown = [
        f"{date:%Y-%m-%d} {shorten(str(what), 70, placeholder=' …')}"
        for date, what in zip(frame["date"][:4], frame["what"][:4], strict=True)
    ]
    more = f" and {len(frame) - 4} more" if len(frame) > 4 else ""
    text = f"Agreements while it was there: {'; '.join(shown)}{more}"
    return text if text.endswith("…") else f"{text}."


def _scores(axes: Axes, table: pd.DataFrame) -> None:
    """Draw the table of scores; blue is better, red is worse."""
    for line, cells in enumerate(table.to_numpy()):
        for column, cell in enumerate(cells):
            words, share = cell if isinstance(cell, tuple) else ("", None)
            colour = shade_of(share)
            if words:
                axes.add_patch(plt.Rectangle((column, line), 0.96, 0.92, color=colour, lw=0))
            dark = "#222222" if share is not None else "#888888"
            axes.text(
                column + 0.48, line + 0.48, words, ha="center", va="center", fontsize=7, color=dark
            )
    axes.set_xlim(0, len(PERIODS))
    axes.set_ylim(len(table), 0)
    axes.set_yticks(np.arange(len(table)) + 0.48, list(table.index), fontsize=8)
    axes.set_xticks(
        np.arange(len(PERIODS)) + 0.48, [fill(name, 9) for name in PERIODS.values()], fontsize=7.5
    )
    axes.xaxis.tick_top()
    axes.grid(False)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.annotate(
        "Success measures",
        (0, 1),
        (-132, 26),
        "axes fraction",
        "offset points",
        fontsize=10.5,
        weight="bold",
    )
    words = fill(
        "yes or no: whether the goal was reached; else the rank among all missions with a figure "
        "(1 is best, = a tie). Blue: better than most; red: worse. later: ongoing, or the window is not "
        "over; –: the data do not cover it; ≥: peace held so long to the end of the data; blank: the "
        "measure has no such time.",
        78,
    )
    axes.annotate(words, (0, 0), (-132, -6), "axes fraction", "offset points", **NOTE)
