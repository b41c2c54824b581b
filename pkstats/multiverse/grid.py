"""The grid of specifications: what varies, what never stands together, and how many there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

import numpy as np

from pkstats.checks.context import ORDER, check_timing
from pkstats.errors import BadModel, suggestion
from pkstats.models.families import family as find_family
from pkstats.models.formula import parse
from pkstats.multiverse.asked import names, whole
from pkstats.multiverse.sets import MOST, Allowed, Sets, allowed
from pkstats.text import cut

LIMIT = 10_000_000
PARTS = ("always", "any", "one of")
Fixed = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Specifications that differ in their controls alone; `sets` are numbers of `Grid.sets`, (S,)."""

    sample: str
    outcome: str
    family: str
    treatment: str
    fixed: Fixed
    sets: Allowed | np.ndarray


@dataclass(frozen=True)
class Grid:
    """A declared grid.

    Attributes
    ----------
    samples : mapping of str to str or None
        Names and queries.
    families : mapping of str to tuple of str
        Each outcome's families.
    controls : tuple of str
        Every control term that some specification uses.
    varying : tuple of str
        Those that some specification has and another lacks.
    sets : Sets
    batches : tuple of Batch
    notes : tuple of str
        What was excluded, and why.
    """

    samples: Mapping[str, str | None]
    families: Mapping[str, tuple[str, ...]]
    treatments: tuple[str, ...]
    fixed: tuple[Fixed, ...]
    controls: tuple[str, ...]
    varying: tuple[str, ...]
    sets: Sets = field(repr=False)
    batches: tuple[Batch, ...] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Number of specifications."""
        return sum(len(batch.sets) for batch in self.batches)

    @property
    def axes(self) -> dict[str, list[str]]:
        """What varies: the options of each axis; a control is in or out."""
        axes = {
            "sample": list(self.samples),
            "outcome": list(self.families),
            "family": sorted({name for names in self.families.values() for name in names}),
            "treatment": list(self.treatments),
            "fixed_effects": [" + ".join(option) or "none" for option in self.fixed],
        }
        return axes | {f"control {name}": ["in", "out"] for name in self.varying}


def declare(
    outcome: str | Sequence[str],
    treatment: str | Sequence[str],
    controls: Any = (),
    samples: Mapping[str, str | None] | None = None,
    family: Any = "ols",
    fixed_effects: Any = None,
    exclude: Iterable[tuple[str, str]] = (),
    limit: int = LIMIT,
    timing: Mapping[str, str] | None = None,
) -> Grid:
    """Return the grid of specifications; see `pkstats.multiverse`.

    Raises
    ------
    BadModel
        When the grid is empty or larger than `limit`, names an unknown family, or has a control
        that equals a treatment.
    """
    outcomes, treatments = _texts(outcome, "outcome"), _texts(treatment, "treatment")
    families = _families(family, outcomes)
    fixed = _fixed(fixed_effects)
    parts = _parts(controls)
    check_timing(timing or {})
    named = _samples(samples)
    options: dict[str, int] = {
        "samples": len(named),
        "outcomes × families": sum(map(len, families.values())),
        "treatments": len(treatments),
        "fixed effects": len(fixed),
        f"subsets of {len(parts['any'])} controls": 2 ** len(parts["any"]),
        **{f"choices of {name}": len(choices) for name, choices in parts["one of"].items()},
    }
    _refuse(options, limit)
    terms, sets = _control_sets(parts)
    for term in (*treatments, *terms):
        parse(f"~ {term}")
    for name in treatments:
        if name in terms:
            raise BadModel(
                f"{name!r} is both a treatment and a control. Leave it out of the controls."
            )
    apart, notes = _apart(treatments, terms, tuple(exclude), timing or {})
    chosen: dict[tuple[str, str], Allowed | None] = {}
    for result in outcomes:
        itself = _itself(result, (*treatments, *terms))
        notes += tuple(
            f"{term} holds the outcome {result}: it never explains it." for term in itself
        )
        for name in treatments:
            chosen[result, name] = _allowed(sets, name, terms, apart, itself)
    batches = tuple(
        Batch(sample, result, kind, name, absorbed, here)
        for sample, result, name, absorbed in product(named, outcomes, treatments, fixed)
        for kind in families[result]
        if (here := chosen[result, name])
    )
    if not batches:
        raise BadModel(f"The grid is empty: every set of controls is excluded. {' '.join(notes)}")
    varying = _varying(terms, [here for here in chosen.values() if here])
    return Grid(named, families, treatments, fixed, terms, varying, sets, batches, notes)


def _texts(values: str | Sequence[str], what: str) -> tuple[str, ...]:
    found = _list(values, what)
    if not found:
        raise BadModel(f"The grid is empty: it needs at least one {what}.")
    if len(set(found)) < len(found):
        raise BadModel(f"{what}= names {', '.join(sorted(found))}: each may stand there once.")
    return found


def _list(values: Any, what: str) -> tuple[str, ...]:
    """Return one name or several as a tuple."""
    found = (values,) if isinstance(values, str) else values
    if not isinstance(found, Iterable) or not all(isinstance(each, str) for each in found):
        raise BadModel(f"{what}= takes a name or a list of names; found {cut(repr(values))}.")
    return tuple(found)


def _samples(samples: Any) -> dict[str, str | None]:
    if not isinstance(samples or {}, Mapping):
        raise BadModel(
            f"samples= takes names and queries, {{'late': 'year > 2000'}}; found {cut(repr(samples))}."
        )
    for name, query in (samples or {}).items():
        if query is not None and not isinstance(query, str):
            raise BadModel(
                f"The sample {cut(repr(name))} has the query {cut(repr(query))}, which cannot be read: a "
                "query is a text, such as 'year > 2000', or None for every row."
            )
    return {str(name): query for name, query in (samples or {"all": None}).items()}


def _families(family: Any, outcomes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    if not isinstance(family, Mapping):
        family = dict.fromkeys(outcomes, family)
    lacking = [name for name in outcomes if name not in family]
    if lacking:
        raise BadModel(f"family= names no family for the outcomes {', '.join(lacking)}.")
    found = {name: _texts(family[name], "family") for name in outcomes}
    for listed in found.values():
        for name in listed:
            if find_family(name).outcome == "none":
                raise BadModel(f"family={name!r} has no outcome to vary. Fit it with pk.fit.")
    return found


def _fixed(options: Any) -> tuple[Fixed, ...]:
    listed = options if isinstance(options, list) else [options]
    found = tuple(names(option, "fixed_effects=") for option in listed)
    if not found:
        raise BadModel("The grid is empty: fixed_effects=[] has no option. None means none.")
    if len(set(found)) < len(found):
        raise BadModel(f"fixed_effects={options!r} names an option twice. Leave one out.")
    return found


def _parts(controls: Any) -> dict[str, Any]:
    if not isinstance(controls, Mapping):
        controls = {"any": controls}
    for name in controls:
        if name not in PARTS:
            raise BadModel(
                f"controls= has the parts {', '.join(map(repr, PARTS))}; found {name!r}."
                f"{suggestion(name, PARTS)}"
            )
    groups = controls.get("one of", {})
    if not isinstance(groups, Mapping):
        raise BadModel(
            "controls 'one of' takes named groups, such as {'income': ['log(gdp)', 'growth', None]}; "
            f"found {groups!r}."
        )
    parts: dict[str, Any] = {
        "always": _list(controls.get("always", ()), "controls 'always'"),
        "any": _list(controls.get("any", ()), "controls"),
        "one of": {name: _choices(name, group) for name, group in groups.items()},
    }
    empty = [name for name, group in parts["one of"].items() if not group]
    if empty:
        raise BadModel(f"The grid is empty: controls 'one of' {', '.join(empty)} has no choice.")
    listed = [*parts["always"], *parts["any"]]
    listed += [term for group in parts["one of"].values() for term in group if term is not None]
    twice = sorted({term for term in listed if listed.count(term) > 1})
    if twice:
        raise BadModel(f"controls= names {', '.join(twice)} more than once.")
    return parts


def _choices(name: str, group: Any) -> tuple[str | None, ...]:
    if isinstance(group, str) or not isinstance(group, Iterable):
        raise BadModel(f"controls 'one of' {name} takes a list of terms; found {group!r}.")
    found = tuple(group)
    _list([term for term in found if term is not None], f"controls 'one of' {name}")
    if found.count(None) > 1:
        raise BadModel(f"controls 'one of' {name} has None twice. Leave one out.")
    return found


def _refuse(options: dict[str, int], limit: int) -> None:
    size, limit = prod(options.values()), min(whole(limit, "limit=", 1), MOST)
    if size <= limit:
        return
    longest = sorted(options.items(), key=lambda item: -item[1])[:3]
    raise BadModel(
        f"The grid has {size:,} specifications, over the limit of {limit:,}. Narrow it: "
        f"{', '.join(f'{count:,} {name}' for name, count in longest)}. Controls every reader would "
        "insist on belong in 'always', rival codings of one thing in 'one of'; or raise limit=."
    )


def _control_sets(parts: dict[str, Any]) -> tuple[tuple[str, ...], Sets]:
    """Return the control terms and their sets."""
    terms = (*parts["always"], *parts["any"])
    groups = []
    for group in parts["one of"].values():
        named = [term for term in group if term is not None]
        places = {term: len(terms) + place for place, term in enumerate(named)}
        groups.append(tuple(places.get(choice) for choice in group))
        terms = (*terms, *named)
    return terms, Sets(len(parts["always"]), len(parts["any"]), tuple(groups))


def _apart(
    treatments: tuple[str, ...],
    terms: tuple[str, ...],
    exclude: tuple[tuple[str, str], ...],
    timing: Mapping[str, str],
) -> tuple[set[frozenset[str]], tuple[str, ...]]:
    """Return pairs of terms that never stand together, and why."""
    known = (*treatments, *terms)
    notes = []
    apart: set[frozenset[str]] = set()
    for pair in exclude:
        unknown = [name for name in pair if name not in known]
        if unknown or len(set(pair)) != 2:
            raise BadModel(
                f"exclude= takes pairs of different terms of the grid; found {pair!r}."
                f"{suggestion(unknown[0], known) if unknown else ''}"
            )
        apart.add(frozenset(pair))
        notes.append(f"{pair[0]} and {pair[1]} never stand together.")
    columns = {name: set(parse(f"~ {name}").columns) for name in known}
    for place, term in enumerate(terms):
        for other in (*treatments, *terms[:place]):
            both = frozenset((term, other))
            interaction = ":" in term + other or "*" in term + other
            if columns[term] & columns[other] and both not in apart and not interaction:
                apart.add(both)
                notes.append(f"{other} and {term} are two codings of one column.")
        for name in treatments:
            late = _later(columns[term], columns[name], timing)
            if late and frozenset((term, name)) not in apart:
                apart.add(frozenset((term, name)))
                notes.append(f"{term} is measured after {name}, so it is not used as a control.")
    return apart, tuple(notes)


def _later(control: set[str], treatment: set[str], timing: Mapping[str, str]) -> bool:
    """Return whether a control is fixed after a treatment, as far as the timing of both is known."""
    own, other = (
        [ORDER.index(timing[name]) for name in names if name in timing]
        for names in (control, treatment)
    )
    return bool(own and other) and max(own) > max(*other, ORDER.index("entry"))


def _itself(outcome: str, names: tuple[str, ...]) -> list[str]:
    """Return the terms that hold every column of an outcome."""
    columns = set(parse(f"{outcome} ~ 1").outcome_columns)
    return [name for name in names if columns <= set(parse(f"~ {name}").columns)]


def _allowed(
    sets: Sets,
    treatment: str,
    terms: tuple[str, ...],
    apart: set[frozenset[str]],
    itself: list[str],
) -> Allowed | None:
    """Return the sets that suit a treatment and an outcome; None where the treatment holds it.

    They hold no pair that never stands together, no control that the treatment excludes and none of
    `itself`, which hold the outcome.
    """
    if treatment in itself:
        return None
    places = {name: place for place, name in enumerate(terms)}
    pairs = sorted(
        tuple(sorted(places[name] for name in pair)) for pair in apart if pair <= places.keys()
    )
    never = (
        place
        for name, place in places.items()
        if name in itself or frozenset((name, treatment)) in apart
    )
    return allowed(sets, tuple(pairs), tuple(never))


def _varying(terms: tuple[str, ...], parts: list[Allowed]) -> tuple[str, ...]:
    """Return the controls that some set has and another lacks."""
    some = np.any([part.some for part in parts], axis=0)
    every = np.all([part.every for part in parts], axis=0)
    return tuple(name for name, varies in zip(terms, some & ~every, strict=True) if varies)
