"""Bara and Hultman: which of the study's figures are reported, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

PARTS = ("troops", "police", "observers", "total")


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Put IPI's monthly figure, else SIPRI's, under one name.

    A row comes whole from one reporter: IPI and SIPRI count on different days.
    """
    import numpy as np
    import pandas as pd

    monthly = frame["ipi_total"].notna()
    yearly = frame["sipri_total"].notna() & ~monthly
    for part in PARTS:
        frame[part] = frame[f"ipi_{part}"].where(monthly, frame[f"sipri_{part}"])
    by = np.select([monthly, yearly], ["IPI", "SIPRI"], default="")
    frame["reported_by"] = pd.Series(by, frame.index, dtype="str").mask(~monthly & ~yearly)
    report.note(
        f"{monthly.sum():,} rows reported by IPI, {yearly.sum():,} by SIPRI, "
        f"{(~monthly & ~yearly).sum():,} by nobody (only the publisher's interpolation)"
    )
    study = [f"{study}_{part}" for study in ("ipi", "sipri") for part in PARTS]
    carried = [f"{part}_carried" for part in PARTS]
    first = [name for name in frame if name not in (*study, *carried, *PARTS, "reported_by")]
    return frame[[*first, *PARTS, "reported_by", *carried]]
