"""Terms that one cluster alone tells about have no clustered error, in any family."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pkstats as pk
from pkstats.models.covariance import cluster_sums
from pkstats.models.lonely import lonely

OUTCOMES = {
    "ols": "y", "logit": "b", "probit": "b", "firth": "b", "ordered": "rank",
    "multinomial": "kind", "poisson": "count", "negbin": "count", "zinb": "many",
    "hurdle": "many", "cox": "",
}  # fmt: skip
MORE = {"cox": {"time": "time", "event": "event"}, "zinb": {"zero": "~ 1"}}


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    draw = np.random.default_rng(1)
    n = 480
    frame = pd.DataFrame({"m": np.repeat(list("abcdefgh"), 60), "x": draw.normal(size=n)})
    frame["post"] = (draw.random(n) < 0.5).astype(int)
    frame["y"] = frame["post"] + draw.normal(size=n)
    frame["b"] = (draw.random(n) < 0.4).astype(int)
    frame["rank"], frame["kind"] = draw.integers(0, 3, n), draw.choice(list("uvw"), n)
    frame["count"] = draw.negative_binomial(2, 0.4, n)
    frame["many"] = frame["count"] * (draw.random(n) < 0.6)
    frame["time"], frame["event"] = draw.exponential(5, n) + 0.1, 1
    frame["other"] = draw.integers(0, 12, n)
    return frame


def missing(found) -> set[str]:
    table = found.tidy()
    without = table["std_error"].isna()
    shown = ["std_error", "statistic", "p_value", "conf_low", "conf_high"]
    assert table.loc[without, shown].isna().all(axis=None)
    assert table.loc[~without, shown].notna().all(axis=None)
    return set(table.loc[without, "term"])


@pytest.mark.parametrize("vcov", ["cr1", "cr2"])
@pytest.mark.parametrize("family", OUTCOMES)
def test_dummies_of_the_clusters_have_no_clustered_error(data, family, vcov):
    if vcov == "cr2" and family not in ("ols", "logit", "probit", "firth", "poisson"):
        return
    formula = f"{OUTCOMES[family]} ~ post + C(m)"
    found = pk.fit(formula, data, family, cluster="m", vcov=vcov, **MORE.get(family, {}))
    kept = {"post", "zero:post", "v:post", "w:post", "zero:Intercept", "log_alpha"}
    kept -= {"zero:Intercept"} if family == "hurdle" else set()
    assert missing(found) == set(found.terms) - kept
    assert any("no cr" in note and "one cluster alone" in note for note in found.warnings())


@pytest.mark.parametrize("family", ["ols", "logit", "poisson"])
def test_they_have_errors_that_are_not_clustered(data, family):
    for vcov in ("classical", "hc1", "hc3"):
        assert not missing(pk.fit(f"{OUTCOMES[family]} ~ post + C(m)", data, family, vcov=vcov))


def test_one_treated_cluster_and_slopes_of_each_have_none_either(data):
    alone = data.assign(alone=(data["m"] == "c") * data["post"])
    assert missing(pk.fit("y ~ x + alone", alone, cluster="m")) == {"alone"}
    slopes = pk.fit("y ~ post + C(m) + C(m):x", data, cluster="m")
    assert missing(slopes) == set(slopes.terms) - {"post"}


def test_either_of_two_ways_counts(data):
    found = pk.fit("y ~ x + C(m)", data, cluster=["other", "m"])
    assert missing(found) == set(found.terms) - {"x"}


def test_a_dummy_of_one_row_has_no_robust_error(data):
    found = pk.fit("y ~ x + first", data.assign(first=(data.index == 0).astype(int)))
    assert missing(found) == {"first"}
    assert any("one row alone" in note for note in found.warnings())


def test_what_varies_across_clusters_has_its_error(data):
    shared = data.assign(two=data["m"].isin(["a", "b"]).astype(int))
    assert not missing(pk.fit("y ~ x + two + C(other)", shared, cluster="m"))


def test_effects_of_such_a_term_have_no_error_and_others_keep_theirs(data):
    table = pk.fit("b ~ post + C(m)", data, "logit", cluster="m").effects().set_index("term")
    assert table.loc["m", "std_error"].isna().all() and table.loc["post", "std_error"] > 0


def test_lonely_terms_are_those_whose_scores_sum_to_nothing_in_every_cluster(data):
    found = pk.fit("y ~ post + C(m) + x:C(m)", data, vcov="classical")
    codes = pd.factorize(data["m"])[0]
    sums = np.abs(cluster_sums(found.found.scores, codes)).max(axis=0)
    np.testing.assert_array_equal(lonely(found.rows.design, codes), sums < 1e-9)
