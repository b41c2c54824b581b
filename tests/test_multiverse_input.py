"""Bad arguments of a multiverse meet an error of the library, short whatever they hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pkstats as pk
from pkstats.errors import BadModel, PkstatsError

HUGE = "n" * 100_000
LONG = 4_000


def data() -> pd.DataFrame:
    draw = np.random.default_rng(1)
    frame = pd.DataFrame(draw.normal(size=(60, 4)), columns=["y", "t", "x", "z"])
    return frame.assign(g=np.arange(60) % 12, b=(frame["y"] > 0).astype(int))


CALL = {"outcome": "y", "treatment": "t", "controls": ["x", "z"], "cluster": "g"}
ODD = [
    HUGE,
    [HUGE],
    {HUGE: HUGE},
    5,
    2.5,
    [5],
    [[HUGE]],
    {"any": 5},
    {"one of": {HUGE: HUGE}},
    True,
]
ARGUMENTS = [
    "outcome",
    "treatment",
    "controls",
    "samples",
    "family",
    "fixed_effects",
    "cluster",
    "exclude",
    "limit",
    "timing",
    "vcov",
    "weights",
    "conf_level",
    "seed",
    "workers",
    "memory",
    "exposure",
    HUGE,
]


@pytest.mark.parametrize("name", ARGUMENTS, ids=lambda name: name[:20])
def test_odd_arguments_are_fitted_or_refused_shortly(name):
    for odd in ODD:
        try:
            pk.multiverse(data(), **{**CALL, name: odd})
        except PkstatsError as problem:
            assert len(str(problem)) < LONG, str(problem)[:300]


@pytest.mark.parametrize(
    "ask",
    [
        lambda m, odd: m.columns(odd),
        lambda m, odd: m.summary(by=odd),
        lambda m, odd: m.summary(direction=odd),
        lambda m, odd: m.drivers(odd),
        lambda m, odd: m.corrected({odd: [odd]}),
        lambda m, odd: m.corrected(method=odd),
        lambda m, odd: m.estimate(odd),
        lambda m, odd: m.permute(draws=odd),
        lambda m, odd: m.permute(draws=2, limit=odd),
        lambda m, odd: m.influence(limit=odd),
        lambda m, odd: m.table(odd),
        lambda m, odd: m.cite(odd),
    ],
)
@pytest.mark.parametrize("odd", [HUGE, 2.5, -1, None], ids=["huge", "half", "below zero", "none"])
def test_odd_questions_are_answered_or_refused_shortly(ask, odd):
    m = pk.multiverse(data(), **CALL)
    try:
        ask(m, odd)
    except PkstatsError as problem:
        assert len(str(problem)) < LONG


def test_what_is_done_with_a_result_refuses_odd_arguments():
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"y": draw.normal(size=60), "x": draw.normal(size=60)})
    frame["g"] = np.arange(60) % 12
    m, estimate = (
        pk.multiverse(frame, "y", "x", [], cluster="g"),
        pk.fit("y ~ x", frame, cluster="g"),
    )
    for call in (
        lambda: m.corrected("y"),
        lambda: m.corrected({"all": 5}),
        lambda: m.corrected(method=["holm"]),
        lambda: m.at(9),
        lambda: m.at("0"),
        lambda: pk.bootstrap(m, "x"),
        lambda: pk.bootstrap(estimate, "x", draws="many"),
        lambda: pk.bootstrap(estimate, "x", draws=99.5),
        lambda: pk.bootstrap(estimate, "x", kind=["wild"]),
        lambda: pk.bootstrap(estimate, "x", workers=0),
        lambda: estimate.plot("x"),
    ):
        with pytest.raises(BadModel):
            call()
    with pytest.raises(BadModel, match="Repeat each row"):
        pk.multiverse(frame, "y", "x", [], freq_weights="g")
    assert len(estimate.predict(frame.iloc[:0])) == 0


def test_a_bootstrap_of_a_term_without_clustered_error_says_so():
    frame = pd.DataFrame({"y": np.random.default_rng(0).normal(size=40), "g": np.arange(40) % 8})
    frame["own"] = (frame["g"] == 0) * 1.0
    estimate = pk.fit("y ~ own", frame, cluster="g")
    for kind in ("wild", "pairs"):
        with pytest.raises(BadModel, match="one cluster alone"):
            pk.bootstrap(estimate, "own", draws=99, kind=kind)


def test_draws_without_the_clusters_that_tell_about_a_term_are_left_out():
    frame = pd.DataFrame({"y": np.random.default_rng(0).normal(size=40), "g": np.arange(40) % 8})
    frame["two"] = (frame["g"] < 2) * 1.0
    found = pk.bootstrap(pk.fit("y ~ two", frame, cluster="g"), "two", draws=999, kind="pairs")
    # Neither of two clusters is drawn with probability (6/8)^8, about a tenth; all eight of them
    # are those two hardly ever.
    assert 0.07 < found.failed / 999 < 0.13
    assert found.std_error < 1
