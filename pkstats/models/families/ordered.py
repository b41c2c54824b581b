"""Ordered categories: proportional-odds logit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit, log_expit

from pkstats.errors import BadModel
from pkstats.models.families.newton import inverse, maximise, orthogonal
from pkstats.models.sample import Fitted, Sample
from pkstats.models.validate import rank


class _Thresholds(NamedTuple):
    """Which threshold is each row's upper and lower one: indicators, shape (n, m−1)."""

    upper: np.ndarray
    lower: np.ndarray


class _Rows(NamedTuple):
    """Each row's log likelihood and derivatives, shape (n,)."""

    value: np.ndarray
    linear: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    slope_upper: np.ndarray
    slope_lower: np.ndarray
    curve_upper: np.ndarray
    curve_lower: np.ndarray


def ordered(sample: Sample) -> Fitted:
    """Fit a proportional-odds logit, logit P(y ≤ j) = ζ_j − xβ, as ``MASS::polr``.

    Parameters are the terms, then thresholds named ``1|2``, ``2|3`` after the levels; `fitted`
    holds probabilities of every level, shape (n, m).

    Raises
    ------
    BadModel
        When a level has no rows, a term is constant, or the terms predict a level perfectly.
    """
    codes = category_codes(sample)
    n, k = sample.design.shape
    m = len(sample.levels)
    rank(np.column_stack([np.ones(n), sample.design]), ["Intercept", *sample.names])
    weights = np.ones(n) if sample.weights is None else sample.weights
    names = (*sample.names, *map("|".join, zip(sample.levels, sample.levels[1:], strict=False)))
    centre = sample.design.mean(axis=0)
    basis, transform = orthogonal(sample.design - centre)
    marks = _marks(codes, m)

    def objective(parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        rows = _rows(basis @ parameters[:k], parameters[k:], codes)
        return (
            float(weights @ rows.value),
            _scores(rows, basis, marks).T @ weights,
            _information(rows, basis, marks, weights),
        )

    share = np.bincount(codes, weights) / weights.sum()
    below = np.cumsum(share)[:-1]
    start = np.concatenate([np.zeros(k), np.log(below) - np.log1p(-below)])
    best = maximise(objective, start)
    own = np.zeros((k + m - 1, k + m - 1))
    own[:k, :k] = transform
    own[k:, :k] = centre @ transform
    own[k:, k:] = np.eye(m - 1)
    message = (
        "The ordered logit has no finite estimate of {name}: the terms predict a level perfectly "
        "(separation). Drop the term or pool its categories."
    )
    null = float(weights.sum() * (share @ np.log(share)))
    linear, cuts = basis @ best.parameters[:k], best.parameters[k:]
    below_each = np.pad(expit(cuts - linear[:, None]), ((0, 0), (1, 1)), constant_values=(0, 1))
    return Fitted(
        names=names,
        coefficients=own @ best.parameters,
        bread=inverse(best, own, float(weights.mean()), names, message),
        scores=_scores(_rows(linear, cuts, codes), sample.design, marks) * weights[:, None],
        fitted=np.diff(below_each),
        log_likelihood=best.value,
        null_log_likelihood=null,
        statistics={"pseudo_r_squared": 1 - best.value / null},
    )


def category_codes(sample: Sample) -> np.ndarray:
    """Return the outcome as whole codes 0 … m−1, shape (n,), every level with rows.

    Raises
    ------
    BadModel
        When a level has no complete row.
    """
    codes = sample.outcome.astype(int)
    empty = np.bincount(codes, minlength=len(sample.levels)) == 0
    if empty.any():
        names = ", ".join(repr(sample.levels[i]) for i in np.flatnonzero(empty))
        raise BadModel(
            f"Every level of the outcome needs complete rows; {names} has none. Drop the incomplete "
            "rows before fitting, or pool the level with another."
        )
    return codes


def _marks(codes: np.ndarray, count: int) -> _Thresholds:
    positions = np.arange(count - 1)
    upper = (codes[:, None] == positions).astype(float)
    return _Thresholds(upper, (codes[:, None] == positions + 1).astype(float))


def _rows(linear: np.ndarray, cuts: np.ndarray, codes: np.ndarray) -> _Rows:
    """Evaluate with F(u) − F(l) = F(u)(1 − F(l))(1 − e^(l−u)), which does not cancel in the tails."""
    edges = np.concatenate([[-np.inf], cuts, [np.inf]])
    upper, lower = edges[codes + 1] - linear, edges[codes] - linear
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = -np.expm1(edges[codes] - edges[codes + 1])
        value = log_expit(upper) + log_expit(-lower) + np.log(gap)
    above, below = expit(-upper), expit(lower)
    to_upper = above / (expit(-lower) * gap)
    to_lower = below / (expit(upper) * gap)
    return _Rows(
        value=value,
        linear=below - above,
        upper=to_upper,
        lower=to_lower,
        slope_upper=above * (1 - above),
        slope_lower=below * (1 - below),
        curve_upper=to_upper * (2 * above - 1) - to_upper**2,
        curve_lower=-to_lower * (1 - 2 * below) - to_lower**2,
    )


def _scores(rows: _Rows, design: np.ndarray, marks: _Thresholds) -> np.ndarray:
    cuts = marks.upper * rows.upper[:, None] - marks.lower * rows.lower[:, None]
    return np.hstack([design * rows.linear[:, None], cuts])


def _information(
    rows: _Rows, basis: np.ndarray, marks: _Thresholds, weights: np.ndarray
) -> np.ndarray:
    slope_upper, slope_lower = weights * rows.slope_upper, weights * rows.slope_lower
    terms = (basis * (slope_upper + slope_lower)[:, None]).T @ basis
    mixed = marks.upper * slope_upper[:, None] + marks.lower * slope_lower[:, None]
    cross = -basis.T @ mixed
    own = weights * rows.curve_upper @ marks.upper + weights * rows.curve_lower @ marks.lower
    both = (marks.upper * (weights * rows.upper * rows.lower)[:, None]).T @ marks.lower
    return np.block([[terms, cross], [cross.T, -np.diag(own) - both - both.T]])
