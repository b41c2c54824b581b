"""Readers of UCDP, PA-X and Civil War Mediation files."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkstats.errors import WrongColumns
from pkstats.sources import Report, read
from pkstats.sources.cells import TEXT
from pkstats.sources.cwm import PRECISIONS, partial_dates
from pkstats.sources.layout import Field, layout
from pkstats.sources.lists import parse_list

Source = Callable[[str], Path]

GED_HEADER = (
    "id,relid,year,active_year,code_status,type_of_violence,conflict_dset_id,conflict_new_id,"
    "conflict_name,dyad_dset_id,dyad_new_id,dyad_name,side_a_dset_id,side_a_new_id,side_a,"
    "side_b_dset_id,side_b_new_id,side_b,number_of_sources,source_article,source_office,"
    "source_date,source_headline,source_original,where_prec,where_coordinates,where_description,"
    "adm_1,adm_2,latitude,longitude,geom_wkt,priogrid_gid,country,country_id,region,"
    "event_clarity,date_prec,date_start,date_end,deaths_a,deaths_b,deaths_civilians,"
    "deaths_unknown,best,high,low,gwnoa,gwnob"
)

EVENT = {
    "id": "1",
    "year": "2013",
    "type_of_violence": "1",
    "conflict_new_id": "372",
    "dyad_new_id": "900",
    "side_a": "Government of Mali",
    "side_b": "Rebels, united",
    "where_prec": "1",
    "latitude": "16.27",
    "longitude": "-0.04",
    "country": "Mali",
    "country_id": "432",
    "date_prec": "1",
    "date_start": "2013-01-10 00:00:00.000",
    "date_end": "2013-01-11 00:00:00.000",
    "deaths_a": "1",
    "deaths_b": "2",
    "deaths_civilians": "0",
    "deaths_unknown": "0",
    "best": "3",
    "high": "4",
    "low": "3",
    "gwnoa": "432",
}

CONFLICT = {
    "conflict_id": "372",
    "location": "Mali",
    "side_a": "Government of Mali",
    "side_b": "MNLA, MUJAO",
    "side_b_id": "10, 11",
    "incompatibility": "1",
    "territory_name": "Azawad",
    "year": "2012",
    "intensity_level": "1",
    "cumulative_intensity": "0",
    "type_of_conflict": "3",
    "gwno_a_2nd": "651,  645,  663",
    "gwno_b_2nd": "",
    "gwno_loc": "432, 436",
}


def accounted(report: Report, read_rows: int, set_aside: int = 0) -> None:
    assert report.read == report.kept + report.set_aside
    assert (report.read, report.set_aside) == (read_rows, set_aside)


def write(path: Path, *rows: dict[str, str], columns: list[str] | None = None) -> Path:
    pd.DataFrame(list(rows), columns=columns).to_csv(path, index=False)
    return path


def events(path: Path, *changes: dict[str, str]) -> Path:
    return write(path, *({**EVENT, **change} for change in changes), columns=GED_HEADER.split(","))


# Events


def test_an_event_is_read_with_its_date_place_and_kind(tmp_path: Path) -> None:
    frame, report = read("ged", events(tmp_path / "GEDEvent_v25_1.csv", {}))
    accounted(report, 1)
    row = frame.iloc[0]
    assert row["start_date"] == pd.Timestamp("2013-01-10")
    assert row["type_of_violence"] == "state-based"
    assert (row["gw"], row["side_a_gw"], row["best"]) == (432, 432, 3)
    assert pd.isna(row["side_b_gw"])


def test_dates_without_a_time_of_day_are_read_too(tmp_path: Path) -> None:
    old = {"date_start": "2013-01-10", "date_end": "2013-01-11"}
    frame, _ = read("ged", events(tmp_path / "ged201.csv", old))
    assert frame["end_date"][0] == pd.Timestamp("2013-01-11")


def test_impossible_events_are_set_aside_with_their_reason(tmp_path: Path) -> None:
    path = events(
        tmp_path / "ged.csv",
        {"id": "1"},
        {"id": "2", "date_end": "2013-01-09 00:00:00.000"},
        {"id": "1", "best": "4"},
        {"id": "4", "type_of_violence": "4"},
        {"id": "5", "latitude": "116.2"},
    )
    frame, report = read("ged", path)
    accounted(report, 5, set_aside=3)
    assert frame["event_id"].tolist() == [1, 5]
    assert pd.isna(frame["latitude"][1])
    reasons = dict(zip(report.frame["row"], report.frame["reason"], strict=True))
    assert reasons[2] == "end_date is before start_date"
    assert reasons[3] == "same key as an earlier row, with other values"
    assert reasons[4] == "expected one of 1, 2, 3"
    assert report.blanks["reason"].tolist() == ["expected a number from -90 to 90"]


def test_a_best_estimate_outside_its_bounds_is_kept_and_noted(tmp_path: Path) -> None:
    path = events(tmp_path / "ged.csv", {"best": "9"}, {"id": "2"}, {"id": "3", "low": "4"})
    _, report = read("ged", path)
    accounted(report, 3)
    assert "best is outside low … high in 2 rows" in report.notes


@pytest.mark.parametrize("suffix", [".csv.gz", ".zip"])
def test_compressed_events_read_the_same(tmp_path: Path, suffix: str) -> None:
    plain = events(tmp_path / "ged.csv", {}, {"id": "2"})
    packed = tmp_path / f"ged{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(plain, "GEDEvent_v25_1.csv")
    else:
        packed.write_bytes(gzip.compress(plain.read_bytes()))
    pd.testing.assert_frame_equal(read("ged", packed)[0], read("ged", plain)[0])


def test_the_six_column_copy_has_a_reader_of_its_own(source: Source) -> None:
    path = source("ucdp/ged201_subset.csv")
    with pytest.raises(WrongColumns, match="ged_subset"):
        read("ged", path)
    frame, report = read("ged_subset", path)
    accounted(report, 61_296)
    assert (frame["year"].min(), frame["year"].max()) == (1995, 2019)


# Lists in one cell


def lists(dtype: str, *cells: str | None) -> tuple[list[object], list[bool]]:
    field = Field("states", ("states",), dtype, minimum=2, maximum=999)
    parsed = parse_list(pa.array(cells, TEXT), field)
    bad = [False] * len(cells) if parsed.bad is None else parsed.bad.tolist()
    return parsed.values.tolist(), bad


def test_lists_in_a_cell_are_kept_counted_or_give_their_first_number() -> None:
    cells = ["750, 770", "651,  645,  663", None, "432", "432.0", "2;200;900", "2;200;900;"]
    good = [False] * len(cells)
    assert lists("first", *cells) == ([750, 651, pd.NA, 432, 432, 2, 2], good)
    assert lists("count", *cells) == ([2, 3, 0, 1, 1, 3, 3], good)
    kept = ["750, 770", "651, 645, 663", None, "432", "432", "2, 200, 900", "2, 200, 900"]
    assert lists("list", *cells) == (kept, good)


@pytest.mark.parametrize("cell", ["1,234", "12,345", "1", "9" * 20, "2;;200", "Mali", "2.5", "-2"])
def test_a_cell_that_is_no_list_of_states_is_never_half_read(cell: str) -> None:
    assert lists("first", "432", cell) == ([432, pd.NA], [False, True])
    assert lists("count", "432", cell) == ([1, pd.NA], [False, True])


@given(st.lists(st.integers(2, 999), min_size=1, max_size=6), st.sampled_from([", ", ";", "; "]))
def test_a_list_of_states_is_read_as_it_was_written(states: list[int], mark: str) -> None:
    cell = mark.join(map(str, states))
    assert lists("first", cell)[0] == states[:1]
    assert lists("count", cell)[0] == [len(states)]


def test_a_ceasefire_out_of_all_time_is_missing(tmp_path: Path) -> None:
    fields = layout("terminations_dyad").fields
    row = {field.column[0]: "1" for field in fields} | {"gwno_loc": "432", "year": "2001"}
    row |= dict.fromkeys(("start_date", "start_date2", "ependdate", "peagdate"), "5/1/01")
    rows = [{**row, "dyad_id": "1", "cfiredate": "9020-01-01"}]
    rows += [{**row, "dyad_id": "2", "cfiredate": "5/2/01"}]
    frame, report = read("terminations_dyad", write(tmp_path / "term.csv", *rows))
    assert frame["ceasefire_date"].isna().tolist() == [True, False]
    assert report.blanks["value"].tolist() == ["9020-01-01"]


def test_an_event_is_kept_whatever_the_codes_of_its_sides(tmp_path: Path) -> None:
    path = events(tmp_path / "ged.csv", {"gwnoa": "2;200;900"}, {"id": "2", "gwnob": "Mali"})
    frame, report = read("ged", path)
    accounted(report, 2)
    assert frame["side_a_gw"].tolist() == [2, 432]
    assert frame["side_b_gw"].isna().all()
    assert report.blanks[["row", "column", "value"]].to_numpy().tolist() == [[2, "gwnob", "Mali"]]


# Deaths by country and by conflict


def test_deaths_of_2024_by_form_of_violence(source: Source) -> None:
    frame, report = read("ucdp_violence", source("ucdp/organizedviolencecy_v25_1.csv"))
    accounted(report, 6_936)
    best = frame[frame["year"] == 2024][["state_based_best", "non_state_best", "one_sided_best"]]
    assert best.sum().tolist() == [128_621, 17_932, 14_347]
    assert not frame.duplicated(["gw", "year"]).any()
    assert frame["gw"].nunique() == 199
    assert any("8 rows" in note for note in report.notes)


def test_battle_deaths_of_2023_were_revised_by_seven_per_cent(source: Source) -> None:
    new, report = read("battle_deaths", source("ucdp/BattleDeaths_v25_1_conf.csv"))
    accounted(report, 1_586)
    old, report = read("battle_deaths", source("ucdp/BattleDeaths_v24_1_conf.csv"))
    accounted(report, 1_520)
    totals = [frame.loc[frame["year"] == 2023, "best"].sum() for frame in (new, old)]
    assert totals[0] / totals[1] == pytest.approx(1.07, abs=0.005)
    kashmir = new[new["locations"] == "750, 770"]
    assert len(kashmir) == 21
    assert (kashmir["gw"] == 750).all()


# Conflicts


def test_the_public_conflict_layout_gives_both_starts_and_the_end(tmp_path: Path) -> None:
    dates = {
        "start_date": "1990-06-28",
        "start_prec": "1",
        "start_date2": "2012-01-17",
        "start_prec2": "2",
        "ep_end": "1",
        "ep_end_date": "2012-12-31",
    }
    frame, report = read("conflicts", write(tmp_path / "acd.csv", {**CONFLICT, **dates}))
    accounted(report, 1)
    row = frame.iloc[0]
    assert row["start_date"] == pd.Timestamp("1990-06-28")
    assert row["episode_start_date"] == pd.Timestamp("2012-01-17")
    assert (row["incompatibility"], row["intensity"]) == ("territory", "minor")
    assert (row["gw"], row["locations"]) == (432, "432, 436")
    counts = row[["side_b_parties", "side_a_supporters", "side_b_supporters"]]
    assert counts.tolist() == [2, 3, 0]
    assert bool(row["episode_ended"])


def test_a_copy_with_one_start_date_gives_the_episode_start(tmp_path: Path) -> None:
    dates = {"start_date": "17-01-2012", "end_date": "31-12-2012"}
    frame, report = read("conflicts", write(tmp_path / "acd.csv", {**CONFLICT, **dates}))
    assert frame["episode_start_date"][0] == pd.Timestamp("2012-01-17")
    assert pd.isna(frame["start_date"][0])
    assert frame["episode_end_date"][0] == pd.Timestamp("2012-12-31")
    assert any("is the episode's" in note for note in report.notes)


def test_a_conflict_code_without_a_word_is_missing(tmp_path: Path) -> None:
    rows = [{**CONFLICT, "start_date": "2012-01-17", "type_of_conflict": code} for code in "37"]
    rows[1]["year"] = "2013"
    frame, report = read("conflicts", write(tmp_path / "acd.csv", *rows))
    accounted(report, 2)
    assert frame["type_of_conflict"].fillna("").tolist() == ["intrastate", ""]
    assert report.blanks["value"].tolist() == ["7"]


def test_both_conflict_releases_agree_on_episode_starts(source: Source) -> None:
    new, report = read("conflicts", source("ucdp/UcdpPrioConflict_v24_1.csv"))
    accounted(report, 2_686)
    old, report = read("conflicts", source("ucdp/ucdp-prio-acd-221.csv"))
    accounted(report, 2_568)
    both = new.merge(old, on=["conflict_id", "year"], suffixes=("", "_old"))
    same = both["episode_start_date"] == both["episode_start_date_old"]
    assert len(both) == 2_566
    assert same.mean() > 0.99
    assert (new["episode_end_date"].dropna().dt.year == new["year"][new["episode_ended"]]).all()


def test_conflict_years_that_were_withdrawn_give_no_start(source: Source) -> None:
    frame, report = read("conflict_starts", source("ucdp/ucdp-prio-acd-221.csv"))
    accounted(report, 2_568, set_aside=2)
    assert report.frame["value"].tolist() == ["314, 2018", "314, 2019"]
    assert frame["start_date"].notna().all()


# How conflicts end


def test_every_ended_episode_has_an_outcome(source: Source) -> None:
    frame, report = read("terminations", source("ucdp/ucdp-term-acd-3-2021.xlsx"))
    accounted(report, 2_506)
    ended = frame[frame["ended"]]
    assert len(ended) == 525
    assert ended["outcome"].value_counts().to_dict() == {
        "low activity": 208,
        "victory of side A": 110,
        "ceasefire": 69,
        "peace agreement": 68,
        "victory of side B": 48,
        "actor ceased to exist": 22,
    }
    assert frame.loc[~frame["ended"], "outcome"].isna().all()


def test_two_digit_years_of_dyads_fall_in_the_right_century(source: Source) -> None:
    frame, report = read("terminations_dyad", source("ucdp/ucdp-term-dyad-3-2021.csv"))
    accounted(report, 3_140)
    assert (frame["start_date"].dt.year <= frame["year"]).all()
    assert frame["start_date"].min() == pd.Timestamp("1939-03-31")
    assert frame["end_date"].notna().sum() == 854
    several = frame[frame["ceasefire_date"] == "1949-02-24"]
    assert len(several) == 1
    assert "end_date is before episode_start_date in 4 rows, kept as stated" in report.notes


# Agreements


def test_agreement_names_with_trailing_blanks_and_lists_are_read(source: Source) -> None:
    frame, report = read("agreements", source("ucdp/ucdp-peace-agreements-221.xlsx"))
    accounted(report, 374)
    assert frame["referendum"].notna().all()
    assert frame["refugee_return"].notna().all()
    assert (frame["peacekeeping"].sum(), frame["ended"].sum()) == (50, 134)
    assert frame["ended"].isna().sum() == 238
    several = frame[frame["conflicts"].str.contains(",")]
    assert len(several) == 6
    assert several["conflict_id"].notna().all()
    assert frame["type"].value_counts().to_dict() == {"partial": 213, "process": 84, "full": 77}


def test_an_agreement_that_ended_before_it_was_signed_keeps_its_row(source: Source) -> None:
    frame, report = read("agreements", source("ucdp/ucdp-peace-agreements-221.xlsx"))
    arusha = frame[frame["agreement_id"] == 1024].iloc[0]
    assert pd.isna(arusha["end_date"])
    assert any(note.startswith("row 89: end_date 2000-01-01") for note in report.notes)


def test_pax_agreements_keep_their_stage_and_lack_a_state_when_they_have_several(
    source: Source,
) -> None:
    frame, report = read("pax", source("pax/pax_all_agreements_data_2021.xlsx"))
    accounted(report, 1_868)
    assert (frame["stage"] == "comprehensive").sum() == 113
    assert frame["gw"].isna().sum() == 11
    assert frame["ucdp_conflict_id"].notna().any()
    assert frame["date"].dt.year.agg(["min", "max"]).tolist() == [1990, 2020]


# Support and mediation


def test_external_support_says_who_was_supported_and_how(source: Source) -> None:
    frame, report = read("external_support", source("ucdp/ucdp-esd-ay-181.xlsx"))
    accounted(report, 4_781)
    assert frame["supported"].sum() == 3_006
    assert (frame["supporters"].notna() == frame["supported"]).all()
    forms = frame.loc[:, "troops":"unknown_support"].sum(axis=1)
    assert (forms == frame["forms_of_support"]).all()


@pytest.mark.parametrize(
    ("text", "last", "date", "precision", "doubtful"),
    [
        ("5/17/83", False, "1983-05-17", "day", False),
        ("1/1/49", False, "1949-01-01", "day", False),
        ("6/12/06", False, "2006-06-12", "day", False),
        ("5//1983", False, "1983-05-01", "month", False),
        ("2//1996", True, "1996-02-29", "month", False),
        ("11//67", True, "1967-11-30", "month", False),
        ("//1999", True, "1999-12-31", "year", False),
        ("?/?/2009", False, "2009-01-01", "year", False),
        ("2/??/04", False, "2004-02-01", "month", False),
        ("5/8/97??", True, "1997-05-08", "day", True),
    ],
)
def test_dates_known_in_part(
    text: str, last: bool, date: str, precision: str, doubtful: bool
) -> None:
    found = partial_dates(pa.array([text], TEXT), 2012)
    dates = found.last if last else found.first
    assert dates[0].astype("datetime64[D]") == np.datetime64(date)
    assert PRECISIONS[found.precision[0]].as_py() == precision
    assert found.doubtful[0] == doubtful


@pytest.mark.parametrize(
    "text",
    [
        "7//98? 8/1/98",
        "10/1/993",
        "3/2/1882",
        "2/30/92",
        "soon",
        "0/1/98",
        "5/0/1998",
        "1?/5/83",
        "5/17/2013",
        "5/1/0083",
        "5/1/",
        "",
    ],
)
def test_dates_that_cannot_be_read(text: str) -> None:
    found = partial_dates(pa.array([text], TEXT), 2012)
    assert np.isnat(found.first[0])
    assert np.isnat(found.last[0])
    assert PRECISIONS[found.precision[0]].as_py() is None
    assert not found.doubtful[0]


PARTS = st.one_of(st.integers(0, 32).map(str), st.sampled_from(["", "?", "??", "1?", "007"]))
YEARS = st.one_of(st.integers(0, 2030).map(str), st.sampled_from(["98", "1998??", "", "98?"]))


@given(st.lists(st.builds("{}/{}/{}".format, PARTS, PARTS, YEARS), min_size=1))
def test_a_date_is_read_whatever_stands_beside_it(texts: list[str]) -> None:
    together = partial_dates(pa.array(texts, TEXT), 2012)
    alone = [partial_dates(pa.array([text], TEXT), 2012) for text in texts]
    for part, parts in zip(together, zip(*alone, strict=True), strict=True):
        np.testing.assert_array_equal(part, np.concatenate(parts))
    known = ~np.isnat(together.first)
    assert (together.first[known] <= together.last[known]).all()
    exact = known & (together.precision == 0)
    assert (together.first[exact] == together.last[exact]).all()


MEDIATION = (
    "country,sidea,sideb,Med_yes.no,year_term,Incompatibility,territory,"
    "episode.start.date,episode.end.date,med.begins,med.ends,name.of.third.party"
)


def test_a_mediation_file_in_two_encodings(tmp_path: Path) -> None:
    path = tmp_path / "CWM.csv"
    talks = "Haiti,Haiti,Chim\x8fres,1,2004,2,,2/5/04,2/29/04,{},2//2004,San Crist\x84bal"
    lines = [talks.format(day) for day in ("2/21/04", "2/21/04 ", "2/22/04??", "3/1/04", "soon")]
    path.write_bytes("\n".join([MEDIATION, *lines]).encode("latin-1"))
    frame, report = read("mediation", path)
    assert report.read == 5 == len(frame) + report.set_aside
    assert frame["side_b"].unique() == ["Chimères"]
    assert frame["third_party"].unique() == ["San Cristóbal"]
    assert "10 names garbled by mixed encodings were mended" in report.notes
    assert "begin_date '2/22/04??' is marked as doubtful and kept" in report.notes
    assert frame["mediation_id"].tolist() == [1, 3, 5]
    assert frame["begin_date"].dt.day.fillna(0).tolist() == [21, 22, 0]
    assert pd.isna(frame["begin_precision"][2])
    assert frame["end_precision"].unique() == ["month"]
    assert frame["end_date"].dt.day.unique() == [29]
    assert report.frame["reason"].tolist() == [
        "repeats an earlier row",
        "end_date is before begin_date",
    ]
    assert report.blanks[["row", "column", "value"]].to_numpy().tolist() == [
        [5, "begin_date", "soon"]
    ]


@pytest.mark.parametrize("decimals", ["", ".0"])
def test_codes_may_be_written_as_decimals(tmp_path: Path, decimals: str) -> None:
    path = events(tmp_path / "GEDEvent_v25_1.csv", {"type_of_violence": f"1{decimals}"})
    frame, report = read("ged", path)
    assert frame["type_of_violence"].tolist() == ["state-based"] and not report.set_aside


def test_mediation_rows_are_accounted_for(source: Source) -> None:
    frame, report = read("mediation", source("cwm/CWM.csv"))
    accounted(report, 762, set_aside=11)
    assert report.blanks["value"].tolist() == ["3/2/1882", "10/1/993", "7//98? 8/1/98"]
    assert report.reasons()["repeats an earlier row"] == 10
    assert frame["mediation_id"].is_unique
    assert frame["begin_date"].dt.year.max() <= 2012
    assert (frame["begin_precision"] == "month").sum() == 35
    assert frame["third_party"].str.contains("San Cristóbal").sum() == 1
