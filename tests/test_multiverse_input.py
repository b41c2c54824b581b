"""Bad arguments of a multiverse meet an error of the library, short whatever they hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pkstats as pk
from pkstats.errors import PkstatsError

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
