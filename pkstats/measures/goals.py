"""Core and extended goals after Diehl and Druckman: the share reached, of those that are known.

Diehl and Druckman (2010, Evaluating Peace Operations) judge every peace operation by three core
goals, violence abatement, containment and settlement, and operations with wider mandates by more.
Here each goal is one registered measure of 0 and 1, or a change that counts as reached when it is
above zero. The goals are ours in number and in measurement: it is not their coding.
"""

from __future__ import annotations

import numpy as np

from pkstats.measures.arithmetic import fell, flag
from pkstats.measures.containment import SOURCE as BORDERS
from pkstats.measures.recovery import UNHCR
from pkstats.measures.registry import Measure, Need, measure, register
from pkstats.measures.success import HORIZONS, PHRASES, timing

CORE = ("violence_abatement", "containment", "settlement")
EXTENDED = (
    "civilian_abatement",
    "democracy_change",
    "refugees_fell",
    "aid_workers_safer",
    "income_growth",
)
CORE_KNOWN, EXTENDED_KNOWN = 2, 3
BOOK = "Diehl and Druckman 2010"


def fell_from_before(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return 1 where a count fell from before deployment or is zero, else 0, shape (n,)."""
    return fell(now, before)


for _stem, _table, _column, _text, _source in (
    ("refugees_fell", "displacement", "refugees", "Fewer refugees from the host states (or none)",
     UNHCR),
    ("aid_workers_safer", "aid_workers", "killed", "Fewer aid workers killed in the host states "
     "(or none)", "AWSD"),
):  # fmt: skip
    for _horizon, _window in HORIZONS.items():
        register(
            "outcome",
            "0 or 1",
            [Need(_table, _column, **_window), Need(_table, _column, window="before")],
            f"{_text} than in the two years before deployment, by the yearly mean "
            f"{PHRASES[_horizon]}",
            timing=timing(_horizon),
            units=("mission",),
            source=_source,
            name=f"{_stem}_{_horizon}",
        )(fell_from_before)


def share_reached(goals: np.ndarray, least: int) -> np.ndarray:
    """Return the share of known goals above zero, shape (n,); goals (goals, n).

    Missing where fewer than `least` goals are known.
    """
    reached = np.stack([flag(goal > 0, goal) for goal in goals])
    count = (~np.isnan(reached)).sum(axis=0)
    return np.where(count >= least, np.nansum(reached, axis=0) / np.maximum(count, 1), np.nan)


def goal_values(items: tuple[Measure, ...], columns: tuple[np.ndarray, ...]) -> np.ndarray:
    """Return each goal's measure from the columns of all of them in order, shape (goals, n)."""
    values, start = [], 0
    for item in items:
        stop = start + len(item.needs)
        values.append(item.function(*columns[start:stop]))
        start = stop
    return np.stack(values)


def _composite(
    name: str, stems: tuple[str, ...], least: int, horizon: str, what: str, sources: str
) -> None:
    """Register one composite at one horizon."""
    items = tuple(measure(f"{stem}_{horizon}") for stem in stems)

    def goals(*columns: np.ndarray) -> np.ndarray:
        """Return the share of known goals reached, shape (n,); missing where too few are known."""
        return share_reached(goal_values(items, columns), least)

    register(
        "outcome",
        "share of goals known",
        [need for item in items for need in item.needs],
        f"{what} reached {PHRASES[horizon]}; missing with fewer than {least} known",
        timing=timing(horizon),
        units=("mission",),
        source=f"after {BOOK}; {sources}",
        name=f"{name}_{horizon}",
    )(goals)


for _horizon in HORIZONS:
    _composite(
        "core_goals",
        CORE,
        CORE_KNOWN,
        _horizon,
        "Core goals after Diehl and Druckman (violence abated, conflict contained, agreement "
        "signed): share",
        f"UCDP (agreements); {BORDERS}",
    )
    _composite(
        "extended_goals",
        EXTENDED,
        EXTENDED_KNOWN,
        _horizon,
        "Extended goals after Diehl and Druckman (civilians, democracy, refugees, aid workers, "
        "income better than before): share",
        "UCDP; V-Dem; UNHCR; AWSD; Fariss et al.",
    )
