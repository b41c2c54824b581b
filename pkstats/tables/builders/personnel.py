"""Personnel by mission and month: several sources, one figure, the choice recorded.

Precedence (docs/personnel.md says why):

- the UN's monthly contribution reports, which begin in 2015 and have gaps;
- IPI where Kathman confirms its total to 0.25%, from August 1992, when IPI begins to tell observers
  from troops;
- Kathman, who comes closest to the UN's own December totals;
- IPI unconfirmed, then the shortfall data, where nothing else has a figure;
- missions of other organisations: Bara and Hultman alone.

A row is taken whole from one source: mixing components would make totals that no source states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.codebook.model import Table
    from pkstats.tables.recipe import Workshop

PRECEDENCE = ("un_contributions", "ipi", "kathman", "shortfall", "bara_hultman")
PARTS = ["troops", "police", "observers", "staff_officers"]
KEY = ["mission_id", "month"]
TOLERANCE = 0.02
CONFIRMED = 0.0025
IPI_OBSERVERS_FROM = "1992-08"


def side_by_side(workshop: Workshop) -> pd.DataFrame:
    """Return one row per mission, month and source: parts and total, labels of one mission summed.

    A source that lists one mission under two labels in a month (IPTF beside UNMIBH) lists two
    contingents, so they add up. A label repeated per place or conflict (Bara and Hultman, Kathman)
    carries the same figure each time, so the largest is taken.
    """
    if "personnel" in workshop.cache:
        return workshop.cache["personnel"].copy()
    frame = workshop.raw("personnel")
    own = (frame["source"] != "bara_hultman") | (frame["organisation"] != "UN")
    frame = workshop.missions(frame[own], "personnel")
    empty = frame["total"].isna().to_numpy() & frame[PARTS].isna().all(axis=1).to_numpy()
    workshop.put_aside("personnel", frame[empty], "", "no figure in the source")
    frame = frame[~empty]
    parts = frame[PARTS].sum(axis=1, min_count=1)
    frame["total"] = frame["total"].fillna(parts)
    values = [*PARTS, "total"]
    frame["label"] = frame["label"].str.strip()
    repeated = frame.groupby([*KEY, "source", "label"], as_index=False)
    once = repeated[values].max()
    out = once.groupby([*KEY, "source"], as_index=False)[values].sum(min_count=1)
    workshop.cache["personnel"] = out
    return out.copy()


def personnel(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return one row per mission and month from the source that takes precedence."""
    import numpy as np

    if "chosen" in workshop.cache:
        return workshop.cache["chosen"].copy()
    frame = side_by_side(workshop)
    frame["_rank"] = _rank(frame)
    frame = frame.sort_values([*KEY, "_rank"], kind="stable")
    spread = frame.groupby(KEY)["total"].agg(["min", "max", "size"])
    chosen = frame[~frame.duplicated(KEY)].set_index(KEY)
    gap = (spread["max"] - spread["min"]).astype("float64")
    differs = gap > TOLERANCE * chosen["total"].astype("float64").clip(lower=1)
    no_parts = chosen[PARTS].isna().all(axis=1)
    chosen["flag"] = np.select(
        [no_parts, differs, spread["size"] > 1],
        ["total only", "sources differ", "sources agree"],
        default="single source",
    )
    workshop.cache["chosen"] = chosen.drop(columns="_rank").reset_index()
    return workshop.cache["chosen"].copy()


def _rank(frame: pd.DataFrame) -> pd.Series:
    """Return the place of each row among the sources of its mission and month, smallest first."""
    rank = frame["source"].map({source: place for place, source in enumerate(PRECEDENCE)})
    other = frame[frame["source"] == "kathman"].set_index(KEY)["total"].astype("float64")
    theirs = frame[KEY].merge(other.rename("theirs").reset_index(), on=KEY, how="left")["theirs"]
    gap = (frame["total"].astype("float64").to_numpy() - theirs.to_numpy()) / theirs.to_numpy()
    mixed = frame["month"] < IPI_OBSERVERS_FROM
    unsure = (frame["source"] == "ipi") & (mixed | (abs(gap) > CONFIRMED))
    return rank.astype("float64").mask(unsure, PRECEDENCE.index("kathman") + 0.5)


def disagreements(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return every figure that differs by over 2% from the chosen one of its mission and month."""
    chosen = personnel(table, workshop)[[*KEY, "source", "total"]]
    chosen = chosen.rename(columns={"source": "chosen_source", "total": "chosen_total"})
    frame = side_by_side(workshop).merge(chosen, on=KEY)
    frame = frame[frame["source"] != frame["chosen_source"]]
    base = frame["chosen_total"].astype("float64").clip(lower=1)
    frame["relative_difference"] = (frame["total"] - frame["chosen_total"]).astype("float64") / base
    return frame[frame["relative_difference"].abs() > TOLERANCE]
