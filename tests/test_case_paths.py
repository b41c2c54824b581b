"""Figures of cases tell a path, say since when they go, and rest on the months they name."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pkstats as pk
from pkstats.study.cases.facts import heads
from pkstats.study.cases.numbers import BEYOND, path

# Whole cases; `test_case_page.py` has what the quick run sees of them.
pytestmark = pytest.mark.slow

NUMBERS = st.lists(st.integers(0, 10**7), min_size=2, max_size=12)


@given(NUMBERS)
def test_a_path_names_both_ends_and_whatever_lies_far_outside_them(values):
    series = pd.Series(values, index=range(1990, 1990 + len(values)), dtype="float64")
    last = int(series.index[-1])
    text = path(series, 1990, last)
    ends = sorted((values[0], values[-1]))
    assert f"({1990})" in text and f"({last})" in text
    assert ("a peak of" in text) == (max(values) > BEYOND * ends[1])
    assert ("a low of" in text) == (BEYOND * min(values) < ends[0])


def test_refugees_of_rwanda_are_told_with_their_peak():
    study = pk.case("UNAMIR")
    assert (
        "to a peak of 2,257,570 (1994) and 469,132 (1996)" in study.passages()["People and talks"]
    )
    assert "772,463 in 1994" in study.answer()
    assert "1994" in study.table("displacement").frame["year"].tolist()
    rows = pk.compare(["UNAMIR"]).rows("Flight").set_index("row")
    most = rows.loc["most refugees abroad from then to its last year"]
    assert most["value"] == 2_257_570 and most["text"].endswith("(1994)")


def test_a_greatest_strength_says_since_when_there_are_figures():
    study = pk.case("Cyprus")
    facts = study.facts.set_index("fact")
    assert facts.at["greatest uniformed strength known", "value"].endswith(
        "(figures begin in 1990-11)"
    )
    before = facts.loc["uniformed strength before the figures"]
    assert "6,411" in before["value"] and before["document"].startswith("S/5950")
    chain = study.table("chain").frame.set_index("mission")
    assert chain.at["UNFICYP", "most in uniform"] == "2,201 (1992; figures from 1990)"
    assert "highest since figures begin in 1990-11" in study.passages()["Strength and exit"]
    rows = pk.compare(["UNFICYP", "UNAMIR"]).rows("Resources").set_index(["row", "mission_id"])
    assert "(1990–" in rows.at[("most in uniform", "UNFICYP"), "text"]
    assert "(" not in rows.at[("most in uniform", "UNAMIR"), "text"]


def test_a_share_of_authorised_strength_says_its_years():
    study = pk.case("Mali")
    assert "66% of what was authorised in the 23 months with both (2013–2015)" in study.verdict()
    rows = (
        pk.compare(["UNMIL", "UNAMIR"]).rows("Resources").set_index(["row", "mission_id"])["text"]
    )
    assert rows["deployed of authorised, months with both", "UNMIL"].endswith("–2015)")
    assert "(" not in rows["deployed of authorised, months with both", "UNAMIR"]


@pytest.mark.parametrize(
    ("mission", "left_out", "kept"),
    [
        ("MINUSMA", ["Michael Lollesgaard", "David Gressly", "Joanne Adamson"], 3),
        ("UNMIK", ["Simona-Mirela Miculescu"], 10),
        ("UNMISS", [], 3),
    ],
)
def test_heads_of_mission_leave_out_deputies_envoys_and_force_commanders(mission, left_out, kept):
    leaders = pk.load("leaders").query("mission_id == @mission")
    found = heads(leaders)["name"]
    assert not set(left_out) & set(found)
    assert len(found) == kept


def test_deaths_of_personnel_are_deaths_and_no_months():
    fatalities = pk.load("fatalities")
    ours = fatalities[(fatalities["mission_id"] == "UNPROFOR") & (fatalities["month"] < "1996-01")]
    facts = pk.case("UNPROFOR").facts.set_index("fact")
    assert facts.at["deaths of personnel", "value"].startswith(f"{int(ours['deaths'].sum()):,}")
