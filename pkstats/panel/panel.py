"""`panel` and its one verb `add`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from pkstats.codebook import cite, table_names
from pkstats.errors import UnitMismatch, UnknownColumn, UnknownTable, suggestion
from pkstats.measures import measure
from pkstats.panel.convert import complete, convert
from pkstats.panel.native import Native, addable, native
from pkstats.panel.needs import Needs
from pkstats.panel.skeleton import chosen_missions, skeleton
from pkstats.panel.windows import window_of
from pkstats.registry.missions import AS_OF
from pkstats.units import YEARS, check_unique, join, key, whole_number


@dataclass(frozen=True)
class Panel:
    """One frame at one unit of analysis.

    Attributes
    ----------
    frame : DataFrame
        One row per key; `add` and `derive` bring columns and never change the rows.
    unit : str
        mission, mission-month, mission-year or state-year.
    missions : DataFrame
        The missions the panel was made for, with first and last month.
    sources : tuple of str
        What the panel owes citations to.
    notes : tuple of str
        What joining tables left out or repeated; printed with the panel.
    added : frozenset of (table, column)
        What `add` has brought.
    """

    frame: pd.DataFrame
    unit: str
    missions: pd.DataFrame = field(repr=False)
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    added: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)

    @property
    def key(self) -> tuple[str, ...]:
        """Key columns of the unit."""
        return key(self.unit)

    def add(
        self,
        *names: str,
        lag: int = 0,
        window: str = "during",
        years: int = 2,
        columns: Sequence[str] | None = None,
    ) -> Panel:
        """Return a panel with the columns of one or more tables.

        Parameters
        ----------
        *names : str
            Tables (`pkstats.tables()`).
        lag : int
            Take the value of that many periods earlier (months in a mission-month panel, years
            otherwise); columns get the suffix `_lag1`. Gaps in time stay gaps.
        window : {"during", "before", "after"}
            In a mission panel, for state-year tables: the mean over the deployment, or over the
            `years` before its first or after its last year; columns get the window as suffix.
        years : int
            Length of the window before or after.
        columns : str or sequence of str, optional
            Only these columns.

        Returns
        -------
        Panel
            With the same rows in the same order. A yearly table in a mission-month panel gives each
            month the value of its whole year, and a note says so.

        Raises
        ------
        UnitMismatch
            When a table would multiply rows, or was added before, or `lag` or `years` is not a
            whole number.
        UnknownTable
            When there is no such table.
        UnknownColumn
            When the table has no such column.

        Examples
        --------
        >>> import pkstats as pk
        >>> p = pk.panel("mission-year", 2000, 2020, sponsor="UN", kind="peacekeeping")
        >>> p = p.add("personnel").add("violence", lag=1, columns="one_sided_best")
        >>> {"troops", "one_sided_best_lag1"} <= set(p.frame)
        True
        """
        whole_number(lag, "lag", 0)
        whole_number(years, "years", 1)
        columns = [columns] if isinstance(columns, str) else columns
        panel = self
        for name in names:
            panel = panel._add_one(name, lag, window, years, columns)
        return panel

    def _add_one(
        self, name: str, lag: int, window: str, years: int, columns: Sequence[str] | None
    ) -> Panel:
        if name not in table_names():
            raise UnknownTable(
                f"No table is called {name!r}.{suggestion(name, addable())} "
                f"A panel takes: {', '.join(addable())}."
            )
        if self.unit == "state-year" and name in set(addable()) - set(addable(self.unit)):
            raise UnitMismatch(
                f"{name!r} counts rows of a mission; it cannot be split by host state."
            )
        table = complete(native(name), self.missions)
        if self.unit == "mission":
            part, on = self._by_mission(table, lag, window, years)
        else:
            if window != "during":
                raise UnitMismatch(f"window={window!r} is for mission panels; here use lag=.")
            part, on = self.by_time(table, lag)
        part = _only(part, on, columns, f"_lag{lag}" if lag else f"_{window}", name)
        self._refuse_twice(name, [column for column in part if column not in on])
        came = frozenset((name, column) for column in part if column not in on)
        part = part.rename(columns=_collisions(part, table, on, self.frame))
        frame = self.with_time(on)
        joined = join(frame, part, on, f"table {name!r}")
        return replace(
            self,
            frame=joined.drop(columns=[c for c in on if c not in self.frame]),
            sources=tuple(dict.fromkeys((*self.sources, name))),
            notes=tuple(dict.fromkeys((*self.notes, *self._remarks(table, part, on, frame, lag)))),
            added=self.added | came,
        )

    def _refuse_twice(self, name: str, columns: list[str]) -> None:
        """Raise UnitMismatch for columns of a table that were added before."""
        again = [column for column in columns if (name, column) in self.added]
        if again:
            raise UnitMismatch(
                f"The panel already has {', '.join(again[:5])}{' …' * (len(again) > 5)} of {name!r}. "
                "Take it with another lag=, or name only the columns you still need (columns=[…])."
            )

    def _remarks(
        self, table: Native, part: pd.DataFrame, on: tuple[str, ...], frame: pd.DataFrame, lag: int
    ) -> list[str]:
        """Say what a table leaves out of the panel, and what it repeats there."""
        found = [] if lag else _left_out(table, part, on, frame)
        if self.unit == "mission-month" and "year" in on:
            found.append(
                f"{table.name}: yearly, so every month has the value of its whole year, not a part of it"
            )
        return found

    def with_time(self, on: tuple[str, ...]) -> pd.DataFrame:
        """Return the frame with the year beside the month when a table is to be joined `on` the year."""
        if "year" in on and "year" not in self.frame:
            return self.frame.assign(year=self.frame["month"].dt.year.astype("int64"))
        return self.frame

    def by_time(self, table: Native, lag: int) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """Return `table` at the panel's unit, `lag` periods later, and the columns to join it on."""
        part = convert(table, self.unit, self.missions)
        owner = "state" if self.unit == "state-year" else "mission_id"
        time = "month" if "month" in part else "year"
        if time not in part:
            return part, (owner,)
        if lag:
            months = 12 if time == "year" and self.unit == "mission-month" else 1
            if lag % months:
                raise UnitMismatch(
                    f"{table.name!r} is yearly: in a mission-month panel its lag is a multiple of 12 "
                    f"months; found {lag}."
                )
            part = _shifted(part, table, owner, time, lag // months, lag, self)
        return part, (owner, time)

    def _by_mission(
        self, table: Native, lag: int, window: str, years: int
    ) -> tuple[pd.DataFrame, tuple[str, ...]]:
        if lag:
            raise UnitMismatch("A mission panel has no time to lag; use window='before'.")
        if table.unit == "state-year":
            return window_of(table, self.missions, window, years), ("mission_id",)
        if window != "during":
            raise UnitMismatch(f"{table.name!r} exists only during deployment.")
        return convert(table, self.unit, self.missions), ("mission_id",)

    def derive(self, *names: str) -> Panel:
        """Return a panel with derived measures, in the order named.

        A measure fetches the columns it needs itself; they need not be added first.

        Parameters
        ----------
        *names : str
            Measures (`pkstats.measures()`).

        Returns
        -------
        Panel
            With the same rows in the same order, and a column for each measure.

        Raises
        ------
        UnknownColumn
            When a measure does not exist.
        UnitMismatch
            When it is not defined at the panel's unit.
        """
        found = {name: measure(name) for name in names}
        for name, item in found.items():
            if self.unit not in item.units:
                raise UnitMismatch(
                    f"{name!r} is defined by {', '.join(item.units)}; this panel is by {self.unit}."
                )
        needs = Needs(self, found.values())
        columns = {name: item.function(*needs.arrays(item)) for name, item in found.items()}
        derived = pd.DataFrame(columns, index=self.frame.index)
        kept = self.frame.drop(columns=[name for name in columns if name in self.frame])
        sources = [need.table for item in found.values() for need in item.needs]
        return replace(
            self,
            frame=pd.concat([kept, derived], axis=1),
            sources=tuple(dict.fromkeys((*self.sources, *sources))),
        )

    def cite(self, style: str = "text") -> str:
        """Return the citations the panel owes; `style` is text or bibtex."""
        return cite(list(self.sources), style=style)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        rows, columns = self.frame.shape
        owner = self.key[0]
        head = (
            f"Panel by {self.unit}: {rows:,} rows, {columns} columns, "
            f"{self.frame[owner].nunique():,} {owner.replace('_id', '')}s, as of {AS_OF}"
        )
        tables = f"tables: {', '.join(self.sources) or 'none added yet'}"
        missing = self.frame.isna().mean().sort_values(ascending=False)
        gaps = [f"{name} {share:.0%}" for name, share in missing.head(5).items() if share > 0]
        lines = [head, tables, f"most missing: {', '.join(gaps)}" if gaps else "nothing missing"]
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        head = "<br>".join(repr(self).splitlines())
        return f"<p>{head}</p>{self.frame.head(8).to_html(index=False)}"


def _left_out(
    table: Native, part: pd.DataFrame, on: tuple[str, ...], frame: pd.DataFrame
) -> list[str]:
    """Say how many rows of the panel's own missions and years lie outside the missions' dates."""
    owner, *times = on
    if not times or table.unit == "state-year" or owner != "mission_id":
        return []
    time = times[0]
    inside = part[time].between(frame[time].min(), frame[time].max())
    near = part.loc[inside & part[owner].isin(frame[owner].unique()), list(on)]
    known = pd.MultiIndex.from_frame(frame[list(on)])
    count = int((~pd.MultiIndex.from_frame(near).isin(known)).sum())
    if not count:
        return []
    return [f"{table.name}: {time}s outside the missions' dates, left out: {count:,}"]


def _only(
    part: pd.DataFrame, on: tuple[str, ...], columns: Sequence[str] | None, ending: str, name: str
) -> pd.DataFrame:
    """Return the columns asked for, with or without the ending that a lag or window gives them."""
    if columns is None:
        return part
    known = [column for column in part if column not in on]
    wanted = [column if column in known else f"{column}{ending}" for column in columns]
    lacking = [asked for asked, column in zip(columns, wanted, strict=True) if column not in known]
    if lacking:
        raise UnknownColumn(
            f"Table {name!r} has no {', '.join(lacking)} here.{suggestion(lacking[0], known)} "
            f"It has: {', '.join(known)}."
        )
    return part[[*on, *wanted]]


def _collisions(
    part: pd.DataFrame, table: Native, on: tuple[str, ...], frame: pd.DataFrame
) -> dict[str, str]:
    """Prefix columns such as `total` and `source` that another table brought already."""
    return {
        name: f"{table.name}_{name}" for name in part if name not in on and name in frame.columns
    }


def _shifted(
    part: pd.DataFrame, table: Native, owner: str, time: str, steps: int, lag: int, panel: Panel
) -> pd.DataFrame:
    """Return values dated `steps` later; state tables of a mission keep the present hosts."""
    if table.unit == "state-year" and owner == "mission_id":
        moved = replace_time(table, steps)
        part = convert(moved, panel.unit, panel.missions)
    else:
        part = part.assign(**{time: part[time] + steps})
    names = {name: f"{name}_lag{lag}" for name in part if name not in (owner, time)}
    return part.rename(columns=names)


def replace_time(table: Native, steps: int) -> Native:
    """Return a state-year table whose values are dated `steps` years later."""
    frame = table.frame.assign(year=table.frame["year"] + steps)
    return replace(table, frame=frame)


def panel(
    unit: str,
    start: int | None = None,
    end: int | None = None,
    sponsor: str | Sequence[str] | None = None,
    kind: str | Sequence[str] | None = None,
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

    Returns
    -------
    Panel
        A state-year panel has every state of the system in every year, with or without a mission.

    Raises
    ------
    UnitMismatch
        For an unknown unit, sponsor or kind, when start lies after end or either is no whole number,
        and when no row would be left.

    Examples
    --------
    >>> import pkstats as pk
    >>> pk.panel("mission-month", 2014, 2014, sponsor="AU").frame["mission_id"].nunique() > 0
    True
    """
    columns = key(unit)
    for name, year in (("start", start), ("end", end)):
        if year is not None:
            whole_number(year, f"{name} is a calendar year: it", *YEARS)
    if start is not None and end is not None and start > end:
        raise UnitMismatch(f"Expected start ≤ end; found start={start}, end={end}.")
    chosen = kind if kind is not None or unit != "state-year" else "peacekeeping"
    missions = chosen_missions(start, end, sponsor, chosen)
    frame = skeleton(unit, missions, start, end)
    if frame.empty:
        raise UnitMismatch(
            f"Expected a panel with rows; no {'state' if unit == 'state-year' else 'mission'} of the "
            f"chosen kinds lies within start={start}, end={end}."
        )
    check_unique(frame, columns, f"the {unit} panel")
    return Panel(frame=frame, unit=unit, missions=missions)
