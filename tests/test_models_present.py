"""Effects, predictions and how estimates look."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import pkstats as pk
from pkstats.errors import BadModel


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    draw = np.random.default_rng(11)
    n = 500
    frame = pd.DataFrame({"x": draw.normal(size=n), "z": draw.normal(2, 3, size=n)})
    frame["flag"] = draw.integers(0, 2, size=n)
    frame["region"] = np.array(["north", "south", "west"])[draw.integers(0, 3, size=n)]
    frame["group"] = draw.integers(0, 25, size=n)
    latent = 0.4 * frame["x"] - 0.2 * frame["z"] + 0.6 * frame["flag"]
    frame["y"] = latent + draw.normal(size=n)
    frame["won"] = (latent + draw.logistic(size=n) > 0).astype(int)
    return frame


def test_effects_of_a_logit_equal_statsmodels(data):
    found = pk.fit("won ~ x + z", data, family="logit").effects().set_index("term")
    model = sm.Logit(data["won"], sm.add_constant(data[["x", "z"]])).fit(disp=0, tol=1e-12)
    theirs = model.get_margeff(at="overall", method="dydx")
    np.testing.assert_allclose(found["effect"], theirs.margeff, rtol=1e-7)
    np.testing.assert_allclose(found["std_error"], theirs.margeff_se, rtol=1e-6)


def test_the_effect_of_a_flag_is_the_mean_difference(data):
    estimate = pk.fit("won ~ x + flag", data, family="logit")
    high = estimate.predict(data.assign(flag=1)).mean()
    low = estimate.predict(data.assign(flag=0)).mean()
    effect = estimate.effects().set_index("term").loc["flag", "effect"]
    assert effect == pytest.approx(high - low, rel=1e-10)


def test_effects_in_least_squares_are_the_coefficients(data):
    estimate = pk.fit("y ~ x + z + flag", data, cluster="group")
    found = estimate.effects().set_index("term")
    own = estimate.tidy().set_index("term")
    for name in ("x", "z", "flag"):
        assert found.loc[name, "effect"] == pytest.approx(own.loc[name, "estimate"], rel=1e-6)
        assert found.loc[name, "std_error"] == pytest.approx(own.loc[name, "std_error"], rel=1e-6)


def test_effects_look_through_transformations_and_interactions(data):
    estimate = pk.fit("y ~ standardize(x) + I(z**2) + z + x:flag", data)
    own = estimate.tidy().set_index("term")["estimate"]
    found = estimate.effects().set_index("term")["effect"]
    slope = own["standardize(x)"] / data["x"].std() + own["x:flag"] * data["flag"].mean()
    assert found["x"] == pytest.approx(slope, rel=1e-6)
    assert found["z"] == pytest.approx(own["z"] + 2 * own["I(z**2)"] * data["z"].mean(), rel=1e-6)


def test_effects_of_categories_name_the_contrast(data):
    found = pk.fit("won ~ x + C(region)", data, family="logit").effects()
    assert found.query("term == 'region'")["contrast"].tolist() == ["south − north", "west − north"]


def test_new_data_are_coded_as_the_old_were(data):
    estimate = pk.fit("y ~ standardize(x) + C(region)", data)
    few = data[data["region"] == "west"].head(7)
    expected = estimate.predict()[few.index]
    np.testing.assert_allclose(estimate.predict(few), expected, rtol=1e-12)


def test_text_fits_eighty_columns(data):
    long = data.rename(columns={"x": "a_rather_long_name_for_a_column_of_data"})
    estimate = pk.fit(
        "won ~ standardize(a_rather_long_name_for_a_column_of_data) + z + C(region)",
        long,
        family="logit",
        cluster="group",
    )
    assert max(map(len, repr(estimate).splitlines())) <= 80
    html = estimate._repr_html_()
    assert html.count("<tr>") == 1 + len(estimate.terms)


def test_estimates_stand_side_by_side(data):
    one, two = pk.fit("y ~ x", data), pk.fit("y ~ x + z", data, cluster="group")
    table = pk.table([one, two], names=["short", "long"])
    assert list(table.columns) == ["short", "long"]
    assert table.loc["z", "short"] == "" and table.loc["z", "long"] != ""
    assert table.loc["rows", "short"] == "500"
    assert table.index[0] == "outcome" and table.loc["outcome"].tolist() == ["y", "y"]
    assert table.loc["standard errors"].tolist() == ["robust (HC1)", "clustered by group (CR1)"]
    with pytest.raises(BadModel, match="as many names"):
        pk.table([one, two], names=["only"])


def test_a_table_says_what_is_explained_and_what_errors_are_clustered_by(data):
    twice = pk.fit("won ~ x", data, "logit", cluster=["group", "region"])
    plain = pk.fit("won ~ x", data, "logit")
    table = pk.table([pk.fit("y ~ x", data), pk.fit("y ~ x", data, vcov="cr2", cluster="group")])
    assert table.loc["outcome"].tolist() == ["y", "y"]
    assert table.loc["standard errors"].tolist() == ["robust (HC1)", "clustered by group (CR2)"]
    table = pk.table([twice, plain])
    assert table.loc["outcome"].tolist() == ["won", "won"]
    errors = ["clustered by group and region (CR1)", "classical"]
    assert table.loc["standard errors"].tolist() == errors


def test_parts_with_other_meanings_have_rows_of_their_own():
    frame = pd.read_csv(Path(__file__).parent / "r" / "random.csv", keep_default_na=False)
    frame["zero"] = frame["b1"]
    shared = pk.fit("y ~ x1:zero", frame)
    inflated, hurdle = (pk.fit("yz ~ x1", frame, family) for family in ("zinb", "hurdle"))
    table = pk.table([shared, inflated, hurdle])
    terms = [label for label in table.index if "x1" in label]
    assert terms == ["x1:zero", "x1", "x1 (zero)", "x1 (above zero)"]
    # pscl's signs: more zeros in the one, more counts above zero in the other.
    assert table.loc["x1 (zero)", "(2)"].startswith("-") and table.loc["x1 (zero)", "(3)"] == ""
    assert not table.loc["x1 (above zero)", "(3)"].startswith("-")


def test_estimates_speak_the_maketables_protocol(data):
    estimate = pk.fit("y ~ x", data, cluster="group")
    table = estimate.__maketables_coef_table__
    assert {"b", "se", "p"} <= set(table.columns) and table.index.tolist() == ["Intercept", "x"]
    assert estimate.__maketables_stat__("N") == 500
    assert estimate.__maketables_depvar__ == "y"


def test_a_coefficient_plot_shows_every_term(data):
    axes = pk.fit("y ~ x + z", data).plot(labels={"x": "Strength"})
    assert [label.get_text() for label in axes.get_yticklabels()] == ["z", "Strength"]


def test_frequencies_equal_repeated_rows(data):
    counts = np.random.default_rng(2).integers(1, 4, size=len(data))
    weighted = pk.fit("won ~ x + z", data.assign(w=counts), family="logit", freq_weights="w")
    repeated = pk.fit("won ~ x + z", data.loc[data.index.repeat(counts)], family="logit")
    np.testing.assert_allclose(
        weighted.tidy()[["estimate", "std_error"]],
        repeated.tidy()[["estimate", "std_error"]],
        rtol=1e-9,
    )


def test_weighted_least_squares_equal_statsmodels(data):
    weights = np.random.default_rng(3).uniform(0.5, 2, size=len(data))
    ours = pk.fit("y ~ x + z", data.assign(w=weights), weights="w", vcov="classical")
    theirs = sm.WLS(data["y"], sm.add_constant(data[["x", "z"]]), weights=weights).fit()
    np.testing.assert_allclose(ours.tidy()["std_error"], theirs.bse, rtol=1e-10)
    assert ours.found.log_likelihood == pytest.approx(theirs.llf, rel=1e-12)
    robust = pk.fit("y ~ x + z", data.assign(w=weights), weights="w", vcov="hc1")
    expected = sm.WLS(data["y"], sm.add_constant(data[["x", "z"]]), weights=weights).fit(
        cov_type="HC1"
    )
    np.testing.assert_allclose(robust.tidy()["std_error"], expected.bse, rtol=1e-10)


@pytest.mark.parametrize(
    ("formula", "options", "words"),
    [
        ("y ~ x + missing", {}, "missing"),
        ("y ~ x", {"cluster": "grup"}, "group"),
        ("y ~ x", {"vcov": "hc9"}, "hc9"),
        ("y ~ x", {"family": "logistic"}, "family must be"),
        ("won ~ region", {"family": "logit"}, "C\\(region\\)"),
        ("y ~ x", {"family": "logit"}, "0 and 1"),
        ("region ~ x", {}, "outcome must be numbers"),
        ("region ~ x", {"family": "logit"}, r"\(data\['region'\] == level\)"),
        ("y ~ x", {"vcov": "cr1"}, "cluster="),
        ("y ~ empty", {}, "missing value"),
        ("y ~ one", {}, "'one'"),
        ("y ~ endless", {}, "infinite"),
        ("y ~ x", {"weights": "z"}, "above zero"),
        ("y ~ x", {"cluster": "one"}, "two clusters"),
    ],
)
def test_bad_input_gets_a_clear_error(data, formula, options, words):
    frame = data.assign(one=1.0, empty=np.nan, endless=np.where(data["x"] > 2, np.inf, data["x"]))
    with pytest.raises(BadModel, match=words):
        pk.fit(formula, frame, **options)
