"""What a mission is there for, and whose conflicts are put down to it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pkstats as pk
from pkstats.codebook import table
from pkstats.errors import UnitMismatch

ALL = list(table("hosts").columns["purpose"].allowed)


@pytest.fixture(scope="module")
def years():
    panel = pk.panel("mission-year", 1990, 2024)
    return panel.derive("deaths", "violence_abatement", "log_deaths_before", "containment")


def test_every_coded_purpose_names_its_document():
    hosts = pk.load("hosts")
    assert hosts["purpose"].notna().eq(hosts["purpose_document"].notna()).all()
    assert hosts.loc[hosts["role"] != "host", "purpose"].isna().all()
    assert set(hosts["purpose"].dropna()) == set(ALL)
    peace = pk.load("missions").query("kind == 'peacekeeping' and sponsor == 'UN'")["mission_id"]
    assert hosts.loc[hosts["mission_id"].isin(peace), "purpose"].notna().all()


@pytest.mark.parametrize(
    ("mission", "purposes"),
    [
        ("UNTSO", {"interstate"}),
        ("UNMOGIP", {"interstate"}),
        ("UNDOF", {"buffer"}),
        ("UNEF I", {"buffer"}),
        ("UNIKOM", {"buffer"}),
        ("UNIFIL", {"interstate", "buffer"}),
        ("UNFICYP", {"internal"}),
        ("MINURSO", {"administration"}),
        ("UNMIK", {"administration"}),
        ("UNTAG", {"administration"}),
        ("MINUSMA", {"internal"}),
        ("UNPROFOR", {"internal", "interstate"}),
    ],
)
def test_missions_are_there_for_what_their_documents_say(mission, purposes):
    assert {host.purpose for host in pk.mission(mission).hosts} == purposes


def test_no_deaths_of_a_state_are_put_down_to_observers_of_another_dispute(years):
    frame = years.frame.groupby("mission_id")["deaths"].sum(min_count=1)
    assert frame[["UNTSO", "UNDOF", "UNMOGIP", "UNIFIL", "UNISFA"]].isna().all()
    # What they had before: the war in Syria, and India's and Pakistan's.
    violence = pk.load("violence").query("1990 <= year <= 2024")
    hosts = violence[violence["state"].isin([651, 652, 660, 663, 666])]
    assert hosts[["state_based_best", "one_sided_best"]].sum().sum() == 431949
    assert frame["MINUSMA"] > 0 and frame["MINURSO"] > 0
    note = next(note for note in years.notes if note.startswith("purpose="))
    assert "internal, administration" in note and "panel.missions" in note
    purposes = years.missions.set_index("mission_id")["purpose"]
    assert purposes["UNTSO"] == "interstate"


def test_outcomes_of_those_outside_are_missing_at_every_unit():
    mission = pk.panel("mission", sponsor="UN").derive(
        "violence_abatement_during", "democracy_change_during", "settlement_during"
    )
    frame = mission.frame.set_index("mission_id")
    outcomes = ["violence_abatement_during", "democracy_change_during", "settlement_during"]
    assert frame.loc[["UNDOF", "UNMOGIP", "UNIFIL"], outcomes].isna().all(axis=None)
    assert frame.loc["MINUSTAH", outcomes].notna().all()
    month = pk.panel("mission-month", 2012, 2014, sponsor="UN").derive("deaths").frame
    assert month.loc[month["mission_id"] == "UNDOF", "deaths"].isna().all()
    # What a state is like is no outcome: inhabitants of the hosts stay.
    people = pk.panel("mission-year", 2000, 2010, sponsor="UN").add("context").frame
    assert people.loc[people["mission_id"] == "UNDOF", "population"].notna().all()


def test_observers_between_states_are_no_peacekeepers_there_by_default():
    frame = pk.panel("state-year", 1995, 2020).derive("had_peacekeepers").frame
    there = frame.set_index(["state", "year"])["had_peacekeepers"]
    for state in (750, 770, 663, 651):
        assert (there[state] == 0).all()
    assert (there[352] == 1).all()
    asked = pk.panel("state-year", 1995, 2020, purpose="interstate").derive("had_peacekeepers")
    there = asked.frame.set_index(["state", "year"])["had_peacekeepers"]
    assert (there[750] == 1).all() and (there[352] == 0).all()


def test_a_state_with_a_mission_of_unknown_purpose_alone_is_unknown():
    frame = pk.panel("state-year", 1955, 1975).derive("had_peacekeepers").frame
    vietnam = frame[(frame["state"] == 816) & frame["year"].between(1955, 1972)]
    assert vietnam["had_peacekeepers"].isna().all()


def test_disputes_between_states_have_the_deaths_of_interstate_conflicts():
    panel = pk.panel("mission-year", 1990, 2024, sponsor="UN", purpose=["interstate", "buffer"])
    panel = panel.add("violence").derive("deaths", "violence_abatement")
    frame = panel.frame.set_index(["mission_id", "year"])
    # UCDP 218, India and Pakistan; 371, Iraq and Kuwait; 409, Eritrea and Ethiopia.
    assert frame.loc[("UNMOGIP", 1999), "deaths"] == 934
    assert frame.loc[("UNMOGIP", 1999), "state_based_high"] == 1508
    assert frame.loc[("UNMOGIP", 1995), "deaths"] == 0
    assert frame.loc[("UNIKOM", 1991), "deaths"] == 21790
    assert frame.loc[("UNMEE", 2000), "deaths"] == 50000
    assert frame.loc[("UNMOGIP", 2000), "violence_abatement"] == 1
    # One host only: who else is at odds is not known.
    assert frame.xs("UNDOF")["deaths"].isna().all()
    assert frame.xs("MINURSO")["deaths"].isna().all()


def test_a_lag_of_a_dispute_is_the_year_before():
    panel = pk.panel("mission-year", 1995, 2005, sponsor="UN", purpose="interstate")
    frame = panel.add("violence", lag=1, columns="state_based_best").frame
    frame = frame.set_index(["mission_id", "year"])["state_based_best_lag1"]
    assert frame["UNMOGIP", 2000] == 934


def test_hosts_outside_leave_the_others_their_events():
    every = pk.panel("mission-year", 1993, 1993, purpose=ALL).add("violence").frame
    usual = pk.panel("mission-year", 1993, 1993).add("violence").frame
    violence = pk.load("violence").query("year == 1993").set_index("state")["state_based_best"]
    for frame in (every, usual):
        row = frame.set_index("mission_id").loc["UNPROFOR"]
        assert row["state_based_best"] == violence[[344, 346]].sum()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: pk.panel("mission", purpose="intern"), "Did you mean 'internal'"),
        (lambda: pk.panel("mission", purpose=[["internal"]]), "No mission has purpose"),
        (lambda: pk.panel("mission", purpose=[]), "found none"),
        (lambda: pk.panel("mission", least_known=2), "from 0 to 1"),
        (lambda: pk.panel("mission", least_known="half"), "from 0 to 1"),
        (lambda: pk.panel("mission", least_known=np.nan), "from 0 to 1"),
    ],
)
def test_purposes_and_shares_that_do_not_exist_are_refused(call, says):
    with pytest.raises(UnitMismatch, match=says):
        call()


def test_ones_own_table_by_state_is_taken_as_it_is():
    own = pd.DataFrame({"state": [652], "year": [2013], "x": [5.0]})
    joined = pk.panel("mission-year", 2013, 2013, sponsor="UN").join(own, "state", scheme="gw")
    assert joined.frame.set_index("mission_id").loc["UNDOF", "x"] == 5
    assert any(
        note.startswith("own: the hosts' values") and "UNDOF" in note for note in joined.notes
    )
