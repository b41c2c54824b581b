"""How large a file may be: known before memory is taken, and one setting for each limit.

A limit is raised by an environment variable, such as ``PKSTATS_MAX_ROWS=50000000``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, NoReturn

from pkstats.errors import UnreadableFile

PIECE = 1 << 20


class Limit(NamedTuple):
    """What is limited, and how many of it a file may have."""

    what: str
    most: int


LIMITS = {
    "PKSTATS_MAX_BYTES": Limit("bytes when unpacked", 1_000_000_000),
    "PKSTATS_MAX_COLUMNS": Limit("columns", 20_000),
    "PKSTATS_MAX_ROWS": Limit("rows", 10_000_000),
    "PKSTATS_MAX_CELLS": Limit("cells", 500_000_000),
    "PKSTATS_MAX_SHEET": Limit("cells in the used range of a sheet", 20_000_000),
    "PKSTATS_MAX_BROKEN": Limit("rows with more or fewer cells than the header", 100_000),
}


def limit(setting: str) -> int:
    """Return how many of something a file may have.

    Raises
    ------
    UnreadableFile
        When the environment variable holds no whole number above 0.
    """
    stated = os.environ.get(setting, "").strip()
    if not stated:
        return LIMITS[setting].most
    if not (stated.isascii() and stated.isdigit() and int(stated)):
        raise UnreadableFile(
            f"The setting {setting} should be a whole number of {LIMITS[setting].what}; "
            f"found {stated[:40]!r}. Correct or unset this environment variable."
        )
    return int(stated)


def check(setting: str, found: int, name: str) -> None:
    """Refuse a file that has more of something than its limit allows.

    Raises
    ------
    UnreadableFile
    """
    if found > limit(setting):
        refuse(setting, name, f"found {found:,}")


def refuse(setting: str, name: str, found: str) -> NoReturn:
    """Say which limit a file passes and which setting raises it."""
    raise UnreadableFile(
        f"{name}: expected at most {limit(setting):,} {LIMITS[setting].what}; {found}. Check that "
        f"it is the publisher's file; if it is, set {setting} to a larger number."
    )


def bounded(opened: Callable[[], AbstractContextManager[Any]], name: str) -> bytes:
    """Return all that a stream holds; its length is measured before it is kept.

    Raises
    ------
    UnreadableFile
        When the stream holds more than `PKSTATS_MAX_BYTES`.
    """
    with opened() as stream:
        length = measured(stream, name)
    with opened() as stream:
        return stream.read(length)


def measured(stream: Any, name: str) -> int:
    """Return how many bytes a stream holds, without keeping them; stop at the limit on bytes."""
    most = limit("PKSTATS_MAX_BYTES")
    length = 0
    while piece := stream.read(PIECE):
        length += len(piece)
        if length > most:
            refuse("PKSTATS_MAX_BYTES", name, "it holds more")
    return length
