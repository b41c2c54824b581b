"""From formula and frame to complete rows: arrays, names, clusters, and which rows dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pkstats.errors import BadModel
from pkstats.models.columns import codes, column, is_number, numbers, present
from pkstats.models.families import Family
from pkstats.models.formula import Memory, Terms, design, evaluate, parse
from pkstats.models.sample import Sample
from pkstats.models.size import room
from pkstats.models.weighing import relative, repeats
from pkstats.text import cut


@dataclass(frozen=True)
class Rows:
    """Complete rows of a model.

    Attributes
    ----------
    kept : array of bool, shape (N,)
        Which of the data's rows have no missing value and a weight that is not zero; everything
        else has the n kept rows, as often as frequency weights count them.
    times : array of int, shape (rows kept,), or None
        Frequency weights.
    weighing : str
        Which kind of weights the model took, and their column; empty without.
    weights : array, shape (n,), or None
        Probability weights, their mean one.
    data : DataFrame
        The kept rows, with at least the columns the model uses.
    memory : dict
        Levels and scales the formula learnt, for coding new data alike.
    zero, zero_memory
        The same of the part for zeros, in zinb and hurdle.
    clusters : array of codes, shape (n,) or (n, 2), or None
    """

    text: str
    outcome: np.ndarray
    design: np.ndarray
    names: tuple[str, ...]
    levels: tuple[str, ...]
    kept: np.ndarray
    clusters: np.ndarray | None = None
    weights: np.ndarray | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    times: np.ndarray | None = None
    weighing: str = ""
    terms: Terms = field(kw_only=True)
    data: pd.DataFrame = field(kw_only=True, repr=False)
    memory: Memory = field(kw_only=True, repr=False)
    zero: Terms | None = field(default=None, kw_only=True)
    zero_memory: Memory = field(default_factory=dict, kw_only=True, repr=False)

    @property
    def cluster_count(self) -> int:
        """Number of clusters (of the column with fewer, when there are two)."""
        if self.clusters is None:
            return 0
        return int((self.clusters.max(axis=0) + 1).min())

    @property
    def dropped(self) -> int:
        """Number of rows dropped for missing values or weights of zero."""
        return int((~self.kept).sum())

    @property
    def reasons(self) -> str:
        """Why rows drop."""
        return "missing values or weights of zero" if self.weighing else "missing values"

    @property
    def places(self) -> np.ndarray:
        """Places in the data of the model's rows, shape (n,)."""
        places = np.flatnonzero(self.kept)
        return places if self.times is None else np.repeat(places, self.times)

    def sample(self, options: Mapping[str, Any]) -> Sample:
        """Return what a family receives."""
        return Sample(
            self.outcome,
            self.design,
            self.names,
            self.weights,
            self.levels,
            self.extra,
            options,
        )


# What to do with an outcome that is not numbers, by the kind of outcome a family takes.
OUTCOMES = {
    "number": "an outcome must be numbers.",
    "count": "an outcome must be numbers: counts 0, 1, 2, …",
    "binary": (
        "an outcome must be numbers, 0 and 1. (data[{name}] == level).astype(int) makes them of one level."
    ),
}


def rows(
    terms: Terms,
    frame: pd.DataFrame,
    family: Family,
    clusters: tuple[str, ...] = (),
    weights: str | None = None,
    given: Mapping[str, str] | None = None,
    zero: str | None = None,
    freq_weights: str | None = None,
) -> Rows:
    """Evaluate a formula over a frame; rows with missing values drop before clusters are coded.

    Rows with a weight of zero drop with them, as in Stata and R's ``lm``: they count neither in N
    nor in the degrees of freedom. Rows with frequencies stand there that often.

    Raises
    ------
    BadModel
        For unknown columns, a missing outcome, or terms outside the grammar.
    """
    given = given or {}
    part = _zero_part(terms, family, zero)
    used = [*terms.columns, *(part.columns if part else ()), *given.values(), *clusters]
    weighing = _weighing(weights, freq_weights)
    used = list(dict.fromkeys([*used, *([] if weighing is None else [weighing])]))
    complete = _complete(frame, used, weighing)
    whole = frame if complete.all() else frame.loc[complete, used]
    times = None
    if freq_weights is not None:
        whole, times = _repeated(whole[used], freq_weights)
    memory: Memory = {}
    zero_memory: Memory = {}
    names, matrix = design(terms, whole, family.intercept, memory)
    outcome, levels = _outcome(terms, whole, family)
    extra: dict[str, Any] = {
        key: _codes(whole, name) if key == "groups" else _number(whole, name)
        for key, name in given.items()
    }
    if part is not None:
        zero_names, extra["zero_design"] = design(part, whole, memory=zero_memory)
        extra["zero_names"] = tuple(zero_names)
    return Rows(
        text=terms.text,
        outcome=outcome,
        design=matrix,
        names=tuple(names),
        levels=levels,
        kept=complete,
        clusters=_clustered(whole, clusters),
        weights=None if weights is None else relative(_number(whole, weights)),
        extra=extra,
        times=times,
        weighing=_said(weights, freq_weights),
        terms=terms,
        data=whole,
        memory=memory,
        zero=part,
        zero_memory=zero_memory,
    )


