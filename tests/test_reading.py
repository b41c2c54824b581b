"""What a notebook says around its claims follows from their numbers."""

from __future__ import annotations

import pandas as pd
import pytest
from test_claims import one_claim

import pkstats as pk
from pkstats.errors import UnknownName
from pkstats.study import answer, influential, limits, sources, verdicts
from pkstats.study.claims import tables as claim_tables
from pkstats.study.claims.claim import Claim, claim
from pkstats.study.claims.ledger.verdict import influence
from pkstats.study.claims.reading import bullets, listed
from pkstats.study.claims.tables import left_out_table, verdict_table
from pkstats.study.readable import share, size
from pkstats.study.words import words


@pytest.fixture(scope="module")
def diversity(tmp_path_factory) -> Claim:
    path = tmp_path_factory.mktemp("ledger") / "mine.toml"
    path.write_text(one_claim("P2"), encoding="utf-8")
    return claim("P2", path)


def test_an_answer_has_three_sentences_and_names_what_could_have_been_found(diversity):
    text = answer(diversity)
    tally = diversity.result.tally
    assert diversity.verdict in text and f"{tally.detectable:.2f} standard deviations" in text
    assert f"{tally.claimed:.0%} for P2" in text
    assert text.rstrip(".").count(". ") == 2
    assert "not effect" in text


def test_an_answer_names_only_underpowered_claims_as_silent(diversity, monkeypatch):
    assert "finding little for P2" in answer(diversity)
    monkeypatch.setattr(Claim, "verdict", "partly supported")
    text = answer(diversity)
    assert "partly supported" in text and "finding little" not in text


def test_an_answer_without_data_says_so(diversity):
    text = answer("T1", "T2")
    assert "not testable" in text and "No public data measure it" in text
    assert verdicts("T1").loc["T1", "verdict"] == "not testable"
    beside = verdicts("T1", diversity)
    assert pd.isna(beside.loc["T1", "rows"])
    assert str(beside.loc["P2", "rows"]) == str(diversity.result.tally.n_min)
    assert influential("T1").empty and pk.claim("T1").coverage().empty


def test_limits_name_what_is_seldom_known_with_its_years(diversity):
    coverage = diversity.coverage()
    best = coverage.loc[coverage["rows"].idxmax()]
    line = next(one for one in limits(diversity).splitlines() if words(best["treatment"]) in one)
    assert f"{best['rows']} rows" in line and f"{best['first']} to {best['last']}" in line
    assert str(best["clusters"]) in line
    assert limits(diversity, also=["Mine."]).endswith("- Mine.")
    assert "Ongoing missions" in limits(diversity)


def test_limits_count_clusters_where_there_is_an_estimate(diversity, monkeypatch):
    without = diversity.frame.head(1).assign(clusters=0, side=float("nan"))
    frame = pd.concat([diversity.frame, without], ignore_index=True)
    monkeypatch.setattr(Claim, "frame", property(lambda self: frame))
    assert f"P2 on {diversity.result.tally.clusters_min} mission families" in limits(diversity)


def test_coverage_counts_the_rows_a_specification_can_have(diversity):
    coverage = diversity.coverage().set_index(["outcome", "treatment"])["rows"]
    for one in diversity.frame.itertuples():
        column = one.treatment.removeprefix("standardize(").removesuffix(")")
        assert one.n <= coverage[one.outcome, column]


def test_influence_is_told_in_one_way(diversity):
    table = influential(diversity, top=2)
    found = diversity.influence()
    assert list(table["without"]) == list(found["without"].head(2))
    assert diversity.result.stability.most_influential == found["without"].iloc[0]
    assert diversity.result.stability.stable == (not found["turns"].any())


def test_clusters_that_turn_the_sign_come_first():
    without = pd.DataFrame(
        {
            "without": ["Haiti", "Mali", "Haiti", "Mali"],
            "specification": ["1.0", "1.0", "1.1", "1.1"],
            "unit": "mission",
            "outcome": "peace",
            "effect": [0.9, -0.01, 0.9, -0.01],
            "whole": 0.1,
        }
    )
    found = influence(without, 0.1)
    assert list(found["without"]) == ["Mali", "Haiti"]
    assert list(found["turns"]) == [True, False]
    assert found["shift"].tolist() == pytest.approx([-0.11, 0.8])


def test_sources_are_those_of_claims_and_tables_each_once(diversity):
    lines = sources(diversity, "contributors", "contributors").splitlines()
    assert set(lines) == {f"- {line}" for line in diversity.cite().splitlines()}


def test_prose_is_a_list_without_repeats_that_a_notebook_renders():
    text = bullets(["one", "", "two", "one"])
    assert text == "- one\n- two" == text._repr_markdown_()
    assert listed(["a"]) == "a" and listed(["a", "b", "c"]) == "a, b and c"


def test_unknown_figures_and_claims_name_those_there_are():
    with pytest.raises(UnknownName, match="Figures are"):
        pk.figure("strenght")
    with pytest.raises(UnknownName, match="R1"):
        answer("Z9")


def test_tables_to_read_say_what_the_numbers_say(diversity):
    shown, numbers = verdict_table("T1", diversity), verdicts("T1", diversity)
    untested, tested = shown.frame.set_index("claim").loc[["T1", "P2"]].to_dict("records")
    assert set(untested.values()) == {"not testable", "–"}
    assert tested["claimed side"] == f"{numbers.loc['P2', 'claimed']:.0%}"
    assert tested["rows"] == f"{numbers.loc['P2', 'rows']:,}"
    association = float(tested["association"].replace("−", "-"))
    assert association == pytest.approx(numbers.loc["P2", "association"], abs=0.005)
    assert all(f"{name}:" in shown.note or f"{name}," in shown.note for name in shown.right[1:])
    assert shown.note in shown._repr_html_()
    left_out = left_out_table(diversity, top=2).frame
    assert list(left_out["left out"]) == list(influential(diversity, top=2)["without"])


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0%"),
        (0.0004, "under 1%"),
        (0.9996, "over 99%"),
        (1.0, "100%"),
        (0.1042, "10.4%"),
        (0.1, "10%"),
        (0.4961, "49.6%"),
        (0.23, "23%"),
    ],
)
def test_a_share_is_never_rounded_onto_a_threshold_it_misses(value, written):
    assert share(value, [0.5, 0.05, 0.2, 0.1]) == written


def test_a_size_is_never_rounded_onto_a_threshold_it_misses():
    assert [size(value, [0.2]) for value in (0.2012, 0.2, 0.31)] == ["0.201", "0.20", "0.31"]


def test_a_change_of_sign_can_be_seen_at_the_digits_shown(monkeypatch):
    found = pd.DataFrame(
        {"claim": "X", "association": [-0.078, 0.2], "without": ["A", "B"], "median": [0.004, 0.1]}
    ).assign(shift=0.03, turns=[True, False])
    monkeypatch.setattr(claim_tables, "influential", lambda *names, top: found)
    shown = left_out_table("X").frame
    assert list(shown["without it"]) == ["+0.004", "+0.10"]
