"""Read spoiled files of every kind and count what comes of them: `make fuzz`.

A file ends in one of six ways:

accounted
    It was read; the rows read are those the spoiled file has, counted here from its lines, and
    each is kept or set aside.
clean error
    One of the library's own errors, of a length one can read.
unaccounted
    It was read, and rows are gone without a word.
foreign
    An exception that is not the library's own.
slow
    More than ten seconds, or more than a gigabyte of memory.
changed
    A kept row that the damage did not touch differs from the reading of the whole file.

All but the first two are defects. Each file follows from the seed and its number, so that
``python -m tests.hardening.fuzz --only NUMBER`` makes it again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from pkstats.errors import PkstatsError
from pkstats.sources import read
from tests.hardening.damage import Spoiled, spoil, whole
from tests.hardening.seeds import Seed, seeds

SECONDS, BYTES, WORDS = 10, 1 << 30, 2_000
FINE = ("accounted", "clean error")
# Tidy columns that number a file's rows: a lost line moves those below it.
NUMBERED = {"mediation": {"mediation_id"}}
DEFECTS = ("unaccounted", "foreign", "slow", "changed")
SOURCES = Path(os.environ.get("PKSTATS_SOURCES", Path(__file__).parents[3] / "shared" / "sources"))


@dataclass(frozen=True)
class Outcome:
    """What came of one file."""

    number: int
    kind: str
    damage: str
    end: str
    detail: str = ""


@lru_cache
def known_seeds(seed: int) -> tuple[Seed, ...]:
    """Return the whole files to spoil."""
    return tuple(seeds(random.Random(seed), SOURCES))


@lru_cache(maxsize=256)
def undamaged(one: Seed) -> tuple[Counter[tuple[str, ...]], tuple[str, ...], int]:
    """Return the rows of a whole file as read (with their number), its columns, and rows per line."""
    frame, _ = _read(whole(one), one.kind)
    rows = _rows(frame, list(frame.columns))
    return Counter(rows), tuple(frame.columns), max(1, -(-len(rows) // len(one.rows)))


def trial(number: int, seed: int) -> Outcome:
    """Spoil one file and read it."""
    rng = random.Random(f"{seed}-{number}")
    some = known_seeds(seed)
    one = some[number % len(some)]
    spoiled = spoil(one, rng)
    before, start = _memory(), time.perf_counter()
    try:
        frame, report = _read(spoiled, one.kind)
    except PkstatsError as problem:
        end, detail = "clean error", type(problem).__name__
        if len(str(problem)) > WORDS:
            end, detail = "foreign", f"message of {len(str(problem))} characters"
    except MemoryError:
        end, detail = "slow", "MemoryError"
    except BaseException as problem:
        where = traceback.extract_tb(problem.__traceback__)[-1]
        end = "foreign"
        detail = (
            f"{type(problem).__name__} at {Path(where.filename).name}:{where.lineno}: {problem}"
        )
    else:
        end, detail = _judged(one, spoiled, frame, report)
    took, grown = time.perf_counter() - start, _memory() - before
    if took > SECONDS or grown > BYTES:
        end, detail = "slow", f"{took:.1f} s, {grown >> 20} MB"
    return Outcome(number, one.kind, spoiled.damage, end, detail[:300])


def _judged(one: Seed, spoiled: Spoiled, frame: pd.DataFrame, report: object) -> tuple[str, str]:
    """Compare what was read with the lines of the spoiled file and with the whole file's reading."""
    read_, kept, aside = report.read, report.kept, report.set_aside  # type: ignore[attr-defined]
    if read_ != kept + aside:
        return "unaccounted", f"{read_} read, {kept} kept, {aside} set aside"
    if spoiled.lines is not None and read_ != spoiled.lines:
        return "unaccounted", f"{spoiled.lines} rows in the file, {read_} read"
    rows, columns, per_line = undamaged(one)
    if spoiled.touched is None:
        return "accounted", ""
    if set(columns) != set(frame.columns):
        return "changed", f"columns {sorted(set(columns) ^ set(frame.columns))[:4]}"
    apart = spoiled.columns | NUMBERED.get(one.kind, set())
    order = [name for name in columns if name not in apart]
    if apart:
        places = [columns.index(name) for name in order]
        rows = Counter(tuple(row[place] for place in places) for row in rows.elements())
    odd = Counter(_rows(frame, order)) - rows
    if odd.total() > spoiled.touched * per_line:
        row = next(iter(odd))
        return "changed", f"{odd.total()} rows differ, {spoiled.touched} touched: {row}"
    return "accounted", ""


