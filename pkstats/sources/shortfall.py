"""Personnel shortfall data: an authorised total that contradicts its own components."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

PARTS = ["authorised_troops", "authorised_police", "authorised_observers"]
TOTAL = "authorised_total"
ROUNDING = 0.5


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Take the sum of the authorised components where the published total contradicts it.

    `authorised_flag` says so, with the published figure; a total of 0 without any component means
    that nothing is known.
    """
    import pandas as pd

    parts = frame[PARTS].sum(axis=1, min_count=len(PARTS))
    stated = frame[TOTAL]
    wrong = (parts - stated).abs() > ROUNDING
    unknown = frame[PARTS].isna().all(axis=1) & (stated == 0)
    frame["authorised_flag"] = pd.Series(index=frame.index, dtype="str")
    published = [f"sum of components; published {value:g}" for value in stated[wrong]]
    frame.loc[wrong, "authorised_flag"] = published
    frame.loc[unknown, "authorised_flag"] = "published 0 without components"
    frame[TOTAL] = stated.mask(wrong, parts).mask(unknown)
    for row in frame[wrong | unknown].itertuples():
        report.note(f"{row.label} {row.month}: authorised total is {row.authorised_flag}")
    return frame
