"""Bootstrap and permutation beside plain loops: the same draws, refitted one by one."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import pkstats as pk
from pkstats.errors import BadModel
from pkstats.multiverse import bootstrap
from pkstats.multiverse.permutation import exchange


def data(rows: int = 90, clusters: int = 9, seed: int = 3) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(draw.normal(size=(rows, 2)), columns=["t", "x"])
    frame["g"] = np.arange(rows) % clusters
    frame["w"] = draw.uniform(0.5, 2, rows)
    frame["months"] = draw.uniform(1, 12, rows)
    shared = draw.normal(size=clusters)[frame["g"]]
    signal = 0.4 * frame["t"] + 0.5 * frame["x"]
    frame["y"] = signal + 0.7 * shared + draw.normal(size=rows)
    frame["b"] = (draw.logistic(size=rows) < signal).astype(int)
    frame["c"] = draw.poisson(0.3 * frame["months"] * np.exp(0.5 * signal))
    return frame


def repeated(frame: pd.DataFrame, codes: np.ndarray, seed: int, draws: int) -> list[pd.DataFrame]:
    groups = codes.max() + 1
    even = np.full(groups, 1 / groups)
    times = np.random.default_rng(seed).multinomial(groups, even, size=draws)
    return [frame.loc[frame.index.repeat(row[codes])] for row in times]


@pytest.mark.parametrize(
    ("family", "outcome", "options"),
    [
        ("ols", "y", {}),
        ("ols", "y", {"weights": "w"}),
        ("logit", "b", {"weights": "w"}),
        ("poisson", "c", {}),
        ("poisson", "c", {"exposure": "months"}),
    ],
)
def test_pairs_equal_fits_of_the_drawn_rows(family, outcome, options):
    frame = data()
    text = f"{outcome} ~ x + t"
    estimate = pk.fit(text, frame, family=family, cluster="g", **options)
    found = bootstrap(estimate, "t", draws=99, kind="pairs", seed=4)
    codes = np.unique(np.asarray(estimate.rows.clusters), return_inverse=True)[1]
    for i, rows in enumerate(repeated(frame, codes, 4, 99)[:6]):
        alone = pk.fit(text, rows, family=family, **options).tidy()["estimate"].iloc[-1]
        assert found.draws[i] == pytest.approx(alone, abs=1e-5)
    assert found.std_error == pytest.approx(np.nanstd(found.draws, ddof=1))
    assert found.conf_low < found.estimate < found.conf_high


def cluster_t(outcome: np.ndarray, design: np.ndarray, groups: np.ndarray, place: int) -> float:
    """Return the t statistic over clusters by plain matrix algebra, without small-sample factors."""
    bread = np.linalg.inv(design.T @ design)
    slopes = bread @ design.T @ outcome
    residuals = outcome - design @ slopes
    sums = np.array([design[groups == g].T @ residuals[groups == g] for g in np.unique(groups)])
    return slopes[place] / np.sqrt((bread @ sums.T @ sums @ bread)[place, place])


def test_wild_p_value_is_the_share_over_all_turns_of_signs():
    frame = data(36, 6)
    estimate = pk.fit("y ~ x + t", frame, cluster="g")
    design = np.column_stack([np.ones(36), frame["x"], frame["t"]])
    outcome, groups = frame["y"].to_numpy(), frame["g"].to_numpy()
    null = design[:, :2] @ np.linalg.lstsq(design[:, :2], outcome, rcond=None)[0]
    turned = [
        cluster_t(null + np.array(signs)[groups] * (outcome - null), design, groups, 2)
        for signs in product([-1.0, 1.0], repeat=6)
    ]
    observed = cluster_t(outcome, design, groups, 2)
    exact = (np.abs(turned) >= abs(observed) - 1e-9).mean()
    found = bootstrap(estimate, "t", draws=9999)
    assert found.kind == "wild"
    assert found.p_value == pytest.approx(exact, abs=0.02)
    # Every draw is one of the 64.
    nearest = np.abs(found.draws[:50, None] - np.array(turned)[None]).min(axis=1)
    assert nearest.max() < 1e-8


def test_score_draws_equal_a_loop_over_clusters():
    frame = data()
    estimate = pk.fit("b ~ x + t", frame, family="logit", cluster="g")
    found = bootstrap(estimate, "t", draws=99, kind="score", seed=5)
    codes = np.unique(np.asarray(estimate.rows.clusters), return_inverse=True)[1]
    signs = np.random.default_rng(5).choice([-1.0, 1.0], size=(codes.max() + 1, 99))
    narrow = sm.add_constant(frame[["x"]].to_numpy())
    mean = sm.Logit(frame["b"], narrow).fit(disp=0, method="newton", tol=1e-12).predict()
    slope = mean * (1 - mean)
    share = sm.WLS(frame["t"].to_numpy(), narrow, weights=slope).fit().params
    rest = (frame["t"].to_numpy() - narrow @ share) * (frame["b"].to_numpy() - mean)
    for i in range(5):
        sums = np.array([signs[g, i] * rest[codes == g].sum() for g in range(codes.max() + 1)])
        expected = sums.sum() / np.sqrt(((sums - sums.mean()) ** 2).sum())
        assert found.draws[i] == pytest.approx(expected, rel=1e-6)


def test_the_seed_decides_the_draws():
    estimate = pk.fit("b ~ x + t", data(), family="logit", cluster="g")
    one, same = (bootstrap(estimate, "t", 199, "pairs", seed=1).draws for _ in range(2))
    other = bootstrap(estimate, "t", 199, "pairs", seed=2).draws
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other, equal_nan=True)


def test_draws_that_separate_are_counted_and_left_out():
    frame = data()
    frame["t"] = (frame["g"] < 2).astype(int)
    frame["b"] = np.where(frame["t"] == 1, (frame["g"] == 0).astype(int), frame["b"])
    estimate = pk.fit("b ~ x + t", frame, family="logit", cluster="g")
    found = bootstrap(estimate, "t", draws=999, kind="pairs")
    assert 0 < found.failed < 999 and found.failed == np.isnan(found.draws).sum()
    assert "no finite estimate" in repr(found)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"kind": "jackknife"}, "kind"), ({"draws": 5}, "99"), ({"term": "z"}, "no term")],
)
def test_a_bootstrap_says_what_it_cannot_do(options, message):
    estimate = pk.fit("y ~ x + t", data(), cluster="g")
    with pytest.raises(BadModel, match=message):
        bootstrap(estimate, **({"term": "t"} | options))
    with pytest.raises(BadModel, match="one column of clusters"):
        bootstrap(pk.fit("y ~ x + t", data()), "t")


@given(st.lists(st.integers(1, 6), min_size=1, max_size=7), st.integers(0, 99))
def test_what_is_constant_in_a_cluster_stays_so_when_exchanged(sizes, seed):
    codes = np.repeat(np.arange(len(sizes)), sizes)
    treatment = np.random.default_rng(seed).normal(size=len(sizes))[codes]
    moved = treatment[exchange(codes, np.random.default_rng(seed))]
    for group in range(len(sizes)):
        assert len(set(moved[codes == group])) == 1
    assert {moved[codes == g][0] for g in range(len(sizes))} == set(treatment)


@given(st.integers(1, 6), st.integers(1, 5), st.integers(0, 99))
def test_clusters_of_one_size_exchange_whole_sequences_in_order(groups, length, seed):
    codes = np.tile(np.arange(groups), length)
    taken = exchange(codes, np.random.default_rng(seed))
    assert sorted(taken) == list(range(len(codes)))
    for group in range(groups):
        assert (np.diff(taken[codes == group]) > 0).all()


@pytest.mark.slow
def test_permutation_p_value_nears_the_share_over_all_orders_of_clusters():
    frame = data(40, 5)
    given_treatments = np.random.default_rng(1).normal(size=5)
    frame["t"] = given_treatments[frame["g"]]
    m = pk.multiverse(frame, "y", "t", ["x"], cluster="g", vcov="hc1")
    found = m.permute(600, seed=2)
    scores = []
    for order in permutations(range(5)):
        frame["t"] = given_treatments[list(order)][frame["g"]]
        again = pk.multiverse(frame, "y", "t", ["x"], cluster="g", vcov="hc1").frame
        scores.append(again["statistic"].to_numpy())
    observed = m.frame["statistic"].to_numpy()
    exact = (np.abs(scores) >= np.abs(observed) - 1e-9).mean(axis=0)
    np.testing.assert_allclose(found.frame["p_permutation"], exact, atol=0.06)
    median = (np.median(scores, axis=1) >= np.median(observed) - 1e-9).mean()
    assert found.joint.loc["median z", "p_value"] == pytest.approx(median, abs=0.06)


def test_joint_p_values_are_even_when_nothing_is_there():
    p_values = []
    for seed in range(30):
        frame = data(60, 12, seed=seed)
        frame["noise"] = np.random.default_rng(1000 + seed).normal(size=60)
        m = pk.multiverse(frame, "noise", "t", ["x"], cluster="g")
        p_values.append(m.permute(19, seed=seed).joint.loc["median z", "p_value"])
    assert stats.kstest(np.array(p_values) - 0.025, "uniform").pvalue > 0.01


def test_a_permutation_of_part_of_the_grid_says_which():
    m = pk.multiverse(data(), "y", "t", ["x", "w", "months"], cluster="g")
    found = m.permute(19, limit=3)
    assert found.specifications == 3 and len(found.frame) == 3
    whole = m.frame.set_index("specification")["estimate"]
    own = found.frame.set_index("specification")["estimate"]
    pd.testing.assert_series_equal(own, whole.loc[own.index])
    with pytest.raises(BadModel, match="draws"):
        m.permute(0)
    with pytest.raises(BadModel, match="one column"):
        pk.multiverse(data(), "y", "t", ["x"]).permute(9)
    with pytest.raises(BadModel, match="probit"):
        pk.multiverse(data(), "b", "t", family="probit", cluster="g").permute(9)
