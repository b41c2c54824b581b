"""Leaders of UN missions: positions in words, one row per appointment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

# The copy comes without a codebook; the words follow from the people who held each position.
POSITIONS = {
    "1": "special representative",
    "2": "head of mission",
    "3": "force commander",
    "4": "deputy force commander",
    "5": "chief of staff",
    "6": "police commissioner",
    "7": "chief military observer",
}
TWO_POSITIONS = "8"


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Decode positions, join names and keep the first year of each appointment."""
    codes = frame["position"].where(frame["position"] != TWO_POSITIONS, frame["second_position"])
    frame["name"] = (frame["name"].fillna("") + " " + frame["last_name"].fillna("")).str.strip()
    unknown = ~codes.fillna("").map(_known).astype("bool")
    lost = frame[unknown]
    report.put_aside(lost["_row"], "Appointment", lost["position"], "no position has this code")
    frame = frame[~unknown].assign(position=codes[~unknown].map(_spell))
    key = list(plan.key)
    again = frame.duplicated(key)
    lost = frame[again]
    values = lost["name"] + ", " + lost["start_year"].astype("str")
    report.put_aside(
        lost["_row"], ", ".join(key), values, "further year of an appointment already read"
    )
    frame = frame[~again].copy()
    columns = ["label", "position", "name", "start_year", "from", "to", "sex", "cow", "_row"]
    return frame[columns]


def _known(code: str) -> bool:
    numbers = re.findall(r"\d", code)
    return bool(numbers) and all(number in POSITIONS for number in numbers)


def _spell(code: str) -> str:
    return " and ".join(POSITIONS[number] for number in re.findall(r"\d", code))
