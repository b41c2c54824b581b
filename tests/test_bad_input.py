"""Bad input: nothing is dropped silently, and every failure says what to do next."""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
import sys
import tempfile
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkstats.errors import NoRows, PkstatsError, UnreadableFile, WrongColumns
from pkstats.sources import Report, layout, layout_names, read

HEADER = ["Mission", "Country of Mission", "Date", "Troops", "Police", "Observers", "Total"]
GOOD = [
    ["UNAMSIL", "Sierra Leone", "2002-04-30", "17000", "200", "277", "17477"],
    ["MINUSTAH", "Haiti", "2011-10-31", "9000", "3500", "52", "12552"],
    ["UNOCI", "Côte d’Ivoire", "2011-10-31", "9000", "1000", "100", "10100"],
]
MISSIONS = "mission_acronym,mission_name,mission_isactive,start_date,end_date,mission_location,"
MISSIONS += "mission_longitude,mission_latitude\n"
KATHMAN = "mission,missioncountry,missionccode,year,month,troop,police,militaryobservers,total\n"


def as_csv(rows: list[list[str]], header: list[str] = HEADER, delimiter: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


def header_of(kind: str) -> list[str]:
    fields = layout(kind).fields
    names = ["1960" if field.wide_years else field.column[0] for field in fields]
    return list(dict.fromkeys([*names, *(name for field in fields for name in field.month_column)]))


def put(folder: Path, content: bytes | str, name: str = "data_mission.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def ipi(folder: Path, content: bytes | str) -> tuple[pd.DataFrame, Report]:
    return read("ipi", put(folder, content))


def attempt(kind: str, path: Path) -> tuple[pd.DataFrame, Report]:
    """Read a file; one without a good row gives no rows and its report."""
    try:
        return read(kind, path)
    except NoRows as problem:
        assert isinstance(problem.report, Report)
        return pd.DataFrame(), problem.report


def account(frame: pd.DataFrame, report: Report) -> tuple[int, int, int]:
    assert report.read == report.kept + report.set_aside
    assert report.kept == len(frame)
    rows = report.frame["row"]
    assert rows.is_unique
    assert rows.between(1, report.read).all()
    return report.read, report.kept, report.set_aside


def aside(report: Report) -> list[tuple[int, str]]:
    return list(zip(report.frame["row"], report.frame["reason"], strict=True))


@pytest.fixture
def plain(tmp_path: Path) -> pd.DataFrame:
    frame, report = ipi(tmp_path, as_csv(GOOD))
    assert account(frame, report) == (3, 3, 0)
    return frame


# The wrong file


def test_the_wrong_file_names_the_right_reader(tmp_path):
    with pytest.raises(WrongColumns, match=r"looks like 'ipi': try pkstats\.read\('ipi'"):
        read("un_fatalities", put(tmp_path, as_csv(GOOD)))


@pytest.mark.parametrize("kind", [kind for kind in layout_names() if layout(kind).siblings])
def test_a_sibling_of_the_file_is_refused_by_its_columns(tmp_path, kind):
    for sibling in layout(kind).siblings:
        if not sibling.has:
            continue
        if sibling.reader:
            fields = layout(sibling.reader).fields
            known = {name for field in fields for name in field.column + field.month_column}
            assert set(sibling.has) <= known
        header = [name for name in header_of(kind) if name not in sibling.lacks] + [*sibling.has]
        path = put(tmp_path, as_csv([["1"] * len(header)], header))
        with pytest.raises(WrongColumns, match=sibling.reader or re.escape(sibling.what)):
            read(kind, path)


def test_a_renamed_column_is_named(tmp_path):
    header = [name.replace("Troops", "Troopss") for name in HEADER]
    with pytest.raises(WrongColumns, match=r"Missing: Troops\..*'Troopss' for 'Troops'"):
        ipi(tmp_path, as_csv(GOOD, header))


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(WrongColumns, match=r"Missing: Total\. Found: Mission, "):
        ipi(tmp_path, as_csv([row[:-1] for row in GOOD], HEADER[:-1]))


def test_a_column_that_appears_twice_is_read_once(tmp_path, plain):
    text = as_csv([[*row, "7"] for row in GOOD], [*HEADER, "Troops"])
    frame, _ = ipi(tmp_path, text)
    pd.testing.assert_frame_equal(frame, plain)


def test_column_names_may_differ_in_case_and_blanks(tmp_path, plain):
    frame, _ = ipi(tmp_path, as_csv(GOOD, [f" {name.upper()} " for name in HEADER]))
    pd.testing.assert_frame_equal(frame, plain)


def test_a_missing_file_a_folder_and_a_closed_file_are_explained(tmp_path, monkeypatch):
    with pytest.raises(UnreadableFile, match="there is none"):
        read("ipi", tmp_path / "absent.csv")
    with pytest.raises(UnreadableFile, match="is a folder"):
        read("ipi", tmp_path)
    with pytest.raises(UnreadableFile, match="there is none"):
        read("polity", tmp_path / "absent.rda")

    def refuse(path: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    path = put(tmp_path, as_csv(GOOD), "closed.csv")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UnreadableFile, match="Permission denied"):
        read("ipi", path)


def test_an_r_file_without_pyreadr_says_what_is_needed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyreadr", None)
    with pytest.raises(UnreadableFile, match="install pyreadr"):
        read("polity", put(tmp_path, b"RDX3", "polity.rda"))


# Encodings, containers and line ends


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8-sig", "byte-order mark"),
        ("utf-16", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("cp1252", "Latin-1"),
    ],
)
def test_other_encodings_read_the_same(tmp_path, plain, encoding, note):
    text = as_csv(GOOD) if encoding != "utf-16-be" else "\ufeff" + as_csv(GOOD)
    frame, report = ipi(tmp_path, text.encode(encoding))
    pd.testing.assert_frame_equal(frame, plain)
    assert note in report.notes[0]


def test_utf_16_cut_in_half_a_letter_is_read_up_to_there(tmp_path):
    frame, report = ipi(tmp_path, as_csv(GOOD).encode("utf-16")[:-3])
    assert account(frame, report)[0] == 3


def test_a_letter_that_is_not_utf_8_far_into_a_large_file_is_read(tmp_path):
    months = [f"{1950 + n // 12 % 100}-{n % 12 + 1:02}-01" for n in range(9000)]
    rows = [[f"UNX{n // 1200}", "A", month, *"1113"] for n, month in enumerate(months)]
    rows += [[f"UN{n}", "A" * 900, "2001-01-31", *"1113"] for n in range(6000)]
    text = as_csv(rows).encode() + "UNOCI,Côte,2001-01-31,1,1,1,3\n".encode("latin-1")
    frame, report = ipi(tmp_path, text)
    assert account(frame, report) == (15001, 15001, 0)
    assert frame["location"].iloc[-1] == "Côte"


def test_whole_gzip_and_zip_read_the_same_as_plain(tmp_path, plain):
    text = as_csv(GOOD).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data_mission.csv", text)
    for name, content in (("a.csv.gz", gzip.compress(text)), ("a.zip", packed.getvalue())):
        frame, _ = read("ipi", put(tmp_path, content, name))
        pd.testing.assert_frame_equal(frame, plain)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_truncated_gzip_zip_and_workbooks_say_so(tmp_path, share):
    text = as_csv(GOOD * 500).encode()
    packed, book = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data_mission.csv", text)
    pd.DataFrame(GOOD, columns=HEADER).to_excel(book, index=False)
    whole = {"a.csv.gz": gzip.compress(text), "a.zip": packed.getvalue(), "a.xlsx": book.getvalue()}
    for name, content in whole.items():
        with pytest.raises(UnreadableFile, match=f"{name}.*ownload it again"):
            read("ipi", put(tmp_path, content[: int(len(content) * share)], name))


def test_of_the_tables_in_a_zip_the_one_with_the_readers_columns_is_read(tmp_path, plain):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("data/ipi.csv", as_csv(GOOD))
        archive.writestr("data/footnotes.csv", "number,footnote\n" + "1,a long remark\n" * 500)
    frame, _ = read("ipi", put(tmp_path, packed.getvalue(), "a.zip"))
    pd.testing.assert_frame_equal(frame, plain)


def test_a_zip_without_a_table_lists_what_it_holds(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("readme.pdf", b"")
    with pytest.raises(UnreadableFile, match=r"readme\.pdf"):
        read("ipi", put(tmp_path, packed.getvalue(), "a.zip"))


def test_a_workbook_named_csv_says_how_to_name_it(tmp_path):
    book = io.BytesIO()
    pd.DataFrame(GOOD, columns=HEADER).to_excel(book, index=False)
    with pytest.raises(UnreadableFile, match=r"Rename it to \.xlsx"):
        ipi(tmp_path, book.getvalue())


def test_a_csv_named_xlsx_is_read_and_noted(tmp_path, plain):
    frame, report = read("ipi", put(tmp_path, as_csv(GOOD), "data_mission.xlsx"))
    pd.testing.assert_frame_equal(frame, plain)
    assert "read as CSV" in report.notes[0]


@pytest.mark.parametrize("kind", ["kathman", "shortfall"])
def test_a_csv_named_like_a_stata_or_r_file_says_how_to_name_it(tmp_path, kind):
    text = as_csv([["1"] * len(header_of(kind))], header_of(kind))
    with pytest.raises(UnreadableFile, match=r"is not a Stata file.* rename it to .csv"):
        read(kind, put(tmp_path, text, "table.dta"))
    pytest.importorskip("pyreadr")
    with pytest.raises(UnreadableFile, match=r"as an R file.* rename it to .csv"):
        read(kind, put(tmp_path, text, "table.rda"))


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_other_line_ends_read_the_same(tmp_path, plain, end):
    frame, _ = ipi(tmp_path, as_csv(GOOD).replace("\n", end))
    pd.testing.assert_frame_equal(frame, plain)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_read_the_same(tmp_path, plain, delimiter):
    frame, _ = ipi(tmp_path, as_csv(GOOD, delimiter=delimiter))
    pd.testing.assert_frame_equal(frame, plain)


def test_delimiters_inside_a_quoted_header_do_not_mislead(tmp_path, plain):
    text = as_csv([[*row, ""] for row in GOOD], [*HEADER, "a;b;c;d;e;f;g;h;i;j"])
    assert '"' not in text
    text = text.replace("a;b;c;d;e;f;g;h;i;j", '"a;b;c;d;e;f;g;h;i;j, k"')
    frame, _ = ipi(tmp_path, text)
    pd.testing.assert_frame_equal(frame, plain)


def test_a_huge_header_and_a_huge_cell_are_read(tmp_path, plain):
    extra = [f"note {number} " + "x" * 2000 for number in range(2500)]
    frame, _ = ipi(tmp_path, as_csv([[*row, *[""] * 2500] for row in GOOD], [*HEADER, *extra]))
    pd.testing.assert_frame_equal(frame, plain)
    long = [[row[0], "x" * 5_000_000, *row[2:]] for row in GOOD]
    frame, report = ipi(tmp_path, as_csv(long))
    assert account(frame, report) == (3, 3, 0)


# Files with nothing to read


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (as_csv([]).encode(), "a header but no rows"),
        (b"\n\n\n", "Missing: Mission"),
        (b"<!DOCTYPE html><html><body>Not found</body></html>", r"is a web page \(HTML\)"),
        (bytes(range(256)) * 20, "is not text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "is not text"),
        (random.Random(1).randbytes(5000).replace(b"\x00", b"a"), "Missing: Mission"),
    ],
    ids=["empty", "header only", "blank lines", "web page", "bytes", "picture", "junk"],
)
def test_files_without_a_table_are_explained(tmp_path, content, message):
    with pytest.raises(PkstatsError, match=message):
        ipi(tmp_path, content)


def test_when_no_row_can_be_kept_the_error_says_the_commonest_reason_and_has_the_report(tmp_path):
    rows = [["", *GOOD[0][1:]], ["", *GOOD[1][1:]], spoiled(date="x")]
    with pytest.raises(
        NoRows, match=r"none of its 3 rows .* \(2 rows\): column 'Mission': no value"
    ):
        ipi(tmp_path, as_csv(rows))
    frame, report = attempt("ipi", put(tmp_path, as_csv(rows)))
    assert account(frame, report) == (3, 0, 3)


@pytest.mark.parametrize("kind", layout_names())
def test_no_reader_stumbles_over_a_file_without_a_good_row(tmp_path, kind):
    header = header_of(kind)
    text = as_csv([["1"] * (len(header) + 1)] * 2, header)
    frame, report = attempt(kind, put(tmp_path, text, f"{kind}.csv"))
    assert account(frame, report) == (2, 0, 2)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([".csv", ".xlsx", ".dta", ".gz", ".zip", ".rda"]))
