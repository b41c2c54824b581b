"""Binary outcomes: logit and probit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_ndtr, ndtr

from pkstats.errors import BadModel
from pkstats.models.families.newton import orthogonal
from pkstats.models.sample import Fitted, Sample
from pkstats.models.separation import separated

ROOT_TAU = np.sqrt(2 * np.pi)


@dataclass(frozen=True, slots=True)
class Link:
    """How a linear predictor becomes a probability.

    Attributes
    ----------
    far : float
        Linear predictor whose probability is 0 or 1 but for 3e-7: there separation is looked for.
    rows : function of (linear, sign), arrays of shape (n,), sign = 1 or −1
        Log likelihood of each row, its first derivative by the linear predictor, and minus its second.
    slope : function of linear
        Derivative of the probability by the linear predictor.
    expected : function of linear
        Expectation of minus the second derivative.
    """

    name: str
    far: float
    rows: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
    probability: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]
    expected: Callable[[np.ndarray], np.ndarray]


def logit(sample: Sample) -> Fitted:
    """Fit a logit by maximum likelihood (Newton's method with step halving).

    Raises
    ------
    BadModel
        When terms separate the outcomes, completely or partly, so that no finite estimate exists.
    """
    return _fit(sample, LOGIT)


def probit(sample: Sample) -> Fitted:
    """Fit a probit by maximum likelihood (Newton's method with step halving).

    Newton's steps use the observed information; `bread` and `working` the expected (Fisher)
    information φ²/(Φ(1 − Φ)), as R's ``glm`` and ``sandwich`` do. Stata's ``probit`` and statsmodels
    report the observed one, from which standard errors differ in the third digit or so:
    ``options["information"]`` = "observed" gives it, and then there are no leverages.

    Raises
    ------
    BadModel
        When terms separate the outcomes, completely or partly, so that no finite estimate exists.
    """
    return _fit(sample, PROBIT)


def null_log_likelihood(outcome: np.ndarray, weights: np.ndarray) -> float:
    """Return the log likelihood of a constant alone."""
    share = float(weights @ outcome / weights.sum())
    return float(weights.sum() * (share * np.log(share) + (1 - share) * np.log(1 - share)))


def _fit(sample: Sample, link: Link) -> Fitted:
    outcome, design = sample.outcome, sample.design
    weights = np.ones(len(outcome)) if sample.weights is None else sample.weights
    basis, back = orthogonal(design)
    inner = _maximise(sample, link, basis, weights)
    linear = basis @ inner
    rows, first, second = link.rows(linear, 2 * outcome - 1)
    observed = sample.options.get("information") == "observed"
    working = weights * (second if observed else link.expected(linear))
    value, null = float(weights @ rows), null_log_likelihood(outcome, weights)
    return Fitted(
        names=sample.names,
        coefficients=back @ inner,
        bread=back @ np.linalg.inv((basis * working[:, None]).T @ basis) @ back.T,
        scores=design * (weights * first)[:, None],
        fitted=link.probability(linear),
        log_likelihood=value,
        null_log_likelihood=null,
        working=None if observed else working,
        slope=link.slope(linear),
        statistics={"pseudo_r_squared": 1 - value / null},
    )


def _maximise(sample: Sample, link: Link, basis: np.ndarray, weights: np.ndarray) -> np.ndarray:
    sign = 2 * sample.outcome - 1
    inner, looked = np.zeros(basis.shape[1]), False
    rows, first, second = link.rows(basis @ inner, sign)
    for _ in range(200):
        score = basis.T @ (weights * first)
        information = (basis * (weights * second)[:, None]).T @ basis
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError:
            raise _refusal(sample, link) from None
        gain = float(step @ score)
        value, size = float(weights @ rows), 1.0
        while size > 1e-10:
            trial = inner + size * step
            rows, first, second = link.rows(basis @ trial, sign)
            if weights @ rows >= value - 1e-13 * abs(value):
                break
            size /= 2
        inner = trial
        if gain < 1e-18 * weights.sum():
            return inner
        if not looked and np.abs(basis @ inner).max() > link.far:
            looked = True
            if separated(sample.outcome, sample.design, sample.names):
                raise _refusal(sample, link)
    raise _refusal(sample, link)


def _refusal(sample: Sample, link: Link) -> BadModel:
    terms = separated(sample.outcome, sample.design, sample.names)
    if not terms:
        return BadModel(
            f"The {link.name} did not converge. Rescale or drop terms, or look for rows with extreme values."
        )
    return BadModel(
        f"The terms {', '.join(terms)} separate the outcomes perfectly, in all rows or in some: the "
        f"{link.name} has no finite estimate. Use family='firth', drop a term or pool its categories."
    )


def _logit_rows(linear: np.ndarray, sign: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # One exponential and one logarithm serve all three, and neither overflows.
    signed = sign * linear
    small = np.exp(-np.abs(signed))
    near = 1 / (1 + small)
    missed = np.where(signed > 0, small * near, near)
    return np.minimum(signed, 0) - np.log1p(small), sign * missed, small * near * near


def _logit_slope(linear: np.ndarray) -> np.ndarray:
    return expit(linear) * expit(-linear)


def _probit_rows(linear: np.ndarray, sign: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    signed = sign * linear
    rows = log_ndtr(signed)
    ratio = np.exp(-(signed**2) / 2 - rows) / ROOT_TAU
    return rows, sign * ratio, np.maximum(ratio * (ratio + signed), 0)


def _probit_slope(linear: np.ndarray) -> np.ndarray:
    return np.exp(-(linear**2) / 2) / ROOT_TAU


def _probit_expected(linear: np.ndarray) -> np.ndarray:
    return np.exp(-(linear**2) - log_ndtr(linear) - log_ndtr(-linear)) / (2 * np.pi)


LOGIT = Link("logit", 15.0, _logit_rows, expit, _logit_slope, _logit_slope)
PROBIT = Link("probit", 5.0, _probit_rows, ndtr, _probit_slope, _probit_expected)
