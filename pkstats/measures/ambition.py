"""Ambition: what the mandate asks relative to the people and money given to do it.

Clarity itself, how unequivocally a mandate is worded, is not coded in any source at hand:
`task_focus` and these ratios show whether it is focused and matched by means, not whether it is
clear.
"""

from __future__ import annotations

import numpy as np

from pkstats.measures.arithmetic import ratio
from pkstats.measures.mandates import TAMM, flags_needed, task_flags
from pkstats.measures.registry import Need, register
from pkstats.measures.resources import AUTHORISED, STRENGTH

TASKS_NEEDED = flags_needed(task_flags())


def _register_ratio(name: str, unit: str, need: Need, construct: str, source: str) -> None:
    register(
        "mandate",
        unit,
        [need, *TASKS_NEEDED],
        construct,
        source=f"{TAMM}; {source}",
        name=name,
        paired=True,
    )(tasks_per_1000)


def tasks_per_1000(persons: np.ndarray, *flags: np.ndarray) -> np.ndarray:
    """Return mandated tasks per 1,000 persons, shape (n,)."""
    return 1000 * ratio(np.sum(flags, axis=0), persons)


_register_ratio(
    "tasks_per_1000_authorised",
    "tasks per 1,000 authorised",
    Need("authorised", "total"),
    "How much the mandate asks of the strength the Council was ready to give",
    AUTHORISED,
)
_register_ratio(
    "tasks_per_1000_deployed",
    "tasks per 1,000 deployed",
    Need("personnel", "total"),
    "How much the mandate asks of the strength that came",
    STRENGTH,
)


@register(
    "resource",
    "uniformed personnel per task",
    [Need("personnel", "total"), *TASKS_NEEDED],
    "People for each mandated task",
    source=f"{STRENGTH}; {TAMM}",
    paired=True,
)
def strength_per_task(total: np.ndarray, *flags: np.ndarray) -> np.ndarray:
    """Return uniformed personnel per mandated task, shape (n,); missing where there is no task."""
    return ratio(total, np.sum(flags, axis=0))


@register(
    "resource",
    "current US dollars per task and year",
    [Need("expenditure", "usd"), *TASKS_NEEDED],
    "Money for each mandated task: too few years for a mean of any mission",
    units=("mission-year",),
    source=f"UN (expenditure); {TAMM}",
    paired=True,
)
def expenditure_per_task(dollars: np.ndarray, *flags: np.ndarray) -> np.ndarray:
    """Return yearly expenditure per mandated task, shape (n,); missing where there is no task."""
    return ratio(dollars, np.sum(flags, axis=0))
