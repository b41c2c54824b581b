"""Which rows a sample has: a query over columns, read into comparisons and never run as code."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

import pandas as pd

from pkstats.errors import BadModel, suggestion
from pkstats.models.columns import as_given
from pkstats.text import cut

PARTS = re.compile(r"'[^']*'|\"[^\"]*\"|`([^`]+)`|[&|]")
# As in pandas' queries, these bind no closer than the words.
WORDS = {"&": " and ", "|": " or "}
PLACE = "_quoted_{}_"
HELP = (
    "Write comparisons of columns with numbers and texts, such as 'year >= 2000 and region in [\"Africa\"]': "
    "+ - * / // % of numbers, and, or, not, in, isna(), notna(), isin(), between(), abs(), and backticks "
    "around names with spaces."
)
COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
SUMS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
JOINS: dict[type, Callable[[Any, Any], Any]] = {
    ast.And: operator.and_,
    ast.Or: operator.or_,
}
METHODS = ("isna", "isnull", "notna", "notnull", "isin", "between", "abs")
# Signs in a query, and how deep they may be nested.
LONGEST, DEEPEST = 100_000, 100


def select(frame: pd.DataFrame, name: str, query: str | None) -> pd.DataFrame:
    """Return the rows of a sample; None takes every row.

    Raises
    ------
    BadModel
        When the query cannot be read, names no column, is not a yes or no for each row, or leaves
        no row.
    """
    if query is None:
        return frame
    tree, quoted = _parsed(query)
    try:
        found = _Rows(frame, quoted, query).truth(tree)
    except BadModel:
        raise
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as problem:
        raise BadModel(
            f"The sample {cut(repr(name))} has the query {_shown(query)}: {cut(problem, 200)}. {HELP}"
        ) from None
    chosen = frame[found.fillna(False).to_numpy(dtype=bool)]
    if not len(chosen):
        raise BadModel(
            f"The sample {cut(repr(name))} ({cut(query, 200)}) has no rows. Widen it or leave it out."
        )
    return chosen


def columns(query: str) -> list[str]:
    """Return the names that a query uses.

    Raises
    ------
    BadModel
        When it cannot be read.
    """
    tree, quoted = _parsed(query)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = [
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called
    ]
    return list(dict.fromkeys(quoted.get(name, name) for name in names))


def _parsed(query: str) -> tuple[ast.expr, dict[str, str]]:
    """Return the query as a tree, and the names that stood in backticks."""
    quoted: dict[str, str] = {}

    def keep(match: re.Match[str]) -> str:
        if match.group(1) is None:
            return WORDS.get(match.group(), match.group())
        place = PLACE.format(len(quoted))
        quoted[place] = match.group(1)
        return place

    try:
        if len(query) > LONGEST:
            raise ValueError
        tree = ast.parse(PARTS.sub(keep, query).strip(), mode="eval").body
    except (SyntaxError, TypeError, ValueError, MemoryError, RecursionError):
        raise BadModel(
            f"A sample has a query that cannot be read: {_shown(query)}. {HELP}"
        ) from None
    if _deep(tree):
        raise BadModel(
            f"A query nests at most {DEEPEST} deep; {_shown(query)} nests deeper. Compute a column "
            "first, and compare that."
        )
    return tree, quoted


def _shown(query: object) -> str:
    return cut(repr(query), 200)


def _deep(tree: ast.expr) -> bool:
    """Return whether a tree is nested deeper than a walk through it should go."""
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True


class _Rows:
    """One query over one frame."""

    def __init__(self, frame: pd.DataFrame, quoted: dict[str, str], query: str) -> None:
        self.frame, self.quoted, self.query = frame, quoted, query

    def truth(self, node: ast.expr) -> pd.Series:
        """Return which rows a node holds for."""
        if isinstance(node, ast.BoolOp):
            found = self.truth(node.values[0])
            for other in node.values[1:]:
                found = JOINS[type(node.op)](found, self.truth(other))
            return found
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.Invert)):
            return ~self.truth(node.operand)
        found = self._compared(node) if isinstance(node, ast.Compare) else self.value(node)
        if not (isinstance(found, pd.Series) and pd.api.types.is_bool_dtype(found.dtype)):
            raise BadModel(
                f"The query {_shown(self.query)} has {_shown(ast.unparse(node))} where a comparison is "
                f"expected. {HELP}"
            )
        return found

    def _compared(self, node: ast.Compare) -> Any:
        found, left = None, self.value(node.left)
        for sign, other in zip(node.ops, node.comparators, strict=True):
            if isinstance(sign, (ast.In, ast.NotIn)) and isinstance(left, pd.Series):
                right = self._listed(other, left)
                here = left.isin(right)
                here = ~here if isinstance(sign, ast.NotIn) else here
            elif type(sign) in COMPARISONS:
                right = self.value(other)
                here = COMPARISONS[type(sign)](*self._alike(left, right))
            else:
                raise self._refused(node)
            found, left = here if found is None else found & here, right
        return found

    def _alike(self, left: Any, right: Any) -> tuple[Any, Any]:
        """Return two values that can be compared: of numbers or of texts, a period read as one."""
        kinds = {_kind(left), _kind(right)}
        if kinds == {"number", "text"}:
            raise TypeError(f"it compares numbers with texts, {_said(left)} with {_said(right)}")
        if kinds == {"period", "text"}:
            left, right = (
                pd.Period(one, other.dtype.freq) if isinstance(one, str) else one
                for one, other in ((left, right), (right, left))
            )
        return left, right

    def _listed(self, node: ast.expr, owner: pd.Series) -> list[Any]:
        """Return the constants of a list that a column's values are looked up in."""
        if not isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            raise TypeError(f"a list of values is expected, found {_shown(ast.unparse(node))}")
        values = [self.value(item) for item in node.elts]
        if any(isinstance(value, pd.Series) for value in values):
            raise self._refused(node)
        return [self._alike(owner, value)[1] for value in values]

    def value(self, node: ast.expr) -> Any:
        """Return what a node stands for: a column, a number, a text, or a sum of numbers."""
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float)):
            return node.value
        if isinstance(node, ast.Name):
            return as_given(self.frame, self.quoted.get(node.id, node.id))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            inner = self._number(node.operand)
            return -inner if isinstance(node.op, ast.USub) else inner
        if isinstance(node, ast.BinOp) and type(node.op) in SUMS:
            return SUMS[type(node.op)](self._number(node.left), self._number(node.right))
        if isinstance(node, ast.Call) and not node.keywords:
            return self._called(node)
        raise self._refused(node)

    def _number(self, node: ast.expr) -> Any:
        """Return a number or a column of numbers, as floats: whole ones would wrap around."""
        found = self.value(node)
        if _kind(found) != "number":
            raise TypeError(
                f"{_shown(ast.unparse(node))} is no number, and only numbers are added up"
            )
        if isinstance(found, pd.Series):
            masked = isinstance(found.dtype, pd.api.extensions.ExtensionDtype)
            return found.astype("Float64" if masked else "float64")
        return float(found)

    def _called(self, node: ast.Call) -> Any:
        if isinstance(node.func, ast.Name) and node.func.id == "abs" and len(node.args) == 1:
            return abs(self._number(node.args[0]))
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            owner, name = self.value(node.func.value), node.func.attr
            if isinstance(owner, pd.Series):
                if name == "isin" and len(node.args) == 1:
                    return owner.isin(self._listed(node.args[0], owner))
                if name == "between" and len(node.args) == 2:
                    low, high = (self._alike(owner, self.value(item))[1] for item in node.args)
                    return owner.between(low, high)
                if name == "abs" and not node.args:
                    return abs(self._number(node.func.value))
                if name not in ("isin", "between", "abs") and not node.args:
                    return getattr(owner, name)()
        raise self._refused(node)

    def _refused(self, node: ast.expr) -> BadModel:
        near = ""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            near = suggestion(node.func.attr, METHODS)
        return BadModel(
            f"The query {_shown(self.query)} has {_shown(ast.unparse(node))}, which a sample cannot "
            f"use.{near} {HELP}"
        )


def _kind(value: Any) -> str:
    """Return what a value or a column is: number, text, period or other."""
    if not isinstance(value, pd.Series):
        return "text" if isinstance(value, str) else "number"
    dtype = value.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = dtype.categories.dtype
    if isinstance(dtype, pd.PeriodDtype):
        return "period"
    if pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_numeric_dtype(dtype):
        return "number"
    return "text" if isinstance(dtype, pd.StringDtype) else "other"


def _said(value: Any) -> str:
    return cut(repr(value.name if isinstance(value, pd.Series) else value))
