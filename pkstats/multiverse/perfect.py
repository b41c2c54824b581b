"""Stata's rule for separated logits and probits: what a dummy predicts perfectly goes, with the dummy.

Where every row with a dummy (or every row without it) has the same outcome, the dummy's coefficient
has no maximum: it grows for ever, and the rows it predicts tell nothing of the other coefficients. The
maximum of those is the same as on the rest of the rows without the dummy. Stata's `logit` and `probit`
drop both and say so ("predicts failure perfectly"); so does this, for 0/1 columns and the levels of
`C()`, until none is left. The treatment is never dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkstats.errors import BadModel
from pkstats.models.families import FAMILIES
from pkstats.models.formula import design, parse
from pkstats.models.rows import Rows, rows
from pkstats.multiverse.data import Setting
from pkstats.text import cut

LEVEL = "[T."


@dataclass(frozen=True, slots=True)
class Left:
    """What the rule leaves: rows, the formula without terms that are constant there, what went."""

    frame: pd.DataFrame
    text: str
    why: str


def left_over(
    outcome: str,
    controls: Sequence[str],
    treatment: str,
    frame: pd.DataFrame,
    family: str,
    setting: Setting,
) -> Left | None:
    """Return what the rule leaves of a specification; None where it has nothing to drop."""
    text = f"{outcome} ~ {' + '.join([*controls, treatment])}"
    complete = rows(parse(text), frame, FAMILIES[family], setting.cluster, setting.weights)
    left, dropped = predicted(complete.outcome, dict(_indicators(complete)))
    if not dropped or not left.any():
        return None
    kept = frame[complete.kept][left]
    used = [term for term in controls if _varies(term, kept)]
    gone = int((~left).sum())
    return Left(
        kept,
        f"{outcome} ~ {' + '.join([*used, treatment])}",
        f"{cut(', '.join(dropped), 300)} separate the outcomes. By Stata's rule {gone:,} of "
        f"{len(left):,} rows that they predict perfectly are left out, and they with them.",
    )


def predicted(
    outcome: np.ndarray, indicators: dict[str, np.ndarray]
) -> tuple[np.ndarray, list[str]]:
    """Return which rows (n,) no indicator predicts perfectly, and the indicators that predicted others.

    Parameters
    ----------
    outcome : array of 0 and 1, shape (n,)
    indicators : mapping of str to array of bool, shape (n,)
    """
    left, dropped = np.ones(len(outcome), dtype=bool), []
    again = True
    while again:
        again = False
        for name, yes in indicators.items():
            for here in (left & yes, left & ~yes):
                # An indicator that has become constant predicts nothing.
                if here.any() and not np.array_equal(here, left) and np.ptp(outcome[here]) == 0:
                    left, again = left & ~here, True
                    dropped.append(name)
    return left, list(dict.fromkeys(dropped))


def _indicators(complete: Rows) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the 0/1 columns before the treatment's, and the base level of each `C()`."""
    levels: dict[str, list[np.ndarray]] = {}
    for place, name in enumerate(complete.names[:-1]):
        column = complete.design[:, place]
        if not np.isin(column, (0, 1)).all() or np.ptp(column) == 0:
            continue
        yield name, column == 1
        if LEVEL in name and ":" not in name:
            levels.setdefault(name.partition(LEVEL)[0], []).append(column)
    for name, columns in levels.items():
        yield f"{name} (first level)", ~np.any(columns, axis=0)


def _varies(term: str, frame: pd.DataFrame) -> bool:
    """Return whether some column of a term varies over the rows."""
    try:
        _, columns = design(parse(f"~ {term}"), frame, intercept=False)
    except BadModel:
        return False
    return bool(columns.size and (np.ptp(columns, axis=0) > 0).any())
