"""How much is known of what a claim rests on: rows, years and independent units."""

from __future__ import annotations

import pandas as pd

from pkstats.models.columns import framed
from pkstats.study.claims.ledger.columns import columns_of
from pkstats.study.claims.ledger.entries import Entry, Ledger
from pkstats.study.claims.ledger.estimates import shared_rows
from pkstats.tables import load

COLUMNS = ["unit", "outcome", "treatment", "rows", "share", "first", "last", "clusters", "kind"]


def coverage(book: Ledger, entry: Entry, mark: str = "") -> pd.DataFrame:
    """Return rows, years and clusters with both outcome and treatment, for each pair of a claim.

    Returns
    -------
    DataFrame
        unit, outcome, treatment (columns, without functions), rows, share of the dataset's rows, first
        and last year (of missions: of the start), clusters, and kind: the column they are told by.
    """
    found: dict[tuple[str, str, str], tuple[object, ...]] = {}
    for grid in entry.grids:
        data = book.data[grid.data]
        frame = framed(shared_rows(book, grid.data, mark))
        years = _years(frame)
        for outcome in grid.outcomes:
            for term in grid.treatments:
                names = columns_of(term)
                here = frame[[outcome, *names]].notna().all(axis=1)
                known = years[here]
                found[data.unit, outcome, ", ".join(names)] = (
                    int(here.sum()),
                    float(here.mean()),
                    int(known.min()) if len(known) else pd.NA,
                    int(known.max()) if len(known) else pd.NA,
                    int(frame.loc[here, data.cluster].nunique()),
                    data.cluster,
                )
    return pd.DataFrame([(*key, *numbers) for key, numbers in found.items()], columns=COLUMNS)


def _years(frame: pd.DataFrame) -> pd.Series:
    if "year" in frame:
        return frame["year"]
    starts = load("missions").set_index("mission_id")["start"].dt.year
    return frame["mission_id"].map(starts)
