"""From a frame to the arrays that the specifications of one batch share."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from pkstats.errors import BadModel, suggestion
from pkstats.models.families import family as find_family
from pkstats.models.formula import design, evaluate, parse
from pkstats.models.weighing import variance
from pkstats.multiverse.grid import Batch, Fixed, Grid
from pkstats.multiverse.likelihood import Rows
from pkstats.multiverse.queries import columns as queried
from pkstats.multiverse.queries import select
from pkstats.multiverse.variance import KINDS, Clusters, ways

BATCHED = ("ols", "logit", "poisson", "negbin")
# Below this share of its length a column that fixed effects absorbed is rounding noise.
ABSORBED = 1e-9


@dataclass(frozen=True, slots=True)
class Term:
    """Columns of one term, shape (N, c), NaN where missing; `spare` tells dummies of a category.

    `scaled` is set when the term is ``standardize(x)``: its coefficient is for one standard
    deviation of x in the rows of each specification.
    """

    columns: np.ndarray
    spare: bool
    scaled: bool
    intricate: bool

    @property
    def missing(self) -> np.ndarray:
        """Rows without a value, shape (N,)."""
        return np.isnan(self.columns).any(axis=1)


@dataclass(frozen=True)
class Setting:
    """What all specifications share: how they cluster, weigh and spread.

    Attributes
    ----------
    cluster, weights, vcov
        As in `pkstats.fit`.
    common_sample : bool
        Whether every specification keeps only the rows complete in all controls.
    options : mapping
        Further options of `pkstats.fit`, such as ``exposure=``.
    """

    cluster: tuple[str, ...] = ()
    weights: str | None = None
    vcov: str | None = None
    conf_level: float = 0.95
    common_sample: bool = False
    options: Mapping[str, Any] | None = None

    def batched(self, family: str) -> bool:
        """Return whether the batched engine knows the family and its variance."""
        kind = self.kind(family)
        # `pkstats.fit` refuses classical errors of weighted likelihoods, and says why.
        refused = self.weights is not None and kind == "classical" and family != "ols"
        return family in BATCHED and kind in KINDS and not refused

    def kind(self, family: str) -> str:
        """Return the variance, as `pkstats.fit` chooses it."""
        weighted = self.weights is not None
        return (self.vcov or variance(find_family(family), bool(self.cluster), weighted)).lower()


@dataclass(frozen=True)
class Sample:
    """Terms evaluated on the rows of one sample; the frame has the columns that a grid uses."""

    frame: pd.DataFrame
    terms: Mapping[str, Term]


@dataclass(frozen=True)
class Table:
    """Arrays of one batch on the N rows with outcome, treatment and all that is always there.

    Attributes
    ----------
    rows : Rows
        The treatment is the last column.
    missing : array of bool, shape (N, P), or None
    owner : array, shape (P,)
        Place of each column's control among the grid's; −1 for columns always used.
    scale : float
        What one unit of the focal column is worth in the treatment's own units.
    raw : array, shape (N,)
        The treatment before standardize(), when it is one.
    absorbed : int
        Number of coefficients that fixed effects took.
    kept : array, shape (N,)
        Places of the rows in the sample.
    """

    rows: Rows
    missing: np.ndarray | None
    owner: np.ndarray
    scale: float
    raw: np.ndarray | None
    clusters: tuple[Clusters, ...]
    codes: np.ndarray | None
    absorbed: int
    kept: np.ndarray


def needed(grid: Grid, setting: Setting) -> list[str]:
    """Return the columns that a grid uses, outcomes, clusters and those of queries included."""
    formulas = [parse(f"~ {term}").columns for term in (*grid.treatments, *grid.controls)]
    formulas += [parse(f"{outcome} ~ 1").outcome_columns for outcome in grid.families]
    others = [*setting.cluster, *(name for option in grid.fixed for name in option)]
    others += [setting.weights] if setting.weights else []
    others += [value for value in (setting.options or {}).values() if isinstance(value, str)]
    others += [
        name for query in grid.samples.values() if query is not None for name in queried(query)
    ]
    return list(dict.fromkeys([name for names in formulas for name in names] + others))


def rows_of(frame: pd.DataFrame, grid: Grid, setting: Setting, name: str) -> pd.DataFrame:
    """Return the rows of one sample: with `common_sample` those complete in every control.

    Raises
    ------
    BadModel
        When the query cannot be read, or no row is left.
    """
    chosen = select(frame, name, grid.samples[name])
    if not setting.common_sample:
        return chosen
    used = list(dict.fromkeys(one for term in grid.controls for one in parse(f"~ {term}").columns))
    for one in used:
        column(chosen, one)
    complete = chosen.dropna(subset=used)
    if complete.empty:
        worst = chosen[used].isna().mean().idxmax()
        raise BadModel(
            f"common_sample=True leaves no row of the sample {name!r}: none has every control. "
            f"Most missing: {worst}. Leave it out, or take each specification's own rows."
        )
    return complete


def sample(frame: pd.DataFrame, grid: Grid, setting: Setting, name: str) -> Sample:
    """Return one sample with every term evaluated.

    Raises
    ------
    BadModel
        When the query cannot be read or leaves no row.
    """
    chosen = rows_of(frame, grid, setting, name)
    terms = {text: term(text, chosen) for text in (*grid.treatments, *grid.controls)}
    for text in grid.treatments:
        if terms[text].columns.shape[1] != 1:
            raise BadModel(
                f"The treatment {text!r} has {terms[text].columns.shape[1]} coefficients; a "
                "specification reports one. Use a number or a column of 0 and 1."
            )
    weights = _number(chosen, setting.weights)
    if weights is not None and (weights < 0).any():
        raise BadModel(
            f"Weights must be zero or more; {setting.weights!r} has {int((weights < 0).sum())} below "
            "zero. Drop those rows or mend the weights."
        )
    names = [column for column in needed(grid, setting) if column in chosen]
    return Sample(chosen[names], terms)


def term(text: str, frame: pd.DataFrame) -> Term:
    """Evaluate one term (or several joined by +) over a frame."""
    parsed = parse(f"~ {text}")
    lone = parsed.terms[0][0] if len(parsed.terms) == 1 and len(parsed.terms[0]) == 1 else None
    scaled = _calls(lone, "standardize") and not _nested(lone)
    intricate = not scaled and any(
        _calls(node, "standardize")
        for part in parsed.terms
        for top in part
        for node in ast.walk(top)
    )
    if scaled:
        assert isinstance(lone, ast.Call)
        columns = evaluate(lone.args[0], frame, parsed.text, plain=False)[:, None]
    else:
        columns = design(parsed, frame, intercept=False)[1]
    if np.isinf(columns).any():
        raise BadModel(f"{text!r} holds infinite values. Replace them or drop their rows.")
    spare = any(_calls(node, "C") for part in parsed.terms for node in part)
    return Term(columns, spare, scaled, intricate)


def _calls(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def _nested(node: ast.AST | None) -> bool:
    return sum(_calls(item, "standardize") for item in ast.walk(node)) > 1 if node else False


def table(
    here: Sample, grid: Grid, batch: Batch, setting: Setting, as_columns: bool = False
) -> Table:
    """Return the arrays of one batch; fixed effects of least squares may be columns."""
    used = grid.sets[batch.sets]
    always, some = np.logical_and.reduce(used), np.logical_or.reduce(used)
    frame = here.frame
    outcome = evaluate_outcome(batch.outcome, frame)
    complete = ~np.isnan(outcome) & ~here.terms[batch.treatment].missing
    weights = _number(frame, setting.weights)
    offset = _offset(frame, setting.options or {})
    if weights is not None:
        complete &= weights > 0
    if offset is not None:
        complete &= ~np.isnan(offset)
    for name in (*setting.cluster, *batch.fixed):
        complete &= column(frame, name).notna().to_numpy()
    for place, name in enumerate(grid.controls):
        if always[place]:
            complete &= ~here.terms[name].missing
    kept = np.flatnonzero(complete)
    codes = _codes(frame, setting.cluster, kept)
    owner, blocks, spare = _blocks(here, grid, batch, some, kept)
    if batch.fixed and (as_columns or batch.family != "ols"):
        fixed = dummies(frame, batch.fixed, kept)
        blocks.insert(1, fixed)
        owner = np.concatenate([[-1], np.full(fixed.shape[1], -1), owner[1:]])
        spare = np.concatenate([[False], np.ones(fixed.shape[1], bool), spare[1:]])
    columns = np.column_stack(blocks)
    missing = np.isnan(columns)
    treated = here.terms[batch.treatment]
    columns, scale = _standard(columns)
    rows = Rows(
        columns,
        np.empty((0, len(kept))),
        outcome[kept],
        None if weights is None else weights[kept],
        None if offset is None else offset[kept],
        spare,
    )
    return Table(
        rows=rows,
        missing=missing if missing.any() else None,
        owner=np.array([-1 if place < 0 or always[place] else place for place in owner]),
        scale=scale,
        raw=treated.columns[kept, 0] if treated.scaled else None,
        clusters=ways(codes),
        codes=codes,
        absorbed=0,
        kept=kept,
    )


def _blocks(
    here: Sample, grid: Grid, batch: Batch, some: np.ndarray, kept: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Return owners and spares of the columns (P,), and the columns in blocks."""
    owner, spare = [-1], [False]
    blocks = [np.ones((len(kept), 1))]
    for place in np.flatnonzero(some):
        item = here.terms[grid.controls[place]]
        blocks.append(item.columns[kept])
        owner += [int(place)] * item.columns.shape[1]
        spare += [item.spare] * item.columns.shape[1]
    blocks.append(here.terms[batch.treatment].columns[kept])
    return np.array([*owner, -1]), blocks, np.array([*spare, False])


