"""Shared fixtures: real publisher files when they are at hand, and a private data folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).parents[1]

# No test fails for a slow machine.
settings.register_profile("pkstats", deadline=None)
settings.load_profile("pkstats")


def _sources() -> Path:
    return Path(os.environ.get("PKSTATS_SOURCES", REPOSITORY.parent / "shared" / "sources"))


@pytest.fixture(scope="session")
def sources() -> Path:
    """Return the folder of publisher files, or skip."""
    folder = _sources()
    if not folder.is_dir():
        pytest.skip(f"publisher files not found at {folder}; set PKSTATS_SOURCES")
    return folder


@pytest.fixture(scope="session")
def source(sources: Path) -> Callable[[str], Path]:
    """Return a function from relative path to publisher file; skips when the file is absent."""

    def find(relative: str) -> Path:
        path = sources / relative
        if not path.exists():
            pytest.skip(f"publisher file {relative} is not in {sources}")
        if path.suffix in (".rda", ".rds", ".Rds"):
            pytest.importorskip("pyreadr", reason="R copies need pyreadr (development only)")
        return path

    return find
