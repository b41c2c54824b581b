"""Effects and predictions against R (pscl, survival) and laws that they obey."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pkstats as pk
from pkstats.errors import BadModel
from pkstats.models.means import means

FOLDER = Path(__file__).parent / "r"
SPELLS = {"time": "time", "event": "event", "entry": "entry"}


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "random.csv", keep_default_na=False)


def cases() -> list:
    frame = pd.read_csv(FOLDER / "effects.csv", na_values=[""], keep_default_na=False)
    frame["term"] = frame["term"].fillna("")
    groups = frame.groupby(["case", "part"], sort=False)
    return [pytest.param(rows, id="-".join(name)) for name, rows in groups]


def refit(first: pd.Series, data: pd.DataFrame):
    asked = dict(pair.split("=", 1) for pair in first["options"].split(";"))
    return pk.fit(first["formula"], data, family=first["family"], **asked)


def predicted(estimate, rows: pd.DataFrame, data: pd.DataFrame) -> np.ndarray:
    """Return what R gave for some rows: on the model's own rows and, where they say the same, anew."""
    part = rows["part"].iloc[0]
    places = rows["row"].astype(int) - 1
    if part == "survival":
        times = rows["time"].unique()
        own = estimate.predict(times=times)
        np.testing.assert_array_equal(estimate.predict(data, times=times), own)
        return own[places, np.searchsorted(times, rows["time"])]
    kind = {"kind": "zero"} if part == "zero" else {}
    own = estimate.predict(**kind)
    if "exposure" not in rows["options"].iloc[0]:
        np.testing.assert_array_equal(estimate.predict(data, **kind), own)
    return own[places]


@pytest.mark.parametrize("rows", cases())
def test_effects_and_predictions_equal_r(data, rows):
    estimate = refit(rows.iloc[0], data)
    if rows["part"].iloc[0] != "effect":
        found = predicted(estimate, rows, data)
        np.testing.assert_allclose(found, rows["estimate"], rtol=1e-6)
        return
    times = rows["time"].dropna().unique()
    found = estimate.effects(times) if len(times) else estimate.effects()
    key = ["term", "contrast", *(["time"] if len(times) else [])]
    found = found.set_index(key).loc[list(rows[key].itertuples(index=False, name=None))]
    np.testing.assert_allclose(found["effect"], rows["estimate"], rtol=1e-6)
    np.testing.assert_allclose(found["std_error"], rows["std_error"], rtol=1e-6)


FAMILIES = {
    "ols": "y", "logit": "yb", "probit": "yb", "firth": "yb", "ordered": "yo", "multinomial": "ym",
    "poisson": "yc", "negbin": "yc", "zinb": "yz", "hurdle": "yz", "cox": "", "mixed": "ymix",
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_effects_and_predictions_in_any_unit(data, family):
    more = {"cox": SPELLS, "mixed": {"groups": "group"}}.get(family, {})
    one, other = (
        pk.fit(f"{FAMILIES[family]} ~ x1 + x2 + b1 + C(f)", frame, family, **more)
        for frame in (data, data.assign(x2=data["x2"] * 1e6))
    )
    table, again = one.effects(), other.effects()
    scale = np.where(again["term"] == "x2", 1e6, 1.0)
    assert set(table["term"]) == {"x1", "x2", "b1", "f"} and (table["std_error"] > 0).all()
    np.testing.assert_allclose(again["effect"] * scale, table["effect"], rtol=1e-5)
    np.testing.assert_allclose(again["std_error"] * scale, table["std_error"], rtol=1e-5)
    np.testing.assert_allclose(one.predict(data), one.predict(), rtol=1e-12)
    if family != "mixed":
        np.testing.assert_allclose(one.predict(), one.found.fitted, rtol=1e-10)


@pytest.mark.parametrize("family", ["ordered", "multinomial"])
def test_effects_on_probabilities_add_up_to_nothing(data, family):
    table = pk.fit(f"{FAMILIES[family]} ~ x1 + C(f)", data, family, cluster="group").effects()
    sums = table.groupby(["term", "contrast"])["effect"].sum()
    np.testing.assert_allclose(sums, 0, atol=1e-9)


def test_effects_of_skewed_variables_look_through_their_logarithm():
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"x": np.exp(3 * draw.normal(size=300))})
    frame["y"] = np.log(frame["x"]) + draw.normal(size=300)
    estimate = pk.fit("y ~ log(x)", frame)
    (found,) = estimate.effects().itertuples()
    own = estimate.tidy().loc[1]
    assert found.effect == pytest.approx(own["estimate"] * (1 / frame["x"]).mean(), rel=1e-7)
    assert found.std_error == pytest.approx(own["std_error"] * (1 / frame["x"]).mean(), rel=1e-7)


def test_a_slope_without_end_is_refused(data):
    frame = data.assign(zeros=data["x1"].clip(lower=0))
    table = pk.fit("y ~ log1p(zeros)", frame).effects()
    assert np.isfinite(table["effect"]).all()
    with pytest.raises(BadModel, match=r"effect of 'zeros' does not exist.*predict\(\)"):
        pk.fit("y ~ sqrt(zeros)", frame).effects()


def test_effects_of_zero_inflated_counts_follow_both_parts(data):
    estimate = pk.fit("yz ~ x1", data, "zinb", zero="~ b1")
    found = estimate.effects().set_index("term")
    own = estimate.tidy().set_index("term")["estimate"]
    assert found.loc["x1", "effect"] == pytest.approx(
        own["x1"] * estimate.predict().mean(), rel=1e-8
    )
    high, low = (estimate.predict(data.assign(b1=flag)).mean() for flag in (1, 0))
    assert found.loc["b1", "effect"] == pytest.approx(high - low, rel=1e-10)


