"""Raw tables → processed tables: resolved, typed, one row per key; atomic and repeatable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pkstats.cache import as_path, checksum, locked, writable
from pkstats.codebook import conform, table, table_names, validate
from pkstats.codebook.model import Table
from pkstats.errors import BuildProblem, PkstatsError
from pkstats.tables import generations
from pkstats.tables.builders import BUILDERS
from pkstats.tables.generations import Generation
from pkstats.tables.places import PACKAGE, processed_folder, raw_folder
from pkstats.tables.raw import MEND, raw_files
from pkstats.tables.recipe import Workshop, follow
from pkstats.tables.store import to_parquet

if TYPE_CHECKING:
    import pandas as pd

CODE = {
    "codebook": ("*.toml", "*.py"),
    "registry": ("*.csv", "*.toml", "*.py"),
    "tables": ("*.toml", "*.py"),
    ".": ("units.py",),
}


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
    """Return a hash of everything the processed tables follow from: raw files, codebook, code.

    Raises
    ------
    BuildProblem
        When a raw file cannot be read, or a compile that wrote there was interrupted.
    """
    marks = [f"raw {path.name} {checksum(content)}" for path, content in raw_files(raw)]
    for room, patterns in CODE.items():
        home = PACKAGE / room
        find = home.glob if room == "." else home.rglob
        for path in sorted(path for pattern in patterns for path in find(pattern)):
            name = path.relative_to(PACKAGE).as_posix()
            marks.append(f"code {name} {checksum(path.read_bytes())}")
    return checksum("\n".join(marks).encode())


def up_to_date(folder: Path, raw: Path) -> Generation | None:
    """Return the present generation when it was made from the present inputs and is undamaged."""
    found = generations.current(folder)
    if found is None or set(found.tables) != set(table_names()):
        return None
    return found if found.inputs == fingerprint(raw) and found.whole() else None


def build(
    folder: str | Path | None = None, raw: str | Path | None = None, force: bool = False
) -> Built:
    """Build every processed table, or none.

    Tables are made and checked in memory first and written only when all of them are whole: beside
    the old ones, with one last step that makes them the present ones. An interrupted build leaves
    the old tables; two builds at once take turns. From here on this session reads the new tables;
    other sessions go on reading those they began with.

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
    UnreadableFile
        When `folder` or `raw` is no path.
    BadData
        When a table would break its codebook entry.
    """
    folder = processed_folder() if folder is None else as_path(folder, "a folder of tables")
    raw = raw_folder() if raw is None else as_path(raw, "a folder of raw tables")
    built, _ = build_generation(folder, raw, force)
    generations.let_go(folder)
    return built


def build_generation(folder: Path, raw: Path, force: bool = False) -> tuple[Built, Generation]:
    """Build, and return what was done and the generation that holds the tables."""
    found = None if force else up_to_date(folder, raw)
    if found is None:
        with locked(writable(folder)):
            found = None if force else up_to_date(folder, raw)
            if found is None:
                return _build(folder, raw)
    return Built(folder, found.rows, fresh=False), found


def _build(folder: Path, raw: Path) -> tuple[Built, Generation]:
    """Make the tables and write them; the folder is locked."""
    inputs = fingerprint(raw)
    frames, aside = make(raw)
    contents = {name: to_parquet(frame, table(name)) for name, frame in frames.items()}
    if fingerprint(raw) != inputs:
        raise BuildProblem(
            f"The raw tables in {raw}, or the code that reads them, changed while they were read; the "
            "processed tables are unchanged. Run `pkstats build` again."
        )
    rows = {name: len(frame) for name, frame in frames.items()}
    return Built(folder, rows, aside), generations.write(folder, inputs, contents, rows)


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
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        sources = ", ".join(entry.recipe.get("raw", [entry.name]))
        raise BuildProblem(
            f"Table {entry.name!r} cannot be made from the raw tables ({sources}): "
            f"{type(problem).__name__}, {problem}. A cell there may be of the wrong kind, such as "
            f"text for a number. {MEND}"
        ) from problem


def _progress(names: tuple[str, ...]) -> Iterator[str]:
    from tqdm import tqdm

    yield from tqdm(names, desc="build", unit="table", leave=False, disable=None)
