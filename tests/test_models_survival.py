"""Cox and mixed models against R 4.2 (survival, lme4), statsmodels, Stata's residuals and laws."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

import pkstats as pk
from pkstats.errors import BadModel
from pkstats.models.families.hazards import (
    baseline_hazard,
    proportional_hazards,
    scaled_schoenfeld,
    schoenfeld,
)
from pkstats.models.families.mixed import mixed
from pkstats.models.families.partial import information, moments, scores, spells
from pkstats.models.families.risk_sets import risk_sets
from pkstats.models.families.survival import cox
from pkstats.models.sample import Sample

R = Path(__file__).parent / "r"
SURV = {"family": "cox", "time": "time", "event": "event", "entry": "entry"}

# survival 3.5.3 on r/random.csv: coxph(Surv(entry, time, event) ~ x1 + x2 + b1, ties, weights = w,
# cluster = group); robust without G/(G−1); cox.zph(terms = FALSE); basehaz(centered = FALSE).
COXPH = {
    ("efron", None): {
        "estimate": [0.215791456504400958, 0.000186519513844516, -0.194417280051826180],
        "robust": [9.64609006656625e-02, 8.67289944778418e-05, 1.65144401108334e-01],
        "naive": [8.80456768564782e-02, 9.38370688760719e-05, 1.95213320242224e-01],
        "log_likelihood": -570.502454038465,
        "km": [1.172672455022806, 1.699076299227921, 0.685057778448674, 3.161362340736631],
        "identity": [1.101375549485300, 1.597063320197882, 0.807433084786507, 3.111043895130342],
        "hazard": 0.906699769156372,
        "score": [169.2867425910178, 155509.1732744843175, 97.4145233182532],
        "schoenfeld": [93.4295501056834, 86670.3578068183851, 56.6969929166105],
    },
    ("efron", "w"): {
        "estimate": [0.213421508503081447, 0.000121379780415385, -0.042694663436576276],
        "robust": [0.114643815977200983, 0.000102041905672871, 0.188993048202535818],
        "naive": [8.65559761668993e-02, 9.08726576353597e-05, 1.91764934253180e-01],
        "log_likelihood": -608.791478546825,
        "km": [0.857287452908044, 2.446698415545053, 0.623512671513379, 3.515338093922667],
        "identity": [0.828667845453067, 2.264961765705203, 0.790223257894008, 3.470116538290178],
        "hazard": 0.972048140915589,
        "score": [166.1122692960303, 151957.3997831396409, 96.4861249741767],
        "schoenfeld": [93.5489883996989, 87632.4249111574027, 57.3341973600201],
    },
    ("breslow", None): {
        "estimate": [0.212152886080107766, 0.000184728476121281, -0.189812265450573558],
        "robust": [0.094490746581267104, 0.000085780100085032, 0.161956419497473525],
        "naive": [8.80864116508233e-02, 9.39905581441427e-05, 1.95127572431983e-01],
        "log_likelihood": -572.463090485517,
        "km": [1.158306001894047, 1.635567424397807, 0.648556443656646, 3.062222795424546],
        "identity": [1.089728214963973, 1.534747618597986, 0.765261625491021, 3.010828723975034],
        "hazard": 0.893896453739224,
        "score": [166.0682499446283, 152809.1328259533620, 95.7548803447729],
        "schoenfeld": [93.1146182408246, 86431.4783845764032, 56.5867252948783],
    },
    ("breslow", "w"): {
        "estimate": [0.209841669337628239, 0.000120585717493813, -0.040591718524041344],
        "robust": [0.112648403003784328, 0.000100960857162847, 0.185520900542180789],
        "naive": [8.66337642979126e-02, 9.10494863128518e-05, 1.91657280993154e-01],
        "log_likelihood": -610.797938355553,
        "km": [0.843918945216139, 2.364310166130753, 0.593950639589570, 3.402931823033485],
        "identity": [0.816772296684871, 2.184584925333639, 0.753944295956660, 3.355180358805375],
        "hazard": 0.956000290987209,
        "score": [163.1097161169123, 149445.6660581518081, 94.9175229882955],
        "schoenfeld": [93.2326487480665, 87427.4657226954732, 57.2412038873507],
    },
}
# lme4 1.1.31 on r/random.csv: lmer(ymix ~ x1 + x2 + b1 + (1 | group)), optCtrl tolerances 1e-14.
LMER = {
    "reml": {
        "estimate": [1.38382633277823563, 0.57018689218635721, 0.00032653906661739, -0.56894262804573492],
        "std_error": [1.5448392750265e-01, 5.3843207268094e-02, 4.8105878896944e-05, 9.1595611135022e-02],
        "group_variance": 0.43599897550456,
        "residual_variance": 1.09033461675187,
        "log_likelihood": -924.31933969368,
        "aic": 1860.6386793874,
        "bic": 1887.0202573186,
        "fitted": 1001.5668461944,
    },
    "ml": {
        "estimate": [1.38246956717998293, 0.57011888791615151, 0.00032700835159838, -0.56913047466418010],
        "std_error": [1.5296627607685e-01, 5.3635045352306e-02, 4.7966729319805e-05, 9.1349455959691e-02],
        "group_variance": 0.42063118171214,
        "residual_variance": 1.08479817978343,
        "log_likelihood": -910.57169319877,
        "aic": 1833.1433863975,
        "bic": 1859.5249643288,
        "fitted": 1001.4721205758,
    },
}  # fmt: skip


def sample_of(estimate, ties="efron"):
    return estimate.rows.sample({"ties": ties})


@pytest.fixture(scope="module")
def random() -> pd.DataFrame:
    path = R / "random.csv"
    if not path.exists():
        pytest.skip("tests/r/random.csv is not there")
    return pd.read_csv(path)


def drawn(seed: int, n: int = 120) -> pd.DataFrame:
    """Return spells with many ties, some of which begin at another's event time."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": draw.normal(size=n), "z": draw.normal(size=n)})
    frame["entry"] = draw.integers(0, 6, n) * (draw.random(n) < 0.6)
    frame["time"] = frame["entry"] + 1 + np.ceil(draw.exponential(5 * np.exp(-0.4 * frame["x"])))
    frame["event"] = (draw.random(n) < 0.7).astype(int)
    frame["w"] = draw.uniform(0.3, 3, n)
    frame["g"] = draw.integers(0, 15, n)
    return frame


