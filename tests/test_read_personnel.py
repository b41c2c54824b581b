"""Readers of personnel, mandates, activities and deployments: oddities on small files, real totals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pkstats.sources import Report, layout, read

Source = Callable[[str], Path]
Rows = list[dict[str, Any]]


def publisher_file(kind: str, rows: Rows, path: Path, default: Any = "0") -> Path:
    """Write rows in the publisher's column layout; columns not given hold `default`."""
    columns = [
        name[0]
        for field in layout(kind).fields
        for name in (field.column, field.month_column)
        if name
    ]
    frame = pd.DataFrame([{**dict.fromkeys(columns, default), **row} for row in rows])
    if path.suffix == ".dta":
        frame.to_stata(
            path, write_index=False, convert_dates={"date": "td"} if "date" in frame else None
        )
    elif path.suffix == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_csv(path, index=False)
    return path


def conserves_rows(report: Report) -> bool:
    return report.read == report.kept + report.set_aside


class TestKathman:
    def test_minus_999_is_missing_and_the_first_total_is_read(self, tmp_path: Path) -> None:
        month = {"mission": "UNTSO", "missioncountry": "Various", "year": 1992, "month": 5}
        figures = {
            "troop": -999,
            "police": -999,
            "militaryobservers": -999,
            "total": 290,
            "total2": 7,
        }
        path = publisher_file(
            "kathman", [{**month, **figures, "missionccode": -999}], tmp_path / "k.xlsx", 0
        )
        frame, _ = read("kathman", path)
        assert frame[["troops", "police", "observers", "cow"]].isna().all(axis=None)
        assert frame.loc[0, "total"] == 290
        assert frame.loc[0, "month"] == pd.Period("1992-05")

    def test_real_file(self, source: Source) -> None:
        frame, report = read("kathman", source("kathman/mission-month_12-2019_kathman.xlsx"))
        assert (report.read, report.set_aside) == (6175, 0)
        assert frame["label"].nunique() == 82
        assert frame["troops"].isna().sum() == 319
        peak = frame.loc[frame.loc[frame["label"] == "MINUSMA", "total"].astype(float).idxmax()]
        assert (peak["total"], str(peak["month"])) == (14871, "2019-03")


class TestIpi:
    header = "Country of Mission,Mission,Date,Troops,Police,Observers,Total\n"

    def test_a_blank_is_zero_only_where_the_rest_makes_up_the_total(self, tmp_path: Path) -> None:
        path = tmp_path / "data_mission.csv"
        path.write_text(
            self.header
            + "Lebanon,UNIFIL,2000-01-31,10,NA,,10\n"
            + "Haiti,MINUSTAH,2000-01-31,10,NA,5,20\n"
            + "Mali,MINUSMA,2000-01-31,10,3,5,18\n"
        )
        frame, _ = read("ipi", path)
        assert frame["police"].to_list()[0] == 0
        assert frame["observers"].to_list()[0] == 0
        assert pd.isna(frame["police"][1])

    def test_a_part_that_cannot_be_read_is_no_blank(self, tmp_path: Path) -> None:
        path = tmp_path / "data_mission.csv"
        path.write_text(
            self.header
            + "Lebanon,UNIFIL,2000-01-31,10,none,,10\n"
            + "Mali,MINUSMA,2000-01-31,10,,5,15\n"
        )
        frame, report = read("ipi", path)
        assert frame["police"].fillna(-1).to_list() == [-1, 0]
        assert report.blanks["value"].to_list() == ["none"]

    def test_a_part_nobody_reports_in_a_month_stays_missing(self, tmp_path: Path) -> None:
        path = tmp_path / "data_mission.csv"
        path.write_text(self.header + "Israel,UNTSO,1990-11-30,290,0,NA,290\n")
        frame, report = read("ipi", path)
        assert pd.isna(frame["observers"][0])
        assert any("did not list them apart" in note for note in report.notes)

    def test_real_file(self, source: Source) -> None:
        frame, report = read("ipi", source("ipi_pkdb/data_mission.csv"))
        assert (report.read, report.set_aside) == (5330, 0)
        for label, month, total in (
            ("UNAMSIL", "2002-04", 17477),
            ("MINUSTAH", "2011-10", 12552),
            ("UNPROFOR", "1994-09", 39893),
        ):
            mission = frame[frame["label"] == label]
            assert mission["total"].max() == total
            assert mission.loc[mission["month"] == month, "total"].to_list() == [total]
        early = frame["month"] <= pd.Period("1992-07")
        assert frame["observers"].isna().equals(early)
        parts = frame[["troops", "police", "observers"]].sum(axis=1)
        assert (parts == frame["total"]).all()


