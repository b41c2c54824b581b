"""Tables for papers in LaTeX, in which signs of names are printed and not obeyed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pkstats.errors import BadModel
from pkstats.models.protocol import CATEGORY, label_names, names, statistic
from pkstats.text import for_latex

if TYPE_CHECKING:
    from pkstats.models.estimate import Estimate


def latex(
    estimates: Sequence[Estimate], labels: Mapping[str, str] | None = None, **options: Any
) -> str:
    """Return estimates side by side as a table in LaTeX, as maketables writes it.

    maketables puts names into LaTeX as they are; here a %, & or # in the name of a column or a category
    is printed.

    Parameters
    ----------
    estimates : sequence of Estimate
    labels : mapping of str to str, optional
        Words, in LaTeX, for names of columns.
    **options
        What `maketables.ETable` takes besides.

    Raises
    ------
    BadModel
        When maketables is not there, or no estimate is given.
    """
    try:
        from maketables import ETable
    except ImportError:
        raise BadModel(
            "Tables in LaTeX need maketables, which is not installed. Run pip install 'pkstats[tables]'."
        ) from None
    if not estimates:
        raise BadModel("Expected a list of estimates; found none.")
    found = dict(labels or {})
    for one in estimates:
        plain = {name: name for name in names(one)} | label_names(one)
        safe = {name: for_latex(words) for name, words in plain.items()}
        matches = {name: match for name in safe if (match := CATEGORY.fullmatch(name))}
        levels = {name: _level(match, safe | found) for name, match in matches.items()}
        found = safe | levels | found
    # Without a template of its own maketables takes the labels of categories as they are.
    table = ETable(list(estimates), labels=found, **{"cat_template": "", **options})
    text = str(table.make(type="tex"))
    for errors in {str(statistic(one, "se_type")) for one in estimates}:
        text = text.replace(errors, for_latex(errors))
    return text


def _level(category: re.Match[str], labels: Mapping[str, str]) -> str:
    """Return a category as `column=level`."""
    column = category[1].strip("`")
    return f"{labels.get(column, for_latex(column))}={for_latex(category[2])}"
