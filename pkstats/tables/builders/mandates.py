"""Mandates as spells of constant mandate: TAMM to 2015, then the project's own coding.

Where the text of a resolution contradicts one of TAMM's flags, `data/raw/mandates_amended.csv` says
what the text asks for: its value is taken, and the note of the spell says what TAMM has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkstats.errors import BuildProblem

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
    return _amended(frame[~overlaps].assign(note=None), table, workshop)


def _amended(frame: pd.DataFrame, table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return the spells with the amended flags, each told in the spell's note.

    An amendment of a spell that is not there, or has the value by itself, is set aside.

    Raises
    ------
    BuildProblem
        When an amendment names a flag that mandates do not have.
    """
    frame = frame.astype({"note": "object"})
    amendments = workshop.missions(workshop.raw("mandates_amended"), table.name)
    for place, one in zip(amendments.index, amendments.to_dict("records"), strict=True):
        name = str(one["flag"])
        if name not in table.columns or table.columns[name].dtype != "flag":
            raise BuildProblem(
                f"Expected a task flag of mandates in mandates_amended.csv; found {name!r} for "
                f"{one['label']}. pkstats.codebook('mandates') lists the flags."
            )
        spell = (frame["mission_id"] == one["mission_id"]) & (frame["from"] == one["from"])
        same = spell & (frame[name].astype("Int64") == int(one["published"])).fillna(False)
        if not same.any():
            row = amendments.loc[[place]]
            item = f"{one['label']} {one['from']} {name}"
            workshop.put_aside(table.name, row, item, "no published flag like the one amended")
            continue
        frame.loc[same, name] = int(one["value"])
        text = (
            f"{name} is {int(one['value'])} by {one['resolution']}, paragraph {one['paragraph']} "
            f"(coded by {one['coder']}); the source has {int(one['published'])}"
        )
        frame.loc[same, "note"] = [
            "; ".join(filter(None, (note, text))) for note in frame.loc[same, "note"]
        ]
    return frame
