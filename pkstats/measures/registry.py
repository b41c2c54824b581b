"""The register of measures: what each needs, means and is used as."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pkstats.errors import UnknownColumn, suggestion

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Need:
    """A column of a processed table that a measure is computed from.

    `window` matters at mission level for state-year tables: during, before or after deployment.
    """

    table: str
    column: str
    lag: int = 0
    window: str = "during"


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


_REGISTER: dict[str, Measure] = {}
TIMED = ("mission-month", "mission-year")


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
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function of float arrays (one per need, each of shape (n,)) as a measure."""

    def keep(function: Callable[..., Any]) -> Callable[..., Any]:
        label = name or function.__name__
        _REGISTER.setdefault(
            label,
            Measure(label, role, unit, timing, units, tuple(needs), construct, source, function),
        )
        return function

    return keep


def measure(name: str) -> Measure:
    """Return a registered measure.

    Raises
    ------
    UnknownColumn
        When no measure has that name; near matches are named.
    """
    if name not in _REGISTER:
        raise UnknownColumn(
            f"No measure is called {name!r}.{suggestion(name, _REGISTER)} "
            f"Measures are: {', '.join(sorted(_REGISTER))}."
        )
    return _REGISTER[name]


def measures() -> pd.DataFrame:
    """Return one row per measure: name, role, unit, timing, tables needed, construct, source."""
    import pandas as pd

    rows = [
        {
            "name": item.name,
            "role": item.role,
            "unit": item.unit,
            "timing": item.timing,
            "needs": ", ".join(dict.fromkeys(need.table for need in item.needs)),
            "construct": item.construct,
            "source": item.source,
        }
        for item in _REGISTER.values()
    ]
    return pd.DataFrame(rows)


def as_float(values: Any) -> np.ndarray:
    """Return a column as floats with NaN for missing, shape (n,)."""
    import pandas as pd

    return pd.Series(values).astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
