"""Time the readers beside bare pandas, the import, the build and a wide panel.

Publisher files are looked for in PKSTATS_SOURCES, else in ../shared/sources. Each reader and the
bare read take turns in a process of their own, so that no reader's time depends on the files read
before. Processor time is taken, which neighbours on the machine disturb least; the best of the runs
counts, and the ratio is the claim. Files read in a millisecond are read hundreds of times, since a
few runs of them say little.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import models
import pandas as pd
import sections

import pkstats
from pkstats.sources import layout_names, read
from pkstats.tables.compile import find

HERE = Path(__file__).parent
# Each reader and its bare read take turns for so long at least.
SECONDS = 2.0
SOURCES = Path(os.environ.get("PKSTATS_SOURCES", HERE.parents[1] / "shared" / "sources"))


def bare_read(path: Path) -> Callable[[], object]:
    """Return the shortest pandas call that opens the file (Excel with the faster engine)."""
    suffix = path.suffix.lower()
    if suffix == ".dta":
        return lambda: pd.read_stata(path)
    if suffix in (".xlsx", ".xls"):
        return lambda: pd.read_excel(path, engine="calamine")
    if suffix in (".rda", ".rds"):
        import pyreadr

        return lambda: pyreadr.read_r(str(path))
    try:
        pd.read_csv(path)
    except UnicodeDecodeError:
        return lambda: pd.read_csv(path, encoding="latin-1")
    return lambda: pd.read_csv(path)


def seconds(call: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    start = clock()
    call()
    return clock() - start


def in_turns(
    bare: Callable[[], object], own: Callable[[], object], runs: int
) -> list[tuple[float, float]]:
    """Time two calls in turns, `runs` times or more: until SECONDS have passed."""
    pairs: list[tuple[float, float]] = []
    end = time.perf_counter() + SECONDS
    while len(pairs) < runs or time.perf_counter() < end:
        pairs.append((seconds(bare, time.process_time), seconds(own, time.process_time)))
    return pairs


def one_reader(kind: str, path: Path, runs: int) -> tuple[int, float, float]:
    """Return rows, bare and own milliseconds of a file, best of the runs."""
    warnings.simplefilter("ignore")
    _, report = read(kind, path)
    pairs = in_turns(bare_read(path), lambda: read(kind, path), runs)
    bare, own = (1000 * min(column) for column in zip(*pairs, strict=True))
    return report.read, bare, own


def readers(kinds: list[str], runs: int) -> Iterator[tuple[str, str, int, float, float]]:
    """Yield kind, file type, rows, bare and own milliseconds, each reader in a new process."""
    for kind in kinds:
        path = find(SOURCES, kind)
        if path is None:
            print(f"{kind}: no file in {SOURCES}", file=sys.stderr)
            continue
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            rows, bare, own = pool.submit(one_reader, kind, path, runs).result()
        yield kind, path.suffix.lower().lstrip("."), rows, bare, own


def reader_table(kinds: list[str], runs: int) -> list[str]:
    lines = ["| kind | file | rows | bare ms | pkstats ms | ratio |", "|---|---|--:|--:|--:|--:|"]
    ratios = []
    for kind, suffix, rows, bare, own in readers(kinds, runs):
        ratios.append(own / bare)
        lines.append(
            f"| {kind} | {suffix} | {rows:,} | {bare:.1f} | {own:.1f} | {own / bare:.2f} |"
        )
    if ratios:
        within = sum(ratio <= 2 for ratio in ratios)
        median = pd.Series(ratios).median()
        lines += [
            "",
            f"{within} of {len(ratios)} readers are within twice the bare read; median {median:.2f}.",
        ]
    return lines


def import_seconds(name: str, runs: int) -> float:
    """Return the best time a fresh process needs to import a module, less an empty process."""

    def process(code: str) -> float:
        return min(
            seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True))
            for _ in range(runs)
        )

    return process(f"import {name}") - process("pass")


def whole(runs: int) -> list[str]:
    """Return the times of the import, a full build and a panel with every table."""
    from pkstats.panel.native import addable

    def panel() -> object:
        return pkstats.panel("mission-month").add(*addable("mission-month"))

    with tempfile.TemporaryDirectory() as folder:
        built = min(
            seconds(lambda: pkstats.build(Path(folder), force=True)) for _ in range(min(runs, 3))
        )
    wide = min(seconds(panel) for _ in range(min(runs, 3)))
    rows, columns = panel().frame.shape  # type: ignore[attr-defined]
    times = {
        "`import pkstats`": import_seconds("pkstats", runs),
        "`import pandas`": import_seconds("pandas", runs),
        "`pkstats.build(force=True)`, every table": built,
        f"mission-month panel, every table ({rows:,} × {columns})": wide,
    }
    lines = ["| what | seconds |", "|---|--:|"]
    return lines + [f"| {what} | {value:.2f} |" for what, value in times.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", help="readers to time (default: all)")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="write its sections of the README")
    options = parser.parse_args()
    if options.write and options.kinds:
        parser.error("--write keeps the times of all readers: name none")
    warnings.simplefilter("ignore")
    lines = [
        "# Benchmarks",
        "",
        f"Written by `python benchmarks/run.py --write`: best of {options.runs}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, pandas {pd.__version__}.",
        "The bare read is `pd.read_csv`, `read_stata`, `read_excel` (engine calamine, the faster) "
        "or `pyreadr.read_r` of the same file, in processor time; it and the reader take turns for "
        f"{SECONDS:g} seconds (at least {options.runs} times each) in a new process, and the best of each "
        "counts. Late in a process that has read large files, pandas finds memory at hand and reads some "
        "files a third faster, pkstats as before: geopko and un_fatalities then stand at 2.2 and 2.3.",
        "pkstats also types, checks and accounts for every row. The ratio is the claim, not the ms.",
        "",
        "## Readers",
        "",
        *reader_table(options.kinds or list(layout_names()), options.runs),
    ]
    if not options.kinds:
        lines += ["", "## Import, build, panel", "", *whole(options.runs)]
        lines += ["", "## Models", "", *models.table()]
    text = "\n".join(lines) + "\n"
    print(text)
    if options.write:
        sections.write(text)


if __name__ == "__main__":
    main()
