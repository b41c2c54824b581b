"""What zero-inflated and hurdle models maximise, and where they start."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit

from pkstats.errors import BadModel
from pkstats.models.families.counts import moment, poisson_solution
from pkstats.models.families.negative_binomial import zero
from pkstats.models.families.predictors import Problem, solve
from pkstats.models.families.zeros import crossing, inflated, truncated, truncated_poisson
from pkstats.models.sample import Sample

ADVICE = (
    "Where zeros are no more than the counts imply, or the counts vary no more than a Poisson's, use "
    "family='negbin' or 'poisson'; otherwise give the zero part fewer terms with zero=."
)
HURDLE_ADVICE = "Drop the term or pool its categories in that part, or use family='negbin'."


class Parts(NamedTuple):
    """Arrays of one model: design and names of the zero part beside the sample."""

    sample: Sample
    weights: np.ndarray
    offset: np.ndarray
    zero_design: np.ndarray
    zero_names: tuple[str, ...]
    positive: np.ndarray

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all parameters."""
        return (*self.sample.names, *self.zero_names, "log_alpha")

    @property
    def ones(self) -> np.ndarray:
        """A constant, shape (n, 1)."""
        return np.ones((len(self.offset), 1))

    def constants(self) -> Parts:
        """Return the same counts with constants only."""
        empty = Sample(self.sample.outcome, self.ones, ("Intercept",), self.sample.weights)
        return self._replace(sample=empty, zero_design=self.ones, zero_names=("zero:Intercept",))


def inflated_problem(data: Parts) -> Problem:
    """Return the zero-inflated likelihood: count terms, zero terms, ln α."""
    designs = [data.sample.design, data.zero_design, data.ones]
    pieces = inflated(data.sample.outcome, data.offset)
    return Problem(designs, pieces, data.weights, data.names, "zero-inflated model", ADVICE)


def crossing_problem(data: Parts) -> Problem:
    """Return the logit of counts above zero."""
    pieces = crossing(data.positive)
    what = "hurdle's logit of counts above zero"
    return Problem([data.zero_design], pieces, data.weights, data.zero_names, what, HURDLE_ADVICE)


def truncated_problem(data: Parts) -> Problem:
    """Return the zero-truncated likelihood of the rows above zero."""
    keep = data.positive
    designs = [data.sample.design[keep], data.ones[keep]]
    pieces = truncated(data.sample.outcome[keep], data.offset[keep])
    names = (*data.sample.names, "log_alpha")
    what = "hurdle's model of positive counts"
    return Problem(designs, pieces, data.weights[keep], names, what, HURDLE_ADVICE)


def level(data: Parts) -> np.ndarray:
    """Return the log odds of a count above zero as a predictor, shape (1, n)."""
    share = float(data.weights @ data.positive / data.weights.sum())
    return np.full((1, len(data.offset)), logit(share))


def truncated_starts(data: Parts) -> list[np.ndarray]:
    """Return starts from the truncated Poisson and from constants."""
    keep = data.positive
    counts, offset, weights = data.sample.outcome[keep], data.offset[keep], data.weights[keep]
    plain = np.full(len(counts), np.log((weights @ counts) / (weights @ np.exp(offset))))
    starts = [np.stack([plain, 0 * plain]), np.stack([plain - 2, 0 * plain + 2])]
    pieces = truncated_poisson(counts, offset)
    design = data.sample.design[keep]
    simple = Problem([design], pieces, weights, data.sample.names, "truncated Poisson")
    try:
        linear = solve(simple, [np.log(counts)[None] - offset]).predictors[0]
    except BadModel:
        return starts
    return [np.stack([linear, moment(counts, linear + offset, weights)]), *starts]


def inflated_starts(data: Parts) -> list[np.ndarray]:
    """Return starts from the hurdle's parts, from a Poisson, and from constants."""
    try:
        crossed = -solve(crossing_problem(data), [level(data)]).predictors[0]
    except BadModel:
        crossed = -level(data)[0]
    share = float(data.weights @ ~data.positive / data.weights.sum())
    flat = np.zeros(len(data.offset))
    above = data.weights[data.positive]
    rate = (above @ data.sample.outcome[data.positive]) / (
        above @ np.exp(data.offset[data.positive])
    )
    starts = [
        np.stack([flat + np.log(rate), flat + logit(share / 2), flat]),
        np.stack([flat + np.log(rate), flat - 3, flat + 1]),
    ]
    try:
        linear = poisson_solution(data.sample, data.weights, data.offset).predictors[0]
        dispersion = moment(data.sample.outcome, linear + data.offset, data.weights)
        starts += [np.stack([linear, crossed, flat]), np.stack([linear, flat - 2, dispersion])]
    except BadModel:
        pass
    try:
        counted = solve(truncated_problem(data), truncated_starts(data)).coefficients
    except BadModel:
        return starts
    linear = data.sample.design @ counted[:-1]
    chance = np.exp(zero(linear + data.offset, float(counted[-1]))[0])
    structural = np.clip((expit(crossed) - chance) / (1 - chance), 0.02, 0.98)
    return [np.stack([linear, logit(structural), flat + counted[-1]]), *starts]
