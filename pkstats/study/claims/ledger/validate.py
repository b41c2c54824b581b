"""Checks of a ledger before anything is estimated; every message names the file and the line."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from pkstats.codebook import table_names
from pkstats.errors import BadData, BadModel, PkstatsError, UnknownColumn, suggestion
from pkstats.models.families import family as find_family
from pkstats.multiverse.queries import columns as queried
from pkstats.study.claims.ledger.columns import columns_of, known_columns
from pkstats.study.claims.ledger.entries import Dataset, Rule, _dataset, resolved_controls
from pkstats.study.claims.ledger.episodes import EVENTS
from pkstats.study.claims.ledger.shape import problems
from pkstats.text import cut
from pkstats.units import UNITS

# Characters of a message.
LONGEST = 1_000
SHARES = ("supported", "opposite_supported", "partly", "opposite_partly", "outcomes_partly")
OPEN_SHARES = ("level", "power")
STRICTER = {
    "supported": 1,
    "partly": 1,
    "outcomes_partly": 1,
    "opposite_supported": -1,
    "opposite_partly": -1,
}
PARTS = ("rule", "history", "outcomes", "data", "samples", "controls", "constructs", "claim")
NEEDED = ("data", "outcomes", "treatments", "controls", "family")


class Place:
    """Where in the file something stands: TOML's reader keeps no lines, so the text is searched."""

    def __init__(self, text: str, file: Path, start: int = 0) -> None:
        self.lines = text.splitlines()
        self.text, self.file, self.start = text, file, start

    def line(self, *words: str) -> int:
        """Return the first line at or after the start with one of the words, counted from 1."""
        for word in words:
            bounded = re.compile(rf"(?<![\w.]){re.escape(word)}(?!\w)")
            for number in range(self.start, len(self.lines)):
                if bounded.search(self.lines[number].partition(" #")[0]):
                    return number + 1
        return self.start + 1

    def at(self, *words: str) -> Place:
        """Return the place from that line on."""
        return Place(self.text, self.file, self.line(*words) - 1)

    def nth(self, word: str, number: int) -> Place:
        """Return the place from the n-th line that starts with a word on."""
        found = [n for n in range(self.start, len(self.lines)) if self.lines[n].strip() == word]
        return Place(self.text, self.file, found[number] if number < len(found) else self.start)

    def inside(self, path: tuple[str | int, ...]) -> Place:
        """Return the place of a value, by its path of keys and numbers from the top of the file."""
        here, before = self, ""
        for name in path:
            if isinstance(name, int):
                header = {"claim": "[[claim]]", "grid": "[[claim.grid]]", "history": "[[history]]"}
                here = here.nth(header.get(before, ""), name)
                continue
            sections = (
                (f"[{before}.{name}]", f"[{name}]") if here is self else (f"[{before}.{name}]",)
            )
            here, before = here.at(*sections, name, f'"{name}"'), name
        return here

    def fail(self, message: str, *words: str, kind: type[PkstatsError] = BadData) -> NoReturn:
        """Raise an error that names the file and the line of the first word found."""
        line = self.line(*words) if words else self.start + 1
        raise kind(
            f"{self.file.name}, line {line}: {cut(message, LONGEST)} ({cut(self.file, 300)})"
        )


