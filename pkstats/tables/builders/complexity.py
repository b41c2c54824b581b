"""How many state-based conflicts a state is fought over in, and how many take part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkstats.registry import resolve_states

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.codebook.model import Table
    from pkstats.tables.recipe import Workshop

COUNTS = ("active", "wars", "internationalised", "rebel_parties")


def complexity(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return state-years with a conflict; one with several locations counts in each of them."""
    frame = workshop.raw("conflicts")
    frame = frame[frame["source"] == "conflicts"]
    empty = frame["locations"].isna().to_numpy()
    workshop.put_aside(table.name, frame[empty], frame["side_a"][empty], "no location")
    frame = frame[~empty].assign(location=frame["locations"].astype("str").str.split(","))
    frame = frame.explode("location", ignore_index=True)
    codes = frame["location"].str.strip()
    frame["state"] = resolve_states(codes, "gw", frame["year"])
    lost = frame["state"].isna().to_numpy()
    workshop.put_aside(
        table.name, frame[lost], codes[lost], "no listed state has this Gleditsch–Ward number"
    )
    frame = frame[~lost]
    internal = frame["type_of_conflict"].isin(["intrastate", "internationalised intrastate"])
    supporters = frame["side_a_supporters"].fillna(0) + frame["side_b_supporters"].fillna(0)
    counted = frame[["state", "year"]].assign(
        active=1,
        wars=(frame["intensity"] == "war").astype("Int64"),
        internationalised=(supporters > 0).astype("Int64"),
        rebel_parties=frame["side_b_parties"].where(internal, 0),
    )
    return counted.groupby(["state", "year"], as_index=False)[list(COUNTS)].sum()
