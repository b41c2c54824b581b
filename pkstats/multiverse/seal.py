"""Parquet files that know themselves again: one checksum over all the bytes, looked at when read.

Parquet's own checksums cover pages of data; what says where they are, of which type and how many
(footer, schema, metadata) has none. So a seal stands between the last page and the footer, a place
that readers of Parquet pass over: a mark and the SHA-256 of every other byte of the file. The file
stays plain Parquet, and one bit changed anywhere shows.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pkstats.errors import UnreadableFile
from pkstats.text import cut

META = b"pkstats"
MARK = b"pkstats-sha256:"
SEAL = len(MARK) + 32
# The length of the footer and "PAR1".
TAIL = 8
BLOCK = 1 << 20
# What pyarrow raises for bytes that are no Parquet, or not as their metadata say.
DAMAGE = (pa.ArrowException, OSError, ValueError, KeyError, RecursionError)


def seal(file: BinaryIO) -> None:
    """Put the seal into a whole Parquet file that is open for reading and writing."""
    file.seek(-TAIL, io.SEEK_END)
    start = file.tell() - int.from_bytes(file.read(4), "little")
    file.seek(start)
    footer = file.read()
    file.seek(start)
    file.truncate()
    file.write(MARK + _digest(file, start, footer) + footer)


def sound(file: BinaryIO) -> bool:
    """Return whether a file holds its seal and every byte is as it was when sealed."""
    size = file.seek(0, io.SEEK_END)
    if size < TAIL + SEAL:
        return False
    file.seek(size - TAIL)
    start = size - TAIL - int.from_bytes(file.read(4), "little") - SEAL
    if start < 0:
        return False
    file.seek(start)
    found, footer = file.read(SEAL), file.read()
    return found == MARK + _digest(file, start, footer)


def _digest(file: BinaryIO, start: int, footer: bytes) -> bytes:
    """Return the SHA-256 of what stands before the seal and of the footer; the file is left at `start`."""
    digest = hashlib.sha256()
    file.seek(0)
    while left := start - file.tell():
        block = file.read(min(BLOCK, left))
        if not block:
            break
        digest.update(block)
    digest.update(footer)
    return digest.digest()


def sealed(frame: pd.DataFrame, about: Mapping[str, Any]) -> bytes:
    """Return a frame as the bytes of a sealed Parquet file, with what is to be known about it."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    metadata = {**(table.schema.metadata or {}), META: json.dumps(about).encode()}
    sink = io.BytesIO()
    pq.write_table(
        table.replace_schema_metadata(metadata), sink, compression="zstd", write_page_checksum=True
    )
    seal(sink)
    return sink.getvalue()


@contextmanager
def opened(path: Path, what: str) -> Iterator[tuple[pq.ParquetFile, dict[str, Any]]]:
    """Open a sealed file after looking at every byte: the Parquet file, and what is known about it.

    The bytes looked at are the bytes read, whatever replaces the file meanwhile.

    Raises
    ------
    UnreadableFile
        When the file is absent, damaged or not sealed; also for what goes wrong while reading it.
    """
    try:
        with path.open("rb") as file:
            if not sound(file):
                raise UnreadableFile(
                    f"Expected {what} at {cut(path, 300)}; the checksum is absent or wrong, so pkstats "
                    "did not write the file, or it has changed since. Run the grid again."
                )
            file.seek(0)
            with pq.ParquetFile(file, page_checksum_verification=True, pre_buffer=False) as parquet:
                yield parquet, _about(parquet)
    except FileNotFoundError:
        raise UnreadableFile(
            f"There is no file {cut(path, 300)}. Save a multiverse there first."
        ) from None
    except UnreadableFile:
        raise
    except DAMAGE as problem:
        raise UnreadableFile(
            f"Expected {what} at {cut(path, 300)}; it cannot be read ({cut(problem, 300)}). "
            "Run the grid again."
        ) from None


def _about(parquet: pq.ParquetFile) -> dict[str, Any]:
    found = (parquet.schema_arrow.metadata or {}).get(META)
    about = None if found is None else json.loads(found)
    if not isinstance(about, dict):
        raise ValueError("it says nothing about itself")
    return about


def frame_of(path: Path, what: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return a sealed file's frame, and what is known about it.

    Raises
    ------
    UnreadableFile
        As `opened`.
    """
    with opened(path, what) as (parquet, about):
        return parquet.read().to_pandas(), about
