"""One batch of specifications, block by block: which path each takes, and what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from pkstats.models.families.negative_binomial import TABLE
from pkstats.multiverse import overdispersed
from pkstats.multiverse.alone import rests_on_one
from pkstats.multiverse.data import Sample, Setting, Table, absorb, table
from pkstats.multiverse.grid import Batch, Grid
from pkstats.multiverse.lattice import subsets
from pkstats.multiverse.least_squares import Products, clustered, cross_products
from pkstats.multiverse.likelihood import Rows, fits, products, slopes_at, solve
from pkstats.multiverse.variance import counts, fewest, spread, ways

# Blocks this wide keep a block's arrays near the processor at N = 900.
WIDEST = 256
ARRAYS = 8
# Eliminations share their beginnings; fewer at a time share less.
FEWEST = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """Figures of S specifications, each of shape (S,).

    `terms` counts coefficients; where `sound` is False the careful path has to decide.
    """

    estimate: np.ndarray
    error: np.ndarray
    count: np.ndarray
    groups: np.ndarray
    terms: np.ndarray
    sound: np.ndarray


def empty(size: int) -> Answer:
    """Return an answer that leaves everything to the careful path."""
    blank, zero = np.full(size, np.nan), np.zeros(size, dtype="int64")
    return Answer(blank, blank.copy(), zero, zero.copy(), zero.copy(), np.zeros(size, dtype=bool))


def answer(here: Sample, grid: Grid, batch: Batch, setting: Setting, memory: float) -> Answer:
    """Return what the batched engine finds for one batch, in the order of its sets.

    Parameters
    ----------
    memory : float
        Bytes that a block's arrays may take.
    """
    kind, size = setting.kind(batch.family), len(batch.sets)
    terms = [batch.treatment, *grid.controls]
    if (
        not setting.batched(batch.family)
        or set(setting.options or ()) - {"exposure", "offset"}
        or any(here.terms[name].intricate for name in terms)
    ):
        return empty(size)
    found = table(here, grid, batch, setting)
    if len(found.kept) < 2 or not fits(found.rows, memory):
        return empty(size)
    used = _used(found, grid, batch)
    values = ARRAYS * len(found.kept)
    if batch.family == "negbin":
        # Scores of ln α, and sums over counts beside the rows.
        values += 4 * len(found.kept) + 8 * int(min(found.rows.outcome.max(), TABLE))
    width = int(np.clip(memory / (8 * values), 4, WIDEST))
    room = _room(len(used), memory)
    if batch.family == "ols":
        done = _least_squares(found, here, batch, kind, used, width, room)
    else:
        start = _starts(found, batch.family, used, room)
        done = _by_rows(found, batch.family, kind, used, width, start)
    return replace(done, sound=done.sound & ~rests_on_one(here, grid, batch, setting, found))


def _room(columns: int, memory: float) -> int:
    """Return how many eliminations fit into memory: three copies of their matrices."""
    return max(int(memory / (24 * (columns + 1) ** 2)), FEWEST)


def join(parts: list[Answer]) -> Answer:
    """Return several answers as one."""
    names = Answer.__dataclass_fields__
    return Answer(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _used(found: Table, grid: Grid, batch: Batch) -> np.ndarray:
    """Return which columns each specification uses, (P, S)."""
    sets = grid.sets[batch.sets].T
    used = np.ones((len(found.owner), len(batch.sets)), dtype=bool)
    some = found.owner >= 0
    used[some] = sets[found.owner[some]]
    return used


def _starts(found: Table, family: str, used: np.ndarray, room: int) -> np.ndarray:
    """Return where each specification starts, shape (P, S), worked out for `room` at a time.

    The whole model is fitted once; a specification starts from its quadratic approximation with the
    columns it lacks held at zero. A negative binomial starts where a Poisson regression does.
    """
    rows = replace(found.rows, pairs=products(found.rows.columns))
    mask = None
    if found.missing is not None:
        mask = (~found.missing.any(axis=1)).astype("float64")[:, None]
        mask = None if mask.sum() < 2 * len(found.owner) else mask
    count = len(found.owner)
    weights = np.ones(len(rows.outcome)) if rows.weights is None else rows.weights
    level = float(weights @ rows.outcome / weights.sum())
    begin = np.zeros((count, 1))
    family = "poisson" if family == "negbin" else family
    if family == "poisson":
        begin[0] = np.log(max(level, 1e-12))
        if rows.offset is not None:
            begin[0] -= np.log(weights @ np.exp(rows.offset) / weights.sum())
    elif 0 < level < 1:
        begin[0] = np.log(level / (1 - level))
    whole = solve(family, rows, np.ones((count, 1), dtype=bool), begin, mask)
    point = whole.coefficients[:, 0] if whole.converged[0] else begin[:, 0]
    slope = slopes_at(family, rows, point[:, None])
    slope = slope if mask is None else slope * mask
    information = (rows.columns * slope).T @ rows.columns
    with np.errstate(all="ignore"):
        parts = [
            subsets(information, information @ point, 0.0, used[:, at], rows.spare).coefficients
            for at in _slices(used.shape[1], room)
        ]
    near = np.concatenate(parts, axis=1)
    near[:, ~np.isfinite(near).all(axis=0)] = 0.0
    return near


def _by_rows(
    found: Table,
    family: str,
    kind: str,
    used: np.ndarray,
    width: int,
    start: np.ndarray | None = None,
) -> Answer:
    """Return the answer of Newton's method over the rows, `width` specifications at a time."""
    parts = [
        _rows_block(found, family, kind, used[:, at], None if start is None else start[:, at])
        for at in _slices(used.shape[1], width)
    ]
    return join(parts)


