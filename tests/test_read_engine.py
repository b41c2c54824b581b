"""What all readers share: dates by their marks, rows told apart, rows set aside."""

from __future__ import annotations

import datetime
import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkstats.sources import Report
from pkstats.sources.cells import TEXT, as_text, blanked
from pkstats.sources.keys import repeats
from pkstats.sources.layout import Field, _field
from pkstats.sources.table import Table
from pkstats.sources.times import parse_date

FORMATS = ("%Y-%m-%d", "%d-%m-%Y", "%m/%d/%Y", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f")
WORDS = st.text("aé 1,\u00a0", max_size=4)


def field(**rules: object) -> Field:
    return Field("x", ("x",), **rules)  # type: ignore[arg-type]


def table_of(columns: dict[str, list[str | None]]) -> Table:
    texts = {name: pa.array(cells, TEXT) for name, cells in columns.items()}
    length = len(next(iter(columns.values())))
    rows = np.arange(1, length + 1)
    return Table(texts, rows, Report("kind", "file.csv", length))


@pytest.mark.parametrize("pattern", FORMATS)
@given(st.lists(st.none() | st.datetimes(datetime.datetime(1000, 1, 1)), min_size=1))
def test_a_date_written_in_a_format_is_read_back(pattern, moments):
    cells = pa.array([moment and moment.strftime(pattern) for moment in moments], TEXT)
    parsed = parse_date(cells, field(dtype="date", formats=(pattern,)))
    assert parsed.bad is None or not parsed.bad.any()
    days = parsed.values.astype("datetime64[D]").tolist()
    assert days == [moment and moment.date() for moment in moments]


@pytest.mark.parametrize("cell", ["13/1/99", "2/30/99", "1/1/1999", "1-1-99", "1//99", "1/1/99/1"])
def test_a_cell_that_is_no_date_of_the_format_is_bad(cell):
    cells = pa.array(["5/17/83", cell, ""], TEXT)
    parsed = parse_date(cells, field(dtype="date", formats=("%m/%d/%y",)))
    assert parsed.bad.tolist() == [False, True, False]


@pytest.mark.parametrize("pattern", ["%d %B %Y", "%Y%m%d", "%Y"])
def test_a_layout_may_not_ask_for_dates_that_no_reader_reads(pattern):
    with pytest.raises(ValueError, match="expected formats such as"):
        _field("x", {"dtype": "date", "formats": pattern})


@given(st.lists(WORDS | st.none()), st.lists(WORDS, max_size=2))
def test_cells_are_trimmed_and_blanked_like_python_strings(cells, missing):
    text = blanked(as_text(pa.array(cells, TEXT)), field(missing=tuple(missing)))
    trimmed = [None if cell is None else cell.strip() for cell in cells]
    assert text.to_pylist() == [None if cell in ("", *missing) else cell for cell in trimmed]


@given(st.lists(st.tuples(*[st.sampled_from(["a", "b", "ab", "", None])] * 3), min_size=1))
def test_a_row_repeats_when_an_equal_one_stands_before_it(rows):
    columns = {name: [row[place] for row in rows] for place, name in enumerate("xyz")}
    expected = [row in rows[:place] for place, row in enumerate(rows)]
    assert repeats(table_of(columns), "xyz").tolist() == expected


def test_a_report_shows_the_cells_as_they_were_when_a_row_was_set_aside():
    table = table_of({"x": ["a", "b"]})
    table.put_aside(np.array([False, True]), "x", lambda now, rows: now.at("x", rows), "wrong")
    table["x"] = pa.array(["c", "d"], TEXT)
    report = pickle.loads(pickle.dumps(table.report))
    assert report.frame[["row", "value", "reason"]].values.tolist() == [[2, "b", "wrong"]]
    assert (report.read, report.kept, report.set_aside) == (2, 1, 1)
