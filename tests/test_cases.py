"""Case studies: one layout for all, every figure from the tables, gaps in words."""

from __future__ import annotations

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pkstats as pk
from pkstats.errors import PkstatsError, UnknownName
from pkstats.study.cases.case import MAKERS, Case, case, cases
from pkstats.study.cases.data import stamp
from pkstats.study.cases.scope import entries
from pkstats.study.cases.scores import cell, mission_scores, outcomes, place, readings, split
from pkstats.study.cases.tables import TABLES
from pkstats.study.cases.violence import FACTOR, HOSTS, MISSIONS, NONE, comparisons
from pkstats.study.readable import written
from pkstats.tables.coverage import last_whole_year

# Whole cases; `test_case_page.py` has what the quick run sees of them.
pytestmark = pytest.mark.slow

NAMED = [key for key, entry in entries().items() if "mission" in entry]
PARTS = [name for name in MAKERS if name != "facts"]
made: dict[str, Case] = {}


def of(label: str) -> Case:
    """Return a case, made once for all tests."""
    return made.setdefault(label, case(label))


@pytest.mark.parametrize("key", NAMED)
def test_every_named_case_has_every_part(key):
    study = of(key)
    for name in PARTS:
        frame = getattr(study, name)()
        assert isinstance(frame, pd.DataFrame)
        assert frame.columns.is_unique
        assert len(frame.columns) > 2
    assert len(study.violence()) or study.scope.between_states
    assert len(study.resources()) and len(study.scores())


@pytest.mark.parametrize("key", NAMED)
def test_every_fact_names_its_document(key):
    facts = of(key).facts
    assert list(facts) == ["fact", "value", "document"]
    assert facts.notna().all(axis=None)
    assert (facts["document"].str.len() > 3).all()


@pytest.mark.parametrize("key", NAMED)
def test_a_verdict_tells_of_association_and_never_of_effect(key):
    text = of(key).verdict()
    assert "nothing here says what the mission brought about" in text
    words = text.replace(",", " ").replace(";", " ").split()
    assert not {"nan", "<NA>", "None", "caused", "thanks", "led"} & set(words)
    assert "effect" not in text


@pytest.mark.parametrize("key", [*NAMED, "MIFH", "UNEF I", "UNMOGIP", "OSCE SMM"])
def test_a_verdict_says_each_thing_once_and_nothing_empty(key):
    said = of(key).passages()
    sentences = [part for text in said.values() for part in text.split(". ")]
    assert len(sentences) == len(set(sentences))
    for text in said.values():
        assert not re.search(
            r"from ([\d,]+) \(\d+\) to \1 |\b(\d{4})–\2\b|\b1 of the 1\b|\b1 months", text
        )


def test_a_first_sentence_takes_a_stance_only_where_there_is_a_label():
    assert "the numbers disagree with the essay, which names it a success" in of("mali").answer()
    assert "agree with the label of failure, this project's" in of("UNAMIR").answer()
    assert "essay" not in of("haiti").answer()
    assert (
        "conflict over government or territory there in 1 of the 60 years" in of("cyprus").answer()
    )


def test_a_mission_with_one_calendar_year_is_not_said_to_span_years():
    assert "UCDP lists conflict over government or territory there in 2004." in of("MIFH").verdict()
    assert "over the one month with a figure" in of("MIFH").verdict()


def test_an_agreement_of_the_year_before_arrival_is_not_passed_off_as_the_missions():
    assert "signed in its first or last calendar year, but not while" in of("UNAMIR").verdict()
    signed = of("UNAMIR").table("agreements").frame
    assert len(signed) and (signed["while it was there"] == "no").all()


@pytest.mark.parametrize("key", [*NAMED, "KFOR", "UNEF I"])
@pytest.mark.parametrize("name", TABLES)
def test_tables_to_read_hide_nothing_behind_dots(key, name):
    shown = of(key).table(name)
    html = shown._repr_html_()
    if name != "agreements":  # titles of publishers may have dots of their own
        assert "…" not in html and "..." not in html
    assert not re.search(r">(nan|NaN|None|&lt;NA&gt;|NaT)<", html)
    assert html.count("<tr>") == (len(shown.frame) + 1 if len(shown.frame) else 0)
    assert shown.title in repr(shown)


def test_an_exit_that_is_not_coded_says_so_beside_its_document():
    ended = of("haiti").table("chain").frame.set_index("mission")["how it ended"]
    assert ended["MICAH"].startswith("not coded, ")
    assert ended["UNMIH"] == "handed over, S/RES/1063 (1996)"