def check(raw: dict[str, Any], text: str, file: Path) -> None:
    """Check a whole ledger.

    Raises
    ------
    BadData
        For an impossible rule, a duplicate id, a direction that is missing, a grid without a
        treatment, and names the ledger itself does not define.
    UnknownColumn
        For a measure or column that its rows do not have.
    """
    place = Place(text, file)
    lacking = [
        name
        for name in ("rule", "outcomes", "data", "controls", "samples", "claim")
        if name not in raw
    ]
    if lacking:
        place.fail(f"A ledger has the parts {', '.join(PARTS)}; [{lacking[0]}] is missing.")
    wrong = next(problems(raw), None)
    if wrong is not None:
        path, message = wrong
        named = ".".join(str(name) for name in path if isinstance(name, str))
        place.inside(path).fail(f"{cut(named)}: {message}" if named else message)
    _rule(raw["rule"], place.at("[rule]"))
    for name, sign in raw["outcomes"].items():
        if sign not in (1, -1):
            place.at("[outcomes]").fail(
                f"Outcome {name} needs 1 (more is better) or -1 (more is worse); found {sign!r}.",
                name,
            )
    data = {name: _data(name, one, place) for name, one in raw["data"].items()}
    seen: set[str] = set()
    for number, one in enumerate(raw["claim"]):
        here = place.nth("[[claim]]", number)
        _claim(one, raw, data, here, seen)


def _rule(raw: dict[str, Any], place: Place) -> None:
    names = tuple(one.name for one in fields(Rule))
    for name in names:
        if name not in raw:
            place.fail(f"The rule lacks {name!r}; it has {', '.join(names)}.")
    for name in (*SHARES, *OPEN_SHARES):
        value = raw[name]
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        low, high = (value > 0, value < 1) if number and name in OPEN_SHARES else (True, True)
        if not number or not 0 <= value <= 1 or not (low and high):
            place.fail(f"{name} is a share and lies between 0 and 1; found {value!r}.", name)
    if raw["partly"] > raw["supported"]:
        place.fail(
            f"partly ({raw['partly']}) asks for more than supported ({raw['supported']}): no claim "
            "could be partly supported. Lower partly.",
            "partly",
        )
    if raw["opposite_supported"] > raw["opposite_partly"]:
        place.fail(
            "opposite_supported allows more on the other side than opposite_partly. Lower it.",
            "opposite_supported",
        )
    if not raw["smallest"] > 0:
        place.fail(f"smallest is an association above 0; found {raw['smallest']!r}.", "smallest")


def _data(name: str, raw: dict[str, Any], place: Place) -> Dataset:
    here = place.at(f"[data.{name}]")
    for key in ("unit", "cluster", "label"):
        if key not in raw:
            here.fail(f"[data.{name}] lacks {key!r}.")
    units = (*UNITS, *EVENTS)
    if raw["unit"] not in units:
        here.fail(
            f"{raw['unit']!r} is no unit.{suggestion(raw['unit'], units)} "
            f"Units are: {', '.join(units)}.",
            "unit",
        )
    if raw.get("until") and raw["until"] not in table_names():
        here.fail(
            f"Rows end with a table's last year, and no table is called {raw['until']!r}."
            f"{suggestion(raw['until'], table_names())}",
            "until",
        )
    return _dataset(name, raw)


def _claim(
    raw: dict[str, Any],
    whole: dict[str, Any],
    data: dict[str, Dataset],
    place: Place,
    seen: set[str],
) -> None:
    for key in ("id", "wording", "source"):
        if not str(raw.get(key, "")).strip():
            place.fail(f"A claim needs {key!r}.")
    if raw["id"] in seen:
        place.fail(f"Claim {raw['id']} is in the ledger twice. Give one of them another id.", "id")
    seen.add(raw["id"])
    if raw["id"] != raw["id"].upper():
        place.fail(f"A claim's id is in capitals; found {raw['id']!r}.", "id")
    if not raw.get("grid") and not raw.get("data_needed"):
        place.fail(
            f"Claim {raw['id']} has no [[claim.grid]] and no data_needed: say how it is tested, or "
            "which data it would take."
        )
    _stricter(raw, whole["rule"], place)
    for number, grid in enumerate(raw.get("grid", [])):
        _grid(grid, whole, data, place.nth("[[claim.grid]]", number), raw["id"])


def _stricter(raw: dict[str, Any], rule: dict[str, Any], place: Place) -> None:
    for name, value in raw.get("rule", {}).items():
        sign = STRICTER.get(name)
        if sign is None or sign * value < sign * rule[name] or not 0 <= value <= 1:
            place.fail(
                f"Claim {raw['id']} may only be judged more strictly than the rule; found "
                f"{name} = {value!r} where the rule says {rule.get(name)!r}.",
                name,
            )


