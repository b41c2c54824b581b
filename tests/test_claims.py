"""The claims ledger: what may stand in it, the rule at work, and what a reader gets."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkstats.errors import (
    BadData,
    BadModel,
    PkstatsError,
    UnknownColumn,
    UnknownName,
    UnreadableFile,
)
from pkstats.multiverse.grid import declare
from pkstats.study.claims.claim import claim, claims
from pkstats.study.claims.ledger import episodes
from pkstats.study.claims.ledger.entries import LEDGER, VERDICTS, ledger
from pkstats.study.claims.ledger.estimates import judged
from pkstats.study.claims.ledger.verdict import judge, stability, tally, weighted_quantile, weights

TEXT = LEDGER.read_text(encoding="utf-8")
RESOURCES_AND_NGOS = ["R1", "R2", "R3", "M1", "M2", "M3", "H1", "H2", "H3", "N1", "N2", "N3", "N4"]
OTHERS = ["V1", "D1", "D2", "C1", "C2", "C3", "S1", "P1", "P2", "X1", "T1", "T2", "T3", "L1", "L2"]
RULE = ledger().rule
HEAD = TEXT[: TEXT.index("[[claim]]")]


def one_claim(name: str) -> str:
    """Return the ledger's head with one claim alone."""
    blocks = re.split(r"(?m)^(?=\[\[claim\]\])", TEXT)
    block = next(part for part in blocks if f'\nid = "{name}"' in part)
    return HEAD + re.split(r"(?m)^# ", block)[0]


def specifications(effects, error=0.1, outcome="peace", unit="mission", clusters=50):
    """Return specifications on the standard scale with the claimed sign positive."""
    effects = np.asarray(effects, dtype="float64")
    errors = np.broadcast_to(error, effects.shape)
    frame = pd.DataFrame(
        {
            "estimate": effects,
            "std_error": errors,
            "conf_low": effects - 1.96 * errors,
            "conf_high": effects + 1.96 * errors,
            "p_corrected": 1.0,
            "sign": 1.0,
            "scale": 1.0,
            "n": 100,
            "clusters": clusters,
            "unit": unit,
            "outcome": outcome,
        }
    )
    return judged(frame, RULE)


def verdict(frame, steady=True):
    cells = {key: tally(part) for key, part in frame.groupby(["unit", "outcome"])}
    found = stability(pd.DataFrame(columns=["without"]), frame)
    return judge(tally(frame), replace(found, stable=steady), cells, RULE)


def test_every_claim_of_the_evidence_table_is_in_the_ledger():
    assert list(ledger().entries) == [*RESOURCES_AND_NGOS, *OTHERS]


def test_the_ledger_declares_more_than_twenty_thousand_specifications():
    sizes = [
        declare(
            list(grid.outcomes),
            list(grid.treatments),
            grid.controls,
            grid.samples,
            grid.families,
            list(grid.fixed_effects),
            grid.exclude,
        ).size
        for entry in ledger().entries.values()
        for grid in entry.grids
    ]
    assert sum(sizes) >= 20_000


def test_what_cannot_be_tested_says_which_data_it_would_take():
    for name in ("T1", "T2", "L1"):
        one = claim(name)
        assert one.verdict == "not testable"
        assert one.sentence.startswith("Not testable with public data. It would take:")
        assert one.frame.empty and one.by_outcome().empty
        with pytest.raises(BadModel, match=name):
            one.checks()


@pytest.mark.parametrize(
    ("effects", "error", "steady", "expected"),
    [
        ([0.4, 0.5, 0.6], 0.1, True, "supported"),
        ([0.4, 0.5, 0.6], 0.1, False, "partly supported"),
        ([0.4, 0.09, 0.05, 0.01], 0.05, True, "partly supported"),
        ([-0.4, -0.5, -0.6], 0.1, True, "contradicted"),
        ([-0.4, -0.5, -0.6], 0.1, False, "not supported"),
        ([0.01, 0.02, -0.01], 0.3, True, "underpowered"),
        ([0.01, 0.02, -0.01], 0.05, True, "not supported"),
        ([0.5, -0.5, 0.0, 0.0], 0.1, True, "not supported"),
        ([np.nan, np.nan], 0.1, True, "underpowered"),
    ],
)
def test_the_rule_gives_the_verdict(effects, error, steady, expected):
    assert verdict(specifications(effects, error), steady).verdict == expected


