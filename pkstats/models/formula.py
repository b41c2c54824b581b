"""From a parsed formula and a frame to the design: factors evaluated, categories coded."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from pkstats.errors import BadModel
from pkstats.models.columns import codes, column, numbers
from pkstats.models.contrasts import Coding, codings
from pkstats.models.grammar import HELP, Terms, label, parse, shown
from pkstats.models.size import room
from pkstats.text import cut

__all__ = ["Memory", "Terms", "categories", "design", "evaluate", "label", "parse"]

OPERATIONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
}
FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
}
# The most categories that one term may join: their codings grow as powers of two.
FACTORS = 8
# What a formula learns from the data it is first evaluated on: means, spreads, levels, codings.
Memory = dict[str, Any]


def _standardize(values: np.ndarray, name: str, memory: Memory) -> np.ndarray:
    if name not in memory:
        memory[name] = (float(np.nanmean(values)), float(np.nanstd(values, ddof=1)))
    mean, spread = memory[name]
    with np.errstate(divide="ignore", invalid="ignore"):
        return (values - mean) / spread


def evaluate(
    node: ast.expr,
    data: pd.DataFrame,
    formula: str,
    plain: bool = True,
    memory: Memory | None = None,
) -> np.ndarray:
    """Return the values of one factor as floats, shape (n,); `memory` keeps standardize()'s scale."""
    memory = {} if memory is None else memory
    if isinstance(node, ast.Name):
        return _column(node.id, data, formula)
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not plain:
        return np.full(len(data), _number(node.value, formula))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -evaluate(node.operand, data, formula, False, memory)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        name = node.func.id
        if node.keywords:
            raise BadModel(
                f"{shown(label(node))}: {name}() takes a column or a sum, and no option."
            )
        if name in ("I", "standardize", *FUNCTIONS):
            inside = evaluate(node.args[0], data, formula, False, memory)
            return _apply(name, inside, label(node), memory)
    if not plain and isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        left = evaluate(node.left, data, formula, False, memory)
        right = evaluate(node.right, data, formula, False, memory)
        # What comes out infinite or undefined is refused by name before the model is fitted.
        with np.errstate(all="ignore"):
            return OPERATIONS[type(node.op)](left, right)
    if not plain and isinstance(node, ast.Compare) and len(node.ops) == 1:
        left = evaluate(node.left, data, formula, False, memory)
        right = evaluate(node.comparators[0], data, formula, False, memory)
        if type(node.ops[0]) in COMPARISONS:
            found = COMPARISONS[type(node.ops[0])](left, right).astype("float64")
            return np.where(np.isnan(left) | np.isnan(right), np.nan, found)
    raise BadModel(f"{shown(label(node))} is not allowed in the formula {shown(formula)}. {HELP}")


