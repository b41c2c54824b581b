"""What notebooks say of the data, the types, the ledger and collaboration follows from the tables."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from test_claims import one_claim

import pkstats as pk
from pkstats.errors import BadModel
from pkstats.models.checked import compared, stored
from pkstats.study.claims.collaboration import (
    FAMILIES,
    beside_control,
    collaboration_years,
    families,
    reliability,
)
from pkstats.study.claims.rules import history, rule
from pkstats.study.pages.known import disagreements, mandates_by_year, measures_by_role, reasons
from pkstats.study.pages.overview import data_answer, ledger_answer, studies_answer, types_answer


@pytest.mark.parametrize("text", [data_answer, types_answer, ledger_answer, studies_answer])
def test_an_answer_has_three_sentences(text):
    found = text()
    assert found.startswith("**Answer.** ")
    assert found.endswith(".") and len(re.findall(r"\. [A-Z0-9]", found)) == 2


def test_the_answer_on_data_counts_what_the_tables_hold():
    text = data_answer()
    aside = pk.load("set_aside")["rows"].sum()
    assert f"{aside:,} raw rows" in text and f"{len(pk.tables())} tables" in text
    assert pk.tables().set_index("name").at["authorised", "coverage"][-7:] in text


def test_the_answer_on_the_ledger_counts_every_claim():
    table = pk.claims(progress=False)
    for verdict, count in table["verdict"].value_counts().items():
        assert f"{count} {verdict}" in ledger_answer()


def test_disagreements_count_every_figure_once_and_name_the_largest():
    table = pk.load("personnel_sources")
    found = disagreements()
    assert found["months"].sum() == len(table)
    assert found["largest"].max() == pytest.approx(100 * table["relative_difference"].abs().max())
    worst = table.loc[table["relative_difference"].abs().idxmax()]
    assert f"{worst['mission_id']}, {worst['month']}" in set(found["where"])


def test_reasons_count_every_row_set_aside():
    found = reasons()
    assert found["rows"].sum() == pk.load("set_aside")["rows"].sum()
    assert found["reason"].is_unique and found["rows"].is_monotonic_decreasing
    assert (found["labels"].isna() == found["examples"].isna()).all()
    assert not (found["labels"] == 0).any() and not found["reason"].str.contains("name code").any()


def test_mandates_are_whole_to_2015_and_coded_by_hand_with_gaps_after():
    found = mandates_by_year(2014)
    assert (found[["by_tamm", "by_hand", "uncoded"]].sum(axis=1) == found["months"]).all()
    assert (found.loc[:2015, "empty"] == 0).all()
    assert (found.loc[2016:, "by_tamm"] == 0).all() and (found.loc[2016:, "empty"] > 0).all()


def test_measures_are_counted_once_by_role():
    assert measures_by_role()["measures"].sum() == len(pk.measures())


def test_families_know_what_the_panel_knows():
    years = collaboration_years()
    table = families(years)
    assert set(table.index.get_level_values("family")) == set(FAMILIES)
    for (_, name), row in table.iterrows():
        assert row["rows"] == years[name].notna().sum() > 0
        assert not name.startswith("aid_worker")


def test_reliability_is_that_of_the_items():
    table = reliability()
    assert table.loc["collaboration_index", "rows"] == 687
    assert table["alpha"].between(0, 1).all()
    years = pd.DataFrame({name: [0.0, 1.0, 1.0, np.nan] for name in collaboration_years()})
    same = reliability(years)
    assert np.allclose(same["alpha"], 1) and (same["rows"] == 3).all()


def test_a_claim_beside_its_control_is_told_on_the_same_rows():
    table = beside_control()
    claim = pk.claim("N4")
    assert table["specifications_with"].sum() == len(claim.frame)
    assert (table["specifications_with"] == table["specifications_without"]).all()
    here = claim.frame[claim.frame["outcome"] == table.index[0][0]]
    here = here[here["treatment"].str.contains(table.index[0][1])]
    assert table["rows"].iloc[0] == here["n"].max()


def test_the_rule_in_words_has_the_numbers_of_the_ledger(tmp_path):
    path = tmp_path / "mine.toml"
    text = one_claim("P2").replace("supported = 0.5 ", "supported = 0.61 ", 1)
    assert "supported = 0.61" in text
    path.write_text(text, encoding="utf-8")
    assert "at least 61%" in rule(path) and "at least 61%" not in rule()
    assert history().count("\n- ") >= 3


def test_numbers_of_a_study_stand_beside_the_published_ones():
    for study, about in stored().items():
        table = compared(study)
        assert len(table) == len(about["numbers"])
        apart = table["ours"].astype(float) - table["published"].astype(float)
        assert (table["agrees"] == (apart == 0)).all()
        half = [0.5 * 10.0 ** -len(text.partition(".")[2]) for text in table["published"]]
        within = table["difference"].astype(float).abs() <= np.array(half) * (1 + 1e-6)
        assert (within == table["agrees"]).all()
    with pytest.raises(BadModel, match="study must be one of"):
        compared("nobody1999")
