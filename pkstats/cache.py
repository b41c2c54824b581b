"""What is kept on disk: written whole or not at all, flushed, and known again by its checksum."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
import time
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from pkstats.errors import BuildProblem, UnreadableFile
from pkstats.text import cut

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OLD_SECONDS = 3600
# Bytes in the name of a file or folder, on every common file system.
LONGEST_PART = 255
# What fsync answers on systems that flush no folders, or nothing at all.
UNSUPPORTED = {errno.EINVAL, errno.EBADF, errno.EACCES, errno.EPERM, errno.ENOTSUP, errno.ENOSYS}


def checksum(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def content_of(path: Path) -> bytes:
    """Return the bytes of a regular file; nothing else is opened, for a pipe would be waited on.

    Raises
    ------
    OSError
        When there is none, it cannot be read, or it is something else.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is a folder" if path.is_dir() else "it is no regular file")
    return path.read_bytes()


def flush(path: Path) -> None:
    """Ask the disk to keep a file, or a folder's list of files, through a loss of power.

    Raises
    ------
    OSError
        When the disk cannot: it is full or broken. A system that does not flush is no error.
    """
    folder = path.is_dir()
    try:
        # Windows flushes only what may be written to, and opens no folders.
        descriptor = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    except OSError:
        if folder:
            return
        raise
    try:
        os.fsync(descriptor)
    except OSError as problem:
        if problem.errno not in UNSUPPORTED:
            raise
    finally:
        os.close(descriptor)


def as_path(path: object, what: str = "a file") -> Path:
    """Return what a user gave for a path as a path.

    Raises
    ------
    UnreadableFile
        When it is empty, neither text nor a path, or text that this system cannot use for one.
    """
    shown = cut(repr(path))
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str):
        raise UnreadableFile(
            f"Expected the path of {what}, as text or a Path; found {type(path).__name__}."
        )
    found = Path(path)
    if not os.fspath(path):
        raise UnreadableFile(f"Expected the path of {what}; found an empty text.")
    try:
        name = os.fsencode(found)
    except UnicodeEncodeError:
        raise UnreadableFile(
            f"Expected the path of {what}; {shown} cannot be written in this system's encoding "
            f"({sys.getfilesystemencoding()}). With PYTHONUTF8=1 Python uses UTF-8 everywhere."
        ) from None
    if b"\0" in name or any(len(part) > LONGEST_PART for part in name.split(os.fsencode(os.sep))):
        raise UnreadableFile(
            f"Expected the path of {what}; {shown} has a null character or a name of more than "
            f"{LONGEST_PART} bytes, which no file has."
        )
    return found


def writable(folder: Path) -> Path:
    """Create `folder` and make sure files can be written there.

    Raises
    ------
    BuildProblem
        When the folder cannot be created or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as problem:  # ValueError: a null character in the path
        reason = getattr(problem, "strerror", None) or problem
        raise BuildProblem(
            f"Expected a folder to write to at {folder}; it cannot be written ({reason}). "
            "Nothing was changed. Set PKSTATS_DATA to a folder of your own, or mend its permissions."
        ) from None
    return folder


@contextmanager
def locked(folder: Path, seconds: float = 120) -> Iterator[None]:
    """Hold the folder's lock, so that two writers at once take turns.

    Raises
    ------
    BuildProblem
        When another writer still holds the lock after `seconds`.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(writable(folder) / ".lock", timeout=seconds)
    try:
        lock.acquire()
    except Timeout:
        raise BuildProblem(
            f"Another build has held {folder} for {seconds:g} s. Wait for it to end; "
            f"if none is running, delete {folder / '.lock'}."
        ) from None
    except OSError as problem:
        raise BuildProblem(
            f"Expected to lock {folder}; it failed ({problem.strerror or problem}). Delete "
            f"{folder / '.lock'} or mend its permissions. Nothing was changed."
        ) from None
    try:
        yield
    finally:
        lock.release()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file in one step."""
    write_together(path.parent, {path.name: content})


def write_together(folder: Path, contents: Mapping[str, bytes], mark: str = "") -> None:
    """Write several files: all beside the old ones first, then each into its place in one step.

    Whatever interrupts the writing, each file is the old one or the new one, whole. Files are
    flushed before they are renamed, and the folder after; files that do not change are left alone.
    What a writer killed long ago left behind is cleared away. A file named `mark` stands in the folder
    while some files are new and others old: who finds it there knows that they do not belong together.

    Raises
    ------
    BuildProblem
        When a file cannot be written.
    """
    changed = [name for name, content in contents.items() if _differs(folder / name, content)]
    temporary = {name: folder / f".{name}.{os.getpid()}.tmp" for name in changed}
    leftovers = [path for name in changed for path in folder.glob(f".{escape(name)}.*.tmp")]
    try:
        for path in leftovers:
            if time.time() - path.stat().st_mtime > OLD_SECONDS:
                path.unlink(missing_ok=True)
        for name, path in temporary.items():
            path.write_bytes(contents[name])
            flush(path)
        if mark and changed:
            (folder / mark).write_bytes(b"")
            flush(folder)
        for name, path in temporary.items():
            path.replace(folder / name)
        if changed:
            flush(folder)
        if mark:
            (folder / mark).unlink(missing_ok=True)
    except OSError as problem:
        what = changed[0] if len(changed) == 1 else f"{len(changed)} files"
        raise BuildProblem(
            f"Expected to write {what} to {folder}; it failed ({problem.strerror}). "
            "Make room or mend the folder's permissions, then run it again."
        ) from None
    finally:
        for path in temporary.values():
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _differs(path: Path, content: bytes) -> bool:
    try:
        return content_of(path) != content
    except OSError:  # not there, or nothing that can be read: writing it tells
        return True