def _slices(size: int, width: int) -> list[slice]:
    return [slice(first, first + width) for first in range(0, size, width)]


def _rows_block(
    found: Table,
    family: str,
    kind: str,
    used: np.ndarray,
    start: np.ndarray | None = None,
    taken: np.ndarray | None = None,
) -> Answer:
    """Return the answer for one block by Newton's method over the rows.

    `taken`, shape (N, S), says which rows each specification may use at all.
    """
    here = np.flatnonzero(used.any(axis=1))
    used, size = used[here], used.shape[1]
    columns = np.ascontiguousarray(found.rows.columns[:, here])
    rows = replace(
        found.rows, columns=columns, pairs=products(columns), spare=found.rows.spare[here]
    )
    mask = taken
    if found.missing is not None:
        lacking = found.missing[:, here].astype("float64") @ used
        if lacking.any():
            whole = (lacking == 0).astype("float64")
            mask = whole if taken is None else whole * taken
    begin = np.zeros(used.shape) if start is None else start[here]
    if family == "negbin":
        done = overdispersed.solve(rows, used, begin, mask)
    else:
        done = solve(family, rows, used, begin, mask)
    terms = done.factor.used.sum(axis=0) + found.absorbed
    if kind == "classical":
        count, groups = counts(mask, found.clusters, len(columns), size)
        variance = done.inverse()[len(used) - 1]
        if family == "ols":
            weights = 1.0 if rows.weights is None else rows.weights[:, None]
            variance *= (done.residuals**2 / weights).sum(axis=0) / (count - terms)
        number = fewest(groups, size)
    else:
        likelihood = family != "ols"
        scores = done.influence(columns)
        part = spread(kind, scores, found.clusters, terms, mask, likelihood)
        variance, count, number = part.variance, part.count, part.groups
    sound = done.converged & _varies(rows.outcome, mask)
    return _answer(found, done.coefficients[-1], variance, count, number, terms, sound, mask)


def _varies(outcome: np.ndarray, mask: np.ndarray | None) -> np.ndarray | bool:
    """Return whether the outcome takes two values in each specification's rows, shape (S,)."""
    if mask is None or np.ptp(outcome) == 0:
        return bool(np.ptp(outcome) > 0)
    low, high = outcome == outcome.min(), outcome == outcome.max()
    found = mask[low].any(axis=0) & mask[high].any(axis=0)
    for i in np.flatnonzero(~found):
        found[i] = np.ptp(outcome[mask[:, i] > 0]) > 0 if mask[:, i].any() else False
    return found


def _answer(
    found: Table,
    coefficient: np.ndarray,
    variance: np.ndarray,
    count: np.ndarray,
    groups: np.ndarray,
    terms: np.ndarray,
    sound: np.ndarray,
    mask: np.ndarray | None,
) -> Answer:
    unit = np.full(len(coefficient), 1 / found.scale)
    if found.raw is not None:
        unit *= _deviation(found.raw, mask)
    with np.errstate(invalid="ignore"):
        error = np.sqrt(variance) * np.abs(unit)
    sound = sound & (count > terms) & np.isfinite(error) & (error > 0)
    if found.clusters:
        sound &= groups > 1
    return Answer(coefficient * unit, error, count, groups, terms, sound)


def _deviation(values: np.ndarray, mask: np.ndarray | None) -> np.ndarray | float:
    """Return the standard deviation of the treatment in each specification's rows."""
    if mask is None:
        return float(values.std(ddof=1))
    count = mask.sum(axis=0)
    centred = values - values.mean()
    with np.errstate(all="ignore"):
        total = centred @ mask
        return np.sqrt(((centred**2) @ mask - total**2 / count) / (count - 1))


