"""The columns measures need, at a panel's unit: fetched once, whatever was added before."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pkstats.errors import UnknownColumn
from pkstats.measures.registry import Measure, Need, as_array
from pkstats.panel.aggregate import NOBODY, Converted, together
from pkstats.panel.convert import complete, convert
from pkstats.panel.native import Native, native
from pkstats.panel.parts import in_panel, purposes_told, told
from pkstats.panel.skeleton import skeleton
from pkstats.panel.windows import window_of, yearly_after
from pkstats.units import UNITS, join

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pkstats.panel.panel import Panel

PAIRED_UNITS = ("mission", "mission-year")
TIMES = ("mission_id", "month", "state", "year")
LATE = 12


def derived(
    panel: Panel, measures: Iterable[Measure]
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return measures by a panel's rows, the missions they leave out, and what to say of both.

    Beside a measure that is aggregated over months stands how many it rests on.
    """
    items = list(measures)
    needs = Needs(panel, items)
    columns: dict[str, object] = {}
    for item in items:
        columns[item.name] = item.function(*needs.arrays(item))
        months = needs.rests_on(item)
        if months is not None:
            columns[f"{item.name}_months"] = pd.array(months, dtype="Float64").astype("Int64")
    lost, notes = NOBODY, []
    for table in needs.tables.values():
        notes += purposes_told(table, panel.missions, panel.scope, panel.unit)
    for name, part in needs.lost.items():
        lost = together(lost, part.assign(table=name))
        notes += told(part, name, panel.unit, panel.scope.least_known)
    return pd.DataFrame(columns, index=panel.frame.index), lost, notes


