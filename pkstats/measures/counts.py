"""How many rows of the panels have each measure, by decade: counted once per build of the tables."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from pkstats.cache import checksum, write_atomically
from pkstats.errors import BuildProblem
from pkstats.measures.registry import Measure, available
from pkstats.tables import generation
from pkstats.tables.places import PACKAGE, processed_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

USUAL = "mission-year"
ROOMS = ("measures", "panel")
KEPT = "measures.json"
Counts = dict[str, dict[str, dict[str, int]]]


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
    panel = import_module("pkstats.panel").panel(unit)
    found = available(panel.derive(*names).frame, names)
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