def test_yearly_strength_is_that_of_the_months():
    months = of("UNAMSIL").resources().query("role == 'main'").dropna(subset=["total"])
    months = months[months["month"].dt.year == 2002]
    row = of("UNAMSIL").table("strength").frame.set_index("years").loc["2002"]
    assert row["deployed (mean)"] == pytest.approx(months["total"].astype(float).mean())
    share = months["total"].sum() / months["total_authorised"].sum()
    assert row["deployed of authorised"] == f"{share:.0%}"


def test_a_list_that_ended_before_the_mission_gives_no_zero():
    assert "mediation attempts in civil wars (CWM):" not in of("mali").table("agreements").note
    assert "mediation attempts in civil wars (CWM): 1" in of("UNAMIR").table("agreements").note


def test_a_table_nobody_knows_gets_near_matches():
    with pytest.raises(UnknownName, match="Did you mean 'scores'"):
        of("mali").table("score")


@pytest.mark.parametrize(
    ("value", "words"),
    [(12552, "12,552"), (0.424, "0.42"), (3.14, "3.1"), (-0.5, "−0.50"), (0.0, "0"), (None, "–")],
)
def test_numbers_are_written_as_people_write_them(value, words):
    assert written(value) == words


def test_the_greatest_strength_of_a_mission_older_than_its_figures_says_so():
    facts = of("cyprus").facts.set_index("fact")["value"]
    assert "figures begin in 1990" in facts["greatest uniformed strength known"]
    assert "highest since figures begin in 1990-11: 2,201" in of("cyprus").verdict()
    assert "peak 12,552 in 2011-10" in of("haiti").verdict()


def test_a_place_and_its_mission_are_the_same_case():
    assert of("Mali").id == of("MINUSMA").id == "MINUSMA"
    assert of("east timor").title == of("UNTAET").title
    assert of("Mali").verdict() == of("MINUSMA").verdict()


def test_roles_in_a_chain_follow_from_dates_and_predecessors():
    roles = of("bosnia").chain.set_index("mission_id")["role"].to_dict()
    assert roles == {
        "UNPROFOR": "before",
        "IFOR": "before",
        "UNMIBH": "beside",
        "SFOR": "main",
        "EUPM": "beside",
        "EUFOR Althea": "after",
    }


def test_missions_of_soldiers_beside_it_in_the_same_conflict_belong_to_a_case():
    roles = of("mali").chain.set_index("mission_id")["role"].to_dict()
    beside = {"Operation Serval", "Operation Barkhane", "Task Force Takuba", "FC-G5S", "EUTM Mali"}
    assert beside <= {name for name, role in roles.items() if role == "beside"}
    assert roles["AFISMA"] == "before"
    assert set(of("untso").chain["mission_id"]) == {"UNTSO"}


def test_a_case_of_no_list_takes_its_theatre_and_what_it_grew_from():
    roles = of("UNMISS").chain.set_index("mission_id")["role"].to_dict()
    assert (roles["UNMIS"], roles["UNAMIS"], roles["CTSAMM"]) == ("before", "before", "beside")
    assert "UNISFA" not in roles


def test_any_mission_with_dates_is_a_case():
    study = of("KFOR")
    assert study.question == ""
    assert study.verdict()


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Malli", "'Mali'"),
        ("MINUSTA", "'MINUSTAH'"),
        ("failures", "UNAVEM II"),
        ("UNOHCI", "no panel has it"),
        ("UNSCO", "host state"),
        ("zzzz", "named cases"),
        (" ", "such as pkstats.case"),
    ],
)
def test_a_label_that_is_no_case_says_what_to_do(label, expected):
    with pytest.raises(UnknownName, match=expected) as caught:
        case(label)
    assert isinstance(caught.value, PkstatsError)


def test_cases_lists_the_named_ones_with_missions_the_registry_knows():
    known = set(pk.missions()["mission_id"])
    table = cases()
    assert set(table["mission_id"].dropna()) <= known
    for others in table["others"]:
        assert {name for name in others.split(", ") if name} <= known


def test_mali_sets_the_essay_beside_the_numbers():
    violence = pk.load("violence").query("state == 432").set_index("year")
    deaths = (violence["state_based_best"] + violence["one_sided_best"]).astype("float64")
    text = of("mali").verdict()
    assert "names it a success" in text
    assert "The numbers disagree with that label" in text
    assert f"{deaths[[2011, 2012]].mean():,.0f} in 2011–2012" in text
    assert f"{deaths.loc[2013:2023].mean():,.0f} while it was there (2013–2023)" in text
    assert "the host withdrew its consent in 2023" in text
    assert "An early look would have found less violence" in text


