"""Raw and processed tables: the published figures, the account of rows, the codebook's word."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pkstats as pk
from pkstats.cli import main
from pkstats.codebook import source_cards, table, table_names, validate
from pkstats.errors import BuildProblem, PkstatsError, UnknownTable
from pkstats.tables import build
from pkstats.tables.build import make
from pkstats.tables.compile import compile_sources, spells
from pkstats.tables.places import raw_folder
from pkstats.tables.provenance import CARD_FIELDS
from pkstats.tables.raw import from_csv, raw_names, raw_table, read_raw, to_csv
from pkstats.tables.recipe import Workshop
from pkstats.tables.shrinking import change
from pkstats.text import for_spreadsheet


def strength(mission_id: str, month: str) -> int:
    frame = pk.load("personnel")
    row = frame[(frame["mission_id"] == mission_id) & (frame["month"] == month)]
    return int(row["total"].item())


@pytest.mark.parametrize(
    ("mission_id", "month", "total"),
    [
        ("UNAMSIL", "2002-04", 17477),
        ("MINUSTAH", "2011-10", 12552),
        ("UNPROFOR", "1994-09", 39893),
        ("UNTAET", "2000-05", 9798),
        ("MINUSMA", "2019-03", 14871),
    ],
)
def test_peaks_are_those_of_the_sources(mission_id, month, total):
    assert strength(mission_id, month) == total


def test_the_gap_in_the_uns_reports_is_filled_from_kathman():
    frame = pk.load("personnel")
    gap = frame[(frame["month"] >= "2018-03") & (frame["month"] <= "2019-08")]
    un = pk.load("missions").query("sponsor == 'UN'")["mission_id"]
    assert set(gap.loc[gap["mission_id"].isin(un), "source"]) == {"kathman"}


def test_ipi_and_the_uns_reports_differ_in_one_month_only():
    frame = read_raw(raw_folder(), "personnel")
    key = ["label", "month"]
    ipi = frame[frame["source"] == "ipi"].set_index(key)["total"]
    un = frame[frame["source"] == "un_contributions"].set_index(key)["total"]
    both = pd.concat([ipi.rename("ipi"), un.rename("un")], axis=1, join="inner").dropna()
    differs = both[(both["ipi"] - both["un"]).abs() / both["un"] > 0.02]
    assert len(both) == 437
    assert [(label, str(month)) for label, month in differs.index] == [("MINUSTAH", "2015-05")]


def test_december_totals_are_within_three_in_a_thousand_of_our_world_in_data(source):
    owid, _ = pk.read("owid", source("owid/United_Nations_Peacekeeping.csv"))
    owid = owid.set_index("year")["total"]
    un = pk.load("missions").query("sponsor == 'UN'")["mission_id"]
    frame = pk.load("personnel")
    totals = frame[frame["mission_id"].isin(un)].groupby("month")["total"].sum()
    for year in range(1992, 2022):
        month = pd.Period(f"{year}-{11 if year == 1998 else 12}", "M")
        assert totals[month] == pytest.approx(owid[year], rel=0.003), year


def test_deaths_are_counted_once():
    raw = read_raw(raw_folder(), "fatalities")
    assert len(raw) == raw["casualty_id"].nunique() == 4423
    aside = read_raw(raw_folder(), "set_aside").query("source == 'un_fatalities'")
    assert len(aside) == 6
    refused = pk.load("set_aside").query("table == 'fatalities'")["rows"].sum()
    assert pk.load("fatalities")["deaths"].sum() + refused == 4423


def test_every_raw_row_of_a_collapsed_or_plain_table_is_accounted_for():
    for name in ("violence", "authorised", "deployments", "battle_deaths"):
        rows = sum(len(read_raw(raw_folder(), raw)) for raw in table(name).recipe["raw"])
        aside = pk.load("set_aside").query("table == @name")["rows"].sum()
        assert len(pk.load(name)) + aside == rows, name


@pytest.mark.parametrize("name", table_names())
def test_a_table_keeps_its_codebooks_word(name):
    frame = pk.load(name)
    validate(frame, table(name))
    assert list(frame.columns) == list(table(name).columns)
    assert set(pk.codebook(name)["column"]) == set(frame.columns)
    assert (pk.codebook(name)["meaning"].str.len() > 3).all()


@pytest.mark.parametrize("name", [path.stem for path in sorted(raw_folder().glob("*.csv"))])
def test_every_raw_table_has_a_card_with_provenance(name):
    card = tomllib.loads((raw_folder() / f"{name}.toml").read_text(encoding="utf-8"))
    assert card["sources"]
    for entry in card["sources"]:
        assert set(CARD_FIELDS) <= set(entry)
        if "rows_read" in entry:
            assert entry["rows_read"] == entry["rows_kept"] + entry["rows_set_aside"]


def test_every_raw_table_is_compiled_or_built_from(monkeypatch):
    used, read = {*raw_names(), "set_aside"}, Workshop.raw
    monkeypatch.setattr(Workshop, "raw", lambda self, name: used.add(name) or read(self, name))
    make(raw_folder())
    assert {path.stem for path in raw_folder().glob("*.csv")} == used


@pytest.mark.parametrize("name", raw_names())
def test_every_raw_row_names_its_source(name):
    frame = read_raw(raw_folder(), name)
    assert set(frame["source"]) <= set(raw_table(name).kinds)
    assert not frame["source"].isna().any()


@pytest.mark.slow
def test_compiling_the_publishers_files_gives_the_raw_tables_again(sources, tmp_path):
    pytest.importorskip("pyreadr", reason="some shared files are R copies (development only)")
    pk.tables()
    done = compile_sources(sources, tmp_path)
    assert not done.absent
    for report in done.reports:
        assert report.read == report.kept + report.set_aside
    for path in sorted([*tmp_path.glob("*.csv"), *tmp_path.glob("*.toml")]):
        assert path.read_bytes() == (raw_folder() / path.name).read_bytes(), path.name


BUDGET = (
    "mission_id,approved_maintenance_usd_thousands,fiscal_period,source_symbol\n"
    "MINURSO,1.5,2027-07-01/2028-06-30,A/1\n"
)


@pytest.fixture
def budget(tmp_path) -> Path:
    """Return a folder with a publisher's file of one row, for a table that has more."""
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "ga_approved_2027_28.csv").write_text(BUDGET, encoding="utf-8")
    return tmp_path / "new"


