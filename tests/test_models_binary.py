"""Logit, probit, Firth's logit, CR2 and separation against R's results (tests/r) and closed forms."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit, log_expit

import pkstats as pk
from pkstats.errors import BadModel
from pkstats.models.families.binary import LOGIT, logit, probit
from pkstats.models.families.firth import firth
from pkstats.models.families.linear import ols
from pkstats.models.sample import Sample
from pkstats.models.separation import separated
from pkstats.models.small_sample import cr2

FOLDER = Path(__file__).parent / "r"
COLUMNS = ["estimate", "std_error", "p_value", "conf_low", "conf_high"]
FAMILIES = ("ols", "logit", "probit", "firth")


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{name}.csv", keep_default_na=False, na_values=["", "NA"])


def options(row: pd.Series) -> dict[str, str]:
    return dict(item.split("=", 1) for item in row["options"].split(";"))


def ours(row: pd.Series) -> bool:
    """Whether the case's convention is one that pkstats has."""
    chosen = options(row)
    if row["family"] not in FAMILIES or chosen.get("information") == "observed":
        return False
    likelihood = row["family"] != "ols"
    wrong = "_stata" if likelihood else "_likelihood"
    return chosen["vcov"] != "cr0" and not row["case"].endswith(wrong)


def cases() -> list:
    found = []
    for topic in ("glm", "vcov_cluster", "clubsandwich", "firth"):
        table = read(topic)
        rows = table[table["part"] == "coefficient"]
        for name, case in rows.groupby("case", sort=False):
            if ours(case.iloc[0]):
                found.append(pytest.param(case, id=f"{topic}-{name}"))
    return found


@pytest.mark.parametrize("case", cases())
def test_estimates_equal_r(case):
    first = case.iloc[0]
    chosen = options(first)
    data = read(first["data"])
    if chosen.get("rows") == "first_40":
        data = data.head(40)
    cluster = chosen["cluster"].split("+") if "cluster" in chosen else None
    scale = 1.0
    if "weights" in chosen and first["family"] != "ols":
        # R takes weights for counts of rows; pkstats gives them a mean of one.
        scale = float(data[chosen["weights"]].mean())
    if scale != 1 and chosen["vcov"] == "classical":
        at_mean = pk.fit(first["formula"], data, first["family"], weights=chosen["weights"])
        errors = pd.Series(np.sqrt(np.diag(at_mean.found.bread) / scale), at_mean.terms)
        np.testing.assert_allclose(errors[case["term"]], case["std_error"], rtol=1e-8)
        return
    found = pk.fit(
        first["formula"],
        data,
        family=first["family"],
        vcov=chosen["vcov"],
        cluster=cluster,
        weights=chosen.get("weights"),
    )
    table = found.tidy().set_index("term").loc[case["term"]]
    for column in COLUMNS:
        np.testing.assert_allclose(table[column], case[column], rtol=1e-8, err_msg=column)
    if found.freedom is not None:
        freedom = pd.Series(found.freedom, list(found.terms)).loc[case["term"]]
        np.testing.assert_allclose(freedom, case["df"], rtol=1e-8)
    value = found.found.log_likelihood
    if first["family"] == "firth":
        value = found.found.statistics["penalised_log_likelihood"]
    if not np.isnan(first["log_likelihood"]):
        assert value == pytest.approx(first["log_likelihood"] / scale, rel=1e-10)
    assert found.nobs == first["nobs"]


def test_firth_reproduces_doyle_and_sambanis_and_keeps_tests_and_intervals_in_step(source):
    path = source("replication/doyle_sambanis2000/peace.csv")
    data = pd.read_csv(path, keep_default_na=False, na_values=["", "NA"])
    terms = "wartype + logcost + wardur + factnum + factnum2 + trnsfcap + develop + exp + decade"
    formula = f"pbs2s3 ~ {terms} + treaty + untype4"
    table = pk.fit(formula, data, family="firth").tidy().set_index("term")
    assert table.loc["untype4", "estimate"] == pytest.approx(2.375761, abs=5e-7)
    # brglm2 0.9, type = "MPL_Jeffreys", and a profile found by scipy's BFGS from several starts.
    assert table.loc["untype4", "conf_low"] == pytest.approx(0.0730047012, rel=1e-8)
    assert table.loc["untype4", "conf_high"] == pytest.approx(5.2560322933, rel=1e-8)
    assert table.loc["untype4", "p_value"] == pytest.approx(0.0426625609, rel=1e-7)
    for level in (0.8, 0.99):
        other = pk.fit(formula, data, family="firth", conf_level=level).tidy()
        excludes = (other["conf_low"] > 0) | (other["conf_high"] < 0)
        assert (excludes == (other["p_value"] < 1 - level)).all()


