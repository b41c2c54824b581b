"""Saved multiverses under damage and races: `python tests/hardening/durability_multiverse.py`.

Flips single bits in a saved result and its parts, and lets two processes run different grids on one
`save=`. Prints counts; ends with 1 when a damaged file was served or a race gave a wrong result.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import pkstats as pk
from pkstats.errors import BuildProblem, UnreadableFile
from pkstats.multiverse import reload, store

FLIPS, RACES, SEED = 120, 50, 14
NAMES = [f"x{i}" for i in range(6)]
ROUND_SECONDS = 300


def data(seed: int = 1) -> pd.DataFrame:
    """Return 200 rows with outcomes y0 … y2, a treatment t, controls and clusters."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(draw.normal(size=(200, len(NAMES))), columns=NAMES)
    frame["t"] = draw.normal(size=200)
    for number in range(3):
        frame[f"y{number}"] = draw.normal(size=200) + 0.1 * frame["t"]
    return frame.assign(g=np.arange(200) % 20)


def call(variant: int) -> dict[str, Any]:
    """Return one of four grids that share outcomes and treatment: three parts each."""
    return {
        "outcome": ["y0", "y1", "y2"],
        "treatment": "t",
        "controls": NAMES[variant % 2 : variant % 2 + 3 + variant // 2],
        "cluster": "g",
        "progress": False,
        "workers": 1,
    }


def flips(folder: Path, count: int, seed: int = SEED) -> Counter[str]:
    """Flip `count` single bits of a saved result, one at a time: how many were refused or served."""
    frame, path, found = data(), folder / "m.parquet", Counter[str]()
    whole = pk.multiverse(frame, **call(0), save=path).frame
    content, draw = path.read_bytes(), random.Random(seed)
    bits = draw.sample(range(8 * len(content)), count)
    # The last bytes tell where everything is; some flips always fall there.
    bits[: count // 6] = [8 * len(content) - 1 - place for place in range(0, 3 * (count // 6), 3)]
    for bit in bits:
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(changed))
        try:
            _ = reload(path, frame).frame
            found["served"] += 1
        except UnreadableFile:
            found["refused"] += 1
        except Exception:
            found["foreign"] += 1
    path.write_bytes(content)
    found["whole file still read"] = int(reload(path, frame).frame.equals(whole))
    return found


def part_flips(folder: Path, count: int, seed: int = SEED) -> Counter[str]:
    """Flip single bits of a part that an interrupted run left: it is never taken up."""
    frame, path, found = data(), folder / "p.parquet", Counter[str]()
    figures = pk.multiverse(frame, **call(0)).frame[list(store.COLUMNS)]
    store.begun(path, "mark", {})
    store.keep_part(path, "mark", 0, figures)
    part = next(store.parts_folder(path).glob("*.parquet"))
    content, draw = part.read_bytes(), random.Random(seed)
    for bit in draw.sample(range(8 * len(content)), count):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        part.write_bytes(bytes(changed))
        taken = store.begun(path, "mark", {0: len(figures)})
        found["served" if taken else "refused"] += 1
    part.write_bytes(content)
    found["whole part still taken"] = int(store.begun(path, "mark", {0: len(figures)}) == {0})
    return found


def _racer(barrier: Any, rounds: list[tuple[int, float, str]], outcomes: Any) -> None:
    """Run one grid a round on a file that another process runs a grid on at the same time."""
    import time

    frame = data()
    right = {variant: pk.multiverse(frame, **call(variant)).frame for variant in range(4)}
    for variant, pause, path in rounds:
        barrier.wait(ROUND_SECONDS)
        time.sleep(pause)
        try:
            found = pk.multiverse(frame, **call(variant), save=path).frame
            outcomes.put("right" if found.equals(right[variant]) else "wrong")
        except (UnreadableFile, BuildProblem):
            outcomes.put("clear error")
        except Exception as problem:
            outcomes.put(f"foreign: {problem!r}")


def races(folder: Path, count: int, seed: int = SEED) -> Counter[str]:
    """Let two processes run grids on one `save=`, `count` times; every second time the same grid."""
    draw = random.Random(seed)
    context = multiprocessing.get_context("spawn")
    barrier, outcomes = context.Barrier(2), context.Queue()
    plans: tuple[list[Any], list[Any]] = ([], [])
    for number in range(count):
        path = str(folder / f"race{number}.parquet")
        first = draw.randrange(4)
        second = first if number % 2 else (first + 1 + draw.randrange(3)) % 4
        for plan, variant in zip(plans, (first, second), strict=True):
            plan.append((variant, draw.random() * 0.05, path))
    racers = [context.Process(target=_racer, args=(barrier, plan, outcomes)) for plan in plans]
    for racer in racers:
        racer.start()
    found = Counter(outcomes.get(timeout=2 * ROUND_SECONDS) for _ in range(2 * count))
    for racer in racers:
        racer.join(60)
    frame = data()
    for path in sorted(folder.glob("race*.parquet")):
        found["file whole" if reload(path, frame).size else "file empty"] += 1
    found["leftovers"] = len([*folder.glob("race*.parts"), *folder.glob(".race*.tmp")])
    return found


def failed(name: str, found: Counter[str], bad: tuple[str, ...]) -> bool:
    """Print what was found, and return whether it holds what must never be."""
    print(f"{name}: {', '.join(f'{count} {what}' for what, count in sorted(found.items()))}")
    return any(count for what, count in found.items() if what.startswith(bad))


def main() -> int:
    """Run all, print counts, and return 1 on any failure."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--flips", type=int, default=FLIPS)
    given.add_argument("--races", type=int, default=RACES)
    asked = given.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bad = [
            failed("bits of a saved multiverse", flips(folder, asked.flips), ("served", "foreign")),
            failed("bits of a part", part_flips(folder, asked.flips), ("served",)),
            failed(
                "races on one save=",
                races(folder, asked.races),
                ("wrong", "foreign", "file empty", "leftovers"),
            ),
        ]
    return int(any(bad))


if __name__ == "__main__":
    sys.exit(main())
