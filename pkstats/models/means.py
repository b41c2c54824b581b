"""From parameters and designs to expected outcomes, and how they move, by family."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from pkstats.errors import BadModel
from pkstats.models.families import binary
from pkstats.models.families.negative_binomial import zero

Array = np.ndarray


class Means(NamedTuple):
    """Expected outcomes of n rows in m columns (categories, times, or one), and their slopes.

    Attributes
    ----------
    values : array, shape (n, m)
    blocks : list of (design (n, k), slopes (n, m))
        The parameters in order: each block has a linear predictor of its own, and the slopes are
        the values' derivatives by it.
    """

    values: Array
    blocks: list[tuple[Array, Array]]

    def averages(self, width: Array | float = 1.0) -> tuple[Array, Array]:
        """Return means over rows (m,) and their gradients (m, p), each row divided by its `width`."""
        share = np.broadcast_to(1 / np.asarray(width), len(self.values)) / len(self.values)
        gradients = [(slopes * share[:, None]).T @ design for design, slopes in self.blocks]
        return share @ self.values, np.hstack(gradients)


class Link(NamedTuple):
    """Mean as a function of the linear predictor, and its derivative."""

    mean: Callable[[Array], Array]
    slope: Callable[[Array], Array]


IDENTITY = Link(lambda linear: linear, np.ones_like)
LOGIT = Link(binary.LOGIT.probability, binary.LOGIT.slope)
LOG = Link(np.exp, np.exp)
LINKS = {
    "ols": IDENTITY,
    "mixed": IDENTITY,
    "logit": LOGIT,
    "firth": LOGIT,
    "probit": Link(binary.PROBIT.probability, binary.PROBIT.slope),
    "poisson": LOG,
    "negbin": LOG,
}
COUNTS = ("poisson", "negbin", "zinb", "hurdle")


def means(
    family: str,
    parameters: Array,
    design: Array,
    offset: Array | float = 0.0,
    zero_design: Array | None = None,
) -> Means:
    """Return expected outcomes, or probabilities of categories, or (cox) of survival.

    Parameters
    ----------
    parameters : array, shape (p,)
        In the order of the estimate's terms. For cox the coefficients, and then the cumulative
        hazard at each time of a row whose `design` is zero.
    offset : array, shape (n,)
        Added to the predictor of counts: logarithms of exposure.
    zero_design : array, shape (n, j)
        Of the part for zeros, in zinb and hurdle.
    """
    k = design.shape[1]
    linear = design @ parameters[:k] + offset
    rest = parameters[k:]
    if family == "ordered":
        return _ordered(design, linear, rest)
    if family == "multinomial":
        return _multinomial(design, parameters)
    if family == "cox":
        return _survival(design, linear, rest)
    if zero_design is not None:
        crossed = zero_design @ rest[:-1]
        of = _inflated if family == "zinb" else _hurdle
        return of((design, linear), (zero_design, crossed), float(rest[-1]))
    link = LINKS[family]
    still = (np.zeros((len(design), len(rest))), np.zeros((len(design), 1)))
    return Means(link.mean(linear)[:, None], [(design, link.slope(linear)[:, None]), still])


def no_count(
    family: str,
    parameters: Array,
    design: Array,
    offset: Array | float,
    zero_design: Array | None,
    alpha: float,
) -> Array:
    """Return the probability of a count of zero, shape (n,), with dispersion `alpha` (0 for poisson).

    Raises
    ------
    BadModel
        For families without counts.
    """
    if family not in COUNTS:
        raise BadModel(
            f"kind='zero' is the probability of a count of zero; family={family!r} has no counts. "
            f"It is for {', '.join(COUNTS)}."
        )
    k = design.shape[1]
    linear = design @ parameters[:k] + offset
    none = np.exp(zero(linear, np.log(alpha))[0]) if alpha else np.exp(-np.exp(linear))
    if zero_design is None:
        return none
    share = expit(zero_design @ parameters[k:-1])
    return share + (1 - share) * none if family == "zinb" else 1 - share


def _ones(design: Array) -> Array:
    return np.ones((len(design), 1))


def _ordered(design: Array, linear: Array, thresholds: Array) -> Means:
    below = expit(thresholds[None, :] - linear[:, None])
    density = below * (1 - below)
    edge = np.zeros((len(design), 1))
    values = np.diff(np.hstack([edge, below, edge + 1]), axis=1)
    blocks = [(design, -np.diff(np.hstack([edge, density, edge]), axis=1))]
    for place in range(len(thresholds)):
        slopes = np.zeros_like(values)
        slopes[:, place], slopes[:, place + 1] = density[:, place], -density[:, place]
        blocks.append((_ones(design), slopes))
    return Means(values, blocks)


def _multinomial(design: Array, parameters: Array) -> Means:
    linear = design @ parameters.reshape(-1, design.shape[1]).T
    linear = np.hstack([np.zeros((len(design), 1)), linear])
    weight = np.exp(linear - linear.max(axis=1, keepdims=True))
    values = weight / weight.sum(axis=1, keepdims=True)
    each = np.eye(values.shape[1])
    blocks = [
        (design, values * (each[one] - values[:, [one]])) for one in range(1, values.shape[1])
    ]
    return Means(values, blocks)


def _inflated(count: tuple[Array, Array], crossed: tuple[Array, Array], log_alpha: float) -> Means:
    share = expit(crossed[1])[:, None]
    values = (1 - share) * np.exp(count[1])[:, None]
    # The dispersion moves the variance, not the mean.
    blocks = [(count[0], values), (crossed[0], -share * values), (_ones(values), 0 * values)]
    return Means(values, blocks)


def _hurdle(count: tuple[Array, Array], crossed: tuple[Array, Array], log_alpha: float) -> Means:
    share = expit(crossed[1])[:, None]
    log_zero, slope, _ = zero(count[1], log_alpha)
    with np.errstate(over="ignore"):
        odds = 1 / np.expm1(-log_zero)
    values = share * (np.exp(count[1]) / -np.expm1(log_zero))[:, None]
    blocks = [
        (count[0], values * (1 + odds * slope[0])[:, None]),
        (crossed[0], values * (1 - share)),
        (_ones(values), values * (odds * slope[1])[:, None]),
    ]
    return Means(values, blocks)


def _survival(design: Array, linear: Array, hazards: Array) -> Means:
    relative = np.exp(linear)[:, None]
    values = np.exp(-relative * hazards)
    blocks = [(design, -relative * hazards * values)]
    for place in range(len(hazards)):
        slopes = np.zeros_like(values)
        slopes[:, [place]] = -relative * values[:, [place]]
        blocks.append((_ones(design), slopes))
    return Means(values, blocks)
