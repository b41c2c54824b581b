"""The list of measures, and how many rows of the panels have each: counted once per build."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING

from pkstats.cache import checksum, write_atomically
from pkstats.errors import BuildProblem
from pkstats.measures.registry import Measure, described, listed
from pkstats.measures.registry import available as rows_with
from pkstats.panel.make import panel as panel_at
from pkstats.tables import generation
from pkstats.tables.coverage import covered
from pkstats.tables.places import PACKAGE, processed_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

USUAL = "mission-year"
ROOMS = ("measures", "panel")
KEPT = "measures.json"
Counts = dict[str, dict[str, dict[str, int]]]


def measures(unit: str | None = None, *, available: bool = True) -> pd.DataFrame:
    """Return one row per measure: what it is, what it stands for and how many rows have it.

    Parameters
    ----------
    unit : {"mission", "mission-month", "mission-year", "state-year"}, optional
        Only measures defined at this unit, counted there. Without it a measure is counted at
        mission-years or, if it has none, at the first of its units.
    available : bool
        Count rows; without, the list needs no tables.

    Returns
    -------
    DataFrame
        name, role, unit, timing, units, needs (tables), construct, source, counted_at, n (rows with
        a value) and rows by decade (`1990s` …; a mission counts in the decade of its start), over
        every mission or state-year of `pkstats.panel(counted_at)`, and coverage: the years that all
        of its tables cover. For a panel of your own:
        `pkstats.measures.available(panel.frame)`.

    Raises
    ------
    UnitMismatch
        For an unknown unit.
    """
    frame = described(unit)
    if not available:
        return frame
    items = listed(unit)
    frame["coverage"] = [covered(*{need.table for need in item.needs}) for item in items]
    return frame.join(counts(items, unit), on="name")


def counted_at(item: Measure, unit: str | None = None) -> str:
    """Return the unit a measure is counted at: the one asked, else mission-year, else its first."""
    if unit is not None:
        return unit
    return USUAL if USUAL in item.units else item.units[0]


def counts(items: Sequence[Measure], unit: str | None = None) -> pd.DataFrame:
    """Return unit counted at, rows with a value and rows by decade, one row per measure.

    Parameters
    ----------
    items : sequence of Measure
    unit : str, optional
        Count all of them at this unit.

    Returns
    -------
    DataFrame
        Index: measure; columns: counted_at, n, and one per decade, each a count of the rows of
        `pkstats.panel(unit)`: every mission, or every state, in every year.
    """
    import pandas as pd

    units = {item.name: counted_at(item, unit) for item in items}
    found = _counted(units)
    frame = pd.DataFrame([found[at][name] for name, at in units.items()], index=list(units))
    decades = sorted(str(name) for name in frame if name != "n")
    frame = frame[["n", *decades]].fillna(0).astype("int64")
    frame.insert(0, "counted_at", list(units.values()))
    return frame


def _counted(units: Mapping[str, str]) -> Counts:
    """Return counts of measures at their units; what is counted is kept beside the tables."""
    path, stamp = processed_folder() / KEPT, _stamp()
    known = _kept(path, stamp)
    lacking: dict[str, list[str]] = {}
    for name, unit in units.items():
        if name not in known.get(unit, {}):
            lacking.setdefault(unit, []).append(name)
    for unit, names in lacking.items():
        known.setdefault(unit, {}).update(_count(unit, names))
    if lacking:
        content = json.dumps(
            {"stamp": stamp, "counts": known, "checksum": _checksum(known)}, indent=1
        )
        # A folder that cannot be written to costs the next call two seconds, no more.
        with suppress(BuildProblem):
            write_atomically(path, content.encode())
    return known


def _kept(path: Path, stamp: str) -> Counts:
    """Return the counts kept for these tables and this code; none where they have changed since."""
    with suppress(OSError, ValueError, RecursionError):
        kept = json.loads(path.read_text(encoding="utf-8"))
        counts = kept.get("counts") if isinstance(kept, dict) else None
        if isinstance(counts, dict) and kept.get("stamp") == stamp:
            return counts if kept.get("checksum") == _checksum(counts) else {}
    return {}


def _checksum(known: Counts) -> str:
    return checksum(json.dumps(known, sort_keys=True).encode())


def _count(unit: str, names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return rows with a value, in all (`n`) and by decade, of each measure at one unit."""
    found = rows_with(panel_at(unit).derive(*names).frame, names)
    found = found.drop(columns="share").rename(columns={"rows": "n"})
    return {
        str(name): {str(column): int(count) for column, count in row.items()}
        for name, row in found.iterrows()
    }


def _stamp() -> str:
    """Return a hash of the build of the tables and of the code that turns them into measures."""
    digest = hashlib.sha256(generation().encode())
    for room in ROOMS:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
