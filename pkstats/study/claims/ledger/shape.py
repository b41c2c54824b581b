"""What types a ledger's TOML has where: looked at before anything else of it is read."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

from pkstats.errors import suggestion
from pkstats.text import cut

Path = tuple[str | int, ...]
# A path into the file, and what is wrong there.
Problem = tuple[Path, str]

LEAVES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("a text", lambda value: isinstance(value, str)),
    "whole": ("a whole number", lambda value: type(value) is int),
    "number": ("a number", lambda value: type(value) in (int, float) and isfinite(value)),
    "date": ("a date", lambda value: isinstance(value, (str, datetime.date))),
}
TEXTS = ["text"]
ADDED = {"table!": "text", "columns!": TEXTS, "lag": "whole", "window": "text", "years": "whole"}
GRID = {
    "data": "text",
    "outcomes": TEXTS,
    "treatments": [{"term!": "text", "direction": "whole"}],
    "controls": "text",
    "always": TEXTS,
    "also": TEXTS,
    "never": TEXTS,
    "samples": TEXTS,
    "family": ("text", {"*": "text"}),
    "fixed_effects": [("text", TEXTS)],
}
CLAIM = {
    "id": "text",
    "wording": "text",
    "source": "text",
    "note": "text",
    "rule": {"*": "number"},
    "grid": [GRID],
    "data_needed": TEXTS,
    "facts": [{"*": "date"}],
    "compare": {"claim!": "text", "sample!": "text"},
}
# A name in a table: what stands there ("!": it must). "*": any name. A list: any number of one
# shape. A tuple: one shape or another.
LEDGER: dict[str, Any] = {
    "rule": {
        "version": "whole",
        "date": "date",
        "level": "number",
        "power": "number",
        "supported": "number",
        "opposite_supported": "number",
        "partly": "number",
        "opposite_partly": "number",
        "outcomes_partly": "number",
        "smallest": "number",
        "few_clusters": "whole",
    },
    "history": [{"date!": "date", "rule!": "whole", "change!": "text"}],
    "outcomes": {"*": "whole"},
    "data": {
        "*": {
            "unit": "text",
            "cluster": "text",
            "label": "text",
            "start": "whole",
            "until": "text",
            "sponsor": TEXTS,
            "kind": TEXTS,
            "add": [ADDED],
        }
    },
    "samples": {"*": "text"},
    "controls": {"*": {"always": TEXTS, "any": TEXTS, "one_of": {"*": TEXTS}}},
    "constructs": {"*": TEXTS},
    "claim": [CLAIM],
}


def problems(value: Any, shape: Any = LEDGER, path: Path = ()) -> Iterator[Problem]:
    """Yield where a value is not of its shape, and what was expected and found there."""
    if isinstance(shape, str):
        what, fits = LEAVES[shape]
        if not fits(value):
            yield path, _expected(what, value)
    elif isinstance(shape, tuple):
        found = [list(problems(value, one, path)) for one in shape]
        if all(found):
            # The shape that is wrong furthest inside is the one that was meant.
            yield max(found, key=lambda wrong: len(wrong[0][0]))[0]
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield path, _expected(f"a list of {_name(shape[0])}", value)
            return
        for number, item in enumerate(value):
            yield from problems(item, shape[0], (*path, number))
    elif not isinstance(value, dict):
        yield path, _expected("a table", value)
    else:
        yield from _table(value, shape, path)


def _table(value: dict[str, Any], shape: dict[str, Any], path: Path) -> Iterator[Problem]:
    known = {name.removesuffix("!"): item for name, item in shape.items()}
    for name in shape:
        if name.endswith("!") and name[:-1] not in value:
            yield path, f"A table here needs {name[:-1]!r}; it has {_listed(value)}."
    for name, item in value.items():
        if name in known or "*" in known:
            yield from problems(item, known.get(name, known.get("*")), (*path, name))
        else:
            near = suggestion(name, known)
            yield (
                (*path, name),
                f"There is no key {cut(repr(name))} here.{near} Keys are: {_listed(known)}.",
            )


def _listed(names: Any) -> str:
    return cut(", ".join(map(str, names)), 300) or "nothing"


def _name(shape: Any) -> str:
    return "tables" if isinstance(shape, dict) else "texts"


def _expected(what: str, value: Any) -> str:
    return f"Expected {what}; found {cut(repr(value))}."
