"""Every line of a file is accounted for, and how large a file may be is known before it is read."""

from __future__ import annotations

import csv
import gzip
import io
import os
import socket
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkstats.errors import BadData, NoRows, UnknownTable, UnreadableFile, WrongColumns
from pkstats.sources import (
    Report,
    files,
    layout,
    limits,
    orders,
    read,
    records,
    shape,
    text,
    workbooks,
    xls,
)
from pkstats.sources.cells import TEXT
from pkstats.sources.layout import Field, _field
from pkstats.sources.times import parse_date
from tests.hardening.damage import as_stata
from tests.hardening.fuzz import known_seeds

HEADER = "Mission,Country of Mission,Date,Troops,Police,Observers,Total"
ROWS = [f"UN{letter},Haiti,2001-01-31,1,1,1,3" for letter in "ABCDEF"]


def put(folder: Path, content: bytes | str, name: str = "data_mission.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def ipi(folder: Path, rows: list[str] = ROWS) -> tuple[pd.DataFrame, Report]:
    return read("ipi", put(folder, "\n".join([HEADER, *rows]) + "\n"))


# Lines, and quotation marks among them


def test_paired_stray_quotes_swallow_no_row(tmp_path):
    rows = list(ROWS)
    rows[1], rows[4] = f'"{rows[1]}', rows[4].replace("UNE", 'UNE"')
    frame, report = ipi(tmp_path, rows)
    assert (report.read, report.kept, report.set_aside) == (6, 2, 4)
    assert frame["label"].to_list() == ["UNA", "UNF"]
    assert report.frame["row"].to_list() == [2, 3, 4, 5]
    assert report.frame["reason"].str.startswith("a quotation mark opened in one row").all()


def test_a_quoted_cell_of_several_lines_is_one_row(tmp_path):
    rows = [*ROWS[:2], 'UNX,"one, two\nthree\n\nfour, ""five""",2001-01-31,1,1,1,3', ROWS[2]]
    frame, report = ipi(tmp_path, rows)
    assert (report.read, report.kept) == (4, 4)
    assert frame["location"].to_list()[2] == 'one, two\nthree\n\nfour, "five"'


def test_a_quotation_mark_within_a_cell_is_a_letter_and_noted(tmp_path):
    frame, report = ipi(tmp_path, [ROWS[0], ROWS[1].replace("Haiti", 'the "old" town')])
    assert frame["location"].to_list() == ["Haiti", 'the "old" town']
    assert "1 cells hold a stray quotation mark, kept as a letter" in report.notes


def test_a_mark_that_is_not_doubled_costs_its_own_line_only(tmp_path):
    rows = [ROWS[0], ROWS[1].replace("Haiti", '"the "old", town"'), ROWS[2]]
    frame, report = ipi(tmp_path, rows)
    assert frame["label"].to_list() == ["UNA", "UNC"]
    assert report.frame["reason"].to_list() == [
        "a quotation mark inside a quoted cell is not doubled"
    ]


CELLS = st.sampled_from(["", "a", '"', '"a', 'a"', 'a"b', '""', "b", '"a, b"'])
LINES = st.lists(st.lists(CELLS, min_size=3, max_size=3).map(",".join), min_size=1)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@given(LINES, ENDS)
def test_no_line_is_lost_whatever_the_quotation_marks(lines, end):
    try:
        found = records.split_records(end.join(["x,y,z", *lines]).encode(), ",", "a.csv")
    except UnreadableFile as problem:
        assert "never closed" in str(problem)
        return
    kept = found.content.decode().split(end)[1:]
    broken = [line for row in found.broken for line in row.text.split(end)]
    assert sorted(filter(None, [*kept, *broken])) == sorted(lines)
    assert len({row.row for row in found.broken}) == len(found.broken) <= found.total <= len(lines)


@given(st.lists(st.just("a,b,c"), min_size=1), st.data(), ENDS)
def test_two_stray_quotation_marks_join_no_rows(lines, data, end):
    for _ in range(2):
        row = data.draw(st.integers(0, len(lines) - 1))
        place = data.draw(st.integers(0, len(lines[row])))
        lines[row] = f'{lines[row][:place]}"{lines[row][place:]}'
    try:
        found = records.split_records(end.join(["x,y,z", *lines]).encode(), ",", "a.csv")
    except UnreadableFile as problem:
        assert "never closed" in str(problem)
    else:
        assert found.total == len(lines)


@given(st.lists(st.lists(st.text('a,"\n é', max_size=6), min_size=5, max_size=5), min_size=1))
def test_rows_that_a_csv_writer_wrote_are_kept_or_set_aside_by_their_own_lines(rows):
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([["x"] * 5, *rows])
    found = records.split_records(written.getvalue().encode(), ",", "a.csv")
    again = list(csv.reader(io.StringIO(found.content.decode(), newline="")))[1:]
    assert len(again) + len(found.broken) == found.total
    assert all(row in rows for row in again)
    assert found.total >= len(rows)


def test_a_report_checks_that_each_row_is_accounted_for_once():
    report = Report("kind", "a.csv", 3)
    report.put_aside([2], "x", ["?"], "odd")
    with pytest.raises(BadData, match="1 kept and 1 set aside"):
        report.close(np.array([1]))
    with pytest.raises(BadData, match="fault of the reader 'kind'"):
        report.close(np.array([1, 2]))
    report.close(np.array([1, 3]))
    assert (report.read, report.kept, report.set_aside) == (3, 2, 1)


# Encodings


def test_one_damaged_byte_changes_no_other_row_of_a_utf_8_file(tmp_path):
    content = "\n".join([HEADER, *(row.replace("Haiti", "Côte") for row in ROWS)]).encode()
    damaged = content.replace("UNC,Cô".encode(), b"UNC,C\xff")
    frame, report = read("ipi", put(tmp_path, damaged))
    assert report.frame["row"].to_list() == [3]
    assert set(frame["location"]) == {"Côte"}
    frame, report = read("ipi", put(tmp_path, content.decode().encode("cp1252")))
    assert (report.kept, set(frame["location"])) == (6, {"Côte"})


def test_a_zero_byte_far_into_a_file_costs_its_row(tmp_path):
    rows = [f"UN{number},Haiti,2001-01-31,1,1,1,3" for number in range(100)]
    rows[90] = rows[90].replace("Haiti", "Ha\0ti")
    _, report = ipi(tmp_path, rows)
    assert report.frame["row"].to_list() == [91]


# Workbooks


def workbook(rows: list[list[object]], **cells: object) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book, content = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    for place, value in cells.items():
        book.active[place] = value
    book.save(content)
    return content.getvalue()


SHEET: list[list[object]] = [HEADER.split(","), ["UNA", "Haiti", "2001-01-31", 1, 1, 1, 3]]


@pytest.mark.parametrize("cell", ["XFD1048576", "CV1048576"])
def test_a_stray_cell_is_refused_before_memory_is_taken(tmp_path, cell):
    path = put(tmp_path, workbook(SHEET, **{cell: "x"}), "a.xlsx")
    with pytest.raises(UnreadableFile, match="PKSTATS_MAX_SHEET"):
        read("ipi", path)


def test_a_stray_cell_nearby_is_a_row_and_formats_alone_are_none(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    frame, report = read("ipi", put(tmp_path, workbook(SHEET, K9="x"), "a.xlsx"))
    assert (report.read, report.kept, report.set_aside) == (2, 1, 1)
    content = workbook(SHEET)
    book = openpyxl.load_workbook(io.BytesIO(content))
    book.active["XFD900000"].font = openpyxl.styles.Font(bold=True)
    book.save(tmp_path / "b.xlsx")
    again, report = read("ipi", tmp_path / "b.xlsx")
    assert (report.read, report.kept) == (1, 1)
    pd.testing.assert_frame_equal(again, frame)


def test_a_row_of_formulas_without_values_is_set_aside(tmp_path):
    path = put(tmp_path, workbook([*SHEET, ["=A2"] * 7], A6="UNX"), "a.xlsx")
    _, report = read("ipi", path)
    assert (report.read, report.kept, report.set_aside) == (3, 1, 2)
    assert (1, "row 3 of the sheet holds no stored value") not in report.frame["reason"].items()
    assert "row 3 of the sheet holds no stored value" in set(report.frame["reason"])


def test_the_header_of_a_workbook_is_found_below_other_lines(tmp_path):
    frame, report = read("ipi", put(tmp_path, workbook([["Data"], [], *SHEET]), "a.xlsx"))
    assert frame["label"].to_list() == ["UNA"]
    assert "2 lines above the header were skipped" in report.notes


def test_text_in_a_workbook_stays_as_written(tmp_path):
    row = ["007", "Haiti", "2001-01-31", 1, 1, 1, 3]
    frame, _ = read("ipi", put(tmp_path, workbook([SHEET[0], row]), "a.xlsx"))
    assert frame["label"].to_list() == ["007"]


def test_cells_without_a_reference_count_from_the_last_one():
    first = b"<row><c><v>1</v></c><c><v>1</v></c></row>"
    sheet = b'<sheet>%b<row r="9"><c r="D9"><v/></c><c><v/></c></row></sheet>' % first
    assert workbooks._reach(io.BytesIO(sheet)) == (9, 5, {1, 9})


def test_an_old_workbook_tells_how_far_its_cells_reach(source):
    content = source("mullenbach/Third-Party-PKMs-version-3.1.xls").read_bytes()
    found = xls.reach(content, 0, "a.xls")
    assert (found.rows, found.columns, len(found.filled)) == (216, 36, 216)
    stated = content.index(struct.pack("<HHIIHH", 0x0200, 14, 0, 216, 0, 36))
    huge = bytearray(content)
    struct.pack_into("<IIHH", huge, stated + 4, 0, 2**31, 0, 2**15)
    assert xls.reach(bytes(huge), 0, "a.xls").rows == 2**31
    with pytest.raises(UnreadableFile, match="damaged"):
        xls.reach(content[:600], 0, "a.xls")


# Sizes


def test_each_limit_is_a_setting_that_its_message_names(tmp_path, monkeypatch):
    wide = "\n".join([",".join([HEADER, "a", "b"]), *(f"{row},1,2" for row in ROWS)])
    short = "\n".join([HEADER, *ROWS, "a", "b"])
    cases = [
        ("PKSTATS_MAX_BYTES", "60", put(tmp_path, wide, "a.csv")),
        ("PKSTATS_MAX_BYTES", "200", put(tmp_path, gzip.compress(wide.encode() * 9), "b.csv.gz")),
        ("PKSTATS_MAX_COLUMNS", "8", put(tmp_path, wide, "c.csv")),
        ("PKSTATS_MAX_ROWS", "5", put(tmp_path, wide, "d.csv")),
        ("PKSTATS_MAX_CELLS", "50", put(tmp_path, wide, "e.csv")),
        ("PKSTATS_MAX_BROKEN", "1", put(tmp_path, short, "f.csv")),
        ("PKSTATS_MAX_SHEET", "13", put(tmp_path, workbook(SHEET), "g.xlsx")),
        ("PKSTATS_MAX_ROWS", "1", put(tmp_path, workbook([*SHEET, SHEET[1]]), "h.xlsx")),
        ("PKSTATS_MAX_BYTES", "9000", put(tmp_path, workbook(SHEET, A3="x" * 9000), "i.xlsx")),
    ]
    for setting, most, path in cases:
        with monkeypatch.context() as patch:
            patch.setenv(setting, most)
            with pytest.raises(
                UnreadableFile, match=f"{path.name}: expected at most .* set {setting}"
            ):
                read("ipi", path)
    monkeypatch.setenv("PKSTATS_MAX_ROWS", "many")
    with pytest.raises(UnreadableFile, match="PKSTATS_MAX_ROWS should be a whole number"):
        read("ipi", put(tmp_path, wide, "a.csv"))


def test_what_a_file_inflates_to_is_limited_while_it_inflates(tmp_path, monkeypatch):
    monkeypatch.setitem(limits.LIMITS, "PKSTATS_MAX_BYTES", limits.Limit("bytes", 5_000_000))
    zeros = b"0" * 50_000_000
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.csv", zeros)
    kinds = {"a.csv.gz": gzip.compress(zeros, 1), "a.zip": archive.getvalue()}
    for name, content in kinds.items():
        with pytest.raises(UnreadableFile, match="at most 5,000,000 bytes; it holds more"):
            read("ipi", put(tmp_path, content, name))
    pytest.importorskip("pyreadr")
    with pytest.raises(UnreadableFile, match="it holds more"):
        read("polity", put(tmp_path, gzip.compress(zeros, 1), "a.rda"))


@pytest.mark.slow
def test_the_publishers_files_pass_the_limits(sources):
    walked = 0
    for path in sorted(sources.rglob("*")):
        suffix = path.suffix.lower()
        if not path.is_file() or suffix in (".md", ".zip"):
            continue
        files.check_path(path)
        walked += 1
        if suffix in (".rda", ".rds"):
            assert files.unpacked_size(path)
            continue
        content = files.read_bytes(path, lambda beginning: 0.0)
        if suffix in (".xlsx", ".xls"):
            reach = (workbooks._reach_of_xlsx if suffix == ".xlsx" else xls.reach)(
                content, 0, path.name
            )
            limits.check("PKSTATS_MAX_SHEET", reach.rows * reach.columns, path.name)
        elif suffix in files.TEXT_SUFFIXES:
            head = shape.find_header(text.to_utf8(content, path.name, []), len, [], path.name)
            assert records.split_records(head.content, head.delimiter, path.name).total
    assert walked > 100


# What is no file, and no archive


def test_only_regular_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        for path, what in [
            ("/dev/zero", "device"),
            (tmp_path / "pipe.csv", "pipe"),
            (tmp_path / "s", "socket"),
        ]:
            for kind in ("ipi", "polity"):
                with pytest.raises(UnreadableFile, match=f"is a {what}"):
                    read(kind, path)


def test_paths_and_names_that_are_none_are_refused():
    for path, message in [
        ("a\0b.csv", "null character"),
        ("x" * 5000, "more than 255 bytes"),
        (3, "found int"),
    ]:
        with pytest.raises(UnreadableFile, match=message) as problem:
            read("ipi", path)
        assert len(str(problem.value)) < 500
    for kind in ([], None, 3):
        with pytest.raises(UnknownTable, match="Expected the name of a reader"):
            read(kind, "a.csv")


def damaged_archives() -> dict[str, bytes]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("x.csv", "\n".join([HEADER, *ROWS]))
    content = archive.getvalue()
    entry, end = content.rfind(b"PK\x01\x02"), content.rfind(b"PK\x05\x06")
    offset, letters, locked = bytearray(content), bytearray(content), bytearray(content)
    offset[end + 16 : end + 20] = b"\xff\xff\xff\x7f"
    letters[entry + 8 : entry + 10], letters[entry + 46] = struct.pack("<H", 0x800), 0xFF
    locked[entry + 8 : entry + 10] = locked[6:8] = struct.pack("<H", 1)
    nested = io.BytesIO()
    with zipfile.ZipFile(nested, "w") as packed:
        packed.writestr("in.zip", content)
    twice = gzip.compress(gzip.compress(b"a,b\n1,2\n"))
    return {
        **{"offset": bytes(offset), "name": bytes(letters), "locked": bytes(locked)},
        **{"nested": nested.getvalue(), "twice": twice, "nothing": gzip.compress(b"")},
    }


@pytest.mark.parametrize("name", damaged_archives())
def test_damaged_locked_and_nested_archives_are_unreadable(tmp_path, name):
    with pytest.raises(UnreadableFile, match=name):
        read("ipi", put(tmp_path, damaged_archives()[name], f"{name}.zip"))


def test_an_r_file_without_a_frame_says_so(tmp_path):
    pytest.importorskip("pyreadr")
    empty = b"RDX2\nX\n\0\0\0\2\0\3\6\0\0\2\3\0\0\0\0\xfe"
    with pytest.raises(UnreadableFile, match="without a data frame"):
        read("polity", put(tmp_path, gzip.compress(empty), "a.rda"))


def test_a_stata_file_that_says_fewer_rows_than_it_holds_is_damaged(tmp_path, source):
    content = source("shortfall/Personnel_shortfall_data.dta").read_bytes()
    place = content.index(b"<N>") + 3
    width = content.index(b"</N>") - place
    rows = int.from_bytes(content[place : place + width], "little")
    fewer = content[:place] + (rows - 8).to_bytes(width, "little") + content[place + width :]
    with pytest.raises(UnreadableFile, match=f"says it has {rows - 8:,} rows and holds {rows:,}"):
        read("shortfall", put(tmp_path, fewer, "a.dta"))


# The wrong file


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS pointer"),
        (b"/annex/objects/SHA256E-s1\n", "git-annex pointer"),
        (b'{"TotalCount":2,"Result":[{"id":1}]}', "JSON"),
        (b'[{"id": 1}]', "JSON"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html>\n<html><title>Log in</title>", "web page"),
        (b'<?xml version="1.0"?><rows/>', "XML"),
        (b"%PDF-1.7 1 0 obj", "PDF"),
        (b"<stata_dta><header>", "Stata file"),
    ],
)
def test_a_file_that_is_no_table_is_told_by_its_beginning(tmp_path, content, what):
    with pytest.raises(UnreadableFile, match=f"is (a|an)?.*{what}"):
        read("ged", put(tmp_path, content, "a.csv"))


def test_a_file_without_header_and_one_of_another_publisher_are_not_renamed(tmp_path):
    for content, what in [
        ("1,MLI-1,2024,1,Clear,9001,Mali\n2,MLI-2,2024,1,Clear,9001,Mali\n", "no header"),
        ("event_id_cnty,event_date,sub_event_type,country\n1,2,3,Mali\n", "ACLED"),
        ("a,b,c,country\n1,2,3,Mali\n", "Check that this is the right file"),
    ]:
        with pytest.raises(WrongColumns, match=what) as problem:
            read("ged", put(tmp_path, content, "a.csv"))
        assert "Rename" not in str(problem.value)


def test_another_publishers_header_is_shown_as_the_header(tmp_path):
    rows = [*ROWS, "month,mission,Haiti,troops,1,1,3"]
    with pytest.raises(WrongColumns, match="Found: Mission, Country of Mission"):
        read("un_contributions", put(tmp_path, "\n".join([HEADER, *rows])))


def test_ten_thousand_columns_of_another_file_are_refused_and_the_message_is_short(tmp_path):
    header = ",".join(f"a_column_{number}" for number in range(10_000))
    with pytest.raises(WrongColumns) as problem:
        read("pact", put(tmp_path, f"{header}\n1,2\n"))
    assert len(str(problem.value)) < 1000


# Numbers and dates as they are written


@pytest.mark.parametrize(
    "cell", ["9007199254740993", "9" * 20, "1e308", "Infinity", "nan", "0x10", "1_0"]
)
def test_a_number_that_cannot_be_kept_exactly_is_not_kept(tmp_path, cell):
    frame, report = ipi(tmp_path, [ROWS[0], ROWS[1].replace(",1,1,1,3", f",{cell},1,1,3")])
    assert report.kept == report.read - report.set_aside
    assert frame["troops"].dropna().to_list() == [1]


def test_a_cell_that_is_no_number_changes_no_other(tmp_path):
    plain, _ = read("un_missions", put(tmp_path, missions(), "a.csv"))
    odd, _ = read("un_missions", put(tmp_path, missions() + "UNZ,Z,No,2001-01-01,,,x,\n", "b.csv"))
    pd.testing.assert_frame_equal(odd.iloc[: len(plain)], plain)


def missions() -> str:
    text = "mission_acronym,mission_name,mission_isactive,start_date,end_date,mission_location,"
    text += "mission_longitude,mission_latitude\n"
    return text + "".join(f"UN{n},X,No,2001-01-01,,,{n / 7!r},{n / 3!r}\n" for n in range(50))


def dated(tmp_path: Path, cells: list[str]) -> tuple[list[str], Report]:
    rows = [f"UN{number},Haiti,{cell},1,1,1,3" for number, cell in enumerate(cells)]
    frame, report = ipi(tmp_path, rows)
    return frame["month"].astype(str).to_list(), report


@pytest.mark.parametrize(
    ("cells", "months"),
    [
        (["15/02/1990", "03/04/1991"], ["1990-02", "1991-04"]),
        (["2/15/1990 12:00:00 AM", "3/4/1991 12:00:00 AM"], ["1990-02", "1991-03"]),
        (["15.02.1990", "2001-01-31", "03.04.1991"], ["1990-02", "2001-01", "1991-04"]),
    ],
)
def test_the_order_of_day_and_month_is_proven_by_the_file(tmp_path, cells, months):
    found, report = dated(tmp_path, cells)
    assert found == months
    assert any("as those show that can be nothing else" in note for note in report.notes)


def test_mixed_orders_are_refused_and_unproven_ones_set_aside(tmp_path):
    with pytest.raises(UnreadableFile, match="mix two orders"):
        dated(tmp_path, ["15/02/1990", "02/15/1990", "03/04/1991"])
    found, report = dated(tmp_path, ["03/04/1991", "2001-01-31"])
    assert (found, report.set_aside) == (["2001-01"], 1)
    with pytest.raises(NoRows, match="none of its 2 rows"):
        dated(tmp_path, ["03/04/1991", "05/06/1992"])


def test_only_two_digit_years_are_shifted():
    field = Field("x", ("x",), "date", formats=("%m/%d/%y", "%d-%b-%y"), latest_year=2047)
    cells = ["5/17/83", "1/2/47", "1/2/48", "2026-05-01", "2050-01-01", "17-Mar-99", "1-feb-05"]
    parsed = parse_date(pa.array([*cells, "1-Foo-05", "1-Marseille-05"], TEXT), field)
    years = parsed.values[:7].astype("datetime64[Y]").astype(int) + 1970
    assert years.tolist() == [1983, 2047, 1948, 2026, 2050, 1999, 2005]
    assert parsed.bad.tolist() == [False] * 7 + [True] * 2


def test_a_layout_with_two_digit_years_names_the_latest_one():
    with pytest.raises(ValueError, match="need latest_year"):
        _field("x", {"dtype": "date", "formats": "%d/%m/%y"})


def test_earlier_releases_of_the_fatalities_have_two_digit_years(tmp_path):
    header = "Casualty_ID,Incident_Date,Mission_Acronym,Type_Of_Incident,Casualty_Personnel_Type,"
    header += "Casualty_Nationality,M49_Code,ISOCode3,Gender"
    dates = ["17-Mar-99", "02-Jan-05", "02-Jan-48"]
    rows = [f"X-{day},{day},UNIFIL,Illness,Military,Ghana,288,GHA,M" for day in dates]
    frame, _ = read("un_fatalities", put(tmp_path, "\n".join([header, *rows]), "odp_noticas.csv"))
    assert frame["date"].astype(str).to_list() == ["1999-03-17", "2005-01-02", "1948-01-02"]


def test_pa_x_9_is_read_day_first(source):
    frame, report = read("pax", source("pax_v9/pax_all_agreements_data_v9.csv"))
    assert (report.read, report.kept) == (2144, 2144)
    assert (str(frame["date"].min())[:10], str(frame["date"].max())[:10]) == (
        "1990-02-15",
        "2024-12-14",
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_above_the_header_are_skipped_whatever_their_ends(tmp_path, end):
    frame, report = read("ipi", put(tmp_path, end.join(["Data", "as of 2017", HEADER, *ROWS])))
    assert (report.read, report.kept, frame["label"].iloc[0]) == (6, 6, "UNA")
    assert report.notes[0] == "2 lines above the header were skipped"


def test_the_order_that_a_layout_names_yields_to_several_cells_only(tmp_path):
    plan = layout("conflicts")
    for cells, days in [
        (["1-5-1990", "1-15-1990"], ["1990-05-01", None]),
        (["1-5-1990", "1-15-1990", "2-15-1990", "3-15-1990"], ["1990-01-05", "1990-01-15"]),
    ]:
        column = {"start_date": pa.array(cells, TEXT)}
        settled = orders.settled(column, plan, Report("conflicts", "a.csv", len(cells)))
        field = next(field for field in plan.fields if field.name == "start_date")
        parsed = parse_date(settled["start_date"], field)
        found = parsed.values[:2].astype("datetime64[D]")
        assert [None if np.isnat(day) else str(day) for day in found] == days


def test_stata_text_in_another_encoding_is_noted_and_warns_nobody(tmp_path):
    seed = next(one for one in known_seeds(1) if one.kind == "fts")
    content = as_stata(seed)
    assert content and "Côte".encode() in content
    path = tmp_path / "file.dta"
    path.write_bytes(content.replace("Côte".encode(), b"C\xf4te "))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, report = read("fts", path)
    assert "text that is not UTF-8: decoded as Latin-1" in report.notes
