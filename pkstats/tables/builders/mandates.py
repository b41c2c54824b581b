"""Mandates as spells of constant mandate: TAMM to 2015, then the project's own coding."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.codebook.model import Table
    from pkstats.tables.recipe import Workshop


def mandates(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return one row per mission and spell; coded spells never overlap TAMM's months.

    An open end of a coded spell is the last month before the mission's next spell, or stays
    missing while the mandate is in force. Rows of one mission under two labels in one month
    (TAMM repeats some phases) are set aside after the first.
    """
    import pandas as pd

    published = workshop.raw("mandates").assign(coder="Lloyd 2021 (TAMM)")
    coded = workshop.raw("mandates_coded")
    if "note" in coded:
        coded = coded.drop(columns="note")
    frame = pd.concat([published, coded], ignore_index=True)
    frame = workshop.missions(frame, table.name)
    frame = frame.sort_values(["mission_id", "from"], kind="stable")
    last = frame["to"].fillna(pd.Period("2262-01", "M")).astype("int64")
    reach = last.groupby(frame["mission_id"]).cummax().groupby(frame["mission_id"]).shift()
    overlaps = (frame["from"].astype("int64") <= reach.fillna(-(10**9))).to_numpy()
    lost = frame[overlaps]
    item = lost["label"] + " " + lost["from"].astype("str")
    workshop.put_aside(table.name, lost, item, "overlaps an earlier spell of the same mission")
    return frame[~overlaps]
