"""Public verbs and what is no name, no path or no terminal: a clear error, never a foreign one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pandas as pd
import pytest

import pkstats as pk
from pkstats.cache import as_path
from pkstats.codebook import source_card
from pkstats.errors import LONGEST, PkstatsError, UnknownName, UnreadableFile, known_name
from pkstats.multiverse import reload
from pkstats.sources import layout
from pkstats.tables import compile_sources
from pkstats.tables.raw import raw_table
from pkstats.text import plain

DATA = pd.DataFrame({"y": [0.0, 1, 2, 3] * 5, "x": range(20)})
NO_NAMES = {
    "list": [],
    "dict": {},
    "None": None,
    "number": 3,
    "bytes": b"x",
    "null": "a\0b",
    "long": "x" * 100_000,
    "long with blanks": "x y " * 25_000,
    "list in list": [[]],
    "frame": DATA,
    "empty": "",
    "surrogate": "\ud800",
    "object": object(),
}
NAMED: dict[str, Callable[[object], object]] = {
    "load": pk.load,
    "codebook": pk.codebook,
    "style": lambda name: pk.cite("personnel", style=name),
    "read": lambda name: pk.read(name, "x.csv"),
    "figure": pk.figure,
    "panel": pk.panel,
    "case": pk.case,
    "claim": pk.claim,
    "mission": pk.mission,
    "replicate": lambda name: pk.replicate(name, "x.csv"),
    "layout": layout,
    "raw_table": raw_table,
    "source_card": source_card,
    "measures": lambda name: pk.measures("" if name is None else name),
    "cite": lambda name: pk.cite([name, object()]),
    "compare": lambda name: pk.compare([name]),
    "compare many": pk.compare,
}
PATHS: dict[str, Callable[[object], object]] = {
    "read": lambda path: pk.read("ged", path),
    "replicate": lambda path: pk.replicate("fortna2008", path),
    "compile": lambda path: compile_sources(path),
    "compile to": lambda path: compile_sources(".", "" if path is None else path),
    "build": lambda path: pk.build("" if path is None else path, "/nowhere"),
    "build from": lambda path: pk.build("/nowhere", "" if path is None else path),
    "save": lambda path: pk.multiverse(DATA, "y", "x", [], save="" if path is None else path),
    "reload": reload,
}


@pytest.mark.parametrize("verb", NAMED)
@pytest.mark.parametrize("kind", NO_NAMES)
def test_what_is_no_name_is_a_clear_error(verb, kind):
    with pytest.raises(PkstatsError) as caught:
        NAMED[verb](NO_NAMES[kind])
    assert 10 < len(str(caught.value)) <= LONGEST


@pytest.mark.parametrize("verb", PATHS)
@pytest.mark.parametrize("kind", NO_NAMES)
def test_what_is_no_path_is_a_clear_error(verb, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PkstatsError) as caught:
        PATHS[verb](NO_NAMES[kind])
    assert 10 < len(str(caught.value)) <= LONGEST
    assert not list(tmp_path.iterdir())


def test_a_path_is_text_or_a_path(tmp_path):
    assert as_path(str(tmp_path)) == as_path(tmp_path) == tmp_path
    for wrong in (b"/tmp", 3, "", "a\0b", "x" * 256):
        with pytest.raises(UnreadableFile):
            as_path(wrong)


def test_a_name_that_is_near_is_suggested_and_a_long_one_is_cut():
    assert known_name("one", ["one", "two"], "number") == "one"
    with pytest.raises(UnknownName, match=r"No number is called 'onee'\. Did you mean 'one'"):
        known_name("onee", ["one", "two"], "number")
    with pytest.raises(UnknownName, match="…") as caught:
        known_name("one" * 1000, ["one", "two"], "number")
    assert len(str(caught.value)) < 200


def test_messages_are_cut_but_keep_both_ends():
    told = str(PkstatsError(f"Found {'x' * 10_000} here. {'word ' * 2000}The end."))
    assert told.startswith("Found xxx") and told.endswith("The end.")
    assert len(told) <= LONGEST


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1989–2024", "1989-2024"),
        ("a → b ≤ c…", "a -> b <= c..."),
        ("Türkiye, Øst", "Turkiye, Ost"),
    ],
)
def test_plain_signs_say_the_same(text, shown):
    assert plain(text) == shown
    assert plain("漢").isascii()


@pytest.mark.parametrize("command", [["tables"], ["--help"], ["build"], ["compile", "/nowhere-ü"]])
@pytest.mark.parametrize(
    "setting",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_the_command_line_speaks_in_any_terminal(tmp_path, command, setting):
    done = subprocess.run(
        [sys.executable, "-m", "pkstats", *command],
        env={**os.environ, **setting},
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == (command[0] == "compile")
    assert done.stdout.decode("ascii") + done.stderr.decode("ascii")
    assert b"Traceback" not in done.stderr and b"Error" not in done.stderr


@pytest.mark.slow
def test_tables_are_kept_in_a_folder_whose_letters_the_locale_lacks(tmp_path):
    code = (
        "import pkstats as pk; pk.build(); print(len(pk.load('missions')));"
        "print(len(pk.panel('mission-year').add('personnel').frame))"
    )
    here = os.fsencode(tmp_path / "Dätä")
    environment = {os.fsencode(name): os.fsencode(value) for name, value in os.environ.items()}
    environment |= {b"PKSTATS_DATA": here, b"LC_ALL": b"C", b"PYTHONUTF8": b"0"}
    environment[b"PYTHONCOERCECLOCALE"] = b"0"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert len(pk.load("missions")) == int(done.stdout.split()[0])
