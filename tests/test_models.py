"""Estimates against independent implementations: statsmodels, numpy and published numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import pkstats as pk
from pkstats.errors import BadModel
from pkstats.models import parse


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    draw = np.random.default_rng(7)
    n = 400
    frame = pd.DataFrame({"x": draw.normal(size=n), "z": draw.normal(size=n)})
    frame["group"] = draw.integers(0, 30, size=n)
    frame["region"] = np.array(["a", "b", "c"])[draw.integers(0, 3, size=n)]
    latent = 0.5 * frame["x"] - frame["z"] + draw.normal(size=30)[frame["group"]]
    frame["y"] = latent + draw.normal(size=n)
    frame["won"] = (latent + draw.logistic(size=n) > 0).astype(int)
    return frame


def test_clustered_least_squares_equal_statsmodels(data):
    ours = pk.fit("y ~ x + z", data, cluster="group").tidy()
    theirs = sm.OLS(data["y"], sm.add_constant(data[["x", "z"]])).fit(
        cov_type="cluster", cov_kwds={"groups": data["group"]}, use_t=True
    )
    np.testing.assert_allclose(ours["estimate"], theirs.params, rtol=1e-10)
    np.testing.assert_allclose(ours["std_error"], theirs.bse, rtol=1e-10)
    np.testing.assert_allclose(ours["p_value"], theirs.pvalues, rtol=1e-8)


@pytest.mark.parametrize(("ours", "theirs"), [("hc0", "HC0"), ("hc1", "HC1"), ("classical", None)])
def test_heteroskedasticity_robust_errors_equal_statsmodels(data, ours, theirs):
    model = sm.OLS(data["y"], sm.add_constant(data[["x", "z"]]))
    expected = model.fit(cov_type=theirs, use_t=True) if theirs else model.fit()
    found = pk.fit("y ~ x + z", data, vcov=ours).tidy()
    np.testing.assert_allclose(found["std_error"], expected.bse, rtol=1e-10)


def test_clustered_logit_uses_the_correction_of_groups_only(data):
    found = pk.fit("won ~ x + z", data, family="logit", cluster="group")
    expected = sm.Logit(data["won"], sm.add_constant(data[["x", "z"]])).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": data["group"], "use_correction": False}
    )
    groups = data["group"].nunique()
    np.testing.assert_allclose(found.tidy()["estimate"], expected.params, rtol=1e-7)
    np.testing.assert_allclose(
        found.tidy()["std_error"], expected.bse * np.sqrt(groups / (groups - 1)), rtol=1e-7
    )


def test_doyle_and_sambanis_model_a8_is_reproduced(source):
    path = source("replication/doyle_sambanis2000/peace.csv")
    data = pd.read_csv(path, keep_default_na=False, na_values=["", "NA"])
    terms = "wartype + logcost + wardur + factnum + factnum2 + trnsfcap + develop + exp + decade"
    found = pk.fit(f"pbs2s3 ~ {terms} + treaty + untype4", data, family="logit", cluster="cluster")
    table = found.tidy().set_index("term")
    published = {
        "wartype": (-1.7420, 0.6087),
        "logcost": (-0.4448, 0.1255),
        "factnum": (-1.2589, 0.7034),
        "treaty": (2.1244, 0.8213),
        "untype4": (3.1352, 1.0911),
        "Intercept": (8.6089, 2.1571),
    }
    for term, (estimate, error) in published.items():
        assert table.loc[term, "estimate"] == pytest.approx(estimate, abs=6e-5)
        assert table.loc[term, "std_error"] == pytest.approx(error, abs=6e-5)
    glance = found.glance().iloc[0]
    assert (glance["nobs"], glance["clusters"], glance["dropped"]) == (122, 69, 2)
    assert glance["log_likelihood"] == pytest.approx(-45.6487, abs=5e-5)
    assert glance["pseudo_r_squared"] == pytest.approx(0.4234, abs=5e-5)


def test_rows_with_missing_values_drop_before_clusters_are_counted(data):
    gaps = data.copy()
    gaps.loc[gaps["group"] == 3, "x"] = np.nan
    found = pk.fit("y ~ x + z", gaps, cluster="group")
    complete = pk.fit("y ~ x + z", gaps.dropna(), cluster="group")
    assert found.clusters == data["group"].nunique() - 1
    assert found.dropped == int((data["group"] == 3).sum())
    pd.testing.assert_frame_equal(found.tidy(), complete.tidy())


def test_estimates_do_not_depend_on_the_order_of_rows(data):
    mixed = data.sample(frac=1, random_state=1)
    one = pk.fit("won ~ x + C(region)", data, family="logit", cluster="group").tidy()
    two = pk.fit("won ~ x + C(region)", mixed, family="logit", cluster="group").tidy()
    np.testing.assert_allclose(one.iloc[:, 1:], two.iloc[:, 1:], rtol=1e-8)


def test_rescaling_a_term_rescales_its_coefficient(data):
    one = pk.fit("y ~ x + z", data, cluster="group").tidy().set_index("term")
    two = pk.fit("y ~ I(x * 1000) + z", data, cluster="group").tidy().set_index("term")
    scaled = two.loc["I(x*1000)"]
    assert scaled["estimate"] * 1000 == pytest.approx(one.loc["x", "estimate"], rel=1e-9)
    assert scaled["statistic"] == pytest.approx(one.loc["x", "statistic"], rel=1e-9)


def test_interactions_and_categories_are_named_as_in_the_formula(data):
    terms = pk.fit("y ~ x*z + C(region)", data).tidy()["term"].tolist()
    assert terms == ["Intercept", "x", "z", "x:z", "C(region)[T.b]", "C(region)[T.c]"]


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ __import__('os').system('true')",
        "y ~ x.mean()",
        "y ~ open(x)",
        "y ~ [x for x in z]",
        "y x z",
        "y ~ x +",
    ],
)
def test_a_formula_never_runs_code(data, formula):
    with pytest.raises(BadModel):
        pk.fit(formula, data)


def test_unknown_columns_are_named_with_a_suggestion(data):
    with pytest.raises(BadModel, match="Did you mean 'region'"):
        pk.fit("y ~ x + C(regoin)", data)


def test_the_logarithm_of_zero_is_refused(data):
    with pytest.raises(BadModel, match="logarithm of zero"):
        pk.fit("y ~ log(won)", data)


def test_dependent_terms_are_named(data):
    with pytest.raises(BadModel, match=r"I\(2\*x\)"):
        pk.fit("y ~ x + I(2*x)", data)


def test_perfect_separation_is_refused(data):
    planted = data.assign(won=(data["x"] > 0).astype(int))
    with pytest.raises(BadModel, match="separate"):
        pk.fit("won ~ x", planted, family="logit")


def test_a_small_sample_says_so(data):
    found = pk.fit("y ~ x + z", data.head(20), cluster="group")
    notes = " ".join(found.warnings())
    assert "small sample" in notes and "clusters only" in notes and "association" in notes


def test_parsing_lists_the_columns_used():
    assert parse("y ~ log1p(a) + C(b):d + I(e**2)").columns == ["y", "a", "b", "d", "e"]
