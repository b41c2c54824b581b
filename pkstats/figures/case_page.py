"""The page of a case study: one layout for every mission."""

from __future__ import annotations

from textwrap import fill, shorten, wrap
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from pkstats.evidence.case_gaps import notes_of
from pkstats.evidence.case_scores import readings, split
from pkstats.figures.case_panels import NOTE, PANELS, SHADE, note_lines
from pkstats.figures.theme import COLOURS, bare, theme
from pkstats.registry.missions import AS_OF

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pkstats.evidence.case import Case

WIDE, HEAD, FOOT = 11.0, 1.0, 0.42
ROW, LANE, CELL, LINE = 2.4, 0.2, 0.205, 0.149
VERDICT = 84
ROLES = {"main": "blue", "before": "grey", "beside": "green", "after": "orange"}
COLUMNS = {
    "during": "during,\nat exit",
    "2y": "2 years\nafter",
    "5y": "5 years\nafter",
    "10y": "10 years\nafter",
    "after": "to end\nof data",
}
BETTER, WORSE, NEUTRAL = np.array([0.82, 0.89, 0.95]), np.array([0.98, 0.86, 0.80]), "#F4F4F4"
DPI = 100
ALT = (
    "One page on the case {title}, which asks: {question} It has a timeline of missions, mandates, "
    "agreements and conflicts; strength beside what was authorised; deaths by type beside those in other "
    "places; displacement and returns; aid and aid workers; deaths of peacekeepers by cause; democracy "
    "and income; a table of success measures by horizon with ranks; and a verdict in words."
)
SOURCES = (
    "Sources: pkstats registry; TAMM; UCDP 25.1, peace agreements, terminations; UN, Kathman, IPI, "
    "Bara and Hultman; shortfall data; UNHCR, IDMC; FTS; AWSD; UN fatalities; V-Dem; Fariss et al."
)


def of(name: str) -> Figure:
    """Return the page of the case with a name, such as `mali`."""
    from pkstats.evidence.case import case

    return draw(case(name))


def draw(case: Case) -> Figure:
    """Return the page of a case: timeline, six panels, scores and verdict."""
    with theme():
        return _page(case)


def _page(case: Case) -> Figure:
    lines = [line for text in case.passages() for line in [*wrap(text, VERDICT), ""]]
    table = _matrix(case)
    lanes = len(case.chain) + 3
    heights = [
        LANE * lanes + 0.55,
        *[ROW] * 3,
        max(CELL * len(table) + 0.7, LINE * len(lines) + 0.35),
    ]
    gaps = [0.62, *_room(case)]
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
    bottom, height = places[4]
    figure.text(
        5.65 / WIDE,
        (bottom + height + 0.32) / total,
        "Verdict, by rule",
        fontsize=10.5,
        weight="bold",
        va="top",
    )
    figure.text(
        5.65 / WIDE,
        (bottom + height + 0.06) / total,
        "\n".join(lines),
        fontsize=8,
        va="top",
        linespacing=1.33,
    )
    figure.text(
        0.1 / WIDE,
        0.1 / total,
        fill(f"{SOURCES} As of {AS_OF}. pkstats.", 170),
        fontsize=7.5,
        color="#666666",
    )
    return figure


def _room(case: Case) -> list[float]:
    """Return the room under each row of panels, in inches: for years and sentences about gaps."""
    names = list(PANELS)
    lines = [max(note_lines(case, part) for part in names[i : i + 2]) for i in (0, 2, 4)]
    return [0.38 + 0.13 * count for count in lines[:2]] + [0.7 + 0.13 * lines[2]]


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
    until = f"still there at {AS_OF}" if scope.ongoing else item.end
    exit_words = "" if scope.ongoing else f" · exit: {item.exit or 'not coded'}"
    lines = [
        f"{item.name} ({item.sponsor})",
        f"{item.start} to {until}{exit_words} · hosts: {scope.places}",
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


def _timeline(axes: Axes, case: Case) -> None:
    """Draw the chain as bars, and mandates, agreements and conflicts as marks."""
    scope, events = case.scope, case.timeline()
    low, high = scope.window
    names = [*scope.chain["mission_id"], "tasks in mandate", "agreements", "conflict"]
    axes.axvspan(
        _year(scope.mission.start), _end(scope.mission.end, high), color=SHADE, lw=0, zorder=0
    )
    for lane, row in enumerate(scope.chain.itertuples()):
        start, end = _year(row.start), _end(row.end, high)
        axes.barh(lane, end - start, left=start, height=0.6, color=COLOURS[ROLES[str(row.role)]])
    base = len(scope.chain)
    _task_counts(axes, events[(events["kind"] == "mandate")], case.id, base)
    for kind, marker, colour, lane in (
        ("agreement", "D", "purple", base + 1),
        ("conflict begins", ">", "vermilion", base + 2),
        ("conflict ends", "<", "green", base + 2),
    ):
        dates = [_year(date) for date in events.loc[events["kind"] == kind, "date"]]
        axes.plot(
            dates,
            [lane] * len(dates),
            marker,
            color=COLOURS[colour],
            ms=5,
            ls="",
            mec="white",
            mew=0.5,
        )
    axes.set_yticks(
        range(len(names)), [shorten(name, 24, placeholder="…") for name in names], fontsize=8
    )
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(low, high + 1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=14))
    axes.tick_params(axis="x", labelsize=8)
    bare(axes, grid="x")
    axes.set_title("Timeline", fontsize=10.5)
    key = (
        "blue: the case's mission; grey before, green beside, orange after.   "
        "◆ agreement (UCDP)   ▶ conflict begins   ◀ ends"
    )
    axes.text(
        1,
        1.02,
        key,
        transform=axes.transAxes,
        ha="right",
        va="bottom",
        fontsize=7.5,
        color="#555555",
    )
    notes = [_agreements(case), *notes_of("timeline", case.gaps())]
    words = fill(" ".join(note for note in notes if note), 175, max_lines=3, placeholder=" …")
    axes.annotate(words, (0, 0), (-90, -20), "axes fraction", "offset points", **NOTE)


