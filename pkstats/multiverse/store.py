"""Results on disk: parts while a grid runs, one Parquet file when it is done, one writer at a time."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from pkstats.cache import as_path, flush, write_atomically
from pkstats.errors import BadModel, BuildProblem, UnreadableFile
from pkstats.multiverse.data import Setting, needed
from pkstats.multiverse.grid import Grid
from pkstats.multiverse.labels import COLUMNS, LABELS, labelled
from pkstats.multiverse.seal import META, frame_of, opened, seal, sealed
from pkstats.multiverse.sets import SLAB
from pkstats.text import cut

FORMAT = 4
RESULT, PART = "a saved multiverse", "part of a multiverse"
# How long a run waits for another one that writes the same file.
PATIENCE = 120.0
ABOUT: dict[str, type] = {"hash": str, "seed": int, "declared": dict, "sources": list, "owed": list}


def fingerprint(frame: pd.DataFrame, grid: Grid, setting: Setting) -> str:
    """Return a hash of the data that a grid uses, of the grid and of its setting."""
    digest = hashlib.sha256()
    digest.update(repr((FORMAT, grid.samples, grid.families, grid.treatments, grid.fixed)).encode())
    digest.update(repr((grid.controls, setting, grid.batches)).encode())
    for name in needed(grid, setting):
        digest.update(str(name).encode())
        digest.update(pd.util.hash_pandas_object(frame[name], index=False).to_numpy().tobytes())
    return digest.hexdigest()


@contextmanager
def held(path: Path, patience: float | None = None) -> Iterator[None]:
    """Hold a result's lock, so that two runs with one `save=` take turns.

    The lock is the hidden file `.NAME.lock` beside the result. It stays: were it removed, one run
    could wait for the old file while the next takes a new one.

    Raises
    ------
    BuildProblem
        When the folder cannot be written, or another run still holds the lock after `patience`
        seconds.
    """
    patience = PATIENCE if patience is None else patience
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=patience)
        lock.acquire()
    except Timeout:
        raise BuildProblem(
            f"Another run has been writing {cut(path, 300)} for {patience:g} s. Wait for it to end, or "
            "give save= a file of its own."
        ) from None
    except (OSError, ValueError, NotImplementedError) as problem:
        raise _unwritable(path, problem) from None
    try:
        yield
    finally:
        lock.release()


def _unwritable(path: Path, problem: Exception) -> BuildProblem:
    why = getattr(problem, "strerror", None) or cut(problem, 200)
    return BuildProblem(
        f"Expected to write the result to {cut(path, 300)}; it failed ({why}). Make room, mend the "
        "folder's permissions, or choose another file for save=."
    )


def target(path: object) -> Path:
    """Return where a multiverse is saved.

    Raises
    ------
    UnreadableFile
        When `path` names no file.
    """
    found = as_path(path, "a file to save a multiverse to")
    if not found.name.strip():
        raise UnreadableFile(
            f"Expected the path of a file to save a multiverse to; found {cut(repr(path))}. Name one."
        )
    return found


def free(path: object) -> Path:
    """Return where a multiverse is to be saved: a new file, or one that holds a multiverse already.

    A damaged one may be written again.

    Raises
    ------
    UnreadableFile
        When `path` names no file, or a file that is something else.
    """
    found = target(path)
    if found.is_file() and _another(found):
        raise UnreadableFile(
            f"{cut(found)} is a file already, and no saved multiverse: it would be lost. Name another "
            "file, or remove it first."
        )
    return found


def _another(path: Path) -> bool:
    """Tell whether a file is surely no multiverse."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"PAR1":
                return True
            return META not in (pq.read_schema(file).metadata or {})
    except (pa.ArrowException, OSError):
        return False


def parts_folder(path: Path) -> Path:
    """Return where the parts of an unfinished run lie."""
    return path.with_name(path.name + ".parts")


def begun(path: Path, mark: str, sizes: Mapping[int, int]) -> set[int]:
    """Return the numbers of the parts that an interrupted run of the same grid and data left whole.

    Parts of another grid or other data, and parts that are damaged, are removed.

    Parameters
    ----------
    sizes : mapping of int to int
        Number of specifications of each part.
    """
    folder = parts_folder(path)
    found = set()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in folder.glob("*.parquet"):
            number = int(file.stem) if file.stem.isdecimal() else -1
            try:
                _part_frame(path, mark, number, sizes.get(number, -1))
                found.add(number)
            except UnreadableFile:
                file.unlink()
    except OSError as problem:
        raise _unwritable(folder, problem) from None
    return found


def _part(path: Path, number: int) -> Path:
    return parts_folder(path) / f"{number:06d}.parquet"


