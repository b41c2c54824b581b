"""Zero for "nobody counted": series that a publisher fills with zeros before they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Make zeros missing in years before a series begins (`options.first_year` of the layout)."""
    first_years = (plan.options or {})["first_year"]
    year = frame["year"].to_numpy("float64", na_value=np.nan)
    for name, first in first_years.items():
        zero = (frame[name].to_numpy("float64", na_value=np.nan) == 0) & (year < first)
        if zero.any():
            values = frame[name].array.copy()
            values[zero] = None
            frame[name] = values
            report.note(f"{name}: {zero.sum():,} zeros before {first} mean not counted: missing")
    return frame
