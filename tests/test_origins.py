"""Timing, role and tables belong to columns that a panel made, never to a column's name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import pkstats as pk
from pkstats.errors import BadModel
from pkstats.multiverse import reload


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    """Return a user's own state-years, with columns that happen to be called as measures are."""
    draw = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "state": np.repeat(np.arange(40), 15),
            "year": np.tile(np.arange(1990, 2005), 40),
            "log_pop": draw.normal(size=600),
            "peace_years": draw.integers(0, 30, 600).astype(float),
            "had_peacekeepers": draw.integers(0, 2, 600).astype(float),
        }
    )
    return frame.assign(conf=draw.integers(0, 2, 600))


CALL = {"outcome": "conf", "treatment": "had_peacekeepers", "family": "logit", "cluster": "state"}
CONTROLS = ["log_pop", "peace_years"]


def test_a_control_of_ones_own_is_never_dropped_for_its_name(own):
    m = pk.multiverse(own, **CALL, controls=CONTROLS)
    assert m.size == 4 and m.grid.notes == ()
    assert pk.multiverse(own, **CALL, controls={"always": CONTROLS}).size == 1


def test_no_check_reads_a_time_or_a_role_from_a_name(own):
    known = pk.measures(available=False)
    late = known.loc[known["timing"] == "after", "name"]
    for name in [*late[:5], "aid_worker_incidents", "peace_years"]:
        renamed = own.rename(columns={"peace_years": name, "had_peacekeepers": "t"})
        estimate = pk.fit(f"conf ~ t + log_pop + {name}", renamed, family="logit", cluster="state")
        found = pk.check(estimate, treatment="t")
        assert not found.of("post_treatment") and not found.of("co_location")
        assert found.skipped["post_treatment"] == "timing="


def test_the_time_of_ones_own_columns_can_be_told(own):
    timing = {"had_peacekeepers": "during", "peace_years": "after"}
    m = pk.multiverse(own, **CALL, controls=CONTROLS, timing=timing)
    assert m.size == 2
    assert m.grid.notes == (
        "peace_years is measured after had_peacekeepers, so it is not used as a control.",
    )
    with pytest.raises(BadModel, match="before, entry, during, after"):
        pk.multiverse(own, **CALL, controls=CONTROLS, timing={"peace_years": "later"})
    estimate = pk.fit("conf ~ had_peacekeepers + peace_years", own, family="logit")
    assert pk.check(estimate, treatment="had_peacekeepers", timing=timing).of("post_treatment")
    with pytest.raises(BadModel, match="before, entry, during, after"):
        pk.check(estimate, treatment="had_peacekeepers", timing={"peace_years": "later"})


@pytest.fixture(scope="module")
def missions():
    panel = pk.panel("mission", sponsor="UN").derive("log_deaths_at_entry", "peace_years")
    draw = np.random.default_rng(1)
    mine = {name: draw.normal(size=len(panel)) for name in ("conf", "log_pop")}
    return replace(panel, frame=panel.frame.assign(**mine))


def test_what_a_panel_derived_keeps_its_time(missions, tmp_path):
    assert missions.origins["peace_years"].timing == "after"
    call = {"outcome": "conf", "treatment": "log_deaths_at_entry", "cluster": "family"}
    path = tmp_path / "m.parquet"
    m = pk.multiverse(missions, **call, controls=CONTROLS, save=path)
    assert m.size == 2 and "measured after" in m.grid.notes[0]
    assert reload(path).grid.notes == m.grid.notes
    assert pk.multiverse(missions.frame, **call, controls=CONTROLS).size == 4
    estimate = pk.fit("conf ~ log_deaths_at_entry + log_pop + peace_years", missions)
    assert pk.check(estimate, treatment="log_deaths_at_entry").of("post_treatment")
    # A specification refitted is as much the panel's as the whole.
    assert m.estimate(0).data.origins == missions.origins


def test_a_joined_column_has_no_time_whatever_it_is_called(missions):
    mine = pd.DataFrame({"mission": ["UNMISS", "UNIFIL"], "peace_years": [3.5, 1.2]})
    joined = pk.panel("mission", sponsor="UN").join(mine, "mission")
    assert "peace_years" in joined.frame and "peace_years" not in joined.origins
    assert joined.derive("peace_years").origins["peace_years"].timing == "after"


def test_tables_lags_and_windows_are_known_of_added_columns():
    p = pk.panel("mission", sponsor="UN").add("context", window="before", columns="polyarchy")
    assert p.origins["polyarchy_before"].timing == "before"
    assert p.origins["polyarchy_before"].tables == ("context",)
    q = pk.panel("mission-year", 2000, 2005, sponsor="UN").add("personnel", lag=1)
    assert q.origins["troops_lag1"].tables == ("personnel",)
    assert q.add("personnel").origins["troops"].timing == "during"
    assert q.origins["troops_lag1"].timing == ""
    assert set(q.origins) <= set(q.frame)
