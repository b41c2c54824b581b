"""UN contribution reports: police of both kinds, staff officers, and which years to trust."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table

STAFF_OFFICERS_FROM = "2017-05"
TRUSTED_YEARS = (2018, 2019, 2020)


def settle(table: Table, plan: Layout) -> None:
    """Say what the publisher's zeros and years are worth."""
    if plan.kind == "un_contributors":
        _contributors(table)
    else:
        _months(table)


def _contributors(table: Table) -> None:
    table["contributes"] = table["total"] > 0
    year = table["year"]
    trusted = np.isin(year.to_numpy("int64", na_value=0), TRUSTED_YEARS)
    table["trusted"] = pd.arrays.BooleanArray(trusted, np.zeros(len(table), dtype=bool))


def _months(table: Table) -> None:
    """Add all police, and take back zeros that mean staff officers were not listed apart."""
    police = table["formed_police"] + table["individual_police"]
    table.insert({"police": police}, before="formed_police")
    staff = table["staff_officers"]
    early = table["month"].asi8 < np.datetime64(STAFF_OFFICERS_FROM, "M").astype("int64")
    early &= table.numbers("staff_officers") == 0
    if (early & table.good).any():
        whole = staff.to_numpy("int64", na_value=0)
        table["staff_officers"] = pd.arrays.IntegerArray(whole, staff.isna() | early)
        table.report.note(
            f"staff officers are among the troops before {STAFF_OFFICERS_FROM}: missing, not 0"
        )
