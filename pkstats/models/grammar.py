"""Formulas as text: read with Python's parser into terms, never run as code."""

from __future__ import annotations

import ast
import keyword
import re
import warnings
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pkstats.errors import BadModel
from pkstats.text import cut

QUOTED = re.compile(
    r"`(?P<tick>[^`]+)`|\bQ\(\s*(?:'(?P<one>[^']+)'|\"(?P<two>[^\"]+)\")\s*\)"
    r"|'(?P<text>[^']*)'|\"(?P<words>[^\"]*)\""
)
NUMPY = re.compile(r"^(np|numpy)\.(?=(log|log1p|sqrt)$)")
PLAIN = re.compile(r"[^\W\d][\w.]*")
PLACE = "_quoted_{}_"
# Stands before what a ":" joins: `a:b` is read as a**(_with_**b), since only ** binds tighter than *.
JOIN = "_with_"
# The highest power of a sum, and the most terms a formula may have.
HIGHEST, MOST = 4, 2000
SHOWN = 200
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


def shown(text: str) -> str:
    """Return a text as an error shows it: in quotation marks, its middle left out if it is long."""
    return repr(cut(text, SHOWN))


def parse(formula: str) -> Terms:
    """Read a formula such as ``"y ~ x + C(region) + log1p(z) + a:b"``.

    ``*`` and ``:`` take sums in parentheses, ``(a + b)**2`` means all pairs (``**3`` and ``**4`` also
    threes and fours), ``- 1`` or ``+ 0`` leaves the constant out, and backticks (or ``Q("…")``) surround
    names that are not plain words.

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
        # Not one pattern for blanks around a line's end: it would try every blank as their beginning.
        return _parse(" ".join(line.strip() for line in formula.replace("\r", "\n").split("\n")))
    except (RecursionError, MemoryError):
        raise BadModel(
            f"A formula of {len(formula):,} signs is nested too deeply to read. Add sums or "
            "interactions to the data as columns."
        ) from None


@lru_cache(maxsize=256)
def _parse(formula: str) -> Terms:
    left, mark, right = formula.partition("~")
    if not mark or not right.strip():
        raise BadModel(f"Expected a formula like 'outcome ~ term + term'; found {shown(formula)}.")
    outcome = _tree(left.strip(), formula) if left.strip() else None
    terms: list[Term] = []
    intercept = True
    for sign, node in _summands(_tree(right.strip(), formula)):
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value in (0, 1):
            intercept = (node.value == 1) == sign
            continue
        if not sign:
            raise BadModel(
                f"{shown(formula)}: only '- 1' may be subtracted; found {shown('- ' + label(node))}. Write "
                "I(-x) for a column x of opposite sign."
            )
        terms += _expand(node, formula)
    found = Terms(outcome, tuple(_different(terms, formula)), intercept, " ".join(formula.split()))
    for node in (*([outcome] if outcome else ()), *(one for term in found.terms for one in term)):
        if any(_is_join(part) for part in ast.walk(node)):
            raise BadModel(f"{shown(label(node))} is not allowed in {shown(formula)}. {HELP}")
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
            f"The outcome {shown(label(terms.outcome))} stands on the right of {shown(terms.text)} too: "
            "it would explain itself. Take it out there, or lag it."
        )


def _same(terms: Terms) -> bool:
    assert terms.outcome is not None
    own = ast.dump(terms.outcome)
    return any(ast.dump(factor) == own for term in terms.terms for factor in term)


def _tree(text: str, formula: str) -> ast.expr:
    quoted: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kind = str(match.lastgroup)
        quoted.append(match[kind])
        place = PLACE.format(len(quoted) - 1)
        return f"'{place}'" if kind in ("text", "words") else place

    code = _joined(QUOTED.sub(keep, text), formula)
    if "#" in code:
        raise BadModel(f"{shown(formula)}: put backticks around a name with the sign #.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code, mode="eval").body
    except (SyntaxError, ValueError):
        words = [word for word in re.findall(r"\w+", text) if keyword.iskeyword(word)]
        hint = f" {words[0]!r} is a word of Python: write `{words[0]}`." if words else f" {HELP}"
        raise BadModel(
            f"Cannot read {shown(text)} in the formula {shown(formula)}.{hint}"
        ) from None
    return _Columns({PLACE.format(place): name for place, name in enumerate(quoted)}).visit(tree)


def _joined(text: str, formula: str) -> str:
    """Write ``:`` as an operator of Python's that binds as tightly; see JOIN."""
    out, calls, within, before = [], [], 0, ""
    for sign in text:
        if sign == "(":
            calls.append(before.isalnum() or before == "_")
            within += calls[-1]
        elif sign == ")" and calls:
            within -= calls.pop()
        before = before if sign.isspace() else sign
        if sign == ":" and within:
            raise BadModel(
                f"{shown(formula)}: ':' joins terms and cannot stand inside a function's parentheses."
            )
        out.append(f"**{JOIN}**" if sign == ":" else sign)
    return "".join(out)


