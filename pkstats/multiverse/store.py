"""Results on disk: parts while a grid runs, one Parquet file when it is done."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pkstats.cache import write_atomically
from pkstats.errors import BuildProblem, UnreadableFile
from pkstats.multiverse.data import Setting, needed
from pkstats.multiverse.grid import Grid
from pkstats.multiverse.labels import labelled
from pkstats.multiverse.sets import SLAB

META = b"pkstats.multiverse"
FORMAT = 3
NOTE = "grid.json"


def fingerprint(frame: pd.DataFrame, grid: Grid, setting: Setting) -> str:
    """Return a hash of the data that a grid uses, of the grid and of its setting."""
    digest = hashlib.sha256()
    digest.update(repr((FORMAT, grid.samples, grid.families, grid.treatments, grid.fixed)).encode())
    digest.update(repr((grid.controls, setting, grid.batches)).encode())
    for name in needed(grid, setting):
        digest.update(str(name).encode())
        digest.update(pd.util.hash_pandas_object(frame[name], index=False).to_numpy().tobytes())
    return digest.hexdigest()


def parts_folder(path: Path) -> Path:
    """Return where the parts of an unfinished run lie."""
    return path.with_name(path.name + ".parts")


def begun(path: Path, mark: str, sizes: Mapping[int, int]) -> set[int]:
    """Return the numbers of the parts that an interrupted run of the same grid and data left whole.

    Parts of another grid or other data, and parts that cannot be read, are removed.

    Parameters
    ----------
    sizes : mapping of int to int
        Number of specifications of each part.
    """
    folder = parts_folder(path)
    note = folder / NOTE
    if _marked(note) == mark:
        found = {number for number, size in sizes.items() if _whole(_part(path, number), size)}
        for part in folder.glob("*.parquet"):
            if not part.stem.isdigit() or int(part.stem) not in found:
                part.unlink()
        return found
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
    except OSError as problem:
        raise BuildProblem(
            f"Expected to keep parts of the result in {folder}; it failed ({problem.strerror}). "
            "Mend the folder's permissions, or choose another path for save=."
        ) from None
    write_atomically(note, json.dumps({"hash": mark}).encode())
    return set()


def _marked(note: Path) -> str | None:
    try:
        return str(json.loads(note.read_text(encoding="utf-8"))["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _part(path: Path, number: int) -> Path:
    return parts_folder(path) / f"{number:06d}.parquet"


def _whole(part: Path, size: int) -> bool:
    """Return whether a file holds what was written: its checksums and its number of rows."""
    try:
        with pq.ParquetFile(part, page_checksum_verification=True, pre_buffer=False) as file:
            return sum(len(rows) for rows in file.iter_batches(SLAB)) == size
    except (pa.ArrowException, OSError):
        return False


def finished(path: Path, mark: str, size: int) -> bool:
    """Return whether a file holds the whole result of a grid and data, undamaged."""
    try:
        return about(path)["hash"] == mark and _whole(path, size)
    except UnreadableFile:
        return False


def keep_part(path: Path, number: int, frame: pd.DataFrame) -> None:
    """Write one part, whole or not at all."""
    sink = pa.BufferOutputStream()
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(arrow, sink, compression="zstd", write_page_checksum=True)
    write_atomically(_part(path, number), sink.getvalue().to_pybytes())


def gather(path: Path, grid: Grid, about: Mapping[str, Any], sizes: Mapping[int, int]) -> None:
    """Write the whole result from its parts, one at a time, and remove them."""

    def parts() -> Iterator[pd.DataFrame]:
        first = 0
        for number, size in sizes.items():
            figures = pd.read_parquet(_part(path, number))
            yield labelled(figures, grid, np.arange(first, first + size))
            first += size

    write(path, parts(), about)
    shutil.rmtree(parts_folder(path), ignore_errors=True)


def write(path: Path, frames: Iterator[pd.DataFrame], about: Mapping[str, Any]) -> None:
    """Write a whole result from its parts, in one step."""
    # The same name each time: what a killed run left there is written over.
    temporary = path.with_name(f".{path.name}.tmp")
    writer = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for frame in frames:
            texts = {name: "str" for name in frame if frame[name].dtype == "category"}
            arrow = pa.Table.from_pandas(frame.astype(texts), preserve_index=False)
            if writer is None:
                schema = arrow.schema.with_metadata({META: json.dumps(about).encode()})
                writer = pq.ParquetWriter(
                    temporary, schema, compression="zstd", write_page_checksum=True
                )
            writer.write_table(arrow.cast(schema))
        if writer is not None:
            writer.close()
            temporary.replace(path)
    except OSError as problem:
        raise BuildProblem(
            f"Expected to write the result to {path}; it failed ({problem.strerror}). Make room or "
            "mend the folder's permissions, then run it again."
        ) from None
    finally:
        temporary.unlink(missing_ok=True)


def about(path: Path) -> dict[str, Any]:
    """Return what was written about a saved result.

    Raises
    ------
    UnreadableFile
        When the file is not one that `Multiverse.save` wrote.
    """
    try:
        found = (pq.read_schema(path).metadata or {}).get(META)
    except FileNotFoundError:
        raise UnreadableFile(f"There is no file {path}. Save a multiverse there first.") from None
    except (pa.ArrowException, OSError) as problem:
        raise UnreadableFile(
            f"Expected a multiverse saved as Parquet; {path} is not ({problem})."
        ) from None
    if found is None:
        raise UnreadableFile(f"{path} is Parquet, but no multiverse wrote it. Use m.save(path).")
    return json.loads(found)


def read(path: Path, mark: str, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Return some columns of a saved result, `SLAB` specifications at a time.

    Raises
    ------
    UnreadableFile
        When the file is gone, damaged, or by now holds the result of other data or another grid.
    """
    if about(path)["hash"] != mark:
        raise UnreadableFile(
            f"{path} by now holds another multiverse than the one asked for. Run the grid again with "
            "save= to a file of its own."
        )
    try:
        # Without a buffer of what comes next: that would be the whole file.
        with pq.ParquetFile(path, pre_buffer=False) as file:
            for rows in file.iter_batches(SLAB, columns=list(columns)):
                yield rows.to_pandas()
    except (pa.ArrowException, OSError) as problem:
        raise UnreadableFile(
            f"{path} is damaged and cannot be read ({problem}). Run the grid again."
        ) from None
