"""Readers of the files the United Nations publish, and of the data on mission leaders."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pkstats.sources import read


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text.lstrip("\n"), encoding="utf-8")
    return path


def conserved(frame: pd.DataFrame, report) -> bool:
    return report.read == report.kept + report.set_aside and report.kept == len(frame)


MISSIONS = "mission_acronym,mission_name,mission_isactive,start_date,end_date,mission_location,"
MISSIONS += "mission_longitude,mission_latitude\n"


def test_missions_read_decimal_commas_and_spellings_of_no(tmp_path):
    text = MISSIONS + (
        'UNOHCI,Office,No,,,Baghdad,"44,4333","33,3333"\n'
        'MINUSTAH,Haiti,NO,2004-06-01,2017-10-01,Port-au-Prince,"-72,3333","18,5333"\n'
        'DOMREP,"""Mission of the Representative",No,1965-05-01,1966-10-01,,,\n'
    )
    frame, report = read("un_missions", write(tmp_path, "DPPADPOSS-PKO.csv", text))
    assert frame["longitude"].to_list()[:2] == [44.4333, -72.3333]
    assert frame["active"].eq(False).all()
    assert frame["start"].isna().to_list() == [True, False, False]
    assert frame["name"][2] == "Mission of the Representative"
    assert conserved(frame, report)


def test_a_mission_that_ends_before_it_starts_is_set_aside(tmp_path):
    text = MISSIONS + "UNX,Name,No,1999-01-01,1998-01-01,,,\nUNY,Name,No,1999-01-01,,,,\n"
    frame, report = read("un_missions", write(tmp_path, "DPPADPOSS-PKO.csv", text))
    assert frame["label"].to_list() == ["UNY"]
    assert "before" in report.frame["reason"][0]


DEATHS = "casualty_id,mission_acronym,incident_date,type_of_incident,casualty_personnel_type,"
DEATHS += "casualty_nationality,isocode3,gender\n"


def test_a_death_listed_under_two_nationalities_counts_once(tmp_path):
    text = DEATHS + (
        "K-1,UNMIK,2003-05-07,Illness,Local ,Montenegro,MNE,M\n"
        "K-1,UNMIK,2003-05-07,Illness,Local,Serbia and Montenegro,SCG,M\n"
        "K-2,UNMIK,2003-05-08,Malicious Act,Military,,,\n"
    )
    frame, report = read("un_fatalities", write(tmp_path, "DPPADPOSS-FATALITIES.csv", text))
    assert frame["casualty_id"].to_list() == ["K-1", "K-2"]
    assert frame["personnel_type"].to_list() == ["local", "military"]
    assert frame["cause"].to_list() == ["illness", "malicious act"]
    assert frame["sex"].isna().to_list() == [False, True]
    aside = report.frame
    assert aside["reason"].to_list() == ["same death listed with another nationality"]
    assert aside["row"].to_list() == [2]
    assert conserved(frame, report)


def test_one_casualty_number_for_two_different_deaths_is_not_called_a_nationality(tmp_path):
    text = (
        DEATHS
        + "K,UNTSO,1948-07-06,Illness,Local,A,AAA,M\nK,UNTSO,1948-07-07,Illness,Local,A,AAA,M\n"
    )
    _, report = read("un_fatalities", write(tmp_path, "DPPADPOSS-FATALITIES.csv", text))
    assert report.frame["reason"][0].startswith("same key as an earlier row")


MONTHS = (
    "date,mission,experts,police_formed,police_individual,staff_officers,troops,total,male,female\n"
)


def test_staff_officers_not_listed_apart_are_missing_not_zero(tmp_path):
    text = MONTHS + "2017-04,UNX,10,20,5,0,100,135,130,5\n2017-05,UNX,10,20,5,0,100,135,130,5\n"
    frame, report = read("un_contributions", write(tmp_path, "mission_month_2015.csv", text))
    assert frame["staff_officers"].isna().to_list() == [True, False]
    assert frame["police"].to_list() == [25, 25]
    assert frame["observers"].to_list() == [10, 10]
    assert any("2017-05" in note for note in report.notes)


def test_a_label_the_publisher_cut_short_stays_as_published(tmp_path):
    text = MONTHS + "2018-01,MINUJUST,0,979,205,0,0,1184,1105,79\n"
    frame, _ = read("un_contributions", write(tmp_path, "mission_month_2015.csv", text))
    assert frame["label"].to_list() == ["MINUJUST"]


def test_totals_over_all_missions_are_not_a_mission(tmp_path):
    text = "file,date,mission,personnel_type,male,female,total\n" + (
        "2018_03,2018-03,,troops,70000,7145,77145\n"
        "2015_03,2015-04,UNMISS,troops,10784,343,11127\n"
        "2015_04,2015-04,UNMISS,troops,10784,343,11127\n"
    )
    frame, report = read("un_contributions_type", write(tmp_path, "mission_month_type_x.csv", text))
    assert len(frame) == 1
    assert set(report.frame["reason"]) == {"no value", "repeats an earlier row"}


