"""Collaboration with civilian actors: what is measured, how reliably, and apart from co-location."""

from __future__ import annotations

import pandas as pd

from pkstats.measures import cronbach_alpha, measure
from pkstats.measures.collaboration import INDEX, NGO_ITEMS, ORGANISATIONS, PRACTISED
from pkstats.panel import panel
from pkstats.study.claims.claim import claim, unstandardized
from pkstats.study.claims.ledger.verdict import tally

FAMILIES = {
    "mandated": (
        *(f"mandated_{flag}" for flag in INDEX),
        "ngo_engagement",
        "partner_count",
        "collaboration_index",
    ),
    "practised": (
        *(f"practised_{flag}{ending}" for flag in PRACTISED for ending in ("", "_partnered")),
        "practised_index",
        "partnered_share",
    ),
    "environment": ("humanitarian_funding_per_head", "humanitarian_presence"),
}
INDICES = {
    "ngo_engagement": tuple(f"mandated_{flag}" for flag in NGO_ITEMS),
    "partner_count": tuple(f"mandated_{flag}" for flag in ORGANISATIONS),
    "collaboration_index": tuple(f"mandated_{flag}" for flag in INDEX),
    "practised_index": tuple(f"practised_{flag}" for flag in PRACTISED),
}


def collaboration_years() -> pd.DataFrame:
    """Return every year of UN missions with all measures of collaboration."""
    names = [name for family in FAMILIES.values() for name in family]
    return panel("mission-year", sponsor="UN").derive(*names).frame


def families(years: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the measures of collaboration by family, with what is known of each.

    Parameters
    ----------
    years : DataFrame, optional
        What `collaboration_years` returns, or part of it.

    Returns
    -------
    DataFrame
        By family and measure: rows with a value and their share, missions, first and last year, mean,
        unit, and what the measure stands for.
    """
    frame = collaboration_years() if years is None else years
    rows = []
    for family, names in FAMILIES.items():
        for name in names:
            known = frame[frame[name].notna()]
            rows.append(
                {
                    "family": family,
                    "measure": name,
                    "rows": len(known),
                    "share": len(known) / len(frame),
                    "missions": known["mission_id"].nunique(),
                    "first": known["year"].min(),
                    "last": known["year"].max(),
                    "mean": float(known[name].mean()),
                    "unit": measure(name).unit,
                    "construct": measure(name).construct,
                }
            )
    return pd.DataFrame(rows).set_index(["family", "measure"])


def reliability(years: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return how well the items of each index hang together.

    Parameters
    ----------
    years : DataFrame, optional
        Rows with the items; without it, all mission-years of the panel.

    Returns
    -------
    DataFrame
        By index: items, alpha (Cronbach's) and rows with every item.
    """
    if years is None:
        every = dict.fromkeys(item for items in INDICES.values() for item in items)
        years = panel("mission-year").derive(*every).frame
    rows = {}
    for name, items in INDICES.items():
        values = years[list(items)].dropna().to_numpy("float64")
        rows[name] = {
            "items": len(items),
            "alpha": cronbach_alpha(values),
            "rows": len(values),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("index")


def beside_control() -> pd.DataFrame:
    """Return N1 and N4 on the same rows: collaboration without and with a control for presence.

    Returns
    -------
    DataFrame
        By outcome and measure of collaboration: specifications without and with the control, the
        median association of each (standard deviations), and the shares of intervals on the claimed
        and on the other side of zero.
    """
    with_control = claim("N4")
    compare = with_control.definition.compare
    without = claim(compare["claim"]).frame
    without = without[without["sample"] == compare["sample"]]
    rows = {}
    for cell, part in with_control.frame.groupby(["outcome", "treatment"], sort=False):
        outcome, term = cell
        units = set(part["unit"])
        other = without[(without["outcome"] == outcome) & (without["treatment"] == term)]
        here, there = tally(part), tally(other[other["unit"].isin(units)])
        rows[outcome, unstandardized(str(term))] = {
            "without": there.median,
            "with": here.median,
            "claimed_without": there.claimed,
            "claimed_with": here.claimed,
            "other_without": there.opposite,
            "other_with": here.opposite,
            "specifications_without": there.specifications,
            "specifications_with": here.specifications,
            "rows": here.n_max,
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    return table.rename_axis(index=["outcome", "measure"])
