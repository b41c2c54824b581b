"""The rows a grid is estimated on, with the columns its terms name: measures, lags and features."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from pkstats.measures import measure
from pkstats.measures.registry import listed
from pkstats.models.formula import parse
from pkstats.panel import Panel, panel
from pkstats.study.claims.ledger.entries import Dataset
from pkstats.study.claims.ledger.episodes import EVENTS
from pkstats.tables import coverage, load

LAG = "_lag1"
SKELETON = {
    "mission": ("mission_id", "name", "sponsor", "kind", "family", "exit"),
    "mission-year": ("mission_id", "year", "sponsor", "kind", "family", "months"),
    "state-year": ("state", "year", "name", "member"),
}


@dataclass(frozen=True, slots=True)
class Feature:
    """A column that is no measure: from columns of the frame, at some units of analysis."""

    units: tuple[str, ...]
    needs: tuple[str, ...]
    function: Callable[[pd.DataFrame], Any]
    meaning: str


def _is(kind: str) -> Callable[[pd.DataFrame], pd.Series]:
    def flag(frame: pd.DataFrame) -> pd.Series:
        known = frame["mission_type"].notna()
        return (frame["mission_type"] == kind).astype("float64").where(known)

    return flag


def _not_traditional(frame: pd.DataFrame) -> pd.Series:
    return 1 - _is("traditional")(frame)


def _multidimensional(frame: pd.DataFrame) -> pd.Series:
    """Multidimensional against traditional; robust missions are left out."""
    return _is("multidimensional")(frame).mask(frame["mission_type"] == "robust")


def _first_year(frame: pd.DataFrame) -> pd.Series:
    return frame["first_month"].dt.year.astype("float64")


def _age(frame: pd.DataFrame) -> pd.Series:
    starts = load("missions").set_index("mission_id")["start"].dt.year
    return (frame["year"] - frame["mission_id"].map(starts)).astype("float64")


def _ahead(column: str, years: int, relative: bool) -> Callable[[pd.DataFrame], np.ndarray]:
    """Return the change of a column of `context` from the year to `years` later."""

    def change(frame: pd.DataFrame) -> np.ndarray:
        known = load("context").set_index(["state", "year"])[column].astype("float64")
        now, later = (
            known.reindex(
                pd.MultiIndex.from_arrays([frame["state"], frame["year"] + step])
            ).to_numpy()
            for step in (0, years)
        )
        return np.log(later / now) if relative else later - now

    return change


def _present(frame: pd.DataFrame) -> pd.Series:
    strength = frame["strength_thousands"]
    return (strength > 0).astype("float64").where(strength.notna())


def _ever_hosted(frame: pd.DataFrame) -> pd.Series:
    return _present(frame).groupby(frame["state"]).transform("max")


MISSIONS = ("mission-year", "mission")
FEATURES = {
    "robust": Feature(MISSIONS, ("mission_type",), _is("robust"), "1 for robust missions"),
    "beyond_traditional": Feature(
        MISSIONS, ("mission_type",), _not_traditional, "0 for traditional missions, else 1"
    ),
    "multidimensional": Feature(
        MISSIONS, ("mission_type",), _multidimensional, "1 multidimensional, 0 traditional"
    ),
    "first_year": Feature(("mission",), ("first_month",), _first_year, "year of deployment"),
    "age": Feature(("mission-year",), (), _age, "years since the mission began"),
    "mission_present": Feature(
        ("state-year",), ("strength_thousands",), _present, "1 with uniformed peacekeepers"
    ),
    "ever_hosted": Feature(
        ("state-year",), ("strength_thousands",), _ever_hosted, "1 if it had peacekeepers ever"
    ),
    **{
        f"{name}_ahead_{years}y": Feature(
            ("state-year",),
            (),
            _ahead(column, years, relative),
            f"{what} in the {years} years after",
        )
        for name, column, relative, what in (
            ("democracy", "polyarchy", False, "change of electoral democracy (V-Dem)"),
            ("income", "gdp_per_head_real", True, "growth of real income per head, in logs"),
        )
        for years in (2, 5)
    },
}


def columns_of(term: str) -> list[str]:
    """Return the columns a formula term uses.

    Raises
    ------
    BadModel
        When the term is no formula.
    """
    return parse(f"~ {term}").columns


@lru_cache(maxsize=8)
def _measures_at(unit: str) -> frozenset[str]:
    return frozenset(item.name for item in listed() if unit in item.units)


def known_columns(data: Dataset) -> set[str]:
    """Return every column that can be had on these rows, without reading any data."""
    if data.unit in EVENTS:
        return set(EVENTS[data.unit].columns)
    found = set(_measures_at(data.unit))
    found |= {name for name, one in FEATURES.items() if data.unit in one.units}
    if data.unit != "mission":
        found |= {f"{name}{LAG}" for name in found}
    for part in data.add:
        ending = f"_lag{part['lag']}" if part.get("lag") else ""
        found |= {f"{column}{ending}" for column in part["columns"]}
    return found | set(SKELETON[data.unit])


def rows_of(data: Dataset, columns: Iterable[str]) -> pd.DataFrame | Panel:
    """Return the rows of a dataset with the columns asked for, as floats where they are numbers.

    A panel where it is one: it knows when the columns that it made are fixed.
    """
    wanted = list(dict.fromkeys(columns))
    if data.unit in EVENTS:
        return EVENTS[data.unit].build()
    end = coverage.years(data.until)[1] if data.until else None
    start = panel(data.unit, data.start, end, list(data.sponsor) or None, list(data.kind) or None)
    for part in data.add:
        start = start.add(part["table"], **{k: v for k, v in part.items() if k != "table"})
    found = _filled(start, wanted)
    numbers = found.frame.select_dtypes(include=["number", "bool", "boolean"]).columns
    return replace(found, frame=found.frame.astype(dict.fromkeys(numbers, "float64")))


def _filled(start: Panel, wanted: list[str]) -> Panel:
    """Derive the measures the columns rest on, then features, then lags."""
    lagged = [name for name in wanted if name.endswith(LAG) and name not in start.frame]
    plain = [name for name in wanted if name not in lagged]
    plain += [name.removesuffix(LAG) for name in lagged]
    features = [name for name in dict.fromkeys(plain) if name in FEATURES]
    needs = [*plain, *(need for name in features for need in FEATURES[name].needs)]
    at_unit = _measures_at(start.unit)
    derived = start.derive(*dict.fromkeys(name for name in needs if name in at_unit))
    frame = derived.frame.copy()
    for name in features:
        frame[name] = FEATURES[name].function(frame)
    frame = _lagged(frame, start.key, [name.removesuffix(LAG) for name in lagged])
    return replace(derived, frame=frame)


def _lagged(frame: pd.DataFrame, key: tuple[str, ...], names: list[str]) -> pd.DataFrame:
    """Add each column as it was the year before; a gap in time stays a gap."""
    if not names:
        return frame
    owner, time = key
    before = frame[[owner, time, *dict.fromkeys(names)]].copy()
    before[time] = before[time] + 1
    before = before.rename(columns={name: f"{name}{LAG}" for name in names})
    return frame.merge(before, on=[owner, time], how="left", validate="one_to_one")


def tables_of(data: Dataset, columns: Iterable[str]) -> list[str]:
    """Return the processed tables that columns of a dataset come from."""
    if data.unit in EVENTS:
        return list(EVENTS[data.unit].tables)
    found: dict[str, None] = {}
    at_unit = _measures_at(data.unit)
    for name in (one.removesuffix(LAG) for one in columns):
        needs = FEATURES[name].needs if name in FEATURES else (name,)
        for part in needs:
            if part in at_unit:
                found |= dict.fromkeys(need.table for need in measure(part).needs)
    found |= {part["table"]: None for part in data.add}
    return list(found)
