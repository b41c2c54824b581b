"""What is kept on disk under flipped bits, kills and readers: `python tests/hardening/durability.py`.

Works on copies of the real raw tables in a temporary folder, and prints what it counted; 1 when a
single table was served that is not the one written, or tables of two builds together.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

import pkstats as pk
from pkstats.cache import write_together
from pkstats.codebook import table_names
from pkstats.errors import BuildProblem
from pkstats.tables import generations
from pkstats.tables.build import build_generation, up_to_date
from pkstats.tables.places import own_raw
from pkstats.tables.raw import UNFINISHED

# Raw tables that differ from one version of the raw folder to the next, by rows dropped at the end.
CHANGED = ("displacement", "humanitarian", "violence", "aid_workers")
SEED = 20261201

# Dies at the n-th step of the write phase: a half-written file, or before a rename, flush or removal.
KILLED = """
import os, signal, sys
from pathlib import Path
from pkstats.cache import locked
from pkstats.tables import generations
home, last = Path(sys.argv[1]), int(sys.argv[3])
new = generations.current(Path(sys.argv[2]))
contents = {name: new.content(name) for name in new.tables}
steps = 0
def deadly(owner, name):
    plain = getattr(owner, name)
    def step(*arguments, **options):
        global steps
        steps += 1
        if steps == last:
            if name == "write_bytes":
                plain(arguments[0], arguments[1][: len(arguments[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return plain(*arguments, **options)
    setattr(owner, name, step)
with locked(home):
    deadly(Path, "write_bytes")
    for name in ("replace", "fsync", "mkdir", "unlink"):
        deadly(os, name)
    generations.write(home, new.inputs, contents, new.rows)
print(steps)
"""

# Reads until told to stop; `fresh` begins anew each time, `session` goes on with what it began with.
READER = """
import sys
from pathlib import Path
import pandas as pd
import pkstats as pk
from pkstats.errors import BuildProblem
from pkstats.tables import generations
kind, stop, names = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
while not stop.exists():
    if kind == "fresh":
        generations.let_go()
    try:
        marks = [str(pd.util.hash_pandas_object(pk.load(name)).sum()) for name in names]
    except BuildProblem:
        print("refused", flush=True)
        continue
    print(*marks, flush=True)
"""


def version(folder: Path, dropped: int) -> None:
    """Write the raw tables into a folder, some of them without their last rows."""
    folder.mkdir(exist_ok=True)
    contents = {}
    for path in [*own_raw().glob("*.csv"), *own_raw().glob("*.toml")]:
        content = path.read_bytes()
        if path.stem in CHANGED and path.suffix == ".csv" and dropped:
            content = b"\n".join(content.rstrip(b"\n").split(b"\n")[:-dropped]) + b"\n"
        contents[path.name] = content
    write_together(folder, contents, mark=UNFINISHED)


@contextmanager
def folders(home: Path, raw: Path) -> Iterator[None]:
    """Let pkstats read from these folders, from the beginning."""
    before = {name: os.environ.get(name) for name in ("PKSTATS_DATA", "PKSTATS_RAW")}
    os.environ |= {"PKSTATS_DATA": str(home), "PKSTATS_RAW": str(raw)}
    try:
        yield
    finally:
        generations.let_go(home)
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def tables() -> dict[str, pd.DataFrame]:
    """Return every table that pkstats serves, by name."""
    return {name: pk.load(name) for name in table_names()}


def same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> bool:
    """Tell whether all tables agree in every cell and type."""
    return all(frame.equals(other[name]) for name, frame in one.items())


def flips(work: Path, count: int, seed: int = SEED) -> Counter[str]:
    """Flip single bits in the tables and their pointer; count what became of each.

    Within a session the damaged table is refused; a new session sees it and, in one of twenty, is
    let build again, which gives the table as it was.
    """
    chance, found = random.Random(seed), Counter[str]()
    home, raw = work / "flips", work / "raw-0"
    with folders(home, raw):
        right = tables()
        folder = generations.current(home).folder
        pointer = home / generations.POINTER
        for turn in range(count):
            name = chance.choice(table_names())
            path = pointer if turn % 20 == 19 else folder / f"{name}.parquet"
            content = bytearray(path.read_bytes())
            place = chance.randrange(len(content) * 8)
            content[place // 8] ^= 1 << place % 8
            whole = path.read_bytes()
            path.write_bytes(content)
            if path != pointer:
                found[_served(name, right)] += 1
            else:
                found["pointer refused" if generations.current(home) is None else "SERVED"] += 1
            found["SERVED"] += up_to_date(home, raw) is not None
            if turn % 40 in (0, 39):
                generations.let_go()
                found["SERVED"] += not pk.load(name).equals(right[name])
                found["built again"] += path.read_bytes() == whole
            path.write_bytes(whole)
    return found


def _served(name: str, right: dict[str, pd.DataFrame]) -> str:
    try:
        frame = pk.load(name)
    except BuildProblem:
        return "refused"
    return "as written" if frame.equals(right[name]) else "SERVED"


def kills(work: Path, count: int, seed: int = SEED) -> Counter[str]:
    """Kill builds inside their write phase, revert the raw tables, and count what is then served."""
    chance, found = random.Random(seed), Counter[str]()
    old, new = work / "raw-0", work / "raw-2"
    base = work / "kills"
    for raw in (work / "raw-1", old):
        build_generation(base, raw)
    with folders(base, old):
        right = tables()
    with folders(work / "new", new):
        build_generation(work / "new", new)
        later = tables()
    steps = int(_killed(_copy(base, work / "count"), work / "new", 0).stdout)
    places = [chance.randint(1, steps) for _ in range(count)]
    homes = [work / f"killed-{turn}" for turn in range(count)]

    def die(home: Path, place: int) -> int:
        return _killed(_copy(base, home), work / "new", place).returncode

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        codes = list(pool.map(die, homes, places))
    for turn, (home, code) in enumerate(zip(homes, codes, strict=True)):
        found["killed"] += code == -signal.SIGKILL
        with folders(home, old):
            found["whole" if same(tables(), right) else "MIXED"] += 1
        # The new raw tables give the new tables: what the kill left behind is in nobody's way.
        if turn % 10 == 0:
            with folders(home, new):
                found["new whole" if same(tables(), later) else "MIXED"] += 1
        shutil.rmtree(home)
    found["SURVIVED"] += count - found["killed"]
    return found


def _copy(base: Path, home: Path) -> Path:
    shutil.copytree(base, home)
    return home


def _killed(home: Path, new: Path, last: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", KILLED, str(home), str(new), str(last)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", timeout=600)


def readers(work: Path, rebuilds: int) -> Counter[str]:
    """Read in loops while the tables are rebuilt; count readings by what they saw."""
    home, raw, stop = work / "read", work / "raw-read", work / "stop"
    found, written = Counter[str](), set()
    version(raw, 0)
    build_generation(home, raw)
    environment = {**os.environ, "PKSTATS_DATA": str(home), "PKSTATS_RAW": str(raw)}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", READER, kind, str(stop), *CHANGED],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        for kind in ("fresh", "session")
    ]
    try:
        for turn in range(rebuilds + 1):
            if turn:
                version(raw, turn)
            with folders(home, raw):
                frames = [pk.load(name) for name in CHANGED]
            written.add(" ".join(str(pd.util.hash_pandas_object(one).sum()) for one in frames))
            time.sleep(0.2)
    finally:
        stop.touch()
        outputs = [process.communicate(timeout=600)[0].splitlines() for process in running]
    for kind, lines in zip(("fresh", "session"), outputs, strict=True):
        seen = set(lines) - {"refused"}
        found[f"{kind}: readings"] += len(lines)
        found[f"{kind}: refused"] += lines.count("refused")
        found[f"{kind}: builds seen"] += len(seen)
        found["MIXED"] += len(seen - written)
    found["MIXED"] += found["session: builds seen"] > 1
    found["rebuilds"] = len(written) - 1
    found["generations left"] = len(list(home.glob(f"{generations.PREFIX}*")))
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run everything; 1 when anything was served that should not have been."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flips", type=int, default=400)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rebuilds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args(arguments)
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for dropped in range(3):
            version(work / f"raw-{dropped}", dropped)
        for what, count, run in (
            ("bits flipped in tables", options.flips, lambda n: flips(work, n, options.seed)),
            ("builds killed while writing", options.kills, lambda n: kills(work, n, options.seed)),
            ("rebuilds under two readers", options.rebuilds, lambda n: readers(work, n)),
        ):
            began = time.perf_counter()
            found = run(count)
            bad += sum(number for name, number in found.items() if name.isupper())
            told = ", ".join(f"{name} {number}" for name, number in sorted(found.items()))
            print(f"{count} {what}: {told} ({time.perf_counter() - began:.0f} s)", flush=True)
    print("none served that is not as written" if not bad else f"{bad} WRONG")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