@pytest.mark.parametrize(("ties", "weights"), list(COXPH))
def test_cox_equals_coxph(random, ties, weights):
    expected = COXPH[ties, weights]
    found = pk.fit("~ x1 + x2 + b1", random, **SURV, ties=ties, weights=weights, cluster="group")
    coefficients, groups = found.found.coefficients, found.clusters
    robust = np.sqrt(np.diag(found.covariance) * (groups - 1) / groups)
    np.testing.assert_allclose(coefficients, expected["estimate"], rtol=1e-9)
    np.testing.assert_allclose(robust, expected["robust"], rtol=1e-9)
    # R takes weights for counts of rows: its own errors and likelihood need them as they stand.
    sample = sample_of(found, ties)
    sample = replace(sample, weights=random[weights].to_numpy() if weights else None)
    own = cox(sample)
    np.testing.assert_allclose(np.sqrt(np.diag(own.bread)), expected["naive"], rtol=1e-9)
    assert own.log_likelihood == pytest.approx(expected["log_likelihood"], rel=1e-12)
    for transform in ("km", "identity"):
        test = proportional_hazards(sample, coefficients, transform)
        np.testing.assert_allclose(test["chi_squared"], expected[transform], rtol=1e-8)
    hazard = baseline_hazard(sample, coefficients)["cumulative_hazard"].iloc[-1]
    assert hazard == pytest.approx(expected["hazard"], rel=1e-9)
    plain = own.scores / (1 if weights is None else random[[weights]].to_numpy())
    np.testing.assert_allclose(np.abs(plain).sum(axis=0), expected["score"], rtol=1e-8)
    residuals = schoenfeld(sample, coefficients)[1]
    np.testing.assert_allclose(np.abs(residuals).sum(axis=0), expected["schoenfeld"], rtol=1e-8)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_without_entry_equals_statsmodels(ties):
    data = drawn(3)
    model = sm.PHReg(data["time"], data[["x", "z"]], status=data["event"], ties=ties)
    theirs = model.fit(disp=0)
    ours = pk.fit("~ x + z", data, family="cox", time="time", event="event", ties=ties)
    # statsmodels' optimiser stops at about 1e-8.
    np.testing.assert_allclose(ours.tidy()["estimate"], theirs.params, rtol=1e-6)
    np.testing.assert_allclose(ours.tidy()["std_error"], theirs.bse, rtol=1e-6)
    assert ours.found.log_likelihood == pytest.approx(theirs.llf, rel=1e-10)


