"""The multiverse: every specification equal to pk.fit, flagged rather than dropped, resumed and reloaded."""

from __future__ import annotations

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib.parallel import ThreadingBackend
from statsmodels.stats.multitest import multipletests

import pkstats as pk
from pkstats.errors import BadModel, UnreadableFile
from pkstats.multiverse import bootstrap, reload, store
from pkstats.multiverse.corrections import METHODS
from pkstats.multiverse.elimination import factorise
from pkstats.multiverse.lattice import subsets
from pkstats.multiverse.permutation import exchange

NAMES = [f"x{i}" for i in range(6)]
FAMILIES = [("ols", "y"), ("logit", "b"), ("poisson", "c"), ("negbin", "c")]


def data(rows: int = 260, clusters: int = 30, gaps: bool = False) -> pd.DataFrame:
    draw = np.random.default_rng(7)
    frame = pd.DataFrame(draw.normal(size=(rows, 7)), columns=["t", *NAMES])
    frame["g"] = draw.integers(0, clusters, rows)
    frame["h"] = draw.integers(0, 5, rows)
    frame["region"] = draw.choice(list("abc"), rows)
    frame["w"] = draw.uniform(0.5, 2, rows)
    signal = 0.4 * frame["t"] + 0.6 * frame["x0"]
    frame["y"] = signal + draw.normal(size=rows)
    frame["b"] = (draw.logistic(size=rows) < signal - 0.2).astype(int)
    frame["c"] = draw.poisson(np.exp(0.5 * signal) * draw.gamma(1.5, 1 / 1.5, rows))
    if gaps:
        for name in ("t", "x1", "x3"):
            frame.loc[draw.random(rows) < 0.08, name] = np.nan
    return frame


def worst(m, count: int = 12) -> float:
    """Return the largest difference to pk.fit, relative to the figure or its standard error."""
    gaps = []
    chosen = np.random.default_rng(0).choice(m.size, min(count, m.size), replace=False)
    for i in chosen:
        estimate = m.estimate(int(i))
        row = estimate.tidy().iloc[len(estimate.rows.names) - 1]
        mine = m.frame.loc[i]
        assert (mine["n"], mine["clusters"]) == (estimate.nobs, estimate.clusters)
        for name in ("estimate", "std_error", "conf_low", "conf_high"):
            scale = max(abs(row[name]), row["std_error"])
            gaps.append(abs(row[name] - mine[name]) / scale)
        gaps.append(abs(row["p_value"] - mine["p_value"]))
    return max(gaps)


@pytest.mark.parametrize("vcov", ["cr1", "hc1", "hc0", "classical"])
@pytest.mark.parametrize(("family", "outcome"), FAMILIES)
@pytest.mark.parametrize("gaps", [False, True])
def test_every_specification_equals_fit(family, outcome, vcov, gaps):
    m = pk.multiverse(data(gaps=gaps), outcome, "t", NAMES, family=family, cluster="g", vcov=vcov)
    assert m.size == 64 and (m.frame["flags"] == "").all()
    assert worst(m) < 1e-8


@pytest.mark.parametrize(("family", "outcome"), FAMILIES)
@pytest.mark.parametrize(
    "options",
    [
        {"weights": "w"},
        {"cluster": ("g", "h")},
        {"fixed_effects": [None, "region"]},
        {"treatment": "standardize(t)"},
        {"treatment": "t:x5", "controls": NAMES[:3]},
        {"controls": {"always": ["x0"], "any": ["x1"], "one of": {"place": ["C(region)", None]}}},
        {"samples": {"all": None, "some": "x5 > -0.5"}, "common_sample": True},
    ],
    ids=lambda options: next(iter(options)),
)
def test_every_option_equals_fit(family, outcome, options):
    given_options = {"treatment": "t", "controls": NAMES[:4], "cluster": "g"} | options
    m = pk.multiverse(data(gaps=True), outcome, family=family, **given_options)
    if options.get("common_sample"):
        assert m.frame.groupby("sample", observed=True)["n"].nunique().max() == 1
        return
    assert worst(m) < 1e-8


def test_least_squares_absorbs_two_ways_of_fixed_effects():
    m = pk.multiverse(
        data(gaps=True), "y", "t", NAMES[:3], fixed_effects=("region", "h"), cluster="g"
    )
    assert worst(m) < 1e-8