def _least_squares(
    found: Table,
    here: Sample,
    batch: Batch,
    kind: str,
    used: np.ndarray,
    width: int,
    room: int,
) -> Answer:
    """Return least squares by the cheapest path that suits missing values and fixed effects.

    Blocks over the rows are `width` specifications wide, eliminations `room`.
    """
    size = used.shape[1]
    if found.missing is None:
        groups = [(np.arange(len(found.kept)), np.arange(size))]
    else:
        places = np.flatnonzero(found.missing.any(axis=0))
        patterns, member = np.unique(used[places], axis=1, return_inverse=True)
        if not batch.fixed and patterns.shape[1] * 8 > size:
            return _by_rows(found, "ols", kind, used, width)
        member = member.ravel()
        order = np.argsort(member, kind="stable")
        chunks = np.split(order, np.cumsum(np.bincount(member))[:-1])
        groups = [
            (np.flatnonzero(~found.missing[:, places[patterns[:, i]]].any(axis=1)), chunk)
            for i, chunk in enumerate(chunks)
        ]
    parts = []
    for kept, members in groups:
        part = _narrowed(found, here, batch, kept)
        for at in _slices(len(members), room):
            parts.append(_pattern(part, kind, used[:, members[at]], width))
    return _reordered(join(parts), np.concatenate([members for _, members in groups]))


def _reordered(whole: Answer, where: np.ndarray) -> Answer:
    back = np.empty(len(where), dtype="intp")
    back[where] = np.arange(len(where))
    return Answer(*(getattr(whole, name)[back] for name in Answer.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class Pattern:
    """A table on the rows of one pattern of missing values, with its cross-products."""

    table: Table
    products: Products | None
    constant: bool


def _narrowed(found: Table, here: Sample, batch: Batch, kept: np.ndarray) -> Pattern:
    if not len(kept):
        return Pattern(found, None, True)
    raw = None if found.raw is None else found.raw[kept]
    if batch.fixed:
        part = absorb(found, here, batch.fixed, kept)
    elif len(kept) == len(found.kept):
        part = replace(found, missing=None)
    else:
        part = _subset(found, kept)
    part = replace(part, raw=raw)
    outcome = found.rows.outcome[kept]
    return Pattern(part, cross_products(part.rows, part.clusters), bool(np.ptp(outcome) == 0))


def _subset(found: Table, kept: np.ndarray) -> Table:
    rows = found.rows
    codes = None if found.codes is None else found.codes[kept]
    narrow = Rows(
        rows.columns[kept],
        np.empty((0, len(kept))),
        rows.outcome[kept],
        None if rows.weights is None else rows.weights[kept],
        None,
        rows.spare,
    )
    return replace(found, rows=narrow, missing=None, clusters=ways(codes), codes=codes)


def _pattern(part: Pattern, kind: str, used: np.ndarray, width: int) -> Answer:
    """Return the answer for specifications that share their rows."""
    found, size = part.table, used.shape[1]
    if part.products is None or part.constant:
        return empty(size)
    if found.absorbed:
        used = used.copy()
        used[0] = False
    if kind not in ("classical", "cr1"):
        return _by_rows(found, "ols", kind, used, width)
    whole = part.products
    with np.errstate(all="ignore"):
        fits = subsets(whole.whole, whole.outcome, whole.square, used, found.rows.spare)
        terms = fits.used.sum(axis=0) + found.absorbed
        if kind == "classical":
            variance = fits.direction[-1] * fits.remainder / (whole.rows - terms)
        else:
            spreads = [
                clustered(
                    whole,
                    fits.coefficients[:, at],
                    fits.direction[:, at],
                    found.clusters,
                    terms[at],
                )
                for at in _slices(size, width)
            ]
            variance = np.concatenate([item.variance for item in spreads])
    count = np.full(size, whole.rows)
    groups = np.full(size, min((len(o) for _, o in whole.within[:2]), default=0))
    estimate = fits.coefficients[-1]
    return _answer(found, estimate, variance, count, groups, terms, fits.sound, None)


def left_out(
    here: Sample, grid: Grid, batch: Batch, setting: Setting
) -> Iterator[tuple[np.ndarray, Answer, float]]:
    """Fit each specification of a batch without each cluster in turn.

    Yields
    ------
    tuple
        Labels of the clusters (G,), the answers without them (G,), and the estimate with all.
    """
    found = table(here, grid, batch, setting, as_columns=True)
    if len(found.kept) < 2 or found.codes is None or not fits(found.rows):
        return
    kind = setting.kind(batch.family)
    labels = here.frame[setting.cluster[0]].iloc[found.kept].to_numpy()
    _, first = np.unique(found.codes, return_index=True)
    present = (found.codes[:, None] != np.arange(len(first))).astype("float64")
    weights = np.column_stack([np.ones(len(present)), present])
    used = _used(found, grid, batch)
    starts = None
    if batch.family != "ols":
        starts = _starts(found, batch.family, used, used.shape[1])
    copies = weights.shape[1]
    for i in range(len(batch.sets)):
        one = np.repeat(used[:, i : i + 1], copies, axis=1)
        start = None if starts is None else np.repeat(starts[:, i : i + 1], copies, axis=1)
        done = _rows_block(found, batch.family, kind, one, start, weights)
        if not done.sound[0]:
            continue
        without = Answer(*(getattr(done, name)[1:] for name in Answer.__dataclass_fields__))
        yield labels[first], without, float(done.estimate[0])