def test_no_bytes_whatever_make_anything_but_our_own_errors(content, suffix):
    heads = {".gz": b"\x1f\x8b\x08", ".zip": b"PK\x03\x04", ".xlsx": b"PK\x03\x04xl/"}
    with tempfile.TemporaryDirectory() as folder:
        for start in (b"", heads.get(suffix, as_csv([]).encode())):
            path = put(Path(folder), start + content, f"data_mission{suffix}")
            try:
                frame, report = read("ipi", path)
            except PkstatsError as problem:
                assert path.stem in str(problem)
            else:
                account(frame, report)


# Rows that cannot be read


def spoiled(**cells: str) -> list[str]:
    pairs = zip(HEADER, GOOD[0], strict=True)
    return [cells.get(name.split(" ")[0].lower(), cell) for name, cell in pairs]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (spoiled(date="2002-13-31"), "expected a month like"),
        (spoiled(date="2002-02-30"), "expected a month like"),
        (spoiled(mission=" "), "no value"),
        (GOOD[2], "repeats an earlier row"),
        ([*GOOD[2][:3], *"1113"], "same key as an earlier row, with other values"),
        (["UNX", "A"], "expected 7 cells, found 2"),
        ([*GOOD[0], "8"], "expected 7 cells, found 8"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_bad_row_is_set_aside_with_its_number_and_reason(tmp_path, row, reason):
    frame, report = ipi(tmp_path, as_csv([GOOD[2], GOOD[1], row, GOOD[0]]))
    assert account(frame, report) == (4, 3, 1)
    assert [number for number, _ in aside(report)] == [3]
    assert reason in aside(report)[0][1]
    assert frame["label"].to_list() == ["UNOCI", "MINUSTAH", "UNAMSIL"]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("-5", "expected a whole number from 0 to 200,000"),
        ("17,000", "found a thousands separator: write 17000"),
        ("1.5", "expected a whole number"),
        ("inf", "expected a whole number"),
        ("1e308", "expected a whole number"),
        ("99999999999999999999", "expected a whole number"),
        ("many", "expected a whole number"),
    ],
)
def test_no_row_is_lost_to_an_optional_cell(tmp_path, cell, reason):
    frame, report = ipi(tmp_path, as_csv([GOOD[2], spoiled(troops=cell), GOOD[1]]))
    assert account(frame, report) == (3, 3, 0)
    assert frame["troops"].isna().tolist() == [False, True, False]
    assert frame["total"].tolist() == [10100, 17477, 12552]
    assert report.cells_blanked == 1
    (blank,) = report.blanks.itertuples()
    assert (blank.row, blank.column) == (2, "Troops")
    assert reason in blank.reason
    assert "note: 1 cell of Troops left missing: expected a whole number" in repr(report)


