"""An optional cell that cannot be read becomes missing, and is counted: no row is lost to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkstats.errors import WrongColumns
from pkstats.sources.cells import TEXT

if TYPE_CHECKING:
    from pkstats.sources.layout import Field, Layout
    from pkstats.sources.parse import Parsed

# So many cells of a column, none of them readable, are no accident.
NO_ACCIDENT = 10


def needed(field: Field, plan: Layout) -> bool:
    """Tell whether a row makes no sense when this field cannot be read.

    So it is where the row must have a value, where the value tells rows apart, and where an empty
    cell has a meaning of its own that an unreadable one must not take on.
    """
    return (
        field.required
        or field.name in plan.key
        or field.empty is not None
        or bool(field.blank_means)
    )


def emptied(values: Any, bad: np.ndarray) -> Any:
    """Return a column with its bad cells missing."""
    if isinstance(values, pa.Array):
        return pc.if_else(pa.array(bad), pa.scalar(None, TEXT), values)
    values = values.copy()
    if isinstance(values, np.ndarray):
        values[bad] = np.nan if values.dtype.kind == "f" else np.datetime64("NaT")
    else:
        values[bad] = pd.NA
    return values


def check_column(parsed: Parsed, column: str, example: str, file: str, plan: Layout) -> None:
    """Refuse a column none of whose filled cells can be read: it is not the one the layout means.

    Raises
    ------
    WrongColumns
    """
    bad = parsed.bad
    if bad is None or np.count_nonzero(bad) < NO_ACCIDENT:
        return
    values = emptied(parsed.values, bad)
    known = len(values) - (
        values.null_count if isinstance(values, pa.Array) else pd.isna(values).sum()
    )
    if known:
        return
    raise WrongColumns(
        f"{file}: none of the {int(bad.sum()):,} filled cells of column {column!r} can be read: "
        f"{parsed.reason}, found {example!r}. The reader {plan.kind!r} knows this column in "
        "another form: check that this is the right file, as published."
    )
