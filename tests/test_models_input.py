"""What data, formulas and weights may be: as in statsmodels, or refused with a reason."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st

import pkstats as pk
from pkstats.errors import BadModel
from pkstats.models import parse


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    draw = np.random.default_rng(11)
    n = 300
    frame = pd.DataFrame({"x": draw.normal(size=n), "z": draw.normal(size=n)})
    frame["b"] = draw.integers(0, 2, size=n)
    frame["f"] = np.array(["a", "b", "c"])[draw.integers(0, 3, size=n)]
    frame["g"] = draw.integers(0, 20, size=n)
    frame["w"] = draw.uniform(0.5, 3, size=n)
    frame["e"] = draw.uniform(1, 3, size=n)
    frame["y"] = frame["x"] - 0.5 * frame["z"] * frame["b"] + draw.normal(size=n)
    frame["k"] = draw.poisson(np.exp(0.3 + 0.4 * frame["x"]) * draw.gamma(2, 0.5, size=n))
    frame["o"] = np.digitize(frame["y"], [-1.0, 0.0, 1.0]) + 1
    return frame


def estimates(found):
    return found.tidy().set_index("term")["estimate"]


def errors(found):
    return found.tidy().set_index("term")["std_error"]


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ x*z", "y ~ x:z", "y ~ x*z*b", "y ~ x + I(x**2)", "y ~ x - 1", "y ~ 0 + x + z",
        "y ~ -1 + x", "y ~ 1", "y ~ C(f)*x", "y ~ C(f):x", "y ~ C(f) - 1", "y ~ 0 + C(f) + x",
        "y ~ C(f)*C(b)", "y ~ C(f):C(b)", "y ~ C(f):C(b) - 1", "y ~ C(f)*x - 1", "y ~ (x + z)**2",
        "y ~ x*(z + b)", "y ~ (x + z):b", "y ~ x*z:b", "y ~ C(f):x + x", "y ~ x + np.log(e)",
        "y ~ C(f, Treatment('b'))", "y ~ C(f, Treatment(reference='c')):x", "y ~ x + I(z > 0)",
        "y ~ x:x + z", "y ~ C(b):z + C(f)",
    ],
)  # fmt: skip
def test_a_formula_means_what_it_means_in_statsmodels(data, formula):
    found = pk.fit(formula, data, vcov="classical")
    expected = smf.ols(formula, data).fit()
    np.testing.assert_allclose(found.found.fitted, expected.fittedvalues, atol=1e-10)
    assert len(found.terms) == len(expected.params)
    theirs = expected.params.rename(lambda name: name.replace(" ", "").replace("np.log", "log"))
    if "I(z>0)[T.True]" not in theirs:
        np.testing.assert_allclose(estimates(found)[theirs.index], theirs, rtol=1e-8, atol=1e-12)
    glance = found.glance().iloc[0]
    assert glance["r_squared"] == pytest.approx(expected.rsquared, abs=1e-12)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("y ~ x**2", r"I\(x\*\*2\)"), ("y ~ I(x:z)", "cannot stand inside"), ("y ~ x / z", "not allowed"),
        ("y ~ x - z", "only '- 1'"), ("y ~ class", "write `class`"), ("y ~ f", r"C\(f\)"),
        ("y ~ C(f, Treatment('q'))", "no level 'q'"), ("y ~ C(f, Sum)", "C\\(\\) takes one column"),
        ("y ~ C(x + z)", "C\\(\\) takes one column"), ("f ~ x", "an outcome must be numbers"),
    ],
)  # fmt: skip
def test_what_a_formula_cannot_say_is_refused_with_a_way_out(data, formula, message):
    with pytest.raises(BadModel, match=message):
        pk.fit(formula, data)


def test_names_with_spaces_dots_and_words_of_python_are_quoted(data):
    odd = data.rename(columns={"x": "my x", "z": "z.dot", "b": "class"})
    plain = pk.fit("y ~ x*b + log(e) + z", data)
    for one in ("`my x`*`class` + log(e) + z.dot", "Q('my x')*Q(\"class\") + log(`e`) + `z.dot`"):
        found = pk.fit(f"y ~ {one}", odd)
        assert found.terms[:3] == ("Intercept", "`my x`", "`class`")
        assert found.terms[3] == "`my x`:`class`" and found.terms[5] == "z.dot"
        np.testing.assert_array_equal(found.tidy()["estimate"], plain.tidy()["estimate"])
    assert parse("y ~ `my x` + I(`a:b`**2)").columns == ["y", "my x", "a:b"]
    assert len(found.effects()) == len(plain.effects())
    with pytest.raises(BadModel, match="no column 'not there'"):
        pk.fit("y ~ `not there`", odd)


def test_categories_keep_their_coding_on_new_data_and_in_effects(data):
    for formula in ("y ~ C(f):x - 1", "y ~ C(f)*C(b)", "y ~ C(f):C(b) - 1"):
        found = pk.fit(formula, data)
        few = data[data["f"] != "a"].head(7)
        whole = pd.Series(found.predict(), index=data.index)
        np.testing.assert_allclose(found.predict(few), whole[few.index], rtol=1e-12)
        assert np.isfinite(found.effects()["effect"]).all()


def test_effects_of_categories_are_differences_whatever_type_codes_them(data):
    expected = pk.fit("y ~ C(o) + x", data.assign(o=data["o"].astype(str))).effects()
    for dtype in ("int64", "Int64", "object", "float64"):
        found = pk.fit("y ~ C(o) + x", data.assign(o=data["o"].astype(dtype))).effects()
        assert found["contrast"].tolist() == ["2 − 1", "3 − 1", "4 − 1", "slope"]
        np.testing.assert_allclose(found["effect"], expected["effect"], rtol=1e-8)
        np.testing.assert_allclose(found["std_error"], expected["std_error"], rtol=1e-8)
    other = pk.fit("y ~ C(f, Treatment('b'))", data).effects()
    assert other["contrast"].tolist() == ["a − b", "c − b"]


@pytest.mark.parametrize(
    "dtype", ["int8", "uint16", "Int64", "float32", "Float64", "bool", "boolean", "object"]
)
def test_a_column_of_numbers_may_have_any_type(data, dtype):
    expected = estimates(pk.fit("y ~ b + x", data))
    np.testing.assert_array_equal(
        estimates(pk.fit("y ~ b + x", data.assign(b=data["b"].astype(dtype)))), expected
    )


def test_missing_values_drop_whatever_marks_them(data):
    marks = {
        "object": data["x"].astype(object).where(data.index > 4, None),
        "nullable": data["x"].astype("Float64").mask(data.index < 5),
        "nan": data["x"].mask(data.index < 5),
    }
    expected = estimates(pk.fit("y ~ x", data.iloc[5:]))
    for column in marks.values():
        found = pk.fit("y ~ x", data.assign(x=column))
        assert found.dropped == 5
        np.testing.assert_allclose(estimates(found), expected, rtol=1e-12)
    text = data["g"].astype(str).mask(data.index < 5)
    assert pk.fit("y ~ x", data.assign(g=text), cluster="g").dropped == 5


@pytest.mark.parametrize(("name", "vcov"), [("nonrobust", "classical"), ("HC1", "HC1")])
def test_rows_of_weight_zero_drop_as_in_stata_and_r(data, name, vcov):
    weights = data["w"].where(data.index >= 10, 0)
    found = pk.fit("y ~ x + z", data.assign(w=weights), weights="w", vcov=vcov)
    kept = data.iloc[10:]
    expected = sm.WLS(kept["y"], sm.add_constant(kept[["x", "z"]]), kept["w"]).fit(
        cov_type=name, use_t=True
    )
    assert (found.nobs, found.dropped) == (290, 10)
    np.testing.assert_allclose(found.tidy()["estimate"], expected.params, rtol=1e-10)
    np.testing.assert_allclose(found.tidy()["std_error"], expected.bse, rtol=1e-10)


@pytest.mark.parametrize("bad", [-1.0, np.inf])
def test_weights_below_zero_or_without_end_are_refused(data, bad):
    with pytest.raises(BadModel, match="above zero and finite"):
        pk.fit("y ~ x", data.assign(w=data["w"].where(data.index > 0, bad)), weights="w")


def test_each_row_its_own_cluster_is_hc1(data):
    alone = pk.fit("y ~ x + z", data.assign(row=data.index), cluster="row")
    np.testing.assert_allclose(errors(alone), errors(pk.fit("y ~ x + z", data)), rtol=1e-12)


def test_an_error_that_leaves_clusters_out_is_as_without_them_and_says_so(data):
    plain, asked = pk.fit("y ~ x", data), pk.fit("y ~ x", data, cluster="g", vcov="HC1")
    pd.testing.assert_frame_equal(asked.tidy(), plain.tidy())
    assert any("leave the clusters (g) out" in note for note in asked.warnings())
    assert not any("leave the clusters" in note for note in plain.warnings())


def test_two_ways_of_clusters_with_a_variance_below_zero_are_reported(data):
    found = pk.fit("y ~ z + e", data, cluster=["f", "b"])
    (note,) = (note for note in found.warnings() if "below zero" in note)
    assert "Intercept, e" in note
    assert found.tidy()["std_error"].isna().tolist() == [True, False, True]
    sound = pk.fit("y ~ x", data, cluster=["g", "f"])
    assert not any("below zero" in note for note in sound.warnings())


def test_an_ordered_outcome_may_be_numbers_or_ordered_categories(data):
    expected = pk.fit("o ~ x + z", data, family="ordered").tidy()
    names = ["never", "low", "mid", "good", "best", "none"]
    words = data["o"].map(dict(enumerate(names)))
    forms = [
        data["o"].astype(float),
        data["o"].astype("Int64"),
        data["o"].astype(object),
        pd.Categorical(words, categories=names, ordered=True),
    ]
    for form in forms:
        found = pk.fit("o ~ x + z", data.assign(o=form), family="ordered")
        np.testing.assert_allclose(found.tidy().iloc[:, 1:], expected.iloc[:, 1:], rtol=1e-10)
    assert found.terms[-1] == "good|best"
    for wrong in (words, pd.Categorical(words)):
        with pytest.raises(BadModel, match=r"ordered categorical|without an order"):
            pk.fit("o ~ x", data.assign(o=wrong), family="ordered")


def test_a_known_dispersion_gives_the_generalised_linear_model(data):
    family = sm.families.NegativeBinomial(alpha=0.7)
    design = sm.add_constant(data[["x", "z"]])
    for offset, more in ((None, {}), (np.log(data["e"]), {"exposure": "e"})):
        model = sm.GLM(data["k"], design, family=family, offset=offset)
        found = pk.fit("k ~ x + z", data, family="negbin", alpha=0.7, **more)
        exact = {"tol": 1e-13, "tol_criterion": "params"}
        expected = model.fit(**exact)
        np.testing.assert_allclose(found.tidy()["estimate"], expected.params, rtol=1e-8)
        np.testing.assert_allclose(found.tidy()["std_error"], expected.bse, rtol=1e-7)
        assert found.found.log_likelihood == pytest.approx(expected.llf, rel=1e-10)
        robust = pk.fit("k ~ x + z", data, family="negbin", alpha=0.7, vcov="hc0", **more)
        theirs = model.fit(**exact, cov_type="HC0").bse
        np.testing.assert_allclose(robust.tidy()["std_error"], theirs, rtol=1e-7)
    assert found.glance()["alpha"].item() == 0.7 and "log_alpha" not in found.terms
    with pytest.raises(BadModel, match="above zero"):
        pk.fit("k ~ x", data, family="negbin", alpha=0)


@pytest.mark.parametrize("family", ["poisson", "negbin"])
def test_an_offset_is_the_logarithm_of_an_exposure(data, family):
    logs = data.assign(log_e=np.log(data["e"]))
    one = pk.fit("k ~ x", data, family=family, exposure="e")
    two = pk.fit("k ~ x", logs, family=family, offset="log_e")
    np.testing.assert_allclose(one.tidy().iloc[:, 1:], two.tidy().iloc[:, 1:], rtol=1e-9)
    np.testing.assert_allclose(one.predict(), two.predict(), rtol=1e-9)


def test_a_mixed_model_is_fitted_by_reml_or_by_likelihood(data):
    shift = 2 * np.random.default_rng(5).normal(size=20)[data["g"]]
    grouped = data.assign(y=data["y"] + shift)
    group = sm.MixedLM.from_formula("y ~ x", grouped, groups="g")
    for method, reml in (("reml", True), ("ml", False)):
        found = pk.fit("y ~ x", grouped, family="mixed", groups="g", method=method)
        expected = group.fit(reml=reml)
        np.testing.assert_allclose(found.tidy()["estimate"], expected.fe_params, rtol=1e-5)
        assert found.found.log_likelihood == pytest.approx(expected.llf, rel=1e-8)
    with pytest.raises(BadModel, match="reml, ml"):
        pk.fit("y ~ x", data, family="mixed", groups="g", method="bayes")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"exposure": "e"}, "takes no exposure=; it is for poisson"),
        ({"groups": "g"}, "takes no groups=; it is for mixed"),
        ({"alpha": 1.0}, "takes no alpha=; it is for negbin"),
        ({"family": "mixed", "groups": ["g", "f"]}, "groups= takes the name of a column"),
        ({"weights": np.ones(300)}, "weights= takes the name of a column"),
        ({"cluster": np.arange(300)}, "cluster= takes the name of a column"),
        ({"vcov": {"CR1": "g"}}, "vcov must be one of"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(data, arguments, message):
    with pytest.raises(BadModel, match=message):
        pk.fit("y ~ x", data, **arguments)


def test_data_that_are_no_frame_or_repeat_a_name_are_refused(data):
    with pytest.raises(BadModel, match="pandas DataFrame or a panel; found dict"):
        pk.fit("y ~ x", data.to_dict("list"))
    with pytest.raises(BadModel, match="2 columns are called 'x'"):
        pk.fit("y ~ x", pd.concat([data, data[["x"]]], axis=1))
    with pytest.raises(BadModel, match="no rows"):
        pk.fit("y ~ x", data.head(0))


def test_many_columns_and_rows_are_no_trouble():
    draw = np.random.default_rng(3)
    frame = pd.DataFrame(draw.normal(size=(100_000, 20))).add_prefix("v")
    frame["y"] = frame.sum(axis=1) + draw.normal(size=len(frame))
    frame["g"] = draw.integers(0, 500, size=len(frame))
    found = pk.fit(f"y ~ {' + '.join(f'v{i}' for i in range(20))}", frame, cluster="g")
    assert np.abs(estimates(found).drop("Intercept") - 1).max() < 0.02
    narrow = pd.DataFrame(draw.normal(size=(200, 66))).add_prefix("v")
    found = pk.fit(f"v0 ~ {' + '.join(f'v{i}' for i in range(1, 66))}", narrow, vcov="hc3")
    assert len(found.terms) == 66 and np.isfinite(errors(found)).all()


FACTORS = st.lists(st.sampled_from(["x", "z", "C(f)", "C(b)"]), min_size=1, max_size=3, unique=True)


@settings(max_examples=40, deadline=None)
@given(terms=st.lists(FACTORS, min_size=1, max_size=4), constant=st.booleans())
def test_any_sum_of_interactions_spans_what_it_spans_in_statsmodels(data, terms, constant):
    formula = "y ~ " + " + ".join(":".join(term) for term in terms) + ("" if constant else " - 1")
    expected = smf.ols(formula, data).fit()
    found = pk.fit(formula, data)
    assert len(found.terms) == len(expected.params)
    np.testing.assert_allclose(found.found.fitted, expected.fittedvalues, atol=1e-9)


@pytest.mark.parametrize(
    ("formula", "options", "message"),
    [
        ("y ~ standardize(one)", {}, "standardize\\(one\\)' is undefined in 300 of 300"),
        ("y ~ I(one/(b - b))", {}, "is infinite in 300 rows"),
        ("y ~ I((x - 9)**0.5)", {}, "a root of a negative number"),
        ("y ~ I(x*1e150)", {}, "another unit"),
        ("y ~ x + I(y**2)", {}, "explain itself"),
        ("I(y - x) ~ z + I(y - x)", {}, "explain itself"),
        ("y ~ 0", {}, "no terms"),
        ("~ 1", {"family": "cox", "time": "e", "event": "b"}, "no terms"),
        ("y ~ " + " + ".join(["x"] * 5000), {}, "nested too deeply"),
        ("y ~ x#1", {}, "sign #"),
        ("y ~ `7`", {}, "columns.map"),
        ("y ~ C(list)", {}, "not categories"),
        ("y ~ x", {"cluster": "list"}, "not categories"),
        ("y ~ x", {"weights": "nil"}, "weight \\(nil\\) of zero"),
        ("y ~ x", {"conf_level": "95"}, "conf_level"),
        ("y ~ x", {"family": ["ols"]}, "family must be one of"),
        (7, {}, "A formula is text"),
        ("o ~ x", {"family": "logit"}, "0 and 1; found 2, 3, 4 in"),
        ("y ~ x", {"family": "ordered"}, "a measure rather than categories"),
        (
            "k ~ x",
            {"family": "zinb", "zero": "~ standardize(one)"},
            "of the zero part is undefined",
        ),
        ("k ~ x", {"family": "zinb", "zero": "k ~ z"}, "one-sided"),
        ("k ~ x", {"family": "negbin", "alpha": True}, "alpha must be a number"),
        ("y ~ C(row)", {}, "Pool categories"),
        ("o ~ x", {"family": "ordered", "vcov": "hc3"}, "Use hc1, or cr1 with cluster="),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_plain_words(data, formula, options, message):
    frame = data.assign(one=1.0, nil=0, list=[[1]] * len(data), row=np.arange(len(data)))
    frame[7] = data["x"]
    with np.errstate(all="raise"), pytest.raises(BadModel, match=message):
        pk.fit(formula, frame, **options)


def test_a_change_may_be_explained_by_its_level_and_a_formula_may_run_over_lines(data):
    plain = pk.fit("y ~ x + z", data).tidy()
    found = pk.fit("I(y - x) ~\n    x\n    + z", data).tidy()
    assert found.loc[1, "estimate"] == pytest.approx(plain.loc[1, "estimate"] - 1, rel=1e-10)
    pd.testing.assert_frame_equal(pk.fit("y ~ + x + z", data).tidy(), plain)


@pytest.mark.filterwarnings("error")
def test_categories_without_rows_are_no_levels(data):
    whole = pk.fit("y ~ C(f)*x", data)
    loose = pd.Categorical(data["f"], categories=list("zcabq"))
    found = pk.fit("y ~ C(f, Treatment('a'))*x", data.assign(f=loose))
    assert found.terms[1] == "C(f,Treatment('a'))[T.c]"
    np.testing.assert_allclose(found.found.fitted, whole.found.fitted, rtol=1e-10)


@pytest.mark.parametrize("vcov", ["hc0", "hc1", "hc2", "hc3", "cr1"])
def test_a_column_far_from_zero_keeps_its_standard_error(data, vcov):
    near = pk.fit("y ~ x", data, vcov=vcov, cluster="g")
    far = pk.fit("y ~ x", data.assign(x=data["x"] + 2.0**30), vcov=vcov, cluster="g")
    assert errors(far)["x"] == pytest.approx(errors(near)["x"], rel=1e-6)


def test_information_may_be_that_of_stata_or_of_r(data):
    design = sm.add_constant(data[["x", "z"]])
    probit = pk.fit("b ~ x + z", data, family="probit", information="observed")
    theirs = sm.Probit(data["b"], design).fit(disp=0, tol=1e-14)
    np.testing.assert_allclose(probit.tidy()["std_error"], theirs.bse, rtol=1e-7)
    whole = pk.fit("k ~ x + z", data, family="negbin")
    terms = pk.fit("k ~ x + z", data, family="negbin", information="expected")
    np.testing.assert_allclose(terms.tidy()["estimate"], whole.tidy()["estimate"][:3], rtol=1e-8)
    same = ["log_likelihood", "aic", "bic", "pseudo_r_squared", "alpha"]
    np.testing.assert_allclose(
        terms.glance()[same].astype(float), whole.glance()[same].astype(float), rtol=1e-9
    )
    for vcov in ("hc2", "hc3", "cr2"):
        found = pk.fit(
            "k ~ x + z", data, "negbin", cluster="g", vcov=vcov, alpha=1, information="expected"
        )
        assert np.isfinite(errors(found)).all()
    with pytest.raises(BadModel, match="takes no information="):
        pk.fit("y ~ x", data, information="observed")
    with pytest.raises(BadModel, match="observed or expected"):
        pk.fit("b ~ x", data, family="probit", information="fisher")


@pytest.mark.parametrize(
    ("formula", "terms"),
    [
        ("y ~ (x + z + b)**3", "x z b x:z x:b z:b x:z:b"),
        ("y ~ (x + z)**2:b", "x:b z:b x:z:b"),
        ("y ~ x:(z + b)**2", "x:z x:b x:z:b"),
        ("y ~ x:z:b + b:z:x + x:x", "x:z:b x"),
        ("y ~ x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x", "x"),
        ("y ~ x - -1", "x"),
    ],
)
def test_powers_and_interactions_bind_as_in_r(data, formula, terms):
    assert pk.fit(formula, data).terms == ("Intercept", *terms.split())


def test_a_level_may_hold_signs_of_the_formula_language(data):
    odd = data.assign(f=data["f"].map({"a": "10:30", "b": "#1 ~ x", "c": "it's"}))
    found = pk.fit('y ~ C(f, Treatment("10:30")) + x', odd)
    plain = pk.fit("y ~ C(f) + x", data)
    np.testing.assert_allclose(found.found.fitted, plain.found.fitted, rtol=1e-10)
    assert pk.fit("y ~ C(f, Treatment('#1 ~ x'))", odd).effects()["contrast"][0] == "10:30 − #1 ~ x"


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("y ~ x**z", r"'x\*\*z'.*I\(x\*\*z\) for a power of a column, a:b for an interaction"),
        ("y ~ (x + z)**9", "whole number from 2 to 4"),
        ("y ~ (x + z)**True", "whole number from 2 to 4"),
        ("y ~ x + -z", r"only '- 1' may be subtracted; found '- z'"),
        ("y ~ x:-z", r"'-z' is no term"),
        ("y:x ~ z", "'y:x' is not allowed"),
        ("y ~ x/z:b", "'x/z:b' is not allowed"),
        ("y ~ log(e, base=10)", r"log\(\) takes a column or a sum, and no option"),
        ("y ~ standardize(x, center=False)", "and no option"),
        ("y ~ C(f, Treatment(reference='b', other=1))", "C\\(\\) takes one column"),
        ("y ~ np.C(f)", r"'np.C\(f\)' is not allowed"),
        (f"y ~ I(x*{'9' * 400})", "too large to compute with"),
        ("y ~ \ud800", "Cannot read"),
        ("y ~ x\x00z", "Cannot read"),
        ("y ~ " + "*".join(f"I(x**{power})" for power in range(2, 30)), "more than 2,000 terms"),
    ],
)
def test_what_reads_like_a_formula_but_is_none_is_refused_by_name(data, formula, message):
    with pytest.raises(BadModel, match=message) as refusal:
        pk.fit(formula, data)
    assert len(str(refusal.value)) < 800


PIECES = (
    "x z b f y C( C(f) I( log( log1p( sqrt( standardize( ( ) + - * : ** ~ 1 0 2 -1 0.5 `my~col` ` "
    "Q('my~col') z.dot . == > < and not if else lambda x:z [0] [ { } ' \" $ @ % // / ^ & | ! = , # \\ "
    "__import__('os').getcwd() x.__class__ True None ... 1e400 10**10**10 Treatment('b') := (x:=z) "
    "(yield) f'{x}' \x00 \ud800 ² é I(x**2) I(x**-1) I(x**z) (x+z)**2 x**z -x"
)


@settings(max_examples=400, deadline=None)
@given(
    pieces=st.lists(st.sampled_from(PIECES.split(" ")), max_size=7),
    outcome=st.sampled_from(["y ~ ", "", "log(e) ~ "]),
)
@pytest.mark.filterwarnings("error")
def test_any_text_is_a_formula_or_refused_in_plain_words(data, pieces, outcome):
    text = outcome + " ".join(piece.replace("my~col", "my col") for piece in pieces)
    frame = data.rename(columns={"w": "my col"}).assign(**{"z.dot": data["e"]})
    try:
        found = pk.fit(text, frame)
    except BadModel as problem:
        assert len(str(problem)) > 20
        return
    assert np.isfinite(found.tidy()["estimate"]).all()
    again = pk.fit(found.formula, frame)
    assert again.terms == found.terms
