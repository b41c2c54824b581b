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
}
SHOWN = ("N", "n_clusters", "r2", "pseudo_r2", "ll", "family", "se_type")
COEFFICIENTS = {"estimate": "b", "std_error": "se", "statistic": "t", "p_value": "p"}
CATEGORY = re.compile(r"C\(([^,()]+)(?:,[^:]*)?\)\[(?:T\.)?([^\[\]]+)\]")
# maketables writes names into LaTeX, HTML and Word alike and escapes for the last two alone. What would
# run or break off in LaTeX is written with other signs; `pkstats.models.latex` prints the rest as it is.
INERT = str.maketrans({"\\": "/", "{": "(", "}": ")", "^": " "})
HARMLESS = INERT | {ord("_"): " ", ord("`"): None}
PART = re.compile(r":(?![^(\[]*[)\]])")


def coefficient_table(estimate: Estimate) -> pd.DataFrame:
    """Return the coefficients under the protocol's names.

    A colon means an interaction there, so that terms of a part for zeros or of a category carry its
    name in brackets; levels are written without underscores, which LaTeX does not print.
    """
    table = estimate.tidy().rename(columns=COEFFICIENTS)
    table.index = pd.Index([one.translate(INERT) for one in _terms(estimate)], name="Coefficient")
    return table[["b", "se", "t", "p", "conf_low", "conf_high"]]


def label_names(estimate: Estimate) -> dict[str, str]:
    """Return names as they are printed: blanks for underscores, no backticks, words for thresholds."""
    plain = {name: _plain(name) for name in names(estimate)}
    found = {name: words for name, words in plain.items() if words != name}
    levels = estimate.rows.levels if estimate.family == "ordered" else ()
    between = {f"{low}|{high}": f"between {low} and {high}" for low, high in pairwise(levels)}
    return {**found, **between}


def names(estimate: Estimate) -> list[str]:
    """Return everything in a table that a label can stand for."""
    parts = [part for term in _terms(estimate) for part in PART.split(term.translate(INERT))]
    factors = [match[1] for part in parts if (match := CATEGORY.fullmatch(part))]
    return [*parts, *factors, *estimate.rows.terms.columns, outcome(estimate)]


def statistic(estimate: Estimate, key: str) -> object:
    """Return a figure by the protocol's name; None where the model has none."""
    if key == "n_clusters":
        return estimate.clusters or None
    if key == "se_type":
        return _plain(standard_errors(estimate))
    return estimate.glance().iloc[0].to_dict().get(STATISTICS.get(key, key))


def shown(estimate: Estimate) -> list[str]:
    """Return the figures shown unless others are asked for: those the model has."""
    return [key for key in SHOWN if statistic(estimate, key) is not None]


def outcome(estimate: Estimate) -> str:
    """Return the outcome as the formula has it; a Cox model's is the hazard."""
    return estimate.formula.partition("~")[0].strip().translate(INERT) or "hazard"


def standard_errors(estimate: Estimate) -> str:
    """Return what standard errors are: their kind, and what they are clustered by."""
    kind = estimate.vcov
    if kind.startswith("cr"):
        return f"clustered by {estimate.cluster} ({kind.upper()})"
    return f"robust ({kind.upper()})" if kind.startswith("hc") else kind


def split_terms(estimate: Estimate) -> list[tuple[str, str]]:
    """Return each parameter as a term and what its part of the model is about, empty for the main part.

    A hurdle's part for zeros is about counts above zero, a zero-inflated model's about zeros.
    """
    rows = estimate.rows
    zeros = "above zero" if estimate.family == "hurdle" else "zero"
    parts = [("zero", zeros, rows.extra.get("zero_names", ()))]
    if estimate.family == "multinomial":
        parts = [(level, level, rows.names) for level in rows.levels[1:]]
    split = {f"{part}:{name}": (name, about) for part, about, names in parts for name in names}
    return [split.get(term, (term, "")) for term in estimate.terms]


def _terms(estimate: Estimate) -> list[str]:
    """Return the names of the parameters, those of a part as `term (part)`."""
    found = []
    for name, about in split_terms(estimate):
        levels = CATEGORY.sub(lambda match: match[0].replace(match[2], _plain(match[2])), name)
        found.append(f"{CATEGORY.sub(_level, name)} ({_plain(about)})" if about else levels)
    return found


def _level(match: re.Match[str]) -> str:
    return f"{match[1]}={_plain(match[2])}"


def _plain(name: str) -> str:
    return name.translate(HARMLESS)
