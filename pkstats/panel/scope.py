"""What a panel asks for: the purposes its missions are judged by, and how much of a window is enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING

from pkstats.codebook import table
from pkstats.errors import UnitMismatch, suggestion
from pkstats.text import cut

if TYPE_CHECKING:
    import pandas as pd

# Within a host: its own conflict, or a territory that a mission governs.
INSIDE = ("internal", "administration")
BETWEEN = ("interstate", "buffer")
LEAST_KNOWN = 0.5
# So many missions are named in a note.
NAMED = 8


@dataclass(frozen=True, slots=True)
class Scope:
    """What counts in a panel.

    Attributes
    ----------
    purposes : tuple of str
        Host states count only where a mission is there for one of these (`hosts.purpose`).
    least_known : float
        The share of a window's deployed months that must have a figure.
    """

    purposes: tuple[str, ...] = INSIDE
    least_known: float = LEAST_KNOWN

    def asked(self, hosts: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of `hosts` that are hosts proper, for a purpose asked for."""
        return hosts[(hosts["role"] == "host") & hosts["purpose"].isin(self.purposes)]


def scope_of(purpose: str | Sequence[str] | None, least_known: float) -> Scope:
    """Return the scope of a panel.

    Raises
    ------
    UnitMismatch
        For an unknown purpose, and a share that does not lie between 0 and 1.
    """
    known = table("hosts").columns["purpose"].allowed
    if purpose is None:
        asked: tuple[object, ...] = INSIDE
    else:
        asked = (purpose,) if isinstance(purpose, str) or not _listed(purpose) else tuple(purpose)
    for one in asked:
        if one not in known:
            raise UnitMismatch(
                f"No mission has purpose {cut(repr(one))}.{suggestion(cut(one), known)} "
                f"Known: {', '.join(known)}."
            )
    if not asked:
        raise UnitMismatch(f"Expected one purpose or more of {', '.join(known)}; found none.")
    if not isinstance(least_known, Real) or isinstance(least_known, bool):
        raise UnitMismatch(f"least_known is a share from 0 to 1; found {cut(repr(least_known))}.")
    if not 0 <= float(least_known) <= 1:
        raise UnitMismatch(f"least_known is a share from 0 to 1; found {least_known}.")
    return Scope(tuple(str(one) for one in dict.fromkeys(asked)), float(least_known))


def _listed(value: object) -> bool:
    return isinstance(value, (list, tuple, set, frozenset))


def with_purpose(missions: pd.DataFrame, hosts: pd.DataFrame) -> pd.DataFrame:
    """Return missions with the purposes of their hosts, joined by commas where there are several."""
    own = hosts[(hosts["role"] == "host") & hosts["purpose"].notna()]
    found = own.groupby("mission_id")["purpose"].agg(
        lambda spells: ", ".join(dict.fromkeys(spells))
    )
    return missions.assign(purpose=missions["mission_id"].map(found).astype("str"))


def outside(missions: pd.DataFrame, scope: Scope) -> dict[str, str]:
    """Return the missions none of whose hosts has a purpose asked for, and their purposes."""
    found = {}
    for name, purposes in zip(missions["mission_id"], missions["purpose"], strict=True):
        own = str(purposes).split(", ") if isinstance(purposes, str) else []
        if not set(own) & set(scope.purposes):
            found[str(name)] = ", ".join(own) or "not coded"
    return found


def outside_note(missions: pd.DataFrame, scope: Scope, unit: str, own: str = "") -> list[str]:
    """Say which missions are outside the purposes asked for, and what that means at a unit.

    A user's `own` table by state is taken as it is.
    """
    found = outside(missions, scope)
    if not found:
        return []
    named = [f"{name} ({purpose})" for name, purpose in list(found.items())[:NAMED]]
    more = f" and {len(found) - NAMED} more (panel.missions)" if len(found) > NAMED else ""
    what = "nothing of their hosts' conflicts"
    if unit == "state-year":
        what = "not counted as peacekeepers"
    elif own:
        what = f"{own}: the hosts' values as they are, also"
    head = what if own else f"purpose={', '.join(scope.purposes)}: {what}"
    return [
        f"{head} for {len(found)} missions that are there for something else: "
        f"{', '.join(named)}{more}"
    ]
