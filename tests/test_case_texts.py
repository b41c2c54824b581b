"""What the sentences and tables of a case say: spans by their days, rules beside the words."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

import pkstats as pk
from pkstats.measures.composites import CONFLICT
from pkstats.study.cases.case import Case, case
from pkstats.study.cases.scope import entries
from pkstats.study.cases.scores import OUTSIDE
from pkstats.study.cases.spans import fell_before, renewed

# Whole cases; `test_case_page.py` has what the quick run sees of them.
pytestmark = pytest.mark.slow

NAMED = [key for key, entry in entries().items() if "mission" in entry]
of = cache(case)


def settlement(study: Case) -> pd.Series:
    """Return the row of the measure of agreements while the mission was there."""
    return study.scores().set_index("measure").loc["settlement_during"]


@pytest.mark.parametrize("key", [*NAMED, "UNMIL", "ONUMOZ", "UNOSOM I"])
def test_an_agreement_counts_only_when_signed_while_the_mission_was_there(key):
    found = settlement(of(key))
    signed = of(key).diplomacy().query("kind == 'agreement' and deployed")
    if pd.notna(found["reached"]):
        assert found["reached"] == bool(len(signed))


def test_an_agreement_of_the_same_year_but_another_day_is_not_the_missions():
    study = of("UNAMIR")
    assert settlement(study)["status"] == OUTSIDE
    assert "no peace agreement was signed" in study.passages()["Measures of success"]
    years = study.diplomacy().query("kind == 'agreement'")["date"].dt.year
    assert years.isin([1993]).any()


def test_the_agreement_a_mission_came_after_is_named():
    assert "the Dayton Agreement) of 1995-12-14" in of("bosnia").answer()
    assert "came after the Lomé Peace Agreement of 1999-07-07" in of("UNAMSIL").answer()
    assert "came with the Bicesse Agreement of 1991-05-31" in of("UNAVEM II").answer()
    # That of 1993 on Somalia had ended long before AMISOM; those on Rwanda ask for no mission.
    assert not any("peacekeeping operation" in of(key).answer() for key in ("somalia", "UNAMIR"))


def test_a_day_known_to_the_month_only_counts_for_the_whole_month():
    study = of("UNOSOM I")
    assert study.scope.mission.end_precision == "month"
    signed = study.diplomacy().query("kind == 'agreement' and deployed")
    assert (signed["date"] > pd.Timestamp(study.scope.mission.end)).any()


def test_a_fall_that_was_over_when_the_mission_came_is_said_to_be_so():
    study = of("bosnia")
    assert fell_before(study.numbers())
    assert "Most of the fall came before it" in study.passages()["Deaths"]
    assert "IFOR and UNMIBH were there" in study.passages()["Deaths"]
    assert "most of that fall came before it" in study.passages()["Beside others"]
    assert "most of the fall in deaths came before it began" in study.answer()
    others = [key for key in NAMED if key != "bosnia"]
    assert not any(fell_before(of(key).numbers()) for key in others)


def test_deaths_of_a_first_year_that_outweigh_the_others_are_named():
    text = of("sierra leone").passages()["Deaths"]
    deaths = of("sierra leone").numbers().during
    assert f"Of the {deaths.sum():,.0f} deaths of its years {deaths[1999]:,.0f} are" in text


@pytest.mark.parametrize("key", ["haiti", "UNPROFOR", "mali", "UNAMSIL"])
def test_the_year_that_broke_the_peace_is_that_of_the_table(key):
    study = of(key)
    violence = pk.load("violence")
    hosts = violence["state"].isin(study.scope.shares(study.scope.last + 1))
    deaths = violence[hosts & (violence["year"] > study.scope.last)]
    battle = deaths.groupby("year")["state_based_best"].sum()
    broken = battle[battle >= CONFLICT]
    found = renewed(study.scope)
    assert ("in battle" in found) == bool(len(broken))
    if len(broken):
        assert found["in battle"][0] == broken.index[0]
        assert f"in battle in {broken.index[0]}" in study.passages()["Measures of success"]


@pytest.mark.parametrize("key", NAMED)
def test_figures_not_known_are_those_of_the_table(key):
    words = of(key).table("scores").frame.drop(columns="measure").to_numpy().ravel().tolist()
    shown = [word for word in words if word]
    unknown = sum(word in ("–", "later") for word in shown)
    text = of(key).passages()["Least sure"]
    if unknown:
        assert text.startswith(f"{unknown} of the {len(shown)} figures in the table")


def test_the_years_a_change_of_democracy_starts_from_are_shown():
    study = of("east timor")
    index = study.governance().set_index("year")["polyarchy"].astype("float64")
    value = study.scores().set_index("measure").loc["democracy_change_during", "value"]
    assert value == pytest.approx(index.loc[1999:2002].mean() - index.loc[1997:1998].mean())
    assert f"electoral democracy was {value:.2f} of 1 higher" in study.verdict()
    assert "1998" in study.table("governance").frame["year"].tolist()


@pytest.mark.parametrize(
    ("key", "verb", "mean"),
    [
        ("ECOMIG", "to a peak of", "no fewer"),
        ("UNAMID", "to a low of", "fewer"),
        ("UNMIL", "", ""),
    ],
)
def test_refugees_that_fell_at_the_ends_but_not_in_the_mean_are_said_to(key, verb, mean):
    study = of(key)
    text = study.passages()["People and talks"]
    value = study.scores().set_index("measure").loc["refugees_fell_during", "value"]
    if verb:
        assert "Refugees went from" in text and verb in text and f"they were {mean} than" in text
        assert value == (mean == "fewer")
    else:
        assert "in the mean of its years they were" not in text


def test_no_year_of_most_deaths_where_nobody_died():
    row = pk.compare(["UNMISET", "UNAMIR"]).frame.set_index(["row", "mission_id"])["text"]
    label = "deployed of authorised in the year with most deaths"
    assert row[label, "UNMISET"] == "–"
    assert row[label, "UNAMIR"].endswith("(1994)")


def test_a_span_that_is_not_over_is_not_said_to_lack_data():
    status = of("cyprus").scores().set_index("measure")["status"]
    assert "not over" in status["democracy_change_during"]
    assert status["income_growth_during"] == "needs 2025; context ends in 2019"
    assert "starts in 1989" in status["violence_abatement_during"]


def test_a_low_first_figure_of_the_authorised_is_named():
    assert "760 authorised in 1999-10 and 10,790 in 1999-11" in of("UNTAET").table("strength").note
    assert "first, low, figure" not in of("UNAVEM II").table("strength").note


@pytest.mark.parametrize("key", NAMED)
def test_limits_say_each_thing_once(key):
    assert of(key).table("limits").frame["where the data stop"].is_unique


@pytest.mark.parametrize("key", ["untso", "east timor", "mali"])
def test_sources_hold_those_of_the_facts(key):
    assert "leaders" in of(key).sources
    for document in of(key).facts["document"]:
        if "https://doi.org" in document:
            assert document.partition(" (")[0] in of(key).cite()


def test_a_comparison_owes_the_sources_of_its_measures():
    assert "pact" in pk.compare(["UNAMIR", "SFOR"]).sources


def test_mandates_are_listed_where_tasks_change():
    rows = of("mali").table("mandates").frame["what it asks"]
    same = rows.str.partition(";")[0].eq(rows.str.partition(";")[0].shift())
    assert (rows[same].str.contains("adds: |drops: ")).all()
