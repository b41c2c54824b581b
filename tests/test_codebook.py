"""The codebook: one place for a column, and what follows from it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import pkstats as pk
from pkstats.codebook import codebook_page, source_cards, table, table_names, validate
from pkstats.codebook.schema import conform
from pkstats.errors import BadData, UnknownName, UnknownTable
from pkstats.sources import layout, layout_names
from pkstats.tables.places import raw_folder

FIELDS = {
    "producer",
    "title",
    "version",
    "licence",
    "landing_page",
    "retrieved",
    "coverage",
    "unit",
    "limits",
    "citation",
    "bibtex",
}


@pytest.mark.parametrize("name", source_cards())
def test_a_source_card_is_complete(name):
    card = source_cards()[name]
    assert set(card) >= FIELDS
    assert re.match(r"\s*@\w+\{[\w:-]+,", card["bibtex"])


@pytest.mark.parametrize("name", layout_names())
def test_a_reader_has_a_card_and_a_unique_set_of_columns(name):
    assert layout(name).source in source_cards()
    names = [field.name for field in layout(name).fields]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", table_names())
def test_a_table_entry_is_whole(name):
    entry = table(name)
    assert set(entry.key) <= set(entry.columns)
    assert set(entry.sources) <= set(source_cards())
    assert entry.meaning.endswith(".") or len(entry.meaning) > 20


def test_the_page_names_every_table_and_source():
    page = codebook_page()
    for name in (*table_names(), *source_cards()):
        assert f"## {name}\n" in page


def test_bibtex_keys_are_cited_once():
    keys = re.findall(r"@\w+\{([^,]+),", pk.cite(style="bibtex"))
    assert len(keys) == len(set(keys))


def test_an_unknown_style_or_table_is_refused():
    with pytest.raises(UnknownName, match="bibtex"):
        pk.cite("personnel", style="apa")
    with pytest.raises(UnknownTable, match="violence"):
        pk.cite("violense")


def test_a_value_outside_the_codebook_is_refused_by_name():
    entry = table("violence")
    good = pk.load("violence").head(3)
    bad = good.assign(one_sided_best=pd.array([-1, 0, 0], dtype="Int64"))
    with pytest.raises(BadData, match="one_sided_best"):
        validate(bad, entry)
    twice = pd.concat([good, good])
    with pytest.raises(BadData, match="violence"):
        validate(conform(twice, entry), entry)


def test_a_year_that_is_none_is_refused():
    bad = pk.load("violence").head(2).assign(year=[1999, 20011])
    with pytest.raises(BadData, match="year: less_than_or_equal_to"):
        validate(bad, table("violence"))


def test_an_end_before_its_start_is_refused():
    good = pk.load("mandates").head(2)
    bad = good.assign(to=good["from"] - [1, 0])
    with pytest.raises(BadData, match=r"expected 'to' not before 'from'; found .* in 1 rows"):
        validate(bad, table("mandates"))


def test_a_flag_is_0_or_1():
    good = pk.load("mandates").head(2)
    for number in (0, 1):
        flags = pd.array([number, None], dtype="Int64")
        kept = conform(good.assign(chapter_vii=flags), table("mandates"))
        assert kept["chapter_vii"].to_list() == [bool(number), pd.NA]
    bad = good.assign(chapter_vii=pd.array([2, None], dtype="Int64"))
    with pytest.raises(BadData, match="'chapter_vii': expected 0 or 1, found 2"):
        conform(bad, table("mandates"))


def test_conforming_does_not_depend_on_the_order_of_rows_or_columns():
    entry = table("violence")
    frame = pk.load("violence").head(50)
    mixed = frame.sample(frac=1, random_state=2)[frame.columns[::-1]]
    pd.testing.assert_frame_equal(conform(mixed, entry), conform(frame, entry))


def test_the_page_of_sources_and_the_raw_tables_say_the_limits_of_every_card():
    cards = source_cards()
    page = (Path(__file__).parents[1] / "docs" / "sources.md").read_text(encoding="utf-8")
    assert [name for name, card in cards.items() if card["limits"] not in page] == []
    for path in raw_folder().glob("*.toml"):
        for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("sources", []):
            card = cards.get(entry["source"])
            assert card is None or entry["limits"] == card["limits"], path.name
