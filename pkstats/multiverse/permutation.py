"""Randomisation inference: the whole grid again with treatments exchanged between missions.

Under the sharp null that the treatment has nothing to do with any outcome, which mission had which
treatment is arbitrary. Each draw gives every cluster the treatment of another; a cluster with more
or fewer rows takes the other's sequence stretched over its own rows (in the order of the data), so
that a treatment keeps its course over time. Joint statistics follow Simonsohn, Simmons and Nelson
(2020, Nature Human Behaviour 4: 1208–1214).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from pkstats.errors import BadModel
from pkstats.multiverse.data import BATCHED, Sample, sample
from pkstats.multiverse.engine import answer
from pkstats.multiverse.grid import Grid
from pkstats.multiverse.labels import COLUMNS, LABELS
from pkstats.multiverse.run import RESULT, chunks
from pkstats.multiverse.summary import sampled
from pkstats.multiverse.variance import KINDS
from pkstats.text import for_html

if TYPE_CHECKING:
    from pkstats.multiverse.data import Setting
    from pkstats.multiverse.result import Multiverse
    from pkstats.multiverse.run import Resources

CRITICAL = 1.959963984540054


@dataclass(frozen=True)
class Permutation:
    """A joint test of the sharp null over a grid.

    Attributes
    ----------
    joint : DataFrame
        One row per statistic: observed, the null's 5th, 50th and 95th percentiles, `p_value`
        (one-sided in the claimed direction, (1 + draws as large) / (1 + draws)).
    frame : DataFrame
        The specifications refitted, with the two-sided `p_permutation` of each.
    draws, specifications : int
    """

    joint: pd.DataFrame
    frame: pd.DataFrame
    draws: int
    specifications: int

    def __repr__(self) -> str:
        return (
            f"Sharp null over {self.specifications:,} specifications, {self.draws:,} exchanges of "
            f"treatments between clusters:\n{self.joint.to_string(float_format='%.3g')}"
        )

    def _repr_html_(self) -> str:
        head = for_html(repr(self).splitlines()[0])
        return f"<p>{head}</p>{self.joint.to_html(float_format='%.3g')}"


def exchange(codes: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Return for each row (N,) the row whose treatment it takes.

    Parameters
    ----------
    codes : array, shape (N,)
        Cluster of each row; rows of a cluster in the order of time.
    """
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    donor = draw.permutation(len(sizes))
    within = np.arange(len(codes)) - np.repeat(first, sizes)
    length = np.repeat(sizes, sizes)
    given = np.repeat(sizes[donor], sizes)
    place = np.floor((within + 0.5) * given / length).astype("intp")
    taken = np.empty(len(codes), dtype="intp")
    taken[order] = order[np.repeat(first[donor], sizes) + place]
    return taken


def permute(m: Multiverse, draws: int, direction: int, seed: int, limit: int | None) -> Permutation:
    """Exchange treatments between clusters `draws` times; see `Multiverse.permute`.

    Raises
    ------
    BadModel
        Without one column of clusters, with fewer than one draw, or for specifications that are
        fitted one by one.
    """
    if len(m.setting.cluster) != 1:
        raise BadModel("Permuting needs cluster=, one column of independent units.")
    if draws < 1:
        raise BadModel(f"draws= must be one or more; found {draws}.")
    grid, places = _part(m, limit, seed)
    _refuse(grid.size, m.resources)
    frame = m._data()
    used = {batch.sample for batch in grid.batches}
    samples = {name: sample(frame, grid, m.setting, name) for name in used}
    seeds = np.random.SeedSequence(seed).spawn(draws)
    memory = m.resources.memory / m.resources.count
    larger = np.zeros(grid.size, dtype="int32")
    known = np.zeros(grid.size, dtype="int32")
    null = []
    with threadpool_limits(1, user_api="blas"):
        observed = _statistics(samples, grid, m.setting, memory)
        if not np.isfinite(observed).any():
            raise BadModel(
                "Permuting needs specifications that can be fitted many at a time; none of these can "
                "(their outcomes are separated, or they have too many columns for memory=). Pool "
                "categories, or leave the terms out that separate."
            )
        tasks = (delayed(_draw)(samples, grid, m.setting, memory, child) for child in seeds)
        run = Parallel(n_jobs=m.resources.count, prefer="threads", return_as="generator")(tasks)
        quiet = draws * grid.size < 100_000
        for scores in tqdm(run, total=draws, desc="permutations", disable=quiet):
            larger += np.abs(scores) >= np.abs(observed) - 1e-12
            known += np.isfinite(scores)
            null.append(_joint(scores, direction))
    own = np.where(np.isfinite(observed), (1 + larger) / (1 + known), np.nan)
    kept = m._rows(places, (*LABELS, *COLUMNS)).assign(p_permutation=own).reset_index(drop=True)
    return Permutation(_against(_joint(observed, direction), null), kept, draws, grid.size)


