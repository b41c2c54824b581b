"""Run a grid: chunks over both cores or a cluster, a progress bar, and resuming after an interruption."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import joblib
import numpy as np
import pandas as pd
from scipy import special
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from pkstats.multiverse.careful import careful
from pkstats.multiverse.data import Sample, Setting, sample
from pkstats.multiverse.engine import Answer, answer
from pkstats.multiverse.grid import Batch, Grid
from pkstats.multiverse.labels import FIGURES

SMALLEST, LARGEST, PARTS = 1024, 8192, 8
LONG = 20_000
MANY_REFITS = 400
# Bytes that a specification's result takes while a grid runs and its parts are joined.
RESULT = 300


@dataclass(frozen=True, slots=True)
class Resources:
    """Bytes for all workers together, how many workers (None: every core), a progress bar or not."""

    memory: float = 512e6
    workers: int | None = None
    progress: bool | None = None

    @property
    def count(self) -> int:
        """Number of workers."""
        return self.workers or os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Chunk:
    """Part of a batch, from one place of its sets up to another, numbered in the grid's order."""

    whole: Batch
    start: int
    stop: int
    number: int

    @property
    def size(self) -> int:
        """Number of specifications."""
        return self.stop - self.start

    @property
    def batch(self) -> Batch:
        """The part as a batch of its own, its sets told one by one."""
        return replace(self.whole, sets=self.whole.sets[self.start : self.stop])


