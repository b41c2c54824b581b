"""Readers of displacement, humanitarian aid, aid workers, and of the context of states."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pkstats.sources import read
from pkstats.tables.builders.context import context


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.lstrip("\n").encode(encoding))
    return path


def conserved(report) -> bool:
    return report.read == report.kept + report.set_aside


UNHCR = """
Year,Country of origin,Country of origin (ISO),Country of asylum,Country of asylum (ISO),\
Refugees under UNHCR's mandate,Asylum-seekers,Returned refugees,IDPs of concern to UNHCR,\
Returned IDPss,Stateless persons,Others of concern,\
Other people in need of international protection,Host Community
1985,Sudan,SDN,Chad,TCD,100,0,0,0,0,0,0,-,0
2013,Côte d'Ivoire,CIV,Liberia,LBR,58000,-,0,0,0,0,0,-,0
2013,Sudan,SDN,Sudan,SDN,0,0,17000,1900000,-,0,0,-,0
"""
PREAMBLE = '\nUNHCR Refugee Data Finder,"a, b",c\n\nDate extracted: 2026-02-01\n'


@pytest.mark.parametrize("above", ["", PREAMBLE])
def test_unhcr_reads_below_a_preamble_and_dashes_as_missing(tmp_path, above):
    frame, report = read("unhcr", write(tmp_path, "population.csv", above + UNHCR.lstrip("\n")))
    assert frame["origin_name"][1] == "Côte d'Ivoire"
    assert frame["refugees"].to_list() == [100, 58000, 0]
    assert frame["asylum_seekers"].isna().to_list() == [True, True, False]
    assert frame["returned_idps"].isna().to_list() == [True, False, True]
    assert any("above the header" in note for note in report.notes) == bool(above)
    assert report.kept == 3 and conserved(report)


def test_unhcr_zeros_before_anyone_counted_are_missing(tmp_path):
    frame, report = read("unhcr", write(tmp_path, "population.csv", UNHCR))
    assert frame["idps"].isna().to_list() == [True, False, False]
    assert any("idps: 1 zeros before 1993" in note for note in report.notes)


FTS = """
countryCode,id,name,code,typeId,typeName,startDate,endDate,year,requirements,funding,percentFunded
#country+code,#activity+id,#name,,,,,,#date+year,#value+required,#value+funding,#value+pct
MLI,10,Mali HRP,HMLI13,4,Humanitarian response plan,2013-01-01,2013-12-31,2013,400,100,1364
MLI,,Not specified,,,,,,2013,,-30,
MLI,11,Mali later,HMLI31,4,Humanitarian response plan,2031-01-01,2031-12-31,2031,500,,
MLI,10,Mali HRP,HMLI13,4,Humanitarian response plan,2013-01-01,2013-12-31,2013,400,100,1364
"""


def test_fts_sets_tags_aside_and_parts_money_outside_plans(tmp_path):
    frame, report = read("fts", write(tmp_path, "fts_requirements_funding_global.csv", FTS))
    assert frame["funded_usd"].to_list()[:1] == [100] and frame["funded_usd"].isna().sum() == 2
    assert frame["funded_outside_plans_usd"].to_list()[1] == -30
    assert frame["year"].to_list() == [2013, 2013, 2031]
    assert report.frame["reason"].to_list() == [
        "row of HXL tags, not data",
        "repeats an earlier row",
    ]
    assert conserved(report)


AWSD = """
Incident ID,Year,Month,Day,Country Code,Country,UN,INGO,ICRC,NRCS and IFRC,NNGO,Other,\
Nationals killed,Nationals wounded,Nationals kidnapped,Internationals killed,\
Internationals wounded,Internationals kidnapped,Total killed,Total wounded,Total kidnapped,\
Total affected,Means of attack,Attack context,Location,Motive,Actor type,Verified
1,2021,1,9,NA,Namibia,0,0,0,0,1,0,1,0,0,0,0,0,1,0,0,1,Shooting,Ambush,Road,Unknown,Unknown,Yes
2,2003,,,,Chechnya,0,2,,0,0,0,0,0,0,0,0,2,0,0,2,2,Kidnapping,Raid,Home,,Unknown,Pending
3,2003,13,1,AF,Afghanistan,0,1,0,0,0,0,1,0,0,0,0,0,1,0,0,1,Shooting,Raid,Home,,Unknown,Yes
"""


def test_awsd_keeps_namibia_and_unknown_months(tmp_path):
    frame, report = read("awsd", write(tmp_path, "security_incidents.csv", AWSD))
    assert frame["iso2"].to_list()[0] == "NA"
    assert frame["iso2"].isna().to_list() == [False, True, False]
    assert frame["month"].isna().to_list() == [False, True, True]
    assert frame["victims_icrc"].isna().to_list() == [False, True, False]
    assert "month from 1 to 12" in report.blanks["reason"][0] and conserved(report)


DATABANK = """
Country Name,Country Code,Series Name,Series Code,1990 [YR1990],1991 [YR1991]
Côte d'Ivoire,CIV,"Population, total",SP.POP.TOTL,12,..
Sudan,SDN,"Population, total",SP.POP.TOTL,..,..
,,,,,
Data from database: World Development Indicators,,,,,
Code,License Type
"""
BULK = """
Country Name,Country Code,Indicator Name,Indicator Code,1990,1991
Sudan,SDN,"Population, total",SP.POP.TOTL,20,21.5
"""
SINGLE = """
"Data Source","World Development Indicators",

