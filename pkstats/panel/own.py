"""A user's own table, keyed as a panel's tables are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from pkstats.codebook import table_names
from pkstats.errors import UnitMismatch, UnknownColumn, UnknownMission, suggestion
from pkstats.panel.dtypes import plain
from pkstats.panel.native import Native
from pkstats.registry import mission, resolve_states
from pkstats.registry.states import SCHEMES, TEXT_SCHEMES, clashes, why_unknown
from pkstats.text import cut
from pkstats.units import UNITS, YEARS, check_unique

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMES = ("month", "year")
# So many unknown states or missions are named.
NAMED = 5


def own_table(
    frame: pd.DataFrame,
    owner: str,
    scheme: str | None,
    time: str | None,
    sums: Sequence[str],
    name: str,
) -> tuple[Native, list[str]]:
    """Return a user's table ready to join a panel, and what was left out of it.

    Parameters
    ----------
    frame, name : DataFrame and str
    owner : str
        Column of missions, or of states where there is a scheme.
    scheme : str or None
        How states are written: gw, cow, polity, m49, iso3, iso2 or name.
    time : str or None
        Column of years or months; by default `month` or `year`, where there is one.
    sums : sequence of str
        Columns that are added up over months and host states; the others are averaged.

    Raises
    ------
    UnknownColumn, UnitMismatch
        Also when years, months or states cannot be read as such, and when no row is left.
    """
    _check(frame, scheme, name)
    sums = [sums] if isinstance(sums, str) else sums
    _named_by_text({"owner=": owner, "time=": time, "name=": name}, sums)
    frame = plain(frame, name)
    time = time or next((column for column in TIMES if column in frame and column != owner), None)
    needed = [owner, time] if time else [owner]
    _have(frame, [*needed, *sums], name)
    blank = frame[needed].isna().any(axis=1)
    frame = frame[~blank]
    times = None if time is None else _times(frame[time], name)
    unit = _unit(scheme, times, name)
    known, unknown = _owners(frame[owner], scheme, times)
    key = UNITS[unit]
    taken = [column for column in frame if column in {*key, *TIMES} and column not in needed]
    table = frame.drop(columns=[*needed, *taken])
    table.insert(0, key[0], known)
    if times is not None:
        table.insert(1, key[1], times)
    table = table[known.notna()].reset_index(drop=True)
    what = "mission" if scheme is None else "state"
    if table.empty:
        found = _listed(unknown) or "no rows"
        raise UnitMismatch(
            f"The table {name!r} has no row of a known {what} ({found}). Check owner= and scheme=."
        )
    notes = _left_out(name, needed, int(blank.sum()), what, int(known.isna().sum()), unknown)
    if scheme:
        notes += _clash(name, clashes(frame[owner], scheme, times))
    if taken:
        notes.append(f"{name}: {', '.join(taken)} left out, since the panel has its own")
    check_unique(table, key, f"the table {name!r}")
    rules = {column: _rule(table[column], column in sums) for column in table}
    across = {column: "sum" if column in sums else "mean" for column in table}
    return Native(name, unit, table, rules, across, None), notes


def _left_out(
    name: str, needed: list[str], blank: int, what: str, lost: int, unknown: Mapping[Any, str]
) -> list[str]:
    """Say how many rows have no owner or time, and how many no known one."""
    notes = []
    if blank:
        notes.append(f"{name}: rows without {' or '.join(needed)}, left out: {blank:,}")
    if unknown:
        notes.append(f"{name}: rows of no known {what}, left out: {lost:,} ({_listed(unknown)})")
    return notes


def _clash(name: str, found: Mapping[int, str]) -> list[str]:
    """Say which numbers would be other states' in Polity's numbering."""
    if not found:
        return []
    listed = ", ".join(f"{code} is {state}" for code, state in found.items())
    return [
        f"{name}: some numbers mean other states in Polity's numbering ({listed}): if the table has its "
        'numbers, say scheme="polity"'
    ]


def _check(frame: object, scheme: str | None, name: str) -> None:
    """Refuse what is no frame, a name that is taken, and a scheme that does not exist."""
    if not isinstance(frame, pd.DataFrame):
        raise UnitMismatch(f"Expected a DataFrame to join; found {type(frame).__name__}.")
    if isinstance(name, str) and name in table_names():
        raise UnitMismatch(f"{name!r} is a table of pkstats: call yours otherwise (name=).")
    if scheme is not None and not (isinstance(scheme, str) and scheme in SCHEMES):
        raise UnitMismatch(
            f"scheme must be one of {', '.join(SCHEMES)}; found {cut(repr(scheme))}."
            f"{suggestion(cut(scheme), SCHEMES)}"
        )
    columns = list(frame.columns)
    again = [column for column in frame if columns.count(column) > 1]
    if again:
        raise UnitMismatch(
            f"The table {name!r} has several columns {cut(repr(again[0]))}; name each once."
        )


def _named_by_text(names: Mapping[str, object], sums: object) -> None:
    """Refuse names that are no text."""
    if not isinstance(sums, (list, tuple, set, frozenset)):
        raise UnknownColumn(f"sums= is a list of columns; found {cut(repr(sums))}.")
    for what, value in [*names.items(), *(("sums=", one) for one in sums)]:
        if not isinstance(value, str) and not (value is None and what == "time="):
            raise UnknownColumn(f"{what} is a name; found {cut(repr(value))}.")


def _have(frame: pd.DataFrame, columns: Sequence[str], name: str) -> None:
    """Refuse a frame that lacks a column."""
    for column in columns:
        if column not in frame:
            raise UnknownColumn(
                f"The table {name!r} has no column {column!r}.{suggestion(column, map(str, frame))} "
                f"It has: {', '.join(map(str, frame))}."
            )


def outside(
    table: Native, part: pd.DataFrame, on: tuple[str, ...], frame: pd.DataFrame
) -> list[str]:
    """Say how many rows of a user's table lie outside the panel, where they are comparable."""
    if on != UNITS[table.unit]:
        return []
    rows = pd.MultiIndex.from_frame(part[list(on)].astype("object"))
    count = int((~rows.isin(pd.MultiIndex.from_frame(frame[list(on)].astype("object")))).sum())
    return [f"{table.name}: {count:,} of {len(rows):,} rows lie outside the panel"] if count else []


