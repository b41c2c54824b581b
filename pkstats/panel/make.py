"""`panel`: the rows of a unit of analysis, before any table is added."""

from __future__ import annotations

from collections.abc import Sequence

from pkstats.errors import UnitMismatch
from pkstats.panel.known import remarks
from pkstats.panel.panel import Panel
from pkstats.panel.scope import LEAST_KNOWN, scope_of, with_purpose
from pkstats.panel.skeleton import chosen_missions, skeleton
from pkstats.tables import load
from pkstats.tables.coverage import as_of
from pkstats.units import YEARS, check_unique, key, whole_number


def panel(
    unit: str,
    start: int | None = None,
    end: int | None = None,
    sponsor: str | Sequence[str] | None = None,
    kind: str | Sequence[str] | None = None,
    purpose: str | Sequence[str] | None = None,
    least_known: float = LEAST_KNOWN,
) -> Panel:
    """Return the rows of a panel at a unit of analysis; tables are added with `.add`.

    Parameters
    ----------
    unit : {"mission", "mission-month", "mission-year", "state-year"}
    start, end : int, optional
        First and last calendar year.
    sponsor : str or sequence of str, optional
        Only missions of these organisations (UN, AU, ECOWAS, EU, NATO, …, ad hoc).
    kind : str or sequence of str, optional
        Only missions of these kinds; a state-year panel counts peacekeeping missions by default,
        because political missions have no strength to report.
    purpose : str or sequence of str, optional
        What missions are there for (internal, interstate, buffer, administration); by default internal
        and administration. Others keep their rows, but nothing that happened in their hosts is put down
        to them, nor are they peacekeepers of a state-year. Where interstate or buffer is asked for,
        such missions have the battle deaths of UCDP's interstate conflicts between their hosts.
    least_known : float
        Missions with a figure for less of their deployed months are left out of a mean, and named.

    Returns
    -------
    Panel
        A state-year panel has every state of the system in every year, with or without a mission.
        Missions are known to the last month with a UN report of contributions, which the panel prints;
        a panel asked for later years says in `notes` that it ends before them.

    Raises
    ------
    UnitMismatch
        For an unknown unit, sponsor, kind or purpose, years that are none, and when no row is left.

    Examples
    --------
    >>> import pkstats as pk
    >>> pk.panel("mission-month", 2014, 2014, sponsor="AU").frame["mission_id"].nunique() > 0
    True
    """
    columns, scope = key(unit), scope_of(purpose, least_known)
    _check_years(start, end)
    chosen = kind if kind is not None or unit != "state-year" else "peacekeeping"
    missions = chosen_missions(start, end, sponsor, chosen)
    frame = skeleton(unit, missions, start, end)
    if frame.empty:
        raise UnitMismatch(_no_rows(unit, start, end))
    check_unique(frame, columns, f"the {unit} panel")
    missions = with_purpose(missions, load("hosts"))
    notes = tuple(remarks(unit, missions, end))
    return Panel(frame=frame, unit=unit, missions=missions, notes=notes, scope=scope)


def _check_years(start: int | None, end: int | None) -> None:
    """Raise UnitMismatch unless both are calendar years, in their order."""
    for name, year in (("start", start), ("end", end)):
        if year is not None:
            whole_number(year, f"{name} is a calendar year: it", *YEARS)
    if start is not None and end is not None and start > end:
        raise UnitMismatch(f"Expected start ≤ end; found start={start}, end={end}.")


def _no_rows(unit: str, start: int | None, end: int | None) -> str:
    """Say that a panel would have no rows, and to when missions are known."""
    return (
        f"Expected a panel with rows; no {'state' if unit == 'state-year' else 'mission'} of the "
        f"chosen kinds lies within start={start}, end={end}. Missions are known to {as_of()}."
    )
