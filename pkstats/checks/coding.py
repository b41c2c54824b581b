"""What values stand for: ongoing missions coded as failures, presence read as collaboration."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkstats.checks.causal import columns_of
from pkstats.checks.context import Context
from pkstats.checks.finding import Finding
from pkstats.models import Estimate

PRESENCE = {"aid_workers": "AWSD incidents", "humanitarian": "OCHA FTS funding"}


def right_censoring(estimate: Estimate, context: Context) -> list[Finding]:
    """Find ongoing missions coded as failures (trap 10)."""
    frame = context.frame
    if frame is None or context.exit not in frame:
        return []
    if estimate.family == "cox":
        failed = np.asarray(estimate.rows.extra["event"]) == 1
    elif np.isin(estimate.rows.outcome, (0, 1)).all():
        # A row of a mission-year has its own outcome; only one per mission says how it ended.
        if "mission_id" in frame and frame["mission_id"].duplicated().any():
            return []
        failed = estimate.rows.outcome == context.failure
    else:
        return []
    values = frame[context.exit]
    plain = pd.api.types.is_string_dtype(values.dtype) or values.dtype == object
    ongoing = (values == "ongoing").fillna(False) if plain else values.isna()
    wrong = int((ongoing.to_numpy(dtype=bool) & failed).sum())
    if not wrong:
        return []
    return [
        Finding(
            "right_censoring",
            "serious",
            f"{wrong} of {int(ongoing.sum())} ongoing missions are coded as failures "
            f"({wrong / int(failed.sum()):.0%} of all failures).",
            "Censor them at an as-of date, or set their outcome to missing.",
        )
    ]


def co_location(estimate: Estimate, context: Context) -> list[Finding]:
    """Find the presence of aid agencies read as collaboration with them (trap 20)."""
    asked = columns_of(context.treatment) if context.treatment else []
    read: list[str] = []
    for name in context.columns:
        homes = context.tables_of(name)
        if not homes or not homes <= set(PRESENCE):
            continue
        if context.role_of(name) == "collaboration" or name in asked:
            read.append(f"{name} ({', '.join(sorted(PRESENCE[home] for home in homes))})")
    if not read:
        return []
    return [
        Finding(
            "co_location",
            "caution",
            f"{len(read)} columns tell where aid agencies are, not whom they work with: "
            f"{', '.join(read)}.",
            "Read as presence or security; for collaboration use mandated or practised joint work "
            "(ngo_engagement, activities).",
        )
    ]