def test_other_families_go_one_by_one():
    m = pk.multiverse(data(), "b", "t", NAMES[:1], family="probit", cluster="g")
    assert (m.frame["flags"] == "refitted").all() and worst(m) < 1e-12


def test_counts_that_vary_no_more_than_a_poisson_are_left_to_the_careful_path():
    frame = data().assign(even=lambda d: np.random.default_rng(1).binomial(9, 0.5, len(d)))
    m = pk.multiverse(frame, "even", "t", NAMES[:2], family="negbin", cluster="g")
    assert (m.frame["flags"] == "no estimate").all() and m.frame["why"].str.contains(
        "Poisson"
    ).all()


@pytest.mark.parametrize("level", [0.0, 4.0, 9.0])
@pytest.mark.parametrize("dispersion", [0.1, 1.0, 6.0])
def test_negative_binomials_of_any_size_and_dispersion_equal_fit(level, dispersion):
    draw = np.random.default_rng(3)
    frame = data(gaps=True)
    mean = np.exp(level + 0.8 * frame["x0"] + 0.3 * frame["x2"])
    frame["deaths"] = draw.poisson(mean * draw.gamma(1 / dispersion, dispersion, len(frame)))
    m = pk.multiverse(frame, "deaths", "t", NAMES[:4], family="negbin", cluster="g")
    assert (m.frame["flags"] == "").all() and worst(m, 8) < 1e-8


@pytest.mark.parametrize("options", [{}, {"exposure": "w"}, {"offset": "x5"}])
def test_exposures_and_offsets_of_counts_equal_fit(options):
    for family in ("poisson", "negbin"):
        m = pk.multiverse(data(), "c", "t", NAMES[:3], family=family, cluster="g", **options)
        assert (m.frame["flags"] == "").all() and worst(m) < 1e-8
    given_alpha = pk.multiverse(data(), "c", "t", NAMES[:1], family="negbin", alpha=0.5)
    assert (given_alpha.frame["flags"] == "refitted").all()


def test_separated_specifications_are_refitted_and_flagged():
    frame = data(60, 12)
    frame["s"] = (frame["b"] + (np.arange(60) == 3)).clip(0, 1)
    frame["s"] = np.where(frame["b"] == 1, 1.0, frame["s"])
    m = pk.multiverse(frame, "b", "t", ["s", "x0"], family="logit", cluster="g")
    flagged = m.frame["controls"].astype("str").str.contains("s")
    assert (m.frame.loc[flagged, "flags"] == "separated: rows left out").all()
    assert (m.frame.loc[~flagged, "flags"] == "").all()
    assert m.frame["estimate"].notna().all()
    rest = frame[frame["s"] == 1]
    assert (m.frame.loc[flagged, "n"] == len(rest)).all()
    assert worst_of(m, flagged, rest) < 1e-8


def worst_of(m, flagged, rest) -> float:
    """Return the largest difference from fits on the rest of the rows, without s."""
    found = []
    for row in m.frame[flagged].itertuples():
        controls = " + ".join(name for name in row.controls.split(" + ") if name != "s")
        text = f"b ~ {f'{controls} + ' if controls else ''}t"
        alone = pk.fit(text, rest, family="logit", cluster="g").tidy().iloc[-1]
        found += [alone["estimate"] - row.estimate, alone["std_error"] - row.std_error]
    return float(np.abs(found).max())


def test_an_outcome_without_variation_in_a_sample_is_flagged():
    frame = data().assign(flat=lambda d: np.where(d["h"] == 0, 1.0, d["y"]))
    m = pk.multiverse(frame, "flat", "t", ["x0"], {"all": None, "flat": "h == 0"}, cluster="g")
    bad = m.frame[m.frame["sample"] == "flat"]
    assert (bad["flags"] == "no estimate").all() and bad["why"].str.contains("same value").all()
    assert not bad["converged"].any() and m.size == 4