def _grid(
    raw: dict[str, Any], whole: dict[str, Any], data: dict[str, Dataset], place: Place, claim: str
) -> None:
    for name in NEEDED:
        if not raw.get(name):
            place.fail(f"A grid of claim {claim} has no {name}; it needs {', '.join(NEEDED)}.")
    for key, known in (("data", data), ("controls", whole["controls"])):
        if raw[key] not in known:
            place.fail(
                f"The ledger has no [{key}.{raw[key]}].{suggestion(raw[key], known)} "
                f"It has: {', '.join(known)}.",
                raw[key],
            )
    for treatment in raw["treatments"]:
        term = treatment.get("term", "")
        if treatment.get("direction") not in (1, -1):
            place.fail(
                f"Treatment {term!r} of claim {claim} needs a direction: 1 where more of it should "
                f"go with better outcomes, -1 with worse; found {treatment.get('direction')!r}.",
                f'"{term}"',
            )
    for outcome in raw["outcomes"]:
        if outcome not in whole["outcomes"]:
            place.fail(
                f"Outcome {outcome!r} of claim {claim} is not listed under [outcomes], so nobody "
                f"knows whether more is better.{suggestion(outcome, whole['outcomes'])}",
                f'"{outcome}"',
                kind=UnknownColumn,
            )
    _families(raw, place, claim)
    _samples(raw, whole, place, claim)
    _columns(raw, whole, data[raw["data"]], place, claim)


def _families(raw: dict[str, Any], place: Place, claim: str) -> None:
    family = raw["family"]
    named = family if isinstance(family, dict) else dict.fromkeys(raw["outcomes"], family)
    for outcome in raw["outcomes"]:
        if outcome not in named:
            place.fail(f"Outcome {outcome!r} of claim {claim} has no family.", "family")
    for name in named.values():
        try:
            find_family(name)
        except PkstatsError as problem:
            place.fail(str(problem), "family", kind=BadModel)


def _samples(raw: dict[str, Any], whole: dict[str, Any], place: Place, claim: str) -> None:
    for name in raw.get("samples", ["all"]):
        if name not in whole["samples"]:
            place.fail(
                f"Claim {claim} names the sample {name!r}, which is not under [samples]."
                f"{suggestion(name, whole['samples'])}",
                f'"{name}"',
            )


def _columns(
    raw: dict[str, Any], whole: dict[str, Any], data: Dataset, place: Place, claim: str
) -> None:
    """Check that every column named can be had on the grid's rows."""
    known = known_columns(data)
    controls = resolved_controls(raw, whole)
    terms = [one["term"] for one in raw["treatments"]] + controls["always"] + controls["any"]
    terms += [one for options in controls["one_of"].values() for one in options if one]
    effects = [one if isinstance(one, list) else [one] for one in raw.get("fixed_effects", [])]
    named: list[tuple[str, list[str]]] = [(outcome, [outcome]) for outcome in raw["outcomes"]]
    named += [(name, [name]) for option in effects for name in option if name]
    named.append((data.cluster, [data.cluster]))
    try:
        named += [(term, columns_of(term)) for term in terms]
        queries = [whole["samples"][name] for name in raw.get("samples", ["all"])]
        named += [(query, queried(query)) for query in queries if query]
    except BadModel as problem:
        place.fail(f"Claim {claim}: {problem}", kind=BadModel)
    for text, columns in named:
        for column in columns:
            if column not in known:
                place.fail(
                    f"Claim {claim} names {column!r} (in {text!r}), which is neither a measure nor a "
                    f"column by {data.unit}.{suggestion(column, known)} See pkstats.measures().",
                    f'"{text}"',
                    text,
                    column,
                    kind=UnknownColumn,
                )
