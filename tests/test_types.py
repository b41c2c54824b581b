"""What an editor or a type checker knows of a user's script: real types, never `Any` or a module."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pkstats as pk

PACKAGE = Path(pk.__file__).parent
FRAME = "pandas.core.frame.DataFrame"
# Expressions of a user's script, and the type they have.
KNOWN = {
    "p": "pkstats.panel.panel.Panel",
    "p.frame": FRAME,
    'p.add("personnel").derive("shortfall")': "pkstats.panel.panel.Panel",
    "estimate": "pkstats.models.estimate.Estimate",
    "estimate.tidy()": FRAME,
    "estimate.cite()": "str",
    "pk.check(estimate).frame": FRAME,
    "pk.load('personnel')": FRAME,
    "pk.tables()": FRAME,
    "pk.missions()": FRAME,
    "pk.mission('UNMISS').hosts[0].weight": "float",
    "pk.read('ged', 'GEDEvent.csv')": f"tuple[{FRAME}, pkstats.sources.report.Report]",
    "pk.multiverse(p, 'a', 'b', ['c']).frame": FRAME,
    "pk.claims()": FRAME,
    "pk.claim('N1').verdict": "str",
    "pk.case('mali').timeline()": FRAME,
    "pk.figure('map')": "matplotlib.figure.Figure",
}
SCRIPT = """import pkstats as pk

p = pk.panel("mission-year", start=1990, end=2024, sponsor="UN")
estimate = pk.fit("won ~ troops", p, family="logit", cluster="family")
"""
WRONG = {
    "pk.panel(5)": "arg-type",
    "pk.panel()": "call-arg",
    "pk.pannel('mission')": "attr-defined",
    "estimate.tidi()": "attr-defined",
    "pk.cite('personnel') + 1": "operator",
}


def test_the_package_says_that_it_is_typed():
    assert (PACKAGE / "py.typed").is_file()


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> list[str]:
    """What mypy says of each line of a script: what it reveals, then what it finds wrong."""
    pytest.importorskip("mypy", reason="mypy comes with the dev extra")
    folder = tmp_path_factory.mktemp("user")
    asked = [*KNOWN, *(f"pk.{name}" for name in pk.__all__)]
    lines = [*SCRIPT.splitlines(), *(f"reveal_type({one})" for one in asked), *WRONG]
    (folder / "script.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    # pandas says its types without saying that it does; an editor reads them all the same.
    settings = "[mypy]\nfollow_imports = silent\n[mypy-pandas.*]\nfollow_untyped_imports = True\n"
    (folder / "mypy.ini").write_text(settings, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "script.py"],
        cwd=folder,
        env={**os.environ, "MYPYPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
    )
    said = dict.fromkeys(range(len(lines) + 1), "")
    for line in done.stdout.splitlines():
        if (found := re.match(r"script\.py:(\d+): \w+: (.*)", line)) is not None:
            said[int(found[1])] += found[2]
    assert any(said.values()), done.stdout + done.stderr
    return [said[number + 1] for number in range(len(lines))]


def revealed(answers: list[str], skip: int, size: int) -> list[str]:
    start = len(SCRIPT.splitlines()) + skip
    return [re.sub(r'.*Revealed type is "(.*)"', r"\1", one) for one in answers[start:][:size]]


@pytest.mark.slow
def test_a_script_gets_real_types(answers):
    assert dict(zip(KNOWN, revealed(answers, 0, len(KNOWN)), strict=True)) == KNOWN


@pytest.mark.slow
def test_every_public_name_is_a_function_or_class_with_types(answers):
    found = dict(zip(pk.__all__, revealed(answers, len(KNOWN), len(pk.__all__)), strict=True))
    assert found.pop("__version__") == "str"
    untyped = {name: said for name, said in found.items() if not said.startswith("def (")}
    assert not untyped
    assert not [name for name, said in found.items() if said.endswith("-> Any")]


@pytest.mark.slow
def test_a_script_that_misuses_the_library_is_told(answers):
    said = dict(zip(WRONG, answers[-len(WRONG) :], strict=True))
    assert {line: code for line, code in WRONG.items() if f"[{code}]" not in said[line]} == {}
