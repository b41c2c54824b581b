"""The small print, legends and marks of the pages of cases."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkstats.study.cases.case import case
from pkstats.study.cases.notes import runs, sentences, sources
from pkstats.study.cases.page import SHIFT, _apart


@cache
def of(label):
    return case(label)


@pytest.fixture
def page():
    """Return the axes of a page by title, and close it afterwards."""

    def drawn(label):
        figure = of(label).plot()
        return {axes.get_title(loc="left"): axes for axes in figure.axes}

    yield drawn
    plt.close("all")


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.mark.parametrize(
    ("label", "part", "words"),
    [
        ("UNTSO", "displacement", "Palestinians under UNRWA"),
        ("UNTSO", "humanitarian", "aid to the Palestinian territories"),
        ("haiti", "displacement", "earthquake of 12 January 2010"),
        ("haiti", "safety", "earthquake of 12 January"),
        ("haiti", "timeline", "≥: at least so many tasks"),
        ("cyprus", "displacement", "not that none are displaced"),
        ("mali", "timeline", "Before and after: those MINUSMA took over from"),
        ("mali", "violence", "UN missions to start in 2013"),
        ("east timor", "resources", "No figure of authorised strength for 2001-01 to 2001-08"),
        ("sierra leone", "resources", "2005-09: 2,515 beside 30"),
    ],
)
def test_small_print_says_how_to_read_a_panel(label, part, words):
    assert any(words in note for note in sentences(of(label), part))


@pytest.mark.parametrize(
    ("label", "part", "words"),
    [
        ("mali", "displacement", "earthquake"),
        ("MINUJUSTH", "safety", "earthquake"),
        ("UNAMIR", "timeline", "≥"),
        ("UNTSO", "violence", "moved in time"),
        ("UNPROFOR", "resources", "over authorised"),
    ],
)
def test_small_print_leaves_out_what_a_page_does_not_show(label, part, words):
    assert not any(words in note for note in sentences(of(label), part))


def test_breaks_of_three_months_and_more_are_found():
    months = pd.PeriodIndex(["2001-01", "2001-02", "2001-05", "2001-09"], freq="M")
    assert [(str(first), str(last)) for first, last in runs(months)] == [("2001-06", "2001-08")]


@given(st.lists(st.floats(0, 10), max_size=12).map(sorted))
def test_marks_of_near_dates_are_apart_and_lone_ones_in_the_middle(dates):
    shifts = _apart(dates, 0.5)
    assert len(shifts) == len(dates)
    gaps = [later - date for date, later in pairwise(dates)]
    for place, gap in enumerate(gaps):
        if gap < 0.5:
            assert {shifts[place], shifts[place + 1]} == {-SHIFT, SHIFT}
    for place, shift in enumerate(shifts):
        lone = all(gap >= 0.5 for gap in gaps[max(place - 1, 0) : place + 1])
        assert (shift == 0) == lone


def test_sources_are_those_of_what_is_drawn():
    assert "FTS" in sources(of("mali"))
    assert "FTS" not in sources(of("cyprus"))
    assert "shortfall" in sources(of("mali"))
    assert "shortfall" not in sources(of("bosnia"))
    assert "UN fatalities" not in sources(of("somalia"))


def test_legends_list_what_is_drawn(page):
    axes = page("UNAMIR")
    assert not {"required", "funded in plans"} & set(
        legend(axes["Humanitarian funding and aid workers"])
    )
    assert not {"after", "not listed"} & set(legend(axes["Timeline"]))
    assert {"before", "beside"} <= set(legend(axes["Timeline"]))
    assert "shaded, here and below: its years" in legend(axes["Timeline"])


def test_other_missions_are_named_and_months_alone_are_points(page):
    axes = page("east timor")["Strength against authorised"]
    assert {"INTERFET", "UNMISET"} <= {text.get_text() for text in axes.texts}
    frame = of("east timor").resources()
    peak = float(frame.loc[frame["mission_id"] == "INTERFET", "total"].max())
    dots = [value for line in axes.lines if line.get_marker() == "o" for value in line.get_ydata()]
    assert peak in dots


def test_a_small_mission_fills_its_panel_and_larger_ones_run_out(page):
    axes = page("unavem ii")["Strength against authorised"]
    frame = of("unavem ii").resources().query("role == 'main'")
    assert axes.get_ylim()[1] < 1.2 * float(frame["total_authorised"].max())
    assert any(
        "UNAVEM III" in text.get_text() and "out of" in text.get_text() for text in axes.texts
    )
