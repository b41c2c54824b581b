"""Which rows a sample has: a query over columns, read into comparisons and never run as code."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from typing import Any

import pandas as pd

from pkstats.errors import BadModel, suggestion
from pkstats.models.columns import column

PARTS = re.compile(r"'[^']*'|\"[^\"]*\"|`([^`]+)`|[&|]")
# As in pandas' queries, these bind no closer than the words.
WORDS = {"&": " and ", "|": " or "}
PLACE = "_quoted_{}_"
HELP = (
    "Write comparisons of columns and values, such as 'year >= 2000 and region in [\"Africa\"]': "
    "+ - * / // %, and, or, not, in, isna(), notna(), isin(), between(), abs(), and backticks "
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
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as problem:
        raise BadModel(f"The sample {name!r} has the query {query!r}: {problem}. {HELP}") from None
    chosen = frame[found.fillna(False).to_numpy(dtype=bool)]
    if not len(chosen):
        raise BadModel(f"The sample {name!r} ({query}) has no rows. Widen it or leave it out.")
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
        return ast.parse(PARTS.sub(keep, query).strip(), mode="eval").body, quoted
    except (SyntaxError, TypeError, ValueError, MemoryError, RecursionError):
        raise BadModel(f"A sample has a query that cannot be read: {query!r}. {HELP}") from None


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
                f"The query {self.query!r} has {ast.unparse(node)!r} where a comparison is expected. "
                f"{HELP}"
            )
        return found

    def _compared(self, node: ast.Compare) -> Any:
        found, left = None, self.value(node.left)
        for sign, other in zip(node.ops, node.comparators, strict=True):
            right = self.value(other)
            if isinstance(sign, (ast.In, ast.NotIn)) and isinstance(left, pd.Series):
                here = left.isin(right)
                here = ~here if isinstance(sign, ast.NotIn) else here
            elif type(sign) in COMPARISONS:
                here = COMPARISONS[type(sign)](left, right)
            else:
                raise self._refused(node)
            found, left = here if found is None else found & here, right
        return found

    def value(self, node: ast.expr) -> Any:
        """Return what a node stands for: a column, a value, a list of values or a sum of these."""
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float)):
            return node.value
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return [self.value(item) for item in node.elts]
        if isinstance(node, ast.Name):
            return column(self.frame, self.quoted.get(node.id, node.id))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            inner = self.value(node.operand)
            return -inner if isinstance(node.op, ast.USub) else inner
        if isinstance(node, ast.BinOp) and type(node.op) in SUMS:
            return SUMS[type(node.op)](self.value(node.left), self.value(node.right))
        if isinstance(node, ast.Call) and not node.keywords:
            return self._called(node)
        raise self._refused(node)

    def _called(self, node: ast.Call) -> Any:
        given = [self.value(item) for item in node.args]
        if isinstance(node.func, ast.Name) and node.func.id == "abs" and len(given) == 1:
            return abs(given[0])
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            owner = self.value(node.func.value)
            if isinstance(owner, pd.Series):
                return getattr(owner, node.func.attr)(*given)
        raise self._refused(node)

    def _refused(self, node: ast.expr) -> BadModel:
        near = ""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            near = suggestion(node.func.attr, METHODS)
        return BadModel(
            f"The query {self.query!r} has {ast.unparse(node)!r}, which a sample cannot use.{near} "
            f"{HELP}"
        )
