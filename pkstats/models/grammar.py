"""Formulas as text: read with Python's parser into terms, never run as code."""

from __future__ import annotations

import ast
import keyword
import re
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pkstats.errors import BadModel

QUOTED = re.compile(r"`([^`]+)`|\bQ\(\s*(?:'([^']+)'|\"([^\"]+)\")\s*\)")
PLAIN = re.compile(r"[^\W\d][\w.]*")
PLACE = "_quoted_{}_"
HELP = (
    "Use column names, +, :, *, C(), log(), log1p(), sqrt(), I() and standardize(); put backticks "
    "around a name with spaces or signs (`my column`)."
)
Term = tuple[ast.expr, ...]


@dataclass(frozen=True)
class Terms:
    """A parsed formula: outcome (None when one-sided) and right-hand terms in order.

    Each term is a tuple of factors, more than one for an interaction.
    """

    outcome: ast.expr | None
    terms: tuple[Term, ...]
    intercept: bool
    text: str

    @cached_property
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
    calls = [item for item in ast.walk(node) if isinstance(item, ast.Call)]
    others: list[ast.AST] = [call.func for call in calls]
    # What follows the column in C(column, …) is about its coding.
    others += [
        item
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "C"
        for argument in call.args[1:]
        for item in ast.walk(argument)
    ]
    names = [item for item in ast.walk(node) if isinstance(item, ast.Name)]
    return [name.id for name in names if not any(name is other for other in others)]


def parse(formula: str) -> Terms:
    """Read a formula such as ``"y ~ x + C(region) + log1p(z) + a:b"``.

    ``*`` and ``:`` take sums in parentheses, ``(a + b)**2`` means all pairs, ``- 1`` or ``+ 0`` leaves
    the constant out, and backticks (or ``Q("…")``) surround names that are not plain words.

    Raises
    ------
    BadModel
        When the text is not a formula, or uses anything but columns, `+`, `:`, `*`, `C()`, `log()`,
        `log1p()`, `sqrt()`, `I()`, `standardize()` and numbers.
    """
    if not isinstance(formula, str):
        raise BadModel(
            f"A formula is text like 'outcome ~ term + term'; found {type(formula).__name__}."
        )
    try:
        return _parse(re.sub(r"\s*\n\s*", " ", formula))
    except (RecursionError, MemoryError):
        raise BadModel(
            f"A formula of {len(formula):,} signs is nested too deeply to read. Add sums or "
            "interactions to the data as columns."
        ) from None


@lru_cache(maxsize=256)
def _parse(formula: str) -> Terms:
    left, mark, right = formula.partition("~")
    if not mark or not right.strip():
        raise BadModel(f"Expected a formula like 'outcome ~ term + term'; found {formula!r}.")
    outcome = _tree(left.strip(), formula) if left.strip() else None
    terms: list[Term] = []
    seen: set[tuple[str, ...]] = set()
    intercept = True
    for sign, node in _summands(_tree(right.strip(), formula)):
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value in (0, 1):
            intercept = (node.value == 1) == sign
            continue
        if not sign:
            raise BadModel(f"{formula!r}: only '- 1' may be subtracted.")
        for term in _expand(node, formula):
            mark_of = tuple(sorted(map(ast.dump, term)))
            if mark_of not in seen:
                seen.add(mark_of)
                terms.append(term)
    found = Terms(outcome, tuple(terms), intercept, " ".join(formula.split()))
    _explains_itself(found)
    return found


def _explains_itself(terms: Terms) -> None:
    """Refuse an outcome on both sides; a change explained by its level (`I(y - x) ~ x`) may stand."""
    names = terms.outcome_columns
    if terms.outcome is None or (len(names) > 1 and not _same(terms)):
        return
    used = set(Terms(None, terms.terms, True, "").columns)
    if names and names[0] in used:
        raise BadModel(
            f"The outcome {label(terms.outcome)!r} stands on the right of {terms.text!r} too: it would "
            "explain itself. Take it out there, or lag it."
        )


def _same(terms: Terms) -> bool:
    assert terms.outcome is not None
    own = ast.dump(terms.outcome)
    return any(ast.dump(factor) == own for term in terms.terms for factor in term)


