"""Where the tables live: a checkout's `data`, or the installed package and a cache folder."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

from pkstats.errors import BuildProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PACKAGE = Path(__file__).parents[1]
CHECKOUT = PACKAGE.parent
OLD_SECONDS = 3600


def in_checkout() -> bool:
    """Tell whether the package runs from a checkout rather than an installed wheel."""
    return (CHECKOUT / "pyproject.toml").exists() and (CHECKOUT / "data" / "raw").is_dir()


def own_raw() -> Path:
    """Return the folder of raw tables that came with the package, in the checkout or the wheel."""
    return CHECKOUT / "data" / "raw" if in_checkout() else PACKAGE / "data" / "raw"


def raw_folder() -> Path:
    """Return the folder of raw tables: `PKSTATS_RAW` names it; otherwise the package's own."""
    chosen = os.environ.get("PKSTATS_RAW")
    return Path(chosen).expanduser() if chosen else own_raw()


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


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file in one step."""
    write_together(path.parent, {path.name: content})


def write_together(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write several files: all beside the old ones first, then each into its place in one step.

    Whatever interrupts the writing, the old files stay as they were; files that do not change are
    left alone. What a writer killed long ago left behind is cleared away.

    Raises
    ------
    BuildProblem
        When a file cannot be written.
    """
    changed = [name for name, content in contents.items() if _differs(folder / name, content)]
    temporary = {name: folder / f".{name}.{os.getpid()}.tmp" for name in changed}
    leftovers = [path for name in changed for path in folder.glob(f".{name}.*.tmp")]
    try:
        for path in leftovers:
            if time.time() - path.stat().st_mtime > OLD_SECONDS:
                path.unlink(missing_ok=True)
        for name, path in temporary.items():
            path.write_bytes(contents[name])
        for name, path in temporary.items():
            path.replace(folder / name)
    except OSError as problem:
        raise BuildProblem(
            f"Expected to write {len(changed)} files to {folder}; it failed ({problem.strerror}). "
            "Make room or mend the folder's permissions, then run it again."
        ) from None
    finally:
        for path in temporary.values():
            path.unlink(missing_ok=True)


def _differs(path: Path, content: bytes) -> bool:
    return not path.exists() or path.read_bytes() != content
