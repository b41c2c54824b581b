"""Geo-PKO: number the deployments of a place and year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pkstats.sources.keys import later, repeated, same_cells

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table

PLACE = ["label", "year", "country", "location"]


def settle(table: Table, plan: Layout) -> None:
    """Number rows of one mission, year and place; set aside rows that repeat another entirely."""
    place = same_cells(table, PLACE)
    rows = np.flatnonzero(table.good & (np.bincount(place) > 1)[place])
    # Maps of one year differ most often in the troops they show at a place.
    others = ["troops", "headquarters", *(name for name in table if name not in PLACE)]
    again = later(*repeated(table, others, rows, place[rows]), len(table))

    def values(table: Table, rows: np.ndarray) -> list[str]:
        return [
            ", ".join(map(str, cells))
            for cells in zip(*(table.at(n, rows) for n in PLACE), strict=True)
        ]

    table.put_aside(again, "mission", values, "repeats an earlier row")
    kept = rows[table.good[rows]]
    place = place[kept]
    # Rows of one place side by side, in the file's order: a row's number is its distance from the first.
    order = np.argsort(place, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(place))[:-1]])
    deployment = np.ones(len(table), dtype="int64")
    deployment[kept[order]] = np.arange(len(place)) - starts[place[order]] + 1
    column = pd.arrays.IntegerArray(deployment, np.zeros(len(table), dtype=bool))
    table.keyed = True
    table.insert({"deployment": column}, before="latitude")
    further = int((deployment > 1).sum())
    table.report.note(f"{further:,} rows are further deployments of a mission, year and place")
