"""Resources: strength and how far it falls short of what was authorised."""

from __future__ import annotations

import numpy as np

from pkstats.measures.registry import Need, register


@register(
    "resource",
    "troops per 100,000 people",
    [Need("personnel", "troops"), Need("context", "population")],
    "Military strength relative to the population of the host states",
)
def troops_per_100k(troops: np.ndarray, population: np.ndarray) -> np.ndarray:
    """Return deployed troops per 100,000 inhabitants of the host states, shape (n,)."""
    return 1e5 * troops / np.where(population > 0, population, np.nan)


@register(
    "resource",
    "uniformed personnel per 100,000 people",
    [Need("personnel", "total"), Need("context", "population")],
    "Uniformed strength relative to the population of the host states",
)
def strength_per_100k(total: np.ndarray, population: np.ndarray) -> np.ndarray:
    """Return uniformed personnel per 100,000 inhabitants of the host states, shape (n,)."""
    return 1e5 * total / np.where(population > 0, population, np.nan)


@register(
    "resource",
    "thousand persons",
    [Need("personnel", "total")],
    "Uniformed strength in thousands",
)
def strength_thousands(total: np.ndarray) -> np.ndarray:
    """Return uniformed personnel in thousands, shape (n,)."""
    return total / 1000


@register(
    "resource",
    "share of authorised strength",
    [Need("personnel", "total"), Need("authorised", "total")],
    "Part of the authorised uniformed strength that was not deployed; negative when over strength",
)
def shortfall(deployed: np.ndarray, authorised: np.ndarray) -> np.ndarray:
    """Return 1 − deployed / authorised, shape (n,); missing where nothing was authorised."""
    return 1 - deployed / np.where(authorised > 0, authorised, np.nan)
