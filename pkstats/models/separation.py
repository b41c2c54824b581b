"""Separation: whether some terms predict the outcome without error, found by linear programme."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linprog

TOLERANCE = 1e-6


def separated(outcome: np.ndarray, design: np.ndarray, names: Sequence[str]) -> list[str]:
    """Return the terms that separate a binary outcome, completely or partly (quasi-separation).

    A direction b ≠ 0 with x′b ≥ 0 wherever the outcome is 1 and x′b ≤ 0 wherever it is 0 makes the
    likelihood of a logit or probit grow for ever (Albert & Anderson 1984). Of such directions a linear
    programme finds the one with the largest distance between the two outcomes' mean predictors among
    those with absolute standardised coefficients summing to one, so that few terms are named; the rows
    it predicts without error are set aside and the search goes on among the rest.

    Parameters
    ----------
    outcome : array of 0 and 1, shape (n,)
    design : array, shape (n, k)
        Columns must be linearly independent.
    names : sequence of str, length k

    Returns
    -------
    list of str
        Names in the design's order, without the constant; empty when maximum likelihood exists.

    References
    ----------
    Konis (2007), Linear programming algorithms for detecting separated data in binary logistic
    regression models, DPhil thesis, Oxford, chapter 4.
    """
    standard, constant = _standardise(design)
    sign = np.where(outcome > 0.5, 1.0, -1.0)
    size, left = _search(standard, sign, constant)
    # Drop what the others can do without, least important first.
    for term in np.argsort(size):
        if size[term] > 0:
            chosen = np.flatnonzero(((size > 0) & (np.arange(len(size)) != term)) | constant)
            found, rest = _search(standard[:, chosen], sign, constant[chosen])
            if rest <= left:
                size = np.zeros(len(size))
                size[chosen] = found
    return [name for name, share in zip(names, size, strict=True) if share > 0]


def _search(standard: np.ndarray, sign: np.ndarray, constant: np.ndarray) -> tuple[np.ndarray, int]:
    """Return each column's largest coefficient in separating directions and the rows not separated."""
    rows = np.arange(len(sign))
    size = np.zeros(standard.shape[1])
    while standard.size and np.ptp(sign[rows]) > 0:
        signed = standard[rows] * sign[rows, None]
        direction = _direction(signed, sign[rows], constant)
        if direction is None:
            return size, len(rows)
        used = np.where(constant | (np.abs(direction) < TOLERANCE), 0.0, np.abs(direction))
        size = np.maximum(size, used)
        rest = rows[signed @ direction <= TOLERANCE]
        if len(rest) == len(rows):
            return size, len(rows)
        rows = rest
    return size, 0 if standard.size else len(rows)


def _standardise(design: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return columns of mean zero (when there is a constant) and unit size, and which are constant."""
    size = np.abs(design).max(axis=0)
    standard = design / np.where(size > 0, size, 1)
    constant = (np.ptp(standard, axis=0) == 0) & (size > 0)
    if constant.any():
        standard = np.where(constant, 1.0, standard - standard.mean(axis=0))
    size = np.sqrt((standard**2).mean(axis=0))
    return standard / np.where(size > 0, size, 1), constant


def _direction(signed: np.ndarray, sign: np.ndarray, constant: np.ndarray) -> np.ndarray | None:
    """Return a separating direction (k,) of unit length, or None."""
    share = np.where(sign > 0, (sign > 0).sum(), (sign < 0).sum())
    gain = (signed / share[:, None]).sum(axis=0)
    length = (~constant).astype(float)
    result = linprog(
        -np.concatenate([gain, -gain]),
        A_ub=np.vstack([np.hstack([-signed, signed]), np.tile(length, 2)]),
        b_ub=np.append(np.zeros(len(signed)), 1.0),
        method="highs",
    )
    if result.x is None:
        return None
    forward, backward = np.split(result.x, 2)
    direction = forward - backward
    # The directions form a cone: a length between zero and one is a rounding error.
    separates = np.abs(direction) @ length > 0.5 and (signed @ direction).min() > -TOLERANCE
    return direction if separates else None
