"""Ratios, falls and changes that several measures share: missing stays missing, never infinite."""

from __future__ import annotations

import numpy as np


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole, shape (n,); missing where whole is not positive."""
    return part / np.where(whole > 0, whole, np.nan)


def flag(condition: np.ndarray, *known: np.ndarray) -> np.ndarray:
    """Return a condition as 0 and 1, shape (n,); missing where any of `known` is."""
    missing = np.logical_or.reduce([np.isnan(values) for values in known])
    return np.where(missing, np.nan, condition.astype("float64"))


def fell(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return 1 where a count fell or is zero, else 0, shape (n,)."""
    return flag((now < before) | (now == 0), now, before)


def reduction(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return (before − now) / (before + now), shape (n,), from −1 to 1.

    1 means none now, −1 none before; missing where there were none at all: nothing to reduce. It
    needs no logarithm of zero.
    """
    return ratio(before - now, before + now)
