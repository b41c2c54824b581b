"""What a distribution of answers says: figures over the frame of specifications."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

AXES = ("sample", "outcome", "family", "treatment", "fixed_effects")


def shares(frame: pd.DataFrame, direction: int = 1, level: float = 0.05) -> dict[str, float]:
    """Return counts, spread and shares of signs and significance.

    Parameters
    ----------
    frame : DataFrame
        One row per specification, with `estimate`, `p_value` and `converged`.
    direction : {1, −1}
        The sign that the claim expects.

    Returns
    -------
    dict
        Shares are of the specifications that have an estimate; `sign_flips` is the share whose sign
        is not the median's.
    """
    known = frame["estimate"].notna().to_numpy()
    estimate = frame["estimate"].to_numpy(dtype="float64")[known]
    small = frame["p_value"].to_numpy(dtype="float64")[known] < level
    found: dict[str, float] = {"specifications": len(frame), "estimated": int(known.sum())}
    if not known.any():
        return found
    low, first, middle, third, high = np.quantile(estimate, [0, 0.25, 0.5, 0.75, 1])
    claimed = np.sign(estimate) == direction
    return found | {
        "median": middle,
        "lowest": low,
        "lower_quartile": first,
        "upper_quartile": third,
        "highest": high,
        "claimed_sign": float(claimed.mean()),
        "claimed_significant": float((claimed & small).mean()),
        "opposite_significant": float((~claimed & small).mean()),
        "sign_flips": float((np.sign(estimate) != np.sign(middle)).mean()),
    }


def drivers(
    frame: pd.DataFrame, controls: Mapping[str, np.ndarray], of: str = "estimate"
) -> pd.DataFrame:
    """Return which choices move the answer: each axis's share of the variance of `of`.

    The share is that of a one-way analysis of variance (η²); in a full grid the shares of all axes
    add up, and what they leave is interaction.

    Parameters
    ----------
    controls : mapping of str to array of bool, shape (S,)
        For each control whether a specification has it.
    """
    known = frame[of].notna().to_numpy()
    values = frame[of].to_numpy(dtype="float64")[known]
    total = float(((values - values.mean()) ** 2).sum()) if len(values) else 0.0
    choices: dict[str, np.ndarray] = {
        name: frame[name].astype("category").cat.codes.to_numpy() for name in AXES
    }
    choices |= {f"control {name}": used.astype(int) for name, used in controls.items()}
    rows = []
    for name, codes in choices.items():
        mine = codes[known]
        options = np.unique(mine)
        if len(options) < 2:
            continue
        counts, sums = np.bincount(mine), np.bincount(mine, weights=values)
        here = counts > 0
        between = float((counts[here] * (sums[here] / counts[here] - values.mean()) ** 2).sum())
        rows.append((name, len(options), between / total if total else 0.0))
    found = pd.DataFrame(rows, columns=["axis", "options", "share_of_variance"])
    return found.sort_values("share_of_variance", ascending=False, ignore_index=True)


def sampled(batches: Sequence[int], limit: int, seed: int) -> list[np.ndarray]:
    """Return which specifications of each batch to look at: all, or `limit` drawn evenly."""
    total = sum(batches)
    if total <= limit:
        return [np.arange(size) for size in batches]
    chosen = np.sort(np.random.default_rng(seed).choice(total, limit, replace=False))
    ends = np.cumsum(batches)
    return [
        chosen[(chosen >= end - size) & (chosen < end)] - (end - size)
        for size, end in zip(batches, ends, strict=True)
    ]
