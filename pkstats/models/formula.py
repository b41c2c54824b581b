"""Formulas as text over column names; read with Python's parser, never run as code."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from pkstats.errors import BadModel, suggestion

OPERATIONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "log": np.log,
    "log1p": np.log1p,
    "sqrt": np.sqrt,
}
# What a formula learns from the data it is first evaluated on: means, spreads and levels.
Memory = dict[str, Any]


def _standardize(values: np.ndarray, name: str, memory: Memory) -> np.ndarray:
    if name not in memory:
        memory[name] = (float(np.nanmean(values)), float(np.nanstd(values, ddof=1)))
    mean, spread = memory[name]
    return (values - mean) / spread


@dataclass(frozen=True)
class Terms:
    """A parsed formula: outcome (None when one-sided) and right-hand terms in order.

    Each term is a tuple of factors, more than one for an interaction.
    """

    outcome: ast.expr | None
    terms: tuple[tuple[ast.expr, ...], ...]
    intercept: bool
    text: str

    @property
    def columns(self) -> list[str]:
        """Names of the columns the formula uses, in order."""
        nodes = [factor for term in self.terms for factor in term]
        names = [_names(node) for node in ([self.outcome] if self.outcome else []) + nodes]
        return list(dict.fromkeys(name for group in names for name in group))

    @property
    def outcome_columns(self) -> list[str]:
        """Names of the columns the outcome uses."""
        return _names(self.outcome) if self.outcome else []


def _names(node: ast.AST) -> list[str]:
    functions = {
        call.func.id
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    }
    found = [item.id for item in ast.walk(node) if isinstance(item, ast.Name)]
    return [name for name in found if name not in functions]


@lru_cache(maxsize=256)
def parse(formula: str) -> Terms:
    """Read a formula such as ``"y ~ x + C(region) + log1p(z) + a:b"``.

    Raises
    ------
    BadModel
        When the text is not a formula, or uses anything but columns, `+`, `:`, `*`, `C()`, `log()`,
        `log1p()`, `sqrt()`, `I()`, `standardize()` and numbers.
    """
    left, mark, right = formula.partition("~")
    if not mark or not right.strip():
        raise BadModel(f"Expected a formula like 'outcome ~ term + term'; found {formula!r}.")
    outcome = _tree(left.strip(), formula) if left.strip() else None
    # ':' binds tighter than '+' but is no Python operator: '@' (matrix product) stands in for it.
    tree = _tree(right.strip().replace(":", "@"), formula)
    terms: list[tuple[ast.expr, ...]] = []
    intercept = True
    for sign, node in _summands(tree):
        if isinstance(node, ast.Constant) and node.value in (0, 1):
            intercept = (node.value == 1) == sign
            continue
        if not sign:
            raise BadModel(f"{formula!r}: only '- 1' may be subtracted.")
        for term in _products(node):
            if term not in terms and not any(_same(term, old) for old in terms):
                terms.append(term)
    return Terms(outcome, tuple(terms), intercept, " ".join(formula.split()))


def _tree(text: str, formula: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        raise BadModel(f"Cannot read {text!r} in the formula {formula!r}.") from None


def _same(one: tuple[ast.expr, ...], other: tuple[ast.expr, ...]) -> bool:
    return sorted(map(ast.dump, one)) == sorted(map(ast.dump, other))


def _summands(node: ast.expr) -> list[tuple[bool, ast.expr]]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        right = isinstance(node.op, ast.Add)
        return [*_summands(node.left), (right, node.right)]
    return [(True, node)]


def _products(node: ast.expr) -> list[tuple[ast.expr, ...]]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return [(*a, *b) for a in _products(node.left) for b in _products(node.right)]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left, right = _products(node.left), _products(node.right)
        return [*left, *right, *((*a, *b) for a in left for b in right)]
    return [(node,)]


def label(node: ast.expr) -> str:
    """Return a factor as the user wrote it."""
    return ast.unparse(node).replace(" ", "")


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
        return np.full(len(data), float(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -evaluate(node.operand, data, formula, False, memory)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        name = node.func.id
        if name in ("I", "standardize", *FUNCTIONS):
            inside = evaluate(node.args[0], data, formula, False, memory)
            return _apply(name, inside, label(node), memory)
    if not plain and isinstance(node, ast.BinOp) and type(node.op) in OPERATIONS:
        left = evaluate(node.left, data, formula, False, memory)
        return OPERATIONS[type(node.op)](left, evaluate(node.right, data, formula, False, memory))
    raise BadModel(
        f"{ast.unparse(node)!r} is not allowed in the formula {formula!r}. Use column names, +, :, *, "
        "C(), log(), log1p(), sqrt(), I() and standardize()."
    )


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
    if name not in data:
        raise BadModel(f"The formula {formula!r} needs a column {name!r}.{suggestion(name, data)}")
    values = data[name]
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "fiub":
        return values.to_numpy(dtype="float64")
    if not (
        pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype)
    ):
        raise BadModel(f"Column {name!r} holds {values.dtype}; write C({name}) for categories.")
    return values.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)


def _levels(node: ast.expr) -> str | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "C":
        if len(node.args) == 1 and isinstance(node.args[0], ast.Name):
            return node.args[0].id
        raise BadModel(f"C() takes one column name; found {ast.unparse(node)!r}.")
    return None


def _factor(
    node: ast.expr, data: pd.DataFrame, formula: str, memory: Memory
) -> tuple[list[str], np.ndarray]:
    name = _levels(node)
    if name is None:
        return [label(node)], evaluate(node, data, formula, memory=memory)[:, None]
    if name not in data:
        raise BadModel(f"The formula {formula!r} needs a column {name!r}.{suggestion(name, data)}")
    key = f"C({name})"
    if key not in memory:
        memory[key] = list(pd.factorize(data[name], sort=True)[1])
    levels = memory[key]
    codes = pd.Categorical(data[name], categories=levels).codes.astype("int64")
    columns = (codes[:, None] == np.arange(1, len(levels))[None, :]).astype("float64")
    columns[codes < 0] = np.nan
    return [f"C({name})[T.{level}]" for level in levels[1:]], columns


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
    for term in terms.terms:
        labels, block = [""], np.ones((len(data), 1))
        for node in term:
            more, columns = _factor(node, data, terms.text, memory)
            labels = [f"{a}:{b}" if a else b for a in labels for b in more]
            block = (block[:, :, None] * columns[:, None, :]).reshape(len(data), -1)
        names += labels
        blocks.append(block)
    return names, np.hstack(blocks)