@pytest.mark.parametrize("family", ["ols", "poisson", "negbin"])
@pytest.mark.parametrize("gap", ["somewhere", "everywhere"])
def test_an_outcome_without_variation_in_the_rows_of_one_control_is_flagged(family, gap):
    frame = data()
    frame["same"] = np.where((frame["h"] == 0) | (gap == "everywhere"), 3, frame["c"])
    frame["late"] = frame["x0"].where(frame["h"] == 0)
    m = pk.multiverse(frame, "same", "t", ["late", *NAMES[1:]], family=family, cluster="g")
    lost = m.frame["controls"].astype("str").str.contains("late") | (gap == "everywhere")
    assert (m.frame.loc[lost, "flags"] == "no estimate").all()
    assert m.frame.loc[lost, "why"].str.contains("same value").all()
    assert (m.frame.loc[~lost, "flags"] == "").all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outcome": []}, "empty"),
        ({"treatment": []}, "empty"),
        ({"controls": [f"z{i}" for i in range(30)]}, "1,073,741,824 specifications"),
        ({"controls": ["t", "x0"]}, "both a treatment and a control"),
        ({"controls": ["nothing"]}, "nothing"),
        ({"controls": {"sometimes": ["x0"]}}, "sometimes"),
        ({"family": "logistic"}, "logistic"),
        ({"samples": {"odd": "x0 >"}}, "cannot be read"),
        ({"samples": {"none": "x0 > 99"}}, "no rows"),
        ({"treatment": "C(region)"}, "coefficients"),
        ({"exclude": [("x0", "x9")]}, "exclude"),
        ({"memory": 0}, "memory"),
        ({"vcov": "hc9"}, "hc9"),
        ({"cluster": None, "vcov": "cr1"}, "cluster"),
        ({"cluster": ("g", "h", "region")}, "one column or two"),
        ({"treatment": 5}, "a name or a list of names"),
        ({"outcome": None}, "a name or a list of names"),
        ({"controls": {"one of": ["x0", "x1"]}}, "named groups"),
        ({"controls": {"one of": {"place": "x0"}}}, "list of terms"),
        ({"fixed_effects": ["h", "h"]}, "twice"),
        ({"samples": ["x0 > 0"]}, "names and queries"),
        ({"memory": "64MB"}, "memory"),
        ({"memory": float("nan")}, "memory"),
        ({"seed": "one"}, "seed"),
        ({"vcov": 5}, "vcov"),
        ({"colour": "red"}, "no colour="),
        ({"weights": "x0"}, "below zero"),
    ],
)
def test_bad_grids_are_refused_with_a_reason(options, message):
    call = {"outcome": "y", "treatment": "t", "controls": ["x0"], "cluster": "g"} | options
    with pytest.raises(BadModel, match=message):
        pk.multiverse(data(), **call)


def test_data_of_no_kind_no_rows_or_no_complete_row_are_named():
    with pytest.raises(BadModel, match="DataFrame or a panel"):
        pk.multiverse([1, 2], "y", "t")
    with pytest.raises(BadModel, match="no rows"):
        pk.multiverse(data().iloc[:0], "y", "t")
    m = pk.multiverse(data().assign(y=np.nan), "y", "t", ["x0"], cluster="g")
    assert (m.frame["flags"] == "no estimate").all()
    assert m.frame["why"].str.contains("missing").all()


def test_a_two_way_variance_below_zero_says_so():
    draw = np.random.default_rng(1)
    frame = data().assign(few=draw.integers(0, 3, 260), other=draw.integers(0, 3, 260))
    m = pk.multiverse(frame, "y", "t", NAMES[:4], cluster=("few", "other"))
    lost = m.frame["std_error"].isna()
    assert lost.any() and m.frame.loc[lost, "estimate"].notna().all()
    assert m.frame.loc[lost, "why"].str.contains("below zero").all()


def test_two_codings_of_one_column_and_excluded_pairs_never_stand_together():
    frame = data().assign(p=lambda d: d["x0"].abs() + 1)
    m = pk.multiverse(frame, "y", "t", ["p", "log(p)", "x1", "x2"], exclude=[("x1", "x2")])
    sets = m.frame["controls"].astype("str")
    assert not sets.str.contains(r"p \+ log\(p\)").any()
    assert not sets.str.contains(r"x1 \+ x2").any()
    assert m.size == 9 and len(m.grid.notes) == 2