def test_cells_of_rows_that_are_set_aside_are_not_counted_twice(tmp_path):
    frame, report = ipi(tmp_path, as_csv([GOOD[0], spoiled(troops="x", date="y")]))
    assert account(frame, report) == (2, 1, 1)
    assert report.cells_blanked == 0
    again = spoiled(troops="x")
    frame, report = ipi(tmp_path, as_csv([GOOD[0], again]))
    assert account(frame, report) == (2, 1, 1)
    assert report.cells_blanked == 0


def test_a_column_in_which_nothing_can_be_read_is_refused(tmp_path):
    rows = [spoiled(date=f"2002-{month:02}-28", troops="many") for month in range(1, 13)]
    with pytest.raises(WrongColumns, match=r"none of the 12 filled cells of column 'Troops'"):
        ipi(tmp_path, as_csv(rows))


def test_an_unreadable_cell_never_takes_the_meaning_of_an_empty_one(tmp_path):
    row = ["UNX", "Mission X", "Yes", "2001-01-01", "someday", "X", "1,5", "2,5"]
    frame, report = read(
        "un_missions",
        put(tmp_path, MISSIONS + as_csv([["UNY", *row[1:4], "", *row[5:]]], row), "un.csv"),
    )
    assert aside(report) == [(1, "expected a date like %Y-%m-%d")]
    assert frame["label"].tolist() == ["UNY"]


