"""Weights of rows: what a row stands for (probability weights), or how often it was seen (frequencies)."""

from __future__ import annotations

import numpy as np

from pkstats.errors import BadModel
from pkstats.models.families import Family


def relative(weights: np.ndarray) -> np.ndarray:
    """Return probability weights with a mean of one, shape (n,): their scale says nothing.

    Raises
    ------
    BadModel
        When a weight is not above zero and finite.
    """
    wrong = ~((weights > 0) & np.isfinite(weights))
    if wrong.any():
        raise BadModel(
            "Weights must be above zero and finite (rows of weight 0 drop by themselves); found "
            f"{float(weights[wrong][0]):g}."
        )
    # The largest first: sums of large weights may overflow.
    weights = weights / weights.max()
    return weights / weights.mean()


def repeats(frequencies: np.ndarray) -> np.ndarray:
    """Return frequency weights as whole numbers, shape (n,).

    Raises
    ------
    BadModel
        When one is not a whole number above zero.
    """
    wrong = ~((frequencies > 0) & (frequencies < 2**53) & (np.rint(frequencies) == frequencies))
    if wrong.any():
        raise BadModel(
            "Frequency weights count how often a row was seen: whole numbers (rows of weight 0 drop by "
            f"themselves); found {float(frequencies[wrong][0]):g}. Use weights= for probability weights."
        )
    return frequencies.astype(np.int64)


def variance(family: Family, clustered: bool, weighted: bool) -> str:
    """Return the variance of a model for which none was asked.

    With probability weights it is robust: the inverse information takes them for counts of rows.
    """
    if clustered:
        return "cr1"
    return "hc1" if weighted else family.default


def refuse_classical(family: Family, kind: str, weighted: bool) -> None:
    """Refuse model-based errors that probability weights do not have.

    Those of weighted least squares are errors of another model, of rows with unequal variances
    (analytic weights), and have no scale either: they may stand.

    Raises
    ------
    BadModel
        For likelihood models with weights.
    """
    if weighted and kind == "classical" and family.name != "ols":
        raise BadModel(
            "vcov='classical' does not exist with weights=: a likelihood takes probability weights for "
            "counts of rows, and errors would shrink with their scale. Use hc1 (the default) or "
            "cluster=, or freq_weights= when the column does count rows."
        )
