"""Unordered categories: multinomial (baseline-category) logit."""

from __future__ import annotations

import numpy as np

from pkstats.models.families.ordered import category_codes
from pkstats.models.families.predictors import Problem, solve
from pkstats.models.sample import Fitted, Sample


def multinomial(sample: Sample) -> Fitted:
    """Fit a multinomial logit by maximum likelihood; the first level is the base.

    Parameters are named ``level:term``, level by level, as in ``nnet::multinom``; `fitted` holds
    probabilities of every level, shape (n, m).

    Raises
    ------
    BadModel
        When a level has no rows, or the terms predict a level perfectly (separation).
    """
    codes = category_codes(sample)
    count = len(sample.levels)
    weights = np.ones(len(codes)) if sample.weights is None else sample.weights
    chosen = (codes[None] == np.arange(1, count)[:, None]).astype(float)

    def pieces(predictors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        total = np.logaddexp.reduce(np.vstack([np.zeros((1, len(codes))), predictors]))
        shares = np.exp(predictors - total)
        second = shares[:, None] * shares[None]
        second[np.arange(count - 1), np.arange(count - 1)] -= shares
        return (chosen * predictors).sum(axis=0) - total, chosen - shares, second

    names = tuple(f"{level}:{name}" for level in sample.levels[1:] for name in sample.names)
    problem = Problem([sample.design] * (count - 1), pieces, weights, names, "multinomial logit")
    share = np.bincount(codes, weights) / weights.sum()
    start = np.repeat(np.log(share[1:] / share[0])[:, None], len(codes), axis=1)
    found = solve(problem, [start])
    null = float(weights.sum() * (share @ np.log(share)))
    lines = np.vstack([np.zeros((1, len(codes))), found.predictors])
    return Fitted(
        names=names,
        coefficients=found.coefficients,
        bread=found.bread,
        scores=found.scores,
        fitted=np.exp(lines - np.logaddexp.reduce(lines)).T,
        log_likelihood=found.value,
        null_log_likelihood=null,
        statistics={"pseudo_r_squared": 1 - found.value / null},
    )