def _refuse(size: int, resources: Resources) -> None:
    """Refuse what does not fit into memory: the specifications, and what each draw finds of them."""
    most = int(resources.memory // RESULT)
    if size > most:
        raise BadModel(
            f"Permuting {size:,} specifications takes about {size * RESULT / 1e6:,.1f} MB, over "
            f"memory={resources.memory / 1e6:g}. Pass limit={most:,} to permute as many of them, or "
            "raise memory=."
        )


def _part(m: Multiverse, limit: int | None, seed: int) -> tuple[Grid, np.ndarray]:
    """Return the part of the grid to permute, and the places of its specifications in the frame."""
    batches = m.grid.batches
    wrong = sorted({batch.family for batch in batches if not m.setting.batched(batch.family)})
    if wrong:
        raise BadModel(
            f"Permuting is for the families {', '.join(BATCHED)} with {', '.join(KINDS)}; the grid "
            f"has {', '.join(wrong)} with {m.setting.kind(wrong[0])}."
        )
    sizes = [len(batch.sets) for batch in batches]
    picked = sampled(sizes, m.size if limit is None else limit, seed)
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    chosen = [
        replace(batch, sets=batch.sets[part]) for batch, part in zip(batches, picked, strict=True)
    ]
    places = np.concatenate([part + start for part, start in zip(picked, first, strict=True)])
    return replace(m.grid, batches=tuple(b for b in chosen if len(b.sets))), places.astype("intp")


def _draw(
    samples: dict[str, Sample],
    grid: Grid,
    setting: Setting,
    memory: float,
    seed: np.random.SeedSequence,
) -> np.ndarray:
    moved = {}
    for name, here in samples.items():
        # The same draw in every sample: clusters keep their partners where they can.
        draw = np.random.default_rng(seed)
        codes = pd.factorize(here.frame[setting.cluster[0]])[0]
        known = np.flatnonzero(codes >= 0)
        taken = np.arange(len(codes))
        taken[known] = known[exchange(codes[known], draw)]
        terms = dict(here.terms)
        for text in grid.treatments:
            terms[text] = replace(terms[text], columns=terms[text].columns[taken])
        moved[name] = Sample(here.frame, terms)
    return _statistics(moved, grid, setting, memory)


def _statistics(
    samples: dict[str, Sample], grid: Grid, setting: Setting, memory: float
) -> np.ndarray:
    """Return estimate over standard error of every specification, shape (S,)."""
    found = []
    for batch in (chunk.batch for chunk in chunks(grid)):
        part = answer(samples[batch.sample], grid, batch, setting, memory)
        with np.errstate(all="ignore"):
            found.append(np.where(part.sound, part.estimate / part.error, np.nan))
    return np.concatenate(found)


def _joint(scores: np.ndarray, direction: int) -> dict[str, float]:
    """Return the joint statistics of the specifications' z values (S,)."""
    z = direction * scores
    return {
        "median z": float(np.nanmedian(z)),
        "share significant": float((z > CRITICAL).sum() / np.isfinite(z).sum()),
        "mean z (Stouffer)": float(np.nanmean(z)),
    }


def _against(observed: dict[str, float], null: list[dict[str, float]]) -> pd.DataFrame:
    """Return each joint statistic beside what the draws found of it."""
    rows = {}
    for name, here in observed.items():
        drawn = np.array([each[name] for each in null])
        # A draw in which nothing can be fitted says nothing, neither way.
        drawn = drawn[np.isfinite(drawn)]
        if not len(drawn):
            raise BadModel(
                "No exchange of treatments left a specification that can be fitted. Pool categories, "
                "or leave the terms out that separate the outcomes."
            )
        low, middle, high = np.quantile(drawn, [0.05, 0.5, 0.95])
        rows[name] = {
            "observed": here,
            "null_05": low,
            "null_50": middle,
            "null_95": high,
            "p_value": (1 + int((drawn >= here - 1e-12).sum())) / (1 + len(drawn)),
        }
    return pd.DataFrame(rows).T