def _year(date: object) -> float:
    """Return a date as a year with its fraction."""
    stamp = pd.Timestamp(str(date))
    return stamp.year + (stamp.day_of_year - 1) / 365.25


def _end(date: object, high: int) -> float:
    """Return the end of a spell, or the right edge while it is open."""
    return high + 1 if date is None or pd.isna(date) or date == "" else _year(date)


def _task_counts(axes: Axes, mandates: pd.DataFrame, mission_id: str, lane: int) -> None:
    """Write the number of mandated tasks where it changes, unless the last one stands too near."""
    ours = mandates[mandates["mission_id"] == mission_id]
    low, high = axes.get_xlim()
    last, before = -np.inf, ""
    for date, what in zip(ours["date"], ours["what"], strict=True):
        place, count = _year(date), str(what).split(" ")[0]
        if count != before and place - last > (high - low) / 42:
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
    return f"Agreements while it was there: {'; '.join(shown)}{more}."


def _matrix(case: Case) -> pd.DataFrame:
    """Return the scores with one row per measure and one column per horizon, as (text, share)."""
    scores = case.scores()
    cells: dict[str, dict[str, tuple[str, float | None]]] = {}
    for row in scores.to_dict("records"):
        stem, horizon = split(str(row["measure"]))
        if readings().get(stem, {"off_page": True}).get("off_page"):
            continue
        label = str(readings()[stem]["label"])
        column = "during" if horizon == "exit" else horizon
        cells.setdefault(label, {})[column] = _cell(row)
    order = [str(entry["label"]) for entry in readings().values() if str(entry["label"]) in cells]
    return pd.DataFrame.from_dict({label: cells[label] for label in order}, orient="index").reindex(
        columns=list(COLUMNS)
    )


def _cell(row: dict) -> tuple[str, float | None]:
    """Return a cell's words and how good it is from 0 to 1; None where that is not known."""
    if pd.isna(row["value"]):
        later = "ongoing" in row["status"] or "window ends" in row["status"]
        return ("later" if later else "–"), None
    if pd.notna(row["reached"]):
        return ("yes", 1.0) if row["reached"] else ("no", 0.0)
    if pd.isna(row["rank"]):
        number = f"{row['value']:.2g}" if row["value"] < 10 else f"{row['value']:.0f}"
        return (f"≥ {number}" if "censored" in row["status"] else number), None
    return f"{row['rank']}/{row['n']}", (row["n"] - row["rank"]) / max(row["n"] - 1, 1)


def _scores(axes: Axes, table: pd.DataFrame) -> None:
    """Draw the table of scores; blue is better, red is worse."""
    for line, cells in enumerate(table.to_numpy()):
        for column, cell in enumerate(cells):
            words, share = cell if isinstance(cell, tuple) else ("", None)
            colour = NEUTRAL if share is None else tuple(WORSE + share * (BETTER - WORSE))
            if words:
                axes.add_patch(plt.Rectangle((column, line), 0.96, 0.92, color=colour, lw=0))
            dark = "#222222" if share is not None else "#888888"
            axes.text(
                column + 0.48, line + 0.48, words, ha="center", va="center", fontsize=7, color=dark
            )
    axes.set_xlim(0, len(COLUMNS))
    axes.set_ylim(len(table), 0)
    axes.set_yticks(np.arange(len(table)) + 0.48, list(table.index), fontsize=8)
    axes.set_xticks(np.arange(len(COLUMNS)) + 0.48, list(COLUMNS.values()), fontsize=7.5)
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
        "(1 is best). Blue: better than most; red: worse than most. later: ongoing or the window is "
        "not over; –: the data do not cover it.",
        80,
    )
    axes.annotate(words, (0, 0), (-132, -6), "axes fraction", "offset points", **NOTE)