class TestShortfall:
    month = {"missioncountry": "Sudan", "year": 2014, "month": 8}  # noqa: RUF012
    auth = ("authtroop", "authpolice", "authmilobs", "totalauth")

    def rows(self, *figures: tuple[Any, ...]) -> Rows:
        labelled = [{"mission": f"M{n}", **self.month} for n in range(len(figures))]
        return [
            {**row, **dict(zip(self.auth, item, strict=True))}
            for row, item in zip(labelled, figures, strict=True)
        ]

    def test_a_total_that_contradicts_its_parts_is_replaced_and_flagged(
        self, tmp_path: Path
    ) -> None:
        rows = self.rows((12334.0, 1323.0, 166.0, 11405.0), (5628.4, 1795.0, 102.2, 7525.6))
        frame, report = read(
            "shortfall", publisher_file("shortfall", rows, tmp_path / "s.dta", 1.0)
        )
        assert frame["authorised_total"].to_list() == [13823, 7525.6]
        assert frame["authorised_flag"].to_list()[0] == "sum of components; published 11405"
        assert pd.isna(frame["authorised_flag"][1])
        assert any("M0" in note for note in report.notes)

    def test_zero_without_parts_is_unknown(self, tmp_path: Path) -> None:
        nan = float("nan")
        path = publisher_file("shortfall", self.rows((nan, nan, nan, 0.0)), tmp_path / "s.dta", 1.0)
        assert pd.isna(read("shortfall", path)[0]["authorised_total"][0])

    def test_numbers_stored_as_text_are_read(self, tmp_path: Path) -> None:
        rows = self.rows(("15", "5", "1", "21"))
        frame, _ = read("shortfall", publisher_file("shortfall", rows, tmp_path / "s.dta", "7"))
        assert frame.loc[0, ["authorised_total", "troops", "total"]].to_list() == [21, 7, 7]

    def test_real_file(self, source: Source) -> None:
        frame, report = read("shortfall", source("shortfall/Personnel_shortfall_data.dta"))
        assert (report.read, report.set_aside) == (4833, 0)
        assert frame["label"].nunique() == 71
        assert frame["authorised_flag"].notna().sum() == 12
        assert frame["authorised_total"].isna().sum() == 449
        stabilisation = frame[(frame["label"] == "MINUSTAH") & (frame["month"] == "2011-07")]
        assert stabilisation["authorised_total"].to_list() == [13331]


class TestBaraHultman:
    def test_monthly_report_goes_before_yearly_and_interpolation_stays_apart(
        self, tmp_path: Path
    ) -> None:
        base = {"mission": "M", "org": 2.0, "location": "Mali", "date": pd.Timestamp("2013-06-01")}
        nan = float("nan")
        none = {
            f"{study}_{part}": nan
            for study in ("IPI", "SIPRI")
            for part in ("troops", "police", "observers", "totals")
        }
        sipri = {
            **none,
            "SIPRI_troops": 6.0,
            "SIPRI_police": 0.0,
            "SIPRI_observers": 0.0,
            "SIPRI_totals": 6.0,
        }
        both = {
            **sipri,
            "IPI_troops": 5.0,
            "IPI_police": 0.0,
            "IPI_observers": 0.0,
            "IPI_totals": 5.0,
        }
        rows = [
            {**base, **figures, "conflictid": n, "totals_ipo": 4.0}
            for n, figures in enumerate((none, sipri, both), start=1)
        ]
        frame, report = read(
            "bara_hultman", publisher_file("bara_hultman", rows, tmp_path / "b.dta", 0.0)
        )
        assert frame["organisation"].eq("regional").all()
        assert frame["total"].fillna(-1).to_list() == [-1, 6, 5]
        assert frame["reported_by"].fillna("").to_list() == ["", "SIPRI", "IPI"]
        assert frame["total_carried"].to_list() == [4, 4, 4]
        assert report.kept == 3

    def test_real_file(self, source: Source) -> None:
        path = source("bara_hultman/UN and Non-UN Peacekeeping_v2-2019.dta")
        frame, report = read("bara_hultman", path)
        assert (report.read, report.set_aside) == (8100, 0)
        peaks = frame.groupby("label")["total"].max()
        assert peaks[["ISAF", "IFOR", "KFOR", "AMISOM"]].to_list() == [131730, 60000, 42500, 22126]
        assert frame.loc[frame["label"] == "SFOR", "conflict_id"].nunique() > 1
        assert not frame.duplicated(
            ["label", "organisation", "location", "conflict_id", "month"]
        ).any()


