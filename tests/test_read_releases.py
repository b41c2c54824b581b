"""Other releases of a file are read; its siblings, with another unit or meaning, are not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest

from pkstats.errors import PkstatsError, WrongColumns
from pkstats.sources import Report, layout, layout_names, read

Source = Callable[[str], Path]


def write(path: Path, *rows: Mapping[str, object]) -> Path:
    pd.DataFrame(list(rows)).to_csv(path, index=False)
    return path


def header_of(kind: str) -> list[str]:
    fields = layout(kind).fields
    names = [name for field in fields for name in (field.column[:1] + field.month_column[:1])]
    return list(dict.fromkeys(names))


def blanks(report: Report) -> list[list[object]]:
    return report.blanks[["row", "column", "value"]].to_numpy().tolist()


# Siblings

DEATHS = {
    "conflict_id": 9001,
    "location_inc": "Mali",
    "side_a": "Government of Mali",
    "side_b": "X",
    "incompatibility": 2,
    "territory_name": "",
    "year": 2024,
    "bd_best": 30,
    "bd_low": 20,
    "bd_high": 40,
    "type_of_conflict": 3,
    "gwno_loc": 432,
    "gwno_battle": "432; 439",
}


def test_the_dyadic_file_is_not_taken_for_the_conflict_file(tmp_path: Path) -> None:
    first = {**DEATHS, "dyad_id": 11}
    second = {**first, "dyad_id": 12, "bd_best": 500}
    path = write(tmp_path / "BattleDeaths_v26_1.csv", first, second)
    with pytest.raises(WrongColumns, match=r"dyadic file of battle deaths.* differ in dyads"):
        read("battle_deaths", path)


def test_a_conflict_file_lists_its_dyads_in_one_cell(tmp_path: Path) -> None:
    path = write(tmp_path / "BattleDeaths_v26_1_conf.csv", {**DEATHS, "dyad_id": "11, 12"})
    frame, report = read("battle_deaths", path)
    assert frame[["best", "dyads", "battle_locations"]].iloc[0].tolist() == [
        30,
        "11, 12",
        "432, 439",
    ]
    assert not report.cells_blanked


def test_a_key_that_repeats_throughout_is_another_unit(tmp_path: Path) -> None:
    rows = [
        {"gwcode": 2, "year": 1990, "euds": n / 100, "aeuds": 0, "polity2": 0, "v2x_polyarchy": 0}
        for n in range(12)
    ]
    with pytest.raises(WrongColumns, match="11 of 12 rows have the gw and year of an earlier row"):
        read("democracy", write(tmp_path / "gw_democracy.csv", *rows))


def test_a_few_slips_of_a_key_are_set_aside(tmp_path: Path) -> None:
    row = {"gwcode": 2, "euds": 0, "aeuds": 0, "polity2": 0, "v2x_polyarchy": 0}
    rows = [{**row, "year": 1900 + n} for n in range(100)]
    path = write(tmp_path / "gw_democracy.csv", *rows, {**rows[0], "euds": 1})
    _, report = read("democracy", path)
    assert report.frame["reason"].tolist() == ["same key as an earlier row, with other values"]


REFUGEES = {"year": 2022, "coo_name": "Mali", "coo_iso": "MLI", "coa_name": "Niger"}
REFUGEES |= {"coa_iso": "NER", "refugees": 1200, "asylum_seekers": 30, "oip": 0}


def test_flows_of_refugees_are_no_stocks(tmp_path: Path) -> None:
    with pytest.raises(WrongColumns, match="flows"):
        read("unhcr", write(tmp_path / "flows.csv", REFUGEES))
    # Newer copies of the flows count returns as well.
    with pytest.raises(WrongColumns, match="flows"):
        read("unhcr", write(tmp_path / "flows.csv", {**REFUGEES, "returned_refugees": 1}))
    stocks = {**REFUGEES, "idps": 5, "stateless": 0}
    frame, _ = read("unhcr", write(tmp_path / "population.csv", stocks))
    assert frame["refugees"].tolist() == [1200]


@pytest.mark.parametrize(("kind", "name"), [("unhcr", "flows"), ("unhcr_idmc", "unrwa")])
def test_the_object_in_an_r_file_says_what_it_is(tmp_path: Path, kind: str, name: str) -> None:
    pyreadr = pytest.importorskip("pyreadr")
    stocks = pd.DataFrame([{**REFUGEES, "idps": 5, "stateless": 0}])
    camps = pd.DataFrame([{"year": 2022, "coo_name": "A", "coo_iso": "PSE", "total": 7}])
    frame = stocks if kind == "unhcr" else camps
    for table in (name, "population"):
        path = tmp_path / f"{table}.rda"
        pyreadr.write_rdata(str(path), frame, df_name=table)
        if table == name:
            with pytest.raises(WrongColumns, match=f"its table is called '{name}'"):
                read(kind, path)
        else:
            assert len(read(kind, path)[0]) == 1


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("unhcr", "unhcr/solutions.rda"),
        ("ged_subset", "ged/GEDEvent_v23_1_country482_extracted.csv"),
        ("geopko", "geopko/TTMap_v.2.3.csv"),
        ("geopko", "geopko/TCCMap_v.2.3.csv"),
        ("geopko", "geopko/geopko_locations_1994_2020.csv"),
        ("pact_month", "pact/PACT2_mission-year.csv"),
        ("pact", "pact/PACT2_mission-month.rds"),
        ("un_contributions", "un_contributions/mission_month_type_2015-01_2025-07.csv"),
        ("un_contributions_type", "un_contributions/mission_month_2015-01_2025-07.csv"),
        ("terminations", "ucdp/ucdp-term-dyad-3-2021.csv"),
        ("terminations_dyad", "ucdp/ucdp-term-acd-3-2021.xlsx"),
        ("conflicts", "ucdp/ucdp-term-dyad-3-2021.csv"),
        ("battle_deaths", "ucdp/UcdpPrioConflict_v24_1.csv"),
        ("unhcr_idmc", "unhcr/population.rda"),
        ("unhcr", "unhcr/idmc.rda"),
    ],
)
def test_published_siblings_are_refused(source: Source, kind: str, path: str) -> None:
    with pytest.raises(WrongColumns):
        read(kind, source(path))


def test_a_column_that_the_reader_knows_is_not_proposed_for_another(tmp_path: Path) -> None:
    header = [name for name in header_of("awsd") if name not in ("UN", "Other")]
    path = write(tmp_path / "awsd.csv", dict.fromkeys([*header, "Others"], "1"))
    with pytest.raises(WrongColumns) as caught:
        read("awsd", path)
    assert "'Others' for 'Other'" in str(caught.value)
    assert "for 'UN'" not in str(caught.value)


# Bounds


@pytest.mark.parametrize("kind", layout_names())
def test_no_number_far_out_of_bounds_is_kept(kind: str, tmp_path: Path) -> None:
    plan = layout(kind)
    bounded = [field for field in plan.fields if field.dtype in ("integer", "number")]
    for cell in ("1e308", "-1e300", "9" * 20):
        row = dict.fromkeys(header_of(kind), cell)
        row.update({str(year): cell for year in (1990, 1991) if kind == "wdi"})
        try:
            frame, _ = read(kind, write(tmp_path / "file.csv", row))
        except PkstatsError:
            continue
        for field in bounded:
            if field.name in frame:
                assert frame[field.name].isna().all(), field.name


def test_a_date_out_of_bounds_is_missing_or_costs_its_row(tmp_path: Path) -> None:
    row = {"code": "A", "startDate": "2020-01-01", "endDate": "2020-12-31", "planVersion": "P"}
    row |= {"categories": "", "locations": "", "years": "2020"}
    row |= {"origRequirements": 1, "revisedRequirements": 1}
    rows = [{**row, "internalId": 1}, {**row, "internalId": 2, "endDate": "9020-12-31"}]
    frame, report = read("response_plans", write(tmp_path / "plans.csv", *rows))
    assert frame["end"].isna().tolist() == [False, True]
    assert blanks(report) == [[2, "endDate", "9020-12-31"]]
    assert report.blanks["reason"].str.endswith("from 1700 to 2100").all()


# Releases


def test_organised_violence_without_the_ending_of_its_columns(tmp_path: Path) -> None:
    names = [
        name.removesuffix("_cy").replace("main_govt", "govt") for name in header_of("ucdp_violence")
    ]
    row = {**dict.fromkeys(names, 3), "country": "Mali", "country_id": 432, "year": 2025}
    row["sb_total_deaths_best"] = 15
    frame, _ = read("ucdp_violence", write(tmp_path / "OrganizedViolenceCYDataSet26_1.csv", row))
    assert frame[["gw", "year", "state_based_best"]].to_numpy().tolist() == [[432, 2025, 15]]
    assert frame["one_sided_by_government"].tolist() == [3]


def test_termination_of_2024_names_its_columns_anew(tmp_path: Path) -> None:
    new = {"conflictepisode": "c_epno", "confterm": "c_epterm", "outcome": "c_outcome"}
    new |= {"ependdate": "c_ependdate", "ependprec": "c_ependprec"}
    names = [name for name in header_of("terminations") if name not in ("dyadcount", "recur")]
    row = {new.get(name, name): 1 for name in names}
    row |= {"conflict_id": 9001, "year": 2012, "gwno_loc": 432, "c_ependdate": "2012-12-20"}
    row |= {"start_date": "2012-01-17", "start_date2": "2012-02-01"}
    path = write(tmp_path / "UCDPConflictTerminationDataset_v4_2024_Conflict.csv", row)
    frame, report = read("terminations", path)
    assert frame["outcome"].tolist() == ["peace agreement"]
    assert frame["end_date"].tolist() == [pd.Timestamp("2012-12-20")]
    assert not report.cells_blanked
    for kind in ("conflicts", "conflict_starts"):
        with pytest.raises(WrongColumns, match="'terminations'"):
            read(kind, path)


def test_battle_deaths_without_dyads_say_so(tmp_path: Path) -> None:
    rows = [{**DEATHS, "conflict_id": number, "type_of_conflict": 4} for number in (9001, 9002)]
    frame, report = read("battle_deaths", write(tmp_path / "BattleDeaths_v25_1_conf.csv", *rows))
    assert frame["best"].sum() == 60
    assert frame["dyads"].isna().all()
    assert any("dyads is missing" in note for note in report.notes)
    assert any("no row has type_of_conflict 'intrastate'" in note for note in report.notes)


def test_conflicts_numbered_as_before_2017_are_read_and_told(tmp_path: Path) -> None:
    row = {"ID": 13, "Location": "Mali", "SideA": "Government", "SideB": "X", "SideBID": "1;2"}
    row |= {"SideA2nd": "", "SideB2nd": "", "Incomp": 2, "Terr": "", "YEAR": 2012, "Int": 1}
    row |= {"CumInt": 0, "Type": 3, "Startdate": "2012-01-17", "Startprec": 1}
    row |= {"Startdate2": "2012-02-01", "Startprec2": 1, "EpEnd": 0, "EpEndDate": ""}
    row |= {"GWNOA2nd": "", "GWNOB2nd": "", "GWNOLoc": 432}
    frame, report = read("conflicts", write(tmp_path / "ucdp.prio.armed.conflict.v4.2013.csv", row))
    assert frame[["conflict_id", "year", "gw", "side_b_parties"]].to_numpy().tolist() == [
        [13, 2012, 432, 2]
    ]
    assert any("do not join with later releases" in note for note in report.notes)


def test_attacks_on_aid_workers_as_downloaded_in_2020(tmp_path: Path) -> None:
    absent = ("Country Code", "Motive", "NRCS and IFRC", "NNGO")
    row = {name: 1 for name in header_of("awsd") if name not in absent}
    row |= {"Year": 1997, "LNGO and NRCS": 1, "IFRC": 0}
    frame, report = read("awsd", write(tmp_path / "security_incidents_2020-11-25.csv", row))
    assert frame["killed"].tolist() == [1]
    assert frame[["iso2", "motive", "victims_nngo"]].isna().all(axis=None)
    assert sum("is not in this release" in note for note in report.notes) == 4


def test_displacement_as_hdx_carries_it(tmp_path: Path) -> None:
    row = {"Year": 2022, "ISO3CoO": "MLI", "ISO3CoA": "NER", "REF": 58000, "IDP": 0, "ASY": 12}
    frame, _ = read("unhcr", write(tmp_path / "HDX_EndYearPopulationTotals.csv", row))
    assert frame[["origin_iso3", "refugees"]].to_numpy().tolist() == [["MLI", 58000]]


def test_deaths_of_peacekeepers_with_two_digit_years(tmp_path: Path) -> None:
    days = ["17-Mar-99", "02-Jan-05", "02-Jan-48"]
    row = dict.fromkeys(header_of("un_fatalities"), "X") | {"gender": "M"}
    rows = [{**row, "casualty_id": day, "incident_date": day} for day in days]
    frame, _ = read("un_fatalities", write(tmp_path / "odp_noticas.csv", *rows))
    assert frame["date"].dt.year.tolist() == [1999, 2005, 1948]


def test_peace_agreements_of_version_9_are_read_by_the_order_of_their_dates(source: Source) -> None:
    frame, report = read("pax", source("pax_v9/pax_all_agreements_data_v9.csv"))
    assert (report.read, report.set_aside, report.cells_blanked) == (2144, 0, 0)
    assert [frame["date"].min(), frame["date"].max()] == [
        pd.Timestamp("1990-02-15"),
        pd.Timestamp("2024-12-14"),
    ]
