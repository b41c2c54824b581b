"""The register of measures: what each needs, means and is used as."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pkstats.errors import UnknownColumn, suggestion
from pkstats.text import cut
from pkstats.units import key

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Need:
    """A column of a processed table that a measure is computed from.

    Attributes
    ----------
    lag : int
        Years earlier.
    window, years : str, int
        At mission level, for state-year tables: during deployment, or the `years` before or after
        it.
    statistic : str
        At mission level, what becomes of the values over time: mean, peak, entry (the first, if
        within a year of the start) or, for state-year tables, yearly: an array of shape (n, years),
        one column for each year after the last.
    """

    table: str
    column: str
    lag: int = 0
    window: str = "during"
    years: int = 2
    statistic: str = "mean"


@dataclass(frozen=True, slots=True)
class Measure:
    """A derived variable.

    Attributes
    ----------
    role : str
        outcome, resource, mandate, collaboration, consent, security or context.
    timing : str
        When it is fixed relative to deployment: before, entry, during or after.
    units : tuple of str
        Units of analysis at which it is defined.
    construct : str
        What it is meant to stand for, in one line.
    paired : bool
        In mission and mission-year panels, its needs are averaged over those months in which every
        one of them is known, so that no two figures of one ratio come from different months. Counts
        are then counts per month, and flags shares of months.
    """

    name: str
    role: str
    unit: str
    timing: str
    units: tuple[str, ...]
    needs: tuple[Need, ...]
    construct: str
    source: str
    function: Callable[..., Any]
    paired: bool = False


_REGISTER: dict[str, Measure] = {}
TIMED = ("mission-month", "mission-year")
YEARLY = ("mission-year", "state-year")


def register(
    role: str,
    unit: str,
    needs: list[Need],
    construct: str,
    *,
    timing: str = "during",
    units: tuple[str, ...] = (*TIMED, "mission"),
    source: str = "pkstats",
    name: str = "",
    paired: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function of arrays (one per need, each of shape (n,)) as a measure.

    Numbers come as floats with NaN for missing, text as objects with None.
    """

    def keep(function: Callable[..., Any]) -> Callable[..., Any]:
        label = name or function.__name__
        entry = Measure(
            label, role, unit, timing, units, tuple(needs), construct, source, function, paired
        )
        _REGISTER.setdefault(label, entry)
        return function

    return keep


def measure(name: str) -> Measure:
    """Return a registered measure.

    Raises
    ------
    UnknownColumn
        When no measure has that name; near matches are named.
    """
    if not isinstance(name, str) or name not in _REGISTER:
        raise UnknownColumn(
            f"No measure is called {cut(repr(name))}.{suggestion(cut(name), _REGISTER)} "
            f"Measures are: {', '.join(sorted(_REGISTER))}."
        )
    return _REGISTER[name]


def listed(unit: str | None = None) -> list[Measure]:
    """Return all measures, or those defined at a unit of analysis, in the order registered.

    Raises
    ------
    UnitMismatch
        For an unknown unit.

    Examples
    --------
    >>> import pkstats as pk
    >>> "shortfall" in set(pk.measures("mission-month", available=False)["name"])
    True
    """
    if unit is not None:
        key(unit)
    return [item for item in _REGISTER.values() if unit is None or unit in item.units]


def described(unit: str | None = None) -> pd.DataFrame:
    """Return one row per measure: name, role, unit, timing, units, needs, construct and source.

    Parameters
    ----------
    unit : str, optional
        Only measures defined at this unit of analysis.

    Raises
    ------
    UnitMismatch
        For an unknown unit.
    """
    import pandas as pd

    rows = [
        {
            "name": item.name,
            "role": item.role,
            "unit": item.unit,
            "timing": item.timing,
            "units": ", ".join(item.units),
            "needs": ", ".join(dict.fromkeys(need.table for need in item.needs)),
            "construct": item.construct,
            "source": item.source,
        }
        for item in listed(unit)
    ]
    return pd.DataFrame(rows)


def available(frame: pd.DataFrame, names: Iterable[str] | None = None) -> pd.DataFrame:
    """Return how many rows of a panel's frame have each measure, in all and by decade.

    Parameters
    ----------
    frame : DataFrame
        `panel.frame`; the period is its `month`, `year` or, for missions, `start`.
    names : iterable of str, optional
        Measures to count; all that the frame has by default.

    Returns
    -------
    DataFrame
        Index: measure; columns: rows with a value, their share, and rows by decade (`1990s` …).

    Raises
    ------
    UnknownColumn
        When the frame has no period, or lacks a measure named.
    """
    chosen = [name for name in _REGISTER if name in frame] if names is None else list(names)
    lacking = [name for name in chosen if name not in frame]
    time = next((name for name in ("month", "year", "start") if name in frame), None)
    if lacking or time is None:
        what = f"columns {', '.join(lacking)}" if lacking else "a column month, year or start"
        raise UnknownColumn(f"Expected {what} in the frame; found none. Derive the measures first.")
    years = frame[time] if time == "year" else frame[time].dt.year
    decade = (years.astype("Int64") // 10 * 10).astype("str") + "s"
    known = frame[chosen].notna()
    counts = known.groupby(decade.to_numpy()).sum().T
    counts.insert(0, "rows", known.sum())
    counts.insert(1, "share", known.mean().round(3))
    return counts.rename_axis("name", axis=0).rename_axis(None, axis=1)


def as_array(values: pd.Series) -> np.ndarray:
    """Return a column as floats with NaN for missing, text as objects with None, shape (n,)."""
    import pandas as pd

    if isinstance(values.dtype, pd.StringDtype) or values.dtype == object:
        return values.astype("object").where(values.notna(), None).to_numpy()
    return values.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
