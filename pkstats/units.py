"""Units of analysis: their keys, and the one join that never multiplies rows."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING

from pkstats.errors import UnitMismatch, suggestion
from pkstats.text import cut

if TYPE_CHECKING:
    import pandas as pd

# States are known from 1776 on, and plans are made some years ahead.
YEARS = (1700, 2100)
UNITS: dict[str, tuple[str, ...]] = {
    "mission": ("mission_id",),
    "mission-month": ("mission_id", "month"),
    "mission-year": ("mission_id", "year"),
    "state-year": ("state", "year"),
}


def whole_number(
    value: object, name: str, least: int | None = None, most: int | None = None
) -> None:
    """Raise UnitMismatch unless an argument is a whole number within its bounds."""
    number = isinstance(value, Integral) and not isinstance(value, bool)
    low, high = (bound is not None for bound in (least, most))
    inside = number and (not low or value >= least) and (not high or value <= most)  # type: ignore[operator]
    if not inside:
        bounds = (f" from {least}" if low else "") + (f" to {most}" if high else "")
        raise UnitMismatch(f"{name} must be a whole number{bounds}; found {cut(repr(value))}.")


def key(unit: str) -> tuple[str, ...]:
    """Return the key columns of a unit of analysis.

    Raises
    ------
    UnitMismatch
        When the unit is unknown; the message lists the units.
    """
    if not isinstance(unit, str) or unit not in UNITS:
        raise UnitMismatch(
            f"Expected a unit of analysis; found {cut(repr(unit))}.{suggestion(cut(unit), UNITS)} "
            f"Units are: {', '.join(UNITS)}."
        )
    return UNITS[unit]


def check_unique(frame: pd.DataFrame, columns: tuple[str, ...], what: str) -> None:
    """Raise UnitMismatch unless `columns` identify every row of `frame`."""
    again = frame.duplicated(list(columns))
    if again.any():
        first = frame.loc[again, list(columns)].iloc[0].tolist()
        raise UnitMismatch(
            f"Expected one row per {', '.join(columns)} in {what}; found {int(again.sum())} more, "
            f"the first for {first}. Aggregate it to this unit first."
        )


def join(left: pd.DataFrame, right: pd.DataFrame, on: tuple[str, ...], what: str) -> pd.DataFrame:
    """Return `left` with the columns of `right`; rows and their order stay as they are.

    Raises
    ------
    UnitMismatch
        When `right` has several rows for one key, or brings a column `left` already has.
    """
    check_unique(right, on, what)
    taken = [name for name in right if name in left and name not in on]
    if taken:
        raise UnitMismatch(
            f"The panel already has {', '.join(taken)}; {what} was added before. "
            "Take it with another lag=, or name only the columns you still need (columns=[…])."
        )
    joined = left.merge(right, on=list(on), how="left", sort=False, validate="m:1")
    if len(joined) != len(left):
        raise UnitMismatch(f"Adding {what} would change {len(left)} rows into {len(joined)}.")
    return joined.set_axis(left.index)
