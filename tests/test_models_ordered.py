"""Ordered and multinomial logits against R, statsmodels, and what must not change them."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.discrete.discrete_model import Logit, MNLogit
from statsmodels.miscmodels.ordinal_model import OrderedModel

import pkstats as pk
from pkstats.errors import BadModel

FIXTURES = Path(__file__).parent / "r"


def cases(topic: str) -> list:
    path = FIXTURES / f"{topic}.csv"
    if not path.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"{path.name} is not there"))]
    table = pd.read_csv(path, keep_default_na=False, na_values=[""])
    return [pytest.param(rows, id=str(name)) for name, rows in table.groupby("case", sort=False)]


@pytest.mark.parametrize("rows", [*cases("polr"), *cases("multinom")])
def test_r_fixtures(rows):
    first = rows.iloc[0]
    options = dict(pair.split("=", 1) for pair in first["options"].split(";"))
    options.pop("base", None)
    data = pd.read_csv(FIXTURES / f"{first['data']}.csv")
    scale = 1.0
    if "weights" in options:
        # R takes weights for counts of rows; pkstats gives them a mean of one and robust errors.
        scale = float(data[options["weights"]].mean())
        options["vcov"] = options["vcov"].replace("classical", "hc1")
    found = pk.fit(first["formula"], data, family=first["family"], **options)
    if scale != 1 and options["vcov"] == "hc1":
        found = replace(found, covariance=found.found.bread / scale)
    table = found.tidy()
    assert table["term"].tolist() == rows["term"].tolist()
    np.testing.assert_allclose(table["estimate"], rows["estimate"], rtol=1e-8)
    np.testing.assert_allclose(table["std_error"], rows["std_error"], rtol=1e-7)
    assert found.found.log_likelihood == pytest.approx(first["log_likelihood"] / scale, rel=1e-12)
    assert found.found.null_log_likelihood == pytest.approx(
        first["null_log_likelihood"] / scale, rel=1e-12
    )


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    draw = np.random.default_rng(11)
    n = 500
    frame = pd.DataFrame({"x": draw.normal(size=n), "z": draw.normal(size=n)})
    latent = frame["x"] - 0.5 * frame["z"] + draw.logistic(size=n)
    frame["rank"] = np.digitize(latent, [-1.5, 0, 1.2])
    frame["kind"] = np.array(["a", "b", "c"])[
        np.argmax(
            frame[["x", "z"]].to_numpy() @ draw.normal(size=(2, 3)) + draw.gumbel(size=(n, 3)), 1
        )
    ]
    frame["group"] = draw.integers(0, 40, size=n)
    frame["w"] = draw.uniform(0.5, 2, size=n)
    return frame


def test_ordered_equals_statsmodels(data):
    # Its BFGS stops at gradients of 1e-5, hence 1e-4; its likelihood at our estimates is exact.
    found = pk.fit("rank ~ x + z", data, family="ordered")
    model = OrderedModel(data["rank"], data[["x", "z"]], distr="logit")
    theirs = model.fit(disp=0, method="bfgs", gtol=1e-8)
    ours = found.found.coefficients
    np.testing.assert_allclose(ours[:2], theirs.params.iloc[:2], rtol=1e-4)
    np.testing.assert_allclose(found.tidy()["std_error"].iloc[:2], theirs.bse.iloc[:2], rtol=1e-4)
    own = np.concatenate([ours[:3], np.log(np.diff(ours[2:]))])
    assert model.loglike(own) == pytest.approx(found.found.log_likelihood, rel=1e-12)
    assert found.found.null_log_likelihood == pytest.approx(theirs.llnull, rel=1e-9)
    np.testing.assert_allclose(found.found.fitted, model.predict(own), rtol=1e-10)


def test_multinomial_equals_statsmodels(data):
    found = pk.fit("kind ~ x + z", data, family="multinomial")
    design = np.column_stack([np.ones(len(data)), data[["x", "z"]]])
    model = MNLogit(data["kind"].astype("category").cat.codes, design)
    theirs = model.fit(disp=0, method="newton", tol=1e-12)
    flat = np.asarray(theirs.params).ravel(order="F")
    assert found.tidy()["term"].tolist()[:4] == ["b:Intercept", "b:x", "b:z", "c:Intercept"]
    np.testing.assert_allclose(found.found.coefficients, flat, rtol=1e-9)
    np.testing.assert_allclose(
        found.tidy()["std_error"], np.asarray(theirs.bse).ravel(order="F"), rtol=1e-8
    )
    assert found.found.log_likelihood == pytest.approx(theirs.llf, rel=1e-12)
    assert found.found.null_log_likelihood == pytest.approx(theirs.llnull, rel=1e-9)
    np.testing.assert_allclose(found.found.fitted, theirs.predict(), rtol=1e-8)


@pytest.mark.parametrize(("family", "outcome"), [("ordered", "rank"), ("multinomial", "kind")])
class TestBoth:
    def test_scores_are_derivatives_and_sum_to_zero(self, data, family, outcome):
        found = pk.fit(f"{outcome} ~ x + z", data, family=family, weights="w").found
        total = found.scores.sum(axis=0)
        assert total @ found.bread @ total < 1e-16
        # The information identity at a correct model, to sampling error.
        ratio = np.diag(found.bread @ (found.scores.T @ found.scores))
        np.testing.assert_allclose(ratio, 1, atol=0.35)

    def test_a_regressor_in_other_units_rescales_its_coefficient_only(self, data, family, outcome):
        one = pk.fit(f"{outcome} ~ x + z", data, family=family, cluster="group").tidy()
        two = pk.fit(f"{outcome} ~ I(x * 10000) + z", data, family=family, cluster="group").tidy()
        scale = np.where(one["term"].str.contains("x"), 1e-4, 1.0)
        np.testing.assert_allclose(two["estimate"], one["estimate"] * scale, rtol=1e-9)
        np.testing.assert_allclose(two["std_error"], one["std_error"] * scale, rtol=1e-9)

    def test_shifted_and_badly_scaled_terms_give_the_same_slope(self, data, family, outcome):
        shifted = data.assign(x=data["x"] * 1e-3 + 2000, z=data["z"] * 1e9)
        one = pk.fit(f"{outcome} ~ x + z", data, family=family).tidy().set_index("term")
        two = pk.fit(f"{outcome} ~ x + z", shifted, family=family).tidy().set_index("term")
        for name in one.index[one.index.str.endswith(("x", "z"))]:
            scale = 1e-3 if name.endswith("x") else 1e9
            assert two.loc[name, "estimate"] * scale == pytest.approx(
                one.loc[name, "estimate"], 1e-8
            )
            assert two.loc[name, "std_error"] * scale == pytest.approx(
                one.loc[name, "std_error"], 1e-8
            )

    def test_the_order_of_rows_does_not_matter(self, data, family, outcome):
        mixed = data.sample(frac=1, random_state=2)
        one = pk.fit(f"{outcome} ~ x + z", data, family=family, cluster="group").tidy()
        two = pk.fit(f"{outcome} ~ x + z", mixed, family=family, cluster="group").tidy()
        np.testing.assert_allclose(two.iloc[:, 1:3], one.iloc[:, 1:3], rtol=1e-9)

    def test_frequencies_of_two_are_rows_twice(self, data, family, outcome):
        twice = pd.concat([data, data[data["x"] > 0]])
        weighted = data.assign(w=1.0 + (data["x"] > 0))
        one = pk.fit(f"{outcome} ~ x + z", twice, family=family)
        two = pk.fit(f"{outcome} ~ x + z", weighted, family=family, freq_weights="w")
        np.testing.assert_allclose(two.tidy().iloc[:, 1:3], one.tidy().iloc[:, 1:3], rtol=1e-8)
        assert two.found.log_likelihood == pytest.approx(one.found.log_likelihood, rel=1e-12)

    def test_separation_is_refused_and_named(self, data, family, outcome):
        first = data[outcome].min()
        planted = data.assign(planted=(data[outcome] == first).astype(int))
        with warnings.catch_warnings(), pytest.raises(BadModel, match="planted"):
            warnings.simplefilter("error")
            pk.fit(f"{outcome} ~ x + planted", planted, family=family)

    def test_a_model_of_constants_reproduces_the_shares(self, data, family, outcome):
        found = pk.fit(f"{outcome} ~ 1", data, family=family).found
        shares = data[outcome].value_counts(normalize=True).sort_index()
        np.testing.assert_allclose(found.fitted[0], shares, rtol=1e-12)
        assert found.statistics["pseudo_r_squared"] == pytest.approx(0, abs=1e-12)


def test_reversing_the_order_of_levels_turns_the_signs(data):
    one = pk.fit("rank ~ x + z", data, family="ordered").tidy()
    two = pk.fit("rank ~ x + z", data.assign(rank=3 - data["rank"]), family="ordered").tidy()
    np.testing.assert_allclose(two["estimate"][:2], -one["estimate"][:2], rtol=1e-9)
    np.testing.assert_allclose(two["estimate"][2:], -one["estimate"][:1:-1], rtol=1e-9)
    np.testing.assert_allclose(two["std_error"][:2], one["std_error"][:2], rtol=1e-9)


def test_names_of_levels_name_the_thresholds_and_change_nothing(data):
    names = ["none", "low", "some", "high"]
    labelled = data.assign(
        rank=pd.Categorical.from_codes(data["rank"], categories=names, ordered=True)
    )
    one = pk.fit("rank ~ x + z", data, family="ordered").tidy()
    two = pk.fit("rank ~ x + z", labelled, family="ordered").tidy()
    assert one["term"].tolist() == ["x", "z", "0|1", "1|2", "2|3"]
    assert two["term"].tolist() == ["x", "z", "none|low", "low|some", "some|high"]
    np.testing.assert_array_equal(two["estimate"], one["estimate"])


def test_another_base_gives_differences_of_coefficients(data):
    one = pk.fit("kind ~ x + z", data, family="multinomial").tidy().set_index("term")["estimate"]
    swapped = data.assign(kind=data["kind"].replace({"a": "b", "b": "a"}))
    two = pk.fit("kind ~ x + z", swapped, family="multinomial").tidy().set_index("term")["estimate"]
    for term in ("Intercept", "x", "z"):
        assert two[f"b:{term}"] == pytest.approx(-one[f"b:{term}"], rel=1e-8)
        assert two[f"c:{term}"] == pytest.approx(one[f"c:{term}"] - one[f"b:{term}"], rel=1e-8)


def test_two_levels_of_an_ordered_outcome_are_a_logit(data):
    from pkstats.models.families.ordered import ordered
    from pkstats.models.sample import Sample

    outcome = (data["rank"] > 1).to_numpy(dtype=float)
    found = ordered(Sample(outcome, data[["x", "z"]].to_numpy(), ("x", "z"), levels=("0", "1")))
    design = np.column_stack([data[["x", "z"]], -np.ones(len(data))])
    theirs = Logit(outcome, design).fit(disp=0, tol=1e-12)
    np.testing.assert_allclose(found.coefficients, theirs.params, rtol=1e-8)
    np.testing.assert_allclose(np.sqrt(np.diag(found.bread)), theirs.bse, rtol=1e-8)


def test_a_constant_term_is_refused_as_thresholds_stand_for_it(data):
    with pytest.raises(BadModel, match="same"):
        pk.fit("rank ~ x + same", data.assign(same=1.0), family="ordered")
