"""The setting a mission meets: how complex and intense conflict is, who helps a side, who has fled.

`_at_entry` is the two years before deployment, of which a mission is no part. Afterwards UCDP may
count a mission's contributors among the states that fight for the government (MINUSMA in Mali).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pkstats.measures.arithmetic import flag, ratio
from pkstats.measures.registry import YEARLY, Need, register

UCDP = "UCDP/PRIO (conflicts of 25 battle deaths or more)"
UNHCR = "UNHCR (displacement by origin); World Bank (population)"
AID = "OCHA FTS; World Bank (population)"


def conflicts_active(active: np.ndarray) -> np.ndarray:
    """Return state-based conflicts in the host states, shape (n,)."""
    return active


def conflict_parties(rebels: np.ndarray) -> np.ndarray:
    """Return parties on the rebel side of conflicts within the host states, shape (n,)."""
    return rebels


def conflict_intensity(active: np.ndarray, wars: np.ndarray) -> np.ndarray:
    """Return 2 for war (1,000 battle deaths a year), 1 for conflict (25), 0 for none, shape (n,)."""
    return flag(active > 0, active, wars) + flag(wars > 0, active, wars)


def external_support(internationalised: np.ndarray) -> np.ndarray:
    """Return 1 where troops of another state fight for a side, else 0, shape (n,)."""
    return flag(internationalised > 0, internationalised)


def displaced_per_1000(
    refugees: np.ndarray, idps: np.ndarray, population: np.ndarray
) -> np.ndarray:
    """Return refugees and internally displaced people per 1,000 inhabitants, shape (n,)."""
    return 1000 * ratio(refugees + idps, population)


COMPLEXITY = (
    ("conflicts_active", "conflicts", ("active",), conflicts_active, "mean",
     "Complexity: state-based conflicts in the host states"),
    ("conflict_parties", "parties", ("rebel_parties",), conflict_parties, "mean",
     "Complexity: rebel parties fighting in the host states"),
    ("conflict_intensity", "0, 1 or 2", ("active", "wars"), conflict_intensity, "peak",
     "Intensity: war (2), conflict (1) or neither in the host states; of several years the worst"),
    ("external_support", "0 or 1", ("internationalised",), external_support, "peak",
     "Outside interest: troops of another state fight for a side in the host states"),
)  # fmt: skip


def _register(
    name: str,
    unit: str,
    needs: list[tuple[str, str, str]],
    function: Callable[..., np.ndarray],
    text: str,
    source: str,
) -> None:
    """Register a setting during deployment and in the two years before it."""

    def wanted(**window: Any) -> list[Need]:
        return [Need(table, column, statistic=how, **window) for table, column, how in needs]

    register("context", unit, wanted(), text, units=(*YEARLY, "mission"), source=source, name=name)(
        function
    )
    register(
        "context",
        unit,
        wanted(window="before"),
        f"{text}; in the two years before deployment",
        timing="before",
        units=("mission",),
        source=source,
        name=f"{name}_at_entry",
    )(function)


for _name, _unit, _columns, _function, _how, _text in COMPLEXITY:
    _needs = [("complexity", column, _how) for column in _columns]
    _register(_name, _unit, _needs, _function, _text, UCDP)
_register(
    "hosts_displaced_per_1000",
    "persons per 1,000 inhabitants",
    [
        ("displacement", "refugees", "mean"),
        ("displacement", "idps", "mean"),
        ("context", "population", "mean"),
    ],
    displaced_per_1000,
    "Who has fled: refugees from the host states and the internally displaced whom UNHCR assists",
    UNHCR,
)


@register(
    "context",
    "natural logarithm of US dollars per inhabitant + 1",
    [
        Need("humanitarian", "funded_outside_plans_usd"),
        Need("humanitarian", "funded_usd"),
        Need("context", "population"),
    ],
    "Humanitarian presence, seen from money: aid per inhabitant of the host states. Nobody counts "
    "aid workers or NGOs by state and year",
    units=YEARLY,
    source=AID,
)
def humanitarian_presence(
    outside: np.ndarray, planned: np.ndarray, population: np.ndarray
) -> np.ndarray:
    """Return log(1 + aid per inhabitant), shape (n,).

    Where no funding of a response plan is listed, what came outside plans is all that counts; in
    `humanitarian_funding_per_head` such years are missing.
    """
    return np.log1p(np.maximum(ratio(outside + np.nan_to_num(planned), population), 0))
