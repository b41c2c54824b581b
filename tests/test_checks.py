"""Checks: each fires on a planted bad analysis and stays silent on a sound one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

import pkstats as pk
from pkstats.checks import (
    CHECKS,
    Finding,
    Findings,
    check,
    condition_number,
    design_effect,
    e_value,
    geometric_variability,
    gower_distance,
    icc,
    in_hull,
    leave_one_out,
    minimum_detectable_effect,
    minimum_detectable_odds_ratio,
    partial_r2,
    risk_ratio,
    robustness_value,
    rubin,
    vif,
)
from pkstats.errors import BadModel
from pkstats.measures import measure
from pkstats.models import Estimate
from pkstats.panel import Panel
from pkstats.panel.origin import Origin, of_measure


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    """75 missions, 12 years each, a treatment that varies between and within missions."""
    draw = np.random.default_rng(11)
    n, missions = 900, 75
    frame = pd.DataFrame({"mission_id": np.repeat(np.arange(missions), 12)})
    frame["family"] = frame["mission_id"]
    frame["year"] = np.tile(np.arange(2000, 2012), missions)
    frame["t"] = draw.integers(0, 2, n)
    for name in "abc":
        frame[name] = draw.normal(size=n)
    frame["noise"] = draw.normal(size=n)
    latent = 1.2 * frame["t"] + 0.8 * frame["a"] - 0.6 * frame["b"] + 0.4 * frame["c"]
    frame["y"] = latent + 0.2 * draw.normal(size=missions)[frame["mission_id"]] + frame["noise"]
    frame["won"] = (latent - 0.6 + draw.logistic(size=n) > 0).astype(int)
    frame["exit"] = pd.array(["completed"] * n, dtype="string")
    frame["start"] = 0.0
    frame["time"] = draw.exponential(np.exp(-latent)) + 1e-3
    frame["event"] = (frame["time"] < 2).astype(int)
    frame["time"] = frame["time"].clip(upper=2)
    frame["subject"] = np.arange(n)
    return frame


FORMULA = "won ~ t + a + b + c"


def logit(data: pd.DataFrame | Panel, formula: str = FORMULA, **options: Any) -> Estimate:
    return pk.fit(formula, data, **{"family": "logit", "cluster": "mission_id", **options})


def cox(data: pd.DataFrame) -> Estimate:
    return pk.fit("~ t + a + b + c", data, family="cox", time="time", event="event")


def fired(name: str, estimate: Estimate, **context: Any) -> Finding:
    found = check(estimate, **context).of(name)
    assert len(found) == 1, f"{name}: {found!r}"
    return found[0]


@pytest.mark.parametrize("name", CHECKS)
def test_a_sound_analysis_passes(data, name):
    context = {"data": data, "treatment": "t", "unit": "mission-year"}
    timing = {"t": "entry", "a": "before", "b": "before", "c": "entry"}
    estimate = logit(data)
    if "cox" in CHECKS[name].families:
        estimate, context = cox(data), {**context, "starts": "start"}
    found = check(estimate, **context, timing=timing)
    assert name not in found.skipped
    assert not found.of(name), repr(found)


def test_a_sound_least_squares_analysis_passes_unweighted_and_clustered(data):
    estimate = pk.fit("y ~ t + a + b + c", data, cluster="mission_id")
    assert not len(check(estimate, data=data, treatment="t", unit="mission-year"))


def test_separation_fires(data):
    planted = data.assign(won=np.where(data["t"] == 1, 1, data["won"]))
    bad = logit(data)
    bad = replace(bad, rows=replace(bad.rows, outcome=planted["won"].to_numpy(dtype=float)))
    finding = fired("separation", bad)
    assert finding.severity == "serious" and "t separates" in finding.message
    penalised = fired("separation", replace(bad, family="firth"))
    assert penalised.severity == "caution" and "penalty" in penalised.message


def test_events_per_variable_fires(data):
    rare = data.assign(won=data["won"] * (data["mission_id"] < 4))
    finding = fired("events_per_variable", logit(rare, cluster="year"))
    ones = int(rare["won"].sum())
    assert f"{ones} rows of the rarer outcome for 4 terms: {ones / 4:.1f}" in finding.message


def test_few_clusters_fires_and_names_cr2(data):
    finding = fired("few_clusters", logit(data, cluster="year"))
    assert finding.severity == "caution"
    assert "12 clusters of year" in finding.message and "cr2" in finding.what_to_do


def test_few_clusters_counts_satterthwaite_freedom(data):
    one = data.assign(t=(data["mission_id"] == 0) | (data["mission_id"] == 1))
    estimate = pk.fit("y ~ t + a", one.astype({"t": int}), cluster="mission_id", vcov="cr2")
    assert "degrees of freedom" in fired("few_clusters", estimate, treatment="t").message


def test_few_treated_clusters_fires(data):
    few = data.assign(t=(data["mission_id"] < 4).astype(int))
    finding = fired("few_treated_clusters", logit(few), treatment="t")
    assert finding.severity == "serious" and "t (with: 4)" in finding.message


def test_dependence_fires_without_clusters(data):
    draw = np.random.default_rng(3)
    planted = data.assign(y=data["y"] + 2 * draw.normal(size=75)[data["mission_id"]])
    finding = fired("dependence", pk.fit("y ~ t + a + b + c", planted), data=planted)
    assert finding.severity == "serious" and "cluster='family'" in finding.what_to_do
    clustered = pk.fit("y ~ t + a + b + c", planted, cluster="mission_id")
    assert fired("dependence", clustered).severity == "note"


def test_successors_fires_when_missions_share_a_family(data):
    planted = data.assign(family=data["mission_id"] // 3)
    finding = fired("successors", logit(planted), data=planted)
    assert "75 clusters of mission_id belong to 25 families" in finding.message
    by_family = logit(planted, cluster="family")
    assert not check(by_family, data=planted).of("successors")


def test_power_says_what_a_null_could_have_found(data):
    estimate = logit(data, "won ~ noise + a + b")
    finding = fired("power", estimate, treatment="noise")
    error = estimate.tidy().set_index("term").loc["noise", "std_error"]
    assert f"odds ratio {np.exp(2.8016 * error):.3g}" in finding.message


def test_influence_fires_when_one_mission_drives_it(data):
    draw = np.random.default_rng(5)
    here = (data["mission_id"] == 7).to_numpy()
    planted = data.assign(x=np.where(here, 8.0, 0) + 0.3 * draw.normal(size=900))
    planted["y"] = 2.0 * here * planted["x"] - 0.5 * ~here * planted["x"] + draw.normal(size=900)
    estimate = pk.fit("y ~ x + a", planted, cluster="year", vcov="cr1")
    assert not check(estimate, data=planted).of("influence")
    estimate = pk.fit("y ~ x + a", planted, vcov="classical")
    finding = fired("influence", estimate, data=planted)
    alone = pk.fit("y ~ x + a", planted[~here]).tidy().set_index("term").loc["x", "estimate"]
    assert finding.severity == "serious" and "family 7" in finding.message
    assert f"{alone:.3g}" in finding.message


@pytest.mark.parametrize("family", ["ols", "logit"])
def test_leaving_clusters_out_equals_refitting(data, family):
    estimate = pk.fit("won ~ t + a + b", data, family=family, cluster="mission_id")
    assert estimate.rows.clusters is not None
    found = leave_one_out(estimate.found, estimate.rows.design, estimate.rows.clusters)
    errors = estimate.tidy()["std_error"].to_numpy()
    for code in (0, 31, 74):
        again = pk.fit("won ~ t + a + b", data[data["mission_id"] != code], family=family)
        # One Newton step for the logit: within 1 % of a standard error here.
        slack = 1e-9 if family == "ols" else 0.01 * errors
        assert (np.abs(found[code] - again.found.coefficients) < slack).all()


def test_a_term_only_one_cluster_identifies_is_missing_without_it(data):
    planted = data.assign(own=(data["mission_id"] == 3).astype(int))
    estimate = pk.fit("y ~ t + own", planted, cluster="mission_id")
    assert estimate.rows.clusters is not None
    found = leave_one_out(estimate.found, estimate.rows.design, estimate.rows.clusters)
    assert np.isnan(found[3, 2]) and np.isfinite(np.delete(found, 3, axis=0)).all()
    rest = pk.fit("y ~ t", planted[planted["own"] == 0]).found.coefficients
    np.testing.assert_allclose(found[3, :2], rest, rtol=1e-9)


def test_collinearity_fires(data):
    planted = data.assign(copy=data["a"] + 0.05 * data["noise"])
    finding = fired("collinearity", logit(planted, FORMULA + " + copy"))
    assert "copy" in finding.message and "condition number" in finding.message


def test_nearly_constant_fires(data):
    planted = data.assign(rare=(np.arange(900) % 200 == 3).astype(int))
    planted.loc[3, "won"], planted.loc[203, "won"] = 0, 1
    finding = fired("nearly_constant", logit(planted, FORMULA + " + rare"))
    assert "rare 5" in finding.message


def test_missing_rows_names_the_column_that_causes_it(data):
    planted = data.copy()
    planted.loc[planted.index % 4 == 0, "b"] = np.nan
    planted.loc[planted.index % 40 == 0, "c"] = np.nan
    finding = fired("missing_rows", logit(planted), data=planted)
    assert "225 of 900 rows (25%)" in finding.message
    assert "b lacks 225, 202 of them alone" in finding.message


@pytest.mark.parametrize("term", ["log1p(count)", "log(count+0.01)"])
def test_logarithm_of_zero_fires(data, term):
    planted = data.assign(count=np.where(data["noise"] > 0, np.rint(9 * data["noise"] + 1), 0))
    estimate = logit(planted, f"won ~ t + {term}")
    for context in ({}, {"data": planted}):
        finding = fired("logarithm_of_zero", estimate, **context)
        assert f"{(planted['count'] == 0).mean():.0%} of rows" in finding.message
    outcome = pk.fit(f"{term} ~ t", planted)
    assert fired("logarithm_of_zero", outcome).severity == "serious"
    positive = planted.assign(count=planted["count"] + 1)
    assert not check(logit(positive, f"won ~ t + {term}")).of("logarithm_of_zero")


def test_repeated_rows_fires(data):
    planted = pd.concat([data, data.head(5)])
    finding = fired("repeated_rows", logit(planted), data=planted, unit="mission-year")
    assert "5 of 905 rows repeat a unit" in finding.message


def _monthly(data: pd.DataFrame) -> pd.DataFrame:
    """Each mission-year as its twelve months."""
    months = data.loc[data.index.repeat(12)].reset_index(drop=True)
    text = months["year"].astype(str) + "-" + (months.index % 12 + 1).astype(str).str.zfill(2)
    months["month"] = pd.PeriodIndex(text, freq="M")
    return months


def test_repeated_outcome_fires_on_a_yearly_outcome_by_month(data):
    months = _monthly(data)
    repeated = pk.fit("y ~ t + a", months, cluster="mission_id")
    finding = fired("repeated_outcome", repeated, data=months)
    assert "10,800 rows hold 900 values" in finding.message
    months["y"] += np.random.default_rng(1).normal(size=len(months))
    assert not check(pk.fit("y ~ t + a", months, cluster="mission_id")).of("repeated_outcome")


def test_fitted_mean_fires_where_one_row_carries_the_expectation(data):
    counts = data.assign(count=np.random.default_rng(3).poisson(np.exp(data["a"])))
    assert not check(pk.fit("count ~ a", counts, family="negbin")).of("fitted_mean")
    counts.loc[0, ["a", "count"]] = [25, 0]
    counts["a"] = counts["a"].clip(lower=-1)
    finding = fired("fitted_mean", pk.fit("count ~ a", counts, family="negbin", alpha=50))
    assert "one row holds" in finding.message and finding.severity == "caution"


def test_a_ratio_near_one_keeps_its_digits(data):
    wide = data.assign(noise=data["noise"] * 1000)
    finding = fired("power", logit(wide, "won ~ t + noise"), treatment="noise")
    assert re.search(r"odds ratio 1\.000[1-9]", finding.message), finding.message


def test_extrapolation_fires_where_treatment_and_controls_never_overlap(data):
    planted = data.assign(a=data["a"] / 4 + 6 * data["t"])
    finding = fired("extrapolation", logit(planted), treatment="t")
    assert finding.severity == "serious" and finding.message.startswith("0 of")
    far = np.array([[1.0, 9, 9, 9]])
    assert fired("extrapolation", logit(data), counterfactual=far).severity == "serious"


def _ever_treated(data: pd.DataFrame) -> pd.DataFrame:
    """Null data: treatment begins at some time, coded as if from the first day."""
    draw = np.random.default_rng(2)
    life, begins = draw.exponential(1, 400), draw.exponential(1, 400)
    frame = pd.DataFrame({"time": life, "event": 1, "t": (begins < life).astype(int)})
    return frame.assign(began=np.where(begins < life, begins, np.nan), a=draw.normal(size=400))


def test_immortal_time_fires_on_ever_treated_columns(data):
    naive = _ever_treated(data)
    estimate = pk.fit("~ t + a", naive, family="cox", time="time", event="event")
    assert np.exp(estimate.tidy()["estimate"][0]) < 0.6  # the trap: no effect in these data
    finding = fired("immortal_time", estimate, data=naive, treatment="t", starts="began")
    assert finding.severity == "serious" and "immortal" in finding.message


def _split(data: pd.DataFrame) -> pd.DataFrame:
    naive = _ever_treated(data).assign(subject=np.arange(400), entry=0.0)
    later = naive[naive["t"] == 1].assign(entry=lambda x: x["began"])
    before = naive.assign(
        time=naive["began"].fillna(naive["time"]), event=1 - naive["t"], ever=naive["t"], t=0
    )
    return pd.concat([before, later.assign(ever=1)], ignore_index=True)


def test_immortal_time_is_silent_once_spells_are_split(data):
    spells = _split(data)
    options = {"family": "cox", "time": "time", "event": "event", "entry": "entry"}
    sound = pk.fit("~ t + a", spells, **options)
    context = {"data": spells, "subject": "subject"}
    assert not check(sound, treatment="t", **context).of("immortal_time")
    assert not check(sound, treatment="t", starts="began", **context).of("immortal_time")
    bad = pk.fit("~ ever + a", spells, **options)
    assert "never changes" in fired("immortal_time", bad, treatment="ever", **context).message


def test_proportional_hazards_fires_when_an_effect_turns_round():
    draw = np.random.default_rng(4)
    t = np.repeat([0, 1], 300)
    life = np.where(t == 1, draw.weibull(3, 600), draw.weibull(0.7, 600))
    frame = pd.DataFrame({"t": t, "a": draw.normal(size=600), "time": life, "event": 1})
    estimate = pk.fit("~ t + a", frame, family="cox", time="time", event="event")
    finding = fired("proportional_hazards", estimate, treatment="t")
    assert finding.severity == "serious" and "t (p " in finding.message


def test_post_treatment_fires_on_controls_during_deployment(data):
    timing = {"t": "entry", "c": "during"}
    finding = fired("post_treatment", logit(data), treatment="t", timing=timing)
    assert finding.severity == "serious" and "c (during)" in finding.message


def test_post_treatment_knows_the_columns_that_a_panel_derived(data):
    planted = data.rename(columns={"a": "troops_per_100k", "b": "log_deaths_at_entry"})
    origins = {
        name: of_measure(measure(name)) for name in ("troops_per_100k", "log_deaths_at_entry")
    }
    panel = Panel(planted, "mission-year", planted, origins=origins)
    estimate = logit(panel, "won ~ t + troops_per_100k + log_deaths_at_entry")
    finding = fired("post_treatment", estimate, treatment="t", timing={"t": "entry"})
    assert "1 controls" in finding.message and "troops_per_100k (during)" in finding.message


def test_hard_cases_shows_raw_beside_adjusted(data):
    draw = np.random.default_rng(8)
    hard = draw.normal(size=900)
    planted = data.assign(hard=hard, t=(hard + draw.normal(size=900) > 0).astype(int))
    latent = 1.0 * planted["t"] - 2 * hard + draw.logistic(size=900)
    planted["won"] = (latent > 0).astype(int)
    finding = fired("hard_cases", logit(planted, "won ~ t + hard"), treatment="t")
    raw = logit(planted, "won ~ t").found.coefficients[1]
    assert f"{raw:.3g} raw" in finding.message and "odds ratio" in finding.message


def test_unmeasured_confounding_fires_on_weak_associations(data):
    draw = np.random.default_rng(9)
    planted = data.assign(y=0.05 * data["t"] + draw.normal(size=900))
    estimate = pk.fit("y ~ t + a", planted)
    assert estimate.tidy()["p_value"][1] < 0.05
    finding = fired("unmeasured_confounding", estimate, treatment="t")
    t = pk.fit("y ~ t + a", planted, vcov="classical").tidy()["statistic"][1]
    assert f"robustness value {robustness_value(t, 897):.1%}" in finding.message


def test_unmeasured_confounding_uses_the_e_value_of_the_interval(data):
    estimate = pk.fit("~ t + a", data, family="cox", time="time", event="event")
    table = estimate.tidy()
    weak = replace(estimate, covariance=estimate.covariance * (table["estimate"][0] / 2.05) ** 2)
    weak.covariance[0, 0] = (table["estimate"][0] / 2.05) ** 2
    finding = fired("unmeasured_confounding", weak, treatment="t")
    assert "E-value" in finding.message and finding.severity == "caution"


def test_right_censoring_fires_on_ongoing_missions_coded_as_failures(data):
    one = data.drop_duplicates("mission_id", keep="last").assign(family=lambda x: x["mission_id"])
    ongoing = (one["won"] == 0) & (np.arange(75) % 3 == 0)
    planted = one.assign(exit=one["exit"].mask(ongoing, "ongoing"))
    estimate = pk.fit("won ~ t + a", planted, family="logit")
    finding = fired("right_censoring", estimate, data=planted)
    assert f"{int(ongoing.sum())} of {int(ongoing.sum())} ongoing missions" in finding.message
    dated = one.assign(exit=pd.to_datetime("2010-01-01")).assign(
        exit=lambda x: x["exit"].mask(ongoing, pd.NaT)
    )
    assert fired("right_censoring", estimate, data=dated).message == finding.message
    missing = planted.assign(won=planted["won"].where(~ongoing))
    sound = pk.fit("won ~ t + a", missing, family="logit")
    assert not check(sound, data=missing).of("right_censoring")


def test_co_location_fires_on_presence_read_as_collaboration(data):
    planted = data.rename(columns={"a": "funded_usd"})
    origins = {"funded_usd": Origin(tables=("humanitarian",))}
    panel = Panel(planted, "mission-year", planted, origins=origins)
    estimate = logit(panel, "won ~ funded_usd + t + b")
    assert "FTS" in fired("co_location", estimate, treatment="funded_usd").message
    assert fired("co_location", estimate, roles={"funded_usd": "collaboration"})
    assert not check(estimate, treatment="t").of("co_location")


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"treatmnt": "t"}, "Did you mean 'treatment'"),
        ({"treatment": "troops"}, "must be a term"),
        ({"data": pd.DataFrame({"t": [1]})}, "900 rows the model was fitted on"),
    ],
)
def test_a_wrong_context_is_refused(data, context, expected):
    with pytest.raises(BadModel, match=expected):
        check(logit(data), **context)


def test_anything_but_an_estimate_is_refused(data):
    for wrong in (data, None, "won ~ t"):
        with pytest.raises(BadModel, match="found"):
            pk.check(wrong)


def test_a_check_knows_the_rows_the_model_was_fitted_on(data):
    found = pk.check(logit(data, cluster="year"), treatment="t")
    assert "successors" not in found.skipped
    assert repr(found) == repr(check(logit(data, cluster="year"), treatment="t", data=data))


def test_findings_read_well_and_list_what_was_not_run(data):
    found = check(logit(data, cluster="year"), data=None)
    text = repr(found)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "1 finding: 1 caution" in text and "Not run: successors (needs data=)" in text
    assert list(found.frame) == ["check", "severity", "message", "what_to_do"]
    assert "<b>caution</b>" in found._repr_html_()
    assert repr(Findings()) == "No findings" and Findings().frame.empty
    some = Findings((Finding("a", "note", "m", "d"), Finding("b", "serious", "<m>", "d")))
    assert [one.check for one in some] == ["b", "a"] and "&lt;m&gt;" in some._repr_html_()


@pytest.mark.parametrize(
    ("family", "outcome"),
    [
        ("ols", "y"),
        ("probit", "won"),
        ("firth", "won"),
        ("poisson", "n"),
        ("negbin", "n"),
        ("zinb", "n"),
        ("hurdle", "n"),
        ("ordered", "n"),
        ("multinomial", "n"),
    ],
)
def test_checks_run_for_every_family(data, family, outcome):
    draw = np.random.default_rng(1)
    planted = data.assign(n=np.minimum(draw.negative_binomial(1, 0.45, 900), 5))
    if family in ("ordered", "multinomial"):
        planted["n"] = planted["n"].clip(upper=2)
    estimate = pk.fit(f"{outcome} ~ t + a + b", planted, family=family, cluster="mission_id")
    assert isinstance(check(estimate, data=planted, treatment=None), Findings)


# Plain functions against published values and closed forms.


def test_sensitivity_equals_sensemakr_on_darfur():
    t, dof = 4.18445, 783
    assert partial_r2(t, dof) == pytest.approx(0.02187309, abs=5e-8)
    assert robustness_value(t, dof) == pytest.approx(0.1387764, abs=5e-7)
    assert robustness_value(t, dof, alpha=0.05) == pytest.approx(0.07625797, abs=5e-7)
    assert robustness_value(1.0, dof, alpha=0.05) == 0
    # By definition the bias of a confounder of that strength is the whole estimate.
    value = robustness_value(t, dof)
    assert value / np.sqrt(1 - value) == pytest.approx(t / np.sqrt(dof), rel=1e-12)


def test_e_values_equal_the_paper():
    assert e_value(3.9) == pytest.approx(7.26, abs=0.005)
    assert e_value(1 / 3.9) == pytest.approx(e_value(3.9), rel=1e-12)
    assert e_value(1.0) == 1 and e_value(2.0, null=2.0) == 1
    assert risk_ratio(4.0, "odds") == 2 and risk_ratio(4.0, "odds", rare=True) == 4
    assert risk_ratio(1.0, "hazard") == pytest.approx(1)


def test_power_equals_the_published_numbers():
    assert minimum_detectable_effect(1.0) == pytest.approx(2.8016, abs=1e-4)
    assert minimum_detectable_odds_ratio(75, 0.2) == pytest.approx(6.2, abs=0.05)
    assert minimum_detectable_effect(1.0, dof=10) > minimum_detectable_effect(1.0)
    assert minimum_detectable_odds_ratio(8, 0.2) == np.inf


def test_effective_rows_equal_the_published_number():
    assert 900 / design_effect(0.6, np.full(75, 12)) == pytest.approx(118.4, abs=0.05)
    assert design_effect(-0.1, np.full(75, 12)) == 1


def test_icc_equals_analysis_of_variance():
    values, groups = np.array([1.0, 2, 4, 6, 6, 9]), np.array([0, 0, 1, 1, 2, 2])
    between, within = 2 * np.var([1.5, 5, 7.5], ddof=1), (0.5 + 2 + 4.5) / 3
    assert icc(values, groups) == pytest.approx((between - within) / (between + within))
    assert icc(groups.astype(float), groups) == 1
    assert np.isnan(icc(values, np.arange(6)))


def test_collinearity_numbers_equal_regressions(data):
    design = data[["a", "b", "c"]].to_numpy()
    design[:, 2] += design[:, 0]
    rest = np.column_stack([np.ones(900), design[:, :2]])
    residual = design[:, 2] - rest @ np.linalg.lstsq(rest, design[:, 2], rcond=None)[0]
    expected = design[:, 2].var() / residual.var()
    assert vif(design)[2] == pytest.approx(expected, rel=1e-10)
    np.testing.assert_allclose(vif(design * [1, 1e6, 1] + [0, 5, 9]), vif(design), rtol=1e-8)
    orthogonal = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    assert condition_number(orthogonal) == pytest.approx(1)


def test_hull_equals_the_linear_programme():
    draw = np.random.default_rng(0)
    corners = np.array([[0.0, 0], [1, 0], [0, 1]])
    points = np.array([[0.2, 0.2], [0.5, 0.5], [0.6, 0.6], [0, 0], [-1e-3, 0.5]])
    assert in_hull(points, corners).tolist() == [True, True, False, True, False]
    for n, k in ((50, 2), (100, 5), (200, 8)):
        data = draw.normal(size=(n, k))
        points = 0.7 * draw.normal(size=(40, k))
        programme = [
            linprog(
                np.zeros(n),
                A_eq=np.vstack([data.T, np.ones(n)]),
                b_eq=np.append(point, 1),
                bounds=(0, None),
                method="highs",
            ).status
            == 0
            for point in points
        ]
        scale = 10.0 ** np.arange(k)
        assert in_hull(points * scale, data * scale).tolist() == programme


def test_king_and_zeng_on_doyle_and_sambanis(source: Callable[[str], Path]):
    path = source("replication/doyle_sambanis2000/peace.csv")
    data = pd.read_csv(path, keep_default_na=False, na_values=["", "NA"])
    terms = "wartype logcost wardur factnum factnum2 trnsfcap develop exp decade treaty untype4"
    formula = f"pbs2s3 ~ {' + '.join(terms.split())}"
    estimate = pk.fit(formula, data, family="logit", cluster="cluster")
    design = estimate.rows.design[:, 1:]
    assert geometric_variability(design) == pytest.approx(0.1096757, abs=5e-8)
    pairs = gower_distance(design, design)
    assert geometric_variability(design) == pytest.approx(pairs.mean() / 2, rel=1e-12)
    switched = design.copy()
    switched[:, -1] = 1 - switched[:, -1]
    assert in_hull(switched, design).sum() == 0 and in_hull(design, design).all()
    finding = fired("extrapolation", estimate, treatment="untype4")
    assert finding.severity == "serious" and finding.message.startswith("0 of 122 counterfactuals")
    few = fired("few_treated_clusters", estimate, treatment="untype4")
    assert "untype4 (with: 7)" in few.message


def test_rubin_equals_the_closed_form():
    estimates, variances = np.array([[1.0], [2.0], [3.0]]), np.array([[0.5], [0.6], [0.7]])
    pooled = rubin(estimates, variances)
    total = 0.6 + 4 / 3 * 1
    assert pooled.estimate[0] == 2 and pooled.std_error[0] == pytest.approx(np.sqrt(total))
    assert pooled.fraction_missing[0] == pytest.approx(4 / 3 / total)
    assert pooled.dof[0] == pytest.approx(2 * (1 + 0.6 / (4 / 3)) ** 2)
    assert rubin(estimates, variances, dof=20).dof[0] < pooled.dof[0]
    same = rubin(np.ones((3, 1)), variances)
    assert np.isinf(same.dof[0]) and same.std_error[0] == pytest.approx(np.sqrt(0.6))
    with pytest.raises(BadModel, match="two or more"):
        rubin(estimates[:1], variances[:1])