def test_risk_sets_are_those_of_the_definition():
    data = drawn(5, 200)
    entry, end = data["entry"].to_numpy(float), data["time"].to_numpy(float)
    risk = risk_sets(end, data["event"].to_numpy(float), entry)
    inside = (entry[None, :] < risk.times[:, None]) & (risk.times[:, None] <= end[None, :])
    values = np.random.default_rng(0).random((len(data), 2))
    np.testing.assert_allclose(risk.over_rows(values), inside @ values, rtol=1e-14)
    jumps = np.random.default_rng(1).random((len(risk.times), 2))
    np.testing.assert_allclose(risk.over_times(jumps), inside.T @ jumps, rtol=1e-14)


def test_a_row_that_enters_at_an_event_time_is_not_at_risk():
    data = drawn(8)
    exact = pk.fit("~ x + z", data, **SURV)
    later = pk.fit("~ x + z", data.assign(entry=data["entry"] + 0.5), **SURV)
    earlier = pk.fit("~ x + z", data.assign(entry=data["entry"] - 0.5), **SURV)
    assert exact.found.log_likelihood == pytest.approx(later.found.log_likelihood, rel=1e-13)
    assert abs(exact.found.log_likelihood - earlier.found.log_likelihood) > 0.1


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_scores_and_information_are_the_derivatives_of_the_likelihood(ties):
    data = drawn(11)
    extra = {name: data[name].to_numpy(float) for name in ("entry", "time", "event")}
    sample = Sample(
        np.zeros(len(data)), data[["x", "z"]].to_numpy(), ("x", "z"), data["w"].to_numpy(),
        extra=extra, options={"ties": ties},
    )  # fmt: skip
    prepared, at, step = spells(sample), np.array([0.3, -0.2]), 1e-5
    found = moments(prepared, at)
    slopes, curves = [], []
    for j in range(2):
        up, down = at + step * np.eye(2)[j], at - step * np.eye(2)[j]
        high, low = moments(prepared, up), moments(prepared, down)
        slopes.append((high.likelihood - low.likelihood) / (2 * step))
        change = scores(prepared, high).sum(axis=0) - scores(prepared, low).sum(axis=0)
        curves.append(-change / (2 * step))
    np.testing.assert_allclose(scores(prepared, found).sum(axis=0), slopes, rtol=1e-6)
    np.testing.assert_allclose(information(prepared, found), curves, rtol=1e-7)


def test_a_large_hazard_that_has_left_leaves_no_rounding_behind():
    data = drawn(2, 80)
    extreme = pd.concat([data.assign(late=0.0), data.assign(late=40.0, entry=data["entry"] + 500,
                                                            time=data["time"] + 500)])  # fmt: skip
    extra = {name: extreme[name].to_numpy(float) for name in ("entry", "time", "event")}
    sample = Sample(np.zeros(160), extreme[["x", "z", "late"]].to_numpy(), ("x", "z", "late"),
                    extra=extra)  # fmt: skip
    prepared = spells(sample)
    both = moments(prepared, np.array([0.3, -0.2, 1.0]) * prepared.spread)
    once = spells(
        Sample(np.zeros(80), data[["x", "z"]].to_numpy(), ("x", "z"),
               extra={name: data[name].to_numpy(float) for name in extra})
    )  # fmt: skip
    single = moments(once, np.array([0.3, -0.2]) * once.spread)
    assert both.likelihood == pytest.approx(2 * single.likelihood, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), ties=st.sampled_from(["efron", "breslow"]))
