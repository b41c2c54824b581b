"""Authority to use force: rows that name their text, spells in order, zeros only where coded."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pkstats as pk
from pkstats.codebook import source_card
from pkstats.measures import measure
from pkstats.panel.skeleton import chosen_missions
from pkstats.tables.places import raw_folder
from pkstats.tables.raw import read_raw

NAN = np.nan


@pytest.fixture(scope="module")
def raw():
    return read_raw(raw_folder(), "force_authority")


@pytest.fixture(scope="module")
def spells():
    dates = chosen_missions(None, None, "UN", None)[["mission_id", "first_month", "last_month"]]
    frame = pk.load("force_authority").merge(dates, on="mission_id", validate="many_to_one")
    return frame.assign(end=frame["to"].fillna(frame["last_month"]))


def test_every_row_reaches_the_table_under_a_mission_of_the_un(raw, spells):
    assert len(raw) == len(spells) == len(pk.load("force_authority"))
    assert "force_authority" not in set(pk.load("set_aside")["table"])
    assert source_card("pkstats_force")["coverage"].startswith(f"{raw['label'].nunique()} UN")


def test_spells_lie_within_their_mission_and_do_not_overlap(spells):
    assert (spells["from"] >= spells["first_month"]).all()
    assert (spells["from"] <= spells["end"]).all() and (spells["end"] <= spells["last_month"]).all()
    ordered = spells.sort_values(["mission_id", "from"])
    before = ordered.groupby("mission_id")["end"].shift()
    assert (ordered["from"] > before)[before.notna()].all()


def test_an_open_spell_is_the_last_of_a_mission_in_the_field(spells):
    still = pk.load("missions").query("exit == 'ongoing'")["mission_id"]
    opened = spells[spells["to"].isna()]
    assert set(opened["mission_id"]) <= set(still)
    last = spells.groupby("mission_id")["from"].transform("max")
    assert (opened["from"] == last[opened.index]).all()


def test_every_row_names_its_resolution_its_words_and_where_they_were_read(raw):
    assert raw["resolution"].str.fullmatch(r"S/RES/\d{2,4} \(\d{4}\)").all()
    year = raw["resolution"].str.extract(r"\((\d{4})\)")[0].astype(int)
    assert (raw["from"].dt.year - year).isin([0, 1]).all()
    assert set(raw["coder"]) == set(raw["source"]) == {"pkstats"}
    assert raw["words"].str.split().str.len().between(3, 10).all()
    assert raw["read"].str.fullmatch(r"https?://\S+( https?://\S+)?").all()
    assert not raw["note"].isna().any()


def test_authority_is_false_only_where_it_was_withdrawn(raw):
    withdrawn = raw["scope"] == "withdrawn"
    assert (raw["force_authorised"] == (~withdrawn).astype(int)).all()
    given = raw.groupby("label")["from"].min()
    assert (raw["from"] > raw["label"].map(given))[withdrawn].all()


@pytest.mark.parametrize(
    ("listed", "chapter", "expected"),
    [
        *[(1, 1, 1), (1, 0, 1), (1, NAN, 1), (0, 1, 0)],
        *[(NAN, 0, 0), (NAN, 1, NAN), (NAN, NAN, NAN)],
    ],
)
def test_no_entry_is_zero_only_without_chapter_vii(listed, chapter, expected):
    found = measure("authorised_use_of_force").function(
        np.array([listed], dtype=float), np.array([chapter], dtype=float)
    )
    np.testing.assert_array_equal(found, [expected])


@pytest.mark.parametrize("unit", ["mission-month", "mission-year", "mission"])
def test_a_panel_takes_the_table_and_keeps_its_rows(unit):
    bare = pk.panel(unit, sponsor="UN")
    full = bare.add("force_authority", "mandates").derive("authorised_use_of_force")
    key = list(bare.key)
    pd.testing.assert_frame_equal(full.frame[key], bare.frame[key])
    value = full.frame["authorised_use_of_force"]
    listed = full.frame["force_authorised"].notna()
    assert (value[listed] == full.frame.loc[listed, "force_authorised"]).all()
    without = full.frame.loc[~listed, "chapter_vii"]
    assert (value[~listed].notna() == without.eq(False).fillna(False)).all()
    assert value[~listed].dropna().eq(0).all()
    assert {"force_authority", "mandates"} <= set(full.sources)


def test_a_mission_has_authority_from_the_month_it_was_given():
    months = pk.panel("mission-month", sponsor="UN").derive("authorised_use_of_force").frame
    values = months.set_index(["mission_id", months["month"].astype(str)])[
        "authorised_use_of_force"
    ]
    assert values["UNIFIL", "2006-07"] == 0 and values["UNIFIL", "2006-08"] == 1
    assert values["UNOSOM II", "1994-01"] == 1 and values["UNOSOM II", "1994-02"] == 0
    assert np.isnan(values["UNMIL", "2004-01"])
