"""Missions: labels, dates, hosts, families."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pkstats as pk
from pkstats.errors import BadData, UnknownMission
from pkstats.measures.consent import WENT_ON
from pkstats.registry import aliases_table, hosts_table, missions_table, resolve_missions
from pkstats.registry.families import families, named
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


@pytest.mark.parametrize(
    "missions",
    [
        ("MINUSTAH", "MINUJUSTH", "BINUH", "UNMIH"),
        ("AMISOM", "ATMIS", "AUSSOM", "UNOSOM II"),
        ("UNPROFOR", "UNCRO", "UNPREDEP", "UNTAES", "IFOR", "SFOR", "EUFOR Althea"),
        ("UNAMIS", "UNMIS", "UNMISS", "UNISFA"),
    ],
)
def test_a_family_follows_successions_and_splits(missions):
    family = missions_table().set_index("mission_id")["family"]
    assert family[list(missions)].nunique() == 1


def test_a_family_is_what_successions_and_theatres_connect():
    frame = missions_table().set_index("mission_id")
    links = {name: set(named(text)) for name, text in frame["predecessor"].dropna().items()}
    for _, group in frame.groupby("theatre"):
        first, *rest = group.index
        links.setdefault(first, set()).update(rest)
    near = {name: set() for name in frame.index}
    for name, others in links.items():
        for other in others:
            near[name].add(other)
            near[other].add(name)
    for name in frame.index:
        reached, edge = {name}, {name}
        while edge:
            edge = set().union(*(near[one] for one in edge)) - reached
            reached |= edge
        assert reached == set(frame.index[frame["family"] == frame.loc[name, "family"]])


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_the_order_of_links_does_not_matter_to_families(pairs):
    theatres = {f"m{number}": f"t{number % 7}" for number in range(10)}

    def of(order):
        links = {}
        for one, other in order:
            links.setdefault(f"m{one}", []).append(f"m{other}")
        return families(theatres, links)

    found = of(pairs)
    assert found == of(pairs[::-1])
    assert all(found[f"m{one}"] == found[f"m{other}"] for one, other in pairs)
    assert set(found.values()) <= set(theatres.values())


def test_a_predecessor_without_a_row_is_refused_with_its_name():
    with pytest.raises(BadData, match=r"UNOSOM.*Add its row"):
        families({"UNOSOM II": "Somalia"}, {"UNOSOM II": ("UNOSOM",)})


def test_a_mission_names_those_before_and_after_it_nearest_first():
    assert pk.mission("UNPROFOR").successors[:3] == ("UNCRO", "UNPF", "UNPREDEP")
    assert pk.mission("UNOSOM II").predecessors == ("UNOSOM I", "UNITAF")
    assert pk.mission("UNMISS").predecessors == ("UNMIS", "UNAMIS", "JMC Nuba")
    assert "successors     UNISFA, UNMISS" in repr(pk.mission("UNMIS"))


def test_successors_are_the_reverse_of_predecessors():
    names = missions_table()["mission_id"]
    for name in names:
        assert all(name in pk.mission(after).predecessors for after in pk.mission(name).successors)


@pytest.mark.parametrize(
    ("name", "exit_", "document"),
    [
        ("UNPROFOR", "replaced", "S/RES/1031 (1995)"),
        ("UNCRO", "overrun", "S/RES/1009 (1995)"),
        ("UNOSOM I", "replaced", "S/RES/814 (1993)"),
        ("UNOMSIL", "replaced", "S/RES/1270 (1999)"),
        ("UNMIS", "split", "S/RES/1996 (2011)"),
        ("MONUC", "relabelled", "S/RES/1925 (2010)"),
        ("UNAMIR", "consent withdrawn", "S/RES/1029 (1995)"),
        ("UNTAC", "completed", "S/RES/860 (1993)"),
    ],
)
def test_exits_are_those_of_the_documents(name, exit_, document):
    item = pk.mission(name)
    assert item.exit == exit_
    assert document in item.exit_document


def test_who_went_on_under_another_name_has_a_successor():
    frame = missions_table()
    for name in frame.loc[frame["exit"].isin(WENT_ON), "mission_id"]:
        assert pk.mission(name).successors


def test_un_peacekeeping_is_the_uns_own_list_of_71():
    frame = missions_table()
    un = frame[(frame["sponsor"] == "UN") & (frame["kind"] == "peacekeeping")]
    assert {"UNTAG", "UNTMIH", "UNPREDEP", "UNCPSG", "DOMREP", "MINUJUSTH"} <= set(un["mission_id"])
    assert len(un) == 71


# UN list date, registry date, and why the registry differs by more than a month.
LISTED_OTHERWISE = {
    ("MICAH", "start"): "the list has the day of A/RES/54/193",
    ("MINUSMA", "end"): "the list was made before the withdrawal",
    ("UNPF", "start"): "headquarters of the split of 31 March; the list has 12 June 1995",
    ("UNOCI", "end"): "the mandate of S/RES/2284 (2016) ended on 2017-06-30",
    ("UNPROFOR", "end"): "the list ends it with the split",
    ("UNSMA", "start"): "day and month swapped in the list",
    ("UNSMA", "end"): "S/RES/1401 (2002) founded its successor on 2002-03-28",
    ("UNSCOB", "end"): "day and month swapped in the list",
}


def test_dates_are_those_of_the_uns_list_but_for_known_reasons():
    listed = read_raw(raw_folder(), "mission_list")
    found = resolve_missions(listed["label"], "un_missions")["mission_id"]
    listed = listed.assign(mission_id=found).dropna(subset="mission_id")
    # UNFOR and IPTF are parts of UNPROFOR and UNMIBH, with rows of their own in the list.
    listed = listed[~listed["label"].isin(["UNFOR", "IPTF"])].set_index("mission_id")
    ours = missions_table().set_index("mission_id").loc[listed.index]
    differ = {(name, "end") for name in ours.index[ours["end"].notna() & (listed["active"] == 1)]}
    for side in ("start", "end"):
        days = (listed[side] - ours[side]).dt.days.abs()
        differ |= {(name, side) for name in days.index[days > 31]}
    assert differ == set(LISTED_OTHERWISE)


def test_minugua_is_peacekeeping_in_the_months_of_the_uns_list_only():
    rows = pk.panel("mission-month", 1994, 2004, "UN", "peacekeeping").frame
    here = rows[rows["mission_id"].str.startswith("MINUGUA")]
    assert here["month"].astype("str").tolist() == [f"1997-0{month}" for month in range(1, 6)]
    months = pd.Series(pd.PeriodIndex(["1996-12", "1997-01", "1997-05", "1997-06"], freq="M"))
    found = resolve_missions(pd.Series(["MINUGUA"] * 4), "ipi", months=months)["mission_id"]
    assert found.tolist() == ["MINUGUA", "MINUGUA observers", "MINUGUA observers", "MINUGUA"]
    assert pk.mission("MINUGUA").kind == "political"


@pytest.mark.parametrize(
    ("name", "start", "end", "founded"),
    [
        ("UNAMIS", "2004-06-11", "2005-03-24", "S/RES/1547 (2004)"),
        ("UNTOP", "2000-06-01", "2007-07-31", "S/PRST/2000/17"),
        ("UNPOB", "1998-06-15", "2003-12-31", ""),
        ("UNOMB", "2004-01-01", "2005-06-30", ""),
        ("UNOL", "1997-11-01", "2003-09-19", ""),
        ("UNOB", "1993-11-01", "2004-05-31", ""),
        ("MICIVIH", "1993-02-01", "2000-03-15", "A/RES/47/20 B"),
        ("UNOMSA", "1992-08-17", "1994-06-27", "S/RES/772 (1992)"),
    ],
)
def test_small_political_missions_are_in_the_registry(name, start, end, founded):
    item = pk.mission(name)
    assert (item.sponsor, item.start, item.end, item.established_by) == ("UN", start, end, founded)


def test_every_mission_of_the_mandate_data_is_known_or_refused_with_a_reason(source):
    frame = pd.read_excel(source("unpmm/UNPMM_V2.0.xlsx"), engine="openpyxl")
    frame = frame.drop_duplicates("mission_id")
    by_label = resolve_missions(frame["mission_abbrev"], "unpmm")
    by_name = resolve_missions(frame["mission_fullname"], "unpmm")
    known = by_label["mission_id"].notna() | by_name["mission_id"].notna()
    missions = frame["mission_type"].isin(["PKO", "SPM"]).to_numpy()
    unknown = by_label["reason"].fillna("").str.contains(FAILED)
    unknown &= by_name["reason"].fillna("").str.contains(FAILED)
    # Commissions of inquiry have no name of their own.
    inquiries = frame["mission_abbrev"].str.contains("INQUIRY")
    assert not (missions & ~known & unknown & ~inquiries).any()


def test_the_readme_counts_the_missions_of_the_registry():
    readme = Path(__file__).parents[1] / "README.md"
    if not readme.exists():
        pytest.skip("no README beside the tests")
    frame = missions_table()
    counts = (
        f"all {len(frame)} operations in the registry, {(frame['sponsor'] == 'UN').sum()} of them"
    )
    assert counts in readme.read_text(encoding="utf-8")


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