class TestMullenbach:
    row = {  # noqa: RUF012
        "PKMNAMElocation": "Mission (M)",
        "RESOLUTIONdate": "UNSC Res. 797 (December 16, 1992)",
        "STARTDAY": 16,
        "STARTMON": 12,
        "STARTYR": 1992,
        "TPTYPE": 1,
    }

    def test_dates_come_from_three_columns(self, tmp_path: Path) -> None:
        nan = float("nan")
        ongoing = {"ENDDAY": nan, "ENDMON": nan, "ENDYR": nan, "ONGOING": 1}
        wrong = {"PKMNAMElocation": "N", "ENDDAY": 31, "ENDMON": 2, "ENDYR": 1995}
        partial = {"PKMNAMElocation": "O", "ENDDAY": nan, "ENDMON": 2, "ENDYR": 1995}
        rows = [{**self.row, **ongoing}, {**self.row, **wrong}, {**self.row, **partial}]
        frame, report = read(
            "mullenbach", publisher_file("mullenbach", rows, tmp_path / "m.dta", 0)
        )
        assert frame["start"].to_list() == [pd.Timestamp("1992-12-16")]
        assert frame["resolution_date"].to_list() == [pd.Timestamp("1992-12-16")]
        assert frame["sponsor"].to_list() == ["UN"]
        assert frame["end"].isna().all()
        assert report.frame["value"].to_list() == ["1995-2-31", "1995-2-?"]
        assert conserves_rows(report)

    @pytest.mark.parametrize(
        ("file", "rows", "ongoing"),
        [("rawmullenbachpkodata.dta", 222, 28), ("Third-Party-PKMs-version-3.1.xls", 215, 29)],
    )
    def test_real_files(self, source: Source, file: str, rows: int, ongoing: int) -> None:
        frame, report = read("mullenbach", source(f"mullenbach/{file}"))
        assert (report.read, report.kept) == (rows, rows)
        assert frame["ongoing"].sum() == frame["end"].isna().sum() == ongoing


class TestTamm:
    def test_flags_months_and_odd_resolutions(self, tmp_path: Path) -> None:
        month = {"mission": "UNIFIL", "year": "1978", "month": "3", "unsc_resolution": "425/426"}
        rows = [{**month, "prociv": "1"}, {**month, "month": "4", "prociv": "2"}]
        frame, report = read("tamm", publisher_file("tamm", rows, tmp_path / "TAMM.csv"))
        assert frame["month"].astype("str").to_list() == ["1978-03", "1978-04"]
        assert frame["resolution"].to_list() == ["425/426"] * 2
        assert frame["prociv"].isna().to_list() == [False, True]
        assert not frame["humaid_assist"].any()
        flags = report.blanks[~report.blanks["column"].str.startswith("ccode")]
        assert flags[["row", "column", "value"]].to_numpy().tolist() == [[2, "prociv", "2"]]

    def test_real_file(self, source: Source) -> None:
        path = source("tamm/TAMM.csv")
        frame, report = read("tamm", path)
        assert (report.read, report.set_aside) == (5920, 0)
        assert frame["label"].nunique() == 72
        assert frame.select_dtypes("boolean").shape[1] == 50
        stata = pd.read_csv(path)["yearmon"]
        assert (frame["month"].astype("int64") + 120).equals(stata.astype("int64").rename("month"))
        span = frame.loc[frame["label"] == "UNMOGIP", "month"]
        assert (str(span.min()), str(span.max()), len(span)) == ("1948-04", "1949-01", 10)
        assert frame["cow"].isna().sum() == 812