"Last Updated Date","2025-01-28",

"Country Name","Country Code","Indicator Name","Indicator Code","1990","1991",
"Sudan","SDN","Population, total","SP.POP.TOTL","20","",
"""


def test_wdi_databank_export_in_latin_1_with_a_footer(tmp_path):
    path = write(tmp_path, "worldbankdevelopment.csv", DATABANK, "latin-1")
    frame, report = read("wdi", path)
    assert frame[["iso3", "country", "year", "value"]].values.tolist() == [
        ["CIV", "Côte d'Ivoire", 1990, 12.0]
    ]
    assert report.read == 5 and report.kept == 2 and conserved(report)
    assert any("Latin-1" in note for note in report.notes)
    assert any("1 rows have no value" in note for note in report.notes)


def test_wdi_bulk_and_single_indicator_files(tmp_path):
    bulk, _ = read("wdi", write(tmp_path, "WDICSV.csv", BULK))
    assert bulk["value"].to_list() == [20.0, 21.5] and bulk["year"].to_list() == [1990, 1991]
    small = BULK.lower().replace("1990", "1990 [yr1990]")
    assert read("wdi", write(tmp_path, "WDIData.csv", small))[0]["year"].to_list() == [1990, 1991]
    single, report = read("wdi", write(tmp_path, "API_SP.POP.TOTL.csv", SINGLE, "utf-8-sig"))
    assert single["value"].to_list() == [20.0] and report.kept == 1
    assert bulk.columns.to_list() == single.columns.to_list()


def test_wdi_loses_the_unreadable_year_of_a_row_and_no_other(tmp_path):
    frame, report = read("wdi", write(tmp_path, "WDICSV.csv", BULK + "Chad,TCD,a,B,x1,5\n"))
    assert frame["iso3"].to_list() == ["SDN", "SDN", "TCD"]
    assert frame[["year", "value"]].values.tolist()[2] == [1991, 5]
    assert report.blanks[["row", "column", "value"]].values.tolist() == [[2, "1990", "x1"]]
    assert conserved(report)


def test_vdem_reads_the_publishers_columns(tmp_path):
    text = (
        "country_name,country_text_id,COWcode,year,v2x_polyarchy,v2x_libdem,v2x_partipdem,"
        "v2x_delibdem,v2x_egaldem,v2x_civlib,v2x_rule,v2xcs_ccsi\n"
        "Hong Kong,HKG,,1990,0.3,0.2,,,,0.5,0.8,0.6\n"
    )
    frame, _ = read("vdem", write(tmp_path, "V-Dem-CY-Core-v15.csv", text))
    assert frame["civil_society"].to_list() == [0.6] and frame["cow"].isna().all()


def test_polity_keeps_interruptions_out_of_polity2(tmp_path):
    text = "ccode,scode,country,year,polity,polity2,durable\n700,AFG,Afghanistan,1990,-77,0,0\n"
    frame, _ = read("polity", write(tmp_path, "p5v2018.csv", text))
    assert frame[["polity", "polity2"]].values.tolist() == [[-77, 0]]


def test_real_displacement_totals(source):
    frame, report = read("unhcr", source("unhcr/population.rda"))
    assert report.kept == 138_893 and conserved(report)
    sums = frame[["refugees", "idps", "returned_refugees"]].sum()
    assert sums.to_list() == [762_161_513, 775_872_734, 53_976_271]
    assert frame["year"].min() == 1951 and frame["year"].max() == 2025
    idmc, report = read("unhcr_idmc", source("unhcr/idmc.rda"))
    assert report.kept == 934
    assert idmc.loc[idmc["year"] == 2024, "idps_idmc"].sum() == 73_573_201


def test_real_fts_totals(source):
    frame, report = read("fts", source("ocha_fts/fts_requirements_funding_global.csv"))
    assert report.read == 3_669 and report.kept == 3_669
    outside = frame["plan_id"].isna()
    assert outside.sum() == 2_444
    money = frame[["funded_usd", "funded_outside_plans_usd"]]
    assert money.sum().sum() == 413_076_346_804
    assert frame["required_usd"].sum() == 528_967_786_970
    assert (money < 0).sum().sum() == 7
    plans, report = read("response_plans", source("ocha_fts/humanitarian-response-plans.csv"))
    assert len(plans) == report.kept == 910


def test_real_aid_worker_totals(source):
    frame, report = read("awsd", source("awsd/security_incidents.csv"))
    assert len(frame) == report.kept == 4_337
    assert frame[["killed", "wounded", "kidnapped"]].sum().to_list() == [3_047, 3_003, 2_136]
    assert frame.loc[frame["iso2"] == "NA", "country"].to_list() == ["Namibia"]


def test_real_world_bank_file(source):
    frame, report = read("wdi", source("wdi/worldbankdevelopment.csv"))
    assert report.kept == 1_596 and conserved(report)
    sudan = frame[(frame["iso3"] == "SDN") & (frame["indicator"] == "SP.POP.TOTL")]
    assert sudan.set_index("year")["value"][2010] == 35_414_399
    assert "MAF" in set(frame["iso3"]) and frame["year"].max() == 2023


@pytest.mark.parametrize(
    ("kind", "path", "rows"),
    [
        ("vdem", "vdem_polity/vdem_simple.rda", 27_913),
        ("polity", "vdem_polity/polity5.rda", 17_574),
        ("gdp_population", "isard/gw_gdppop.rda", 19_667),
        ("democracy", "isard/gw_democracy.rda", 20_849),
        ("owid", "owid/United_Nations_Peacekeeping.csv", 75),
    ],
)
def test_real_context_files_are_kept_whole(source, kind, path, rows):
    frame, report = read(kind, source(path))
    assert len(frame) == report.kept == report.read == rows


def test_world_totals_have_no_split_before_1992(source):
    frame, _ = read("owid", source("owid/United_Nations_Peacekeeping.csv"))
    frame = frame.set_index("year")
    assert frame.loc[1991, ["troops", "police"]].isna().all() and frame.loc[1991, "total"] > 0
    assert frame.loc[2015, "total"] == 107_088


def test_population_of_sudan_has_the_south_until_it_left():
    from pkstats.codebook import table
    from pkstats.tables.recipe import Workshop

    class Bench(Workshop):
        def raw(self, name: str) -> pd.DataFrame:
            return RAW[name].assign(source=RAW[name].attrs["source"])

    found = context(table("context"), Bench(Path())).set_index(["state", "year"])
    assert found.loc[(625, 2010), "population"] == 45
    assert found.loc[(625, 2010), "population_source"] == "wdi, parts added"
    assert found.loc[(625, 2011), "population"] == 36
    assert found.loc[(626, 2010), "population"] == 10
    assert found.loc[(625, 1959), "population_source"] == "gdp_population"
    assert found.loc[(625, 2011), "polity"] == -4
    assert found.loc[(530, 1993), "polity"] == 1


def _raw(source: str, columns: str, rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns.split())
    frame.attrs["source"] = source
    return frame


PEOPLE = [("SDN", 2010, "35"), ("SSD", 2010, "10"), ("SDN", 2011, "36"), ("SSD", 2011, "11")]
POLITY = [(625, 2010, -2), (625, 2011, -2), (626, 2011, -4), (626, 2012, -4)]
POLITY += [(530, 1993, 0), (529, 1993, 1), (529, 1994, 1)]
RAW = {
    "context_population": _raw("wdi", "iso3 year value", PEOPLE),
    "context_gdp_usd": _raw("wdi", "iso3 year value", [("SDN", 2010, "1300.5")]),
    "context_gdp": _raw(
        "gdp_population", "gw year gdp_per_head_real population_million", [(625, 1959, 900.0, 7.7)]
    ),
    "context_vdem": _raw("vdem", "cow year polyarchy liberal_democracy", [(625, 2010, 0.2, 0.1)]),
    "context_polity": _raw("polity", "polity_code year polity2", POLITY),
}
