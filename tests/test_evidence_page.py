"""The evidence page names everything the project set out to answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pkstats as pk
from pkstats.study.cases.scope import entries
from pkstats.study.claims.ledger.entries import VERDICTS, ledger
from pkstats.study.pages.evidence import _stem, _toml, evidence_page
from pkstats.study.themes import dated_facts

# The page fits every claim and reads every case.
pytestmark = pytest.mark.slow
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


@pytest.fixture(scope="module")
def page() -> str:
    return evidence_page()


def section(page: str, title: str) -> str:
    return re.split(r"(?m)^## ", page.partition(f"## {title}\n")[2])[0]


def test_every_claim_has_a_verdict_and_a_place_of_its_own(page):
    for name in ledger().entries:
        assert re.search(rf"### {name}: ({'|'.join(VERDICTS)})\n", page)
        assert f"(claim-{name.lower()})=" in page


def test_every_dated_fact_stands_on_the_page(page):
    facts = dated_facts("T1", "T2", "T3", "L1")
    assert len(facts) and all(what in page for what in facts["what"])


def test_every_case_asks_its_question_says_what_was_reached_and_leads_to_its_notebook(page):
    rows = section(page, "Cases").splitlines()
    for entry in entries().values():
        if "question" in entry:
            row = next(row for row in rows if f"| {entry['question']} |" in row)
            assert f"(notebooks/{entry['notebook']}.ipynb)" in row
            assert "measure of success" in row or "measures of success" in row
            assert (NOTEBOOKS / f"{entry['notebook']}.ipynb").exists()


def test_every_type_shows_its_example_by_the_rule(page):
    text = section(page, "Operation types")
    for name in ("Traditional", "Multidimensional", "Robust"):
        assert re.search(rf"\| {name} \|.*in \d+ of \d+ years \|", text)


def test_every_success_measure_rests_on_measures_that_exist(page):
    known = {_stem(name) for name in pk.measures()["name"]}
    judged = {_stem(name) for name in ledger().polarity}
    text = section(page, "Success measures")
    for one in _toml("success.toml")["success"]:
        assert set(one["stems"]) <= known
        assert set(one.get("outcomes", [])) <= judged
        assert f"| {one['title']} | `{one['stems'][0]}`: " in text


def test_every_outcome_of_the_ledger_belongs_to_a_success_measure():
    listed = {
        stem
        for one in _toml("success.toml")["success"]
        for stem in (*one["stems"], *one.get("outcomes", []))
    }
    assert {_stem(name) for name in ledger().polarity} <= listed
