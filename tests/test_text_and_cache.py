"""Text escaped for where it goes, and files written whole."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkstats.cache import checksum, content_of, write_together
from pkstats.errors import BuildProblem
from pkstats.tables.raw import read_raw
from pkstats.text import FORMULA_MARKS, cut, for_html, for_latex, for_spreadsheet


@given(st.text(max_size=300), st.integers(3, 100))
def test_cut_text_is_never_longer_than_its_limit_and_keeps_both_ends(text, limit):
    short = cut(text, limit)
    assert len(short) <= limit
    if len(text) <= limit:
        assert short == text
    else:
        assert short[0] == text[0] and "…" in short


def test_markup_is_shown_and_not_run():
    assert for_html('<img src=x onerror="run()">') == "&lt;img src=x onerror=&quot;run()&quot;&gt;"
    assert for_latex(r"\input{/etc/passwd}") == r"\textbackslash{}input\{/etc/passwd\}"


@given(st.text(max_size=40))
def test_no_cell_begins_a_formula_unless_it_is_a_number(text):
    cell = for_spreadsheet(text)
    assert not cell.startswith(FORMULA_MARKS) or cell[1:2].isdigit() or cell[1:2] in (".", "")
    assert cell in (text, f"'{text}")


@pytest.mark.parametrize("number", ["-3", "+4.5", "-1,234", "-1e-05", "-.5", "12%"])
def test_numbers_keep_their_sign(number):
    assert for_spreadsheet(number) == number


@pytest.mark.parametrize("formula", ["=HYPERLINK(1)", "+cmd|x", "-2+3", "@SUM(A1)", "\tx"])
def test_formulas_are_quoted(formula):
    assert for_spreadsheet(formula) == f"'{formula}"


def test_files_written_together_are_whole_and_nothing_is_left_beside_them(tmp_path):
    write_together(tmp_path, {"a": b"one", "b": b"two"})
    write_together(tmp_path, {"a": b"three"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "a": b"three",
        "b": b"two",
    }
    assert checksum(b"one") != checksum(b"two")


def test_a_folder_that_is_not_there_gives_a_clear_error(tmp_path):
    with pytest.raises(BuildProblem, match="Expected to write"):
        write_together(tmp_path / "nowhere", {"a": b"one"})


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a system with pipes")
def test_only_regular_files_are_opened(tmp_path):
    pipe, folder, file = tmp_path / "pipe", tmp_path / "folder", tmp_path / "file"
    os.mkfifo(pipe)
    folder.mkdir()
    file.write_bytes(b"kept")
    assert content_of(file) == b"kept"
    for other in (pipe, folder, tmp_path / "none"):
        with pytest.raises(OSError):
            content_of(other)
    pipe.rename(tmp_path / "x.csv")
    with pytest.raises(BuildProblem, match="no regular file"):
        read_raw(tmp_path, "x")
