"""Multiple imputation: laws, planted gaps, and a second implementation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.imputation import mice

import pkstats as pk
from pkstats.checks import beside_complete_cases, impute, missingness
from pkstats.errors import BadModel


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    draw = np.random.default_rng(4)
    n = 800
    frame = pd.DataFrame({"z": draw.normal(size=n), "group": draw.integers(0, 40, n)})
    frame["x"] = 0.7 * frame["z"] + draw.normal(size=n)
    frame["flag"] = (draw.random(n) < 0.4).astype(float)
    frame["y"] = 1 + 0.5 * frame["x"] - 0.3 * frame["z"] + 0.4 * frame["flag"] + draw.normal(size=n)
    return frame


@pytest.fixture(scope="module")
def gaps(whole) -> pd.DataFrame:
    draw = np.random.default_rng(8)
    out = whole.copy()
    chance = 1 / (1 + np.exp(-1.2 * (out["y"] - 1)))
    out.loc[draw.random(len(out)) < 0.7 * chance, "x"] = np.nan
    out.loc[draw.random(len(out)) < 0.15, "flag"] = np.nan
    return out


def test_the_map_counts_every_row_once(gaps):
    table = missingness(gaps, ["x", "flag", "z"])
    assert table["rows"].sum() == len(gaps)
    assert not table["z"].any()
    both = gaps["x"].isna() & gaps["flag"].isna()
    assert table.loc[table["x"] & table["flag"], "rows"].item() == both.sum()


def test_observed_values_stay_and_gaps_take_observed_values(gaps):
    values = gaps[["x", "flag", "z", "y"]].to_numpy()
    filled = impute(values, count=3, seed=1)
    seen = ~np.isnan(values)
    for one in filled:
        np.testing.assert_array_equal(one[seen], values[seen])
        assert set(np.unique(one[:, 1])) == {0.0, 1.0}
        assert np.isin(one[:, 0], values[seen[:, 0], 0]).all()


def test_the_same_seed_gives_the_same_draws(gaps):
    values = gaps[["x", "flag", "z", "y"]].to_numpy()
    np.testing.assert_array_equal(impute(values, 2, seed=3), impute(values, 2, seed=3))
    assert (impute(values, 2, seed=3) != impute(values, 2, seed=4)).any()


def test_without_gaps_pooling_changes_nothing(whole):
    estimate = pk.fit("y ~ x + z + flag", whole, cluster="group")
    table = beside_complete_cases(estimate, count=3)
    np.testing.assert_allclose(table["pooled_estimate"], table["complete_estimate"], rtol=1e-12)
    np.testing.assert_allclose(table["pooled_std_error"], table["complete_std_error"], rtol=1e-12)
    assert (table["fraction_missing"] < 1e-12).all()


def test_gaps_that_follow_the_outcome_bias_complete_cases_and_pooling_mends_it(whole, gaps):
    truth = pk.fit("y ~ x + z + flag", whole).tidy().set_index("term")["estimate"]
    estimate = pk.fit("y ~ x + z + flag", gaps)
    table = beside_complete_cases(estimate, count=30).set_index("term")
    complete = abs(table.loc["Intercept", "complete_estimate"] - truth["Intercept"])
    pooled = abs(table.loc["Intercept", "pooled_estimate"] - truth["Intercept"])
    assert pooled < 0.4 * complete
    assert table.attrs["pooled_rows"] == len(gaps) > table.attrs["complete_rows"]


@pytest.mark.slow
def test_pooled_estimates_agree_with_statsmodels_within_the_noise_of_imputation(gaps):
    np.random.seed(0)
    columns = ["x", "z", "flag", "y"]
    chained = mice.MICEData(gaps[columns].copy(), k_pmm=5)
    theirs = mice.MICE("y ~ x + z + flag", sm.OLS, chained).fit(10, 30)
    estimate = pk.fit("y ~ x + z + flag", gaps, vcov="classical")
    ours = beside_complete_cases(estimate, count=40)
    gap = (ours["pooled_estimate"] - theirs.params) / ours["pooled_std_error"]
    assert (gap.abs() < 0.5).all()


def test_text_columns_and_weights_are_refused(gaps):
    frame = gaps.assign(region=np.where(gaps["z"] > 0, "a", "b"), w=1.0)
    with pytest.raises(BadModel, match="numeric"):
        beside_complete_cases(pk.fit("y ~ x + C(region)", frame))
    with pytest.raises(BadModel, match="without weights"):
        beside_complete_cases(pk.fit("y ~ x", frame, weights="w"))