@pytest.mark.parametrize("family", ["poisson", "negbin", "zinb", "hurdle"])
def test_the_probability_of_zero_is_that_of_the_counts(data, family):
    outcome = FAMILIES[family]
    exposed = pk.fit(f"{outcome} ~ x1 + b1", data, family, exposure="e")
    chance = exposed.predict(kind="zero")
    assert ((chance > 0) & (chance < 1)).all()
    if family == "poisson":
        np.testing.assert_allclose(chance, np.exp(-exposed.predict()), rtol=1e-12)
    if family == "negbin":
        given = {"alpha": exposed.found.statistics["alpha"]}
        again = pk.fit(f"{outcome} ~ x1 + b1", data, family, exposure="e", **given)
        np.testing.assert_allclose(again.predict(kind="zero"), chance, rtol=1e-5)
    if family in ("zinb", "hurdle"):
        assert chance.mean() == pytest.approx((data[outcome] == 0).mean(), abs=0.02)


def test_survival_begins_at_one_and_falls(data):
    estimate = pk.fit("~ x1 + b1", data, "cox", **SPELLS)
    times = np.arange(0, data["time"].max() + 1)
    curves = estimate.predict(data.head(5), times=times)
    assert (curves[:, 0] == 1).all() and (np.diff(curves) <= 0).all() and (curves > 0).all()
    assert estimate.predict(data.head(2), times=10).shape == (2, 1)
    hazard = estimate.predict(data.head(5))
    ratio = np.log(curves[:, -1]) / hazard
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-10)


def test_effects_on_survival_default_to_the_median_event(data):
    estimate = pk.fit("~ x1 + b1", data, "cox", **SPELLS)
    events = data.loc[data["event"] == 1, "time"]
    median = events.quantile(0.5, interpolation="lower")
    table = estimate.effects()
    assert (table["time"] == median).all()
    pd.testing.assert_frame_equal(table, estimate.effects(times=[median]))
    high, low = (estimate.predict(data.assign(b1=flag), times=median) for flag in (1, 0))
    found = table.set_index("term").loc["b1", "effect"]
    assert found == pytest.approx((high - low).mean(), rel=1e-10)


def test_robust_effects_on_survival_keep_the_factors_of_their_covariance(data):
    errors = {
        kind: pk.fit("~ x1 + C(f)", data, "cox", **SPELLS, **options).effects(12)["std_error"]
        for kind, options in {
            "hc0": {"vcov": "hc0"}, "hc1": {"vcov": "hc1"}, "cr1": {"cluster": "row"},
        }.items()
    }  # fmt: skip
    n, k = len(data), 3
    np.testing.assert_allclose(errors["hc1"], errors["hc0"] * np.sqrt(n / (n - k)), rtol=1e-10)
    np.testing.assert_allclose(errors["cr1"], errors["hc0"] * np.sqrt(n / (n - 1)), rtol=1e-10)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda one, cox: one.predict(times=3), "times= is for survival after family='cox'"),
        (lambda one, cox: one.effects(times=3), "times= is for survival after family='cox'"),
        (lambda one, cox: one.predict(kind="zero"), "poisson, negbin, zinb, hurdle"),
        (lambda one, cox: cox.predict(kind="zero"), "poisson, negbin, zinb, hurdle"),
        (lambda one, cox: one.predict(kind="link"), "kind must be one of mean, zero"),
        (lambda one, cox: cox.predict(times=1e9), "the last time observed"),
        (lambda one, cox: cox.effects(times=[-1, 2]), "times must be numbers from 0"),
        (lambda one, cox: cox.effects(times="soon"), "times must be numbers from 0"),
        (lambda one, cox: cox.predict(times=[]), "times must be numbers from 0"),
        (lambda one, cox: one.predict({"x1": [1.0]}), "pandas DataFrame or a panel; found dict"),
        (lambda one, cox: one.predict(pd.DataFrame({"x2": [1.0]})), "no column 'x1'"),
    ],
)
def test_what_cannot_be_predicted_is_refused_in_plain_words(data, ask, message):
    one = pk.fit("y ~ x1", data)
    cox = pk.fit("~ x1", data, "cox", **SPELLS)
    with pytest.raises(BadModel, match=message):
        ask(one, cox)


def test_rows_that_cannot_be_predicted_are_missing(data):
    estimate = pk.fit("yz ~ x1 + C(f)", data, "zinb", zero="~ C(f)")
    few = data.head(3).assign(x1=[np.nan, 0.0, 0.0], f=["a", "new", "b"])
    assert np.isnan(estimate.predict(few)).tolist() == [True, True, False]


@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_are_the_derivatives_of_the_means(data, family):
    more = {"cox": SPELLS, "mixed": {"groups": "group"}}.get(family, {})
    estimate = pk.fit(f"{FAMILIES[family]} ~ x1 + b1 + C(f)", data, family, **more)
    design, parameters = estimate.rows.design, estimate.found.coefficients
    if family == "cox":
        parameters = np.append(parameters, [0.3, 0.9])
    rest = {"zero_design": estimate.rows.extra.get("zero_design")}
    width = np.linspace(0.5, 2, len(design))

    def average(values: np.ndarray) -> np.ndarray:
        return means(family, values, design, 0.2, **rest).averages(width)[0]

    steps = 1e-5 * np.eye(len(parameters))
    slopes = [(average(parameters + step) - average(parameters - step)) / 2e-5 for step in steps]
    gradient = means(family, parameters, design, 0.2, **rest).averages(width)[1]
    np.testing.assert_allclose(gradient, np.transpose(slopes), rtol=1e-6, atol=1e-9)