def test_results_do_not_depend_on_memory_workers_or_the_order_of_rows():
    frame = data(gaps=True)
    call = {"outcome": "b", "treatment": "t", "controls": NAMES, "family": "logit", "cluster": "g"}
    one = pk.multiverse(frame, **call, workers=1).frame
    small = pk.multiverse(frame, **call, memory=0.1, workers=2).frame
    turned = pk.multiverse(frame.sample(frac=1, random_state=3), **call).frame
    for other in (small, turned):
        np.testing.assert_allclose(other["estimate"], one["estimate"], rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(other["std_error"], one["std_error"], rtol=1e-8)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.001, 1000))
def test_rescaling_a_treatment_rescales_its_coefficient(factor):
    frame = data(120, 15)
    base = pk.multiverse(frame, "b", "t", NAMES[:2], family="logit", cluster="g").frame
    scaled = frame.assign(t=frame["t"] * factor)
    other = pk.multiverse(scaled, "b", "t", NAMES[:2], family="logit", cluster="g").frame
    np.testing.assert_allclose(other["estimate"] * factor, base["estimate"], rtol=1e-7)
    np.testing.assert_allclose(other["p_value"], base["p_value"], rtol=1e-6)


def test_a_saved_multiverse_reloads_whole_and_refuses_other_data(tmp_path):
    frame = data()
    m = pk.multiverse(frame, "y", "t", NAMES[:4], cluster="g", save=tmp_path / "m.parquet")
    again = reload(tmp_path / "m.parquet", frame)
    pd.testing.assert_frame_equal(again.frame, m.frame)
    assert again.axes == m.axes and again.hash == m.hash
    with pytest.raises(UnreadableFile, match="other data"):
        reload(tmp_path / "m.parquet", frame.assign(y=frame["y"] + 1))
    with pytest.raises(UnreadableFile, match="no file"):
        reload(tmp_path / "none.parquet")
    with pytest.raises(BadModel, match="without its data"):
        reload(tmp_path / "m.parquet").influence()


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path, monkeypatch):
    frame, path = data(), tmp_path / "m.parquet"
    call = {"outcome": ["y", "x5"], "treatment": "t", "controls": NAMES[:4], "cluster": "g"}
    whole = pk.multiverse(frame, **call).frame
    kept, written = store.keep_part, []

    def stop_after_one(target, mark, number, part):
        kept(target, mark, number, part)
        written.append(number)
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "keep_part", stop_after_one)
    with pytest.raises(KeyboardInterrupt) as stopped:
        pk.multiverse(frame, **call, save=path)
    assert "16 of 32 specifications are kept" in " ".join(stopped.value.__notes__)
    assert written == [0] and not path.exists()
    later = []
    monkeypatch.setattr(store, "keep_part", lambda *part: (later.append(part[2]), kept(*part)))
    done = pk.multiverse(frame, **call, save=path)
    assert later == [1] and path.exists() and not store.parts_folder(path).exists()
    np.testing.assert_allclose(done.frame["estimate"], whole["estimate"], rtol=1e-12)


def test_summary_counts_shares_and_drivers_add_up():
    m = pk.multiverse(data(), "y", ["t", "x5"], NAMES[:3], cluster="g")
    row = m.summary().iloc[0]
    frame = m.frame
    assert row["specifications"] == 16
    assert row["claimed_sign"] == (frame["estimate"] > 0).mean()
    assert row["median"] == pytest.approx(frame["estimate"].median())
    assert m.drivers("estimate")["share_of_variance"].sum() <= 1 + 1e-9
    assert m.drivers("estimate")["axis"].iloc[0] == "treatment"
    assert set(m.summary(by="treatment").index) == {"t", "x5"}
    assert len(m.table(5)) == 5 and "16 specifications" in repr(m)


@pytest.mark.parametrize(("family", "outcome"), [("logit", "b"), ("negbin", "c")])
def test_leaving_a_cluster_out_equals_fitting_without_it(family, outcome):
    frame = data(gaps=True)
    m = pk.multiverse(frame, outcome, "t", [], family=family, cluster="g", fixed_effects="region")
    found = m.influence().frame.set_index("cluster")["median"]
    for cluster in (0, 7):
        rest = frame[frame["g"] != cluster]
        alone = pk.fit(f"{outcome} ~ C(region) + t", rest, family=family, cluster="g").tidy()
        alone = alone[alone["term"] == "t"]
        assert found[cluster] == pytest.approx(alone["estimate"].iloc[-1], rel=1e-8)