class TestPact:
    def test_aggregates(self, tmp_path: Path) -> None:
        done = {
            "CivilSocietyAssistance__Meeting": "1",
            "CivilSocietyAssistance__Meeting__IA": "1",
            "HumanitarianRelief__Assist": "1",
            "HumanitarianRelief__Implement": "1",
            "hostilityGov_PhysicalRestrictions": "1",
        }
        mission = {"PKO": "UNMIK", "iso3": "SRB", "year": "2000"}
        path = publisher_file("pact", [{**mission, **done}], tmp_path / "p.csv")
        row = read("pact", path)[0].iloc[0]
        counts = row[["activities", "activities_partnered", "activities_high_engagement"]]
        assert counts.to_list() == [2, 1, 1]
        assert row["civil_society"] and row["civil_society_partnered"]
        assert row["humanitarian_relief"] and not row["humanitarian_relief_partnered"]
        assert row["host_restrictions"] and not row["host_violence"]

    def test_force_that_is_only_watched_is_not_used(self, tmp_path: Path) -> None:
        rows = [
            {"PKO": "UNMIK", "iso3": "SRB", "year": "2000", f"Operations_UseOfForce__{level}": "1"}
            for level in ("Monitor", "Implement")
        ]
        rows[1]["year"] = "2001"
        for first, second in (rows, rows[::-1]):
            first |= {name: "0" for name in second if name not in first}
        frame = read("pact", publisher_file("pact", rows, tmp_path / "p.csv"))[0]
        assert frame.set_index("year")["use_of_force"].to_dict() == {2000: False, 2001: True}

    def test_real_year_is_the_rounded_mean_of_its_months(self, source: Source) -> None:
        years, report = read("pact", source("pact/PACT2_mission-year.csv"))
        assert (report.read, report.set_aside) == (130, 0)
        assert years["label"].nunique() == 23
        months, _ = read("pact_month", source("pact/PACT2_mission-month.rds"))
        assert len(months) == 1308 and months["use_of_force"].sum() == 72
        months["year"] = months["month"].dt.year.astype("Int64")
        share = months.groupby(["label", "year"])["host_violence"].mean()
        stated = years.set_index(["label", "year"])["host_violence"]
        assert (share > 0.5).reindex(stated.index).to_list() == stated.to_list()


class TestGeoPko:
    def test_places_with_several_figures_are_numbered(self, tmp_path: Path) -> None:
        place = {
            "mission": "MINURCA",
            "year": "1999",
            "country": "CAR",
            "location": "Bangui",
            "hq": "3",
        }
        troops = ["1685", "1535", "unknown", "1685"]
        rows = [{**place, "NoTroops": value} for value in troops]
        frame, report = read(
            "geopko", publisher_file("geopko", rows, tmp_path / "FrontMap_v.9.csv")
        )
        assert frame["deployment"].to_list() == [1, 2, 3]
        assert frame["troops"].isna().to_list() == [False, False, True]
        assert frame["headquarters"].eq("mission").all()
        assert report.frame["reason"].to_list() == ["repeats an earlier row"]
        assert conserves_rows(report)

    def test_real_file(self, source: Source) -> None:
        frame, report = read("geopko", source("geopko/FrontMap_v.2.3.csv"))
        assert (report.read, report.set_aside) == (8783, 0)
        assert (frame["deployment"] > 1).sum() == 1417
        assert frame["troops"].isna().sum() == 250
        assert (frame["year"].min(), frame["year"].max()) == (1994, 2024)


def test_radpko(source: Source) -> None:
    frame, report = read("radpko", source("radpko/radpko_bases_cc_y.csv"))
    assert (report.read, report.set_aside) == (2652, 0)
    assert frame["label"].nunique() == 13
    assert (frame["base"].isna().sum(), frame["latitude"].isna().sum()) == (3, 3)


class TestPrif:
    def test_codes_and_1899_are_missing_and_blank_rows_set_aside(self, tmp_path: Path) -> None:
        row = {"HMIID": "Congo 1960-1964 ", "YEAR": 1960, "GROUNDNO": -99, "NOFLY": -77}
        dates = {"HMISTART": pd.Timestamp("1960-07-15"), "HMIEND": pd.Timestamp("1899-12-31")}
        blank = {"HMIID": "", "YEAR": float("nan"), "HMISTART": pd.NaT, "HMIEND": pd.NaT}
        path = tmp_path / "p.dta"
        names = dict.fromkeys(("INTERVEN1", "INTERVEN2", "INTERVEN3"), "0")
        frame, report = read(
            "prif",
            publisher_file("prif", [{**row, **dates, **names}, {**names, **blank}], path, 0.0),
        )
        assert frame["intervention"].to_list() == ["Congo 1960-1964"]
        assert frame[["end", "ground_troops", "no_fly_zone"]].isna().all(axis=None)
        assert (report.kept, report.set_aside) == (1, 1)

    def test_real_file(self, source: Source) -> None:
        name = "prif_hmi/PRIF-dataset-HMI-intervention-years-v-July-2019_raw.dta"
        frame, report = read("prif", source(name))
        assert (report.read, report.kept, report.set_aside) == (162, 153, 9)
        assert frame["intervention"].nunique() == 41
        assert frame["start"].notna().all()
        assert frame["end"].isna().sum() == 41
