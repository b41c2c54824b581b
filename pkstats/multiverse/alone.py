"""Specifications whose treatment rests on one cluster alone: the careful path decides on them.

Without that cluster the treatment is constant or a combination of the other columns, so errors across
clusters say nothing of it, and `pkstats.fit` gives none (`pkstats.models.lonely`). More columns and
fewer rows never help a treatment: what holds with all columns that some specifications share holds for
each of them, so most batches are cleared at once.
"""

from __future__ import annotations

import numpy as np

from pkstats.multiverse.data import Sample, Setting, Table, dummies
from pkstats.multiverse.grid import Batch, Grid

# Below this share of its squares a treatment is nothing beside the other columns.
NOTHING = 1e-9
RANK = 1e-10


def rests_on_one(
    here: Sample, grid: Grid, batch: Batch, setting: Setting, found: Table
) -> np.ndarray:
    """Return which specifications have a treatment that one cluster alone tells about, shape (S,)."""
    size = len(batch.sets)
    if found.codes is None or not setting.kind(batch.family).startswith("cr"):
        return np.zeros(size, dtype=bool)
    columns, owner = _columns(here, grid, batch, found.kept)
    codes = found.codes.reshape(len(columns), -1)
    missing = np.isnan(columns)
    whole = ~missing.any(axis=1)
    if not _alone(columns[whole], codes[whole]):
        return np.zeros(size, dtype=bool)
    used = np.ones((len(owner), size), dtype=bool)
    used[owner >= 0] = grid.sets[batch.sets].T[owner[owner >= 0]]
    alone = np.zeros(size, dtype=bool)
    for place in range(size):
        mine = used[:, place]
        rows = ~missing[:, mine].any(axis=1)
        alone[place] = _alone(columns[rows][:, mine], codes[rows])
    return alone


def _columns(
    here: Sample, grid: Grid, batch: Batch, kept: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns of all specifications of a batch (n, P), and the control each is of or −1."""
    blocks, owner = [np.ones((len(kept), 1))], [-1]
    if batch.fixed:
        blocks.append(dummies(here.frame, batch.fixed, kept))
        owner += [-1] * blocks[-1].shape[1]
    some = np.logical_or.reduce(grid.sets[batch.sets])
    for place in np.flatnonzero(some):
        blocks.append(here.terms[grid.controls[place]].columns[kept])
        owner += [int(place)] * blocks[-1].shape[1]
    blocks.append(here.terms[batch.treatment].columns[kept])
    return np.column_stack(blocks), np.array([*owner, -1])


def _alone(columns: np.ndarray, codes: np.ndarray) -> bool:
    """Return whether, without some cluster, the last column is a combination of the others.

    With e what the others leave of it, and H their projection, e′e − e_g′(1 − H_gg)⁻¹e_g is left of
    its squares without cluster g; the inverse is taken where it is smaller, over the rows of the
    cluster or over the columns.
    """
    if not len(columns):
        return True
    size = np.sqrt((columns**2).sum(axis=0))
    columns = columns / np.where(size > 0, size, 1)
    basis, sizes, _ = np.linalg.svd(columns[:, :-1], full_matrices=False)
    basis = basis[:, sizes > 1e-10 * sizes[0]]
    own = columns[:, -1] - basis @ (basis.T @ columns[:, -1])
    for labels in codes.T:
        for code in _doubtful(own, basis, labels):
            rows = labels == code
            here, part = own[rows], basis[rows]
            if len(here) > part.shape[1]:
                values, turn = np.linalg.eigh(part.T @ part)
                inside = (turn.T @ (part.T @ here)) ** 2
                gone = (
                    here @ here + (inside / np.where(1 - values > RANK, 1 - values, np.inf)).sum()
                )
            else:
                values, turn = np.linalg.eigh(np.eye(len(here)) - part @ part.T)
                gone = ((turn.T @ here) ** 2 / np.where(values > RANK, values, np.inf)).sum()
            if own @ own - gone <= NOTHING:
                return True
    return False


def _doubtful(own: np.ndarray, basis: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the clusters that a bound does not clear: 1 − H_gg is at least 1 less H_gg's trace."""
    share = np.bincount(labels, weights=(basis**2).sum(axis=1))
    squares = np.bincount(labels, weights=own**2)
    cleared = (share < 1) & (squares < (1 - share) * (own @ own - NOTHING))
    return np.flatnonzero(~cleared & (np.bincount(labels) > 0))