def test_a_label_the_numbers_agree_with_is_said_to_be_so():
    assert "The numbers agree with that label" in of("sierra leone").verdict()
    assert "The numbers agree with that label" in of("UNAMIR").verdict()


def test_what_an_ongoing_mission_leaves_behind_is_unknown_not_failed():
    scores = of("cyprus").scores()
    later = scores[scores["horizon"] != "during"]
    assert later["value"].isna().all()
    assert later["reached"].isna().all()
    assert later["status"].str.contains("ongoing").all()
    assert "Too few yes-or-no measures are known" in of("cyprus").verdict()


@pytest.mark.parametrize(
    ("key", "part", "words"),
    [
        ("cyprus", "violence", "start in 1989; UNFICYP began in 1964"),
        ("mali", "resources", "end in 2015; MINUSMA ended in 2023"),
        ("somalia", "safety", "dead of its own missions only"),
        ("somalia", "timeline", "No mandate of AMISOM is coded"),
        ("east timor", "violence", "East Timor (listed from 2002)"),
        ("haiti", "violence", "No conflicts without a mission"),
        ("UNAMIR", "humanitarian", "after UNAMIR ended (1996)"),
    ],
)
def test_a_panel_says_where_its_data_stop(key, part, words):
    gaps = of(key).gaps()
    assert gaps.loc[gaps["part"] == part, "note"].str.contains(words, regex=False).any()


@pytest.mark.parametrize("key", ["mali", "somalia", "UNMISS"])
def test_an_agreement_seen_counts_though_the_list_ends_before_the_mission(key):
    study = of(key)
    found = study.scores().set_index("measure").loc["settlement_during"]
    signed = study.diplomacy().query("kind == 'agreement' and deployed")
    assert len(signed)
    assert found["reached"]
    assert "list ends" in found["status"]
    assert "ends in 2021, before the mission did" in study.verdict()
    assert np.isnan(mission_scores(stamp()).loc[study.id, "settlement_during"])


@pytest.mark.parametrize("key", ["cyprus", "ATMIS", "BINUH"])
def test_no_agreement_on_a_list_that_ends_too_soon_is_not_none(key):
    found = of(key).scores().set_index("measure").loc["settlement_during"]
    assert pd.isna(found["value"])
    assert pd.isna(found["reached"])


def test_deaths_of_hosts_not_yet_counted_as_states_are_no_zeros():
    frame = of("UNPROFOR").violence()
    assert frame.loc[frame["series"] == HOSTS, "year"].min() == 1992
    assert "1991" not in of("UNPROFOR").table("violence").frame["years"].tolist()
    assert of("UNISFA").violence().empty  # there for a dispute between states


@pytest.mark.parametrize("part", ["displacement", "humanitarian", "governance", "violence"])
def test_figures_by_year_end_with_the_last_whole_year(part):
    assert getattr(of("mali"), part)()["year"].max() <= last_whole_year()


def test_a_worst_year_seen_by_halves_is_named_beside():
    text = of("sierra leone").passages()["Deaths"]
    assert "most deaths was 2000 with 856 (1999, with 4,493, saw it for less than half" in text


def test_an_answer_takes_up_what_its_question_asks():
    assert (
        "electoral democracy rose while it was there and in the five years after"
        in of("east timor").answer()
    )
    assert "East Timor as a state of its own from 2002" in of("east timor").answer()
    assert "our sources list no talks or agreements there" in of("cyprus").answer()
    assert "electoral democracy did not rise while it was there" in of("somalia").answer()


def test_what_an_ongoing_mission_has_not_reached_is_not_missed():
    text = of("MINUSCA").passages()["Measures of success"]
    assert "falls short of 2" in text
    assert "missed" not in text


def test_refugees_are_told_from_the_year_before_like_the_measure_of_them():
    study = of("UNOSOM II")
    text = study.passages()["People and talks"]
    refugees = pk.load("displacement").query("state == 520").set_index("year")["refugees"]
    low = f"a low of {refugees[1993]:,} (1993)"
    assert f"went from {refugees[1992]:,} (1992) to {low} and {refugees[1995]:,} (1995)" in text
    assert study.tally().set_index("measure").loc["refugees_fell_during", "reached"]
    assert "from 0 (2011)" not in of("UNMISS").verdict()


def test_a_mandate_still_in_force_has_no_end():
    assert not of("UNTSO").gaps()["note"].str.contains("Coded mandates").any()