def _standard(columns: np.ndarray) -> tuple[np.ndarray, float]:
    """Return columns of mean zero and unit spread (but the constant), zero where missing, (N, P)."""
    if not len(columns):
        return columns, 1.0
    with np.errstate(all="ignore"):
        centre, size = np.nanmean(columns, axis=0), np.nanstd(columns, axis=0)
    centre[0] = 0.0
    flat = ~(size > 1e-12 * np.abs(centre))
    size = np.where(flat, 1.0, size)
    standard = (columns - centre) / size
    standard[:, flat] = np.where(np.arange(columns.shape[1])[flat] == 0, 1.0, 0.0)
    return np.nan_to_num(standard, copy=False), float(size[-1])


def absorb(found: Table, here: Sample, fixed: Fixed, kept: np.ndarray) -> Table:
    """Return rows `kept` of a table with fixed effects projected out, exactly, by one basis."""
    rows = found.rows
    levels = np.column_stack([np.ones(len(kept)), dummies(here.frame, fixed, found.kept[kept])])
    weights = None if rows.weights is None else rows.weights[kept]
    root = np.ones(len(kept)) if weights is None else np.sqrt(weights)
    axes, sizes, _ = np.linalg.svd(levels * root[:, None], full_matrices=False)
    basis = axes[:, sizes > sizes[0] * 1e-10]
    columns = rows.columns[kept] * root[:, None]
    before = np.sqrt((columns**2).sum(axis=0))
    columns -= basis @ (basis.T @ columns)
    columns[:, np.sqrt((columns**2).sum(axis=0)) <= ABSORBED * before] = 0.0
    outcome = rows.outcome[kept] * root
    outcome = outcome - basis @ (basis.T @ outcome)
    plain = Rows(
        columns / root[:, None],
        np.empty((0, len(kept))),
        outcome / root,
        weights,
        None,
        rows.spare,
    )
    codes = None if found.codes is None else found.codes[kept]
    return replace(
        found, rows=plain, missing=None, clusters=ways(codes), codes=codes, absorbed=basis.shape[1]
    )


