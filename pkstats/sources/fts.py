"""OCHA FTS: funding outside response plans stands beside funding of plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from pkstats.sources.cells import mask

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table


def settle(table: Table, plan: Layout) -> None:
    """Move funding of rows without a plan to `funded_outside_plans_usd`.

    A percentage of requirements is then funded_usd over required_usd; the publisher's funding is
    the sum of the two columns.
    """
    named = pc.fill_null(pc.not_equal(table["plan"], "Not specified"), False)
    outside = table["plan_id"].isna() & ~mask(named)
    funded = table["funded_usd"]
    table["funded_outside_plans_usd"] = np.where(outside, funded, np.nan)
    table["funded_usd"] = np.where(outside, np.nan, funded)
    count = int((outside & table.good).sum())
    table.report.note(f"{count:,} rows are funding outside plans (Not specified)")
    negative = int(((funded < 0) & table.good).sum())
    if negative:
        table.report.note(f"{negative:,} rows have negative funding (corrections), kept")