def test_a_tie_is_marked_and_counts_as_the_middle_of_its_places():
    row = {"value": 0.0, "status": "known", "reached": pd.NA, "rank": 3, "tied": 2, "n": 5}
    assert cell(row) == ("=3/5", 0.25)
    assert cell(row | {"tied": 0, "n": 4}) == ("3/4", 1 / 3)


def test_no_list_of_deaths_is_not_a_list_of_zeros():
    frame = of("somalia").safety()
    assert frame.empty
    assert list(frame) == ["year", "cause", "deaths", "strength"]


def test_a_host_that_was_part_of_another_state_has_no_zero_agreements():
    row = of("east timor").scores().set_index("measure").loc["settlement_during"]
    assert pd.isna(row["value"]) and pd.isna(row["reached"])
    assert "2002" in row["status"]


def test_deaths_of_personnel_add_up_to_the_list():
    total = pk.load("fatalities").query("mission_id == 'MINUSTAH'")
    months = total["month"].dt.year.between(2004, 2017)
    assert of("haiti").safety()["deaths"].sum() == total.loc[months, "deaths"].sum()


def test_strength_stays_within_the_missions_own_dates():
    frame = of("mali").resources()
    main = frame[frame["role"] == "main"]
    assert main["month"].min() >= pd.Period("2013-04", "M")
    assert main["month"].max() <= pd.Period("2023-12", "M")
    known = main["total_authorised"].notna()
    assert main.loc[~known, "shortfall"].isna().all()


def test_the_timeline_is_in_order_and_mandates_name_their_resolution():
    frame = of("haiti").timeline()
    assert frame["date"].is_monotonic_increasing
    mandates = frame[frame["kind"] == "mandate"]
    assert mandates["document"].str.startswith("S/RES/").all()
    assert set(mandates["mission_id"]) <= set(of("haiti").chain["mission_id"])


def test_comparison_missions_are_of_other_families_and_states_of_their_own():
    study = of("mali")
    families = pk.load("missions").set_index("mission_id")["family"]
    paths = comparisons(study.scope)
    assert "Mali" not in set(families[paths[MISSIONS].index])
    assert not set(study.scope.hosts) & set(paths[NONE].index)


@pytest.mark.parametrize("key", ["mali", "somalia", "sierra leone", "UNAVEM II"])
def test_conflicts_without_a_mission_are_of_like_size_and_stay_without(key):
    study = of(key)
    paths = comparisons(study.scope)[NONE]
    hosts = study.violence().query("series == @HOSTS and type != 'non_state'")
    before = hosts[hosts["since"].isin([-2, -1])]["deaths"].sum() / 2
    ratio = paths[[-2, -1]].mean(axis=1) / before
    assert len(paths) >= 5
    assert ratio.between(1 / FACTOR - 1e-9, FACTOR + 1e-9).all()
    assert paths[list(range(-2, 6))].notna().all(axis=None)


def test_comparison_bands_hold_their_median():
    frame = of("mali").violence()
    bands = frame[frame["series"] != HOSTS]
    assert (bands["low"] <= bands["deaths"]).all() and (bands["deaths"] <= bands["high"]).all()
    assert (bands["n"] >= 5).all()


def test_ranks_count_the_missions_that_did_better():
    every = mission_scores(stamp())
    scores = of("UNAMSIL").scores().set_index("measure")
    for measure, ahead in (("violence_reduction_during", "gt"), ("aid_workers_killed_2y", "lt")):
        values = every[measure].dropna()
        better = getattr(values, ahead)(values["UNAMSIL"]).sum()
        assert scores.at[measure, "rank"] == better + 1
        assert scores.at[measure, "n"] == len(values)


def test_peace_that_still_holds_is_censored_and_has_no_rank():
    row = of("sierra leone").scores().set_index("measure").loc["peace_years"]
    assert "right-censored" in row["status"]
    assert pd.isna(row["rank"])


def test_readings_are_of_measures_that_exist():
    stems = {split(name)[0] for name in outcomes()}
    assert set(readings()) <= stems


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=30), st.data())
def test_a_place_mirrors_when_the_direction_turns(values, data):
    series = pd.Series(values, dtype="float64")
    value = data.draw(st.sampled_from(values))
    high, low = place(value, series, "higher"), place(-value, -series, "lower")
    assert high == low
    assert 1 <= high["rank"] <= len(values) - high["tied"]
    assert 0 <= high["better_than"] <= 1
    if value == max(values):
        assert high["rank"] == 1


def test_asking_twice_gives_the_same_and_a_change_to_a_part_stays_outside():
    study = of("mali")
    frame = study.violence()
    frame["deaths"] = np.nan
    assert study.violence()["deaths"].notna().any()


