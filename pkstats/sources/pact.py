"""PACT: from 37 activities × 8 levels of engagement × international actor to a few aggregates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

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


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Count activities and mark themes; "partnered" is together with an international actor."""
    import pandas as pd

    cells = [field.name for field in plan.fields if "__" in field.name]
    activities = list(dict.fromkeys(name.split("__")[0] for name in cells))
    levels = [name.split("__")[1] for name in cells[: 2 * LEVELS : 2]]
    grid = frame[cells].to_numpy(dtype=bool, na_value=False)
    grid = grid.reshape(len(frame), len(activities), LEVELS, 2)
    alone, partnered = grid[..., 0], grid[..., 1]
    high = [levels.index(level) for level in HIGH_ENGAGEMENT]
    columns = {
        "activities": alone.any(axis=2).sum(axis=1),
        "activities_partnered": partnered.any(axis=2).sum(axis=1),
        "activities_high_engagement": alone[:, :, high].any(axis=(2)).sum(axis=1),
    }
    out = pd.DataFrame(columns, index=frame.index).astype("Int64")
    for theme, names in THEMES.items():
        places = [activities.index(name) for name in names]
        out[theme] = alone[:, places].any(axis=(1, 2))
        out[f"{theme}_partnered"] = partnered[:, places].any(axis=(1, 2))
    for side, name in (("host", "hostilityGov"), ("other", "hostilityOther")):
        marks = frame[[f"{name}_{kind}" for kind in RESTRICTIONS]]
        out[f"{side}_restrictions"] = marks.any(axis=1)
        out[f"{side}_violence"] = marks.iloc[:, -1]
    flags = [name for name in out if out[name].dtype == bool]
    out[flags] = out[flags].astype("boolean")
    kept = ["_row", "label", "location", "iso3", *[n for n in ("year", "month") if n in frame]]
    allegations = ["abuse_allegations", "sexual_violence_allegations"]
    return pd.concat([frame[kept], out, frame[allegations]], axis=1)
