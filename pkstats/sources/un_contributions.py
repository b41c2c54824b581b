"""UN contribution reports: police of both kinds, staff officers, and which years to trust."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

STAFF_OFFICERS_FROM = "2017-05"
TRUSTED_YEARS = (2018, 2019, 2020)


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Say what the publisher's zeros and years are worth."""
    return _contributors(frame) if plan.kind == "un_contributors" else _months(frame, report)


def _contributors(frame: pd.DataFrame) -> pd.DataFrame:
    frame["contributes"] = frame["total"] > 0
    frame["trusted"] = frame["year"].isin(TRUSTED_YEARS)
    return frame


def _months(frame: pd.DataFrame, report: Report) -> pd.DataFrame:
    """Add all police, and take back zeros that mean staff officers were not listed apart."""
    import pandas as pd

    frame.insert(
        list(frame.columns).index("formed_police"),
        "police",
        frame["formed_police"].array + frame["individual_police"].array,
    )
    staff = frame["staff_officers"].array.copy()
    early = frame["month"].array < pd.Period(STAFF_OFFICERS_FROM)
    early &= np.asarray(staff.fillna(-1)) == 0
    if early.any():
        staff[early] = pd.NA
        frame["staff_officers"] = staff
        report.note(
            f"staff officers are among the troops before {STAFF_OFFICERS_FROM}: missing, not 0"
        )
    return frame