def test_a_cluster_in_few_specifications_does_not_move_the_median_by_being_in_few():
    frame = data()
    frame["t2"] = -frame["t"] + np.random.default_rng(5).normal(size=len(frame)) / 10
    frame.loc[frame["g"] == 3, "t"] = np.nan
    m = pk.multiverse(frame, "y", ["t", "t2"], NAMES[:3], cluster="g")
    found = m.influence().frame.set_index("cluster")
    rest = pk.multiverse(frame[frame["g"] != 3], "y", ["t", "t2"], NAMES[:3], cluster="g")
    assert found.loc[3, "median"] == pytest.approx(rest.frame["estimate"].median(), rel=1e-8)
    assert found.loc[3, "specifications"] == 8 and found.loc[4, "specifications"] == 16


@pytest.mark.parametrize("more", [{"vcov": "cr2"}, {"cluster": ["g", "region"]}])
def test_a_summary_names_no_cluster_where_none_can_be_left_out(more):
    m = pk.multiverse(data(), "y", "t", NAMES[:2], **{"cluster": "g", **more})
    assert "most_influential" not in m.summary() and m.summary()["estimated"].item() == 4
    with pytest.raises(BadModel, match="Leaving clusters out"):
        m.influence()


def test_pairs_bootstrap_equals_refitting_the_drawn_rows():
    frame = data(120, 12)
    estimate = pk.fit("b ~ x0 + t", frame, family="logit", cluster="g")
    found = bootstrap(estimate, "t", draws=99, kind="pairs", seed=1)
    codes = np.asarray(estimate.rows.clusters)
    groups = codes.max() + 1
    times = np.random.default_rng(1).multinomial(groups, np.full(groups, 1 / groups), size=99)
    for i in range(5):
        rows = frame.loc[frame.index.repeat(times[i][codes])]
        alone = pk.fit("b ~ x0 + t", rows, family="logit").tidy()["estimate"].iloc[-1]
        assert found.draws[i] == pytest.approx(alone, abs=1e-5)


def test_wild_bootstrap_equals_refitting_the_turned_outcomes():
    frame = data(120, 12)
    estimate = pk.fit("y ~ x0 + t", frame, cluster="g")
    found = bootstrap(estimate, "t", draws=99, seed=2)
    codes = np.asarray(estimate.rows.clusters)
    signs = np.random.default_rng(2).choice([-1.0, 1.0], size=(codes.max() + 1, 99))
    null = pk.fit("y ~ x0", frame)
    ratio = np.sqrt((12 / 11) * 119 / 117)
    for i in range(5):
        turned = null.found.fitted + signs[codes, i] * (frame["y"] - null.found.fitted)
        row = pk.fit("v ~ x0 + t", frame.assign(v=turned), cluster="g").tidy().iloc[-1]
        assert found.draws[i] == pytest.approx(row["statistic"] * ratio, rel=1e-8)


def test_score_bootstrap_agrees_with_the_clustered_test():
    estimate = pk.fit("b ~ x0 + t", data(), family="logit", cluster="g")
    found = bootstrap(estimate, "t", kind="score")
    own = estimate.tidy()["p_value"].iloc[-1]
    assert abs(found.p_value - own) < 0.03 and found.failed == 0
    with pytest.raises(BadModel, match="wild"):
        bootstrap(estimate, "t", kind="wild")
    with pytest.raises(BadModel, match="no term"):
        bootstrap(estimate, "z")


@given(st.lists(st.integers(1, 5), min_size=2, max_size=6), st.integers(0, 99))
def test_exchange_gives_each_cluster_the_rows_of_one_other(sizes, seed):
    codes = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    taken = exchange(codes, np.random.default_rng(seed))
    donors = [set(codes[taken[codes == group]]) for group in range(len(sizes))]
    assert all(len(donor) == 1 for donor in donors)
    assert set.union(*donors) == set(range(len(sizes)))


def test_permutation_finds_a_planted_association_and_no_other():
    m = pk.multiverse(data(), "y", "t", NAMES[1:3], cluster="g")
    found = m.permute(99)
    assert found.joint.loc["median z", "p_value"] == 0.01
    assert (found.frame["p_permutation"] <= 0.02).all()
    blank = pk.multiverse(data(), "y", "x5", NAMES[1:3], cluster="g").permute(99)
    assert blank.joint.loc["median z", "p_value"] > 0.05


