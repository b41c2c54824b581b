"""Short words in place of the names of columns, for figures and tables."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Hashable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

TERM = re.compile(r"(standardize|log1p|log)\((.+)\)")
LOGARITHMS = ("log", "log1p")
MANY = 10_000


@cache
def _listed() -> dict[str, dict[str, str]]:
    """Return the words of columns, of headings (which columns without words take too) and of endings."""
    path = Path(__file__).with_name("words.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def words(term: str) -> str:
    """Return a term of a formula in words.

    Parameters
    ----------
    term : str
        Such as ``"strength_per_100k_lag1"`` or ``"standardize(log1p(expenditure_per_head))"``.

    Returns
    -------
    str
        Such as ``"strength per 100,000 people, year before"``; the logarithm is marked, and a column
        without words of its own keeps its name with blanks in it.
    """
    inside = TERM.fullmatch(term)
    if inside:
        text = words(inside[2])
        return f"{text} (log)" if inside[1] in LOGARITHMS else text
    columns = _listed()["headings"] | _listed()["columns"]
    endings = _listed()["endings"]
    if term in columns:
        return columns[term]
    for ending, text in endings.items():
        stem = term.removesuffix(ending)
        if stem != term and stem in columns:
            return f"{columns[stem]}, {text}"
    return term.replace("_", " ")


def outcome_words(name: str, polarity: Mapping[str, int]) -> str:
    """Return an outcome in words, and that less of it is better where it is.

    Parameters
    ----------
    name : str
    polarity : mapping of str to int
        1 where more is better, −1 where less is.
    """
    return words(name) if polarity[name] > 0 else f"{words(name)} (less is better)"


def in_words(frame: pd.DataFrame, *, rows: bool = False) -> pd.DataFrame:
    """Return a table to read: words, with units where they need them, for the names over its columns.

    Whole numbers of ten thousand or more have their thousands set apart.

    Parameters
    ----------
    frame : DataFrame
        What stands under a name of its own (such as the states of a variable) is not a name of a column
        and stays as it is.
    rows : bool
        Put the labels of its rows in words too: they name columns.
    """
    named = frame.apply(_apart)
    for level, name in enumerate(frame.columns.names):
        if name is None:
            named = named.rename(
                columns=_heading, level=level if frame.columns.nlevels > 1 else None
            )
    named = named.rename_axis(index=_heading, columns=_heading)
    return named.rename(index=_heading) if rows else named


def _apart(column: pd.Series) -> pd.Series:
    whole = pd.api.types.is_integer_dtype(column) and (column.abs() >= MANY).any()
    return column.map("{:,}".format, na_action="ignore") if whole else column


def _heading(name: Hashable) -> Any:
    return _listed()["headings"].get(name, words(name)) if isinstance(name, str) else name