def test_cox_laws(seed, ties):
    """Splitting spells, the order of rows and the unit of time change nothing."""
    data = drawn(seed)
    options = {**SURV, "ties": ties, "weights": "w", "cluster": "g"}
    one = pk.fit("~ x + z", data, **options)
    middle = (data["entry"] + data["time"]) / 2
    first = data.assign(time=middle, event=0)
    halves = pd.concat([first, data.assign(entry=middle)])
    shuffled = data.sample(frac=1, random_state=seed)
    rescaled = data.assign(entry=data["entry"] / 365.25 + 7, time=data["time"] / 365.25 + 7)
    units = data.assign(x=data["x"] * 1e6 + 1e7)
    for other, factor in ((halves, 1), (shuffled, 1), (rescaled, 1), (units, 1e6)):
        two = pk.fit("~ x + z", other, **options)
        scale = np.array([factor, 1])
        np.testing.assert_allclose(two.found.coefficients * scale, one.found.coefficients,
                                   rtol=1e-6, atol=1e-9)  # fmt: skip
        np.testing.assert_allclose(two.tidy()["std_error"] * scale, one.tidy()["std_error"],
                                   rtol=1e-6)  # fmt: skip
        assert two.found.log_likelihood == pytest.approx(one.found.log_likelihood, rel=1e-10)


def test_frequencies_are_copies_of_rows():
    data = drawn(4).assign(w=np.random.default_rng(4).integers(1, 4, 120))
    weighted = pk.fit("~ x + z", data, **SURV, ties="breslow", freq_weights="w")
    copies = pk.fit("~ x + z", data.loc[data.index.repeat(data["w"])], **SURV, ties="breslow")
    np.testing.assert_allclose(weighted.found.coefficients, copies.found.coefficients, rtol=1e-9)
    np.testing.assert_allclose(weighted.found.bread, copies.found.bread, rtol=1e-9)
    assert weighted.found.log_likelihood == pytest.approx(copies.found.log_likelihood, rel=1e-12)


@pytest.fixture(scope="module")
def fortna(source) -> tuple[pd.DataFrame, pk.models.Estimate]:
    frame = pd.read_stata(
        source("replication/fortna2008/pk&pkept_old.dta"), convert_categoricals=False
    )
    frame = frame[(frame["pcw"] == 1) & (frame["_st"] == 1)]
    terms = "pk_dum + victory + treaty + wartype + logdead + faction + polityle + infst + past_ag"
    found = pk.fit(
        f"~ {terms} + garm + contraband + lmtnest + p5_contig1 + p5_col",
        frame, family="cox", entry="_t0", time="_t", event="_d", ties="breslow", cluster="clust2",
    )  # fmt: skip
    return frame[found.rows.kept], found