def _number(value: float, formula: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise BadModel(
            f"A number in the formula {shown(formula)} is too large to compute with."
        ) from None


def _apply(function: str, values: np.ndarray, name: str, memory: Memory) -> np.ndarray:
    if function == "I":
        return values
    if function == "standardize":
        return _standardize(values, name, memory)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = FUNCTIONS[function](values)
    if (np.isnan(found) & ~np.isnan(values)).any():
        raise BadModel(f"{name} is not defined for negative numbers, which the data hold.")
    if np.isinf(found).any():
        raise BadModel(
            f"{name} is infinite in {int(np.isinf(found).sum())} rows: the logarithm of zero. "
            "Use log1p(), or presence and the logarithm of positive values."
        )
    return found


def _column(name: str, data: pd.DataFrame, formula: str) -> np.ndarray:
    values = column(data, name, f"the data, which the formula {shown(formula)} needs")
    return numbers(values, f"a term takes numbers: write C({name}) for categories.")


@lru_cache(maxsize=4096)
def _levels(node: ast.expr) -> tuple[str, object] | None:
    """Return the column of C(column) or C(column, Treatment(level)), and the level; else None."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "C"):
        return None
    if node.args and isinstance(node.args[0], ast.Name) and not node.keywords:
        column_name, rest = node.args[0].id, node.args[1:]
        base = _treatment(rest[0]) if len(rest) == 1 else None
        if not rest or base is not None:
            return column_name, base
    raise BadModel(
        f"C() takes one column name, or C(column, Treatment(level)) to choose the level the others are "
        f"compared with; found {shown(label(node))}."
    )


def categories(terms: Terms, memory: Memory) -> dict[str, list[Any]]:
    """Return the levels of each column in C(), the one compared with first."""
    nodes = [node for term in terms.terms for node in term]
    found = [(node, _levels(node)) for node in nodes]
    return {level[0]: memory[label(node)] for node, level in found if level is not None}


def _treatment(node: ast.expr) -> object:
    if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Treatment"):
        return None
    values = [*node.args, *(word.value for word in node.keywords)]
    if any(word.arg != "reference" for word in node.keywords):
        return None
    if len(values) != 1 or not isinstance(values[0], ast.Constant):
        return None
    return values[0].value


def _known_levels(name: str, base: object, data: pd.DataFrame, formula: str) -> list[Any]:
    values = column(data, name, f"the data, which the formula {shown(formula)} needs")
    levels = list(codes(values, sort=True)[1])
    if base is None:
        return levels
    if base not in levels:
        raise BadModel(
            f"{cut(name)!r} has no level {cut(base)!r} to compare with; its levels are "
            f"{cut(', '.join(map(repr, levels[:12])), 200)}."
        )
    return [base, *(level for level in levels if level != base)]


def _factor(
    node: ast.expr, data: pd.DataFrame, formula: str, memory: Memory, full: bool
) -> tuple[list[str], np.ndarray]:
    """Return a factor's columns (n, j) and their names; categories with or without the first."""
    category = _levels(node)
    if category is None:
        return [label(node)], evaluate(node, data, formula, memory=memory)[:, None]
    key = label(node)
    levels = _remembered(key, category, data, formula, memory)
    values = column(data, category[0])
    place = pd.Index(levels).get_indexer(pd.Index(values))
    first = 0 if full else 1
    columns = (place[:, None] == np.arange(first, len(levels))[None, :]).astype("float64")
    columns[place < 0] = np.nan
    mark = "" if full else "T."
    return [f"{key}[{mark}{level}]" for level in levels[first:]], columns


@lru_cache(maxsize=512)
def _codings(terms: Terms, constant: bool) -> list[list[Coding]]:
    """Return how each term codes its categories."""
    parts = []
    for term in terms.terms:
        names = {label(node): _levels(node) is not None for node in term}
        if sum(names.values()) > FACTORS:
            raise BadModel(
                f"{shown(terms.text)} has a term of {sum(names.values())} categories; at most {FACTORS} "
                "can be joined. Join them in the data, as one column of text."
            )
        numeric = frozenset(name for name, category in names.items() if not category)
        parts.append((numeric, [name for name, category in names.items() if category]))
    return codings(parts, constant)


def _room(
    terms: Terms, coded: list[list[Coding]], data: pd.DataFrame, memory: Memory, constant: int
) -> None:
    """Count the columns before any is made; learn the levels on the way."""
    learning, total, widest = not memory.keys() - {"constant"}, constant, 1
    for term, parts in zip(terms.terms, coded, strict=True):
        for coding in parts:
            width = 1
            for node in term:
                key, category = label(node), _levels(node)
                if category is None or key not in coding:
                    continue
                levels = _remembered(key, category, data, terms.text, memory)
                widest = max(widest, len(levels))
                width *= max(len(levels) - (not coding[key]), 0)
                widest = max(widest, width)
            total += width
    # Fitted, a model has an information matrix of all columns by all columns.
    columns = max(total, widest)
    room(
        max(len(data), columns) if learning else len(data),
        columns,
        f"The design of {shown(terms.text)}",
        f"It has {len(data):,} rows. Pool categories or leave interactions out.",
    )


def _remembered(
    key: str, category: tuple[str, object], data: pd.DataFrame, formula: str, memory: Memory
) -> list[Any]:
    if key not in memory:
        memory[key] = _known_levels(*category, data, formula)
    levels: list[Any] = memory[key]
    return levels


def design(
    terms: Terms, data: pd.DataFrame, intercept: bool = True, memory: Memory | None = None
) -> tuple[list[str], np.ndarray]:
    """Return term names and the design matrix, shape (n, k); missing values stay NaN.

    Without `intercept` (ordered and Cox models) there is no constant whatever the formula says.
    `memory` keeps levels and scales, so that new data are coded as the old were.
    """
    memory = {} if memory is None else memory
    constant = terms.intercept and intercept
    names: list[str] = ["Intercept"] if constant else []
    blocks = [np.ones((len(data), 1))] if constant else [np.empty((len(data), 0))]
    # Thresholds and baseline hazards stand where the constant would; new data are coded as the old.
    if "constant" not in memory:
        memory["constant"] = terms.intercept or not intercept
    coded = _codings(terms, memory["constant"])
    _room(terms, coded, data, memory, len(names))
    for term, parts in zip(terms.terms, coded, strict=True):
        for coding in parts:
            labels, block = [""], np.ones((len(data), 1))
            for node in term:
                key = label(node)
                if key not in coding and _levels(node) is not None:
                    continue
                full = coding.get(key, False)
                more, columns = _factor(node, data, terms.text, memory, full)
                labels = [f"{a}:{b}" if a else b for a in labels for b in more]
                # A product beyond the floats is infinite, and refused by name afterwards.
                with np.errstate(over="ignore", invalid="ignore"):
                    block = block[:, :, None] * columns[:, None, :]
                block = block.reshape(len(data), block.shape[1] * block.shape[2])
            names += labels
            blocks.append(block)
    return names, np.hstack(blocks)
