"""What stands around the package agrees with it: versions, targets, pins, the workflow."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import pkstats as pk

REPOSITORY = Path(__file__).parents[1]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
UNPINNED = {"bench", "cluster"}  # peers of a benchmark, and what a cluster has already
PAGES = [
    path.relative_to(REPOSITORY).as_posix()
    for path in (
        REPOSITORY / "README.md",
        REPOSITORY / "CONTRIBUTING.md",
        *REPOSITORY.glob("docs/*.md"),
        *REPOSITORY.glob(".github/**/*.md"),
        *REPOSITORY.glob(".github/**/*.yml"),
        REPOSITORY / ".pre-commit-config.yaml",
    )
]


def words(text: str) -> str:
    """Return the name of a distribution as the index spells it."""
    return re.sub(r"[-_.]+", "-", text).lower()


def test_the_version_is_the_same_wherever_it_is_written():
    citation = (REPOSITORY / "CITATION.cff").read_text(encoding="utf-8")
    assert PROJECT["project"]["version"] == pk.__version__
    assert re.findall(r"^version: (.*)$", citation, re.MULTILINE) == [pk.__version__]


@pytest.mark.parametrize("page", PAGES)
def test_every_target_a_page_names_exists(page):
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    named = re.findall(r"(?:`|run: |^)(?:PKSTATS_\w+=\S+ )?make ([a-z-]+)", text, re.MULTILINE)
    assert set(named) <= TARGETS


def test_every_target_says_what_it_does():
    described = set(re.findall(r"^([a-z-]+):.*## \w", MAKEFILE, re.MULTILINE))
    assert TARGETS - described == set()


def test_the_workflow_calls_targets_and_nothing_else():
    text = (REPOSITORY / ".github/workflows/test.yml").read_text(encoding="utf-8")
    commands = re.findall(r"run: (.*)", text)
    assert commands and all(re.fullmatch(r"make [a-z-]+", one) for one in commands)


def test_every_package_asked_for_is_pinned_and_no_address_is():
    pins = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert pins == sorted(pins, key=str.lower)
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    extras = PROJECT["project"]["optional-dependencies"]
    asked = list(PROJECT["project"]["dependencies"])
    asked += [one for name in set(extras) - UNPINNED for one in extras[name]]
    names = {words(re.match(r"[\w.-]+", one)[0]) for one in asked} - {"pkstats"}
    assert names - {words(pin.partition("==")[0]) for pin in pins} == set()