class Needs:
    """Fetches columns for measures; tables once converted are kept for the next measure."""

    def __init__(self, panel: Panel, measures: Iterable[Measure]) -> None:
        times = panel.frame[[name for name in TIMES if name in panel.frame]]
        self.panel = replace(panel, frame=times, sources=())
        self.measures = tuple(measures)
        self.tables: dict[str, Native] = {}
        self.parts: dict[tuple[object, ...], Converted] = {}
        self.columns: dict[tuple[Need, bool], np.ndarray] = {}
        self.lost: dict[str, pd.DataFrame] = {}
        self.months: Needs | None = None
        self.places = np.empty(0, dtype="int64")

    def arrays(self, measure: Measure) -> list[np.ndarray]:
        """Return one array per need of a measure, by the panel's rows.

        An outcome takes nothing from host states that the mission is in for another purpose.
        """
        if measure.paired and self.panel.unit in PAIRED_UNITS:
            return self._paired(measure)
        self._note_lost(measure)
        return [self.column(need, measure.role == "outcome") for need in measure.needs]

    def rests_on(self, measure: Measure) -> np.ndarray | None:
        """Return the months that a measure rests on, by the panel's rows; None where none are counted.

        Of needs that rest on different months, the fewest.
        """
        if measure.paired and self.panel.unit in PAIRED_UNITS:
            return self._known_in_all(measure)[1].astype("float64")
        found = []
        for need in measure.needs:
            if need.table != "missions" and need.statistic in ("mean", "peak"):
                name = f"{need.column}_months" + (f"_lag{need.lag}" if need.lag else "")
                part = self._part(need, measure.role == "outcome").frame
                if name in part:
                    found.append(as_array(part[name]))
        return np.minimum.reduce(found) if found else None

    def column(self, need: Need, strict: bool = False) -> np.ndarray:
        """Return one need by the panel's rows, shape (n,), or (n, years) for yearly ones.

        Where it is `strict`, every column of a state table counts as telling of events.
        """
        if (need, strict) not in self.columns:
            self.columns[need, strict] = self._array(need, strict)
        return self.columns[need, strict]

    def _array(self, need: Need, strict: bool) -> np.ndarray:
        if need.table == "missions":
            known = self.panel.missions.set_index("mission_id")[need.column]
            return as_array(self.panel.frame["mission_id"].map(known))
        if need.statistic == "yearly":
            table = self._table(need, strict)
            missions, scope = self.panel.missions, self.panel.scope
            return yearly_after(table, missions, need.column, need.years, scope)
        part = self._part(need, strict).frame
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

    def _note_lost(self, measure: Measure) -> None:
        """Keep which missions a measure lacks because too few of their months have a figure."""
        parts = []
        for need in measure.needs:
            if need.table != "missions" and need.statistic in ("mean", "peak"):
                lost = self._part(need, measure.role == "outcome").left_out
                lost = in_panel(lost, self.panel.frame, self.panel.unit, need.lag)
                parts.append(lost[lost["column"] == need.column])
        if any(len(part) for part in parts):
            self.lost[measure.name] = pd.concat([part for part in parts if len(part)])

    def _lag(self, need: Need) -> int:
        return need.lag * 12 if self.panel.unit == "mission-month" else need.lag

    def _table(self, need: Need, strict: bool = False) -> Native:
        """Return a table with only the columns that some measure needs, true zeros filled."""
        table = self._kept_table(need)
        events = frozenset(table.frame) - set(UNITS[table.unit])
        return replace(table, events=events) if strict else table

    def _kept_table(self, need: Need) -> Native:
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

    def _part(self, need: Need, strict: bool = False) -> Converted:
        """Return a table's columns by the panel's rows, and the missions left out."""
        strict = strict and self._kept_table(need).unit == "state-year"
        table, panel, lag = self._table(need, strict), self.panel, self._lag(need)
        windowed = panel.unit == "mission" and table.unit == "state-year"
        statistic = need.statistic if windowed else ""
        place = (need.table, strict, lag, need.window, need.years, statistic)
        if place not in self.parts:
            on: tuple[str, ...] = ("mission_id",)
            if windowed:
                found = Converted(
                    window_of(
                        table, panel.missions, need.window, need.years, panel.scope, need.statistic
                    )
                )
            elif panel.unit == "mission":
                found = convert(table, panel.unit, panel.missions, panel.scope)
            else:
                found, on = panel.by_time(table, lag)
            frame = join(panel.with_time(on), found.frame, on, f"table {need.table!r}")
            self.parts[place] = replace(found, frame=frame)
        return self.parts[place]

    def _paired(self, measure: Measure) -> list[np.ndarray]:
        """Return each need over the months in which all of them are known.

        Their mean; at entry the first such month, if within a year of the start; at peak the month
        in which the first need is largest. A mean or a peak needs enough of the deployed months.
        """
        months = self._by_month()
        values, known, deployed, rows = self._known_in_all(measure)
        statistic = measure.needs[0].statistic
        enough = known >= np.maximum(deployed * self.panel.scope.least_known, 1)
        if statistic == "entry":
            rows = rows[self._first(months.panel.frame.iloc[rows])]
            enough = np.ones_like(enough)
        elif statistic == "peak":
            rows = rows[_largest(months.panel.frame.iloc[rows], values[rows, 0])]
        count = len(self.panel.frame)
        number = np.bincount(self.places[rows], minlength=count).astype("float64")
        number[(number == 0) | ~enough] = np.nan
        self._lost_pairs(measure.name, known, deployed, (known > 0) & ~enough)
        return [
            np.bincount(self.places[rows], weights=column, minlength=count) / number
            for column in values[rows].T
        ]

    def _known_in_all(
        self, measure: Measure
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return needs by month, months with all of them and months deployed by row, and the former.

        Shapes (months, needs), (n,), (n,) and (months known,).
        """
        months, strict = self._by_month(), measure.role == "outcome"
        values = np.column_stack([months.column(need, strict) for need in measure.needs])
        rows = np.flatnonzero(~np.isnan(values).any(axis=1) & (self.places >= 0))
        count = len(self.panel.frame)
        known = np.bincount(self.places[rows], minlength=count)
        deployed = np.bincount(self.places[self.places >= 0], minlength=count)
        return values, known, deployed, rows

    def _lost_pairs(
        self, name: str, known: np.ndarray, deployed: np.ndarray, out: np.ndarray
    ) -> None:
        """Keep the rows that a measure of pairs lacks because too few of their months are known."""
        if out.any():
            keys = [key for key in ("mission_id", "year") if key in self.panel.frame]
            lost = self.panel.frame.loc[out, keys].reset_index(drop=True)
            lost.insert(0, "column", name)
            self.lost[name] = lost.assign(known=known[out], deployed=deployed[out])

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