def _read(spoiled: Spoiled, kind: str) -> tuple[pd.DataFrame, object]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{spoiled.suffix}"
        path.write_bytes(spoiled.content)
        return read(kind, path)


def _rows(frame: pd.DataFrame, columns: list[str]) -> list[tuple[str, ...]]:
    """Return the rows as text, missing cells as nothing."""
    texts = []
    for name in columns:
        missing = frame[name].isna().to_numpy()
        texts.append(
            ["" if gone else str(cell) for cell, gone in zip(frame[name], missing, strict=True)]
        )
    return list(zip(*texts, strict=True))


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def batch(numbers: range, seed: int) -> list[Outcome]:
    """Try several files in one process."""
    return [trial(number, seed) for number in numbers]


def main(arguments: list[str] | None = None) -> int:
    """Try files, print counts by reader and damage, and return 1 when one of them shows a defect."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", type=int, help="make and read one file again")
    parser.add_argument("--keep", type=Path, help="with --only: write the file here")
    parser.add_argument("--out", type=Path, help="write the counts as JSON")
    options = parser.parse_args(arguments)
    if options.only is not None:
        return _again(options.only, options.seed, options.keep)
    from tqdm import tqdm

    size = 100
    starts = range(0, options.files, size)
    found: list[Outcome] = []
    start = time.perf_counter()
    with ProcessPoolExecutor(options.processes) as pool:
        parts = [
            pool.submit(batch, range(low, min(low + size, options.files)), options.seed)
            for low in starts
        ]
        for part in tqdm(parts, desc="fuzz", unit="batch", disable=None):
            found += part.result()
    took = time.perf_counter() - start
    print(_table(found))
    ends = Counter(one.end for one in found)
    counts = {name: ends[name] for name in (*FINE, *DEFECTS)}
    print(f"\n{len(found):,} files of {len({one.kind for one in found})} kinds in {took:.0f} s")
    print(", ".join(f"{name} {count:,}" for name, count in counts.items()))
    bad = [one for one in found if one.end in DEFECTS]
    for one in bad[:40]:
        print(f"{one.end}: --only {one.number} ({one.kind}, {one.damage}): {one.detail}")
    if options.out:
        options.out.write_text(json.dumps({"files": len(found), **counts}, indent=1) + "\n")
    return 1 if bad else 0


def _again(number: int, seed: int, keep: Path | None) -> int:
    rng = random.Random(f"{seed}-{number}")
    some = known_seeds(seed)
    one = some[number % len(some)]
    spoiled = spoil(one, rng)
    if keep:
        keep.with_suffix(spoiled.suffix).write_bytes(spoiled.content)
    print(
        one, spoiled.damage, spoiled.suffix, f"{len(spoiled.content)} bytes, {spoiled.lines} rows"
    )
    outcome = trial(number, seed)
    print(outcome)
    return 0 if outcome.end in FINE else 1


def _table(found: list[Outcome]) -> str:
    """Return counts by damage, one row each."""
    frame = pd.DataFrame([(one.damage, one.end) for one in found], columns=["damage", "end"])
    table = pd.crosstab(frame["damage"], frame["end"])
    return table.reindex(columns=[*FINE, *DEFECTS], fill_value=0).to_string()


if __name__ == "__main__":
    sys.exit(main())