@pytest.fixture(scope="module")
def sample() -> Sample:
    draw = np.random.default_rng(2)
    design = np.column_stack([np.ones(400), draw.normal(size=(400, 4))])
    design[:, 4] = draw.integers(0, 8, size=400) == 0
    outcome = (design @ [0.3, 0.5, -0.4, 0.2, 0.0] + draw.logistic(size=400) > 0).astype(float)
    return Sample(outcome, design, ("Intercept", "a", "b", "c", "rare"))


def test_probit_equals_statsmodels_and_its_bread_is_the_expected_information(sample):
    found = probit(sample)
    newton = sm.Probit(sample.outcome, sample.design).fit(disp=0, tol=1e-14)
    np.testing.assert_allclose(found.coefficients, newton.params, rtol=1e-9)
    # Fisher scoring stops on the deviance, at half as many digits.
    fisher = sm.GLM(
        sample.outcome, sample.design, sm.families.Binomial(sm.families.links.Probit())
    ).fit(tol=1e-14)
    np.testing.assert_allclose(np.sqrt(np.diag(found.bread)), fisher.bse, rtol=1e-7)
    np.testing.assert_allclose(found.scores.sum(axis=0), 0, atol=1e-9)


@pytest.mark.parametrize("fit", [logit, probit, firth])
def test_badly_scaled_terms_change_nothing_else(sample, fit):
    scale = np.array([1, 1e9, 1e-9, 1e4, 1])
    shifted = sample.design + np.array([0, 0, 0, 2000, 0])
    plain, other = fit(sample), fit(Sample(sample.outcome, shifted * scale, sample.names))
    np.testing.assert_allclose((other.coefficients * scale)[1:], plain.coefficients[1:], rtol=1e-7)
    errors = [np.sqrt(np.diag(found.bread)) for found in (plain, other)]
    np.testing.assert_allclose((errors[1] * scale)[1:], errors[0][1:], rtol=1e-7)
    assert other.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)


@pytest.mark.parametrize("fit", [logit, probit, firth])
def test_weights_count_rows_several_times(sample, fit):
    weights = np.arange(400) % 3 + 1.0
    repeated = np.repeat(np.arange(400), weights.astype(int))
    one = fit(Sample(sample.outcome, sample.design, sample.names, weights))
    two = fit(Sample(sample.outcome[repeated], sample.design[repeated], sample.names))
    np.testing.assert_allclose(one.coefficients, two.coefficients, rtol=1e-9)
    np.testing.assert_allclose(one.bread, two.bread, rtol=1e-9)
    assert one.log_likelihood == pytest.approx(two.log_likelihood, rel=1e-12)


def test_firth_of_a_saturated_model_adds_a_half_to_every_cell():
    group = np.repeat([0.0, 1.0], [10, 7])
    outcome = np.array([1.0] * 3 + [0] * 7 + [1] * 7)
    design = np.column_stack([np.ones(17), group])
    found = firth(Sample(outcome, design, ("Intercept", "group")))
    first, second = np.log(3.5 / 7.5), np.log(7.5 / 0.5)
    np.testing.assert_allclose(found.coefficients, [first, second - first], rtol=1e-10)


def test_firth_survives_complete_separation_where_logit_and_probit_refuse(sample):
    outcome = (sample.design[:, 1] > 0.2).astype(float)
    planted = Sample(outcome, sample.design, sample.names)
    found = firth(planted)
    assert found.intervals is not None
    assert found.intervals["conf_low"][1] > 0
    assert np.isfinite(found.intervals["conf_high"]).all()
    for fit in (logit, probit):
        with pytest.raises(BadModel, match="terms a separate"):
            fit(planted)


def test_quasi_separation_is_refused_with_the_terms_named(sample):
    outcome = sample.outcome.copy()
    outcome[sample.design[:, 4] == 1] = 1
    for fit in (logit, probit):
        with pytest.raises(BadModel, match="terms rare separate"):
            fit(Sample(outcome, sample.design, sample.names))


