"""Ledgers of wrong types: every one meets an error of the library that names file and line."""

from __future__ import annotations

import copy
import datetime
import json
import os
import random
import re
import tomllib
import traceback
from typing import Any

import pytest

from pkstats.errors import BadData, PkstatsError, UnreadableFile
from pkstats.study.claims.ledger.entries import LEDGER, ledger

RAW = tomllib.loads(LEDGER.read_text(encoding="utf-8"))
# PKSTATS_MUTATIONS=3000 looks at as many ledgers as the review did.
MUTATIONS = int(os.environ.get("PKSTATS_MUTATIONS", 150))
ODD: list[Any] = [
    1,
    -1,
    0,
    2.5,
    float("nan"),
    float("inf"),
    10**30,
    True,
    "",
    "x",
    "y ~ x",
    "a" * 5000,
    "<b>",
    [],
    ["x"],
    [1],
    [[]],
    {},
    {"x": 1},
    {"term": 1},
    datetime.date(2026, 1, 1),
    datetime.time(1, 2),
]


def spelt(value: Any) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {spelt(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(spelt, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value)
    return value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else repr(value)


def text_of(raw: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {spelt(value)}\n" for key, value in raw.items())


def nodes(value: Any, path: tuple = ()) -> list[tuple]:
    found = [path] if path else []
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            found += nodes(value[key], (*path, key))
    return found


def mutated(draw: random.Random, paths: list[tuple]) -> dict[str, Any]:
    """Return the ledger with one value of another type, without one key, or with one renamed."""
    raw = copy.deepcopy(RAW)
    *way, last = draw.choice(paths)
    parent = raw
    for key in way:
        parent = parent[key]
    kind = draw.random()
    if kind < 0.7:
        parent[last] = copy.deepcopy(draw.choice(ODD))
    elif kind < 0.85:
        del parent[last]
    elif isinstance(parent, dict):
        parent[draw.choice(["x", "", f"{last}s", "a" * 300])] = parent.pop(last)
    else:
        parent.append(copy.deepcopy(draw.choice(ODD)))
    return raw


def test_mutated_ledgers_are_read_or_refused_with_an_error_of_the_library(tmp_path):
    draw, path, foreign = random.Random(14), tmp_path / "mine.toml", []
    every = nodes(RAW)
    # Half of the places near the top of the file, which has far fewer than the claims.
    high = [one for one in every if one[0] != "claim" or len(one) <= 3]
    for number in range(MUTATIONS):
        raw = mutated(draw, high if number % 2 else every)
        path.write_text(text_of(raw), encoding="utf-8")
        try:
            ledger(path)
        except PkstatsError as problem:
            assert len(str(problem)) < 2000
        except Exception as problem:  # what is foreign is counted, not passed on
            foreign.append("".join(traceback.format_exception(problem)[-3:]))
    assert foreign == []


CASES = {
    "a number for treatments": (
        "treatments = [",
        "treatments = 1 #[",
        "treatments",
        "list of tables",
    ),
    "a list for a dataset": ('data = "mission_years"', 'data = ["x"]', "data", "a text"),
    "a number for samples": ('samples = ["all"', "samples = -1 #", "samples", "list of texts"),
    "a text for a share": ("level = 0.05", 'level = "small"', "level", "a number"),
    "a text for a year": ("start = 1990", 'start = "1990"', "start", "a whole number"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_value_of_another_type_is_named_with_file_and_line(name, tmp_path):
    old, new, key, words = CASES[name]
    path, text = tmp_path / "mine.toml", LEDGER.read_text(encoding="utf-8")
    start = text.index("[[claim]]") if old.startswith(("treat", "data =", "samples =")) else 0
    place = text.index(old, start)
    text = text[:place] + new + text[place + len(old) :]
    if name.startswith("a number for treatments"):
        text = re.sub(r"treatments = 1 #\[\n(  \{.*\n)*\]", "treatments = 1", text, count=1)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadData, match=words) as caught:
        ledger(path)
    line = int(re.match(r"mine\.toml, line (\d+): ", str(caught.value))[1])
    assert path.read_text(encoding="utf-8").splitlines()[line - 1].startswith(f"{key} =")


@pytest.mark.parametrize("text", ["x = " + "[" * 100_000, "\0", "[rule", "x = 1\nx = 2"])
def test_what_is_no_toml_is_unreadable(text, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableFile, match="TOML"):
        ledger(path)


@pytest.mark.parametrize("path", ["a\0b", [], 5, ""])
def test_what_is_no_path_is_unreadable(path):
    with pytest.raises(UnreadableFile, match="cannot be read"):
        ledger(path)
