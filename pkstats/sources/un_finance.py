"""UN budgets: thousands into dollars, fiscal periods into years."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pkstats.units import YEARS

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table

PERIOD = re.compile(r"\d{4}-\d{2}-\d{2}/(\d{4})-\d{2}-\d{2}$", re.ASCII)


def settle(table: Table, plan: Layout) -> None:
    """Add the year in which the fiscal period ends, as the expense tables count years."""
    ends = [PERIOD.match(text or "") for text in table["fiscal_period"].to_pylist()]
    first, last = YEARS
    bad = np.array([end is None or not first <= int(end[1]) <= last for end in ends], dtype=bool)

    def values(table: Table, rows: np.ndarray) -> Any:
        return table.at("fiscal_period", rows)

    reason = "expected a period like 2026-07-01/2027-06-30"
    table.put_aside(bad, "fiscal_period", values, reason)
    years = np.array([int(end[1]) if end else 0 for end in ends], dtype="int64")
    table.insert({"year": pd.arrays.IntegerArray(years, bad)}, before="usd")
    table["usd"] = np.round(table["usd"] * 1000)
