"""Counts and counts with many zeros against R, statsmodels, a published model and invariances."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from statsmodels.discrete.count_model import ZeroInflatedNegativeBinomialP
from statsmodels.discrete.discrete_model import Logit, NegativeBinomial, Poisson
from statsmodels.discrete.truncated_model import TruncatedLFNegativeBinomialP

import pkstats as pk
from pkstats.errors import BadModel
from pkstats.models.families.negative_binomial import negative_binomial, rising
from pkstats.models.families.zeros import crossing, inflated, truncated, truncated_poisson

FIXTURES = Path(__file__).parent / "r"
FAMILIES = ["poisson", "negbin", "zinb", "hurdle"]
OPTIONS = {"vcov", "cluster", "weights", "exposure", "zero"}


def cases(topic: str) -> list:
    path = FIXTURES / f"{topic}.csv"
    if not path.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"{path.name} is not there"))]
    table = pd.read_csv(path, keep_default_na=False, na_values=[""])
    # MASS's own standard errors hold α fixed and use expected information: another convention.
    table = table[
        (table["part"] == "coefficient")
        & table["family"].isin(FAMILIES)
        & ~table["options"].str.contains("information=mass|vcov=hc")
    ]
    return [pytest.param(rows, id=str(name)) for name, rows in table.groupby("case", sort=False)]


@pytest.mark.parametrize("rows", [*cases("glm"), *cases("glm_nb"), *cases("zeroinfl_hurdle")])
def test_r_fixtures(rows):
    first = rows.iloc[0]
    given = dict(pair.split("=", 1) for pair in first["options"].split(";"))
    data = pd.read_csv(FIXTURES / f"{first['data']}.csv")
    options = {name: value for name, value in given.items() if name in OPTIONS}
    scale = 1.0
    if "weights" in options:
        # R takes weights for counts of rows; pkstats gives them a mean of one and robust errors.
        scale = float(data[options["weights"]].mean())
        options["vcov"] = options["vcov"].replace("classical", "hc1")
    found = pk.fit(first["formula"], data, family=first["family"], **options)
    if scale != 1 and options["vcov"] == "hc1":
        found = replace(found, covariance=found.found.bread / scale)
    table = found.tidy().set_index("term").loc[rows["term"]]
    np.testing.assert_allclose(table["estimate"], rows["estimate"], rtol=1e-7)
    np.testing.assert_allclose(table["std_error"], rows["std_error"], rtol=1e-7)
    assert found.found.log_likelihood == pytest.approx(first["log_likelihood"] / scale, rel=1e-9)
    if not np.isnan(first["null_log_likelihood"]):
        null = first["null_log_likelihood"]
        assert found.found.null_log_likelihood == pytest.approx(null / scale, rel=1e-9)


def test_hultman_kathman_and_shannon_table_1_model_1_is_reproduced(source):
    data = pd.read_csv(source("replication/hks2013/HKS_AJPS_2013.tab"), sep="\t")
    formula = (
        "osvAll ~ troopLag + policeLag + militaryobserversLag + brv_AllLag + osvAllLagDum + incomp"
        " + epduration + lntpop"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = pk.fit(formula, data, family="negbin", cluster="conflict_id")
    table = found.tidy().set_index("term")
    published = {
        "troopLag": (-0.530447, 0.085531),
        "policeLag": (-9.902581, 1.549270),
        "militaryobserversLag": (21.761869, 3.956113),
        "osvAllLagDum": (2.177361, 0.281010),
        "incomp": (2.379390, 0.426472),
    }
    for term, (estimate, error) in published.items():
        assert table.loc[term, "estimate"] == pytest.approx(estimate, abs=6e-7)
        assert table.loc[term, "std_error"] == pytest.approx(error, abs=6e-7)
    assert table.loc["Intercept", "estimate"] == pytest.approx(-9.236754, abs=6e-7)
    assert table.loc["log_alpha", "estimate"] == pytest.approx(2.826931, abs=6e-7)
    glance = found.glance().iloc[0]
    assert (glance["nobs"], glance["clusters"]) == (3746, 36)
    assert glance["log_likelihood"] == pytest.approx(-6260.154, abs=5e-4)
    assert glance["alpha"] == pytest.approx(math.exp(2.826931), rel=1e-6)


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    draw = np.random.default_rng(5)
    n = 800
    frame = pd.DataFrame({"x": draw.normal(size=n), "z": draw.normal(size=n)})
    frame["e"] = draw.uniform(1, 10, size=n)
    mean = np.exp(0.3 + 0.6 * frame["x"]) * frame["e"]
    frame["plain"] = draw.poisson(mean)
    frame["y"] = draw.poisson(mean * draw.gamma(1.5, 1 / 1.5, size=n))
    frame["many"] = frame["y"] * (draw.uniform(size=n) > expit(-0.8 + frame["z"]))
    frame["group"] = draw.integers(0, 50, size=n)
    frame["w"] = draw.uniform(0.5, 2, size=n)
    return frame


def design(data: pd.DataFrame, *names: str) -> np.ndarray:
    return np.column_stack([np.ones(len(data)), data[list(names)]])


def test_poisson_with_exposure_equals_statsmodels(data):
    found = pk.fit("plain ~ x + z", data, family="poisson", exposure="e", cluster="group")
    model = Poisson(data["plain"], design(data, "x", "z"), exposure=data["e"])
    theirs = model.fit(
        disp=0,
        method="newton",
        tol=1e-12,
        cov_type="cluster",
        cov_kwds={"groups": data["group"], "use_correction": False},
    )
    np.testing.assert_allclose(found.tidy()["estimate"], theirs.params, rtol=1e-9)
    np.testing.assert_allclose(found.tidy()["std_error"], theirs.bse * np.sqrt(50 / 49), rtol=1e-8)
    assert found.found.log_likelihood == pytest.approx(theirs.llf, rel=1e-12)
    assert found.found.null_log_likelihood == pytest.approx(theirs.llnull, rel=1e-9)
    np.testing.assert_allclose(found.found.fitted, theirs.predict(), rtol=1e-9)


def test_negative_binomial_equals_statsmodels(data):
    found = pk.fit("y ~ x + z", data, family="negbin", exposure="e")
    model = NegativeBinomial(data["y"], design(data, "x", "z"), exposure=data["e"])
    model._transparams = False  # its last parameter is α then, as after fitting
    at = np.append(found.found.coefficients[:-1], found.found.statistics["alpha"])
    assert model.loglike(at) == pytest.approx(found.found.log_likelihood, rel=1e-12)
    # Its optimisers stop early; at our estimates its own score vanishes and its Hessian is ours.
    np.testing.assert_allclose(model.score(at), 0, atol=1e-8)
    theirs = np.sqrt(np.diag(np.linalg.inv(-model.hessian(at))))
    theirs[-1] /= found.found.statistics["alpha"]
    np.testing.assert_allclose(found.tidy()["std_error"], theirs, rtol=1e-8)
    bare = NegativeBinomial(data["y"], np.ones(len(data)), exposure=data["e"]).fit(disp=0)
    assert found.found.null_log_likelihood == pytest.approx(bare.llf, rel=1e-8)


def test_zero_inflated_equals_statsmodels(data):
    found = pk.fit("many ~ x", data, family="zinb", zero="~ z", exposure="e")
    assert found.terms == ("Intercept", "x", "zero:Intercept", "zero:z", "log_alpha")
    model = ZeroInflatedNegativeBinomialP(
        data["many"], design(data, "x"), exog_infl=design(data, "z"), exposure=data["e"]
    )
    ours = found.found.coefficients
    at = np.concatenate([ours[2:4], ours[:2], [np.exp(ours[4])]])
    # Its Hessian is numerical, hence 1e-5.
    assert model.loglike(at) == pytest.approx(found.found.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(model.score(at), 0, atol=1e-6)
    theirs = np.sqrt(np.diag(np.linalg.inv(-model.hessian(at))))[[2, 3, 0, 1, 4]]
    theirs[-1] /= at[-1]
    np.testing.assert_allclose(found.tidy()["std_error"], theirs, rtol=1e-5)
    assert ours[3] > 0, "a positive zero: coefficient makes structural zeros more likely"
    assert found.found.fitted.mean() == pytest.approx(data["many"].mean(), rel=0.05)


def test_hurdle_is_a_logit_of_positive_counts_and_a_truncated_count(data):
    found = pk.fit("many ~ x", data, family="hurdle", zero="~ z")
    table = found.tidy().set_index("term")
    positive = (data["many"] > 0).astype(int)
    crossed = Logit(positive, design(data, "z")).fit(disp=0, tol=1e-12)
    np.testing.assert_allclose(table.loc[["zero:Intercept", "zero:z"], "estimate"], crossed.params)
    np.testing.assert_allclose(table.loc[["zero:Intercept", "zero:z"], "std_error"], crossed.bse)
    assert table.loc["zero:z", "estimate"] < 0, "positive counts are rarer as z grows"
    above = data[data["many"] > 0]
    model = TruncatedLFNegativeBinomialP(above["many"], design(above, "x"))
    at = np.append(table.loc[["Intercept", "x"], "estimate"], found.found.statistics["alpha"])
    assert found.found.log_likelihood == pytest.approx(model.loglike(at) + crossed.llf, rel=1e-12)
    np.testing.assert_allclose(model.score(at), 0, atol=1e-3)
    # A saturated mean: fitted values average to the counts only roughly (no canonical link).
    assert found.found.fitted.mean() == pytest.approx(data["many"].mean(), rel=0.05)


@pytest.mark.parametrize("family", FAMILIES)
class TestEvery:
    def fit(self, family, data, terms="x + z", **options):
        outcome = {"poisson": "plain", "negbin": "y"}.get(family, "many")
        return pk.fit(f"{outcome} ~ {terms}", data, family=family, **options)

    def test_scores_sum_to_zero(self, data, family):
        found = self.fit(family, data, weights="w", exposure="e").found
        total = found.scores.sum(axis=0)
        assert total @ found.bread @ total < 1e-15

    def test_the_order_of_rows_does_not_matter(self, data, family):
        one = self.fit(family, data, cluster="group").tidy()
        two = self.fit(family, data.sample(frac=1, random_state=3), cluster="group").tidy()
        np.testing.assert_allclose(two.iloc[:, 1:3], one.iloc[:, 1:3], rtol=1e-7)

    def test_a_regressor_in_other_units_rescales_its_coefficient_only(self, data, family):
        one = self.fit(family, data, cluster="group").tidy()
        two = self.fit(family, data, "I(x * 10000) + z", cluster="group").tidy()
        scale = np.where(one["term"].str.endswith("x"), 1e-4, 1.0)
        np.testing.assert_allclose(two["estimate"], one["estimate"] * scale, rtol=1e-7)
        np.testing.assert_allclose(two["std_error"], one["std_error"] * scale, rtol=1e-7)

    def test_badly_scaled_terms_converge(self, data, family):
        one = self.fit(family, data)
        wild = data.assign(x=data["x"] * 1e-4 + 2000, z=data["z"] * 1e9)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            two = self.fit(family, wild)
        # Rounding of 2000 + x/10,000 itself costs eight digits.
        assert two.found.log_likelihood == pytest.approx(one.found.log_likelihood, rel=1e-8)
        first, second = (f.tidy().set_index("term")["estimate"] for f in (one, two))
        assert second["x"] == pytest.approx(first["x"] * 1e4, rel=1e-6)

    def test_exposure_twice_as_large_moves_the_constant_only(self, data, family):
        one = self.fit(family, data, exposure="e").found
        two = self.fit(family, data.assign(e=2 * data["e"]), exposure="e").found
        shift = np.zeros(len(one.coefficients))
        shift[0] = np.log(2)
        np.testing.assert_allclose(two.coefficients, one.coefficients - shift, rtol=1e-7, atol=1e-8)
        np.testing.assert_allclose(two.fitted, one.fitted, rtol=1e-7)

    def test_frequencies_of_two_are_rows_twice(self, data, family):
        twice = pd.concat([data, data[data["x"] > 0]])
        one = self.fit(family, twice)
        two = self.fit(family, data.assign(w=1.0 + (data["x"] > 0)), freq_weights="w")
        np.testing.assert_allclose(two.tidy().iloc[:, 1:3], one.tidy().iloc[:, 1:3], rtol=1e-6)
        assert two.found.log_likelihood == pytest.approx(one.found.log_likelihood, rel=1e-11)
        assert two.found.null_log_likelihood == pytest.approx(
            one.found.null_log_likelihood, rel=1e-9
        )

    def test_exposures_must_be_above_zero(self, data, family):
        with pytest.raises(BadModel, match=r"above zero and finite.*found 1 others, such as 0"):
            self.fit(family, data.assign(e=data["e"].where(data.index != 4, 0.0)), exposure="e")

    def test_a_category_without_counts_is_refused(self, data, family):
        outcome = {"poisson": "plain", "negbin": "y"}.get(family, "many")
        never = (data[outcome] == 0) & (data["z"] > 0)
        with warnings.catch_warnings(), pytest.raises(BadModel, match="never"):
            warnings.simplefilter("error")
            self.fit(family, data.assign(never=never.astype(int)), "x + never")

    def test_a_better_model_has_a_higher_likelihood_than_the_null(self, data, family):
        found = self.fit(family, data).found
        assert found.log_likelihood > found.null_log_likelihood
        share = found.statistics["pseudo_r_squared"]
        assert share == pytest.approx(1 - found.log_likelihood / found.null_log_likelihood)


def test_counts_without_overdispersion_are_sent_to_poisson(data):
    draw = np.random.default_rng(1)
    with pytest.raises(BadModel, match=r"log_alpha.*family='poisson'"):
        pk.fit("c ~ x", data.assign(c=draw.binomial(9, 0.5, size=len(data))), family="negbin")


@pytest.mark.parametrize("family", ["zinb", "hurdle"])
def test_models_of_zeros_need_zeros(data, family):
    with pytest.raises(BadModel, match="needs zeros"):
        pk.fit("c ~ x", data.assign(c=data["y"] + 1), family=family)


def test_a_step_that_cuts_off_a_run_of_zeros_does_not_replace_the_regular_maximum():
    # Zeros below x = −1 by chance: there a zero part of infinite slope is likelier still.
    draw = np.random.default_rng(4)
    x = draw.normal(size=300)
    counts = draw.poisson(np.exp(0.5 + 0.5 * x) * draw.gamma(2, 0.5, size=300))
    counts = counts * (draw.uniform(size=300) > 0.4) * (x > -1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = pk.fit("y ~ x", pd.DataFrame({"x": x, "y": counts}), family="zinb").found
    assert np.sqrt(np.diag(found.bread)).max() < 10
    assert found.statistics["gain_at_infinity"] > 0


def test_no_excess_zeros_is_refused_as_flat(data):
    draw = np.random.default_rng(2)
    counts = draw.binomial(6, 0.5, size=len(data))
    with pytest.raises(BadModel, match=r"no finite estimate|not converge"):
        pk.fit("c ~ x", data.assign(c=counts), family="zinb")


def test_dependent_terms_of_the_zero_part_are_named(data):
    with pytest.raises(BadModel, match=r"zero:I\(2\*x\)"):
        pk.fit("many ~ x", data, family="zinb", zero="~ x + I(2 * x)")


def test_a_hurdle_needs_enough_positive_counts(data):
    counts = np.zeros(len(data))
    counts[:3] = 2
    with pytest.raises(BadModel, match="only 3 counts above zero"):
        pk.fit("c ~ x + z", data.assign(c=counts), family="hurdle")


@pytest.mark.parametrize("alpha", [1e-12, 1e-6, 1e-3, 0.5, 17.0, 1e3])
def test_sums_of_rising_factors_are_exact_from_zero_to_large_counts(alpha):
    counts = np.array([0.0, 1, 2, 4095, 4096, 4097, 5000, 145_844])
    found = rising(counts, alpha)
    steps = np.arange(counts[-1])
    ratio = steps / (1 + alpha * steps)
    for sums, terms in zip(found, (np.log1p(alpha * steps), ratio, ratio**2), strict=True):
        expected = [math.fsum(terms[: int(count)]) for count in counts]
        np.testing.assert_allclose(sums, expected, rtol=1e-13)


def differences(pieces, at: np.ndarray, step: float = 1e-5) -> tuple[np.ndarray, np.ndarray]:
    """Central differences of each row's value and first derivatives, by predictor."""
    slopes, curves = [], []
    for index in range(len(at)):
        move = np.zeros_like(at)
        move[index] = step
        high, low = pieces(at + move), pieces(at - move)
        slopes.append((high[0] - low[0]) / (2 * step))
        curves.append((high[1] - low[1]) / (2 * step))
    return np.array(slopes), np.array(curves)


@pytest.mark.parametrize("log_alpha", [-14.0, -3.0, 0.0, 2.0])
@pytest.mark.parametrize(
    "kind", ["plain", "inflated", "truncated", "truncated_poisson", "crossing"]
)
def test_derivatives_equal_differences(kind, log_alpha):
    draw = np.random.default_rng(4)
    counts = draw.poisson(3, size=60) + float(kind.startswith("truncated"))
    linear, other = draw.normal(size=60), draw.normal(size=60)
    tail = np.full(60, log_alpha)
    pieces, at = {
        "plain": (lambda p: negative_binomial(counts, p[0], p[1, 0]), np.stack([linear, tail])),
        "inflated": (inflated(counts, 0 * linear), np.stack([linear, other, tail])),
        "truncated": (truncated(counts, 0 * linear), np.stack([linear, tail])),
        "truncated_poisson": (truncated_poisson(counts, 0 * linear), linear[None]),
        "crossing": (crossing(counts > 2), other[None]),
    }[kind]
    _, first, second = pieces(at)
    slopes, curves = differences(pieces, at)
    np.testing.assert_allclose(first, slopes, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(second, curves, rtol=1e-6, atol=1e-9)
