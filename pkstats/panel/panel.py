"""A panel and its verbs: `add` tables, `join` your own, `derive` measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from pkstats.codebook import cite, table, table_names
from pkstats.errors import UnitMismatch, UnknownTable, suggestion
from pkstats.measures import measure
from pkstats.panel.aggregate import NOBODY, Converted, together
from pkstats.panel.convert import complete, convert
from pkstats.panel.describe import described
from pkstats.panel.native import Native, addable, native
from pkstats.panel.needs import derived
from pkstats.panel.origin import Origin, of_measures, of_table, renamed
from pkstats.panel.own import outside, own_table
from pkstats.panel.parts import (
    COUNTS,
    collisions,
    lost_from,
    only,
    outside_dates,
    overlaps,
    purposes_told,
    refuse_twice,
    shifted,
    told,
)
from pkstats.panel.scope import Scope
from pkstats.panel.windows import window_of
from pkstats.tables.coverage import as_of
from pkstats.text import cut, for_html
from pkstats.units import join, key, whole_number


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
        What `add` and `join` have brought.
    owed : tuple of str
        Citations of the user's own tables.
    scope : Scope
        The purposes that missions are judged by, and the share of a window that must be known.
    left_out : DataFrame
        Missions left out of a column for want of figures: table (or measure), column, mission_id, year,
        months known and deployed.
    origins : mapping of str to Origin
        Timing, role and tables of the columns that `add` and `derive` made; nothing is assumed of a
        column for its name.
    """

    frame: pd.DataFrame
    unit: str
    missions: pd.DataFrame = field(repr=False)
    sources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    added: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)
    owed: tuple[str, ...] = ()
    scope: Scope = field(default_factory=Scope, repr=False)
    left_out: pd.DataFrame = field(default_factory=NOBODY.copy, repr=False)
    origins: Mapping[str, Origin] = field(default_factory=dict, repr=False)

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
        panel = self
        for name in names:
            panel = panel._add_one(name, lag, window, years, columns)
        return panel

    def _add_one(
        self, name: str, lag: int, window: str, years: int, columns: Sequence[str] | None
    ) -> Panel:
        if not isinstance(name, str) or name not in table_names():
            homes = [home for home in addable(self.unit) if name in list(table(home).columns)]
            held = f" It is a column of {', '.join(homes)} (columns=[{name!r}])." if homes else ""
            raise UnknownTable(
                f"No table is called {cut(repr(name))}.{held or suggestion(cut(name), addable())} "
                f"A panel takes: {', '.join(addable())}."
            )
        if self.unit == "state-year" and name in set(addable()) - set(addable(self.unit)):
            raise UnitMismatch(
                f"{name!r} counts rows of a mission; it cannot be split by host state."
            )
        brought = complete(native(name), self.missions)
        panel = self._bring(brought, lag, window, years, columns)
        return replace(panel, sources=tuple(dict.fromkeys((*self.sources, name))))

    def join(
        self,
        frame: pd.DataFrame,
        owner: str,
        *,
        scheme: str | None = None,
        time: str | None = None,
        columns: Sequence[str] | None = None,
        sums: Sequence[str] = (),
        lag: int = 0,
        window: str = "during",
        years: int = 2,
        name: str = "own",
        source: str = "",
    ) -> Panel:
        """Return a panel with columns of a table of your own.

        Parameters
        ----------
        frame : DataFrame
            One row per mission or state, and year or month.
        owner : str
            Its column of missions (any known label) or, with a scheme, of states.
        scheme : {"gw", "cow", "polity", "m49", "iso3", "iso2", "name"}, optional
            How states are written; codes are those in force in the row's year. Where numbers read as
            "gw" or "cow" mean other states in Polity's numbering, a note says so.
        time : str, optional
            Column of years, or of months such as 2004-06; by default `year` or `month`.
        sums : sequence of str
            Columns added up over months and host states (people, money); the others are averaged.
        columns, lag, window, years
            As in `add`.
        name, source : str
            What notes call the table, and its citation.

        Returns
        -------
        Panel
            With the same rows in the same order. Notes say how many rows of the table lie outside the
            panel, and which labels are no known state or mission. Two rows for one key are refused.

        Examples
        --------
        >>> import pandas as pd
        >>> import pkstats as pk
        >>> aid = pd.DataFrame({"ccode": [645, 999], "year": [2001, 2001], "aid": [3.5, 1.2]})
        >>> p = pk.panel("state-year", 2000, 2002).join(aid, "ccode", scheme="cow")
        >>> float(p.frame["aid"].sum()), p.notes[0]
        (3.5, 'own: rows of no known state, left out: 1 (999)')
        """
        table, notes = own_table(frame, owner, scheme, time, sums, name)
        if self.unit == "state-year" and scheme is None:
            raise UnitMismatch(
                f"{name!r} is by mission and cannot be split by host state. If its {owner!r} has "
                "states, say how they are written (scheme=)."
            )
        panel = self._bring(table, lag, window, years, columns, own=True)
        owed = f"{name}: {source or 'your own table, without a citation (source=)'}"
        said = tuple(dict.fromkeys((*self.notes, *notes, *panel.notes)))
        return replace(panel, notes=said, owed=tuple(dict.fromkeys((*self.owed, owed))))

    def _bring(
        self,
        table: Native,
        lag: int,
        window: str,
        years: int,
        columns: Sequence[str] | None,
        own: bool = False,
    ) -> Panel:
        """Return a panel with the columns of one table that is ready to join."""
        whole_number(lag, "lag", 0)
        whole_number(years, "years", 1)
        name = table.name
        if self.unit == "mission":
            found, on = self._by_mission(table, lag, window, years)
        else:
            if window != "during":
                raise UnitMismatch(f"window={window!r} is for mission panels; here use lag=.")
            overlaps(table, self.frame, lag)
            found, on = self.by_time(table, lag)
        part = only(found.frame, on, columns, f"_lag{lag}" if lag else f"_{window}", name)
        again = [one for one in part if (name, one) in self.added and COUNTS.search(one)]
        part = part.drop(columns=again)
        brought = [column for column in part if column not in on]
        refuse_twice(name, brought, self.added)
        room = collisions(part, table, on, self.frame)
        origins = {} if own else of_table(name, brought, room, lag, window)
        part = part.rename(columns=room)
        frame = self.with_time(on)
        joined = join(frame, part, on, f"table {name!r}")
        remarks = outside(table, part, on, frame) if own else []
        if not own and not lag:
            remarks = outside_dates(table, self.missions, on, frame)
        remarks += purposes_told(table, self.missions, self.scope, self.unit)
        lost = lost_from(found, part, self.frame, self.unit, lag).assign(table=name)
        remarks += told(lost, name, self.unit, self.scope.least_known)
        if self.unit == "mission-month" and "year" in on:
            remarks.append(
                f"{name}: yearly, so every month has the value of its whole year, not a part of it"
            )
        return replace(
            self,
            frame=joined.drop(columns=[c for c in on if c not in self.frame]),
            notes=tuple(dict.fromkeys((*self.notes, *remarks))),
            added=self.added | {(name, column) for column in brought},
            origins={**self.origins, **origins},
            left_out=together(self.left_out, lost),
        )

    def with_time(self, on: tuple[str, ...]) -> pd.DataFrame:
        """Return the frame with the year beside the month when a table is to be joined `on` the year."""
        if "year" in on and "year" not in self.frame:
            return self.frame.assign(year=self.frame["month"].dt.year.astype("int64"))
        return self.frame

    def by_time(self, table: Native, lag: int) -> tuple[Converted, tuple[str, ...]]:
        """Return `table` at the panel's unit, `lag` periods later, and the columns to join it on."""
        found = convert(table, self.unit, self.missions, self.scope)
        part = found.frame
        owner = "state" if self.unit == "state-year" else "mission_id"
        time = "month" if "month" in part else "year"
        if time not in part:
            return found, (owner,)
        if lag:
            months = 12 if time == "year" and self.unit == "mission-month" else 1
            if lag % months:
                raise UnitMismatch(
                    f"{table.name!r} is yearly: in a mission-month panel its lag is a multiple of 12 "
                    f"months; found {lag}."
                )
            steps, ending = lag // months, f"_lag{lag}"
            found = shifted(
                found, table, (owner, time), steps, ending, self.unit, self.missions, self.scope
            )
        return found, (owner, time)

    def _by_mission(
        self, table: Native, lag: int, window: str, years: int
    ) -> tuple[Converted, tuple[str, ...]]:
        if lag:
            raise UnitMismatch("A mission panel has no time to lag; use window='before'.")
        if table.unit == "state-year":
            found = window_of(table, self.missions, window, years, self.scope)
            return Converted(found), ("mission_id",)
        if window != "during":
            raise UnitMismatch(f"{table.name!r} exists only during deployment.")
        return convert(table, self.unit, self.missions, self.scope), ("mission_id",)

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
            With the same rows in the same order, and a column for each measure; beside one that is
            aggregated over months, the months it rests on (`…_months`). A column of a table with the
            name of a measure is called after its table, such as `fatalities_deaths`.

        Raises
        ------
        UnknownColumn
            When a measure does not exist.
        UnitMismatch
            When it is not defined at the panel's unit.
        """
        found = {item.name: item for item in map(measure, names)}
        for name, item in found.items():
            if self.unit not in item.units:
                raise UnitMismatch(
                    f"{name!r} is defined by {', '.join(item.units)}; this panel is by {self.unit}."
                )
        columns, lost, notes = derived(self, found.values())
        room = self._making_room(columns)
        kept = self.frame.rename(columns=room)
        kept = kept.drop(columns=[name for name in columns if name in kept])
        sources = [need.table for item in found.values() for need in item.needs]
        return replace(
            self,
            frame=pd.concat([kept, columns], axis=1),
            sources=tuple(dict.fromkeys((*self.sources, *sources))),
            notes=tuple(dict.fromkeys((*self.notes, *notes))),
            left_out=together(self.left_out, lost),
            origins={**renamed(self.origins, room), **of_measures(found)},
        )

    def _making_room(self, columns: pd.DataFrame) -> dict[str, str]:
        """Name columns that `add` brought after their table where a measure takes their name."""
        names = {name: f"{owner}_{name}" for owner, name in self.added if name in columns}
        taken = set(self.frame)
        return {old: new for old, new in names.items() if old in taken and new not in taken}

    def cite(self, style: str = "text") -> str:
        """Return the citations the panel owes; `style` is text or bibtex."""
        return cite(self, style=style)

    def codebook(self) -> pd.DataFrame:
        """Return what each column means: one row per column, as `pkstats.codebook(panel)` does."""
        return described(self)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        rows, columns = self.frame.shape
        owner = self.key[0]
        head = (
            f"Panel by {self.unit}: {rows:,} rows, {columns} columns, "
            f"{self.frame[owner].nunique():,} {owner.replace('_id', '')}s, as of {as_of()}"
        )
        names = [*self.sources, *(text.partition(":")[0] for text in self.owed)]
        tables = f"tables: {', '.join(names) or 'none added yet'}"
        missing = self.frame.isna().mean().sort_values(ascending=False)
        gaps = [f"{name} {share:.0%}" for name, share in missing.head(5).items() if share > 0]
        lines = [head, tables, f"most missing: {', '.join(gaps)}" if gaps else "nothing missing"]
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        head = "<br>".join(map(for_html, repr(self).splitlines()))
        return f"<p>{head}</p>{self.frame.head(8).to_html(index=False)}"
