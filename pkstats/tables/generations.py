"""Generations of processed tables: each build's tables in a folder of their own, one pointer to them.

`build.json` names the present generation, what it was made from, and the checksum of every table.
A build writes its tables beside the old ones and then replaces that one file, so that whoever reads
it meets one whole build. The name of a generation follows from its contents: the same raw tables
give the same name.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkstats.cache import checksum, content_of, flush, write_atomically, write_together
from pkstats.errors import BuildProblem

POINTER = "build.json"
PREFIX = "generation-"
NAME = re.compile(PREFIX + "[0-9a-f]{16}")
MEND = "Run `pkstats build`, or pkstats.build() in this session: it makes the tables again."


@dataclass(frozen=True, slots=True)
class Kept:
    """One table of a generation: its rows and the SHA-256 of its file."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Generation:
    """The tables of one build.

    Attributes
    ----------
    home : Path
        The folder of processed tables.
    inputs : str
        Fingerprint of the raw tables and the code they were made from.
    tables : dict of str to Kept
        Rows and checksum of every table.
    previous : str
        Name of the generation before, whose tables are still there; empty without one.
    """

    home: Path
    inputs: str
    tables: Mapping[str, Kept]
    previous: str = ""

    @property
    def name(self) -> str:
        """The same for the same inputs and tables, and for no others."""
        lines = [self.inputs, *(f"{name} {self.tables[name].sha256}" for name in self.tables)]
        return PREFIX + checksum("\n".join(lines).encode())[:16]

    @property
    def folder(self) -> Path:
        """Where the tables are."""
        return self.home / self.name

    @property
    def rows(self) -> dict[str, int]:
        """Return the rows of each table."""
        return {name: kept.rows for name, kept in self.tables.items()}

    def content(self, name: str) -> bytes:
        """Return a table's file, as the build wrote it.

        Raises
        ------
        BuildProblem
            When it is missing, cannot be read, or is not what the build wrote.
        """
        path = self.folder / f"{name}.parquet"
        try:
            content = content_of(path)
        except OSError as problem:
            raise BuildProblem(
                f"Expected the processed table {path.name} in {path.parent}; it cannot be read "
                f"({problem.strerror}). {MEND}"
            ) from None
        if name not in self.tables or checksum(content) != self.tables[name].sha256:
            raise BuildProblem(
                f"{path} is not the file that the build wrote: its checksum is another, so it was "
                f"damaged or replaced. {MEND}"
            )
        return content

    def whole(self) -> bool:
        """Tell whether every table is there as the build wrote it."""
        try:
            for name in self.tables:
                self.content(name)
        except BuildProblem:
            return False
        return True

    def pointer(self) -> bytes:
        """Return the file that names this generation."""
        entries = {name: {"rows": t.rows, "sha256": t.sha256} for name, t in self.tables.items()}
        stated = {
            "generation": self.name,
            "previous": self.previous,
            "inputs": self.inputs,
            "tables": entries,
        }
        mark = checksum(json.dumps(stated).encode())
        return (json.dumps({**stated, "checksum": mark}, indent=1) + "\n").encode()


def current(home: Path) -> Generation | None:
    """Return the generation that the folder's pointer names; None without a sound pointer.

    The pointer has to be what writing it again would give, so that a changed bit anywhere in it
    makes it unsound.
    """
    try:
        content = content_of(home / POINTER)
        found = _parsed(home, json.loads(content))
        return found if found.pointer() == content else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _parsed(home: Path, stated: Any) -> Generation:
    tables = {
        name: Kept(int(entry["rows"]), str(entry["sha256"]))
        for name, entry in stated["tables"].items()
    }
    return Generation(home, str(stated["inputs"]), tables, str(stated["previous"]))


def write(
    home: Path, inputs: str, contents: Mapping[str, bytes], rows: Mapping[str, int]
) -> Generation:
    """Write a generation of tables and make it the present one; the caller holds the folder's lock.

    Raises
    ------
    BuildProblem
        When a file cannot be written: the generation before is still the present one.
    """
    tables = {name: Kept(rows[name], checksum(content)) for name, content in contents.items()}
    made, before = Generation(home, inputs, tables), current(home)
    if before is not None:
        previous = before.previous if before.name == made.name else before.name
        made = Generation(home, inputs, tables, previous)
    try:
        made.folder.mkdir(exist_ok=True)
    except OSError as problem:
        raise BuildProblem(
            f"Expected to write tables to {made.folder}; it failed ({problem.strerror}). The tables "
            "there are unchanged. Make room or mend the folder's permissions, then run it again."
        ) from None
    flush(home)
    write_together(made.folder, {f"{name}.parquet": one for name, one in contents.items()})
    write_atomically(home / POINTER, made.pointer())
    _clear(made)
    return made


def _clear(present: Generation) -> None:
    """Remove generations that nobody needs, and tables as they lay before there were generations.

    The present one and the one before stay, and so does any that a process holds. What
    cannot be removed is left: it costs room only.
    """
    for path in present.home.iterdir():
        old = NAME.fullmatch(path.name) and path.name not in (present.name, present.previous)
        if old and path.is_dir():
            descriptor = _lock(path, alone=True)
            if descriptor is not None:
                shutil.rmtree(path, ignore_errors=True)
                release(descriptor)
        elif path.suffix == ".parquet" and path.stem in present.tables:
            try:
                path.unlink()
            except OSError:
                continue


# What this process reads, by folder of processed tables and folder of raw tables.
_held: dict[tuple[Path, Path], tuple[Generation, int | None]] = {}


def held(home: Path, raw: Path) -> Generation | None:
    """Return the generation that this process reads; None before it has begun."""
    found = _held.get((home.absolute(), raw.absolute()))
    return None if found is None else found[0]


def hold(generation: Generation, raw: Path) -> bool:
    """Read this generation from now on, and keep it from being cleared away while this process runs.

    False when it was cleared away before it could be held. Where the system cannot lock a folder
    (Windows, some network disks), the last two generations stay, as everywhere, and no others.
    """
    descriptor = _lock(generation.folder, alone=False)
    if not generation.folder.is_dir():
        release(descriptor)
        return False
    _held[generation.home.absolute(), raw.absolute()] = (generation, descriptor)
    return True


def let_go(home: Path | None = None) -> None:
    """Let this process look again which generation is the present one: of one folder, or of all."""
    for key in [key for key in _held if home is None or key[0] == home.absolute()]:
        release(_held.pop(key)[1])


def release(descriptor: int | None) -> None:
    """Let a generation go that `hold` kept."""
    if descriptor is not None:
        os.close(descriptor)


def _lock(folder: Path, alone: bool) -> int | None:
    """Lock a folder, for `alone` or with other readers; None when it cannot be had."""
    try:
        import fcntl
    except ImportError:
        # To clear away what others may read, a system without these locks relies on the last two.
        return os.open(os.devnull, os.O_RDONLY) if alone else None
    descriptor = None
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        release(descriptor)
        return None
    return descriptor
