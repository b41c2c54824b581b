"""What notebooks show as HTML never runs: every `_repr_html_` of the package, fed hostile names."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pkstats as pk
from pkstats.checks.finding import Finding, Findings
from pkstats.models.replications.refit import Replication
from pkstats.multiverse.leave_out import Influence
from pkstats.multiverse.permutation import Permutation
from pkstats.panel import Panel
from pkstats.registry.missions import mission
from pkstats.sources.report import Report
from pkstats.study.cases.compare import Comparison
from pkstats.study.claims.claim import Claim
from pkstats.study.claims.ledger.entries import ledger
from pkstats.study.readable import Readable

PACKAGE = Path(pk.__file__).parent
HOSTILE = "<img src=x onerror=alert(1)>"
QUOTED = f"\"'{HOSTILE}&amp;"
# What the package itself writes; anything else came from a name.
TAGS = {"p", "b", "br", "i", "em", "small", "code", "ul", "li", "table", "thead", "tbody", "tr"}
TAGS |= {"th", "td", "caption", "style"}


class Tags(HTMLParser):
    """Collect the tags of a page, and whether one of them runs something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.runs = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.runs |= any(name.startswith("on") for name, _ in attrs)


@lru_cache(maxsize=1)
def multiverse() -> pk.Multiverse:
    draw = np.random.default_rng(1)
    frame = pd.DataFrame({"t": draw.normal(size=60), "y": draw.normal(size=60)})
    frame["g"] = [f"{HOSTILE}{i % 12}" for i in range(60)]
    frame[HOSTILE] = draw.normal(size=60)
    query = f"`{HOSTILE}` < 100"
    return pk.multiverse(
        frame,
        ["y", f"Q('{HOSTILE}')"] if _quotes() else "y",
        "t",
        samples={HOSTILE: query, QUOTED: None},
        cluster="g",
        timing={"t": "before"},
    )


def _quotes() -> bool:
    try:
        pk.fit(f"y ~ Q('{HOSTILE}')", pd.DataFrame({"y": [1.0, 2, 4], HOSTILE: [1.0, 2, 3]}))
    except pk.errors.PkstatsError:
        return False
    return True


def panel() -> Panel:
    frame = pd.DataFrame({"mission_id": ["A"], HOSTILE: [np.nan], "x": [QUOTED]})
    return Panel(frame, "mission", frame, (HOSTILE,), (HOSTILE,), owed=(f"{HOSTILE}: x",))


def estimate() -> pk.models.Estimate:
    frame = pd.DataFrame({"y": np.arange(30.0) % 7, "k": [f"{HOSTILE}{i % 3}" for i in range(30)]})
    return pk.fit("y ~ C(k)", frame)


def report() -> Report:
    found = Report(HOSTILE, HOSTILE, 1)
    found.notes.append(HOSTILE)
    return found


def permutation() -> Permutation:
    joint = pd.DataFrame({HOSTILE: [HOSTILE]}, index=[HOSTILE])
    return Permutation(joint, joint, 1, 1)


def influence() -> Influence:
    return Influence(pd.DataFrame({"cluster": [HOSTILE], "median": [1.0]}), 1.0, 1)


def claim() -> Claim:
    book = ledger()
    entry = next(one for one in book.entries.values() if not one.testable)
    texts = {"wording": HOSTILE, "note": HOSTILE, "data_needed": (HOSTILE,)}
    return Claim(replace(entry, **texts), book, None)


MAKERS: dict[str, Callable[[], Any]] = {
    "Claim": claim,
    "Estimate": estimate,
    "Findings": lambda: Findings(
        (Finding(HOSTILE, "note", HOSTILE, HOSTILE),), {HOSTILE: f"{HOSTILE}="}
    ),
    "Influence": influence,
    "Mission": lambda: replace(mission("UNMISS"), name=HOSTILE, note=HOSTILE, exit=HOSTILE),
    "Multiverse": multiverse,
    "Panel": panel,
    "Permutation": permutation,
    "Readable": lambda: Readable(
        HOSTILE, pd.DataFrame({HOSTILE: [HOSTILE, f"a\n{HOSTILE}"], "x": ["", 1]}), HOSTILE
    ),
    "Report": report,
}
# Made of the library's own tables and texts alone, and shown through `Readable`.
OWN = {"Case", "Comparison", "Replication"}


def classes() -> set[str]:
    """Return the classes of the package that show themselves as HTML."""
    return {
        node.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        for part in node.body
        if isinstance(part, ast.FunctionDef) and part.name == "_repr_html_"
    }


def test_every_class_that_shows_itself_as_html_is_tried_here():
    assert classes() == {*MAKERS, *OWN}
    assert {item.__name__ for item in (Comparison, Replication)} < OWN


@pytest.mark.parametrize("name", MAKERS)
def test_names_never_become_tags(name):
    page = MAKERS[name]()._repr_html_()
    tags = Tags()
    tags.feed(page)
    assert tags.found <= TAGS and not tags.runs
    assert HOSTILE not in page and "&lt;img" in page


def test_one_helper_escapes_for_html():
    for path in PACKAGE.rglob("*.py"):
        if path.name != "text.py":
            text = path.read_text(encoding="utf-8")
            assert "from html import escape" not in text and "html.escape" not in text, path