def _complete(frame: pd.DataFrame, used: list[str], weights: str | None) -> np.ndarray:
    """Return which rows have every value and a weight that is not zero, shape (N,)."""
    complete = np.logical_and.reduce([present(column(frame, name)) for name in used])
    weighted = complete if weights is None else complete & (_number(frame, weights) != 0)
    if complete.any() and not weighted.any():
        raise BadModel(
            f"Every complete row has a weight ({weights}) of zero; nothing is left to fit."
        )
    if not complete.any():
        if frame.empty:
            raise BadModel("The data have no rows.")
        worst = frame[used].isna().mean().sort_values(ascending=False).head(3)
        raise BadModel(
            "Every row has a missing value in some column of the model. Most missing: "
            f"{', '.join(f'{name} {share:.0%}' for name, share in worst.items())}."
        )
    return weighted


def _weighing(weights: str | None, freq_weights: str | None) -> str | None:
    if weights is not None and freq_weights is not None:
        raise BadModel("Weights are either probability weights or frequencies; both were given.")
    return freq_weights if weights is None else weights


def _said(weights: str | None, freq_weights: str | None) -> str:
    """Return which kind of weights a model took, for its reader."""
    if weights is not None:
        return f"probability weights {cut(weights)}"
    return "" if freq_weights is None else f"frequency weights {cut(freq_weights)}"


def _clustered(frame: pd.DataFrame, clusters: tuple[str, ...]) -> np.ndarray | None:
    groups = [_codes(frame, name) for name in clusters]
    if not groups:
        return None
    return groups[0] if len(groups) == 1 else np.column_stack(groups)


def _repeated(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Return each row as often as its frequency says, and the frequencies."""
    times = repeats(_number(frame, name))
    room(
        int(times.sum(dtype="float64")),
        frame.shape[1],
        f"The data, each row as often as {cut(name)!r} says,",
        "Frequencies in the millions carry no error worth a name: divide them.",
    )
    return frame.iloc[np.repeat(np.arange(len(frame)), times)], times


def _zero_part(terms: Terms, family: Family, zero: str | None) -> Terms | None:
    """Return the terms of the part for zeros, in the families that have one."""
    if family.name not in ("zinb", "hurdle"):
        return None
    part = terms if zero is None else parse(zero)
    if zero is not None and part.outcome is not None:
        raise BadModel(f"zero= takes a one-sided formula, such as '~ x + z'; found {zero!r}.")
    return part


def _number(frame: pd.DataFrame, name: str) -> np.ndarray:
    return numbers(column(frame, name), "numbers are needed here.")


def _codes(frame: pd.DataFrame, name: str) -> np.ndarray:
    return codes(column(frame, name))[0]


def _outcome(
    terms: Terms, frame: pd.DataFrame, family: Family
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the outcome as floats and, for categories, their names in order."""
    if family.outcome == "none":
        if terms.outcome is not None:
            raise BadModel(f"family={family.name!r} takes a one-sided formula: '~ x + z'.")
        return np.zeros(len(frame)), ()
    if terms.outcome is None:
        raise BadModel(f"The formula {terms.text!r} has no outcome on its left.")
    name = getattr(terms.outcome, "id", None)
    if family.outcome not in ("ordered", "category"):
        if name is None:
            return evaluate(terms.outcome, frame, terms.text), ()
        return numbers(column(frame, name), OUTCOMES[family.outcome].format(name=repr(name))), ()
    if name is None:
        raise BadModel("The outcome of ordered and multinomial models is a column's plain name.")
    values = column(frame, name)
    levels: Any
    if isinstance(values.dtype, pd.CategoricalDtype):
        if family.outcome == "ordered" and not values.cat.ordered:
            raise BadModel(
                f"The outcome {name!r} is a categorical without an order, and an ordered model needs "
                "one: pd.Categorical(values, categories=[lowest, …, highest], ordered=True)."
            )
        used = values.cat.remove_unused_categories()
        found, levels = used.cat.codes.to_numpy(), used.cat.categories
    elif family.outcome == "ordered" and not is_number(values):
        raise BadModel(
            f"The outcome {name!r} of an ordered model must be whole numbers or an ordered "
            f"categorical; found {values.dtype}."
        )
    elif family.outcome == "ordered":
        ranks = numbers(values, "numbers are needed here.")
        if np.isinf(ranks).any():
            raise BadModel(
                f"The outcome {name!r} is infinite in {int(np.isinf(ranks).sum())} rows."
            )
        found, levels = codes(pd.Series(ranks), sort=True)
    else:
        found, levels = codes(values, sort=True)
    out = found.astype("float64")
    out[found < 0] = np.nan
    return out, tuple(_spell(level) for level in levels)


def _spell(level: object) -> str:
    return str(int(level)) if isinstance(level, float) and level.is_integer() else str(level)