@pytest.mark.slow
def test_a_new_release_in_a_new_folder_keeps_the_other_tables_and_questions_its_card(
    budget, tmp_path
):
    done = compile_sources(budget, tmp_path / "raw", force=True)
    assert read_raw(tmp_path / "raw", "budgets")["usd"].to_list() == [1500]
    pd.testing.assert_frame_equal(
        read_raw(tmp_path / "raw", "personnel"), read_raw(raw_folder(), "personnel")
    )
    before = (raw_folder() / "personnel.toml").read_text("utf-8")
    assert (tmp_path / "raw" / "personnel.toml").read_text("utf-8") == before
    assert build(tmp_path / "built", tmp_path / "raw").rows["budgets"] == 1
    assert "taken though less than before: un_budget in budgets" in done.changed[0]
    assert [note.split(":")[0] for note in done.changed[1:]] == ["un_budget"]
    assert "ga_approved_2027_28.csv" in repr(done) and "A/C.5/80/20" in repr(done)


@pytest.mark.slow
def test_a_source_that_shrinks_is_refused_with_what_would_go_and_nothing_is_written(
    budget, tmp_path, capsys
):
    rows, first = len(pk.load("budgets")), pk.load("budgets")["mission_id"].iloc[0]
    target = tmp_path / "raw"
    assert main(["compile", str(budget), "--target", str(target)]) == 1
    told = capsys.readouterr().err
    assert f"un_budget in budgets: {rows} → 1 rows" in told and "ga_approved_2027_28.csv" in told
    assert first in told and "--force" in told
    assert not list(target.glob("*.csv")) + list(target.glob(".compile*"))
    assert main(["compile", str(budget), "--target", str(target), "--force"]) == 0
    assert len(read_raw(target, "budgets")) == 1


def test_a_file_of_unhcr_with_one_row_erases_no_displacement(tmp_path):
    (tmp_path / "new").mkdir()
    head = (
        "Year,Country of origin (ISO),Country of origin,Country of asylum (ISO),Country of asylum"
    )
    figures = (
        "Refugees under UNHCR's mandate,Asylum-seekers,Returned refugees,IDPs of concern to UNHCR"
    )
    text = f"{head},{figures},Returned IDPss\n2020,SYR,Syria,TUR,Türkiye,5,1,2,3,4\n"
    (tmp_path / "new" / "population.csv").write_text(text, encoding="utf-8")
    with pytest.raises(BuildProblem, match=r"unhcr in displacement: 7,673 → 1 rows; known cells: "):
        compile_sources(tmp_path / "new", tmp_path / "raw")
    assert not list((tmp_path / "raw").glob("*.csv"))


def test_a_file_of_which_no_row_is_kept_is_no_file_to_compile(budget, tmp_path):
    text = BUDGET.replace("2027-07-01/2028-06-30", "some year")
    (budget / "ga_approved_2027_28.csv").write_text(text, encoding="utf-8")
    for force in (False, True):
        with pytest.raises(PkstatsError):
            compile_sources(budget, tmp_path / "raw", force=force)
        assert not list((tmp_path / "raw").glob("*.csv"))


@pytest.mark.parametrize(
    ("after", "shrinks", "told"),
    [
        ({"year": [1990, 1991], "n": [1, 2]}, False, ""),
        ({"year": [1990, 1991, 1992], "n": [1, 2, None]}, False, ""),
        (
            {"year": [1990], "n": [1]},
            True,
            "2 → 1 rows; known cells: year 2 → 1, n 2 → 1; no longer",
        ),
        ({"year": [1990, 1991], "n": [1, None]}, True, "known cells: n 2 → 1"),
        (
            {"year": [1990, 1992], "n": [1, 2]},
            True,
            "no longer covered: 1991; 1 rows would go, first: 1991",
        ),
        ({"year": [1990, 1991], "m": [1, 2]}, True, "known cells: n 2 → 0"),
    ],
)
def test_shrinking_is_fewer_rows_known_cells_or_years(after, shrinks, told):
    found = change(pd.DataFrame({"year": [1990, 1991], "n": [1, 2]}), pd.DataFrame(after), ["year"])
    assert found.shrinks is shrinks
    assert told in str(found)


