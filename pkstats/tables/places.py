"""Where the tables live: a checkout's `data`, or the installed package and a cache folder."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from pkstats.errors import BuildProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parents[1]
CHECKOUT = PACKAGE.parent


def in_checkout() -> bool:
    """Tell whether the package runs from a checkout rather than an installed wheel."""
    return (CHECKOUT / "pyproject.toml").exists() and (CHECKOUT / "data" / "raw").is_dir()


def raw_folder() -> Path:
    """Return the folder of raw tables: the checkout's, or the one inside the wheel."""
    return CHECKOUT / "data" / "raw" if in_checkout() else PACKAGE / "data" / "raw"


def processed_folder() -> Path:
    """Return the folder of processed tables.

    `PKSTATS_DATA` names it; otherwise a checkout uses `data/processed` and an installed wheel the
    user's cache folder.
    """
    if chosen := os.environ.get("PKSTATS_DATA"):
        return Path(chosen).expanduser()
    if in_checkout():
        return CHECKOUT / "data" / "processed"
    from platformdirs import user_cache_path

    from pkstats import __version__

    return user_cache_path("pkstats") / __version__


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
    except OSError as problem:
        raise BuildProblem(
            f"Expected a folder to write to at {folder}; it cannot be written ({problem.strerror}). "
            "Nothing was changed. Set PKSTATS_DATA to a folder of your own, or mend its permissions."
        ) from None
    return folder


@contextmanager
def locked(folder: Path, seconds: float = 120) -> Iterator[None]:
    """Hold the folder's lock, so that two builds at once take turns.

    Raises
    ------
    BuildProblem
        When another build still holds the lock after `seconds`.
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
    try:
        yield
    finally:
        lock.release()


def write_atomically(path: Path, content: bytes) -> bool:
    """Write a file in one step; return whether its bytes changed."""
    if path.exists() and path.read_bytes() == content:
        return False
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return True