def keep_part(path: Path, mark: str, number: int, frame: pd.DataFrame) -> None:
    """Write one part, with the mark of its run, whole or not at all."""
    write_atomically(_part(path, number), sealed(frame, {"hash": mark, "part": number}))


def _part_frame(path: Path, mark: str, number: int, size: int) -> pd.DataFrame:
    """Return a part of this very run; UnreadableFile for any other."""
    frame, known = frame_of(_part(path, number), PART)
    if known != {"hash": mark, "part": number} or len(frame) != size:
        raise UnreadableFile(
            f"Expected part {number} of this run at {cut(_part(path, number), 300)}; it is of another "
            "run. Run the grid again."
        )
    return frame


def gather(
    path: Path, grid: Grid, about: Mapping[str, Any], sizes: Mapping[int, int], mark: str
) -> None:
    """Write the whole result from its parts, one at a time, and remove them."""

    def parts() -> Iterator[pd.DataFrame]:
        first = 0
        for number, size in sizes.items():
            figures = _part_frame(path, mark, number, size)
            yield labelled(figures, grid, np.arange(first, first + size))
            first += size

    write(path, parts(), about)
    shutil.rmtree(parts_folder(path), ignore_errors=True)


def write(path: Path, frames: Iterator[pd.DataFrame], about: Mapping[str, Any]) -> None:
    """Write a whole result from its parts, sealed, in one step; the caller holds its lock."""
    # The same name each time: what a killed run left there is written over.
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w+b") as file:
            _write_all(file, frames, about)
            seal(file)
        flush(temporary)
        temporary.replace(path)
        flush(path.parent)
    except (OSError, ValueError) as problem:
        if isinstance(problem, (UnreadableFile, BadModel)):
            raise
        raise _unwritable(path, problem) from None
    finally:
        temporary.unlink(missing_ok=True)


def _write_all(file: BinaryIO, frames: Iterator[pd.DataFrame], about: Mapping[str, Any]) -> None:
    """Write frames of equal columns as one Parquet file."""
    schema, writer = None, None
    try:
        for frame in frames:
            texts = {name: "str" for name in frame if frame[name].dtype == "category"}
            arrow = pa.Table.from_pandas(frame.astype(texts), preserve_index=False)
            if writer is None:
                schema = arrow.schema.with_metadata({META: json.dumps(about).encode()})
                writer = pq.ParquetWriter(
                    file, schema, compression="zstd", write_page_checksum=True
                )
            writer.write_table(arrow.cast(schema))
    finally:
        if writer is not None:
            writer.close()


def finished(path: Path, mark: str, size: int) -> bool:
    """Return whether a file holds the whole result of a grid and data, undamaged."""
    try:
        with opened(path, RESULT) as (file, known):
            return known.get("hash") == mark and _complete(file, size)
    except UnreadableFile:
        return False


def _complete(file: pq.ParquetFile, size: int) -> bool:
    """Return whether a file has a row for each specification, and every column."""
    wanted = {*LABELS, *COLUMNS}
    return file.metadata.num_rows == size and wanted <= set(file.schema_arrow.names)


def about(path: Path) -> dict[str, Any]:
    """Return what was written about a saved result.

    Raises
    ------
    UnreadableFile
        When the file is not one that `Multiverse.save` wrote, or has changed since.
    """
    with opened(path, RESULT) as (_, found):
        for name, kind in ABOUT.items():
            if not isinstance(found.get(name), kind):
                raise UnreadableFile(
                    f"Expected {RESULT} at {cut(path, 300)}; what it says of itself lacks {name!r}. "
                    "Run the grid again."
                )
        return found


def check_whole(path: Path, size: int) -> None:
    """Raise UnreadableFile unless a result has a row for each specification, and every column."""
    with opened(path, RESULT) as (file, _):
        if not _complete(file, size):
            raise UnreadableFile(
                f"Expected {RESULT} at {cut(path, 300)} with {size:,} specifications and the columns "
                f"{', '.join((*LABELS, *COLUMNS))}; it has {file.metadata.num_rows:,} rows and "
                f"{cut(', '.join(file.schema_arrow.names), 300)}. Run the grid again."
            )


def read(path: Path, mark: str, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Return some columns of a saved result, `SLAB` specifications at a time.

    Raises
    ------
    UnreadableFile
        When the file is gone, damaged, or by now holds the result of other data or another grid.
    """
    with opened(path, RESULT) as (file, known):
        if known.get("hash") != mark:
            raise UnreadableFile(
                f"{cut(path, 300)} by now holds another multiverse than the one asked for. Run the "
                "grid again with save= to a file of its own."
            )
        # Without a buffer of what comes next: that would be the whole file.
        for rows in file.iter_batches(SLAB, columns=list(columns)):
            yield rows.to_pandas()