@pytest.mark.parametrize(
    ("name", "other"),
    [("bonferroni", "bonferroni"), ("holm", "holm"), ("bh", "fdr_bh"), ("by", "fdr_by")],
)
def test_corrections_equal_statsmodels(name, other):
    p_values = np.random.default_rng(0).random((4, 7)) ** 3
    expected = [multipletests(row, method=other)[1] for row in p_values]
    np.testing.assert_allclose(METHODS[name](p_values), expected, rtol=1e-12)


def test_outcomes_of_a_family_are_corrected_together():
    m = pk.multiverse(data(), ["y", "x4", "x5"], "t", NAMES[:2], cluster="g")
    found = m.corrected({"one": ["y", "x4"], "two": ["x5"]})
    alone = found[found["outcome"] == "x5"]
    assert (alone["p_corrected"] == alone["p_value"]).all()
    pair = found[found["controls"] == "x0"].set_index("outcome")
    expected = multipletests(pair.loc[["y", "x4"], "p_value"], method="holm")[1]
    np.testing.assert_allclose(pair.loc[["y", "x4"], "p_corrected"], expected)
    with pytest.raises(BadModel, match="no outcome"):
        m.corrected({"one": ["z"]})


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 7), st.integers(0, 1000))
def test_elimination_and_lattice_equal_numpy(count, seed):
    draw = np.random.default_rng(seed)
    root = draw.normal(size=(40, count + 1))
    whole = root[:, :count].T @ root[:, :count]
    outcome = root[:, :count].T @ root[:, count]
    used = draw.random((count, 9)) < 0.5
    used[-1] = True
    spare = np.zeros(count, dtype=bool)
    factor = factorise(np.repeat(whole[:, :, None], 9, axis=2), used, spare)
    solved = factor.solve(np.repeat(outcome[:, None], 9, axis=1))
    found = subsets(whole, outcome, float(root[:, count] @ root[:, count]), used, spare)
    for i in range(9):
        here = np.flatnonzero(used[:, i])
        expected = np.zeros(count)
        expected[here] = np.linalg.solve(whole[np.ix_(here, here)], outcome[here])
        np.testing.assert_allclose(solved[:, i], expected, atol=1e-9)
        np.testing.assert_allclose(found.coefficients[:, i], expected, atol=1e-9)
        inverse = np.linalg.inv(whole[np.ix_(here, here)])
        np.testing.assert_allclose(found.direction[here, i], inverse[:, -1], atol=1e-9)


def test_a_plot_has_one_row_for_each_choice():
    m = pk.multiverse(data(), "y", ["t", "x5"], NAMES[:3], cluster="g")
    below = m.plot().axes[1]
    labels = [label.get_text() for label in below.get_yticklabels()]
    assert labels == ["treatment: t", "treatment: x5", "with x0", "with x1", "with x2"]


@pytest.mark.optional
def test_a_dask_cluster_takes_the_work():
    distributed = pytest.importorskip(
        "distributed", reason="optional: pip install '.[cluster]' brings dask and distributed"
    )
    frame = data()
    call = {"outcome": "b", "treatment": "t", "controls": NAMES, "family": "logit", "cluster": "g"}
    here = pk.multiverse(frame, **call).frame
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    )
    with cluster, distributed.Client(cluster), joblib.parallel_config("dask"):
        there = pk.multiverse(frame, **call).frame
    pd.testing.assert_frame_equal(there, here)


class Together(ThreadingBackend):
    """A backend that, as ray's, hands out results only when all of a call are there."""

    supports_return_generator = False


def test_a_backend_without_generators_takes_the_work_in_portions():
    frame = data()
    call = {"outcome": ["b", "y"], "treatment": ["t", "x5"], "controls": NAMES[:3], "cluster": "g"}
    call |= {"fixed_effects": [None, "region"]}
    joblib.register_parallel_backend("together", Together)
    with joblib.parallel_config("together", n_jobs=1):
        there = pk.multiverse(frame, **call).frame
    here = pk.multiverse(frame, **call).frame
    pd.testing.assert_frame_equal(there, here)
