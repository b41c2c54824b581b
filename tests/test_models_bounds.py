"""Limits of models: long formulas, many columns, odd types, large counts, many terms, hostile names."""

from __future__ import annotations

from decimal import Decimal, localcontext
from math import factorial

import numpy as np
import pandas as pd
import pytest

import pkstats as pk
from pkstats.errors import BadModel
from pkstats.models.families.negative_binomial import negative_binomial
from pkstats.models.grammar import parse

MANY = 200_000


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({name: draw.integers(0, 200, 500) for name in "abc"})
    frame["x"], frame["y"] = draw.normal(size=(2, 500))
    frame["z"] = draw.integers(0, 3, 500)
    return frame


@pytest.mark.parametrize("blank", [" ", "\n", " \n ", "\t", "\r"])
def test_blanks_cost_nothing(blank):
    assert parse(f"y ~ x{blank * MANY}+ z").columns == ["y", "x", "z"]


@pytest.mark.parametrize(
    "text",
    [
        "Q(" + " " * MANY, "Q( " * MANY, "(" * MANY, "f(:" * MANY, "`" * MANY, "Q('a'" * 40_000,
        "#" * MANY, "-" * MANY + "x", "x" + ":x" * MANY, "x" + ".x" * MANY, "if " * MANY,
        f"({'+'.join(f'a{i}' for i in range(400))})**4", "*".join(f"a{i}" for i in range(40)),
    ],
)  # fmt: skip
def test_formulas_without_sense_are_refused_in_few_words(text):
    with pytest.raises(BadModel) as caught:
        parse(f"y ~ {text}")
    assert len(str(caught.value)) < 2000


def test_columns_are_counted_before_they_are_made(data):
    with pytest.raises(BadModel, match=r"6,\d{3},\d{3} columns.*PKSTATS_MODEL_CELLS"):
        pk.fit("y ~ C(a):C(b):C(c)", data)


def test_the_limit_is_one_setting(data, monkeypatch):
    monkeypatch.setenv("PKSTATS_MODEL_CELLS", "1000")
    with pytest.raises(BadModel, match="at most 1,000 are allowed"):
        pk.fit("y ~ x + z", data)
    monkeypatch.setenv("PKSTATS_MODEL_CELLS", "many")
    with pytest.raises(BadModel, match="whole number"):
        pk.fit("y ~ x + z", data)


def test_one_term_joins_few_categories(data):
    wide = data.assign(**{f"k{i}": data["z"] for i in range(12)})
    with pytest.raises(BadModel, match="12 categories"):
        pk.fit(f"y ~ {':'.join(f'C(k{i})' for i in range(12))}", wide)


@pytest.mark.parametrize(
    "kind",
    ["float16", "longdouble", "Int64", "Float32", "int64[pyarrow]", "double[pyarrow]", "uint8"],
)
def test_whatever_holds_numbers_holds_the_same_numbers(data, kind):
    expected = pk.fit("y ~ x + z + C(z):x", data, cluster="a")
    typed = data.assign(z=data["z"].astype(kind), a=data["a"].astype(kind))
    found = pk.fit("y ~ x + z + C(z):x", typed, cluster="a")
    np.testing.assert_allclose(
        found.tidy()[["estimate", "std_error"]],
        expected.tidy()[["estimate", "std_error"]],
        rtol=1e-10,
    )
    np.testing.assert_allclose(found.predict(typed), expected.predict(data), rtol=1e-10)
    assert len(found.effects()) == len(expected.effects())


def test_frames_of_nullable_and_arrow_types_fit_as_others(data):
    expected = pk.fit("y ~ x + C(z)", data).tidy()
    text = data.assign(z=data["z"].map({0: "a", 1: "b", 2: "c"}), flag=data["z"] > 0)
    for frame in (text.convert_dtypes(), text.convert_dtypes(dtype_backend="pyarrow")):
        found = pk.fit("y ~ x + C(z)", frame)
        np.testing.assert_allclose(found.tidy()["std_error"], expected["std_error"], rtol=1e-10)
        assert pk.fit("flag ~ x", frame, "logit").nobs == 500


def test_messages_stay_short_whatever_names_are(data):
    long = "n" * 100_000
    for options in ({"cluster": long}, {"family": long}, {"vcov": long}, {"weights": long}):
        with pytest.raises(BadModel) as caught:
            pk.fit("y ~ x", data, **options)
        assert len(str(caught.value)) < 2000
    with pytest.raises(BadModel) as caught:
        pk.fit(f"y ~ {long} + x", data.assign(**{long: 1.0}))
    assert len(str(caught.value)) < 2000


