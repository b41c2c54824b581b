"""The page on how we know the numbers are right says what the fixtures and replications say."""

from __future__ import annotations

from pathlib import Path

import pytest

from pkstats.errors import UnreadableFile
from pkstats.models import checked
from pkstats.models.checked.page import FIXTURES

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "checked.md"


@pytest.fixture(scope="module")
def compared():
    return checked.compare(TESTS / "r")


@pytest.mark.parametrize("topic", checked.oracles()["oracles"])
def test_every_number_of_a_topic_agrees_with_r_within_its_tolerance(compared, topic):
    own = compared[compared["topic"] == topic]
    tolerance = checked.oracles()["oracles"][topic]["tolerance"]
    far = own[~(own["difference"] <= tolerance)]
    assert len(own) > 40 and far.empty, far.to_string()


def test_every_family_is_compared_with_its_classical_variance(compared):
    families = set(compared.loc[compared["vcov"] == "classical", "family"])
    assert families == {
        "ols", "logit", "probit", "firth", "ordered", "multinomial", "poisson", "negbin", "zinb",
        "hurdle", "cox", "mixed",
    }  # fmt: skip
    assert {"cr1", "cr2", "cr1, two-way", "hc0", "hc1", "hc2", "hc3"} <= set(compared["vcov"])


def test_a_number_that_is_off_would_be_seen(compared):
    table = checked.summary(compared)
    assert (table["largest"] <= table["tolerance"]).all()
    wrong = compared.assign(difference=compared["difference"].where(compared.index != 7, 1e-3))
    table = checked.summary(wrong)
    assert (table["largest"] > table["tolerance"]).sum() == 1


@pytest.mark.parametrize("entry", checked.oracles()["checks"], ids=lambda entry: entry["what"][:40])
def test_the_tests_a_check_names_exist(entry):
    for name in entry["tests"]:
        file, _, function = name.partition("::")
        assert f"def {function}(" in (TESTS / file).read_text(encoding="utf-8")


def test_the_page_is_what_the_generator_writes_on_any_machine():
    assert PAGE.read_text(encoding="utf-8") == checked.checked_page(FIXTURES)


def test_the_stored_replications_are_those_of_the_files(sources, source):
    source("replication")
    assert checked.replications(sources) == checked.page.STORED.read_text(encoding="utf-8")


def test_without_fixtures_the_page_says_what_is_missing(tmp_path):
    with pytest.raises(UnreadableFile, match="tests/r"):
        checked.checked_page(tmp_path)