@pytest.mark.parametrize("kind", layout_names())
def test_every_number_and_date_has_bounds(kind):
    for field in layout(kind).fields:
        if field.dtype in ("text", "flag"):
            continue
        assert field.minimum is not None, field.name
        assert field.maximum is not None, field.name
        assert field.minimum < field.maximum, field.name
        if field.dtype in ("date", "month") or field.name.endswith("year"):
            assert 1700 <= field.minimum <= field.maximum <= 2100


def test_row_numbers_stay_right_around_rows_of_the_wrong_width(tmp_path):
    bad = spoiled(date="many")
    rows = [bad, GOOD[0][:3], bad, [*GOOD[0], "8", "9"], bad, GOOD[1], GOOD[0][:1], bad]
    frame, report = ipi(tmp_path, as_csv(rows))
    assert account(frame, report) == (8, 1, 7)
    numbers = [row for row, reason in aside(report) if "a month" in reason]
    assert numbers == [1, 3, 5, 8]
    assert [row for row, reason in aside(report) if "cells" in reason] == [2, 4, 7]


def test_row_numbers_count_lines_in_a_quoted_cell_once_and_blank_lines_never(tmp_path):
    text = as_csv([["UN\nX", *GOOD[0][1:]], GOOD[0][:2], spoiled(date="x")])
    _, report = ipi(tmp_path, text.replace("\nUNAMSIL", "\n\nUNAMSIL"))
    assert [row for row, _ in aside(report)] == [2, 3]