def test_contributor_years_say_whether_they_can_be_trusted(tmp_path):
    text = '"","Year","Country","Mission","Female","Male","Total"\n' + (
        '"1",2021,"Albania","UNMISS",0,0,0\n"2",2019,"Ghana","UNIFIL",100,770,871\n'
    )
    frame, _ = read("un_contributors", write(tmp_path, "contributor_mission_year_x.csv", text))
    assert frame["trusted"].to_list() == [False, True]
    assert frame["contributes"].to_list() == [False, True]


EXPENSES = "PART_ID,SECTION_ID,ENTITY,YEAR,FINANCIAL_YEAR,AMOUNT,SOURCE_TYPE,REFERENCE\n"


def test_negative_voluntary_expenses_stay(tmp_path):
    text = EXPENSES + (
        "II,5,UNAMID,2019,2018/19,714977600,Other Assessed,A/74/736\n"
        "II,5,UNAMID,2023,2023,-4766,Voluntary,Financial Statement\n"
        "ViII,29A,DMSPC,2021,2021,868500,Regular assessed,A/77/6\n"
        "II,5,UNX,2021,2021,1.000.000,Voluntary,x\n"
    )
    frame, report = read("un_expenditure", write(tmp_path, "un-secretariat-expenses.csv", text))
    assert frame["usd"].to_list() == [714977600, -4766, 868500]
    assert frame["basis"].to_list() == ["other assessed", "voluntary", "regular assessed"]
    assert frame["part"][2] == "VIII"
    assert frame["financial_year"][0] == "2018/19"
    assert report.frame["row"].to_list() == [4]


def test_budgets_are_in_dollars_and_carry_the_year_in_which_the_period_ends(tmp_path):
    text = "mission_id,approved_maintenance_usd_thousands,fiscal_period,source_symbol\n" + (
        "MINURSO,62552.8,2026-07-01/2027-06-30,A/C.5/80/20\nUNX,1,2026/27,A\n"
    )
    frame, report = read("un_budget", write(tmp_path, "ga_approved_2026_27.csv", text))
    assert frame["usd"].to_list() == [62_552_800]
    assert frame["year"].to_list() == [2027]
    assert report.set_aside == 1


def allegations(folder: Path, rows: list[list[str]]) -> Path:
    names = ["Date", "Mission", "Personnel Type", "Nationality", "Victim", "Allegation", "Result"]
    path = folder / "table_of_allegations.xlsx"
    pd.DataFrame(rows, columns=names).to_excel(path, index=False)
    return path


def test_packed_cells_of_allegations_are_counted(tmp_path):
    acts = "SE (Transactional sex)\n\nSA (Rape)"
    results = "Pending (5)\n\nSubstantiated (Rape) (1)"
    rows = [
        ["6/2024", "M", "Military (MC),6", "Cameroon", "Child (2)\n\nAdult (4)", acts, results],
        ["1/2016", "M", "Military (MC),26\n\nMilitary (MC),5", "A\n\nB", "Adult", acts, "N/A (1)"],
        ["1/2016", "M", "Military (MO)", "N/A", "Child (1)", "SE (Other)", "Pending"],
        ["1/2016", "M", "Robot,1", "N/A", "Child (1)", "SE (Other)", "Pending"],
    ]
    frame, report = read("conduct", allegations(tmp_path, rows))
    assert frame["perpetrators"].to_list() == [6, 31, pd.NA]
    assert frame["adults"].to_list() == [4, pd.NA, 0]
    assert frame["children"].to_list() == [2, 0, 1]
    assert frame["allegation"].to_list()[0] == "sexual abuse; sexual exploitation"
    assert frame["acts"][0] == "transactional sex; rape"
    assert frame["result"][0] == "substantiated"
    assert frame["nationality"][1] == "A; B"
    assert frame["month"].astype(str).to_list() == ["2024-06", "2016-01", "2016-01"]
    assert report.frame["reason"].to_list() == ["cannot read this personnel type"]
    assert conserved(frame, report)


@pytest.mark.parametrize("result", ["maybe", "Pending\n\nmaybe", "7"])
def test_a_result_or_victim_that_cannot_be_read_is_missing_and_told(tmp_path, result):
    row = ["6/2024", "M", "Military (MC),6", "Cameroon", "Child (2)", "SE (Other)", "Incomplete"]
    rows = [row, [*row[:4], "Ghost", row[5], result]]
    frame, report = read("conduct", allegations(tmp_path, rows))
    assert conserved(frame, report)
    assert frame["result"].isna().all()
    assert frame["children"].to_list() == [2, pd.NA]
    told = report.blanks[["row", "column", "value"]].values.tolist()
    assert told == [[2, "victims", "Ghost"], [2, "result", result]]


def leaders(folder: Path, rows: list[list[object]]) -> Path:
    names = ["Mission", "Appointment", "Appointment II", "Last name", "Name", "Gender"]
    names += ["Nationality", "Mandate start month", "Mandate start year"]
    names += ["Mandate end month", "Mandate end year", "year"]
    path = folder / "UN_Leader.xlsx"
    pd.DataFrame(rows, columns=names).to_excel(path, sheet_name="appointments", index=False)
    return path


