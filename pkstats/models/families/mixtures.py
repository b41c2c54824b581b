"""Counts with a part of their own for zeros: zero-inflated and hurdle negative binomials."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from pkstats.errors import BadModel
from pkstats.models.families.counts import prepare
from pkstats.models.families.mixture_parts import (
    Parts,
    crossing_problem,
    inflated_problem,
    inflated_starts,
    level,
    truncated_problem,
    truncated_starts,
)
from pkstats.models.families.negative_binomial import zero
from pkstats.models.families.predictors import Solution, highest_value, solve
from pkstats.models.sample import Fitted, Sample
from pkstats.models.validate import rank

# Differences of log likelihoods below this are rounding.
SAME = 1e-6


def zinb(sample: Sample) -> Fitted:
    """Fit a zero-inflated negative binomial by maximum likelihood.

    P(y = 0) = π + (1 − π) NB(0) and logit π = zγ: a positive ``zero:`` coefficient makes a
    structural zero *more* likely, as in ``pscl::zeroinfl(dist="negbin")``. Parameters are the
    count part's terms, ``zero:`` terms and `log_alpha` (−ln θ in pscl). `extra["exposure"]` enters
    the count part only. `fitted` is (1 − π)μ; `statistics` hold `alpha` and `pseudo_r_squared`
    against constants only.

    Of several starts the highest maximum with a negative definite Hessian is kept. Where the
    likelihood is higher still with a zero part that grows without end (a step that cuts off a run
    of zeros), `statistics` tell by how much: `gain_at_infinity`.

    Raises
    ------
    BadModel
        When there are no zeros, or no maximum has a negative definite Hessian: no excess zeros, no
        overdispersion, or separation in the zero part.
    """
    data = _data(sample)
    found = solve(inflated_problem(data), inflated_starts(data))
    empty = data.constants()
    null = highest_value(inflated_problem(empty), inflated_starts(empty))
    mean = np.exp(found.predictors[0] + data.offset) * expit(-found.predictors[1])
    return _fitted(data, found, mean, null)


def hurdle(sample: Sample) -> Fitted:
    """Fit a hurdle model: a logit of y > 0 and a zero-truncated negative binomial above it.

    A positive ``zero:`` coefficient makes a *positive count* more likely, as in
    ``pscl::hurdle(dist="negbin")`` and the opposite of `zinb`. Parameters are the count part's
    terms, ``zero:`` terms and `log_alpha` (−ln θ in pscl). `extra["exposure"]` enters the count
    part only; `fitted` is P(y > 0) times the truncated mean, `statistics` as in `zinb`.

    Raises
    ------
    BadModel
        When there are no zeros, the positive counts cannot carry the count part, or either part
        has no finite estimate.
    """
    data = _data(sample)
    _enough(data)
    crossed = solve(crossing_problem(data), [level(data)])
    counted = solve(truncated_problem(data), truncated_starts(data))
    found = _join(data, crossed, counted)
    linear = sample.design @ counted.coefficients[:-1] + data.offset
    above = -np.expm1(zero(linear, float(counted.coefficients[-1]))[0])
    mean = expit(crossed.predictors[0]) * np.exp(linear) / above
    empty = data.constants()
    null = highest_value(crossing_problem(empty), [level(empty)]) + highest_value(
        truncated_problem(empty), truncated_starts(empty)
    )
    return _fitted(data, found, mean, null)


def _data(sample: Sample) -> Parts:
    weights, offset = prepare(sample)
    positive = sample.outcome > 0
    if positive.all():
        raise BadModel(
            f"A model of zeros needs zeros; all {len(positive)} counts are above zero. "
            "Use family='negbin'."
        )
    design = sample.extra.get("zero_design", sample.design)
    names = tuple(sample.extra.get("zero_names", sample.names))
    if not design.shape[1]:
        raise BadModel("The part for zeros has no terms. Use zero='~ 1' for a constant alone.")
    rank(design, [f"zero:{name}" for name in names])
    return Parts(sample, weights, offset, design, tuple(f"zero:{n}" for n in names), positive)


def _fitted(data: Parts, found: Solution, mean: np.ndarray, null: float) -> Fitted:
    statistics = {
        "pseudo_r_squared": 1 - found.value / null,
        "alpha": float(np.exp(found.coefficients[-1])),
    }
    if found.gain_at_infinity > SAME:
        statistics["gain_at_infinity"] = found.gain_at_infinity
    return Fitted(
        names=data.names,
        coefficients=found.coefficients,
        bread=found.bread,
        scores=found.scores,
        fitted=mean,
        log_likelihood=found.value,
        null_log_likelihood=null,
        statistics=statistics,
    )


def _enough(data: Parts) -> None:
    keep, terms = data.positive, len(data.sample.names) + 1
    if keep.sum() <= terms:
        raise BadModel(
            f"The hurdle's count part has {terms} parameters and only {int(keep.sum())} counts above "
            "zero. Use fewer terms."
        )
    try:
        rank(data.sample.design[keep], list(data.sample.names))
    except BadModel as problem:
        raise BadModel(f"Among counts above zero: {problem}") from None


def _join(data: Parts, crossed: Solution, counted: Solution) -> Solution:
    """Put the two independent parts of a hurdle together: count terms, zero terms, ln α."""
    k, j = len(data.sample.names), len(data.zero_names)
    counts = np.r_[np.arange(k), k + j]
    zeros = np.arange(k, k + j)
    coefficients = np.empty(k + j + 1)
    coefficients[counts], coefficients[zeros] = counted.coefficients, crossed.coefficients
    bread = np.zeros((k + j + 1, k + j + 1))
    bread[np.ix_(counts, counts)], bread[np.ix_(zeros, zeros)] = counted.bread, crossed.bread
    scores = np.zeros((len(data.offset), k + j + 1))
    scores[np.ix_(data.positive, counts)] = counted.scores
    scores[:, zeros] = crossed.scores
    return Solution(
        coefficients,
        bread,
        scores,
        crossed.predictors,
        crossed.value + counted.value,
        counted.gain_at_infinity,
    )
