"""Notebooks as the site shows them: the same words and numbers, set so that they read well."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def pages():
    sys.path.insert(0, str(REPOSITORY / "docs"))
    import notebook_pages

    yield notebook_pages
    sys.path.remove(str(REPOSITORY / "docs"))


def texts(table: str) -> list[str]:
    return [text for text in re.findall(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", table, re.DOTALL) if text]


def set_by(pages, table: str) -> str:
    return pages.TABLE.sub(pages.readable, table)


WORDS = some.text("ab -–1.%é&<", max_size=20)
FRAMES = some.integers(1, 4).flatmap(
    lambda wide: some.lists(
        some.lists(some.one_of(WORDS, some.integers(), some.none()), min_size=wide, max_size=wide),
        min_size=1,
        max_size=5,
    )
)


@given(rows=FRAMES, named=some.booleans())
def test_no_cell_is_lost_or_changed(pages, rows, named):
    frame = pd.DataFrame(rows)
    frame.index.name = "one" if named else None
    before = frame.to_html()
    assert sorted(texts(set_by(pages, before))) == sorted(texts(before))


def test_heads_stand_in_one_row_words_to_the_left_and_short_cells_unbroken(pages):
    frame = pd.DataFrame(
        {"unit": ["mission-year", "state-year"], "rows": [1, 2]},
        index=pd.Index(["a", "b"], name="claim"),
    )
    table = set_by(pages, frame.to_html())
    assert table.count("<tr") == 3
    assert texts(table)[:3] == ["claim", "unit", "rows"]
    assert '<td class="words short">mission-year</td>' in table
    assert '<th class="words">claim</th>' in table and "<td>1</td>" in table


def test_heads_of_several_levels_stay(pages):
    frame = pd.DataFrame({("a", "b"): [1], ("a", "c"): [2]}).rename_axis(columns=["x", "y"])
    assert texts(set_by(pages, frame.to_html())) == texts(frame.to_html())


def test_a_picture_is_described_by_what_drew_it(pages):
    assert pages.described('pk.figure("map");', "").startswith("World map")
    said = 'claim = pk.claim("R1")\nclaim = pk.claim("H1")\nclaim.plot();'
    assert "consent" in pages.described("claim.plot();", said)
    case = 'case = pk.case("mali")\ncase.plot();'
    assert "MINUSMA" in pages.described("case.plot();", case)