def test_fortna_s_file_holds_our_schoenfeld_residuals(fortna):
    """Stored as doubles: they agree far closer than 1e-6, scaled ones with the clustered covariance."""
    frame, found = fortna
    sample, beta = sample_of(found, "breslow"), found.found.coefficients
    rows, plain = schoenfeld(sample, beta)
    scaled = scaled_schoenfeld(sample, beta, found.covariance)[1]
    events = frame.iloc[rows]
    assert len(rows) == 55 and (events["_d"] == 1).all()
    stored = events[[f"sch{i}" for i in range(1, 15)]].to_numpy()
    np.testing.assert_allclose(plain, stored, rtol=1e-10, atol=1e-10)
    stored = events[[f"sca{i}" for i in range(1, 15)]].to_numpy()
    np.testing.assert_allclose(scaled, stored, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(plain.sum(axis=0), 0, atol=1e-9 * np.abs(plain).sum())


def test_the_hazard_rises_by_one_event_for_each_event(fortna):
    """The fitted cumulative hazards add up to the number of events (Breslow)."""
    frame, found = fortna
    sample, beta = sample_of(found, "breslow"), found.found.coefficients
    table = baseline_hazard(sample, beta)
    cumulative = np.concatenate([[0], table["cumulative_hazard"]])
    at = [np.searchsorted(table["time"], frame[name], side="right") for name in ("_t0", "_t")]
    risk = np.exp(sample.design @ beta)
    assert risk @ (cumulative[at[1]] - cumulative[at[0]]) == pytest.approx(55, rel=1e-10)


def refusal(data: pd.DataFrame, formula: str = "~ x + z", **options: object) -> str:
    with pytest.raises(BadModel) as caught, warnings.catch_warnings():
        warnings.simplefilter("error")
        pk.fit(formula, data, **{**SURV, **options})
    return str(caught.value)


def test_impossible_spells_are_refused():
    data = drawn(1)
    assert "must end after it starts" in refusal(data.assign(entry=data["time"]))
    assert "0 (censored) or 1; found 2" in refusal(data.assign(event=2 * data["event"]))
    assert "has an event" in refusal(data.assign(event=0))
    assert "efron, breslow" in refusal(data, ties="exact")
    assert "0, without entry=" in refusal(data.assign(time=data["time"] - 2), entry=None)
    assert "finite" in refusal(data.assign(time=np.where(data["x"] > 2, np.inf, data["time"])))


def test_infinite_coefficients_are_refused_by_name():
    data = drawn(1)
    rare = (data["x"] > 1).astype(int)
    assert "'rare'" in refusal(
        data.assign(rare=rare, event=data["event"] * (1 - rare)), "~ z + rare"
    )
    assert "'only'" in refusal(data.assign(only=1e6 * rare, event=rare), "~ z + only")
    assert "'clock'" in refusal(data.assign(clock=-data["time"], entry=0), "~ z + clock")


def test_a_term_that_never_differs_at_risk_is_refused():
    data = drawn(1)
    early = (data["time"] == data["time"].min()) & (data["event"] == 0)
    lost = data.assign(entry=0, time=np.where(data.index == 0, 0.5, data["time"]))
    lost["event"] = np.where(data.index == 0, 0, data["event"])
    assert not early.all()
    assert "'first'" in refusal(lost.assign(first=(data.index == 0).astype(int)), "~ z + first")


def test_cox_takes_many_rows():
    draw = np.random.default_rng(0)
    n = 50_000
    design, entry = draw.normal(size=(n, 3)), draw.uniform(0, 5, n)
    hazard = np.exp(design @ np.array([0.5, -0.25, 0.0]))
    extra = {
        "entry": entry,
        "time": entry + draw.exponential(3 / hazard),
        "event": (draw.random(n) < 0.5).astype(float),
    }
    found = cox(Sample(np.zeros(n), design, tuple("abc"), extra=extra))
    error = np.sqrt(np.diag(found.bread))
    assert (np.abs(found.coefficients - [0.5, -0.25, 0.0]) < 4 * error).all()


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_mixed_equals_lmer(random, method):
    """Below 1e-6: lmer's optimiser stops at about 1e-8 of the variance ratio, ours does not."""
    expected = LMER[method]
    estimate = pk.fit("ymix ~ x1 + x2 + b1", random, family="mixed", groups="group")
    found = mixed(estimate.rows.sample({"method": method}))
    np.testing.assert_allclose(found.coefficients, expected["estimate"], rtol=1e-7)
    np.testing.assert_allclose(np.sqrt(np.diag(found.bread)), expected["std_error"], rtol=1e-7)
    assert found.log_likelihood == pytest.approx(expected["log_likelihood"], rel=1e-11)
    for name in ("group_variance", "residual_variance", "aic", "bic"):
        assert found.statistics[name] == pytest.approx(expected[name], rel=1e-6)
    assert np.abs(found.fitted).sum() == pytest.approx(expected["fitted"], rel=1e-8)
    if method == "reml":
        assert estimate.glance().loc[0, "aic"] == pytest.approx(expected["aic"], rel=1e-10)


def test_mixed_is_generalised_least_squares_and_its_scores_sum_to_gls(random):
    estimate = pk.fit("ymix ~ x1 + b1", random, family="mixed", groups="group", cluster="group")
    found, rows = estimate.found, estimate.rows
    groups, design = rows.extra["groups"], rows.design
    between, within = found.statistics["group_variance"], found.statistics["residual_variance"]
    same = groups[:, None] == groups[None, :]
    inverse = np.linalg.inv(between * same + within * np.eye(len(groups)))
    bread = np.linalg.inv(design.T @ inverse @ design)
    beta = bread @ design.T @ inverse @ rows.outcome
    np.testing.assert_allclose(found.coefficients, beta, rtol=1e-9)
    np.testing.assert_allclose(found.bread, bread, rtol=1e-9)
    left = rows.outcome - design @ beta
    for group in (0, 7):
        at = groups == group
        expected = design[at].T @ inverse[np.ix_(at, at)] @ left[at]
        np.testing.assert_allclose(found.scores[at].sum(axis=0), expected, rtol=1e-7)
    assert found.statistics["icc"] == pytest.approx(between / (between + within))


def test_mixed_does_not_mind_scale_or_order(random):
    one = pk.fit("ymix ~ x1 + x2 + b1", random, family="mixed", groups="group")
    other = random.assign(x2=random["x2"] * 1e8 + 1e10).sample(frac=1, random_state=2)
    two = pk.fit("ymix ~ x1 + x2 + b1", other, family="mixed", groups="group")
    np.testing.assert_allclose(two.tidy()["statistic"][1:], one.tidy()["statistic"][1:], rtol=1e-6)
    assert two.found.statistics["icc"] == pytest.approx(one.found.statistics["icc"], rel=1e-7)


def test_without_differences_between_groups_mixed_is_least_squares():
    draw = np.random.default_rng(1)
    data = pd.DataFrame({"x": draw.normal(size=200), "g": np.arange(200) // 10})
    noise = draw.normal(size=200)
    data["y"] = data["x"] + noise - pd.Series(noise).groupby(data["g"]).transform("mean")
    found = pk.fit("y ~ x", data, family="mixed", groups="g")
    plain = pk.fit("y ~ x", data, vcov="classical")
    assert found.found.statistics["group_variance"] == 0
    np.testing.assert_allclose(found.tidy()["estimate"], plain.tidy()["estimate"], rtol=1e-9)
    np.testing.assert_allclose(found.tidy()["std_error"], plain.tidy()["std_error"], rtol=1e-9)


def test_mixed_refuses_what_it_cannot_fit(random):
    def refused(data, **options):
        with pytest.raises(BadModel) as caught:
            pk.fit("ymix ~ x1", data, **{"family": "mixed", "groups": "group", **options})
        return str(caught.value)

    assert "groups of several rows" in refused(random, groups="row")
    assert "two groups" in refused(random.assign(group=1))
    assert "no weights" in refused(random, weights="w", cluster="group")
    codes = pd.factorize(random["group"])[0]
    assert "exactly" in refused(random.assign(ymix=codes + 2 * random["x1"]))


@pytest.mark.parametrize("formula", ["y ~ x + C(g)", "y ~ C(g) - 1", "y ~ mean"])
def test_terms_that_leave_groups_alike_are_refused(formula):
    draw = np.random.default_rng(4)
    frame = pd.DataFrame({"g": np.repeat([0, 1, 2, 3], 10), "x": draw.normal(size=40)})
    frame["y"] = frame["x"] + 2.0 * frame["g"] + draw.normal(size=40)
    frame["mean"] = frame["g"] > 1
    if formula == "y ~ mean":
        frame = frame.assign(g=frame["mean"])
    with pytest.raises(BadModel, match="nothing is left for a random intercept"):
        pk.fit(formula, frame, family="mixed", groups="g")
