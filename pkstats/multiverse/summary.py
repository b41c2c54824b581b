"""What a distribution of answers says: figures over the frame of specifications."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd

from pkstats.multiverse.labels import FIRTH, LEFT_OUT, NOTHING, REFITTED
from pkstats.multiverse.quantiles import quantiles

# What `shares` calls the specifications that were had in another way than the batched engine's.
WAYS = {REFITTED: "refitted", LEFT_OUT: "rows_left_out", FIRTH: "firth", NOTHING: "no_estimate"}
Frames = Callable[[], Iterable[pd.DataFrame]]


def shares(frames: Frames, direction: int = 1, level: float = 0.05) -> dict[str, float]:
    """Return counts, spread and shares of signs and significance.

    Parameters
    ----------
    frames : callable
        Gives the specifications in parts, anew each time: frames with `estimate`, `p_value` and
        `flags`.
    direction : {1, −1}
        The sign that the claim expects.

    Returns
    -------
    dict
        Shares are of the specifications that have an estimate (`flagged`: of all); `sign_flips` is
        the share whose sign is not the median's. How many specifications were fitted one by one
        (`refitted`), on the rows that Stata's rule leaves (`rows_left_out`), by Firth's likelihood
        (`firth`) or not at all (`no_estimate`), and how many estimates are `without_error`.
    """
    total = flagged = claimed = opposite = blank = 0
    ways = dict.fromkeys(WAYS.values(), 0)
    signs = dict.fromkeys((-1, 0, 1), 0)
    for frame in frames():
        estimate, known = _known(frame)
        small = frame["p_value"].to_numpy(dtype="float64")[known] < level
        sign = np.sign(estimate)
        total += len(frame)
        flagged += int((frame["flags"] != "").sum())
        blank += int(frame["p_value"].isna().to_numpy()[known].sum())
        for flag, way in WAYS.items():
            ways[way] += int((frame["flags"] == flag).sum())
        claimed += int((small & (sign == direction)).sum())
        opposite += int((small & (sign != direction)).sum())
        for one in signs:
            signs[one] += int((sign == one).sum())
    count = sum(signs.values())
    found: dict[str, float] = {"specifications": total, "estimated": count}
    had = {"flagged": flagged / max(total, 1), **ways, "without_error": blank}
    if not count:
        return found | had
    low, first, middle, third, high = quantiles(
        lambda: (_known(frame)[0] for frame in frames()), count, [0, 0.25, 0.5, 0.75, 1]
    )
    return found | {
        "median": middle,
        "lowest": low,
        "lower_quartile": first,
        "upper_quartile": third,
        "highest": high,
        "claimed_sign": signs[direction] / count,
        "claimed_significant": claimed / count,
        "opposite_significant": opposite / count,
        "sign_flips": 1 - signs[int(np.sign(middle))] / count,
        **had,
    }


def _known(frame: pd.DataFrame, of: str = "estimate") -> tuple[np.ndarray, np.ndarray]:
    """Return the values that are not missing, and which of all (S,) they are."""
    values = frame[of].to_numpy(dtype="float64")
    known = ~np.isnan(values)
    return values[known], known


def drivers(frames: Frames, axes: Iterable[str], of: str = "estimate") -> pd.DataFrame:
    """Return which choices move the answer: each axis's share of the variance of `of`.

    The share is that of a one-way analysis of variance (η²); in a full grid the shares of all axes
    add up, and what they leave is interaction.

    Parameters
    ----------
    frames : callable
        Gives the specifications in parts, anew each time, with `of` and a column for each axis:
        categories (the same in every part) or truth values.
    """
    pivot = None
    squares = 0.0
    sums: dict[str, np.ndarray] = {}
    for frame in frames():
        values, known = _known(frame, of)
        if pivot is None and len(values):
            pivot = values.mean()
        values = values - (pivot or 0.0)
        squares += float(values @ values)
        for name in axes:
            codes, options = _codes(frame[name])
            mine = codes[known]
            here = np.array([np.bincount(mine, w, options) for w in (None, values)])
            sums[name] = sums.get(name, 0) + here
    rows = []
    for name, (counts, totals) in sums.items():
        here = counts > 0
        if here.sum() < 2:
            continue
        centre = totals.sum() / counts.sum()
        whole = squares - counts.sum() * centre**2
        between = float((counts[here] * (totals[here] / counts[here] - centre) ** 2).sum())
        rows.append((name, int(here.sum()), between / whole if whole > 0 else 0.0))
    found = pd.DataFrame(rows, columns=["axis", "options", "share_of_variance"])
    return found.sort_values("share_of_variance", ascending=False, ignore_index=True, kind="stable")


def _codes(choices: pd.Series) -> tuple[np.ndarray, int]:
    """Return the option of each specification (S,) and how many options there are."""
    if choices.dtype == bool:
        return choices.to_numpy(int), 2
    choices = choices.astype("category")
    return choices.cat.codes.to_numpy(int), len(choices.cat.categories)


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