class _Columns(ast.NodeTransformer):
    """Put quoted names and texts back, and read `a.b` as a column's name and `np.log` as `log`."""

    def __init__(self, quoted: dict[str, str]) -> None:
        self.quoted = quoted

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.quoted.get(node.id, node.id), ast.Load())

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        known = isinstance(node.value, str) and node.value in self.quoted
        return ast.Constant(self.quoted[str(node.value)]) if known else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        inner = self.visit(node.value)
        if not isinstance(inner, ast.Name):
            return node
        return ast.Name(f"{inner.id}.{node.attr}", ast.Load())

    def visit_Call(self, node: ast.Call) -> ast.Call:
        call = self.generic_visit(node)
        assert isinstance(call, ast.Call)
        if isinstance(call.func, ast.Name):
            call.func = ast.Name(NUMPY.sub("", call.func.id), ast.Load())
        return call


def _summands(node: ast.expr) -> list[tuple[bool, ast.expr]]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        ((same, right),) = _signed(node.right)
        return [*_summands(node.left), (same == isinstance(node.op, ast.Add), right)]
    return _signed(node)


def _signed(node: ast.expr) -> list[tuple[bool, ast.expr]]:
    same = True
    while isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        same ^= isinstance(node.op, ast.USub)
        node = node.operand
    return [(same, node)]


def _expand(node: ast.expr, formula: str) -> list[Term]:
    """Return the terms of a sum, a product `*`, an interaction `:` or a power of a sum."""
    if isinstance(node, ast.UnaryOp):
        raise BadModel(
            f"{shown(formula)}: {shown(label(node))} is no term. Write I(-x) for a column x of opposite sign."
        )
    if not isinstance(node, ast.BinOp):
        return [(node,)]
    if isinstance(node.op, ast.Add):
        left, right = _expand(node.left, formula), _expand(node.right, formula)
        return _different([*left, *right], formula)
    if isinstance(node.op, ast.Mult):
        left, right = _expand(node.left, formula), _expand(node.right, formula)
        return _different([*left, *right, *_crossed(left, right, formula)], formula)
    if isinstance(node.op, ast.Pow):
        first, *others = (_power(part, node, formula) for part in _parts(node))
        for other in others:
            first = _different(_crossed(first, other, formula), formula)
        return first
    return [(node,)]


def _parts(node: ast.expr) -> list[list[ast.expr]]:
    """Return what `:` joins, each a base and its powers."""
    parts: list[list[ast.expr]] = [[]]
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        parts[-1].append(node.left)
        node = node.right
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and _is_join(node.left):
            parts.append([])
            node = node.right
    parts[-1].append(node)
    return parts


def _is_join(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == JOIN


def _power(part: list[ast.expr], node: ast.expr, formula: str) -> list[Term]:
    """Return the terms of one of the things that `:` joins, perhaps a power of a sum."""
    base = _expand(part[0], formula)
    if len(part) == 1:
        return base
    power = part[1].value if isinstance(part[1], ast.Constant) else None
    power_of = f"I({label(part[0])}**{label(part[1])})"
    if len(part) > 2 or len(base) == 1 or type(power) is not int or not 2 <= power <= HIGHEST:
        raise BadModel(
            f"{shown(formula)}: ** stands for the interactions of a sum in parentheses and takes a "
            f"whole number from 2 to {HIGHEST}, as in (a + b)**2; found {shown(label(node))}. Write "
            f"{cut(power_of, SHOWN)} for a power of a column, a:b for an interaction."
        )
    found = base
    for _ in range(power - 1):
        found = _different([*found, *_crossed(found, base, formula)], formula)
    return found


def _crossed(left: list[Term], right: list[Term], formula: str) -> list[Term]:
    # Some may be the same, but not nine of ten.
    if len(left) * len(right) > 10 * MOST:
        raise _too_many(formula)
    return [_distinct((*a, *b)) for a in left for b in right]


def _different(terms: list[Term], formula: str) -> list[Term]:
    """Return terms once each, in order; a:b is b:a."""
    found: dict[frozenset[str], Term] = {}
    for term in terms:
        found.setdefault(frozenset(map(ast.dump, term)), term)
    if len(found) > MOST:
        raise _too_many(formula)
    return list(found.values())


def _too_many(formula: str) -> BadModel:
    return BadModel(f"{shown(formula)} has more than {MOST:,} terms. Write out those you need.")


def _distinct(term: Term) -> Term:
    """Return a term with each factor once: a:a is a."""
    return tuple({ast.dump(factor): factor for factor in term}.values())


@lru_cache(maxsize=4096)
def label(node: ast.expr) -> str:
    """Return a factor as the user wrote it; names that are not plain words in backticks."""
    odd = {name: f"_odd_{place}_" for place, name in enumerate(_names(node)) if not _plain(name)}
    whole = _Columns(odd).visit(deepcopy(node)) if odd else node
    text = ast.unparse(whole).replace(" ", "").replace(f"**{JOIN}**", ":")
    for name, place in odd.items():
        text = text.replace(place, f"`{name}`")
    return text


def _plain(name: str) -> bool:
    return bool(PLAIN.fullmatch(name)) and not keyword.iskeyword(name) and name != "Intercept"
