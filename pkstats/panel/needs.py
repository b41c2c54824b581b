"""The columns measures need, at a panel's unit: fetched once, whatever was added before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pkstats.errors import UnknownColumn
from pkstats.measures.registry import Measure, Need, as_array
from pkstats.panel.convert import complete, convert
from pkstats.panel.native import Native, native
from pkstats.panel.skeleton import skeleton
from pkstats.panel.windows import window_of, yearly_after
from pkstats.units import UNITS, join

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pkstats.panel.panel import Panel

PAIRED_UNITS = ("mission", "mission-year")
TIMES = ("mission_id", "month", "state", "year")
LATE = 12


class Needs:
    """Fetches columns for measures; tables once converted are kept for the next measure."""

    def __init__(self, panel: Panel, measures: Iterable[Measure]) -> None:
        times = panel.frame[[name for name in TIMES if name in panel.frame]]
        self.panel = replace(panel, frame=times, sources=())
        self.measures = tuple(measures)
        self.tables: dict[str, Native] = {}
        self.parts: dict[tuple[object, ...], pd.DataFrame] = {}
        self.columns: dict[Need, np.ndarray] = {}
        self.months: Needs | None = None
        self.places = np.empty(0, dtype="int64")

    def arrays(self, measure: Measure) -> list[np.ndarray]:
        """Return one array per need of a measure, by the panel's rows."""
        if measure.paired and self.panel.unit in PAIRED_UNITS:
            return self._paired(measure)
        return [self.column(need) for need in measure.needs]

    def column(self, need: Need) -> np.ndarray:
        """Return one need by the panel's rows, shape (n,), or (n, years) for yearly ones."""
        if need not in self.columns:
            self.columns[need] = self._array(need)
        return self.columns[need]

    def _array(self, need: Need) -> np.ndarray:
        if need.table == "missions":
            known = self.panel.missions.set_index("mission_id")[need.column]
            return as_array(self.panel.frame["mission_id"].map(known))
        if need.statistic == "yearly":
            table = self._table(need)
            return yearly_after(table, self.panel.missions, need.column, need.years)
        part = self._part(need)
        lag = self._lag(need)
        endings = [f"_lag{lag}"] if lag else ["", f"_{need.window}"]
        if self.panel.unit == "mission" and self._table(need).unit != "state-year":
            endings = [f"_{need.statistic}", *([""] if need.statistic == "mean" else [])]
        for ending in endings:
            if f"{need.column}{ending}" in part:
                return as_array(part[f"{need.column}{ending}"])
        raise UnknownColumn(
            f"Table {need.table!r} has no {need.statistic} of {need.column!r} by {self.panel.unit}."
        )

    def _lag(self, need: Need) -> int:
        return need.lag * 12 if self.panel.unit == "mission-month" else need.lag

    def _table(self, need: Need) -> Native:
        """Return a table with only the columns that some measure needs, true zeros filled."""
        if need.table not in self.tables:
            found = native(need.table)
            wanted = {n.column for m in self.measures for n in m.needs if n.table == need.table}
            lacking = sorted(wanted - set(found.frame))
            if lacking:
                raise UnknownColumn(f"Table {need.table!r} has no column {', '.join(lacking)}.")
            keys = list(UNITS[found.unit])
            frame = found.frame[[*keys, *(name for name in found.frame if name in wanted)]]
            self.tables[need.table] = complete(replace(found, frame=frame), self.panel.missions)
        return self.tables[need.table]

    def _part(self, need: Need) -> pd.DataFrame:
        """Return a table's columns by the panel's rows."""
        table, panel, lag = self._table(need), self.panel, self._lag(need)
        windowed = panel.unit == "mission" and table.unit == "state-year"
        place = (need.table, lag, need.window, need.years, need.statistic if windowed else "")
        if place not in self.parts:
            if windowed:
                part = window_of(table, panel.missions, need.window, need.years, need.statistic)
                on: tuple[str, ...] = ("mission_id",)
            elif panel.unit == "mission":
                part, on = convert(table, panel.unit, panel.missions), ("mission_id",)
            else:
                part, on = panel.by_time(table, lag)
            self.parts[place] = join(panel.with_time(on), part, on, f"table {need.table!r}")
        return self.parts[place]

    def _paired(self, measure: Measure) -> list[np.ndarray]:
        """Return each need over the months in which all of them are known.

        Their mean; at entry the first such month, if within a year of the start; at peak the month
        in which the first need is largest.
        """
        months = self._by_month()
        values = np.column_stack([months.column(need) for need in measure.needs])
        rows = np.flatnonzero(~np.isnan(values).any(axis=1) & (self.places >= 0))
        statistic = measure.needs[0].statistic
        if statistic == "entry":
            rows = rows[self._first(months.panel.frame.iloc[rows])]
        elif statistic == "peak":
            rows = rows[_largest(months.panel.frame.iloc[rows], values[rows, 0])]
        count = len(self.panel.frame)
        months_known = np.bincount(self.places[rows], minlength=count).astype("float64")
        months_known[months_known == 0] = np.nan
        return [
            np.bincount(self.places[rows], weights=column, minlength=count) / months_known
            for column in values[rows].T
        ]

    def _by_month(self) -> Needs:
        """Return the needs of the same missions by month, and note each month's row here."""
        if self.months is None:
            frame = skeleton("mission-month", self.panel.missions, None, None)
            months = replace(self.panel, frame=frame, unit="mission-month")
            self.months = Needs(months, self.measures)
            owners = frame["mission_id"]
            if self.panel.unit == "mission":
                self.places = pd.Index(self.panel.frame["mission_id"]).get_indexer(owners)
            else:
                keys = pd.MultiIndex.from_frame(self.panel.frame[["mission_id", "year"]])
                wanted = pd.MultiIndex.from_arrays([owners, frame["month"].dt.year.astype("int64")])
                self.places = keys.get_indexer(wanted)
        return self.months

    def _first(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the places of each mission's first row, if within a year of its start."""
        starts = self.panel.missions.set_index("mission_id")["first_month"]
        age = frame["month"].astype("int64") - frame["mission_id"].map(starts).astype("int64")
        return np.flatnonzero(~frame.duplicated("mission_id") & (age <= LATE))


def _largest(frame: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """Return the places of each mission's row with the largest value, the earliest of several."""
    order = np.argsort(-values, kind="stable")
    return order[~frame["mission_id"].iloc[order].duplicated().to_numpy()]
