"""Every family on bad data: refused in words that name what is wrong, or fitted as without it."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import pkstats as pk
from pkstats.errors import BadModel

N = 160
OUTCOMES = {
    "ols": "y", "logit": "yb", "probit": "yb", "firth": "yb", "ordered": "yo", "multinomial": "ym",
    "poisson": "k", "negbin": "k", "zinb": "k", "hurdle": "k", "cox": "", "mixed": "y",
}  # fmt: skip
MORE = {"cox": {"time": "t", "event": "ev"}, "mixed": {"groups": "g"}}
CLUSTER = {"cluster": "g"}

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    draw = np.random.default_rng(3)
    frame = pd.DataFrame({"x": draw.normal(size=N), "z": draw.normal(size=N)})
    frame["b"] = draw.integers(0, 2, N)
    frame["g"] = draw.integers(0, 16, N)
    frame["f"] = np.array(list("abc"))[draw.integers(0, 3, N)]
    latent = 0.5 * frame["x"] - 0.3 * frame["z"] + 0.4 * frame["b"]
    frame["y"] = latent + draw.normal(size=N) + draw.normal(size=16)[frame["g"]]
    frame["yb"] = (latent + draw.logistic(size=N) > 0).astype(int)
    frame["yo"] = np.digitize(latent + draw.logistic(size=N), [-1, 0.5, 1.5])
    frame["ym"] = np.array(list("pqr"))[draw.integers(0, 3, N)]
    counts = draw.poisson(np.exp(0.6 + latent) * draw.gamma(2, 0.5, N))
    frame["k"] = counts * (draw.random(N) < 0.75)
    frame["t"] = np.ceil(draw.exponential(10, N))
    frame["ev"] = draw.integers(0, 2, N)
    frame["w"] = draw.uniform(0.5, 2, N)
    return frame


def fit(family: str, frame: pd.DataFrame, right: str, **options: object):
    return pk.fit(
        f"{OUTCOMES[family]} ~ {right}", frame, family, **{**MORE.get(family, {}), **options}
    )


def same(one, other) -> None:
    numbers = ["estimate", "std_error", "p_value"]
    np.testing.assert_allclose(one.tidy()[numbers], other.tidy()[numbers], rtol=1e-7, atol=1e-12)
    assert one.nobs == other.nobs


REFUSED = {
    "unknown column": (lambda d: d, "x + nope", {}, "no column 'nope'"),
    "constant column": (lambda d: d.assign(q=3.0), "x + q", {}, "'q'"),
    "collinear": (lambda d: d.assign(q=2 * d["x"] - d["z"]), "x + z + q", {}, "term 'q'"),
    "two dummies": (lambda d: d.assign(q=1 - d["b"], p=d["b"]), "b + p + q", {}, "term 'p'"),
    "all missing": (lambda d: d.assign(q=np.nan), "x + q", {}, "q 100%"),
    "all None": (lambda d: d.assign(q=[None] * N), "x + q", {}, "q 100%"),
    "text": (lambda d: d, "x + f", {}, r"C\(f\)"),
    "category": (lambda d: d.assign(b=d["b"].astype("category")), "b", {}, r"C\(b\)"),
    "dates": (lambda d: d.assign(x=pd.date_range("2000", periods=N)), "x", {}, "datetime64"),
    "lists": (lambda d: d.assign(x=[[1]] * N), "C(x)", {}, "not categories"),
    "infinite": (lambda d: d.assign(x=d["x"].where(d.index > 0, np.inf)), "x", {}, "'x' is infinite"),
    "minus": (lambda d: d.assign(x=d["x"].where(d.index > 0, -np.inf)), "x", {}, "'x' is infinite"),
    "enormous": (lambda d: d.assign(x=d["x"] * 1e200), "x", {}, "another unit"),
    "empty": (lambda d: d.head(0), "x", {}, "no rows"),
    "one row": (lambda d: d.head(1), "x", {}, "1 of 1 rows"),
    "no columns": (lambda d: pd.DataFrame(index=range(5)), "x", {}, "no column"),
    "same name": (lambda d: pd.concat([d, d[["x"]]], axis=1), "x", {}, "2 columns are called 'x'"),
    "one cluster": (lambda d: d.assign(q=1), "x", {"cluster": "q"}, "two clusters"),
    "unknown cluster": (lambda d: d, "x", {"cluster": "nope"}, "no column 'nope'"),
    "missing cluster": (lambda d: d.assign(q=np.nan), "x", {"cluster": "q"}, "q 100%"),
    "cluster twice": (
        lambda d: pd.concat([d, d[["f"]]], axis=1), "x", {"cluster": "f"}, "columns are called 'f'",
    ),
}  # fmt: skip
WEIGHTS = {
    "negative": (lambda d: d["w"].where(d.index > 0, -1.0), "found -1"),
    "infinite": (lambda d: d["w"].where(d.index > 0, np.inf), "found inf"),
    "all zero": (lambda d: 0.0, "of zero"),
    "all missing": (lambda d: np.nan, "w 100%"),
    "text": (lambda d: "a", "numbers are needed"),
}
OUTSIDE = {
    "text": (lambda d: np.array(["a", "b", "c"])[d["b"] + (d.index < 40)], "must be|takes numbers"),
    "constant": (lambda d: 1, "same value in all"),
    "all missing": (lambda d: np.nan, "100%"),
    "infinite": (lambda d: np.where(d.index == 0, np.inf, d["yo"]), "infinite"),
    "lists": (lambda d: [[1]] * N, "must be|not categories"),
    "negative": (lambda d: -d["yo"] - 1, "found -|needs counts"),
    "halves": (lambda d: d["yo"] + 0.5, "0 and 1|counts 0, 1, 2"),
}
ACCEPTS = {
    "text": ("multinomial",),
    "infinite": ("multinomial",),
    "negative": ("ols", "mixed", "ordered", "multinomial"),
    "halves": ("ols", "mixed", "ordered", "multinomial"),
}


@pytest.mark.parametrize("family", OUTCOMES)
@pytest.mark.parametrize("case", REFUSED)
def test_bad_columns_are_refused_by_name(data, family, case):
    change, right, options, message = REFUSED[case]
    with pytest.raises(BadModel, match=message):
        fit(family, change(data), right, **options)


@pytest.mark.parametrize("family", [name for name in OUTCOMES if name != "mixed"])
@pytest.mark.parametrize("case", WEIGHTS)
def test_bad_weights_are_refused(data, family, case):
    change, message = WEIGHTS[case]
    with pytest.raises(BadModel, match=message):
        fit(family, data.assign(w=change(data)), "x", weights="w")


@pytest.mark.parametrize("family", [name for name in OUTCOMES if name != "cox"])
@pytest.mark.parametrize("case", OUTSIDE)
def test_an_outcome_outside_the_family_is_refused(data, family, case):
    change, message = OUTSIDE[case]
    frame = data.assign(**{OUTCOMES[family]: change(data)})
    if family in ACCEPTS.get(case, ()):
        assert np.isfinite(fit(family, frame, "x").tidy()["estimate"]).all()
        return
    with pytest.raises(BadModel, match=message):
        fit(family, frame, "x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"t": 0}, "must end after it starts"), ({"t": np.inf}, "must be finite"), ({"t": "a"}, "holds str"),
        ({"ev": 0}, "has an event"), ({"ev": 2}, "event must be 0"), ({"ev": np.nan}, "ev 100%"),
        ({"ev": "yes"}, "holds str"), ({"t": -1.0}, "must end after it starts"),
    ],
)  # fmt: skip
def test_bad_spells_are_refused(data, change, message):
    with pytest.raises(BadModel, match=message):
        fit("cox", data.assign(**change), "x")


@pytest.mark.parametrize("family", OUTCOMES)
def test_a_column_may_be_held_in_any_type(data, family):
    options = CLUSTER if family != "firth" else {}
    plain = fit(family, data, "b + x", **options)
    held = [data["b"].astype(bool), data["b"].astype(bool).astype("boolean")]
    held += [data["b"].astype(bool).astype("bool[pyarrow]"), pd.arrays.SparseArray(data["b"])]
    kinds = ["Int64", "int8", "float32", "Float64", "object", "int64[pyarrow]", "double[pyarrow]"]
    held += [data["b"].astype(kind) for kind in kinds]
    held.append(pd.Series([Decimal(int(value)) for value in data["b"]]))
    for column in held:
        same(fit(family, data.assign(b=column), "b + x", **options), plain)
    for kind in ("category", "string", "str", "string[pyarrow]", "Int64", "int64[pyarrow]"):
        same(fit(family, data.assign(g=data["g"].astype(kind)), "b + x", **options), plain)


@pytest.mark.parametrize("family", OUTCOMES)
def test_missing_values_and_weights_of_zero_are_rows_left_out(data, family):
    gaps = data.index < 20
    options = CLUSTER if family != "firth" else {}
    used = ["x", OUTCOMES[family] or "t", *options.values()]
    expected = fit(family, data[~gaps], "x + b", **options)
    for name in used:
        column = data[name] if name == "ym" else data[name].astype("Float64")
        found = fit(family, data.assign(**{name: column.mask(gaps)}), "x + b", **options)
        same(found, expected)
        assert found.dropped == 20
    if family != "mixed":
        zero = data.assign(w=data["w"].where(~gaps, 0.0))
        same(fit(family, zero, "x", weights="w"), fit(family, data[~gaps], "x", weights="w"))


@pytest.mark.parametrize("family", OUTCOMES)
def test_the_index_and_other_columns_do_not_matter(data, family):
    plain = fit(family, data, "x + C(f)")
    twice = pd.concat([data, data[["w"]]], axis=1)
    for frame in (data.set_index(np.zeros(N)), data.set_index(["g", "f"], drop=False), twice):
        same(fit(family, frame, "x + C(f)"), plain)


@pytest.mark.parametrize("family", ["negbin", "zinb", "hurdle", "poisson"])
def test_counts_without_measure_are_fitted_or_refused(data, family):
    try:
        found = fit(family, data.assign(k=data["k"] * 10.0**15), "x")
    except BadModel as problem:
        assert "no finite" in str(problem) or "converge" in str(problem)
        return
    assert np.isfinite(found.tidy()["std_error"]).all()


@pytest.mark.parametrize("family", ["logit", "poisson", "multinomial", "hurdle"])
def test_an_effect_that_cannot_be_computed_is_refused(data, family):
    found = fit(family, data.assign(q=data["x"] + 1e-9 * data["z"]), "x + q")
    with pytest.raises(BadModel, match="effect of 'x' is beyond reach"):
        found.effects()


@pytest.mark.parametrize(
    ("family", "options", "message"),
    [
        ("mixed", {"cluster": "f"}, "rows in several clusters"),
        ("mixed", {"vcov": "hc1"}, "takes rows as independent"),
        ("ols", {"cluster": 3}, "name of a column, or two; found 3"),
        ("zinb", {"zero": "~ 0"}, "zero='~ 1' for a constant"),
        ("hurdle", {"zero": "~ 0"}, "zero='~ 1' for a constant"),
        ("negbin", {"offset": "far"}, "found 1000, too large"),
        ("poisson", {"exposure": "b"}, "Exposures must be above zero"),
    ],
)
def test_options_that_make_no_sense_are_refused(data, family, options, message):
    with pytest.raises(BadModel, match=message):
        fit(family, data.assign(far=1000.0), "x", **options)


def test_an_effect_with_a_variance_below_zero_has_no_error(data):
    found = fit("ols", data, "x + b + z", cluster=["f", "ev"])
    table = found.effects().set_index("term")
    errors = found.tidy().set_index("term")["std_error"]
    assert errors.isna().any()
    np.testing.assert_allclose(table["std_error"], errors[table.index], rtol=1e-6)
