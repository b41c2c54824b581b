"""Success, seen from violence in the host states around deployment.

Endings name the horizon of mission panels: `_during` deployment, `_2y`, `_5y` and `_10y` the years
after the last. Each compares yearly means with the two years before deployment; windows that leave
the years UCDP covers are missing, and so is whatever lies after an ongoing mission.
Successor missions may be present in the years after.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pkstats.measures.arithmetic import fell, reduction
from pkstats.measures.registry import TIMED, YEARLY, Need, register

STATE, ONE_SIDED = "state_based_best", "one_sided_best"
UCDP = "UCDP (violence)"
HORIZONS: dict[str, dict[str, Any]] = {
    "during": {"window": "during"},
    "2y": {"window": "after", "years": 2},
    "5y": {"window": "after", "years": 5},
    "10y": {"window": "after", "years": 10},
}
PHRASES = {
    "during": "during deployment",
    "2y": "in the two years after exit",
    "5y": "in the five years after exit",
    "10y": "in the ten years after exit",
}


def timing(horizon: str) -> str:
    """Return when a horizon lies: during or after deployment."""
    return "during" if horizon == "during" else "after"


@register(
    "outcome",
    "deaths",
    [Need("violence", STATE), Need("violence", ONE_SIDED)],
    "Battle deaths and civilians killed in the host states, by year",
    units=(*TIMED, "mission", "state-year"),
    source=UCDP,
)
def deaths(state_based: np.ndarray, one_sided: np.ndarray) -> np.ndarray:
    """Return deaths in state-based conflict and one-sided violence, shape (n,).

    By calendar year: each month of a mission-month panel has its year's, a mission the yearly mean.
    """
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
    units=YEARLY,
    source=UCDP,
)
def violence_abatement(
    state_based: np.ndarray, one_sided: np.ndarray, state_before: np.ndarray, one_before: np.ndarray
) -> np.ndarray:
    """Return 1 where deaths fell from the year before or there were none, else 0, shape (n,)."""
    return fell(state_based + one_sided, state_before + one_before)


@register(
    "outcome",
    "0 or 1",
    [Need("violence", ONE_SIDED), Need("violence", ONE_SIDED, lag=1)],
    "Civilian protection: fewer civilians killed in the host states than the year before, or none",
    units=YEARLY,
    source=UCDP,
)
def civilian_abatement(one_sided: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return 1 where one-sided deaths fell from the year before or there were none, shape (n,)."""
    return fell(one_sided, before)


@register(
    "context",
    "natural logarithm of deaths + 1",
    [Need("violence", STATE, lag=1), Need("violence", ONE_SIDED, lag=1)],
    "How violent the host states were the year before; more deaths leave more room to fall",
    timing="before",
    units=YEARLY,
    source=UCDP,
)
def log_deaths_before(state_based: np.ndarray, one_sided: np.ndarray) -> np.ndarray:
    """Return log(1 + deaths in the year before), shape (n,)."""
    return np.log1p(state_based + one_sided)


@register(
    "context",
    "natural logarithm of deaths + 1",
    [Need("violence", STATE, window="before"), Need("violence", ONE_SIDED, window="before")],
    "How violent the host states were in the two years before deployment",
    timing="before",
    units=("mission",),
    source=UCDP,
)
def log_deaths_at_entry(state_based: np.ndarray, one_sided: np.ndarray) -> np.ndarray:
    """Return log(1 + mean yearly deaths in the two years before deployment), shape (n,)."""
    return np.log1p(state_based + one_sided)


def violence_reduction(*deaths: np.ndarray) -> np.ndarray:
    """Return (before − now) / (before + now) of yearly deaths, shape (n,).

    1 means no deaths now, −1 none before; missing where there were none at all (nothing to reduce),
    while the mission is ongoing, and where a window leaves the years UCDP covers.
    """
    half = len(deaths) // 2
    return reduction(np.sum(deaths[half:], axis=0), np.sum(deaths[:half], axis=0))


def violence_fell(*deaths: np.ndarray) -> np.ndarray:
    """Return 1 where yearly deaths fell from before or there are none now, else 0, shape (n,)."""
    half = len(deaths) // 2
    return fell(np.sum(deaths[half:], axis=0), np.sum(deaths[:half], axis=0))


def _compare(
    stem: str, columns: tuple[str, ...], what: str, function: Callable[..., np.ndarray], unit: str
) -> None:
    """Register a comparison with the two years before deployment at every horizon."""
    for horizon, window in HORIZONS.items():
        name = f"{stem}_{horizon}"
        register(
            "outcome",
            unit,
            [
                *(Need("violence", column, window="before") for column in columns),
                *(Need("violence", column, **window) for column in columns),
            ],
            f"{what} from the two years before deployment to the yearly mean {PHRASES[horizon]}",
            timing=timing(horizon),
            units=("mission",),
            source=UCDP,
            name="violence_reduction" if name == "violence_reduction_2y" else name,
        )(function)


_BOTH = (STATE, ONE_SIDED)
_FALL, _LESS = "Symmetric relative fall of", "Fewer (or no)"
_compare("violence_reduction", _BOTH, f"{_FALL} deaths", violence_reduction, "−1 to 1")
_compare("violence_abatement", _BOTH, f"{_LESS} deaths", violence_fell, "0 or 1")
_compare(
    "civilian_reduction", (ONE_SIDED,), f"{_FALL} civilians killed", violence_reduction, "−1 to 1"
)
_compare("civilian_abatement", (ONE_SIDED,), f"{_LESS} civilians killed", violence_fell, "0 or 1")
