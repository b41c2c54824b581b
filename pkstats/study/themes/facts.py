"""Dated facts behind claims that cannot be tested, and what a test would take."""

from __future__ import annotations

import re

import pandas as pd

from pkstats.study.claims.claim import claim
from pkstats.study.claims.reading import Prose, bullets

COLUMNS = ["claim", "date", "mission", "what", "source", "coder"]


def dated_facts(*names: str) -> pd.DataFrame:
    """Return the dated facts the ledger holds on claims, in order of date.

    Parameters
    ----------
    names : str
        Claims, by id such as ``"T1"``.

    Returns
    -------
    DataFrame
        claim, date (as exactly as the source has it), mission (empty where it concerns all), what,
        source (the page or document read) and coder. Facts say that a thing was adopted, not that
        it helped.
    """
    rows = [
        {"claim": name, "mission": "", **fact}
        for name in names
        for fact in claim(name).definition.facts
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.sort_values(["claim", "date"]).reset_index(drop=True)


def fact_list(*names: str) -> Prose:
    """Return the dated facts on claims as a list in Markdown, each with the page read."""
    lines = []
    for fact in dated_facts(*names).to_dict("records"):
        where = f" ({fact['mission']})" if fact["mission"] else ""
        pages = re.sub(r"(https?://[^\s)]+)", r"<\1>", fact["source"])
        lines.append(f"**{fact['date']}**{where} {fact['what']}. {pages}")
    return bullets(lines)


def what_it_would_take(name: str) -> Prose:
    """Return the data a test, or a better test, of a claim would take, as a list."""
    return bullets(claim(name).definition.data_needed)