def dummies(frame: pd.DataFrame, fixed: Fixed, kept: np.ndarray) -> np.ndarray:
    """Return a column for each level but the first of each fixed effect, shape (n, …)."""
    blocks = []
    for name in fixed:
        codes = pd.factorize(column(frame, name).iloc[kept], sort=True)[0]
        blocks.append((codes[:, None] == np.arange(1, codes.max() + 1)).astype("float64"))
    return np.hstack(blocks)


def column(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of the frame, or say that there is none."""
    if name not in frame:
        raise BadModel(f"There is no column {name!r} in the data.{suggestion(name, frame)}")
    return frame[name]


def evaluate_outcome(text: str, frame: pd.DataFrame) -> np.ndarray:
    """Return an outcome as floats, shape (N,)."""
    parsed = parse(f"{text} ~ 1")
    assert parsed.outcome is not None
    return evaluate(parsed.outcome, frame, parsed.text)


def _number(frame: pd.DataFrame, name: str | None) -> np.ndarray | None:
    if name is None:
        return None
    return column(frame, name).astype("Float64").to_numpy(dtype="float64", na_value=np.nan)


def _offset(frame: pd.DataFrame, options: Mapping[str, Any]) -> np.ndarray | None:
    """Return what enters the linear predictor with coefficient one, shape (N,)."""
    offset, exposure = (_number(frame, options.get(name)) for name in ("offset", "exposure"))
    if exposure is None:
        return offset
    if (exposure <= 0).any():
        raise BadModel("Exposures must be above zero, as their logarithm enters the model.")
    return np.log(exposure) if offset is None else np.log(exposure) + offset


def _codes(frame: pd.DataFrame, names: tuple[str, ...], kept: np.ndarray) -> np.ndarray | None:
    codes = [pd.factorize(column(frame, name).iloc[kept])[0] for name in names]
    if not codes:
        return None
    return codes[0] if len(codes) == 1 else np.column_stack(codes)