def _times(values: pd.Series, name: str) -> pd.Series:
    """Return years as whole numbers, or months as periods."""
    if isinstance(values.dtype, pd.PeriodDtype):
        return values.dt.asfreq("M")
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return values.dt.to_period("M")
    if pd.api.types.is_numeric_dtype(values.dtype):
        odd = values[~(values.between(*YEARS) & (values % 1 == 0))]
        if len(odd):
            raise UnitMismatch(
                f"Expected years from {YEARS[0]} to {YEARS[1]} in {values.name!r} of {name!r}; "
                f"found {odd.iloc[0]}."
            )
        return values.astype("int64")
    text = values.astype("str")
    if text.str.fullmatch(r"\d{4}").all():
        return _times(text.astype("int64"), name)
    months = pd.to_datetime(text, format="%Y-%m", errors="coerce")
    if months.isna().any():
        raise UnitMismatch(
            f"Expected years, or months like 2004-06, in {values.name!r} of {name!r}; "
            f"found {values[months.isna()].iloc[0]!r}."
        )
    return months.dt.to_period("M")


def _unit(scheme: str | None, times: pd.Series | None, name: str) -> str:
    monthly = times is not None and isinstance(times.dtype, pd.PeriodDtype)
    if scheme is not None:
        if times is None or monthly:
            raise UnitMismatch(
                f"The table {name!r} is by state: expected a column of years (time=), found "
                f"{'months: sum or average them by year first' if monthly else 'none'}."
            )
        return "state-year"
    if times is None:
        return "mission"
    return "mission-month" if monthly else "mission-year"


def _owners(
    labels: pd.Series, scheme: str | None, years: pd.Series | None
) -> tuple[pd.Series, dict[Any, str]]:
    """Return states or missions, and for each label that is none of them why, or what is near."""
    if scheme is not None:
        states = resolve_states(labels, scheme, years)
        lost = labels[states.isna()].drop_duplicates()
        return states, {label: _no_state(label, scheme) for label in lost}
    found: dict[Any, str | None] = {}
    unknown: dict[Any, str] = {}
    for label in labels.drop_duplicates():
        try:
            found[label] = mission(str(label)).id
        except UnknownMission as problem:
            found[label], unknown[label] = None, str(problem)
    return labels.map(found).astype("str"), unknown


def _no_state(label: object, scheme: str) -> str:
    if scheme in TEXT_SCHEMES:
        return why_unknown(str(label))
    return cut(repr(label) if isinstance(label, str) else label)


def _listed(unknown: Mapping[Any, str]) -> str:
    more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
    texts = [text.rstrip(".") for text in list(unknown.values())[:NAMED]]
    return "; ".join(texts) + more


def _rule(column: pd.Series, summed: bool) -> str:
    if summed:
        return "sum"
    if pd.api.types.is_bool_dtype(column.dtype):
        return "any"
    return "mean" if pd.api.types.is_numeric_dtype(column.dtype) else "none"
