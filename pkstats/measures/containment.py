"""Containment: whether conflict spread to the states next door.

A neighbour is a state with a land border to a host; it has conflict in a year with 25 or more deaths
in state-based conflict on its soil. Conflict spreads where a neighbour has one that had none in the
two years before; one neighbour's peace does not make up for another's war. Hosts without neighbours
by land have no value: there is nothing to contain. A neighbour may be a host of the same mission, and
a war next door may have nothing to do with the mission's, and is the likelier the longer the window:
this is a description, not its doing.

Endings name the horizon as in `success`: any year of the window; missing where a window leaves the
years UCDP covers, and after an ongoing mission.
"""

from __future__ import annotations

import numpy as np

from pkstats.measures.arithmetic import flag
from pkstats.measures.registry import YEARLY, Need, register
from pkstats.measures.success import HORIZONS, PHRASES, timing

TABLE, NEAR, AT_WAR = "surroundings", "neighbours", "neighbours_at_war"
NEWLY = "neighbours_newly_at_war"
SOURCE = "UCDP (violence); Natural Earth (borders)"


def contained(neighbours: np.ndarray, newly: np.ndarray) -> np.ndarray:
    """Return 1 where no neighbour newly has conflict, else 0, shape (n,)."""
    near = np.where(neighbours > 0, neighbours, np.nan)
    return flag(newly == 0, near, newly)


@register(
    "outcome",
    "0 or 1",
    [Need(TABLE, NEAR), Need(TABLE, NEWLY)],
    "Containment: no neighbour with state-based conflict that had none in the two years before",
    units=YEARLY,
    source=SOURCE,
)
def containment(neighbours: np.ndarray, newly: np.ndarray) -> np.ndarray:
    """Return 1 where no neighbour newly has conflict in the year, else 0, shape (n,)."""
    return contained(neighbours, newly)


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
            Need(TABLE, NEAR, statistic="peak", **_window),
            Need(TABLE, NEWLY, statistic="peak", **_window),
        ],
        "Containment: in no year a neighbour with state-based conflict that had none in the two years "
        f"before it, {PHRASES[_horizon]}",
        timing=timing(_horizon),
        units=("mission",),
        source=SOURCE,
        name=f"containment_{_horizon}",
    )(contained)
