"""Which categories of a factor get a column: all, or all but the first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

# Categorical factors of one part of a term: True where all levels get a column.
Coding = dict[str, bool]
Part = frozenset[tuple[str, bool]]


def codings(
    terms: Sequence[tuple[frozenset[str], Sequence[str]]], constant: bool
) -> list[list[Coding]]:
    """Return, for each term, the parts it is made of and how each part codes its categories.

    A factor drops its first level when the columns of the others already span it: always the rule of
    the formula language, as R and patsy follow it. ``C(f):x`` without ``x`` thus has one slope per
    level, and ``C(f) - 1`` one mean per level.

    Parameters
    ----------
    terms : sequence of (numeric factors, categorical factors in order)
    constant : bool
        Whether the model has a constant, or thresholds or a baseline hazard in its place.
    """
    used: dict[frozenset[str], set[frozenset[str]]] = {}
    if constant:
        used[frozenset()] = {frozenset()}
    found: dict[int, list[Coding]] = {}
    # Terms of fewer factors first: what they span, interactions need not span again.
    order = sorted(range(len(terms)), key=lambda place: len(terms[place][0]) + len(terms[place][1]))
    for place in order:
        numeric, categorical = terms[place]
        known = used.setdefault(numeric, set())
        parts: list[Part] = []
        for size in range(len(categorical) + 1):
            for subset in combinations(categorical, size):
                if frozenset(subset) not in known:
                    known.add(frozenset(subset))
                    parts.append(frozenset((name, False) for name in subset))
        found[place] = [dict(part) for part in _merged(parts)]
    return [found[place] for place in range(len(terms))]


def _merged(parts: list[Part]) -> list[Part]:
    """Join a part with the part that has one factor more: together they are that factor in full."""
    for first, short in enumerate(parts):
        for second in range(first + 1, len(parts)):
            extra = parts[second] - short
            if len(extra) == 1 and short < parts[second]:
                ((name, _),) = extra
                joined = short | {(name, True)}
                rest = [*parts[:second], joined, *parts[second + 1 :]]
                return _merged(rest[:first] + rest[first + 1 :])
    return parts