def test_a_case_shows_its_verdict_in_text_and_notebook():
    study = of("haiti")
    assert study.passages()["Deaths"] in repr(study).replace("\n  ", " ")
    assert study.question in study._repr_html_()
    assert pk.cite(study) == study.cite()
    assert "UNHCR" in study.cite()


def test_a_timeline_hatches_the_years_no_list_covers():
    figure = of("mali").plot()
    lanes = next(axes for axes in figure.axes if axes.get_title(loc="left") == "Timeline")
    hatched = [bar for bar in lanes.patches if bar.get_hatch()]
    assert {round(bar.get_x()) for bar in hatched} == {2022, 2024}
    ongoing = max(bar.get_x() + bar.get_width() for bar in lanes.patches if not bar.get_hatch())
    assert ongoing < 2025.6
    plt.close(figure)


@pytest.mark.parametrize("label", ["UNTSO", "AUSSOM"])
def test_a_page_has_all_panels_and_words_where_there_are_no_data(label):
    figure = of(label).plot()
    said = [axes.get_title(loc="left") for axes in figure.axes]
    said += [text.get_text() for axes in figure.axes for text in axes.texts]
    words = " ".join(said).replace("\n", " ")
    for title in ("Timeline", "Strength", "Violence", "Displacement", "Humanitarian", "Deaths"):
        assert title in words
    for axes in figure.axes:
        assert axes.has_data() or axes.texts
    note = of(label).gaps().query("part == 'resources'")["note"].iloc[0]
    assert note in words
    assert "Verdict, by rule" in {text.get_text() for text in figure.texts}
    plt.close(figure)


def test_drawing_a_page_twice_gives_the_same_bytes(tmp_path):
    from pkstats.style.theme import save, theme

    drawn = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        figure = case("UNAMIR").plot()
        with theme():
            paths = save(figure, tmp_path / name, "case", "UNAMIR", "A case on one page.")
            drawn.append([path.read_bytes() for path in paths])
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("key", ["UNAMIR", "UNPROFOR", "UNOSOM II", "UNAVEM II"])
def test_no_failure_is_the_essays_word(key):
    study = of(key)
    assert study.passages()["The label"].startswith("This project chose it")
    assert "names no failed mission" in study.verdict()
    assert "essay, which names it" not in study.answer()
    named = cases().set_index("mission_id").loc[study.id]
    assert named["label"] == "failure" and named["label_by"] == "pkstats"
    assert pd.isna(named["essay"])


def test_the_hosts_of_a_year_are_those_of_panels():
    study = of("UNPROFOR").scope
    croatia, bosnia, macedonia = 344, 346, 343
    assert set(study.shares(1993)) == {croatia, bosnia, macedonia}
    assert study.shares(1993)[macedonia] == pytest.approx(0.03)
    assert study.shares(1996) == {bosnia: 1.0}
    assert "2001" not in of("UNPROFOR").answer()
    assert "Macedonia" not in of("UNPROFOR").passages()["Measures of success"]
    frame = pk.panel("mission").derive("peace_failed").frame.set_index("mission_id")
    assert frame.at["UNPROFOR", "peace_failed"] == 0


def test_a_mandate_amended_from_its_text_says_what_the_source_has():
    spells = pk.load("mandates").query("mission_id == 'UNAMIR'").set_index("from")
    spell = spells.loc[pd.Period("1994-05")]
    assert spell["prociv"]
    assert "S/RES/918 (1994), paragraph 3(a)" in spell["note"] and "has 0" in spell["note"]
    assert not spells.loc[pd.Period("1993-10"), "prociv"]
    frame = pk.panel("mission").derive("protection_of_civilians").frame.set_index("mission_id")
    assert frame.at["UNAMIR", "protection_of_civilians"] == 1
    facts = of("UNAMIR").facts.set_index("fact")
    assert "S/RES/918 (1994)" in facts.at["mandate amended from its text", "value"]


def test_whole_state_deaths_are_none_of_observers_of_a_dispute_between_states():
    study = of("UNTSO")
    assert study.scope.between_states and study.violence().empty
    assert study.passages()["Deaths"].startswith("It is there for a dispute between states")
    scored = study.scores().set_index("measure")
    assert pd.isna(scored.at["deaths", "value"]) and pd.isna(
        scored.at["settlement_during", "value"]
    )
    assert not of("UNPROFOR").scope.between_states
    assert "Macedonia" not in of("UNPROFOR").passages()["Deaths"]