def test_the_detector_names_every_term_that_separates_on_its_own_and_together(sample):
    design, names = sample.design.copy(), sample.names
    assert separated(sample.outcome, design, names) == []
    assert separated((design[:, 1] - design[:, 2] > 0.1) * 1.0, design, names) == ["a", "b"]
    outcome = sample.outcome.copy()
    design[:, 3] = np.arange(400) < 6
    outcome[design[:, 3] == 1] = 0
    design[:6, 4] = 0
    outcome[design[:, 4] == 1] = 1
    assert separated(outcome, design, names) == ["c", "rare"]
    assert separated(outcome, design * [1, 1e-6, 1, 1e8, 1], names) == ["c", "rare"]


def test_a_reference_category_that_separates_names_the_other_categories(sample):
    kind = np.arange(400) % 3
    design = np.column_stack([sample.design[:, :2], kind == 1, kind == 2])
    outcome = np.where(kind == 0, 1.0, sample.outcome)
    assert separated(outcome, design, ("Intercept", "a", "one", "two")) == ["one", "two"]


@pytest.mark.parametrize("fit", [logit, probit])
def test_extreme_but_finite_estimates_are_not_taken_for_separation(fit):
    x = np.concatenate([np.linspace(-3, -0.002, 60), [0.001, -0.001], np.linspace(0.002, 3, 60)])
    outcome = np.concatenate([np.zeros(61), np.ones(61)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit(Sample(outcome, np.column_stack([np.ones(122), x]), ("Intercept", "x")))
    assert np.abs(found.coefficients[1]) > 200
    np.testing.assert_allclose(found.scores.sum(axis=0), 0, atol=1e-6)


def test_cr2_with_singletons_is_hc2_and_unbiased_under_its_working_model(sample):
    found = ols(sample)
    matrix, _ = cr2(found, sample.design, np.arange(400))
    leverage = np.einsum("ij,jk,ik->i", sample.design, found.bread, sample.design)
    adjusted = found.scores / np.sqrt(1 - leverage)[:, None]
    np.testing.assert_allclose(matrix, found.bread @ adjusted.T @ adjusted @ found.bread, rtol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit", [ols, logit, probit])
def test_cr2_equals_the_definition_written_out(sample, fit, weighted):
    draw = np.random.default_rng(4)
    rows = slice(0, 60)
    design = sample.design[rows, :4]
    weights = draw.uniform(0.5, 2, size=60) if weighted else None
    clusters = draw.permutation(np.repeat(np.arange(20), 3))
    design[:, 3] = draw.normal(size=20)[clusters]
    found = fit(Sample(sample.outcome[rows], design, sample.names[:4], weights))
    matrix, freedom = cr2(found, design, clusters)
    expected, expected_freedom = _written_out(found, sample.outcome[rows], design, clusters)
    np.testing.assert_allclose(matrix, expected, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(freedom, expected_freedom, rtol=1e-8)


def _written_out(found, outcome, design, clusters):
    """Bell and McCaffrey's matrices in full (n, n), as in Pustejovsky and Tipton (2018)."""
    slope = np.ones(len(design)) if found.slope is None else found.slope
    design = design * slope[:, None]
    weight = np.diag(found.working / slope**2)
    target = np.linalg.inv(weight) if found.slope is not None else np.eye(len(design))
    left = found.bread @ design.T @ weight
    rest = np.eye(len(design)) - design @ left
    residual = outcome - found.fitted
    meat, vectors = np.zeros((4, 4)), []
    for code in range(clusters.max() + 1):
        own = np.flatnonzero(clusters == code)
        block = (rest @ target @ rest.T)[np.ix_(own, own)]
        root = np.sqrt(target[own, own])
        values, basis = np.linalg.eigh(root[:, None] * block * root)
        power = np.where(values > 1e-12, np.abs(values) ** -0.5, 0)
        adjust = root[:, None] * (basis * power @ basis.T) * root
        part = left[:, own] @ adjust
        meat += np.outer(part @ residual[own], part @ residual[own])
        vectors.append(part @ rest[own])
    stacked = np.array(vectors)
    freedom = []
    for term in range(4):
        product = stacked[:, term] @ target @ stacked[:, term].T
        freedom.append(np.trace(product) ** 2 / (product**2).sum())
    return meat, np.array(freedom)


def test_logit_rows_are_exact_far_from_zero():
    linear = np.array([-800.0, -40.0, -1.5, 0.0, 1.5, 40.0, 800.0])
    for sign in (-1.0, 1.0):
        value, first, second = LOGIT.rows(linear, np.full(7, sign))
        np.testing.assert_allclose(value, log_expit(sign * linear), rtol=1e-15)
        np.testing.assert_allclose(first, sign * expit(-sign * linear), rtol=1e-15)
        np.testing.assert_allclose(second, expit(linear) * expit(-linear), rtol=1e-14)
