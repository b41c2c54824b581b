"""Open a publisher file whatever it really is, and say plainly when it cannot be opened."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pkstats.errors import PkstatsError, UnreadableFile
from pkstats.sources import limits
from pkstats.text import cut

TEXT_SUFFIXES = {".csv", ".tsv", ".tab", ".txt"}
# So many bytes of a table hold its header.
BEGINNING = 1 << 16
# So many files an archive may hold for one of them to be chosen.
MEMBERS = 10_000
ZIP, GZIP, EXCEL_OLD = b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0"
# How R compresses what it saves.
COMPRESSED: dict[bytes, Callable[..., Any]] = {
    GZIP: gzip.open,
    b"BZ": bz2.open,
    b"\xfd7": lzma.open,
}
KINDS_OF_FILE = (
    (stat.S_ISDIR, "a folder", "Name the file inside it."),
    (stat.S_ISFIFO, "a pipe", "Save what comes through it to a file."),
    (stat.S_ISSOCK, "a socket", "Name a file."),
    (stat.S_ISCHR, "a device", "Name a file."),
    (stat.S_ISBLK, "a device", "Name a file."),
)


def check_path(path: Path) -> None:
    """Refuse a path that is not a regular file of a size within the limit.

    Raises
    ------
    UnreadableFile
        When there is no file, or it is a folder, device, pipe, socket, empty or too large.
    """
    shown = cut(path, 200)
    try:
        found = path.stat()
    except FileNotFoundError:
        raise UnreadableFile(
            f"Expected a file at {shown}; there is none. Check the path."
        ) from None
    except OSError as problem:
        raise _closed(path, problem) from None
    except ValueError:
        raise UnreadableFile(
            f"Expected the path of a file; {shown!r} is none, since it holds a character that no "
            "path can. Check the path."
        ) from None
    for is_kind, what, advice in KINDS_OF_FILE:
        if is_kind(found.st_mode):
            raise UnreadableFile(f"Expected a file; {shown} is {what}. {advice}")
    if not found.st_size:
        raise UnreadableFile(f"{path.name} is empty (0 bytes). Download it again.")
    limits.check("PKSTATS_MAX_BYTES", found.st_size, path.name)


def _closed(path: Path, problem: OSError) -> UnreadableFile:
    return UnreadableFile(
        f"{cut(path, 200)} cannot be opened ({problem.strerror}). "
        "Check the path and its permissions."
    )


def read_bytes(path: Path, fit: Callable[[bytes], float]) -> bytes:
    """Return the file's content, decompressed when it is gzip or a zip with a table inside.

    Parameters
    ----------
    path : Path
    fit : callable
        How well the beginning of a table fits the reader: a zip may hold several tables. The
        largest decides between equals.

    Raises
    ------
    UnreadableFile
        When the file is no regular file, empty, truncated, too large or a zip without a table.
    """
    check_path(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(limits.limit("PKSTATS_MAX_BYTES") + 1)
    except OSError as problem:
        raise _closed(path, problem) from None
    limits.check("PKSTATS_MAX_BYTES", len(content), path.name)
    try:
        if content.startswith(GZIP):
            packed = content
            content = limits.bounded(lambda: gzip.GzipFile(fileobj=io.BytesIO(packed)), path.name)
        if content.startswith(ZIP) and not is_excel(content):
            content = _from_zip(content, path.name, fit)
    except PkstatsError:
        raise
    except (NotImplementedError, RuntimeError) as problem:
        raise UnreadableFile(
            f"{path.name} is a zip archive that cannot be opened ({cut(problem)}). "
            "Unpack it and name the table inside."
        ) from None
    except Exception as problem:
        # A damaged archive makes the standard library raise nearly anything.
        raise UnreadableFile(
            f"{path.name} is a compressed file that ends too early or is damaged ({cut(problem)}). "
            "The download was probably cut short: download it again."
        ) from None
    if not content:
        raise UnreadableFile(f"{path.name} holds nothing when unpacked. Download it again.")
    return content


def is_excel(content: bytes) -> bool:
    """Tell whether bytes are an Excel workbook (.xlsx or .xls)."""
    if content.startswith(EXCEL_OLD):
        return True
    if not content.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except Exception:
        # A damaged archive: its beginning still tells what it was.
        return b"xl/" in content[:4096]


def _from_zip(content: bytes, name: str, fit: Callable[[bytes], float]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if len(members) > MEMBERS:
            raise UnreadableFile(
                f"{name} is a zip archive of {len(members):,} files: expected one table. "
                "Unpack it and name the table inside."
            )
        inside = [
            member
            for member in members
            if Path(member.filename).suffix.lower() in TEXT_SUFFIXES
            and not Path(member.filename).name.startswith(("Metadata", "."))
        ]
        if not inside:
            listed = ", ".join(cut(member.filename) for member in members[:5])
            raise UnreadableFile(
                f"{name} is a zip archive without a .csv table inside. It holds: {listed}."
            )

        def rank(member: zipfile.ZipInfo) -> tuple[float, int]:
            with archive.open(member) as table:
                return fit(table.read(BEGINNING)), member.file_size

        chosen = max(inside, key=rank) if len(inside) > 1 else inside[0]
        return limits.bounded(lambda: archive.open(chosen), name)


def unpacked_size(path: Path) -> int:
    """Return how many bytes a file that may be compressed holds, without keeping them.

    Raises
    ------
    UnreadableFile
        When it holds more than the limit, or is damaged.
    """
    try:
        with path.open("rb") as stream:
            opener = COMPRESSED.get(stream.read(2))
        if opener is None:
            return path.stat().st_size
        with opener(path) as stream:
            return limits.measured(stream, path.name)
    except PkstatsError:
        raise
    except Exception as problem:
        raise UnreadableFile(
            f"{path.name} ends too early or is damaged ({cut(problem)}). Download it again."
        ) from None
