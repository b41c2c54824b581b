"""Whether items measure one thing, and how many rows they leave."""

from __future__ import annotations

import numpy as np

from pkstats.errors import BadData


def _complete(items: np.ndarray) -> np.ndarray:
    values = np.asarray(items, dtype="float64")
    if values.ndim != 2 or values.shape[1] < 2:
        raise BadData(
            f"Expected items of shape (rows, two or more items); found shape {values.shape}."
        )
    return values[~np.isnan(values).any(axis=1)]


def cronbach_alpha(items: np.ndarray) -> float:
    """Return Cronbach's alpha of a sum of items.

    Alpha is k/(k−1) · (1 − Σ item variances / variance of the sum): the share of the sum's variance
    that is common, when the items measure one thing equally well (Cronbach 1951, equation 2). It
    rises with the number of items, and of 0/1 items it equals KR-20.

    Parameters
    ----------
    items : array of shape (n, k)
        One column per item, all pointing the same way; rows with a missing item drop.

    Raises
    ------
    BadData
        With fewer than two items or two complete rows, or a sum that does not vary.
    """
    complete = _complete(items)
    count = complete.shape[1]
    if len(complete) < 2:
        raise BadData(f"Alpha needs two complete rows; found {len(complete)}.")
    total = complete.sum(axis=1).var(ddof=1)
    if total == 0:
        raise BadData("The sum of the items is the same in every row; alpha is not defined.")
    return float(count / (count - 1) * (1 - complete.var(axis=0, ddof=1).sum() / total))


def coverage(items: np.ndarray) -> dict[str, float]:
    """Return how much of an index's items is known.

    Parameters
    ----------
    items : array of shape (n, k)

    Returns
    -------
    dict
        `rows` n, `complete` rows with every item, `share` complete / n, `cells` share of cells
        known and `worst` share known of the item known least.
    """
    values = np.asarray(items, dtype="float64")
    known = ~np.isnan(values)
    complete = len(_complete(values))
    rows = len(values)
    return {
        "rows": rows,
        "complete": complete,
        "share": complete / rows if rows else float("nan"),
        "cells": float(known.mean()) if rows else float("nan"),
        "worst": float(known.mean(axis=0).min()) if rows else float("nan"),
    }
