"""Success, seen from violence in the host states around deployment."""

from __future__ import annotations

import numpy as np

from pkstats.measures.registry import TIMED, Need, register

STATE, ONE_SIDED = "state_based_best", "one_sided_best"


@register(
    "outcome",
    "deaths",
    [Need("violence", STATE), Need("violence", ONE_SIDED)],
    "Battle deaths and civilians killed in the host states",
)
def deaths(state_based: np.ndarray, one_sided: np.ndarray) -> np.ndarray:
    """Return deaths in state-based conflict and one-sided violence, shape (n,)."""
    return state_based + one_sided


@register(
    "outcome",
    "0 or 1",
    [
        Need("violence", STATE),
        Need("violence", ONE_SIDED),
        Need("violence", STATE, lag=1),
        Need("violence", ONE_SIDED, lag=1),
    ],
    "Fewer deaths in the host states than in the year before, or none",
    units=("mission-year",),
)
def violence_abatement(
    state_based: np.ndarray, one_sided: np.ndarray, state_before: np.ndarray, one_before: np.ndarray
) -> np.ndarray:
    """Return 1 where deaths fell from the year before or there were none, else 0, shape (n,)."""
    now, before = state_based + one_sided, state_before + one_before
    fell = ((now < before) | (now == 0)).astype("float64")
    return np.where(np.isnan(now) | np.isnan(before), np.nan, fell)


@register(
    "context",
    "natural logarithm of deaths + 1",
    [Need("violence", STATE, lag=1), Need("violence", ONE_SIDED, lag=1)],
    "How violent the host states were the year before; more deaths leave more room to fall",
    timing="before",
    units=TIMED[1:],
)
def log_deaths_before(state_based: np.ndarray, one_sided: np.ndarray) -> np.ndarray:
    """Return log(1 + deaths in the year before), shape (n,)."""
    return np.log1p(state_based + one_sided)


@register(
    "context",
    "natural logarithm of deaths + 1",
    [
        Need("violence", STATE, window="before"),
        Need("violence", ONE_SIDED, window="before"),
    ],
    "How violent the host states were in the two years before deployment",
    timing="before",
    units=("mission",),
)
def log_deaths_at_entry(state_based: np.ndarray, one_sided: np.ndarray) -> np.ndarray:
    """Return log(1 + mean yearly deaths in the two years before deployment), shape (n,)."""
    return np.log1p(state_based + one_sided)


@register(
    "outcome",
    "−1 to 1",
    [
        Need("violence", STATE, window="before"),
        Need("violence", ONE_SIDED, window="before"),
        Need("violence", STATE, window="after"),
        Need("violence", ONE_SIDED, window="after"),
    ],
    "Symmetric relative fall of yearly deaths from two years before deployment to two years after",
    timing="after",
    units=("mission",),
)
def violence_reduction(
    state_before: np.ndarray, one_before: np.ndarray, state_after: np.ndarray, one_after: np.ndarray
) -> np.ndarray:
    """Return (before − after) / (before + after), shape (n,).

    1 means no deaths after, −1 none before; missing where there were none at all (nothing to
    reduce), while the mission is ongoing, and where a window leaves the years UCDP covers. It needs
    no logarithm of zero.
    """
    before, after = state_before + one_before, state_after + one_after
    total = before + after
    return (before - after) / np.where(total > 0, total, np.nan)