def test_rows_that_only_change_their_key_are_told_and_not_refused():
    before = pd.DataFrame({"label": ["A", "B"], "year": [1990, 1990]})
    found = change(before, before.assign(label=["A", "C"]), ["label", "year"])
    assert not found.shrinks
    assert str(found) == "1 rows would go, first: B, 1990"


@given(st.lists(st.text(alphabet="'=+-@\t\r 0a,\"\n", max_size=6), min_size=1, max_size=8))
def test_no_cell_of_a_raw_table_is_run_by_a_spreadsheet_and_reading_gives_it_back(texts):
    frame = pd.DataFrame({"source": "x", "note": texts})
    content = to_csv(frame)
    for row in list(csv.reader(io.StringIO(content.decode(), newline="")))[1:]:
        assert for_spreadsheet(row[1]) == row[1]
    again = from_csv(content, Path("notes.csv"))["note"]
    breaks = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    assert again.fillna("").to_list() == breaks


@pytest.mark.parametrize("name", [path.stem for path in sorted(raw_folder().glob("*.csv"))])
def test_no_cell_of_the_shipped_tables_is_run_by_a_spreadsheet(name):
    frame = read_raw(raw_folder(), name)
    for column in frame.select_dtypes("str"):
        cells = frame[column].dropna()
        assert [cell for cell in cells if for_spreadsheet(cell) != cell] == []


def test_tables_are_made_from_raw_tables_of_ones_own(tmp_path, monkeypatch):
    known = pk.load("budgets")
    (tmp_path / "raw").mkdir()
    for path in raw_folder().iterdir():
        content = path.read_bytes()
        if path.name == "budgets.csv":
            content = content[: content.rstrip().rfind(b"\n") + 1]
        (tmp_path / "raw" / path.name).write_bytes(content)
    monkeypatch.setenv("PKSTATS_RAW", str(tmp_path / "raw"))
    monkeypatch.setenv("PKSTATS_DATA", str(tmp_path / "built"))
    assert len(pk.load("budgets")) == len(known) - 1
    monkeypatch.delenv("PKSTATS_RAW")
    monkeypatch.delenv("PKSTATS_DATA")
    assert len(pk.load("budgets")) == len(known)


def test_a_folder_of_files_without_a_table_says_which_verb_reads_them(tmp_path):
    (tmp_path / "GEDEvent_v25_1.csv").write_text("id\n1\n")
    with pytest.raises(BuildProblem, match="read"):
        compile_sources(tmp_path, tmp_path / "raw")


def test_namibia_keeps_its_iso_code():
    states = pk.load("states")
    assert set(states.loc[states["name"] == "Namibia", "iso2"]) == {"NA"}


def test_every_table_can_be_cited():
    for name in table_names():
        if table(name).sources:
            assert pk.cite(name)
            assert "@" in pk.cite(name, style="bibtex")
    assert set(pk.versions()["source"]) == set(source_cards())


def test_a_listing_that_nobody_reads_to_its_end_ends_quietly():
    code = "import sys; from pkstats.cli import main; sys.exit(main(['tables']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_tables_lists_every_table():
    frame = pk.tables()
    assert list(frame["name"]) == list(table_names())
    assert (frame["rows"] > 0).all()


def test_coverage_says_what_goes_on_and_names_a_single_year_once():
    coverage = pk.tables().set_index("name")["coverage"]
    spells = pk.load("force_authority")
    assert spells["to"].isna().any()
    assert coverage["force_authority"] == f"{spells['from'].min()}–ongoing"
    assert pk.load("budgets")["year"].nunique() == 1
    assert not any(span.partition("–")[0] == span.partition("–")[2] for span in coverage if span)


def test_an_unknown_table_gets_a_suggestion():
    with pytest.raises(UnknownTable, match="personnel"):
        pk.load("personel")


def test_mandates_do_not_overlap_and_say_who_coded_them():
    frame = pk.load("mandates").sort_values(["mission_id", "from"])
    before = frame.groupby("mission_id")["to"].shift()
    known = before.notna()
    assert (frame.loc[known, "from"] > before[known]).all()
    assert frame["coder"].notna().all()
    assert set(frame.loc[frame["from"] >= "2016-01", "coder"]) == {"pkstats"}


def test_spells_lose_no_month():
    months = pd.PeriodIndex(["2000-01", "2000-02", "2000-04", "2000-05"], freq="M")
    frame = pd.DataFrame({"label": "A", "month": months, "task": [1, 1, 1, 0]})
    found = spells(frame)
    assert [(str(a), str(b)) for a, b in zip(found["from"], found["to"], strict=True)] == [
        ("2000-01", "2000-02"),
        ("2000-04", "2000-04"),
        ("2000-05", "2000-05"),
    ]
