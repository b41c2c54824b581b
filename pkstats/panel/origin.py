"""Where a panel's columns came from, and what that says of them: never told by a name alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pkstats.codebook import table, table_names
from pkstats.measures import Measure


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of a column that `add` or `derive` made.

    Attributes
    ----------
    timing : str
        When its value is fixed: before, entry, during or after deployment; empty where nobody says.
    role : str
        What it is read as, such as outcome or collaboration; empty where nobody says.
    tables : tuple of str
        The processed tables it rests on.
    """

    timing: str = ""
    role: str = ""
    tables: tuple[str, ...] = ()


def of_measure(item: Measure) -> Origin:
    """Return the origin of a derived column."""
    return Origin(item.timing, item.role, tuple(dict.fromkeys(need.table for need in item.needs)))


def of_measures(found: Mapping[str, Measure]) -> dict[str, Origin]:
    """Return the origins of derived columns by name."""
    return {name: of_measure(item) for name, item in found.items()}


def renamed(known: Mapping[str, Origin], names: Mapping[str, str]) -> dict[str, Origin]:
    """Return origins by the names that their columns have been given."""
    return {names.get(name, name): origin for name, origin in known.items()}


def of_table(
    name: str, columns: Iterable[str], names: Mapping[str, str], lag: int, window: str
) -> dict[str, Origin]:
    """Return the origins of a table's columns by the names they have in the panel.

    Parameters
    ----------
    columns : iterable of str
        With the ending that a lag or a window gives.
    names : mapping of str to str
        What the panel calls those whose name was taken.
    """
    if name not in table_names():
        return {}
    known, found = table(name).columns, {}
    for column in columns:
        plain = column.removesuffix(f"_lag{lag}" if lag else f"_{window}")
        entry = known.get(column, known.get(plain, known.get(plain.removesuffix("_mean"))))
        # A lag moves a value to before its row; whether to before deployment, nobody knows.
        timing = "" if entry is None or lag else entry.timing
        if column != plain and window in ("before", "after") and not lag:
            timing = window
        role = "" if entry is None else entry.role
        found[names.get(column, column)] = Origin(timing, role, (name,))
    return found


def origins(data: object) -> Mapping[str, Origin]:
    """Return the origins of the columns of a panel; of anything else nothing is known."""
    return getattr(data, "origins", {})