def test_a_quote_that_is_never_closed_does_not_swallow_the_rows_below(tmp_path):
    text = as_csv(GOOD).replace("MINUSTAH,Haiti", 'MINUSTAH,"Haiti')
    with pytest.raises(UnreadableFile, match="opened in line 3 is never closed"):
        ipi(tmp_path, text)


def test_a_stray_quote_inside_a_cell_is_only_noted(tmp_path):
    frame, report = ipi(tmp_path, as_csv(GOOD).replace("Haiti", 'Haiti 5" pipe'))
    assert account(frame, report) == (3, 3, 0)
    assert frame["location"].to_list()[1] == 'Haiti 5" pipe'
    assert "cells hold a stray quotation mark" in report.notes[0]


def test_a_year_and_a_month_that_are_none_are_set_aside(tmp_path):
    text = KATHMAN + "".join(
        f"UNX,A,2,{year},{month},1,1,1,3\n"
        for year, month in [("2001", "13"), ("2001", "0"), ("", "1"), ("2001", ""), ("2001", "12")]
    )
    frame, report = read("kathman", put(tmp_path, text, "kathman.csv"))
    assert account(frame, report) == (5, 1, 4)
    assert str(frame["month"][0]) == "2001-12"
    assert report.frame["value"][0] == "2001, 13"


