"""Missions: labels, dates, hosts, families."""

from __future__ import annotations

import pandas as pd
import pytest

import pkstats as pk
from pkstats.errors import UnknownMission
from pkstats.registry import aliases_table, hosts_table, missions_table, resolve_missions
from pkstats.tables.places import raw_folder
from pkstats.tables.raw import raw_names, read_raw

FAILED = r"no mission is called '.+|is known, but not for"


@pytest.mark.parametrize(
    ("label", "mission_id"),
    [
        ("MINUSTAH", "MINUSTAH"),
        ("minustah", "MINUSTAH"),
        ("UN Stabilization Mission in Haiti", "MINUSTAH"),
        ("United Nations Stabilization Mission in Haiti", "MINUSTAH"),
        ("ONUCI", "UNOCI"),
        ("UNAVEM II", "UNAVEM II"),
        ("unavem-ii", "UNAVEM II"),
        ("NATO Fox", "NATO Fox"),
        ("Operation Amber Fox", "NATO Fox"),
    ],
)
def test_a_mission_answers_to_its_names(label, mission_id):
    assert pk.mission(label).id == mission_id


def test_a_misspelt_mission_gets_a_suggestion():
    with pytest.raises(UnknownMission, match="MINUSTAH"):
        pk.mission("MINUSTA")


def test_a_label_of_several_phases_names_them():
    with pytest.raises(UnknownMission, match="UNAVEM I, UNAVEM II, UNAVEM III"):
        pk.mission("UNAVEM")


@pytest.mark.parametrize("label", ["", " ", "-"])
def test_a_label_without_letters_is_no_mission(label):
    with pytest.raises(UnknownMission, match="No mission is called"):
        pk.mission(label)


def test_an_office_is_refused_with_the_reason():
    with pytest.raises(UnknownMission, match="not a mission"):
        pk.mission("UNSecretariat")


def test_every_mission_finds_itself():
    for mission_id in missions_table()["mission_id"]:
        assert pk.mission(mission_id).id == mission_id


def test_predecessors_are_missions_and_chains_end():
    for mission_id in missions_table()["mission_id"]:
        chain = pk.mission(mission_id).predecessors
        assert mission_id not in chain
        assert len(set(chain)) == len(chain)


def test_missions_end_after_they_start_and_ongoing_ones_have_no_end():
    frame = missions_table()
    assert not (frame["end"] < frame["start"]).any()
    assert frame.loc[frame["exit"] == "ongoing", "end"].isna().all()


def test_only_missions_that_are_over_have_a_document_of_their_end():
    frame = missions_table()
    assert frame.loc[frame["end"].isna(), "exit_document"].isna().all()


def test_every_mission_has_a_host_with_weight():
    hosts = hosts_table()
    assert set(hosts["mission_id"]) == set(missions_table()["mission_id"])
    assert (hosts["weight"] >= 0).all()
    assert (hosts.groupby("mission_id")["weight"].sum() > 0).all()


def test_successors_share_a_family():
    frame = missions_table().set_index("mission_id")["family"]
    assert frame["MINUSTAH"] == frame["MINUJUSTH"] == frame["BINUH"] == frame["UNMIH"]
    assert frame["AMISOM"] == frame["ATMIS"] == frame["AUSSOM"] == frame["UNOSOM II"]
    assert frame["IFOR"] == frame["SFOR"] == frame["EUFOR Althea"]


def test_the_uns_own_list_is_complete():
    frame = missions_table()
    un = frame[(frame["sponsor"] == "UN") & (frame["kind"] == "peacekeeping")]
    assert {"UNTAG", "UNTMIH", "UNPREDEP", "UNCPSG", "DOMREP", "MINUJUSTH"} <= set(un["mission_id"])
    assert len(un) >= 71


@pytest.mark.parametrize("name", raw_names())
def test_every_label_in_the_raw_tables_resolves_or_is_refused(name):
    frame = read_raw(raw_folder(), name)
    if "label" not in frame:
        pytest.skip("this table has no mission labels")
    for column in ("month", "from", "date", "start"):
        if column in frame:
            months = frame[column]
            if not isinstance(months.dtype, pd.PeriodDtype):
                months = months.dt.to_period("M")
            break
    else:
        months = None
        if "year" in frame:
            months = pd.to_datetime(frame["year"].astype("str") + "-07").dt.to_period("M")
    for source, group in frame.groupby("source"):
        where = None if months is None else months[group.index]
        found = resolve_missions(group["label"], source, group.get("location"), where)
        failed = found["reason"].fillna("").str.contains(FAILED)
        assert not failed.any(), found.loc[failed, "reason"].unique()


def test_no_alias_contradicts_another():
    frame = aliases_table()
    key = ["source", "label", "location", "from", "to"]
    assert not frame[frame["source"] != "*"].duplicated(key).any()


def test_resolving_does_not_depend_on_the_order_of_rows():
    labels = pd.Series(["UNAVEM", "ONUCI", "UNAVEM", "nonsense", "UNTSO"])
    months = pd.Series(
        pd.PeriodIndex(["1990-01", "2005-01", "1996-01", "2000-01", "1950-01"], freq="M")
    )
    one = resolve_missions(labels, "un_fatalities", months=months)
    two = resolve_missions(labels[::-1], "un_fatalities", months=months[::-1])
    pd.testing.assert_frame_equal(one, two[::-1])
    assert one["mission_id"].tolist()[:3] == ["UNAVEM I", "UNOCI", "UNAVEM III"]
    assert "nonsense" in one["reason"][3]