def test_a_claim_clear_for_some_outcomes_only_says_for_which():
    rest = [specifications([0.01] * 4, 0.05, name) for name in ("a", "b", "c")]
    found = verdict(pd.concat([specifications([0.5] * 4, 0.05, "peace"), *rest]))
    assert found.verdict == "partly supported"
    assert found.why == "supported by itself for peace"


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_turning_the_claim_round_turns_the_shares_round(effects):
    frame = specifications(effects)
    other = judged(frame.drop(columns=["effect", "side", "detectable"]).assign(sign=-1.0), RULE)
    here, there = tally(frame), tally(other)
    assert here.claimed == pytest.approx(there.opposite)
    assert here.opposite == pytest.approx(there.claimed)
    assert here.detectable == pytest.approx(there.detectable)


@given(st.integers(1, 40), st.integers(1, 40))
def test_each_outcome_counts_alike_however_many_specifications_it_has(one, other):
    frame = pd.concat(
        [specifications([0.5] * one, 0.1, "a"), specifications([0] * other, 0.1, "b")]
    )
    assert weights(frame).sum() == pytest.approx(1)
    assert tally(frame).claimed == pytest.approx(0.5)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=25))
def test_a_quantile_of_equal_weights_is_one_of_the_values(values):
    array = np.array(values)
    found = weighted_quantile(array, np.full(len(array), 1 / len(array)), 0.5)
    assert found in values
    assert (array <= found).mean() >= 0.5 > (array < found).mean()


def test_a_median_that_rests_on_one_family_is_not_stable():
    whole = specifications([0.2, 0.2])
    without = pd.DataFrame(
        {
            "without": ["Haiti", "Mali", "Haiti", "Mali"],
            "specification": ["1.0", "1.0", "1.1", "1.1"],
            "unit": "mission",
            "outcome": "peace",
            "effect": [0.21, 0.19, 0.22, 0.18],
            "whole": 0.2,
        }
    )
    assert stability(without, whole).stable
    turned = without.assign(effect=[0.21, -0.1, 0.22, -0.2])
    found = stability(turned, whole)
    assert not found.stable
    assert found.most_influential == "Mali"


def test_fewer_clusters_detect_less():
    assert (
        tally(specifications([0.1], clusters=5)).detectable
        > tally(specifications([0.1], clusters=200)).detectable
        == pytest.approx(0.28, abs=0.005)
    )


