"""Counts: Poisson and negative binomial (NB2) with a log link."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import gammaln

from pkstats.errors import BadModel
from pkstats.models.families.dispersion import known_dispersion
from pkstats.models.families.negative_binomial import negative_binomial
from pkstats.models.families.predictors import Problem, Solution, highest_value, solve
from pkstats.models.sample import Fitted, Sample

# Exposures above exp(LARGEST) are no numbers of anything.
LARGEST = 500.0
OVERDISPERSION = (
    "Where the counts vary no more than a Poisson's (ln α falls without end) use family='poisson'; "
    "otherwise drop the term or pool its categories."
)


def poisson(sample: Sample) -> Fitted:
    """Fit a Poisson regression by maximum likelihood.

    `extra["exposure"]` holds exposures above zero; their logarithm enters with coefficient one, as
    does `extra["offset"]` as it is.
    `statistics` hold `pseudo_r_squared` (McFadden's) and `dispersion`, Pearson's χ² over n − k.

    Raises
    ------
    BadModel
        When an exposure is not above zero, or a coefficient has no finite estimate (a category
        whose counts are all zero).
    """
    weights, offset = prepare(sample)
    counts = sample.outcome
    found = poisson_solution(sample, weights, offset)
    mean = np.exp(found.predictors[0] + offset)
    # With a constant only, the mean is total counts over total exposure.
    scale = np.log(weights @ counts) - np.log(weights @ np.exp(offset))
    null = float(weights @ (counts * (scale + offset) - gammaln(counts + 1)) - weights @ counts)
    pearson = float(weights @ ((counts - mean) / np.sqrt(mean)) ** 2)
    return Fitted(
        names=sample.names,
        coefficients=found.coefficients,
        bread=found.bread,
        scores=found.scores,
        fitted=mean,
        log_likelihood=found.value,
        null_log_likelihood=null,
        working=weights * mean,
        slope=mean,
        statistics={
            "pseudo_r_squared": 1 - found.value / null,
            "dispersion": pearson / (len(counts) - sample.design.shape[1]),
        },
    )


def negbin(sample: Sample) -> Fitted:
    """Fit a negative binomial regression (variance μ + αμ²) by maximum likelihood.

    The last parameter is `log_alpha`, as in Stata's ``nbreg``; `statistics` hold `alpha` and
    `pseudo_r_squared` against a constant and its own α. `extra["exposure"]` as in `poisson`. With
    `options["alpha"]` the dispersion is given, not estimated: see `known_dispersion`. With
    `options["information"]` = "expected" standard errors are those of the terms at the α found, as
    R's ``glm.nb`` and ``sandwich`` have them, and ln α is no parameter of the covariance.

    Raises
    ------
    BadModel
        When an exposure is not above zero, when the counts vary no more than a Poisson's, or when
        a coefficient has no finite estimate.
    """
    weights, offset = prepare(sample)
    if "alpha" in sample.options:
        return known_dispersion(sample, weights, offset, sample.options["alpha"])
    constant = np.ones((len(sample.outcome), 1))
    names = (*sample.names, "log_alpha")
    problem = _problem(sample, sample.design, names, weights, offset)
    found = solve(problem, _starts(sample, weights, offset))
    empty = _problem(sample, constant, ("Intercept", "log_alpha"), weights, offset)
    null = highest_value(empty, [_plain_start(sample, weights, offset)])
    if sample.options.get("information") == "expected":
        alpha = float(np.exp(found.coefficients[-1]))
        return _at(known_dispersion(sample, weights, offset, alpha), null, len(names))
    return Fitted(
        names=names,
        coefficients=found.coefficients,
        bread=found.bread,
        scores=found.scores,
        fitted=np.exp(found.predictors[0] + offset),
        log_likelihood=found.value,
        null_log_likelihood=null,
        statistics={
            "pseudo_r_squared": 1 - found.value / null,
            "alpha": float(np.exp(found.coefficients[-1])),
        },
    )


def _at(known: Fitted, null: float, parameters: int) -> Fitted:
    """Return a fit at the α found, with figures that count α among the parameters."""
    value, rows = known.log_likelihood, len(known.scores)
    figures = {
        "pseudo_r_squared": 1 - value / null,
        "aic": 2 * parameters - 2 * value,
        "bic": float(np.log(rows)) * parameters - 2 * value,
    }
    statistics = {**known.statistics, **figures}
    return replace(known, null_log_likelihood=null, statistics=statistics)


def prepare(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and offset (with the logarithm of exposure), each of shape (n,).

    Raises
    ------
    BadModel
        When an exposure is not above zero, or every count is zero.
    """
    rows = len(sample.outcome)
    if not sample.outcome.any():
        raise BadModel(f"A count model needs counts above zero; all {rows} are zero.")
    weights = np.ones(rows) if sample.weights is None else sample.weights
    offset = np.asarray(sample.extra.get("offset", np.zeros(rows)))
    if np.isinf(offset).any():
        raise BadModel("Offsets must be finite: they are logarithms of exposure. Drop those rows.")
    if (offset > LARGEST).any():
        raise BadModel(
            f"Offsets are logarithms of exposure; found {offset.max():g}, too large to be one. "
            "Use exposure= for exposures themselves."
        )
    exposure = sample.extra.get("exposure")
    if exposure is None:
        return weights, offset
    wrong = ~(exposure > 0) | np.isinf(exposure)
    if wrong.any():
        raise BadModel(
            f"Exposures must be above zero and finite, as their logarithm enters the model; found "
            f"{int(wrong.sum())} others, such as {exposure[wrong][0]:g}. Drop those rows."
        )
    return weights, offset + np.log(exposure)


def poisson_solution(sample: Sample, weights: np.ndarray, offset: np.ndarray) -> Solution:
    """Return the Poisson maximum; its predictor is without the offset."""
    counts = sample.outcome
    constants = gammaln(counts + 1)

    def pieces(predictors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        linear = predictors[0] + offset
        mean = np.exp(linear)
        return counts * linear - mean - constants, (counts - mean)[None], -mean[None, None]

    problem = Problem([sample.design], pieces, weights, sample.names, "Poisson regression")
    return solve(problem, [np.log(counts + 0.5)[None] - offset])


def _problem(
    sample: Sample,
    design: np.ndarray,
    names: tuple[str, ...],
    weights: np.ndarray,
    offset: np.ndarray,
) -> Problem:
    counts = sample.outcome

    def pieces(predictors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return negative_binomial(counts, predictors[0] + offset, float(predictors[1, 0]))

    designs = [design, np.ones((len(counts), 1))]
    what = "negative binomial regression"
    return Problem(designs, pieces, weights, names, what, OVERDISPERSION)


def _starts(sample: Sample, weights: np.ndarray, offset: np.ndarray) -> list[np.ndarray]:
    starts = [_plain_start(sample, weights, offset)]
    try:
        linear = poisson_solution(sample, weights, offset).predictors[0]
    except BadModel:
        return starts
    return [np.stack([linear, moment(sample.outcome, linear + offset, weights)]), *starts]


def _plain_start(sample: Sample, weights: np.ndarray, offset: np.ndarray) -> np.ndarray:
    level = np.log(weights @ sample.outcome) - np.log(weights @ np.exp(offset))
    linear = np.full(len(offset), level)
    return np.stack([linear, moment(sample.outcome, linear + offset, weights)])


def moment(counts: np.ndarray, linear: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return ln α by moments, ((y−μ)² − y) over μ², shape (n,), within ±5."""
    # Relative to the largest mean: squares of means overflow where the means themselves do not.
    top = float(linear.max())
    mean, scaled = np.exp(linear - top), counts * np.exp(-top)
    excess = float(weights @ ((scaled - mean) ** 2 - scaled * np.exp(-top)))
    excess /= float(weights @ mean**2)
    return np.full(len(counts), np.log(np.clip(excess, np.exp(-5), np.exp(5))))
