"""Cases side by side: the same rows for all, medians of all missions, gaps as gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pkstats as pk
from pkstats.errors import UnknownName
from pkstats.measures import measure
from pkstats.study.cases.compare import MEDIAN
from pkstats.study.cases.compare_rows import _share, row_entries
from pkstats.study.cases.comparison import _small
from pkstats.study.cases.facts_compared import FACTS
from pkstats.study.cases.scores import readings, split
from pkstats.study.gallery.draw import FIGURES

# Whole cases; `test_case_page.py` has what the quick run sees of them.
pytestmark = pytest.mark.slow

FAILURES = ["UNAMIR", "UNPROFOR", "UNOSOM II", "UNAVEM II"]


@pytest.fixture(scope="module")
def beside():
    """Return the failures beside one success and one mission that is still there."""
    return pk.compare([*FAILURES, "sierra leone", "cyprus"])


def text(beside, row, mission):
    frame = beside.frame
    found = frame.loc[(frame["row"] == row) & (frame["mission_id"] == mission), "text"]
    assert len(found) == 1
    return found.iloc[0]


def test_rows_name_measures_and_facts_that_exist():
    for entry in row_entries():
        assert ("measure" in entry) != ("fact" in entry)
        if "fact" in entry:
            assert entry["fact"] in FACTS
        else:
            assert "mission" in measure(entry["measure"]).units
            if "form" not in entry:
                assert measure(entry["measure"]).unit == "0 or 1"
    labels = [(entry["topic"], entry["label"]) for entry in row_entries()]
    assert len(labels) == len(set(labels))


def test_every_row_has_every_mission_once(beside):
    counts = beside.frame.groupby(["topic", "row"])["mission_id"].agg(["size", "nunique"])
    assert (counts == len(beside.cases)).all(axis=None)


def test_figures_are_those_of_the_tables(beside):
    peak = pk.load("personnel").query("mission_id == 'UNPROFOR'")["total"].max()
    assert text(beside, "most in uniform", "UNPROFOR") == f"{peak:,.0f}"
    violence = pk.load("violence").query("state == 517 and 1993 <= year <= 1996")
    deaths = (violence["state_based_best"] + violence["one_sided_best"]).mean()
    assert text(beside, "deaths a year while it was there", "UNAMIR") == f"{deaths:,.0f}"
    assert text(beside, "how it ended", "UNAVEM II") == "replaced"


def test_what_is_not_known_is_a_dash_and_what_is_not_over_is_later(beside):
    frame = beside.frame
    unknown = frame["value"].isna() & frame["row"].isin([e["label"] for e in row_entries()])
    assert set(frame.loc[unknown, "text"]) <= {"–", "later", "ongoing"}
    assert text(beside, "deaths a year in the five years after", "UNFICYP") == "later"
    assert text(beside, "deaths a year while it was there", "UNFICYP") == "0 (1989–2024)"
    assert frame.loc[frame["text"].isin(["–", "later"]), "share"].isna().all()


def test_shares_lie_between_worst_and_best_and_follow_the_direction(beside):
    frame = beside.frame
    assert frame["share"].dropna().between(0, 1).all()
    by_label = {entry["label"]: entry for entry in row_entries() if "form" in entry}
    for row, part in frame[frame["share"].notna()].groupby("row"):
        entry = by_label.get(row)
        if entry is None:
            continue
        stem = split(entry["measure"])[0]
        better = readings().get(stem, {}).get("better") or entry["better"]
        ranked = part.sort_values("value", ascending=better == "higher")
        assert ranked["share"].is_monotonic_increasing


@pytest.mark.parametrize(
    ("value", "better", "ranked", "share"),
    [
        (4.0, "higher", True, 1.0),
        (1.0, "higher", True, 0.0),
        (1.0, "lower", True, 1.0),
        (1.0, "higher", False, 1.0),
        (0.0, "higher", False, 0.0),
        (2.0, None, True, np.nan),
    ],
)
def test_a_share_by_hand(value, better, ranked, share):
    every = pd.Series([1.0, 2.0, 3.0, 4.0])
    assert _share(value, every, better, ranked) == pytest.approx(share, nan_ok=True)


def test_sides_count_the_group_and_the_others(beside):
    shown = beside.sides(FAILURES, "Host and parties").frame.set_index("what")
    row = shown.loc["killed by attack, per 10,000 in uniform a year"]
    assert row["of the group in the worse half"] == "4 of 4"
    assert row["of the others"] == "1 of 2"


def test_the_numbers_take_the_stance_of_the_case(beside):
    assert text(beside, "do the numbers agree with it?", "UNAMIR") == "agree"
    assert text(beside, "do the numbers agree with it?", "UNOSOM II") == "disagree"
    assert text(beside, "do the numbers agree with it?", "UNFICYP") == "–"


def test_a_tally_of_few_measures_is_not_judged_and_one_not_over_is_later(beside):
    rows = beside.rows("Tally").set_index(["row", "mission_id"])
    assert rows.loc[("reached by its end", "UNFICYP"), "text"].endswith("so far")
    assert np.isnan(rows.loc[("reached by its end", "UNFICYP"), "share"])
    assert rows.loc[("reached in the five years after", "UNFICYP"), "text"] == "later"


def test_a_rate_over_part_of_a_mission_names_its_years(beside):
    row = "killed by attack, per 10,000 in uniform a year"
    assert text(beside, row, "UNFICYP") == "0.0 (1990–2025)"
    assert "(" not in text(beside, row, "UNAMIR")


def test_the_small_print_explains_the_cells_shown(beside):
    assert not any("rank" in line for line in _small(beside.rows("Resources")))
    success = " ".join(_small(beside.rows("Success during, at exit")))
    assert "rank" in success and "UNHCR" in success and "PACT" not in success


def test_the_same_mission_twice_is_compared_once():
    assert [each.id for each in pk.compare(["Mali", "MINUSMA"]).cases] == ["MINUSMA"]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [("failurs", "'failures'"), ([], "at least one"), (["UNAMRI"], "'UNAMIR'")],
)
def test_labels_that_are_no_cases_say_what_to_do(labels, expected):
    with pytest.raises(UnknownName, match=expected):
        pk.compare(labels)


def test_a_topic_nobody_knows_gets_near_matches(beside):
    with pytest.raises(UnknownName, match="Did you mean 'Violence'"):
        beside.table("Violense")


def test_the_figure_shows_every_cell(beside):
    import matplotlib.pyplot as plt

    figure = beside.plot("Resources", "Tally")
    words = [text.get_text() for text in figure.axes[0].texts]
    for row in beside.rows("Resources", "Tally").itertuples():
        assert row.text in words and row.row in words
    assert any("ours: failure" in each for each in words)
    plt.close(figure)


def test_comparisons_are_among_the_figures():
    assert {"compare_failures", "compare_successes"} <= set(FIGURES)
    assert all(FIGURES[name].alt for name in FIGURES)


def test_a_comparison_owes_citations(beside):
    assert "UNHCR" in beside.cite()
    assert "Comparison of UNAMIR" in repr(beside)
    assert "<table" in beside._repr_html_()


def test_topics_stand_as_headings_and_the_median_beside_the_names():
    shown = pk.compare(["UNAMIR", "UNAMSIL"]).table("Mandate", "Violence")
    assert list(shown.frame)[:2] == ["what", MEDIAN]
    assert shown._repr_html_().count('<th colspan="4"') == 2