BROKEN = {
    "unknown measure": (
        '"violence_abatement", "civilian_abatement", "containment"]',
        '"violence_abatemant", "civilian_abatement", "containment"]',
        UnknownColumn,
        "Did you mean 'violence_abatement'",
    ),
    "unknown column in a control": (
        'any = ["log(population_lag1)",',
        'any = ["log(populaton_lag1)",',
        UnknownColumn,
        "population_lag1",
    ),
    "share above one": ("supported = 0.5 ", "supported = 1.5 ", BadData, "between 0 and 1"),
    "rule that nothing can meet": ("partly = 0.2 ", "partly = 0.7 ", BadData, "Lower partly"),
    "unknown key": ("wording =", "wordng =", BadData, "Did you mean 'wording'"),
    "direction": ("direction = 1 }", "direction = 0 }", BadData, "needs a direction"),
    "unknown family": ('family = "logit"', 'family = "logut"', BadModel, "logit"),
    "unknown sample": ('samples = ["all"', 'samples = ["al"', BadData, "Did you mean 'all'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_with_a_ledger_is_named_with_file_and_line(name, tmp_path):
    old, new, kind, words = BROKEN[name]
    text = one_claim("R1")
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(kind) as caught:
        ledger(path)
    message = str(caught.value)
    assert words in message
    line = int(re.match(r"mine\.toml, line (\d+):", message)[1])
    here = path.read_text(encoding="utf-8").splitlines()[line - 1]
    assert new.split()[0].strip('"[],') in here or "[[claim" in here or "term" in here


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text + text[len(HEAD) :], "twice"),
        (lambda text: re.sub(r"treatments = \[.*?\n\]\n", "", text, flags=re.S), "no treatments"),
        (lambda text: text.replace("[rule]", "[rules]"), r"\[rule\] is missing"),
        (lambda text: text + "\n[claim.rule]\nsupported = 0.3\n", "more strictly"),
        (lambda text: HEAD + '[[claim]]\nid = "A"\nwording = "x"\nsource = "y"\n', "data_needed"),
    ],
)
def test_an_impossible_ledger_is_refused(change, words, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(change(one_claim("P2")), encoding="utf-8")
    with pytest.raises(PkstatsError, match=words):
        ledger(path)


def test_a_ledger_that_is_no_toml_says_so(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[rule", encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"mine\.toml"):
        ledger(path)
    with pytest.raises(UnreadableFile, match="cannot be read"):
        ledger(tmp_path / "absent.toml")


def test_an_unknown_claim_names_those_there_are():
    with pytest.raises(UnknownName, match="It has: R1"):
        claim("Z9")


def test_a_ledger_of_ones_own_is_evaluated(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(one_claim("P2"), encoding="utf-8")
    table = claims(path, progress=False)
    row = table.iloc[0]
    assert row["claim"] == "P2" and row["verdict"] in VERDICTS
    assert row["n_max"] < 60 and row["clusters"] < RULE.few_clusters
    assert 0 <= row["share_claimed"] + row["share_opposite"] <= 1
    assert row["sentence"].endswith("Correlation only.")
    assert "intervals are too narrow" in row["sentence"]
    one = claim("p2", path)
    assert one.by_outcome()["specifications"].sum() == len(one.frame) == row["specifications"]
    assert (one.frame["detectable"] > 0).all()
    assert one.sentence in repr(one) and "<table" in one._repr_html_()
    assert len(one.influence()) > 5
    assert one.estimate().nobs <= row["n_max"]
    assert "contributors" in one.cite() or one.cite()


def test_an_estimate_of_the_ledger_is_what_fit_gives(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(one_claim("P2"), encoding="utf-8")
    one = claim("P2", path)
    row = one.frame[one.frame["flags"] == ""].iloc[0]
    fitted = one.multiverse(int(row["grid"])).estimate(int(row["specification"])).tidy()
    fitted = fitted.set_index("term").loc[row["treatment"]]
    assert row["estimate"] == pytest.approx(fitted["estimate"], rel=1e-6)
    assert row["effect"] == pytest.approx(fitted["estimate"] * row["scale"] * row["sign"], rel=1e-6)


def test_a_window_that_is_not_over_is_missing_even_when_conflict_is_back():
    assert episodes.active_between({2021}, 2020, 2022, known=2023) == 1
    assert episodes.active_between({2025}, 2020, 2022, known=2023) == 0
    assert np.isnan(episodes.active_between({2021}, 2020, 2024, known=2023))


def test_a_mission_older_than_the_conflict_does_not_watch_its_end():
    spells = {750: [(episodes.month_of(1949, 1), episodes.month_of(2025, 1))]}
    end = episodes.month_of(2000, 6)
    assert episodes.present(spells, 750, 1949, end, end) == 1
    assert episodes.present(spells, 750, 1956, end, end) == 0
    assert episodes.present(spells, 41, 1949, end, end) == 0


def test_months_are_counted_as_pandas_counts_them():
    assert episodes.month_of(2004, 6) == pd.Period("2004-06", "M").ordinal


def test_conflicts_calm_after_the_first_year_are_those_compared_later():
    frame = episodes.episodes()
    known = frame["renewed_later"].notna()
    assert (frame.loc[known, "renewed_later"] <= frame.loc[known, "renewed_5y"]).all()
    assert (frame["renewed_2y"] <= frame["renewed_5y"])[frame["renewed_5y"].notna()].all()
    assert set(episodes.EVENTS["conflict episode"].columns) <= set(frame)
    assert set(episodes.EVENTS["agreement"].columns) <= set(episodes.agreements())