def chunks(grid: Grid) -> list[Chunk]:
    """Return the grid in parts: enough for every core, whichever machine goes on with a run."""
    fair = min(max(grid.size // PARTS, SMALLEST), LARGEST)
    found: list[Chunk] = []
    for batch in grid.batches:
        size = LARGEST if batch.family == "ols" else fair
        count = len(batch.sets)
        for start in range(0, count, size):
            found.append(Chunk(batch, start, min(start + size, count), len(found)))
    return found


def run(
    frame: pd.DataFrame,
    grid: Grid,
    setting: Setting,
    resources: Resources,
    wanted: list[Chunk],
    keep: Callable[[Chunk, pd.DataFrame], None],
) -> None:
    """Fit the chunks; `keep` receives each one's figures, not necessarily in order."""
    total = sum(chunk.size for chunk in wanted)
    hidden = (
        _hidden(wanted, setting, total) if resources.progress is None else not resources.progress
    )
    with tqdm(total=total, unit="spec", disable=hidden, desc="multiverse") as bar:
        for name in grid.samples:
            mine = [chunk for chunk in wanted if chunk.whole.sample == name]
            if not mine:
                continue
            here = sample(frame, grid, setting, name)
            memory = resources.memory / resources.count
            for chunk, found in _spread(here, grid, setting, mine, memory, resources):
                keep(chunk, _finish(found, here, grid, chunk.batch, setting, resources))
                bar.update(chunk.size)


def _hidden(wanted: list[Chunk], setting: Setting, total: int) -> bool | None:
    """Return whether to hide the bar; None, for many slow fits, hides it only off a terminal."""
    slow = sum(chunk.size for chunk in wanted if not setting.batched(chunk.whole.family))
    if total >= LONG:
        return False
    return None if slow >= MANY_REFITS else True


def _spread(
    here: Sample,
    grid: Grid,
    setting: Setting,
    wanted: list[Chunk],
    memory: float,
    resources: Resources,
) -> Iterator[tuple[Chunk, Answer]]:
    """Give chunks to joblib's workers: threads here, or whatever backend the caller has chosen."""
    small = replace(grid, batches=())
    parallel, together = _parallel(resources, len(wanted))
    # Many small products run best with one thread each and one block per core.
    with threadpool_limits(1, user_api="blas"):
        for first in range(0, len(wanted), together):
            part = wanted[first : first + together]
            tasks = (
                joblib.delayed(_task)(here, small, chunk.batch, setting, memory, os.getpid())
                for chunk in part
            )
            yield from zip(part, parallel(tasks), strict=True)


def _parallel(resources: Resources, size: int) -> tuple[Any, int]:
    """Return joblib with the caller's own backend (such as dask), or threads on every core.

    Also how many chunks it gets together: all, or a few times its workers where the backend (such as
    ray) hands out results only when all of them are there.
    """
    chosen, workers = joblib.parallel.get_active_backend()
    own = type(chosen).__name__ not in ("LokyBackend", "ThreadingBackend", "SequentialBackend")
    count = workers if own and resources.workers is None else resources.count
    one_by_one = not own or chosen.supports_return_generator
    parallel = joblib.Parallel(
        n_jobs=count,
        prefer="threads",
        return_as="generator" if one_by_one else "list",
        pre_dispatch="4*n_jobs",
    )
    return parallel, size if one_by_one else 4 * joblib.effective_n_jobs(count)


def _task(
    here: Sample, grid: Grid, batch: Batch, setting: Setting, memory: float, home: int
) -> Answer:
    if os.getpid() != home:
        threadpool_limits(1, user_api="blas")
    return answer(here, grid, batch, setting, memory)


def _finish(
    found: Answer,
    here: Sample,
    grid: Grid,
    batch: Batch,
    setting: Setting,
    resources: Resources,
) -> pd.DataFrame:
    """Return the figures of one chunk, refitting carefully what the engine does not vouch for."""
    frame = _figures(found, batch, setting)
    doubtful = np.flatnonzero(~found.sound)
    if not len(doubtful):
        return frame
    small = replace(grid, batches=())
    tasks = (
        joblib.delayed(careful)(here.frame, small, batch, grid.sets[batch.sets[i]], setting)
        for i in doubtful
    )
    if len(doubtful) < MANY_REFITS:
        refitted = [function(*given) for function, given, _ in tasks]
    else:
        refitted = joblib.Parallel(n_jobs=resources.count, batch_size=32)(tasks)
    columns: dict[str, list[Any]] = {
        name: [item.figures[i] for item in refitted] for i, name in enumerate(FIGURES)
    }
    columns |= {"n": [item.count for item in refitted]}
    columns |= {"clusters": [item.groups for item in refitted]}
    columns |= {"fitted": [item.fitted for item in refitted]}
    columns |= {"vcov": [item.vcov for item in refitted]}
    columns |= {"flags": [item.flag for item in refitted], "why": [item.why for item in refitted]}
    for name, listed in columns.items():
        values = frame[name].to_numpy().copy()
        values[doubtful] = listed
        frame[name] = values
    frame["converged"] = frame["estimate"].notna()
    return frame


def _figures(found: Answer, batch: Batch, setting: Setting) -> pd.DataFrame:
    """Return estimates with their inference, as `pkstats.fit` reports it."""
    upper = 0.5 + setting.conf_level / 2
    with np.errstate(all="ignore"):
        statistic = found.estimate / found.error
        if batch.family == "ols":
            clustered = setting.kind("ols").startswith("cr")
            plain = found.groups - 1 if clustered else found.count - found.terms
            p_value = 2 * special.stdtr(plain, -np.abs(statistic))
            freedom, place = np.unique(plain, return_inverse=True)
            half = special.stdtrit(freedom, upper)[place]
        else:
            p_value = 2 * special.ndtr(-np.abs(statistic))
            half = np.full(len(statistic), special.ndtri(upper))
    columns = {
        "estimate": found.estimate,
        "std_error": found.error,
        "statistic": statistic,
        "p_value": p_value,
        "conf_low": found.estimate - half * found.error,
        "conf_high": found.estimate + half * found.error,
        "n": found.count.astype("int64"),
        "clusters": found.groups.astype("int64"),
        "fitted": np.full(len(statistic), batch.family, dtype=object),
        "vcov": np.full(len(statistic), setting.kind(batch.family), dtype=object),
        "converged": True,
        "flags": np.full(len(statistic), "", dtype=object),
        "why": np.full(len(statistic), "", dtype=object),
    }
    return pd.DataFrame(columns)
