"""Registry tables as processed tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkstats.registry import aliases_table, hosts_table, missions_table, states_table
from pkstats.tables.builders.personnel import side_by_side
from pkstats.tables.dates import last_report

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.codebook.model import Table
    from pkstats.tables.recipe import Workshop


def missions(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return the registry of missions."""
    return missions_table()


def aliases(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return every label and what it means; the first reading of a label in a place wins."""
    frame = aliases_table()
    return frame.drop_duplicates(list(table.key))


def hosts(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return hosts with validity and weight; an open start or end is the mission's own."""
    frame = hosts_table()
    unknown = frame["from"].isna().to_numpy()
    workshop.put_aside(table.name, frame[unknown], frame["mission_id"][unknown], "no start known")
    return frame[~unknown]


def states(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return the state system with its codes, year by year, as far as missions are known."""
    known = missions_table()[["start", "end"]].max().max().year
    return states_table(max(last_report(side_by_side(workshop)).year, known))
