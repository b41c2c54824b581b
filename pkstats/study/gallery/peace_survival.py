"""How long peace lasts after conflicts, with and without peacekeepers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from pkstats.panel.scope import Scope
from pkstats.panel.skeleton import host_shares
from pkstats.study.caption import caption
from pkstats.style.theme import COLOURS, bare
from pkstats.tables import load

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE = "How long peace lasts, with and without peacekeepers"
FIRST, HORIZON, NORMAL = 1989, 20, 1.959963984540054
MARKS, MARGIN = range(0, HORIZON + 1, 2), -0.115
GROUPS = {False: ("without peacekeepers", "grey"), True: ("with peacekeepers", "blue")}
ALT = (
    "Two survival curves over twenty years after the end of an episode of internal armed conflict: "
    "the share of conflicts that have not come back, for conflicts without peacekeepers in the "
    "country and for those with peacekeepers, each with a 95% band; below, the numbers at risk. Both "
    "curves fall fastest in the first five years."
)


def spells() -> pd.DataFrame:
    """Return one row per episode and group, for the curves or for `pkstats.fit(family="cox")`.

    Columns: conflict_id, state and year (of the episode's end), entry and exit (years after it),
    failed, protected.

    An episode of internal conflict that ended since 1989 fails in the first later year in which the
    same conflict is active (25 battle deaths), and is censored at the last year listed. It counts
    without peacekeepers until the first year, from that of its end on, in which a peacekeeping
    mission of any sponsor is deployed in the state, and with them from the year after: time spent
    waiting for a mission is never counted as time with one. A mission counts when it came after the
    conflict's first death; observers of an older war (UNMOGIP in India) do not.
    """
    ends, active = load("terminations"), load("conflicts")[["conflict_id", "year"]]
    last = int(active["year"].max())
    internal = ends["type_of_conflict"].isin(["intrastate", "internationalised intrastate"])
    ends = ends[internal & ends["state"].notna() & (ends["year"] >= FIRST)]
    ends = ends[["conflict_id", "year", "state", "start_date"]].reset_index(drop=True)
    later = ends.reset_index().merge(active, on="conflict_id", suffixes=("", "_active"))
    later = later[later["year_active"] > later["year"]]
    again = later.groupby("index")["year_active"].min()
    ends["failed"] = ends.index.isin(again.index)
    ends["exit"] = again.reindex(ends.index).fillna(last).astype("int64") - ends["year"]
    missions = load("missions")
    keeping = missions.loc[missions["kind"] == "peacekeeping", "mission_id"]
    hosts = host_shares("year")
    hosts = Scope().asked(hosts[hosts["mission_id"].isin(keeping)])
    near = ends.reset_index().merge(
        hosts[["mission_id", "state", "year"]], on="state", suffixes=("", "_there")
    )
    came = near["mission_id"].map(missions.set_index("mission_id")["start"])
    near = near[(near["year_there"] >= near["year"]) & (came >= near["start_date"])]
    first = near.groupby("index")["year_there"].min()
    wait = (first - ends["year"]).reindex(ends.index).astype("float64").fillna(np.inf)
    ends["wait"] = np.minimum(wait, ends["exit"])
    joined = ends["wait"] < ends["exit"]
    without = ends.assign(
        entry=0, exit=ends["wait"], failed=ends["failed"] & ~joined, protected=False
    )
    with_them = ends[joined].assign(entry=ends["wait"], protected=True)
    both = pd.concat([without, with_them], ignore_index=True)
    columns = ["conflict_id", "state", "year", "entry", "exit", "failed", "protected"]
    return both.loc[both["exit"] > both["entry"], columns]


def product_limit(entry: np.ndarray, leave: np.ndarray, failed: np.ndarray) -> pd.DataFrame:
    """Return the product-limit estimate of survival with delayed entry.

    Parameters
    ----------
    entry, leave, failed : ndarray, shape (n,)
        A row is at risk at time t when entry < t ≤ leave.

    Returns
    -------
    DataFrame
        Index: times of failures; columns: at_risk, failures, survival, low, high (95%, log-log with
        Greenwood's variance).
    """
    times = np.unique(leave[failed.astype(bool)])
    at_risk = np.array([((entry < time) & (leave >= time)).sum() for time in times])
    failures = np.array([((leave == time) & (failed == 1)).sum() for time in times])
    survival = np.cumprod(1 - failures / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(failures / (at_risk * (at_risk - failures)))
        spread = NORMAL * np.sqrt(greenwood) / np.abs(np.log(survival))
        low, high = survival ** np.exp(spread), survival ** np.exp(-spread)
    columns = {"at_risk": at_risk, "failures": failures, "survival": survival}
    return pd.DataFrame({**columns, "low": low, "high": high}, index=pd.Index(times, name="time"))


def still_at_peace(years: int) -> pd.DataFrame:
    """Return the share of conflicts not active again so many years on, with its 95% band.

    Parameters
    ----------
    years : int
        Years since the end of the episode.

    Returns
    -------
    DataFrame
        Indexed by group (without and with peacekeepers): survival, low, high, at_risk (at the last
        failure until then).
    """
    frame, rows = spells(), {}
    for protected, (label, _) in GROUPS.items():
        part = frame[frame["protected"] == protected]
        curve = _estimate(part)
        rows[label] = curve.loc[:years].iloc[-1]
    return pd.DataFrame(rows).T[["survival", "low", "high", "at_risk"]]


def _estimate(part: pd.DataFrame) -> pd.DataFrame:
    return product_limit(*(part[name].to_numpy("float64") for name in ("entry", "exit", "failed")))


def draw() -> Figure:
    """Return the figure: two curves with their bands, and the numbers at risk below."""
    frame = spells()
    figure, axes = plt.subplots(figsize=(9, 6))
    figure.subplots_adjust(left=0.105, right=0.975, top=0.79, bottom=0.25)
    for row, (protected, (label, colour)) in enumerate(GROUPS.items()):
        part = frame[frame["protected"] == protected]
        curve = _estimate(part)
        curve = curve[curve.index < HORIZON]
        _curve(axes, curve, COLOURS[colour], f"{label} ({int(part['failed'].sum())} came back)")
        _at_risk(axes, part, -0.235 - 0.06 * row, label.split()[0], COLOURS[colour])
    heading = "at risk in the next year"
    axes.text(MARGIN, -0.175, heading, color="#444444", fontsize=9, transform=axes.transAxes)
    axes.set_xlim(0, HORIZON)
    axes.set_ylim(0, 1.02)
    axes.set_xticks(MARKS)
    axes.set_xlabel("years since the end of the episode")
    axes.set_ylabel("share not active again")
    axes.legend(loc="lower left")
    bare(axes)
    last = int(load("conflicts")["year"].max())
    episodes = int((frame["entry"] == 0).sum())
    ended = frame.loc[frame["entry"] == 0, "year"]
    caption(
        figure,
        TITLE,
        f"{episodes} episodes of internal conflict that ended {ended.min()}–{ended.max()}, to the "
        f"conflict's next active year or {last}, where the data stop (censored).\nAn episode counts as "
        "'with' from the year after peacekeepers are there, if sent since the conflict began; until then "
        "as 'without'.\n"
        "Association, not effect: not adjusted for which conflicts get peacekeepers. "
        "Bands: 95%, taking episodes as independent.",
        "Sources: UCDP conflict terminations, UCDP conflicts 24.1; pkstats registry (peacekeeping "
        "missions of all sponsors).",
    )
    return figure


def _curve(axes: Axes, curve: pd.DataFrame, colour: str, label: str) -> None:
    times = np.concatenate([[0.0], curve.index.to_numpy("float64"), [float(HORIZON)]])
    steps = {
        name: np.concatenate([[1.0], curve[name], curve[name].iloc[-1:]])
        for name in ("survival", "low", "high")
    }
    axes.step(times, steps["survival"], where="post", color=colour, linewidth=2.2, label=label)
    axes.fill_between(
        times, steps["low"], steps["high"], step="post", color=colour, alpha=0.18, linewidth=0
    )


def _at_risk(axes: Axes, part: pd.DataFrame, height: float, label: str, colour: str) -> None:
    """Write a row of numbers at risk below the axis; height in axes coordinates."""
    axes.text(
        MARGIN, height, label, color=colour, fontsize=9, transform=axes.transAxes, weight="bold"
    )
    for mark in MARKS:
        number = ((part["entry"] < mark + 1) & (part["exit"] >= mark + 1)).sum()
        place = axes.get_xaxis_transform()
        axes.text(mark, height, str(number), ha="center", transform=place, fontsize=9)
