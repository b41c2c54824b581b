"""What `help()` says: every public function names its arguments and answer, and examples run."""

from __future__ import annotations

import doctest
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import pkstats as pk
from pkstats.models import Estimate
from pkstats.multiverse.result import Multiverse
from pkstats.study.cases.case import Case

FUNCTIONS = [name for name in pk.__all__ if inspect.isroutine(getattr(pk, name))]
METHODS = [
    pytest.param(member, id=f"{kind.__name__}.{name}")
    for kind in (pk.Panel, Estimate, Multiverse, Case)
    for name, member in inspect.getmembers(kind, inspect.isfunction)
    if not name.startswith("_")
]


def described(function) -> str:
    return inspect.getdoc(function) or ""


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_what_it_takes_and_returns(name):
    function = getattr(pk, name)
    text = described(function)
    assert "\nReturns\n-------" in text
    asked = inspect.signature(function).parameters
    assert not asked or "\nParameters\n----------" in text
    head = text.partition("\nReturns\n")[0]
    lacking = [one for one in asked if not re.search(rf"\b{re.escape(one)}\b", head)]
    assert not lacking


@pytest.mark.parametrize("function", METHODS)
def test_a_method_of_a_result_names_its_arguments(function):
    asked = [name for name in inspect.signature(function).parameters if name != "self"]
    text = described(function)
    assert text and not [one for one in asked if not re.search(rf"\b{re.escape(one)}\b", text)]


def examples() -> list:
    """Every public function or method of a panel whose docstring has an example."""
    found = [getattr(pk, name) for name in FUNCTIONS] + [pk.Panel.add, pk.Panel.join]
    return [one for one in found if ">>>" in described(one)]


@pytest.mark.parametrize("function", examples(), ids=lambda one: one.__qualname__)
def test_an_example_gives_what_it_shows(function):
    home = import_module(function.__module__)
    tests = doctest.DocTestFinder(recurse=False).find(
        function, function.__qualname__, module=home, globs={}
    )
    runner = doctest.DocTestRunner(verbose=False)
    for one in tests:
        runner.run(one)
    assert runner.tries and not runner.failures


def test_the_code_of_the_first_page_runs():
    text = (Path(__file__).parents[1] / "docs" / "start.md").read_text("utf-8")
    names: dict = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(block, names)
    assert names["p"].frame["aid"].sum() == 3.5
    assert "999" in names["p"].notes[0]
