"""Separated logits and probits of a grid: on the rows that Stata's rule leaves, their variance kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pkstats as pk
from pkstats.multiverse.perfect import predicted


@pytest.fixture
def onsets(source) -> pd.DataFrame:
    frame = pd.read_csv(source("replication/fearon_laitin2003/fearon_laitin_03.csv"))
    # One onset is miscoded 4.
    return frame.assign(onset=(frame["onset"] > 0).astype(int))


@pytest.mark.slow
@pytest.mark.parametrize("family", ["logit", "probit"])
def test_years_without_an_onset_go_as_in_stata(onsets, family):
    call = {"family": family, "fixed_effects": ["year"], "cluster": "ccode"}
    m = pk.multiverse(onsets, "onset", "gdpenl", **call)
    row = m.frame.iloc[0]
    assert row["flags"] == "separated: rows left out"
    assert (row["fitted"], row["vcov"], row["n"], row["clusters"]) == (family, "cr1", 5479, 156)
    assert "separate" in row["why"] and "894 of 6,373 rows" in row["why"]
    if family == "logit":
        # What the rule gives, to the digits that a table prints.
        assert row["estimate"] == pytest.approx(-0.320, abs=5e-4)
        assert row["std_error"] == pytest.approx(0.070, abs=5e-4)
    known = onsets.dropna(subset=["onset", "gdpenl"])
    known = known[known.groupby("year")["onset"].transform("max") > 0]
    alone = pk.fit("onset ~ C(year) + gdpenl", known, family=family, cluster="ccode")
    for name in ("estimate", "std_error", "p_value", "conf_low"):
        assert row[name] == pytest.approx(alone.tidy()[name].iloc[-1], rel=1e-8)
    assert m.estimate(0).nobs == 5479
    found = m.summary().loc["all"]
    assert (found["rows_left_out"], found["firth"], found["refitted"]) == (1, 0, 0)
    assert "1 separated: rows left out" in repr(m)


def grid(rows: int = 240) -> pd.DataFrame:
    draw = np.random.default_rng(3)
    frame = pd.DataFrame({"t": draw.normal(size=rows), "x": draw.normal(size=rows)})
    frame["g"] = np.arange(rows) % 24
    frame["year"] = np.arange(rows) // 24
    frame["b"] = (draw.random(rows) < 0.4).astype(int)
    return frame


@pytest.mark.parametrize("silent", [0, 4, 9])
@pytest.mark.parametrize("family", ["logit", "probit"])
def test_the_first_level_of_an_effect_goes_like_any_other(family, silent):
    frame = grid()
    frame.loc[frame["year"] == silent, "b"] = 0
    m = pk.multiverse(frame, "b", "t", ["x"], family=family, fixed_effects="year", cluster="g")
    assert (m.frame["flags"] == "separated: rows left out").all()
    assert (m.frame["n"] == 216).all() and (m.frame["vcov"] == "cr1").all()
    rest = frame[frame["year"] != silent]
    for place, text in enumerate(["b ~ C(year) + t", "b ~ x + C(year) + t"]):
        alone = pk.fit(text, rest, family=family, cluster="g").tidy().iloc[-1]
        for name in ("estimate", "std_error", "conf_high"):
            assert m.frame.loc[place, name] == pytest.approx(alone[name], rel=1e-8)


def treated_alike(rows: int = 240) -> pd.DataFrame:
    frame = grid(rows).assign(t=lambda d: (d["g"] < 3).astype(float))
    frame.loc[frame["t"] == 1, "b"] = 1
    return frame


def test_a_treatment_that_separates_has_no_clustered_error_and_says_so():
    frame = treated_alike()
    m = pk.multiverse(frame, "b", "t", ["x"], family="logit", cluster="g")
    row = m.frame.iloc[0]
    assert (row["flags"], row["fitted"], row["vcov"]) == ("separated: Firth", "firth", "none")
    firth = pk.fit("b ~ t", frame, family="firth").tidy().iloc[-1]
    assert row["estimate"] == pytest.approx(firth["estimate"], rel=1e-6)
    assert m.frame[["std_error", "p_value", "conf_low", "conf_high"]].isna().all(axis=None)
    assert "treatment itself separates" in row["why"]
    found = m.summary().loc["all"]
    assert (found["firth"], found["without_error"], found["estimated"]) == (2, 2, 2)
    assert "2 estimates without a standard error" in repr(m)


def test_without_clusters_the_interval_is_that_of_the_profile():
    frame = treated_alike()
    row = pk.multiverse(frame, "b", "t", [], family="logit").frame.iloc[0]
    firth = pk.fit("b ~ t", frame, family="firth").tidy().iloc[-1]
    assert (row["fitted"], row["vcov"], row["clusters"]) == ("firth", "classical", 0)
    assert row["conf_low"] == pytest.approx(firth["conf_low"], rel=1e-5)


def test_a_separated_probit_is_never_a_logit():
    row = pk.multiverse(treated_alike(), "b", "t", [], family="probit", cluster="g").frame.iloc[0]
    assert (row["flags"], row["fitted"], row["vcov"]) == ("no estimate", "", "")
    assert np.isnan(row["estimate"]) and "separate" in row["why"]


def test_a_combination_of_controls_that_separates_keeps_the_clusters():
    frame = grid()
    frame["x2"] = frame["x"] ** 2
    frame["b"] = (frame["x2"] + frame["x"] > 0.3).astype(int)
    m = pk.multiverse(frame, "b", "t", {"always": ["x", "x2"]}, family="logit", cluster="g")
    row = m.frame.iloc[0]
    firth = pk.fit("b ~ x + x2 + t", frame, family="firth", cluster="g")
    assert (row["flags"], row["fitted"]) == ("separated: Firth", "firth")
    assert row["estimate"] == pytest.approx(firth.tidy()["estimate"].iloc[-1], rel=1e-6)
    if np.isfinite(row["std_error"]):
        assert row["vcov"] == "cr1" and row["clusters"] == 24
        assert row["std_error"] == pytest.approx(firth.tidy()["std_error"].iloc[-1], rel=1e-5)


def test_every_row_says_its_family_and_variance():
    frame = grid().assign(c=lambda d: d["g"] % 4)
    call = {"family": {"b": "logit", "x": "ols", "c": "poisson"}, "cluster": "g"}
    found = pk.multiverse(frame, ["b", "x", "c"], "t", **call).frame
    assert (found["fitted"] == found["family"].astype(str)).all()
    assert (found["vcov"] == "cr1").all()
    plain = pk.multiverse(frame, ["b", "x"], "t", family={"b": "logit", "x": "ols"}).frame
    assert list(plain["vcov"]) == ["classical", "hc1"]


@given(
    st.integers(0, 10_000),
    st.integers(1, 4),
)
def test_no_indicator_predicts_what_the_rule_leaves(seed, count):
    draw = np.random.default_rng(seed)
    outcome = draw.integers(0, 2, 24).astype(float)
    indicators = {str(i): draw.random(24) < draw.choice([0.1, 0.5, 0.9]) for i in range(count)}
    left, dropped = predicted(outcome, indicators)
    assert bool(dropped) == (not left.all())
    for yes in indicators.values():
        for here in (left & yes, left & ~yes):
            if here.any() and (here != left).any():
                assert len(set(outcome[here])) == 2


def test_rows_complete_in_all_controls_are_the_same_in_every_part():
    frame = grid().assign(late=lambda d: d["x"].mul(d["t"]).where(d["g"] > 5))
    m = pk.multiverse(frame, "b", "t", ["x", "late"], family="ols", cluster="g", common_sample=True)
    assert (m.frame["n"] == frame["late"].notna().sum()).all()
    assert m.estimate(0).nobs == m.frame["n"].iloc[0]
