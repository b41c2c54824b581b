"""Estimates for maketables (LaTeX, HTML, Word): its plug-in protocol, which needs no import of it."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pkstats.models.estimate import Estimate

# What the protocol calls the figures of glance(), and the figures shown unless others are asked for.
STATISTICS = {
    "N": "nobs",
    "r2": "r_squared",
    "pseudo_r2": "pseudo_r_squared",
    "ll": "log_likelihood",
    "se_type": "vcov",
}
SHOWN = ("N", "n_clusters", "r2", "pseudo_r2", "ll", "family", "se_type")
COEFFICIENTS = {"estimate": "b", "std_error": "se", "statistic": "t", "p_value": "p"}
CATEGORY = re.compile(r"C\(([^,()]+)(?:,[^:]*)?\)\[(?:T\.)?([^\[\]]+)\]")
PART = re.compile(r":(?![^(\[]*[)\]])")


def coefficient_table(estimate: Estimate) -> pd.DataFrame:
    """Return the coefficients under the protocol's names.

    A colon means an interaction there, so that terms of a part for zeros or of a category carry its
    name in brackets; levels are written without underscores, which LaTeX does not print.
    """
    table = estimate.tidy().rename(columns=COEFFICIENTS)
    table.index = pd.Index(_terms(estimate), name="Coefficient")
    return table[["b", "se", "t", "p", "conf_low", "conf_high"]]


def labels(estimate: Estimate) -> dict[str, str]:
    """Return names as they are printed: blanks for underscores, words for thresholds."""
    names = [part for term in _terms(estimate) for part in PART.split(term)]
    names += [*estimate.rows.terms.columns, outcome(estimate)]
    found = {name: name.replace("_", " ") for name in names if "_" in name}
    levels = estimate.rows.levels if estimate.family == "ordered" else ()
    between = {f"{low}|{high}": f"between {low} and {high}" for low, high in pairwise(levels)}
    return {**found, **between}


def statistic(estimate: Estimate, key: str) -> object:
    """Return a figure by the protocol's name; None where the model has none."""
    if key == "n_clusters":
        return estimate.clusters or None
    return estimate.glance().iloc[0].to_dict().get(STATISTICS.get(key, key))


def shown(estimate: Estimate) -> list[str]:
    """Return the figures shown unless others are asked for: those the model has."""
    return [key for key in SHOWN if statistic(estimate, key) is not None]


def outcome(estimate: Estimate) -> str:
    """Return the outcome as the formula has it; a Cox model's is the hazard."""
    return estimate.formula.partition("~")[0].strip() or "hazard"


def _terms(estimate: Estimate) -> list[str]:
    """Return the names of the parameters, those of a part as `term (part)`."""
    rows = estimate.rows
    parts = [("zero", rows.extra.get("zero_names", ()))]
    if estimate.family == "multinomial":
        parts = [(level, rows.names) for level in rows.levels[1:]]
    split = {f"{part}:{name}": (part, name) for part, names in parts for name in names}
    found = []
    for term in estimate.terms:
        part, name = split.get(term, ("", term))
        levels = CATEGORY.sub(lambda match: match[0].replace(match[2], _plain(match[2])), name)
        # A hurdle's part for zeros is about counts above zero, a zero-inflated model's about zeros.
        about = "above zero" if estimate.family == "hurdle" else _plain(part)
        found.append(f"{CATEGORY.sub(_level, name)} ({about})" if part else levels)
    return found


def _level(match: re.Match[str]) -> str:
    return f"{match[1]}={_plain(match[2])}"


def _plain(level: str) -> str:
    return level.replace("_", " ")
