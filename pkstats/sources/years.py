"""Dates and months lie within the years a layout gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pkstats.sources.parse import Parsed

if TYPE_CHECKING:
    from pkstats.sources.layout import Field


def within(parsed: Parsed, field: Field) -> Parsed:
    """Mark dates before `field.minimum` or after `field.maximum` (years) as unreadable."""
    values = parsed.values
    # Periods count months, as NumPy does, from 1970 on.
    months = values if isinstance(values, np.ndarray) else values.asi8.astype("datetime64[M]")
    empty = np.isnat(months) if isinstance(values, np.ndarray) else values.isna()
    year = months.astype("datetime64[Y]").astype("int64") + 1970
    low, high = field.minimum, field.maximum
    outside = np.zeros(len(year), dtype=bool)
    if low is not None:
        outside |= year < low
    if high is not None:
        outside |= year > high
    outside &= ~empty
    if not outside.any():
        return parsed
    bad = outside if parsed.bad is None else parsed.bad | outside
    return Parsed(values, bad, f"{parsed.reason} from {low:g} to {high:g}")