@pytest.mark.parametrize("year", ["-5", "99", "20011"])
def test_a_year_that_is_none_is_set_aside(tmp_path, year):
    header = header_of("democracy")
    rows = [[year if name == "year" else "2" for name in header], ["2"] * len(header)]
    rows[1][header.index("year")] = "2001"
    _, report = read("democracy", put(tmp_path, as_csv(rows, header), "democracy.csv"))
    assert (1, "expected a whole number from 1700 to 2100") in aside(report)


def test_an_end_before_its_start_is_set_aside(tmp_path):
    text = MISSIONS + "UNX,X,No,2001-01-01,1999-01-01,,,\nUNY,Y,No,2001-01-01,,,,\n"
    frame, report = read("un_missions", put(tmp_path, text, "DPPADPOSS-PKO.csv"))
    assert account(frame, report) == (2, 1, 1)
    assert "before" in aside(report)[0][1]


# Whatever the table: nothing lost, order does not matter, reading again changes nothing

LABELS = st.one_of(
    st.sampled_from(["UNX", "UNY", " UNZ ", "", " ", "NA", 'UN "A", b\nc', "#x"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8),
)
DATES = st.sampled_from(["2001-01-31", "2001-02-28", "2001-02-30", "2001-13-01", "31.1.2001", ""])
NUMBERS = st.sampled_from(
    ["0", "7", "7.0", "12", "", "NA", "-5", "1.5", "12,552", "nan", "x", "1e3"]
)
ROW = st.tuples(LABELS, LABELS, DATES, NUMBERS, NUMBERS, NUMBERS, NUMBERS).map(list)
WIDTHS = st.sampled_from([0, 0, 0, 0, 0, 0, -3, 2])
DIRTY = st.lists(
    st.tuples(ROW, WIDTHS).map(
        lambda pair: pair[0][: pair[1] or None] if pair[1] <= 0 else pair[0] + ["1"] * pair[1]
    ),
    min_size=1,
    max_size=25,
)


def read_rows(rows: list[list[str]]) -> tuple[pd.DataFrame, Report]:
    with tempfile.TemporaryDirectory() as folder:
        return attempt("ipi", put(Path(folder), as_csv(rows)))


def kept(frame: pd.DataFrame) -> pd.DataFrame:
    key = ["label", "location", "month"]
    return frame.sort_values(key).reset_index(drop=True)


@settings(max_examples=60, deadline=None)
@given(DIRTY)
def test_rows_read_are_rows_kept_and_rows_set_aside(rows):
    frame, report = read_rows(rows)
    assert account(frame, report)[0] == len(rows)


@settings(max_examples=60, deadline=None)
@given(DIRTY, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, shuffler):
    shuffled = shuffler.sample(rows, len(rows))
    (first, report), (second, other) = read_rows(rows), read_rows(shuffled)
    assert account(first, report) == account(second, other)
    if not len(first):
        return
    key = ["label", "location", "month"]
    pd.testing.assert_frame_equal(kept(first)[key], kept(second)[key])
    if not report.frame["reason"].str.startswith("same key").any():
        pd.testing.assert_frame_equal(kept(first), kept(second))


@settings(max_examples=60, deadline=None)
@given(DIRTY)
def test_reading_what_was_read_changes_nothing(rows):
    frame, first = read_rows(rows)
    # A cell that could not be read is empty now, and IPI's empty cells may mean 0.
    if not len(frame) or first.cells_blanked:
        return
    written = frame.assign(month=frame["month"].astype(str) + "-01").astype("object")
    again, report = read_rows(written.where(written.notna(), "").astype(str).to_numpy().tolist())
    assert account(again, report) == (len(frame), len(frame), 0)
    pd.testing.assert_frame_equal(again, frame)