def _tree(text: str, formula: str) -> ast.expr:
    quoted: list[str] = []

    def keep(match: re.Match[str]) -> str:
        quoted.append(next(filter(None, match.groups())))
        return PLACE.format(len(quoted) - 1)

    code = _with_powers(QUOTED.sub(keep, text), formula)
    if "#" in code:
        raise BadModel(f"{formula!r}: put backticks around a name with the sign #.")
    try:
        tree = ast.parse(code, mode="eval").body
    except SyntaxError:
        words = [word for word in re.findall(r"\w+", text) if keyword.iskeyword(word)]
        hint = f" {words[0]!r} is a word of Python: write `{words[0]}`." if words else f" {HELP}"
        raise BadModel(f"Cannot read {text!r} in the formula {formula!r}.{hint}") from None
    return _Columns({PLACE.format(place): name for place, name in enumerate(quoted)}).visit(tree)


def _with_powers(text: str, formula: str) -> str:
    """Write `**` for `:`, which like it binds tighter than `*` but is an operator of Python's."""
    out, calls = [], []
    for place, sign in enumerate(text):
        if sign == "(":
            calls.append(bool(re.search(r"\w\s*$", text[:place])))
        elif sign == ")" and calls:
            calls.pop()
        if sign == ":" and any(calls):
            raise BadModel(
                f"{formula!r}: ':' joins terms and cannot stand inside a function's parentheses."
            )
        out.append("**" if sign == ":" else sign)
    return "".join(out)


class _Columns(ast.NodeTransformer):
    """Put quoted names back, and read `a.b` as the name of a column and `np.log` as `log`."""

    def __init__(self, quoted: dict[str, str]) -> None:
        self.quoted = quoted

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.quoted.get(node.id, node.id), ast.Load())

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        inner = self.visit(node.value)
        if not isinstance(inner, ast.Name):
            return node
        return ast.Name(f"{inner.id}.{node.attr}", ast.Load())

    def visit_Call(self, node: ast.Call) -> ast.Call:
        call = self.generic_visit(node)
        assert isinstance(call, ast.Call)
        if isinstance(call.func, ast.Name):
            call.func = ast.Name(re.sub(r"^(np|numpy)\.", "", call.func.id), ast.Load())
        return call


def _summands(node: ast.expr) -> list[tuple[bool, ast.expr]]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        right = isinstance(node.op, ast.Add)
        return [*_summands(node.left), (right, node.right)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return [(isinstance(node.op, ast.UAdd), node.operand)]
    return [(True, node)]


def _expand(node: ast.expr, formula: str) -> list[Term]:
    """Return the terms of a sum, a product `*`, an interaction `:` or a power of a sum."""
    if not isinstance(node, ast.BinOp):
        return [(node,)]
    if isinstance(node.op, ast.Add):
        return [*_expand(node.left, formula), *_expand(node.right, formula)]
    if isinstance(node.op, ast.Mult):
        left, right = _expand(node.left, formula), _expand(node.right, formula)
        return [*left, *right, *_crossed(left, right)]
    if isinstance(node.op, ast.Pow):
        left = _expand(node.left, formula)
        if not isinstance(node.right, ast.Constant):
            return _crossed(left, _expand(node.right, formula))
        if len(left) > 1 and node.right.value == 2:
            return [*left, *_crossed(left, left)]
        raise BadModel(
            f"{formula!r}: write {label(_inside(node))} for a power of a column; ** as such means the "
            "interactions of a sum in parentheses."
        )
    return [(node,)]


def _inside(node: ast.expr) -> ast.Call:
    return ast.Call(ast.Name("I", ast.Load()), [node], [])


def _crossed(left: list[Term], right: list[Term]) -> list[Term]:
    return [_distinct((*a, *b)) for a in left for b in right]


def _distinct(term: Term) -> Term:
    """Return a term with each factor once: a:a is a."""
    return tuple({ast.dump(factor): factor for factor in term}.values())


@lru_cache(maxsize=4096)
def label(node: ast.expr) -> str:
    """Return a factor as the user wrote it; names that are not plain words in backticks."""
    odd = {name: f"_odd_{place}_" for place, name in enumerate(_names(node)) if not _plain(name)}
    if not odd:
        return ast.unparse(node).replace(" ", "")
    text = ast.unparse(_Columns(odd).visit(deepcopy(node))).replace(" ", "")
    for name, place in odd.items():
        text = text.replace(place, f"`{name}`")
    return text


def _plain(name: str) -> bool:
    return bool(PLAIN.fullmatch(name)) and not keyword.iskeyword(name) and name != "Intercept"
