"""Results on disk: parts while a grid runs, one Parquet file when it is done."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pkstats.errors import UnreadableFile
from pkstats.multiverse.data import Setting, needed
from pkstats.multiverse.grid import Grid
from pkstats.tables.places import write_atomically

META = b"pkstats.multiverse"
FORMAT = 1


def fingerprint(frame: pd.DataFrame, grid: Grid, setting: Setting) -> str:
    """Return a hash of the data that a grid uses, of the grid and of its setting."""
    digest = hashlib.sha256()
    digest.update(repr((FORMAT, grid.samples, grid.families, grid.treatments, grid.fixed)).encode())
    digest.update(repr((grid.controls, setting)).encode())
    digest.update(np.packbits(grid.sets).tobytes())
    for batch in grid.batches:
        digest.update(batch.sets.astype("int64").tobytes())
    for name in needed(grid, setting):
        digest.update(str(name).encode())
        digest.update(pd.util.hash_pandas_object(frame[name], index=False).to_numpy().tobytes())
    return digest.hexdigest()


def parts_folder(path: Path) -> Path:
    """Return where the parts of an unfinished run lie."""
    return path.with_name(path.name + ".parts")


def begun(path: Path, mark: str) -> dict[int, pd.DataFrame]:
    """Return the parts that an interrupted run of the same grid and data left, by number.

    Parts of another grid or other data are removed.
    """
    folder = parts_folder(path)
    note = folder / "grid.json"
    if note.exists() and json.loads(note.read_text(encoding="utf-8")).get("hash") == mark:
        found = {}
        for part in sorted(folder.glob("*.parquet")):
            found[int(part.stem)] = pd.read_parquet(part)
        return found
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_atomically(note, json.dumps({"hash": mark}).encode())
    return {}


def keep_part(path: Path, number: int, frame: pd.DataFrame) -> None:
    """Write one part, whole or not at all."""
    write_atomically(parts_folder(path) / f"{number:06d}.parquet", _bytes(frame, {}))


def finish(path: Path, frame: pd.DataFrame, about: Mapping[str, Any]) -> None:
    """Write the whole result and remove the parts."""
    write_atomically(path, _bytes(frame, about))
    shutil.rmtree(parts_folder(path), ignore_errors=True)


def _bytes(frame: pd.DataFrame, about: Mapping[str, Any]) -> bytes:
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    arrow = arrow.replace_schema_metadata(
        {**(arrow.schema.metadata or {}), META: json.dumps(about).encode()}
    )
    sink = pa.BufferOutputStream()
    pq.write_table(arrow, sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def read(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a saved result and what was written about it.

    Raises
    ------
    UnreadableFile
        When the file is not one that `Multiverse.save` wrote.
    """
    try:
        arrow = pq.read_table(path)
    except FileNotFoundError:
        raise UnreadableFile(f"There is no file {path}. Save a multiverse there first.") from None
    except (pa.ArrowInvalid, OSError) as problem:
        raise UnreadableFile(
            f"Expected a multiverse saved as Parquet; {path} is not ({problem})."
        ) from None
    about = (arrow.schema.metadata or {}).get(META)
    if about is None:
        raise UnreadableFile(f"{path} is Parquet, but no multiverse wrote it. Use m.save(path).")
    return arrow.to_pandas(), json.loads(about)
