"""Months to windows: missions first, then over missions, with the months each figure rests on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pkstats as pk
from pkstats.codebook import table
from pkstats.panel.aggregate import over_time
from pkstats.panel.convert import to_states, to_years
from pkstats.panel.native import Native, native
from pkstats.panel.scope import Scope
from pkstats.panel.skeleton import chosen_missions, host_shares

ALL = table("hosts").columns["purpose"].allowed
EVERY = Scope(purposes=ALL)
NAN = np.nan


@pytest.fixture(scope="module")
def states():
    panel = pk.panel("state-year", 1990, 2013).add("personnel", columns="total")
    return panel, panel.frame.set_index(["state", "year"])


def test_sudan_in_2005_is_the_un_mission_and_names_the_other(states):
    panel, frame = states
    # UNMIS from March to December, by month (IPI); January and February are zeros.
    months = [38, 69, 458, 1127, 1419, 1926, 2759, 3915, 4222, 4765]
    row = frame.loc[(625, 2005)]
    assert row["total"] == pytest.approx(sum(months) / 12) == pytest.approx(1724.83, abs=0.01)
    assert row["total_months"] == 10 and row["personnel_months_deployed"] == 22
    lost = panel.left_out.set_index(["mission_id", "year"]).loc[("AMIS", 2005)]
    assert (lost["column"], lost["known"], lost["deployed"]) == ("total", 1, 12)
    alone = pk.panel("state-year", 2005, 2005).add("personnel", columns="total")
    assert any("AMIS 2005 (1 of 12)" in note for note in alone.notes)


def test_mali_in_2013_divides_by_the_months_known_and_those_before(states):
    panel, frame = states
    # MINUSMA, there from April, has figures from July on (IPI); January to March are zeros.
    months = [6294, 6010, 6005, 5872, 6347, 6439]
    row = frame.loc[(432, 2013)]
    assert row["total"] == pytest.approx(sum(months) / (6 + 3)) == pytest.approx(4107.44, abs=0.01)
    assert row["total_months"] == 6
    lost = panel.left_out.query("mission_id == 'AFISMA' and year == 2013")
    assert lost["known"].tolist() == [1] and lost["deployed"].tolist() == [6]


def test_cyprus_is_the_mean_of_twelve_months_and_missing_with_two(states):
    _, frame = states
    months = [1250, 1251, 1253, 1242, 1242, 1250, 1251, 1253, 1249, 1245, 1253, 1246]
    assert frame.loc[(352, 2000), "total"] == pytest.approx(np.mean(months))
    assert frame.loc[(352, 2000), "total_months"] == 12
    assert pd.isna(frame.loc[(352, 1990), "total"])


def test_untso_is_shared_by_five_hosts_where_it_is_asked_for(states):
    _, without = states
    frame = pk.panel("state-year", 2000, 2000, sponsor="UN", purpose="interstate")
    frame = frame.add("personnel", columns="total").frame.set_index("state")["total"]
    months = [152, 140, 152, 153, 153, 154, 143, 153, 153, 152, 150, 150]
    for host in (651, 652, 663, 666):
        assert frame[host] == pytest.approx(np.mean(months) / 5)
        assert without.loc[(host, 2000), "total"] == 0
    lebanon = [4495, 4483, 4463, 4550, 4483, 4875, 5619, 5643, 5744, 5752, 5708, 5802]
    assert frame[660] == pytest.approx(np.mean(months) / 5 + np.mean(lebanon))


def test_unprofor_is_shared_by_the_weights_in_force(states):
    _, frame = states
    # From February, figures from April; Croatia alone to May, 39 of 97 to November, then 39 of 100.
    six = 10016 + 10016 + 14896 + 14929 + 14956 + 22063
    croatia = (9709 + 10016 + 0.39 / 0.97 * six + 0.39 * 22655) / (9 + 1)
    bosnia = (0.58 / 0.97 * six + 0.58 * 22655) / (9 + 1)
    assert frame.loc[(344, 1992), "total"] == pytest.approx(croatia)
    assert frame.loc[(346, 1992), "total"] == pytest.approx(bosnia)
    year = [22681, 23529, 23549, 24363, 24195, 24133, 24744, 24820, 25612, 26875, 26285, 26946]
    assert frame.loc[(346, 1993), "total"] == pytest.approx(0.58 * np.mean(year))
    # In Macedonia it watched the borders: not one of the purposes of a panel by default.
    assert frame.loc[(343, 1993), "total"] == 0


def test_whole_missions_follow_the_same_rule():
    panel = pk.panel("mission", sponsor="UN").add("personnel")
    frame = panel.frame.set_index("mission_id")
    table_rows = pk.load("personnel").dropna(subset=["total"])
    own = table_rows[table_rows["mission_id"] == "UNFICYP"]["total"]
    assert frame.loc["UNFICYP", "total_mean"] == pytest.approx(own.mean())
    assert frame.loc["UNFICYP", "total_months"] == len(own)
    # UNTSO came in 1948, monthly figures in 1990: under half.
    assert frame.loc["UNTSO", ["total_mean", "total_peak"]].isna().all()
    assert "UNTSO" in set(panel.left_out["mission_id"])
    some = pk.panel("mission", sponsor="UN", least_known=0.4).add("personnel").frame
    assert some.set_index("mission_id")["total_mean"].notna()["UNTSO"]


def test_splitting_over_hosts_conserves_what_each_mission_had():
    missions = chosen_missions(1992, 2012, "UN", "peacekeeping")
    people = native("personnel")
    years = to_years(people, missions, EVERY).frame.set_index(["mission_id", "year"])
    grid = host_shares("month")
    grid = grid[(grid["role"] == "host") & grid["mission_id"].isin(missions["mission_id"])]
    for year in (1993, 1999, 2006, 2012):
        found = to_states(people, missions, EVERY).frame
        whole = years.xs(year, level="year")
        window = whole["total_months"] + 12 - whole["personnel_months_deployed"]
        expected = (whole["total"] * whole["total_months"] / window).sum()
        assert found.loc[found["year"] == year, "total"].sum() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("unit", ["mission", "mission-year", "state-year"])
def test_every_aggregated_column_says_how_many_months_it_rests_on(unit):
    for name in ("personnel", "mandates", "fatalities"):
        frame = pk.panel(unit, 1995, 2010).add(name).frame
        rules = {one.name: one.aggregate for one in table(name).columns.values()}
        for column, rule in rules.items():
            found = column if column in frame else f"{column}_mean"
            if rule in ("mean", "sum", "any", "max") and found in frame:
                assert f"{column}_months" in frame, (name, column)
                known = frame[found].notna() & frame[f"{column}_months"].notna()
                months = frame.loc[known, f"{column}_months"]
                assert (months <= frame.loc[known, f"{name}_months_deployed"]).all()
    derived = pk.panel(unit, 1995, 2010).derive("strength_per_100k").frame
    assert "strength_per_100k_months" in derived


MONTHS = pd.period_range("2001-01", "2001-12", freq="M")
cells = st.lists(st.one_of(st.none(), st.integers(0, 900)), min_size=12, max_size=12)


def one_mission(values):
    return pd.DataFrame({"mission_id": "A", "year": 2001, "x": pd.array(values, dtype="Int64")})


@given(values=cells, least=st.sampled_from([0, 0.25, 0.5, 1]))
def test_a_mission_keeps_its_known_months_or_none(values, least):
    frame = one_mission(values)
    known = [value for value in values if value is not None]
    enough = len(known) > 0 and len(known) >= 12 * least
    for rule, by_hand in (("mean", np.mean), ("sum", np.sum), ("max", np.max)):
        found, counted, _, _ = over_time(frame, ["mission_id", "year"], {"x": rule}, least)
        assert counted["x"].tolist() == [len(known)]
        value = found["x"].iloc[0]
        assert pd.isna(value) if not enough else float(value) == pytest.approx(by_hand(known))


@given(values=st.lists(st.sampled_from([None, True, False]), min_size=12, max_size=12))
def test_a_flag_is_true_from_one_month_and_false_only_from_enough(values):
    frame = one_mission([None] * 12).assign(x=pd.array(values, dtype="boolean"))
    found = over_time(frame, ["mission_id", "year"], {"x": "any"}, 0.5)[0]["x"].iloc[0]
    known = [value for value in values if value is not None]
    if any(known):
        assert found is True or bool(found)
    else:
        assert pd.isna(found) if len(known) < 6 else not found


PAIR = ("UNMIS", "AMIS", "UNAMID")


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), order=st.permutations(range(len(PAIR))))
def test_a_mission_without_figures_never_changes_what_another_gives(seed, order):
    missions = chosen_missions(2005, 2010, None, "peacekeeping")
    missions = missions[missions["mission_id"].isin(PAIR)].reset_index(drop=True)
    random = np.random.default_rng(seed)
    months = pd.period_range("2005-01", "2010-12", freq="M")
    frame = pd.DataFrame(
        [(name, month) for name in ("UNMIS", "UNAMID") for month in months],
        columns=["mission_id", "month"],
    ).assign(x=random.integers(0, 9999, 2 * len(months)))
    frame = frame[random.random(len(frame)) < random.random()].astype({"x": "Int64"})

    def sudan(some):
        own = Native("own", "mission-month", frame, {"x": "mean"}, {"x": "mean"}, None)
        found = to_states(own, some, Scope()).frame
        rows = (found["state"] == 625) & found["year"].between(2005, 2010)
        return found.loc[rows, "x"].to_numpy("float64")

    # AMIS has no figures here: with it, without it and in any order the others give the same.
    found = sudan(missions)
    turned = sudan(missions.iloc[list(order)].reset_index(drop=True))
    np.testing.assert_allclose(found, turned, rtol=1e-12)
    others = sudan(missions[missions["mission_id"] != "AMIS"].reset_index(drop=True))
    np.testing.assert_allclose(found, others, rtol=1e-12)


def test_the_year_that_is_not_over_counts_only_its_months():
    frame = pk.panel("state-year", start=2020).add("personnel", columns="total").frame
    last = pk.load("personnel")["month"].max()
    if last.month == 12:
        pytest.skip("the last year is whole")
    own = pk.load("personnel").query("mission_id == 'UNFICYP'").set_index("month")["total"]
    months = own[str(last.year)]
    cyprus = frame[(frame["state"] == 352) & (frame["year"] == last.year)]["total"].iloc[0]
    assert cyprus == pytest.approx(months.mean())


def test_a_years_money_is_spread_over_hosts_and_conserved():
    missions = chosen_missions(2020, 2020, "UN", "peacekeeping")
    money = native("expenditure")
    found = to_states(money, missions, EVERY).frame
    own = money.frame[(money.frame["year"] == 2020)]
    own = own[own["mission_id"].isin(missions["mission_id"])]
    total = found.loc[found["year"] == 2020, "usd"].sum()
    assert total == pytest.approx(float(own["usd"].sum()), rel=1e-9) and total > 0
