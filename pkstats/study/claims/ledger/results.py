"""Results of claims, worked out once for each state of ledger, tables and code."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from pkstats.cache import writable, write_atomically
from pkstats.errors import BuildProblem, UnreadableFile
from pkstats.multiverse.seal import frame_of, sealed
from pkstats.study.claims.ledger.entries import LEDGER, Entry, Ledger
from pkstats.study.claims.ledger.estimates import estimates
from pkstats.study.claims.ledger.verdict import (
    CELL,
    Judgement,
    Stability,
    Tally,
    judge,
    stability,
    tally,
)
from pkstats.tables import generation
from pkstats.tables.places import PACKAGE, processed_folder

FOLDER = "claims"
ROOMS = ("measures", "panel", "models", "multiverse", "study/claims/ledger")
WITHOUT = "without"


@dataclass(frozen=True)
class Result:
    """What the ledger found for one claim.

    Attributes
    ----------
    frame, without : DataFrame
        As `estimates` returns them.
    outcomes : dict of (unit, outcome) to Tally
    """

    frame: pd.DataFrame
    without: pd.DataFrame
    tally: Tally
    stability: Stability
    outcomes: dict[tuple[str, str], Tally]
    judgement: Judgement


def data_mark() -> str:
    """Return what tells one state of the processed tables from another."""
    return generation()


@lru_cache(maxsize=1)
def code_mark() -> str:
    """Return a hash of the code that estimates follow from."""
    digest = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def mark_of(book: Ledger, entry: Entry) -> str:
    """Return what tells one state of a claim, its data and the code from another."""
    polarity = {name: book.polarity[name] for grid in entry.grids for name in grid.outcomes}
    data = [book.data[name] for name in sorted({grid.data for grid in entry.grids})]
    text = repr((entry.rule, entry.grids, polarity, data, data_mark().split()[-1], code_mark()))
    return hashlib.sha256(text.encode()).hexdigest()


_known: dict[str, Result] = {}


def result_of(book: Ledger, entry: Entry) -> Result:
    """Return the result of a testable claim: from memory, from disk, or worked out now."""
    mark = mark_of(book, entry)
    if mark not in _known:
        own = book.path == LEDGER
        found = _read(entry, mark) if own else None
        if found is None:
            found = estimates(book, entry, data_mark())
            if own:
                _write(entry, mark, *found)
        _known[mark] = _result(entry, *found)
    return _known[mark]


def _result(entry: Entry, frame: pd.DataFrame, without: pd.DataFrame) -> Result:
    level = entry.rule.level
    every, steady = tally(frame, level), stability(without, frame)
    outcomes = {
        (str(unit), str(outcome)): tally(part, level)
        for (unit, outcome), part in frame.groupby(CELL, observed=True, sort=False)
    }
    return Result(
        frame, without, every, steady, outcomes, judge(every, steady, outcomes, entry.rule)
    )


def _paths(entry: Entry) -> tuple[Path, Path]:
    folder = processed_folder() / FOLDER
    return folder / f"{entry.claim}.parquet", folder / f"{entry.claim}_without.parquet"


def _read(entry: Entry, mark: str) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Return a kept result; None where there is none of this mark, or a byte of it has changed."""
    frames = []
    for path in _paths(entry):
        try:
            frame, about = frame_of(path, "a claim's result")
        except UnreadableFile:
            return None
        if about != _about(path, mark):
            return None
        frames.append(frame)
    return frames[0], frames[1]


def _about(path: Path, mark: str) -> dict[str, str]:
    return {"claim": path.stem, "mark": mark}


def _write(entry: Entry, mark: str, frame: pd.DataFrame, without: pd.DataFrame) -> None:
    """Keep a result beside the processed tables; a folder that cannot be written costs time only."""
    with suppress(BuildProblem, OSError):
        writable(processed_folder() / FOLDER)
        for path, part in zip(_paths(entry), (frame, without), strict=True):
            write_atomically(path, sealed(part, _about(path, mark)))
