"""Columns of claims in words."""

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from pkstats.study.claims.ledger.columns import known_columns
from pkstats.study.claims.ledger.entries import ledger
from pkstats.study.words import in_words, words


def _terms():
    grids = [grid for entry in ledger().entries.values() for grid in entry.grids]
    return sorted({term for grid in grids for term in (*grid.outcomes, *grid.treatments)})


@pytest.mark.parametrize("term", _terms())
def test_whatever_a_claim_is_asked_of_has_words(term):
    assert "_" not in words(term)
    assert words(term) != term.replace("_", " ")


def test_different_terms_of_a_claim_have_different_words():
    for entry in ledger().entries.values():
        terms = {term for grid in entry.grids for term in (*grid.outcomes, *grid.treatments)}
        assert len({words(term) for term in terms}) == len(terms), entry.claim


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("shortfall", "shortfall of strength"),
        ("standardize(shortfall_lag1)", "shortfall of strength, year before"),
        ("standardize(log1p(shortfall_peak))", "shortfall of strength, at its peak (log)"),
        ("democracy_change_5y", "change in democracy, 5 years after exit"),
        ("no_such_column", "no such column"),
    ],
)
def test_endings_and_logarithms_are_spelled_out(term, expected):
    assert words(term) == expected


def test_words_are_given_for_columns_that_exist():
    path = Path(words.__code__.co_filename).with_name("words.toml")
    listed = tomllib.loads(path.read_text(encoding="utf-8"))
    known = set().union(*(known_columns(data) for data in ledger().data.values()))
    known |= {name.removesuffix(ending) for name in known for ending in listed["endings"]}
    assert set(listed["columns"]) <= known


def test_a_table_to_read_has_words_over_its_columns_and_its_numbers_unchanged():
    frame = pd.DataFrame(
        {"per_10k": [1.5, 2.5], "task_count": [3, 4], 2020: [5, 6]},
        index=pd.Index(["ngo_engagement", "shortfall"], name="mission_id"),
    )
    shown = in_words(frame)
    assert [*shown] == ["killed per 10,000 person-years", "number of tasks", 2020]
    assert shown.index.name == "mission" and [*shown.index] == [*frame.index]
    assert (shown.to_numpy() == frame.to_numpy()).all() and "per_10k" in frame
    assert [*in_words(frame, rows=True).index] == [words(name) for name in frame.index]


def test_values_over_columns_stay_and_great_numbers_are_set_apart():
    frame = pd.DataFrame({"robust": [1, 1234567], "traditional": [2020, 9]}).rename_axis(
        columns="mission_type"
    )
    shown = in_words(frame)
    assert [*shown] == ["robust", "traditional"] and shown.columns.name == "type"
    assert [*shown["robust"]] == ["1", "1,234,567"] and [*shown["traditional"]] == [2020, 9]
