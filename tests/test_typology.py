"""Types by the rule beside a published typology, and their spells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkstats.errors import UnreadableFile
from pkstats.study.typology import (
    agreement,
    compare_types,
    kappa,
    stored,
    type_spells,
    type_years,
)


def test_the_stored_agreement_is_that_of_the_file(source):
    wars = compare_types(source("replication/doyle_sambanis2000/peace.csv"))
    counted = agreement(wars)
    pd.testing.assert_frame_equal(counted.table, agreement().table, check_names=False)
    assert (counted.wars, counted.same) == (len(wars), wars["agrees"].sum()) == (33, 24)
    assert round(counted.kappa, 2) == 0.43


def test_a_file_that_is_not_theirs_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="there is no file"):
        compare_types(tmp_path / "peace.csv")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("cname,untype\nHaiti,Observer\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="lacks yrbeg, yrend"):
        compare_types(wrong)


def test_a_type_of_theirs_agrees_on_its_own_side():
    wars = pd.DataFrame(
        {
            "untype": ["Observer", "Observer", "MultiPKO", "MultiPKO"],
            "beyond": [False, True, True, True],
        }
    )
    found = agreement(wars)
    assert found.table.loc["Observer", "agree"] == 1
    assert found.table.loc["MultiPKO", "agree"] == 2
    assert found.kappa == pytest.approx(0.5)


def test_every_type_and_state_of_the_comparison_is_known():
    rules = stored()
    assert set(rules["counts"]) <= set(rules["beyond"])
    assert len(rules["states"]) == len(set(rules["states"])) > 20


@given(st.lists(st.integers(1, 50), min_size=4, max_size=4))
def test_kappa_is_one_for_full_agreement_and_at_most_one(cells):
    table = np.array(cells, dtype=float).reshape(2, 2)
    assert kappa(table) <= 1
    assert kappa(np.diag(table.diagonal())) == pytest.approx(1)
    independent = np.outer(table.sum(axis=1), table.sum(axis=0))
    assert kappa(independent) == pytest.approx(0, abs=1e-12)


def test_spells_join_years_alike_and_part_at_gaps():
    years = pd.DataFrame(
        {
            "mission_id": ["A"] * 5 + ["B"],
            "year": [1990, 1991, 1993, 1994, 1995, 1995],
            "mission_type": ["robust"] * 3 + ["traditional", None, "traditional"],
            "task_count": [1.0, np.nan, np.nan, 2.0, 2.0, 2.0],
        }
    )
    spells = type_spells(years)
    assert list(spells["first"]) == [1990, 1993, 1994, 1995]
    assert list(spells["last"]) == [1991, 1993, 1994, 1995]
    assert list(spells.index) == ["A", "A", "A", "B"]
    assert len(type_spells(years, "task_count")) == 5


def test_spells_cover_every_year_with_a_type_once():
    years = type_years()
    spells = type_spells(years)
    covered = (spells["last"] - spells["first"] + 1).sum()
    assert covered == years["mission_type"].notna().sum()


def test_the_type_follows_from_what_is_shown_beside_it():
    years = type_years().dropna(subset=["mission_type"])
    robust = years["chapter_vii"].astype("boolean").fillna(False) & (
        years["protection_of_civilians"] == 1
    )
    assert (robust == (years["mission_type"] == "robust")).all()
    many = years.loc[~robust, "peacebuilding_areas"] >= 3
    assert (many == (years.loc[~robust, "mission_type"] == "multidimensional")).all()
