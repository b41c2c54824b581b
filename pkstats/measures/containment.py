"""Containment: whether conflict spread to the states next door.

A neighbour is a state with a land border to a host; it has conflict in a year with 25 or more deaths
in state-based conflict on its soil. Hosts without neighbours by land have no value: there is nothing
to contain. Several hosts are averaged. A neighbour may be a host of the same mission, and a war next
door may have nothing to do with the mission's: this is a description, not a mission's doing.

Endings name the horizon as in `success`: the window's yearly mean against the two years before
deployment; missing where a window leaves the years UCDP covers, and after an ongoing mission.
"""

from __future__ import annotations

import numpy as np

from pkstats.measures.arithmetic import flag
from pkstats.measures.registry import YEARLY, Need, register
from pkstats.measures.success import HORIZONS, PHRASES, timing

TABLE, NEAR, AT_WAR = "surroundings", "neighbours", "neighbours_at_war"
SOURCE = "UCDP (violence); Natural Earth (borders)"
ROUNDING = 1e-9


def contained(neighbours: np.ndarray, before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Return 1 where no more neighbours have conflict than before, else 0, shape (n,)."""
    near = np.where(neighbours > 0, neighbours, np.nan)
    return flag(now <= before + ROUNDING, near, before, now)


@register(
    "outcome",
    "0 or 1",
    [Need(TABLE, NEAR), Need(TABLE, AT_WAR, lag=1), Need(TABLE, AT_WAR)],
    "Containment: no more neighbours with state-based conflict than in the year before",
    units=YEARLY,
    source=SOURCE,
)
def containment(neighbours: np.ndarray, before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Return 1 where no more neighbours have conflict than the year before, else 0, shape (n,)."""
    return contained(neighbours, before, now)


@register(
    "context",
    "states",
    [Need(TABLE, AT_WAR, lag=1)],
    "How many states next door had state-based conflict the year before (0 where none is next door)",
    timing="before",
    units=YEARLY,
    source=SOURCE,
)
def neighbours_at_war_before(at_war: np.ndarray) -> np.ndarray:
    """Return neighbours with 25 or more deaths in state-based conflict the year before, (n,)."""
    return at_war


for _horizon, _window in HORIZONS.items():
    register(
        "outcome",
        "0 or 1",
        [
            Need(TABLE, NEAR, window="before"),
            Need(TABLE, AT_WAR, window="before"),
            Need(TABLE, AT_WAR, **_window),
        ],
        "Containment: no more neighbours with state-based conflict than in the two years before "
        f"deployment, by the yearly mean {PHRASES[_horizon]}",
        timing=timing(_horizon),
        units=("mission",),
        source=SOURCE,
        name=f"containment_{_horizon}",
    )(contained)
