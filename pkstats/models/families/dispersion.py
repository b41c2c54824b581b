"""The negative binomial with a dispersion that is given: a generalised linear model."""

from __future__ import annotations

from numbers import Real

import numpy as np

from pkstats.errors import BadModel
from pkstats.models.families.negative_binomial import negative_binomial
from pkstats.models.families.predictors import Problem, highest_value, solve
from pkstats.models.sample import Fitted, Sample


def known_dispersion(
    sample: Sample, weights: np.ndarray, offset: np.ndarray, alpha: float
) -> Fitted:
    """Fit a negative binomial with variance μ + αμ² for a given α.

    As R's ``glm(family = MASS::negative.binomial(1 / alpha))`` with ``dispersion = 1`` and
    statsmodels' ``GLM(family=NegativeBinomial(alpha=alpha))``: the classical covariance rests on the
    expected information; robust ones on the observed, as in statsmodels. `options["information"]` has
    all of them rest on one: "observed" as in Stata's ``glm``, "expected" as in R's ``sandwich``, which
    has leverages too. `statistics` hold `alpha`, `pseudo_r_squared` (McFadden's, with the
    same α) and `dispersion`, Pearson's χ² over n − k, by whose root R's ``summary`` multiplies
    standard errors unless told otherwise.

    Raises
    ------
    BadModel
        When α is not above zero, or a coefficient has no finite estimate.
    """
    number = isinstance(alpha, Real) and not isinstance(alpha, bool)
    if not (number and 0 < alpha < np.inf):
        raise BadModel(
            f"alpha must be a number above zero (variance μ + αμ²; 1/θ of R); found {alpha!r}. "
            "Use family='poisson' for 0, and leave alpha= out to estimate it."
        )
    counts, design = sample.outcome, sample.design
    log_alpha = float(np.log(alpha))

    def problem(columns: np.ndarray, names: tuple[str, ...]) -> Problem:
        def pieces(predictors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            values, first, second = negative_binomial(counts, predictors[0] + offset, log_alpha)
            return values, first[:1], second[:1, :1]

        return Problem([columns], pieces, weights, names, "negative binomial regression")

    start = [np.log(counts + 0.5)[None] - offset]
    found = solve(problem(design, sample.names), start)
    null = highest_value(problem(np.ones((len(counts), 1)), ("Intercept",)), start)
    linear = found.predictors[0] + offset
    mean, spread = np.exp(linear), np.logaddexp(0, linear + log_alpha)
    working = weights * np.exp(linear - spread)
    information = sample.options.get("information")
    triangle = np.linalg.inv(np.linalg.qr(design * np.sqrt(working)[:, None], mode="r"))
    expected = triangle @ triangle.T
    pearson = float(weights @ ((counts - mean) * np.exp(-(linear + spread) / 2)) ** 2)
    return Fitted(
        names=sample.names,
        coefficients=found.coefficients,
        bread=expected if information == "expected" else found.bread,
        scores=found.scores,
        fitted=mean,
        log_likelihood=found.value,
        null_log_likelihood=null,
        model_covariance=None if information == "observed" else expected,
        working=working if information == "expected" else None,
        slope=mean if information == "expected" else None,
        statistics={
            "pseudo_r_squared": 1 - found.value / null,
            "alpha": float(alpha),
            "dispersion": pearson / (len(counts) - design.shape[1]),
        },
    )
