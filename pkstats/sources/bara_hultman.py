"""Bara and Hultman: which of the study's figures are reported, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from pkstats.sources.cells import TEXT

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table

PARTS = ("troops", "police", "observers", "total")


def settle(table: Table, plan: Layout) -> None:
    """Put IPI's monthly figure, else SIPRI's, under one name.

    A row comes whole from one reporter: IPI and SIPRI count on different days.
    """
    monthly = ~np.isnan(table.numbers("ipi_total"))
    yearly = ~np.isnan(table.numbers("sipri_total")) & ~monthly
    stated = {}
    for part in PARTS:
        figures = np.where(monthly, table.numbers(f"ipi_{part}"), table.numbers(f"sipri_{part}"))
        empty = np.isnan(figures)
        whole = np.where(empty, 0, figures).astype("int64")
        stated[part] = pd.arrays.IntegerArray(whole, empty)
    nobody = ~monthly & ~yearly
    by = pa.array(["IPI", "SIPRI", None], TEXT).take(pa.array(nobody * 2 + yearly))
    table.report.note(
        f"{(monthly & table.good).sum():,} rows reported by IPI, "
        f"{(yearly & table.good).sum():,} by SIPRI, {(nobody & table.good).sum():,} by nobody "
        "(only the publisher's interpolation)"
    )
    study = [f"{study}_{part}" for study in ("ipi", "sipri") for part in PARTS]
    carried = {f"{part}_carried": table[f"{part}_carried"] for part in PARTS}
    first = {name: table[name] for name in table if name not in (*study, *carried)}
    table.columns = {**first, **stated, "reported_by": by, **carried}