def test_a_negative_binomial_with_fitted_values_beyond_e_to_the_236_equals_r():
    draw = np.random.default_rng(3)
    x = np.where(draw.random(20_000) < 0.85, 0, draw.integers(1, 150, 20_000)).astype(float)
    x[0] = 9000
    mean = np.exp(1 + 0.03 * np.minimum(x, 150))
    y = draw.negative_binomial(1 / 50, 1 / (1 + 50 * mean))
    y[0] = 500
    frame = pd.DataFrame({"x": x, "y": y})
    for information in ("observed", "expected"):
        found = pk.fit("y ~ x", frame, "negbin", information=information)
        # R 4.2, MASS::glm.nb, as it prints them.
        assert found.tidy()["estimate"].iloc[0] == pytest.approx(0.9981, abs=1e-4)
        assert found.tidy()["estimate"].iloc[1] == pytest.approx(0.02928, abs=5e-6)
        assert found.found.log_likelihood == pytest.approx(-15198.539, abs=5e-4)
        assert np.isfinite(found.tidy().iloc[:, 1:]).all(axis=None)
        assert found.found.fitted.max() > np.exp(236)


@pytest.mark.parametrize("log_alpha", [-30.0, -4.7, 0.0, 6.0])
@pytest.mark.parametrize("linear", [-20.0, 0.3, 100.0, 236.0, 300.0, 700.0, 5000.0])
def test_derivatives_of_the_negative_binomial_equal_those_of_many_digits(log_alpha, linear):
    for count in (0, 1, 40):
        found = negative_binomial(np.array([float(count)]), np.array([linear]), log_alpha)
        ours = [found[0][0], found[1][0, 0], found[2][0, 0, 0], found[2][0, 1, 0]]
        with localcontext(prec=60, Emax=10**6, Emin=-(10**6)):
            alpha, mean = Decimal(log_alpha).exp(), Decimal(linear).exp()
            rest = 1 + alpha * mean
            value = sum(((1 + alpha * j).ln() for j in range(count)), Decimal(0))
            value += count * Decimal(linear) - Decimal(factorial(count)).ln()
            value -= (count + 1 / alpha) * rest.ln()
            gap = count - mean
            exact = [
                value,
                gap / rest,
                -mean * (1 + alpha * count) / rest**2,
                -alpha * mean * gap / rest**2,
            ]
            exact = [float(one) for one in exact]
        np.testing.assert_allclose(ours, exact, rtol=1e-10, atol=1e-250)
        assert all(np.isfinite(part).all() for part in found)


def test_a_model_of_many_dummies_prints_a_page():
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"v": draw.integers(0, 486, 3000), "x": draw.normal(size=3000)})
    frame["y"] = draw.normal(size=3000)
    found = pk.fit("y ~ x + C(v)", frame, vcov="classical")
    assert len(repr(found).splitlines()) <= 40
    assert "482 more of C(v): see .tidy()" in repr(found)
    assert "482 more of C(v)" in found._repr_html_() and len(found.tidy()) == 487
    wide = pd.DataFrame(draw.normal(size=(200, 60)), columns=[f"c{i}" for i in range(60)])
    many = pk.fit(f"c0 ~ {' + '.join(wide.columns[1:])}", wide)
    assert len(repr(many).splitlines()) <= 40 and "lines more: see .tidy()" in repr(many)


def test_nothing_of_a_name_runs_in_latex():
    maketables = pytest.importorskip("maketables", reason="needs the extra 'tables'")
    draw = np.random.default_rng(0)
    levels = ["a", r"\input{/etc/passwd}", "^^5cinput", r"[\write18{x}]"]
    frame = pd.DataFrame({"k": draw.choice(levels, 200), r"\evil{x}": draw.normal(size=200)})
    frame["y"] = draw.normal(size=200)
    found = pk.fit(r"y ~ C(k, Treatment('a')) * `\evil{x}`", frame)
    for text in (maketables.ETable([found]).make(type="tex"), pk.models.latex([found])):
        assert "^^" not in text
        assert not any(
            word in text for word in (r"\input", r"\evil", r"\write", r"\textbackslash{}input{")
        )