def test_an_appointment_of_several_years_is_one_row(tmp_path):
    term = ["UNASOG ", 3, "", "Doe\xa0", "Jo", "Male ", 20, 6, 2004, 9, 2005]
    rows = [[*term, 2004], [*term, 2005]]
    frame, report = read("leaders", leaders(tmp_path, rows))
    assert frame["name"].to_list() == ["Jo Doe"]
    assert frame["label"].to_list() == ["UNASOG"]
    assert frame["sex"].to_list() == ["male"]
    assert frame["position"].to_list() == ["force commander"]
    assert report.frame["row"].to_list() == [2]
    assert conserved(frame, report)


def test_open_terms_unknown_months_and_two_positions(tmp_path):
    rows = [
        ["UNA", 8, "1, 2", "Roe", "Al", "Female", 2, 8, 2018, 99, 9999, 2018],
        ["UNB", 8, 1.2, "Poe", "Bo", "Male", "325-380", 0, 2008, 1, 2010, 2008],
        ["UNC", 9, "", "Foe", "Cy", "Male", 2, 1, 2008, 1, 2010, 2008],
    ]
    frame, report = read("leaders", leaders(tmp_path, rows))
    assert frame["position"].to_list() == ["special representative and head of mission"] * 2
    assert frame["to"].isna().to_list() == [True, False]
    assert frame["from"].isna().to_list() == [False, True]
    assert frame["start_year"].to_list() == [2018, 2008]
    assert frame["cow"].to_list() == [2, pd.NA]
    assert report.frame["reason"].to_list() == ["no position has this code"]
    assert report.blanks["value"].to_list() == ["325-380"]


@pytest.mark.parametrize("code", [0.5, "Infinity", "9" * 20, -2])
def test_a_nationality_that_is_no_code_costs_no_appointment(tmp_path, code):
    row = ["UNA", 1, "", "Roe", "Al", "Female", code, 8, 2018, 99, 9999, 2018]
    frame, report = read("leaders", leaders(tmp_path, [row]))
    assert frame["cow"].isna().to_list() == [True]
    assert report.cells_blanked == 1
    assert conserved(frame, report)


@pytest.mark.parametrize(
    ("kind", "file", "read_rows", "kept"),
    [
        ("un_missions", "un_dppa/DPPADPOSS-PKO.csv", 81, 81),
        ("un_fatalities", "un_dppa/DPPADPOSS-FATALITIES.csv", 4429, 4423),
        ("un_contributions", "un_contributions/mission_month_2015-01_2025-07.csv", 2188, 2188),
        (
            "un_contributions_type",
            "un_contributions/mission_month_type_2015-01_2025-07.csv",
            5943,
            5654,
        ),
        (
            "un_contributors",
            "un_contributions/contributor_mission_year_2010_2021.csv",
            57425,
            57425,
        ),
        ("un_expenditure", "un_finance/un-secretariat-expenses.csv", 1739, 1739),
        ("un_budget", "un_finance/ga_approved_2026_27.csv", 11, 11),
        ("conduct", "un_conduct/table_of_allegations_as_of_july_2024.xlsx", 753, 753),
        ("leaders", "un_dppa/UN_Leader.xlsx", 1682, 637),
    ],
)
def test_published_files_are_read_and_accounted_for(source, kind, file, read_rows, kept):
    frame, report = read(kind, source(file))
    assert (report.read, report.kept) == (read_rows, kept)
    assert conserved(frame, report)


def test_published_fatalities_add_up(source):
    frame, _ = read("un_fatalities", source("un_dppa/DPPADPOSS-FATALITIES.csv"))
    causes = frame["cause"].value_counts()
    # The publisher's 1,643 and 1,412 less the repeats: three illnesses, two accidents.
    assert causes["illness"] == 1643 - 3
    assert causes["accident"] == 1412 - 2
    assert causes["malicious act"] == 1134
    assert str(frame["date"].min().date()) == "1948-07-06"
    assert str(frame["date"].max().date()) == "2025-02-18"


def test_published_months_that_are_absent_stay_absent(source):
    file = "un_contributions/mission_month_2015-01_2025-07.csv"
    frame, _ = read("un_contributions", source(file))
    assert frame["month"].nunique() == 103
    assert not frame["month"].astype(str).isin(["2015-03", "2018-03", "2019-08", "2023-09"]).any()
    parts = frame[["troops", "police", "observers", "staff_officers"]].sum(axis=1)
    assert (parts == frame["total"]).all()


def test_published_unamid_has_no_assessed_expenses_in_2023(source):
    frame, _ = read("un_expenditure", source("un_finance/un-secretariat-expenses.csv"))
    unamid = frame[(frame["label"] == "UNAMID") & (frame["year"] == 2023)]
    assert set(unamid["basis"]) == {"voluntary"}
    assert (unamid["usd"] < 0).all()
    assert frame["usd"].sum() == 71_503_578_423
    assert (frame["usd"] < 0).sum() == 100
