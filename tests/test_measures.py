"""Measures: each by hand, the laws they obey, and every one on real panels of each of its units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pkstats as pk
from pkstats.codebook import table, table_names
from pkstats.errors import BadData, UnitMismatch, UnknownColumn
from pkstats.measures import available, coverage, cronbach_alpha, measure
from pkstats.measures.arithmetic import reduction
from pkstats.measures.collaboration import INDEX, NGO_ITEMS, ORGANISATIONS, PRACTISED
from pkstats.measures.goals import CORE
from pkstats.measures.mandates import PEACEBUILDING, TASKS, task_flags
from pkstats.measures.registry import Need
from pkstats.panel.needs import Needs
from pkstats.tables.builders.burden import concentration
from pkstats.units import UNITS

NAMES = list(pk.measures(available=False)["name"])
NAN = np.nan
EXITS = np.array(
    [
        "completed",
        "handed over",
        "consent withdrawn",
        "terminated early",
        "overrun",
        "replaced",
        "relabelled",
        "split",
        "ongoing",
        None,
    ],
    dtype=object,
)


def arrays(*columns):
    return [np.array(column, dtype="float64") for column in columns]


def task_arrays(*on, rows=1):
    """Flags of all tasks: 1 for the tasks named, 0 for the rest."""
    return [np.full(rows, float(flag in on)) for flag in task_flags()]


FOUR = ("buffer_monitor", "liaise_warpart", "election_monitor", "ddr_assist")
MANDATE = task_arrays(*FOUR)
ONES = {"ngo_engagement": 4, "partner_count": 6, "collaboration_index": 10, "practised_index": 3}
FUNCTIONS = {
    "per_100k": (arrays([500, 0, 7], [1e6, 1e6, 0]), [50, 0, NAN]),
    "thousands": (arrays([12500, 0]), [12.5, 0]),
    "shortfall": (arrays([750, 1200, 1501, 5], [1000, 1000, 1000, 0]), [0.25, -0.2, NAN, NAN]),
    "ratio": (arrays([750, 0, 5], [1000, 10, 0]), [0.75, 0, NAN]),
    "strength_per_1000_authorised": (arrays([750, 5], [1000, 0]), [750, NAN]),
    "expenditure_per_head": (arrays([5e8, 1], [1e7, 0]), [50, NAN]),
    "contributor_count": (arrays([42]), [42]),
    "of_contributors": (arrays([7.5]), [7.5]),
    "had_peacekeepers": (arrays([1, 0]), [1, 0]),
    "conflicts_active": (arrays([2, 0]), [2, 0]),
    "conflict_parties": (arrays([3, 0]), [3, 0]),
    "conflict_intensity": (arrays([0, 1, 2, 0.5], [0, 0, 1, 0]), [0, 1, 2, 1]),
    "external_support": (arrays([0, 2]), [0, 1]),
    "displaced_per_1000": (arrays([3e4, 1], [2e4, 1], [1e6, 0]), [50, NAN]),
    "humanitarian_presence": (
        arrays([1e6, 2e6, NAN, -5], [1e6, NAN, 5, 0], [2e6, 2e6, 1, 10]),
        [np.log(2), np.log(2), NAN, 0],
    ),
    "contained": (arrays([3, 3, 0], [0, 1, 0]), [1, 0, NAN]),
    "containment": (arrays([3, 3, 0], [0, 1, 0]), [1, 0, NAN]),
    "neighbours_at_war_before": (arrays([2, 0]), [2, 0]),
    "fell_from_before": (arrays([5, 5, 0], [10, 5, 0]), [1, 0, 1]),
    "tasks_per_1000": ([np.array([2000.0]), *MANDATE], [2]),
    "strength_per_task": ([np.array([2000.0]), *MANDATE], [500]),
    "expenditure_per_task": ([np.array([8e8]), *MANDATE], [2e8]),
    "item": (arrays([1, 0, 0.25]), [1, 0, 0.25]),
    "chapter_vii": (arrays([1, 0]), [1, 0]),
    "protection_of_civilians": (arrays([1, 0]), [1, 0]),
    "authorised_use_of_force": (arrays([1, 0, NAN, NAN], [0, 1, 0, 1]), [1, 0, 0, NAN]),
    "practised_use_of_force": (arrays([0.25, 0]), [0.25, 0]),
    "ngo_engagement": (arrays(*[[1, 0]] * 3, [0, 0]), [3, 0]),
    "partner_count": (arrays(*[[1, 0]] * 2, *[[0, 0]] * 4), [2, 0]),
    "collaboration_index": (arrays(*[[1, 0]] * 4, *[[0, 0]] * 6), [0.4, 0]),
    "practised_index": (arrays([1, 0], [0.5, 0], [0, 0]), [0.5, 0]),
    "partnered_share": (arrays([3, 0], [12, 0]), [0.25, NAN]),
    "humanitarian_funding_per_head": (arrays([6e6, 1], [4e6, 0], [1e6, 0]), [10, NAN]),
    "task_count": (MANDATE, [4]),
    "task_areas": (MANDATE, [3]),
    "task_focus": (MANDATE, [(0.5**2) + 2 * 0.25**2]),
    "peacebuilding_share": (MANDATE, [0.5]),
    "peacekeeping_ratio": (MANDATE, [1]),
    "exit_category": ([EXITS], [*EXITS[:8], None, None]),
    "consent_withdrawn": ([EXITS], [0, 0, 1, 0, 0, 0, NAN, NAN, NAN, NAN]),
    "mandate_completed": ([EXITS], [1, 1, 0, 0, 0, 0, NAN, NAN, NAN, NAN]),
    "per_10k_person_years": (arrays([1, 0, 1], [12000, 100, 0]), [10, 0, NAN]),
    "peacekeepers_safe": (arrays([0, 3, NAN]), [1, 0, NAN]),
    "deaths": (arrays([10, 0], [5, 0]), [15, 0]),
    "violence_abatement": (arrays([10, 0, 9], [0, 0, 0], [11, 0, 8], [0, 0, 1]), [1, 1, 0]),
    "civilian_abatement": (arrays([1, 0, 9], [2, 0, 9]), [1, 1, 0]),
    "log_deaths_before": (arrays([0, 99], [0, 0]), [0, np.log(100)]),
    "log_deaths_at_entry": (arrays([0, 99], [0, 0]), [0, np.log(100)]),
    "agreement_signed": (arrays([0, 0.5, 3, NAN]), [0, 1, 1, NAN]),
    "agreements_a_year": (arrays([0, 0.5]), [0, 0.5]),
    "displaced_return": (arrays([10, 0, 0], [30, 0, 0], [50, 5, 0], [10, 0, 0]), [0.4, 0, NAN]),
    "refugees_return": (arrays([10, 0], [30, 0]), [0.25, NAN]),
    "aid_workers_killed": (arrays([4]), [4]),
    "change": (arrays([0.6, 0.2], [0.4, 0.5]), [0.2, -0.3]),
    "growth": (arrays([1200, 1], [1000, 0]), [0.2, NAN]),
    "peace_years": ([np.array([[0, 30, 0], [0, 0, 24], [0, 0, NAN], [NAN] * 3])], [2, 3, 2, NAN]),
    "peace_failed": ([np.array([[0, 30, 0], [0, 0, 24], [0, 0, NAN], [NAN] * 3])], [1, 0, 0, NAN]),
    "lenient_success": (arrays([24, 25, 0, NAN], [0, 0, 30, 0]), [1, 0, 0, NAN]),
    "strict_success": (
        arrays([24, 24, 25, 0, 0], [0, 0, 0, 0, NAN], [0.5, 0.2, 0.5, NAN, 0.5]),
        [1, 0, 0, NAN, NAN],
    ),
}
COMPARED = {  # before, then now, for one kind of deaths or for two
    "violence_reduction": ([30, 0, 10, 0], [10, 10, 0, 0], [0.5, -1, 1, NAN]),
    "violence_fell": ([30, 0, 10, 0], [10, 10, 0, 0], [1, 0, 1, 1]),
}
GOALS = {  # goal by goal, then the share of those known
    "core_goals": (
        arrays([30, 0, 10], [0, 0, 0], [10, 10, NAN], [0, 0, 0])  # violence: before, now
        + arrays([3, 3, 3], [0, 1, 0])  # neighbours, newly at war
        + arrays([0, 1, NAN]),  # agreements
        [2 / 3, 1 / 3, NAN],
    ),
    "extended_goals": (
        arrays([5, 0, 5], [1, 0, NAN])  # civilians: before, now
        + arrays([0.5, 0.5, NAN], [0.4, 0.6, 0.1])  # democracy: now, before
        + arrays([5, 5, 5], [10, 1, 10])  # refugees: now, before
        + arrays([0, 2, 0], [0, 1, 0])  # aid workers: now, before
        + arrays([1200, NAN, NAN], [1000, 1000, 1]),  # income: now, before
        [1, 1 / 4, NAN],
    ),
}


def example(name):
    """Inputs by hand for a measure and what it should give."""
    item = measure(name)
    function = item.function.__name__
    if function == "goals":
        return GOALS[name.rpartition("_")[0]]
    if function in COMPARED:
        before, now, expected = COMPARED[function]
        half = len(item.needs) // 2
        zeros = [[0] * len(now)] * (half - 1)
        return arrays(before, *zeros, now, *zeros), expected
    if function == "mission_type":
        chapter, civilians, rest = [1, 1, 0, 0], [1, 0, 0, 0], len(item.needs) - 2
        wide = {"humrts_monitor", "election_monitor", "ddr_assist"}
        flags = [
            np.array([0, float(need.column in wide), 0, 0.0]) for need in item.needs[2 : 2 + rest]
        ]
        types = ["robust", "multidimensional", "traditional", "traditional"]
        return [*arrays(chapter, civilians), *flags], types
    return FUNCTIONS[function]


@pytest.mark.parametrize("name", NAMES)
def test_a_measure_gives_what_is_worked_out_by_hand(name):
    inputs, expected = example(name)
    assert len(inputs) == len(measure(name).needs)
    found = measure(name).function(*inputs)
    if isinstance(expected[0], str):
        assert list(found) == expected
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-12)


DECIDES_WITHOUT = (
    "authorised_use_of_force",
    "mission_type",
    "task_areas",
    "peacekeeping_ratio",
    "lenient_success",
    "strict_success",
    "peace_",
    "core_goals",
    "extended_goals",
    "humanitarian_presence",
)


@pytest.mark.parametrize("name", [n for n in NAMES if not n.startswith(DECIDES_WITHOUT)])
def test_a_missing_value_makes_a_measure_missing(name):
    inputs, expected = example(name)
    if inputs[0].dtype == object:
        return
    for place in range(len(inputs)):
        changed = [column.copy() for column in inputs]
        changed[place][0] = NAN
        found = measure(name).function(*changed)
        assert np.isnan(found[0])
        np.testing.assert_allclose(found[1:], expected[1:], rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_a_measure_is_described(name):
    item = measure(name)
    roles = ("outcome", "resource", "mandate", "collaboration", "consent", "security", "context")
    assert item.role in roles
    assert item.timing in ("before", "entry", "during", "after")
    assert item.units and set(item.units) <= set(UNITS)
    assert item.unit and item.source != "pkstats" and 20 < len(item.construct) < 260
    assert item.function.__doc__
    assert {need.table for need in item.needs} <= set(table_names())
    if any(need.window == "after" for need in item.needs):
        assert item.timing == "after"


def test_a_measure_never_takes_the_name_of_a_tables_column():
    columns = {column for name in table_names() for column in table(name).columns}
    assert set(NAMES) & columns == {"deaths", "chapter_vii"}


@given(
    persons=st.floats(1, 1e5),
    people=st.floats(1e3, 1e9),
    factor=st.sampled_from([0.25, 2.0, 1024.0]),
)
def test_a_ratio_to_population_does_not_depend_on_the_size_of_the_country(persons, people, factor):
    function = measure("strength_per_100k").function
    one, other = arrays([persons], [people]), arrays([persons * factor], [people * factor])
    np.testing.assert_allclose(function(*one), function(*other), rtol=1e-12)
    assert function(np.array([persons * 2]), np.array([people])) > function(*one)


@given(low=st.floats(0, 1e4), more=st.floats(0.1, 1e4), authorised=st.floats(1, 1e5))
def test_more_deployed_means_less_shortfall(low, more, authorised):
    function = measure("shortfall").function
    short = function(np.array([low, low + more]), np.array([authorised, authorised]))
    assert np.isnan(short[1]) or short[1] < short[0] <= 1


@given(deployed=st.floats(0, 1e4), authorised=st.floats(1, 1e4))
def test_a_force_half_as_large_again_as_its_ceiling_has_no_shortfall(deployed, authorised):
    short = measure("shortfall").function(np.array([deployed]), np.array([authorised]))[0]
    assert np.isnan(short) if 1 - deployed / authorised < -0.5 else -0.5 <= short <= 1


@given(before=st.floats(0, 1e6), now=st.floats(0, 1e6))
def test_a_reduction_lies_between_minus_one_and_one_and_turns_with_time(before, now):
    one, other = reduction(*arrays([now], [before])), reduction(*arrays([before], [now]))
    if before + now == 0:
        assert np.isnan(one[0])
    else:
        assert -1 <= one[0] <= 1
        np.testing.assert_allclose(one, -other, atol=1e-15)


@given(st.lists(st.floats(0, 1e6), min_size=4, max_size=4))
def test_a_share_of_the_displaced_who_return_lies_between_zero_and_one(counts):
    share = measure("displaced_return").function(*arrays(*[[count] for count in counts]))
    assert np.isnan(share[0]) or 0 <= share[0] <= 1


@given(st.lists(st.sampled_from([0.0, 24.0, 25.0, 400.0, NAN]), min_size=1, max_size=12))
def test_survival_agrees_with_reading_the_years_one_by_one(years):
    failed, count = 0, 0
    for deaths in years:
        if np.isnan(deaths):
            break
        count += 1
        if deaths >= 25:
            failed = 1
            break
    row = np.array([years])
    time_found = measure("peace_years").function(row)[0]
    event = measure("peace_failed").function(row)[0]
    if count == 0:
        assert np.isnan(time_found) and np.isnan(event)
    else:
        assert (time_found, event) == (count, failed)


def test_more_tasks_never_make_a_mandate_narrower():
    flags = task_flags()
    areas = [measure("task_areas").function(*task_arrays(*flags[:count])) for count in range(1, 40)]
    assert (np.diff(np.ravel(areas)) >= 0).all() and areas[-1] == 11
    unknown = task_arrays(*FOUR)
    unknown[flags.index("ddr_monitor")][:] = NAN
    assert measure("task_areas").function(*unknown) == 3
    unknown[flags.index("mission_pr")][:] = NAN
    assert np.isnan(measure("task_areas").function(*unknown))
    assert set(PEACEBUILDING) < set(TASKS)


@pytest.fixture(scope="module")
def panels():
    found = {}
    for unit in UNITS:
        names = [name for name in NAMES if unit in measure(name).units]
        found[unit] = pk.panel(unit).derive(*names).frame[[*pk.panel(unit).frame, *names]]
    return found


@pytest.mark.parametrize("unit", UNITS)
def test_every_measure_has_values_on_a_real_panel_of_each_of_its_units(panels, unit):
    frame = panels[unit]
    names = [name for name in NAMES if unit in measure(name).units]
    assert [name for name in names if frame[name].isna().all()] == []
    numbers = frame[names].select_dtypes("number").astype("float64")
    assert len(numbers.columns) >= len(names) - 2
    assert not np.isinf(numbers).any(axis=None)
    counts = available(frame, names)
    assert (counts["rows"] > 0).all()
    decades = [name for name in counts if name.endswith("0s")]
    assert (counts[decades].sum(axis=1) == counts["rows"]).all()


def test_whatever_lies_after_an_ongoing_mission_is_missing(panels):
    frame = panels["mission"]
    ongoing = frame["exit"] == "ongoing"
    after = [name for name in NAMES if measure(name).timing == "after" and name in frame]
    assert len(after) > 30 and ongoing.sum() > 10
    assert frame.loc[ongoing, after].isna().all(axis=None)
    assert (
        frame.loc[frame["exit"].isna(), ["mandate_completed", "consent_withdrawn"]]
        .isna()
        .all(axis=None)
    )


def test_windows_are_means_or_peaks_of_the_years_they_name(panels):
    violence = pk.load("violence").set_index(["state", "year"])
    haiti = violence.loc[41, ["state_based_best", "one_sided_best"]].astype("float64")
    row = panels["mission"].set_index("mission_id").loc["MINUSTAH"]
    before = haiti.loc[2002:2003].sum(axis=1).mean()
    for horizon, first, last in (("2y", 2018, 2019), ("5y", 2018, 2022), ("during", 2004, 2017)):
        now = haiti.loc[first:last]
        name = "violence_reduction" if horizon == "2y" else f"violence_reduction_{horizon}"
        mean = now.sum(axis=1).mean()
        assert row[name] == pytest.approx((before - mean) / (before + mean), rel=1e-12)
        if horizon != "during":
            calm = (now.max() < 25).all()
            assert row[f"lenient_success_{horizon}"] == float(calm)
    assert np.isnan(row["violence_reduction_10y"])


def test_peace_is_counted_from_the_year_after_exit_and_censored_at_the_end_of_2024(panels):
    frame = panels["mission"].set_index("mission_id")
    assert frame.loc["UNAMSIL", ["peace_years", "peace_failed"]].tolist() == [2024 - 2005, 0]
    violence = pk.load("violence").set_index(["state", "year"])["state_based_best"]
    haiti = violence[41].loc[2018:2024] >= 25
    first = int(haiti.idxmax()) if haiti.any() else 2024
    assert frame.loc["MINUSTAH", "peace_years"] == first - 2017
    assert frame.loc["MINUSMA", ["peace_years", "peace_failed"]].tolist() == [1, 1]
    assert frame.loc["UNEF I", "peace_years"] is not None and np.isnan(
        frame.loc["UNEF I"].peace_years
    )
    both = frame[["peace_years", "peace_failed", "lenient_success_5y"]].dropna()
    lasted = (both["peace_failed"] == 0) | (both["peace_years"] > 5)
    assert (both["lenient_success_5y"] <= lasted).all()


def test_paired_measures_use_the_months_in_which_all_their_figures_are_known(panels):
    months = pk.panel("mission-month").add("personnel", "authorised").frame
    own = months[months["mission_id"] == "UNAMSIL"].dropna(subset=["total", "authorised_total"])
    frame = panels["mission"].set_index("mission_id")
    expected = 1 - own["total"].mean() / own["authorised_total"].mean()
    assert frame.loc["UNAMSIL", "shortfall"] == pytest.approx(expected, rel=1e-12)
    first = own.iloc[0]
    entry = 1 - first["total"] / first["authorised_total"]
    assert frame.loc["UNAMSIL", "shortfall_entry"] == pytest.approx(entry, rel=1e-12)
    peak = own.loc[own["total"].astype("float64").idxmax()]
    shortfall = 1 - peak["total"] / peak["authorised_total"]
    assert frame.loc["UNAMSIL", "shortfall_peak"] == pytest.approx(shortfall, rel=1e-12)
    known = frame.dropna(subset=["strength_thousands_entry", "strength_thousands_peak"])
    assert (known["strength_thousands_peak"] >= known["strength_thousands_entry"] - 1e-12).all()
    assert (known["strength_thousands_peak"] >= known["strength_thousands"] - 1e-12).all()


def test_a_mission_with_both_figures_in_few_of_its_months_has_no_mean_of_pairs(panels):
    # What MINUSMA was authorised is known to May 2015, 26 of its 129 months.
    frame = panels["mission"].set_index("mission_id")
    assert frame.loc["MINUSMA", ["shortfall", "shortfall_peak"]].isna().all()
    assert frame.notna().loc["MINUSMA", "shortfall_entry"]
    panel = pk.panel("mission", sponsor="UN").derive("shortfall")
    lost = panel.left_out.set_index("mission_id").loc["MINUSMA"]
    assert lost["deployed"] == 129 and lost["known"] < 30
    assert panel.frame.set_index("mission_id").loc["MINUSMA", "shortfall_months"] == lost["known"]
    every = pk.panel("mission", sponsor="UN", least_known=0).derive("shortfall").frame
    assert every.set_index("mission_id").notna().loc["MINUSMA", "shortfall"]


def test_a_death_rate_is_deaths_over_person_years(panels):
    frame = pk.panel("mission-month", sponsor="UN").add("personnel", "fatalities").frame
    own = frame[(frame["mission_id"] == "UNAMSIL")].dropna(subset=["total", "deaths_malicious_act"])
    rate = 1e4 * own["deaths_malicious_act"].sum() / (own["total"].sum() / 12)
    found = panels["mission"].set_index("mission_id").loc["UNAMSIL", "malicious_death_rate"]
    assert found == pytest.approx(rate, rel=1e-12)


def test_a_state_without_an_agreement_in_a_listed_year_has_a_true_zero():
    frame = pk.panel("state-year", 1970, 2023).add("agreements").frame
    listed = frame["year"].between(1975, 2021)
    system = pk.load("states")[["state", "year", "member"]]
    member = (
        frame[["state", "year"]].merge(system, how="left")["member"].fillna(False).to_numpy(bool)
    )
    assert frame.loc[listed & member, "agreements"].notna().all()
    # Of territories outside the state system the list says nothing: not known, not zero.
    assert not (frame.loc[listed & ~member, "agreements"] == 0).any()
    assert frame.loc[~listed, "agreements"].isna().all()
    placed = pk.load("agreements")["state"].notna().sum()
    assert abs(frame["agreements"].sum() - placed) <= 5


def test_measures_need_columns_and_statistics_that_exist():
    panel = pk.panel("mission", 2000, 2005, "UN")
    for need in (Need("personnel", "sailors"), Need("mandates", "prociv", statistic="peak")):
        item = measure("strength_thousands")
        wrong = type(item)(
            *[getattr(item, name) for name in item.__slots__[:5]], (need,), "", "", len
        )
        with pytest.raises(UnknownColumn, match=need.column):
            Needs(panel, [wrong]).arrays(wrong)
    with pytest.raises(UnknownColumn, match="Derive"):
        available(panel.frame, ["task_count"])


def test_the_list_of_measures_names_units_and_tables():
    listed = pk.measures()
    assert listed["name"].is_unique and len(listed) == len(NAMES)
    row = listed.set_index("name").loc["shortfall"]
    assert row["needs"] == "personnel, authorised" and "mission-year" in row["units"]


def test_the_list_counts_rows_with_a_value_at_one_unit_by_decade(panels):
    counted = pk.measures().set_index("name")
    decades = [name for name in counted if name.endswith("0s")]
    assert (counted[decades].sum(axis=1) == counted["n"]).all() and (counted["n"] > 0).all()
    for name, row in counted.iterrows():
        assert row["counted_at"] in row["units"].split(", ")
        assert row["n"] == panels[row["counted_at"]][name].notna().sum()
    assert set(counted.loc[counted["units"].str.contains("mission-year"), "counted_at"]) == {
        "mission-year"
    }
    pd.testing.assert_frame_equal(pk.measures().set_index("name"), counted)


def test_the_list_can_be_asked_for_one_unit_or_without_counts():
    states = pk.measures("state-year")
    assert set(states["counted_at"]) == {"state-year"} and len(states) < len(NAMES)
    assert states["units"].str.contains("state-year").all()
    assert "n" not in pk.measures(available=False)
    with pytest.raises(UnitMismatch, match="Did you mean 'mission-year'"):
        pk.measures("mission-yaer")


@given(st.lists(st.floats(1, 1e4), min_size=1, max_size=30))
def test_effective_contributors_lie_between_one_and_all_of_them(persons):
    frame = pd.DataFrame({"total": persons, "mission_id": "A", "year": 2019, "state": pd.NA})
    found = concentration(frame).iloc[0]
    assert 1 - 1e-9 <= found["effective_number"] <= len(persons) * (1 + 1e-9)
    assert found["effective_number"] <= 1 / found["largest_share"] ** 2 * (1 + 1e-9)
    assert found["permanent_share"] == 0


def test_shares_of_contributors_are_those_of_the_published_list(panels):
    listed = pk.load("contributors").query("mission_id == 'UNIFIL' and year == 2019")
    persons = listed.set_index("contributor")["total"].astype("float64")
    row = panels["mission-year"].set_index(["mission_id", "year"]).loc[("UNIFIL", 2019)]
    share = persons / persons.sum()
    assert row["effective_contributors"] == pytest.approx(1 / (share**2).sum(), rel=1e-12)
    assert row["p5_share"] == pytest.approx(share[["China", "France"]].sum(), rel=1e-12)
    assert row["contributor_count"] == len(persons)
    years = panels["mission-year"].set_index(["mission_id", "year"])
    assert years.loc[("UNFICYP", 2019), "neighbour_share"] == 0
    congo = pk.load("contributors").query("mission_id == 'MONUSCO' and year == 2019")
    near = ["Burundi", "Rwanda", "Uganda", "Zambia", "Angola", "Congo", "South Sudan"]
    near += ["Central African Republic", "United Republic of Tanzania"]
    expected = congo.loc[congo["contributor"].isin(near), "total"].sum() / congo["total"].sum()
    assert years.loc[("MONUSCO", 2019), "neighbour_share"] == pytest.approx(expected, rel=1e-12)
    assert 0.02 < expected < 0.2


def test_presence_has_every_month_of_a_panel_and_nobody_is_beside_himself(panels):
    table_rows = pk.load("presence")[["mission_id", "month"]]
    months = panels["mission-month"][["mission_id", "month"]]
    assert len(table_rows.merge(months)) == len(months) == len(table_rows)
    sponsors = panels["mission-month"]["sponsor"]
    assert (panels["mission-month"].loc[sponsors == "UN", "un_partner"].dropna() == 0).all()


def test_who_is_beside_a_mission_follows_from_the_registry(panels):
    months = panels["mission-month"].set_index(["mission_id", "month"])
    # KFOR came to Kosovo with UNMIK in June 1999.
    assert months.loc[("UNMIK", pd.Period("2005-06", "M")), "regional_partner"] == 1
    assert months.loc[("KFOR", pd.Period("2005-06", "M")), "un_partner"] == 1
    years = panels["mission-year"].set_index(["mission_id", "year"])
    assert years.loc[("UNFICYP", 2005), "regional_partner"] == 0
    own = months.loc["UNAMSIL", "un_partner"]
    assert (own == 0).all()
    regional = months.loc["UNOMIL", "regional_partner"]
    assert years.loc[("UNOMIL", 1995), "regional_partner"] == regional["1995-01":"1995-12"].mean()


def test_a_state_year_tells_whether_peacekeepers_were_there(panels):
    frame = panels["state-year"].set_index(["state", "year"])
    assert frame.loc[(41, 2010), "had_peacekeepers"] == 1
    assert frame.loc[(41, 2002), "had_peacekeepers"] == 0
    unknown = frame.index[frame["had_peacekeepers"].isna()].get_level_values("state")
    # A mission of a purpose that is not coded was there alone.
    assert set(unknown) <= {404, 816, 817}
    assert (frame.loc[frame["had_peacekeepers"] == 0, "strength_thousands"] == 0).all()


def test_complexity_counts_the_conflicts_of_ucdp_and_zero_where_it_lists_none(panels):
    frame = panels["state-year"].set_index(["state", "year"])
    conflicts = pk.load("conflicts")
    congo = conflicts[conflicts["locations"].eq("490") & conflicts["year"].eq(2013)]
    row = frame.loc[(490, 2013)]
    assert row["conflicts_active"] == len(congo) and row["conflict_intensity"] == 2
    assert row["conflict_parties"] == congo["side_b_parties"].sum()
    assert row["external_support"] == (congo["side_a_supporters"] > 0).any()
    assert frame.loc[(41, 2013), "conflicts_active"] == 0
    assert np.isnan(frame.loc[(490, 2024), "conflicts_active"])


def test_goals_are_the_share_reached_of_the_measures_they_name(panels):
    frame = panels["mission"]
    for horizon in ("during", "2y", "5y", "10y"):
        parts = frame[[f"{stem}_{horizon}" for stem in CORE]].astype("float64")
        mean = (parts > 0).where(parts.notna()).astype("float64").mean(axis=1)
        expected = mean.where(parts.notna().sum(axis=1) >= 2)
        np.testing.assert_allclose(frame[f"core_goals_{horizon}"], expected, rtol=1e-12)
        assert frame[f"extended_goals_{horizon}"].between(0, 1).sum() > 100


def test_alpha_is_one_for_equal_items_and_near_zero_for_unrelated_ones():
    item = np.random.default_rng(1).normal(size=4000)
    assert cronbach_alpha(np.column_stack([item, item, item])) == pytest.approx(1, abs=1e-12)
    unrelated = np.random.default_rng(2).normal(size=(4000, 5))
    assert abs(cronbach_alpha(unrelated)) < 0.1


@settings(max_examples=30)
@given(correlation=st.floats(0.05, 0.95), count=st.integers(2, 8))
def test_alpha_is_the_formula_of_spearman_and_brown_for_parallel_items(correlation, count):
    target = np.full((count, count), correlation) + (1 - correlation) * np.eye(count)
    raw = np.random.default_rng(3).normal(size=(200, count))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T)).T)
    items = white @ np.linalg.cholesky(target).T
    expected = count * correlation / (1 + (count - 1) * correlation)
    assert cronbach_alpha(items) == pytest.approx(expected, rel=1e-9)


def test_alpha_refuses_what_has_none_and_coverage_counts_what_is_known():
    with pytest.raises(BadData, match="two or more items"):
        cronbach_alpha(np.ones((5, 1)))
    with pytest.raises(BadData, match="same in every row"):
        cronbach_alpha(np.ones((5, 2)))
    with pytest.raises(BadData, match="two complete rows"):
        cronbach_alpha(np.array([[1.0, 2.0], [NAN, 1.0]]))
    known = coverage(np.array([[1.0, 2.0], [NAN, 1.0], [0.0, 1.0], [NAN, NAN]]))
    assert known == {"rows": 4, "complete": 2, "share": 0.5, "cells": 5 / 8, "worst": 0.5}


def test_the_reliabilities_the_docstrings_state_are_those_of_the_data(panels):
    frame = panels["mission-year"]

    def alpha(stem, flags):
        items = frame[[f"{stem}_{flag}" for flag in flags]].to_numpy("float64")
        return round(cronbach_alpha(items), 2), coverage(items)["complete"]

    assert alpha("mandated", INDEX) == (0.56, 687)
    assert alpha("mandated", NGO_ITEMS)[0] == 0.44
    assert alpha("mandated", ORGANISATIONS)[0] == 0.29
    assert alpha("practised", PRACTISED) == (0.61, 129)
    both = frame[["collaboration_index", "practised_index"]].dropna()
    assert len(both) == 125 and round(both.corr().iloc[0, 1], 2) == 0.40
