"""Weights: a scale that means nothing for probability weights, and counts of rows for frequencies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

import pkstats as pk
from pkstats.errors import BadModel
from pkstats.models.families import FAMILIES

OUTCOMES = {
    "ols": "y", "logit": "b", "probit": "b", "firth": "b", "ordered": "rank",
    "multinomial": "kind", "poisson": "count", "negbin": "count", "zinb": "many",
    "hurdle": "many", "cox": "", "mixed": "shared",
}  # fmt: skip
MORE = {
    "cox": {"time": "time", "event": "event"},
    "mixed": {"groups": "g"},
    "zinb": {"zero": "~ 1"},
}
WEIGHTED = [name for name in FAMILIES if name != "mixed"]


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    draw = np.random.default_rng(7)
    n = 400
    frame = pd.DataFrame({"x": draw.normal(size=n), "g": draw.integers(0, 30, n)})
    frame["y"] = frame["x"] + draw.normal(size=n)
    frame["shared"] = frame["y"] + draw.normal(size=30)[frame["g"]]
    frame["b"] = (draw.random(n) < expit(0.8 * frame["x"])).astype(int)
    frame["rank"] = np.digitize(frame["x"] + draw.logistic(size=n), [-1, 1])
    frame["kind"] = np.array(["a", "b", "c"])[frame["rank"]]
    frame["count"] = draw.poisson(np.exp(0.4 * frame["x"]) * draw.gamma(1.2, 1 / 1.2, n) * 3)
    frame["many"] = frame["count"] * (draw.random(n) < 0.6)
    frame["time"] = np.ceil(draw.exponential(8 * np.exp(-0.5 * frame["x"]))) + 1
    frame["event"] = (draw.random(n) < 0.7).astype(int)
    frame["w"] = draw.uniform(0.5, 2, n)
    frame["f"] = draw.integers(0, 4, n)
    return frame


def fitted(family: str, data: pd.DataFrame, **options):
    return pk.fit(f"{OUTCOMES[family]} ~ x", data, family, **{**MORE.get(family, {}), **options})


def same(one, two, rtol: float = 1e-7) -> None:
    columns = ["estimate", "std_error", "p_value", "conf_low", "conf_high"]
    np.testing.assert_allclose(one.tidy()[columns], two.tidy()[columns], rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("family", WEIGHTED)
@pytest.mark.parametrize("scale", [1e6, 0.01])
def test_the_scale_of_probability_weights_means_nothing(data, family, scale):
    scaled = data.assign(w=data["w"] * scale)
    for options in ({}, {"cluster": "g"}):
        one = fitted(family, data, weights="w", **options)
        two = fitted(family, scaled, weights="w", **options)
        same(one, two, rtol=1e-6)
        figures = [each.glance().select_dtypes("number").iloc[0] for each in (one, two)]
        np.testing.assert_allclose(*figures, rtol=1e-7)


@settings(max_examples=15, deadline=None)
@given(
    scale=st.floats(1e-200, 1e200),
    family=st.sampled_from(["ols", "logit", "poisson", "firth", "cox"]),
)
def test_no_scale_of_probability_weights_moves_an_error(scale, family):
    draw = np.random.default_rng(3)
    frame = pd.DataFrame({"x": draw.normal(size=80), "w": draw.uniform(0.5, 2, 80)})
    frame["y"] = frame["x"] + draw.normal(size=80)
    frame["b"] = (frame["y"] > 0).astype(int)
    frame["count"] = draw.poisson(np.exp(0.4 * frame["x"]) * 3)
    frame["time"], frame["event"] = np.exp(frame["y"]), 1
    one = fitted(family, frame, weights="w")
    same(one, fitted(family, frame.assign(w=frame["w"] * scale), weights="w"), rtol=1e-6)


@pytest.mark.parametrize("family", WEIGHTED)
@pytest.mark.parametrize("constant", [1e6, 0.01])
def test_equal_weights_are_none(data, family, constant):
    same(
        fitted(family, data.assign(w=constant), weights="w"),
        fitted(family, data, vcov="hc1"),
        rtol=1e-6,
    )


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", ["default", "hc1", "cr1"])
def test_frequencies_are_rows_repeated(data, family, kind):
    if (family, kind) == ("mixed", "hc1"):
        return
    options = {"hc1": {"vcov": "hc1"}, "cr1": {"cluster": "g"}}.get(kind, {})
    one = fitted(family, data, freq_weights="f", **options)
    two = fitted(family, data.loc[data.index.repeat(data["f"])], **options)
    same(one, two, rtol=1e-9)
    assert one.nobs == two.nobs == data["f"].sum()
    assert one.dropped == (data["f"] == 0).sum()
    assert one.found.log_likelihood == pytest.approx(two.found.log_likelihood, rel=1e-12)
    assert one.glance()["aic"].iloc[0] == pytest.approx(two.glance()["aic"].iloc[0], rel=1e-12)


@pytest.mark.parametrize(
    ("family", "kind"), [("logit", sm.families.Binomial()), ("poisson", sm.families.Poisson())]
)
def test_frequencies_equal_statsmodels(data, family, kind):
    kept = data[data["f"] > 0]
    theirs = sm.GLM(
        kept[OUTCOMES[family]], sm.add_constant(kept[["x"]]), kind, freq_weights=kept["f"]
    ).fit(tol=1e-14)
    ours = fitted(family, data, freq_weights="f")
    np.testing.assert_allclose(ours.tidy()["estimate"], theirs.params, rtol=1e-9)
    np.testing.assert_allclose(ours.tidy()["std_error"], theirs.bse, rtol=1e-7)
    assert ours.found.log_likelihood == pytest.approx(theirs.llf, rel=1e-12)


@pytest.mark.parametrize(
    ("family", "kind"), [("logit", sm.families.Binomial()), ("poisson", sm.families.Poisson())]
)
def test_errors_with_probability_weights_equal_a_sandwich_by_hand(data, family, kind):
    outcome, design = data[OUTCOMES[family]].to_numpy(), sm.add_constant(data[["x"]]).to_numpy()
    theirs = sm.GLM(outcome, design, kind, var_weights=data["w"]).fit(tol=1e-14)
    mean = theirs.fittedvalues
    spread = mean * (1 - mean) if family == "logit" else mean
    bread = np.linalg.inv((design * (data["w"].to_numpy() * spread)[:, None]).T @ design)
    scores = design * (data["w"].to_numpy() * (outcome - mean))[:, None]
    n, k = design.shape
    expected = np.sqrt(np.diag(bread @ scores.T @ scores @ bread) * n / (n - k))
    ours = fitted(family, data, weights="w")
    assert ours.vcov == "hc1"
    np.testing.assert_allclose(ours.tidy()["estimate"], theirs.params, rtol=1e-8)
    np.testing.assert_allclose(ours.tidy()["std_error"], expected, rtol=1e-8)


def test_least_squares_with_probability_weights_equal_statsmodels(data):
    model = sm.WLS(data["y"], sm.add_constant(data[["x"]]), weights=data["w"])
    ours = fitted("ols", data, weights="w")
    np.testing.assert_allclose(ours.tidy()["std_error"], model.fit(cov_type="HC1").bse, rtol=1e-10)


@pytest.mark.parametrize("family", [name for name in WEIGHTED if name != "ols"])
def test_classical_errors_with_probability_weights_are_refused(data, family):
    with pytest.raises(BadModel, match="freq_weights="):
        fitted(family, data, weights="w", vcov="classical")


def test_classical_errors_of_weighted_least_squares_have_no_scale_either(data):
    one = fitted("ols", data, weights="w", vcov="classical")
    same(one, fitted("ols", data.assign(w=data["w"] * 1e6), weights="w", vcov="classical"))


def test_the_output_says_which_weights_it_took(data):
    one, two = fitted("logit", data, weights="w"), fitted("logit", data, freq_weights="f")
    assert one.glance()["weights"].iloc[0] == "probability weights w"
    assert two.glance()["weights"].iloc[0] == "frequency weights f"
    assert "probability weights w, hc1 standard errors" in repr(one)
    assert "frequency weights f" in two._repr_html_()
    assert any("pseudo-likelihood" in note for note in one.warnings())
    assert fitted("logit", data).glance()["weights"].iloc[0] == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"freq_weights": "w"}, "whole numbers"),
        ({"freq_weights": "f", "weights": "w"}, "both were given"),
        ({"freq_weights": "x"}, "whole numbers"),
        ({"freq_weights": "kind"}, "numbers are needed"),
        ({"freq_weights": "huge"}, "PKSTATS_MODEL_CELLS"),
    ],
)
def test_frequencies_that_count_nothing_are_refused(data, options, words):
    with pytest.raises(BadModel, match=words):
        fitted("logit", data.assign(huge=10**12), **options)


def test_rows_of_an_estimate_find_their_places_in_the_data(data):
    found = fitted("logit", data, freq_weights="f")
    np.testing.assert_array_equal(
        data["b"].to_numpy()[found.rows.places], found.rows.outcome.astype(int)
    )


def test_a_multiverse_takes_weights_as_fit_does(data):
    m = pk.multiverse(data.assign(w=data["w"] * 1e6), "b", "x", ["y"], family="logit", weights="w")
    alone = m.frame.set_index("controls").loc["none"]
    row = fitted("logit", data, weights="w").tidy().set_index("term").loc["x"]
    assert alone["estimate"] == pytest.approx(row["estimate"], rel=1e-7)
    assert alone["std_error"] == pytest.approx(row["std_error"], rel=1e-7)
