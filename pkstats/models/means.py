"""From parameters and a design to expected outcomes, and their slopes, by family."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from pkstats.errors import BadModel
from pkstats.models.families import binary

Array = np.ndarray


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


def link(family: str) -> Link:
    """Return the link of a family whose mean follows one linear predictor.

    Raises
    ------
    BadModel
        For families without a single mean (cox, mixtures).
    """
    if family not in LINKS:
        raise BadModel(
            f"family={family!r} has no single mean to predict; read tidy(), or for cox the hazard "
            f"ratios exp(estimate). Families with means: {', '.join(LINKS)}, ordered, multinomial."
        )
    return LINKS[family]


def probabilities(family: str, parameters: Array, design: Array, categories: int) -> Array:
    """Return probabilities of each category, shape (n, m), of an ordered or multinomial model.

    Ordered parameters are slopes then thresholds; multinomial ones the terms of each category but
    the first in turn.
    """
    k = design.shape[1]
    if family == "ordered":
        cumulative = expit(parameters[k:][None, :] - (design @ parameters[:k])[:, None])
        ends = np.hstack([np.zeros((len(design), 1)), cumulative, np.ones((len(design), 1))])
        return np.diff(ends, axis=1)
    linear = design @ parameters.reshape(categories - 1, k).T
    linear = np.hstack([np.zeros((len(design), 1)), linear])
    top = linear.max(axis=1, keepdims=True)
    weight = np.exp(linear - top)
    return weight / weight.sum(axis=1, keepdims=True)
