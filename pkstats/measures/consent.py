"""Consent of the host state: what it does to the mission, and whether it sent it away."""

from __future__ import annotations

import numpy as np

from pkstats.measures.collaboration import PACT, item
from pkstats.measures.registry import Need, register

# A mission that was relabelled or split went on under other names: how it ended is told by the last of them.
ENDINGS = (
    "completed",
    "handed over",
    "consent withdrawn",
    "terminated early",
    "overrun",
    "replaced",
)
WENT_ON = ("relabelled", "split")
EXITS = (*ENDINGS, *WENT_ON)
REGISTRY = "mission registry (exit, coded by pkstats)"

for _name, _column, _text in (
    ("host_hostility", "host_restrictions", "by words, physically or violently"),
    ("host_violence_share", "host_violence", "violently"),
):
    register(
        "consent",
        "share of months",
        [Need("activity_months", _column)],
        f"How regularly the host government restricts the mission {_text}",
        source=PACT,
        name=_name,
        paired=True,
    )(item)


def ended_as(exits: np.ndarray, *which: str) -> np.ndarray:
    """Return 1 where a mission ended in one of the ways named, 0 where in another, shape (n,).

    Missions that are ongoing or went on under another name, and exits not coded, are missing, never 0.
    """
    known = np.isin(exits.astype(str), ENDINGS)
    return np.where(known, np.isin(exits.astype(str), which), np.nan).astype("float64")


@register(
    "consent",
    "category",
    [Need("missions", "exit")],
    "How the mission ended: completed, handed over, relabelled, split, replaced, overrun, consent "
    "withdrawn or terminated early",
    timing="after",
    units=("mission",),
    source=REGISTRY,
)
def exit_category(exits: np.ndarray) -> np.ndarray:
    """Return how the mission ended, shape (n,); missing while ongoing and where not coded."""
    out = np.full(len(exits), None, dtype=object)
    known = np.isin(exits.astype(str), EXITS)
    out[known] = exits[known]
    return out


@register(
    "consent",
    "0 or 1",
    [Need("missions", "exit")],
    "The mission ended because the host or a party withdrew consent",
    timing="after",
    units=("mission",),
    source=REGISTRY,
)
def consent_withdrawn(exits: np.ndarray) -> np.ndarray:
    """Return 1 where consent was withdrawn, 0 where the mission ended otherwise, shape (n,)."""
    return ended_as(exits, "consent withdrawn")


@register(
    "outcome",
    "0 or 1",
    [Need("missions", "exit")],
    "The mission completed its mandate or handed it over, rather than being sent away or cut short",
    timing="after",
    units=("mission",),
    source=REGISTRY,
)
def mandate_completed(exits: np.ndarray) -> np.ndarray:
    """Return 1 where completed or handed over, 0 where sent away, cut short, overrun or replaced.

    Shape (n,); missing while ongoing, where relabelled or split, and where not coded. A handover is to
    a successor, which may itself fail: the mandate left the mission's hands in order, no more.
    """
    return ended_as(exits, "completed", "handed over")
