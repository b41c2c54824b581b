"""What the data show on a theme: counts add up, rates are those of their parts, gaps stay gaps."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import pkstats as pk
from pkstats.study import themes
from pkstats.study.gallery.diplomacy import by_year


@pytest.fixture(scope="module")
def paths() -> pd.DataFrame:
    return themes.around_deployment()


def test_every_agreement_is_counted_once_by_year_and_by_mission():
    signed = pk.load("agreements")
    tables = by_year()
    assert tables["agreements_signed"].sum().sum() == len(signed)
    attempts = pk.load("mediation_years").query("1975 <= year <= 2009")
    # Attempts in a republic that was not a state yet have no state-year.
    attempts = attempts.merge(pk.load("states")[["state", "year"]], on=["state", "year"])
    assert tables["mediation_attempts"].sum().sum() == attempts["attempts"].sum()
    beside = themes.agreements_beside_missions()
    assert set(beside["agreement_id"]) == set(signed["agreement_id"])
    alone = beside[beside["mission_id"].isna()]
    assert not alone["agreement_id"].duplicated().any()
    assert not beside.duplicated(["agreement_id", "mission_id"]).any()
    table, saw = themes.agreements_by_decade(), themes.missions_beside_agreements()
    assert table.loc["all", "agreements"] == len(signed) == table["agreements"].sum() / 2
    assert table.loc["all", "any_mission"] == len(signed) - len(alone)
    assert (table["peacekeeping"] <= table["any_mission"]).all()
    assert saw["agreements"].sum() == beside["mission_id"].notna().sum()


def test_a_mission_beside_an_agreement_was_there_in_its_month():
    beside = themes.agreements_beside_missions()
    accra = beside[(beside["state"] == 450) & (beside["date"] == "2003-08-18")]
    assert "UNOMIL" not in set(accra["mission_id"]) and "ECOMIL" in set(accra["mission_id"])


def test_years_of_conflict_are_told_by_the_deaths_of_the_year_before():
    frame = themes.conflict_years(1992, 1995)
    violence = pk.load("violence").set_index(["state", "year"])
    deaths = violence["state_based_best"] + violence["one_sided_best"]
    before = deaths.loc[list(zip(frame["state"], frame["year"] - 1, strict=True))]
    assert before.min() >= 25
    rwanda = frame.query("state == 517").set_index("year")["mission"]
    assert rwanda[1992] == "there the year before"
    somalia = frame.query("state == 520").set_index("year")["mission"]
    assert somalia[1992] == "came in the year" and somalia[1993] == "there the year before"
    many = (deaths[deaths >= 25].reset_index()["year"] + 1).between(1992, 1995).sum()
    assert len(frame) == many


def test_rates_are_means_over_the_years_in_which_they_are_known():
    frame = pd.DataFrame(
        {
            "year": [2000, 2001, 2010],
            "state": [1, 1, 2],
            "mission": "no mission",
            "settlement": [1.0, 0.0, 0.0],
            "agreements_signed": [3.0, 0.0, 0.0],
            "mediation_attempts": [4.0, 0.0, np.nan],
        }
    )
    row = themes.rates(frame, "mission").loc["no mission"]
    assert row["state_years"] == 3 and row["states"] == 2 and row["agreements_a_year"] == 1
    assert row["years_mediation"] == 2 and row["attempts_a_year"] == 2


def test_danger_of_groups_is_that_of_their_missions():
    by_mission, by_type = themes.danger("mission_id"), themes.danger("mission_type")
    whole = themes.danger("mission_id", "mission_type")
    # Months without a coded mandate have a mission and no type.
    assert by_type["killed"].sum() == whole["killed"].sum() <= by_mission["killed"].sum()
    mali = by_mission.loc["MINUSMA"]
    # Police counted after the mission's end are not of its time.
    personnel = pk.load("personnel").query("mission_id == 'MINUSMA' and month <= '2023-12'")
    years = personnel["total"].sum() / 12
    assert mali["person_years"] == pytest.approx(years, abs=1)
    assert mali["per_10k"] == pytest.approx(1e4 * mali["killed"] / years)
    known = set(personnel["month"])
    deaths = pk.load("fatalities").query("mission_id == 'MINUSMA' and cause == 'malicious act'")
    assert mali["killed"] == deaths.loc[deaths["month"].isin(known), "deaths"].sum()


def test_state_years_with_missions_are_of_the_un_of_others_or_of_both():
    frame = themes.overlap()
    assert not frame.duplicated(["state", "year"]).any()
    assert (frame.loc[frame["who"] == "both", "missions"] >= 2).all()
    congo = frame.query("state == 490").set_index("year")["who"]
    assert congo[2003] == "both" and congo[2010] == "UN only"
    assert themes.starts_by_sponsor()["all"].sum() == len(pk.missions())


def test_paths_count_whom_they_rest_on_and_never_name_few(paths):
    assert (paths["n"] >= 5).all()
    assert (paths["low"] <= paths["median"]).all() and (paths["median"] <= paths["high"]).all()
    before = paths.query("measure == 'income' and since == -1")
    assert (before[["low", "median", "high"]] == 100).all(axis=None)
    chains = pk.missions().query("sponsor == 'UN' and kind == 'peacekeeping'")
    firsts = chains.sort_values("start").drop_duplicates("family")
    count = (pd.to_datetime(firsts["start"]).dt.year >= 1990).sum()
    assert paths.query("series == 'hosts of UN missions'")["n"].max() <= count


def test_conflicts_without_a_mission_had_none(paths):
    from pkstats.study.themes.around import CLEAR, _without

    starts = _without()
    where = themes.overlap()
    there = set(zip(where["state"], where["year"], strict=True))
    assert not starts["state"].duplicated().any()
    for state, start in zip(starts["state"], starts["start"], strict=True):
        assert not {(state, start + step) for step in CLEAR} & there


def test_reasons_for_missing_add_up_to_the_missions():
    table = themes.missing_by_horizon()
    chosen = pk.missions().query("sponsor == 'UN' and kind == 'peacekeeping'")
    assert (table.sum(axis=1) == len(chosen)).all()
    ongoing = (chosen["exit"] == "ongoing").sum()
    after = table[table.index.get_level_values("horizon") != "during"]
    assert (after["ongoing"] == ongoing).all()
    values = themes.by_horizon()
    for (stem, horizon), row in table.iterrows():
        assert values.at[stem, f"n {horizon}"] == row["known"]


def test_a_share_is_a_mean_and_anything_else_a_median():
    from pkstats.study.cases.data import stamp
    from pkstats.study.cases.scores import mission_scores

    chosen = pk.missions().query("sponsor == 'UN' and kind == 'peacekeeping'")["mission_id"]
    scores = mission_scores(stamp()).loc[chosen]
    values = themes.by_horizon("settlement", "income_growth")
    assert list(values.index) == ["settlement", "income_growth"]
    assert values.at["settlement", "5y"] == pytest.approx(scores["settlement_5y"].mean())
    assert values.at["income_growth", "10y"] == pytest.approx(scores["income_growth_10y"].median())


def test_missions_that_ended_late_are_too_recent():
    table = themes.windows(2024)
    assert table.at["MINUSMA", "10y"] == 2033 and "UNMIT" not in table.index
    assert pd.isna(table.at["UNFICYP", "2y"])


def test_dated_facts_name_what_was_read():
    facts = themes.dated_facts("T1", "T2", "T3", "L1")
    assert len(facts) > 10 and set(facts["claim"]) == {"T1", "T2"}
    assert facts["date"].str.fullmatch(r"(19|20)\d\d(-\d\d(-\d\d)?)?").all()
    assert (
        facts["source"].str.match(r"https?://|[AS]/").all() and (facts["coder"] == "pkstats").all()
    )
    assert set(facts["mission"]) - {""} <= set(pk.missions()["mission_id"])
    assert not re.search(r"S/2013/44\b|A/70/95", " ".join(facts["source"]))
    assert themes.what_it_would_take("T2").count("- ") == 2
