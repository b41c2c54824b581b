"""PACT: from 37 activities × 8 levels of engagement × international actor to a few aggregates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table

LEVELS = 8
HIGH_ENGAGEMENT = ("MaterialSupport", "Implement", "ProvideSecurity")
THEMES = {
    "civil_society": ("CivilSocietyAssistance",),
    "humanitarian_relief": ("HumanitarianRelief",),
    "refugee_assistance": ("RefugeeAssistance",),
    "reconciliation": ("National_Reconciliation", "LocalReconciliation"),
    "party_assistance": ("PartyAssistance",),
    "human_rights": ("HumanRights",),
    "civilian_protection": ("CivilianProtection",),
}
RESTRICTIONS = ("VerbalRestrictions", "PhysicalRestrictions", "ViolentRestrictions")


def settle(table: Table, plan: Layout) -> None:
    """Count activities and mark themes; "partnered" is together with an international actor."""
    length = len(table)
    cells = [field.name for field in plan.fields if "__" in field.name]
    activities = list(dict.fromkeys(name.split("__")[0] for name in cells))
    levels = [name.split("__")[1] for name in cells[: 2 * LEVELS : 2]]
    grid = _marks(table, cells).reshape(length, len(activities), LEVELS, 2)
    alone, partnered = grid[..., 0], grid[..., 1]
    high = [levels.index(level) for level in HIGH_ENGAGEMENT]
    counts = {
        "activities": alone.any(axis=2).sum(axis=1),
        "activities_partnered": partnered.any(axis=2).sum(axis=1),
        "activities_high_engagement": alone[:, :, high].any(axis=(2)).sum(axis=1),
    }
    empty = np.zeros(length, dtype=bool)
    out: dict[str, Any] = {
        name: pd.arrays.IntegerArray(count, empty) for name, count in counts.items()
    }
    for theme, names in THEMES.items():
        places = [activities.index(name) for name in names]
        out[theme] = alone[:, places].any(axis=(1, 2))
        out[f"{theme}_partnered"] = partnered[:, places].any(axis=(1, 2))
    # To monitor or discuss force is not to use it: only the mission's own doing counts.
    out["use_of_force"] = alone[:, activities.index("Operations_UseOfForce"), high].any(axis=1)
    for side, name in (("host", "hostilityGov"), ("other", "hostilityOther")):
        marks = _marks(table, [f"{name}_{kind}" for kind in RESTRICTIONS])
        out[f"{side}_restrictions"] = marks.any(axis=1)
        out[f"{side}_violence"] = marks[:, -1]
    for name, values in out.items():
        if isinstance(values, np.ndarray):
            out[name] = pd.arrays.BooleanArray(values.copy(), empty)
    kept = ["label", "location", "iso3", *[n for n in ("year", "month") if n in table.columns]]
    allegations = ["abuse_allegations", "sexual_violence_allegations"]
    first, last = ({name: table[name] for name in names} for names in (kept, allegations))
    table.columns = {**first, **out, **last}


def _marks(table: Table, names: list[str]) -> np.ndarray:
    """Return columns of flags as one table; a missing mark counts as none."""
    return np.column_stack([table[name].to_numpy(bool, na_value=False) for name in names])
