"""To when missions are known, and what a panel that asks for more has to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from pkstats.registry.missions import coded
from pkstats.tables import load
from pkstats.tables.coverage import as_of, as_of_month
from pkstats.tables.dates import REPORTS

if TYPE_CHECKING:
    from collections.abc import Iterable

NAMED = 10
DECEMBER = 12


def remarks(unit: str, missions: pd.DataFrame, end: int | None) -> list[str]:
    """Return what to say of a panel: that it ends before the years asked for, and what is taken on trust.

    Parameters
    ----------
    missions : DataFrame
        The missions of the panel, with first and last month.
    end : int or None
        The last year asked for.
    """
    today, said = as_of_month(), []
    over = today.year if today.month == DECEMBER else today.year - 1
    if end is not None and end > over:
        rows = "states are listed" if unit == "state-year" else "ongoing missions are followed"
        said.append(
            f"asked to the end of {end}: missions are known to {as_of()}, and {rows} to then"
        )
    if (later := _later(missions, today)) and (end is None or end >= int(coded()[:4])):
        said.append(later)
    return said


def _later(missions: pd.DataFrame, today: pd.Period) -> str:
    """Say how missions are taken that the registry calls ongoing on a day before the as-of date."""
    ongoing = missions.loc[missions["exit"] == "ongoing", "mission_id"]
    day = pd.Period(coded()[:7], "M")
    if day >= today or ongoing.empty:
        return ""
    personnel = load("personnel")
    reports = personnel[personnel["source"] == REPORTS]
    before = set(reports.loc[reports["month"] == day, "mission_id"])
    silent = before & set(ongoing) - set(reports.loc[reports["month"] == today, "mission_id"])
    text = f"the registry is of {coded()}: missions ongoing then are taken to go on to {as_of()}"
    if silent:
        text += f", though the last UN report no longer has {_listed(sorted(silent))}"
    return text


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"
