"""Raw tables → processed tables: resolved, typed, one row per key; atomic and repeatable."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pkstats.cache import locked, writable, write_together
from pkstats.codebook import conform, table, table_names, validate
from pkstats.codebook.model import Table
from pkstats.errors import BuildProblem, PkstatsError
from pkstats.tables.builders import BUILDERS
from pkstats.tables.places import PACKAGE, processed_folder, raw_folder
from pkstats.tables.raw import MEND
from pkstats.tables.recipe import Workshop, follow
from pkstats.tables.store import to_parquet

if TYPE_CHECKING:
    import pandas as pd

STAMP = "build.json"
REGISTRY = (".csv", ".toml", ".py")


@dataclass
class Built:
    """What a build did: rows per table, rows set aside, and whether anything had to be done."""

    folder: Path
    rows: dict[str, int] = field(default_factory=dict)
    set_aside: int = 0
    fresh: bool = True

    def __repr__(self) -> str:
        if not self.fresh:
            return f"{self.folder}: up to date, {len(self.rows)} tables"
        lines = [f"{self.folder}: {len(self.rows)} tables built"]
        lines += [f"  {name:<18}{count:>9,} rows" for name, count in self.rows.items()]
        lines.append(f"  {self.set_aside:,} raw rows set aside: pkstats.load('set_aside')")
        return "\n".join(lines)


def fingerprint(raw: Path) -> str:
    """Return a hash of everything the processed tables follow from: raw files, codebook, code."""
    digest = hashlib.sha256()
    inputs = [*raw.glob("*.csv"), *(PACKAGE / "codebook").rglob("*.toml")]
    inputs += [path for path in (PACKAGE / "registry").rglob("*") if path.suffix in REGISTRY]
    inputs += [*(PACKAGE / "tables").rglob("*.py")]
    for path in sorted(inputs):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def up_to_date(folder: Path, raw: Path) -> dict[str, int] | None:
    """Return the rows per table when the folder holds a finished build of the present inputs."""
    try:
        known = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        rows, inputs = known["rows"], known["inputs"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    whole = all((folder / f"{name}.parquet").exists() for name in table_names())
    return rows if whole and inputs == fingerprint(raw) else None


def build(
    folder: str | Path | None = None, raw: str | Path | None = None, force: bool = False
) -> Built:
    """Build every processed table, or none.

    Tables are made and checked in memory first and written only when all of them are whole, each
    in one step; an interrupted build leaves the old tables. Two builds at once take turns.

    Parameters
    ----------
    folder, raw : str or Path, optional
        Where to write, and where the raw tables are; by default those of this installation.
    force : bool
        Build even when nothing has changed.

    Returns
    -------
    Built
        The folder, rows per table, and how many raw rows were set aside.

    Raises
    ------
    BuildProblem
        When a raw table is missing or unreadable, or the folder cannot be written.
    BadData
        When a table would break its codebook entry.
    """
    folder = Path(folder or processed_folder())
    raw = Path(raw or raw_folder())
    rows = None if force else up_to_date(folder, raw)
    if rows is not None:
        return Built(folder, rows, fresh=False)
    with locked(writable(folder)):
        rows = None if force else up_to_date(folder, raw)
        if rows is not None:
            return Built(folder, rows, fresh=False)
        frames, aside = make(raw)
        contents = {name: to_parquet(frame, table(name)) for name, frame in frames.items()}
        rows = {name: len(frame) for name, frame in frames.items()}
        stamp = {"inputs": fingerprint(raw), "rows": rows}
        written = {f"{name}.parquet": content for name, content in contents.items()}
        written[STAMP] = (json.dumps(stamp, indent=1) + "\n").encode()
        write_together(folder, written)
    return Built(folder, rows, aside)


def make(raw: Path) -> tuple[dict[str, pd.DataFrame], int]:
    """Return every processed table, typed and checked, and the number of raw rows set aside."""
    workshop = Workshop(raw)
    frames: dict[str, pd.DataFrame] = {}
    for name in _progress(table_names()):
        entry = table(name)
        if name == "set_aside":
            continue
        frames[name] = _made(entry, workshop)
    entry = table("set_aside")
    frames["set_aside"] = validate(conform(workshop.ledger(), entry), entry)
    order = {name: frames[name] for name in table_names()}
    return order, int(frames["set_aside"]["rows"].sum())


def _made(entry: Table, workshop: Workshop) -> pd.DataFrame:
    """Return one table in the codebook's types, checked.

    Raises
    ------
    BuildProblem
        When the raw tables hold what no table can be made of, such as text for a number.
    """
    builder = entry.recipe.get("builder")
    try:
        frame = BUILDERS[builder](entry, workshop) if builder else follow(entry, workshop)
        return validate(conform(frame, entry), entry)
    except PkstatsError:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError) as problem:
        sources = ", ".join(entry.recipe.get("raw", [entry.name]))
        raise BuildProblem(
            f"Table {entry.name!r} cannot be made from the raw tables ({sources}): "
            f"{type(problem).__name__}, {problem}. A cell there may be of the wrong kind, such as "
            f"text for a number. {MEND}"
        ) from problem


def _progress(names: tuple[str, ...]) -> Iterator[str]:
    from tqdm import tqdm

    yield from tqdm(names, desc="build", unit="table", leave=False, disable=None)
