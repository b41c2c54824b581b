"""Panels: rows stay, totals are conserved, gaps stay gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pkstats as pk
from pkstats.errors import UnitMismatch, UnknownColumn, UnknownTable
from pkstats.multiverse import reload
from pkstats.panel.convert import complete, to_states
from pkstats.panel.native import addable, native
from pkstats.panel.skeleton import chosen_missions, host_shares
from pkstats.units import UNITS, join


@pytest.mark.parametrize("unit", UNITS)
def test_adding_every_table_never_changes_the_rows(unit):
    bare = pk.panel(unit, start=1988, end=2024)
    full = bare.add(*addable(unit))
    pd.testing.assert_frame_equal(full.frame[bare.frame.columns], bare.frame)


@pytest.mark.parametrize("unit", UNITS)
def test_a_panel_has_one_row_per_key(unit):
    panel = pk.panel(unit)
    assert not panel.frame.duplicated(list(panel.key)).any()


def test_the_sum_over_missions_equals_the_tables_total():
    table = pk.load("personnel")
    frame = pk.panel("mission-month").add("personnel").frame
    inside = table.merge(frame[["mission_id", "month"]], on=["mission_id", "month"])
    assert frame["total"].sum() == inside["total"].sum()
    assert len(inside) / len(table) > 0.95


def test_what_lies_outside_a_missions_dates_is_counted():
    table, panel = pk.load("personnel"), pk.panel("mission-month", sponsor="UN").add("personnel")
    owned = table[table["mission_id"].isin(panel.frame["mission_id"])]
    lost = len(owned) - int(panel.frame["personnel_source"].notna().sum())
    assert lost > 0
    assert panel.notes == (f"personnel: months outside the missions' dates, left out: {lost}",)


def test_host_shares_sum_to_one_in_every_month_and_year():
    for time in ("month", "year"):
        sums = host_shares(time).groupby(["mission_id", time])["share"].sum()
        np.testing.assert_allclose(sums, 1, rtol=1e-12)


def test_splitting_strength_between_hosts_conserves_a_years_total():
    missions = chosen_missions(2012, 2012, "UN", "peacekeeping")
    table = native("personnel")
    states = to_states(table, missions)
    year = table.frame[table.frame["month"].dt.year == 2012]
    year = year[year["mission_id"].isin(missions["mission_id"])]
    whole = year.groupby("mission_id").filter(lambda group: group["total"].notna().all())
    assert len(whole) == len(year)
    assert states.loc[states["year"] == 2012, "total"].sum() == pytest.approx(
        float(year["total"].sum()) / 12, rel=0.002
    )


def test_strength_is_a_true_zero_only_where_no_mission_was_deployed():
    frame = pk.panel("state-year", start=1995, end=2020).add("personnel").frame
    sweden = frame[frame["state"] == 380]
    assert (sweden["total"] == 0).all()
    haiti = frame[(frame["state"] == 41) & (frame["year"] == 2010)]
    assert (haiti["total"] > 9000).all()


def test_a_deployment_without_a_figure_is_missing_not_zero():
    frame = pk.panel("state-year", start=1985, end=1989).add("personnel").frame
    cyprus = frame[frame["state"] == 352]
    assert cyprus["total"].isna().all()


def test_a_state_year_panel_has_every_member_of_the_system():
    states = pk.load("states")
    members = states[states["member"].astype(bool) & (states["year"] == 2000)]
    frame = pk.panel("state-year", start=2000, end=2000).frame
    assert set(members["state"]) <= set(frame["state"])


def test_a_lag_moves_by_time_and_leaves_gaps():
    now = pk.panel("mission-month", sponsor="UN").add("personnel", columns=["total"])
    frame = now.add("personnel", lag=1, columns=["total"]).frame
    frame = frame.set_index(["mission_id", "month"])
    rows = frame.sample(200, random_state=3)
    for (mission_id, month), row in rows.iterrows():
        before = frame["total"].get((mission_id, month - 1), pd.NA)
        assert (pd.isna(before) and pd.isna(row["total_lag1"])) or before == row["total_lag1"]


def test_a_state_table_lags_within_the_host():
    frame = pk.panel("mission-year", sponsor="UN").add("violence", lag=1).frame
    violence = pk.load("violence").set_index(["state", "year"])["one_sided_best"]
    haiti = frame[frame["mission_id"] == "MINUSTAH"].set_index("year")["one_sided_best_lag1"]
    assert haiti[2005] == violence[(41, 2004)]


@settings(max_examples=20, deadline=None)
@given(lag=st.integers(1, 4))
def test_lagged_years_are_the_values_of_that_many_years_before(lag):
    panel = pk.panel("state-year", 1995, 2010).add("violence", lag=lag, columns=["non_state_best"])
    violence = pk.load("violence").set_index(["state", "year"])["non_state_best"]
    keys = pd.MultiIndex.from_arrays([panel.frame["state"], panel.frame["year"] - lag])
    expected = violence.reindex(keys).astype("float64").to_numpy()
    found = panel.frame[f"non_state_best_lag{lag}"].astype("float64").to_numpy()
    np.testing.assert_array_equal(found, expected)


def test_a_list_known_to_be_complete_has_true_zeros():
    missions = chosen_missions(2000, 2005, "UN", "peacekeeping")
    table = complete(native("fatalities"), missions)
    assert not table.frame["deaths"].isna().any()
    assert table.frame["deaths"].sum() == pk.load("fatalities")["deaths"].sum()


def test_deaths_by_cause_add_up_to_deaths():
    frame = pk.panel("mission-year", 1990, 2020, "UN").add("fatalities").frame
    causes = [name for name in frame if name.startswith("deaths_")]
    assert (frame[causes].sum(axis=1) == frame["deaths"].fillna(0)).all()


def test_event_tables_are_refused_because_they_multiply_rows():
    with pytest.raises(UnitMismatch, match="multiply rows"):
        pk.panel("mission-year").add("leaders")


def test_adding_a_table_twice_is_refused():
    panel = pk.panel("state-year", 2000, 2004).add("violence")
    with pytest.raises(UnitMismatch, match="already has state_based_best"):
        panel.add("violence")
    with pytest.raises(UnitMismatch, match="before"):
        join(panel.frame, pk.load("violence"), ("state", "year"), "violence")
    assert "state_based_best_lag2" in panel.add("violence", lag=2).frame


def test_columns_of_a_table_can_be_added_one_after_the_other():
    panel = pk.panel("mission-year", 2000, 2010).add("authorised").derive("shortfall")
    panel = panel.add("personnel", columns="total").add("personnel", columns=["troops"], lag=1)
    known = pk.panel("mission-year", 2000, 2010).add("personnel").frame
    assert panel.frame["personnel_total"].equals(known["total"].rename("personnel_total"))
    assert "troops_lag1" in panel.frame
    before = pk.panel("mission").add("violence", window="before", columns="one_sided_best")
    assert "one_sided_best_before" in before.frame
    with pytest.raises(UnknownColumn, match="Did you mean 'troops'"):
        panel.add("personnel", columns="trops")


def test_a_yearly_table_in_a_monthly_panel_says_that_it_repeats():
    panel = pk.panel("mission-month", 2000, 2004).add("violence", "context")
    assert sum("whole year" in note for note in panel.notes) == 2
    assert "violence: yearly" in repr(panel)
    assert not pk.panel("mission-month", 2000, 2004).add("personnel").derive("shortfall").notes[1:]
    assert "whole year" not in repr(pk.panel("mission-year", 2000, 2004).add("violence"))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: pk.panel("mission-month", start="1991-01"), "calendar year"),
        (lambda: pk.panel("mission-year", end=1990.5), "calendar year"),
        (lambda: pk.panel("mission-year", start=94), "calendar year.* from 1700 to 2100"),
        (lambda: pk.panel("mission-year", end=99999), "calendar year.* from 1700 to 2100"),
        (lambda: pk.panel("mission-year", 2099, 2100), "with rows"),
        (lambda: pk.panel("mission-year").add("violence", lag=-1), "whole number from 0"),
        (lambda: pk.panel("mission-year").add("violence", lag="1"), "whole number from 0"),
        (lambda: pk.panel("mission").add("violence", window="after", years=0), "number from 1"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(call, says):
    with pytest.raises(UnitMismatch, match=says):
        call()


def test_unknown_names_get_suggestions():
    with pytest.raises(UnknownTable, match="personnel"):
        pk.panel("mission-year").add("personel")
    with pytest.raises(UnknownTable, match=r"a column of .*personnel.*columns=\['police'\]"):
        pk.panel("mission-year").add("police")
    with pytest.raises(UnitMismatch, match="mission-year"):
        pk.panel("mission-years")
    with pytest.raises(UnknownColumn, match="task_count"):
        pk.panel("mission-year").derive("task_counts")
    with pytest.raises(UnitMismatch, match="sponsor"):
        pk.panel("mission", sponsor="UNO")


def test_derived_measures_follow_their_definition_over_the_months_that_have_both():
    chosen = (2000, 2012, "UN", "peacekeeping")
    frame = pk.panel("mission-year", *chosen).derive("shortfall", "strength_per_100k").frame
    months = pk.panel("mission-month", *chosen).add("personnel", "authorised", "context").frame
    months["year"] = months["month"].dt.year
    frame = frame.set_index(["mission_id", "year"])

    def yearly_means(*columns):
        both = months.dropna(subset=list(columns))
        return both.groupby(["mission_id", "year"])[list(columns)].mean().astype("float64")

    means = yearly_means("total", "authorised_total")
    means = means[means["authorised_total"] > 0]
    expected = 1 - means["total"] / means["authorised_total"]
    pd.testing.assert_series_equal(
        frame["shortfall"].dropna(), expected, check_names=False, check_like=True, rtol=1e-12
    )
    means = yearly_means("total", "population")
    expected = 1e5 * means["total"] / means["population"]
    pd.testing.assert_series_equal(
        frame["strength_per_100k"].dropna(),
        expected,
        check_names=False,
        check_like=True,
        rtol=1e-12,
    )


def test_measures_do_not_depend_on_what_was_added_before():
    bare = pk.panel("mission-year", 1995, 2010, "UN").derive("troops_per_100k", "task_count")
    full = pk.panel("mission-year", 1995, 2010, "UN").add("personnel", "mandates", "context")
    full = full.derive("troops_per_100k", "task_count")
    columns = ["troops_per_100k", "task_count"]
    pd.testing.assert_frame_equal(bare.frame[columns], full.frame[columns])


def test_mission_averages_peaks_and_entries_have_distinct_names():
    frame = pk.panel("mission", sponsor="UN").add("personnel").frame.set_index("mission_id")
    table = pk.load("personnel")
    own = table[table["mission_id"] == "UNAMSIL"].sort_values("month")["total"]
    assert frame.loc["UNAMSIL", "total_peak"] == own.max() == 17477
    assert frame.loc["UNAMSIL", "total_entry"] == own.iloc[0]
    assert frame.loc["UNAMSIL", "total_mean"] == pytest.approx(own.mean(), rel=0.05)


def test_the_after_window_is_empty_for_ongoing_missions():
    frame = pk.panel("mission", sponsor="UN").add("violence", window="after").frame
    ongoing = frame["exit"] == "ongoing"
    assert frame.loc[ongoing, "one_sided_best_after"].isna().all()
    assert frame.loc[~ongoing, "one_sided_best_after"].notna().any()


def test_a_panel_reads_well_and_cites_its_sources():
    panel = pk.panel("mission-year", 2000, 2005, "UN").add("violence")
    assert "Panel by mission-year" in repr(panel)
    assert "<table" in panel._repr_html_()
    assert "UCDP" in panel.cite() or "Uppsala" in panel.cite()


# A table of one's own

AID = pd.DataFrame(
    {"c": ["MLI", "SDN", "MLI", "XXX"], "year": [2013, 2010, 2050, 2010], "aid": [1.0, 2, 3, 4]}
)


@given(order=st.permutations(range(4)))
def test_a_table_of_ones_own_joins_whatever_the_order_of_its_rows(order):
    p = pk.panel("state-year", 2009, 2014)
    joined = p.join(AID.iloc[list(order)], "c", scheme="iso3")
    pd.testing.assert_frame_equal(joined.frame[list(p.frame)], p.frame)
    found = joined.frame.dropna(subset=["aid"]).set_index(["state", "year"])["aid"]
    assert found.sort_index().to_dict() == {(432, 2013): 1.0, (625, 2010): 2.0}
    assert any("no known state, left out: 1 ('XXX' names no state" in one for one in joined.notes)
    assert "own: 1 of 3 rows lie outside the panel" in joined.notes


@pytest.mark.parametrize("unit", ["mission", "mission-year", "mission-month"])
def test_a_table_by_mission_keeps_the_rows_of_every_unit(unit):
    own = pd.DataFrame(
        {"label": ["minusma", "MINUSTA"], "month": ["2014-01", "2014-02"], "x": [7, 8]}
    )
    p = pk.panel(unit, 2012, 2016, sponsor="UN").add("personnel")
    joined = p.join(own, "label", source="Author (2024).")
    pd.testing.assert_frame_equal(joined.frame[list(p.frame)], p.frame)
    new = joined.frame[[name for name in joined.frame if name not in p.frame]]
    assert new.iloc[:, 0].dropna().tolist() == [7]
    assert "MINUSTAH" in joined.notes[-1]
    assert joined.cite().endswith("own: Author (2024).") and joined.cite().startswith(p.cite())
    assert joined.cite("bibtex").endswith("@misc{own,\n  note = {Author (2024).}\n}")
    assert pk.cite([p, joined]) == pk.cite(joined) == joined.cite()


def test_a_table_of_ones_own_is_cited_by_what_is_fitted_on_it(tmp_path):
    p = pk.panel("mission-year", 1990, 2010, sponsor="UN").add("personnel")
    own = p.frame[["mission_id", "year"]].assign(x=range(len(p.frame)))
    joined = p.join(own, "mission_id", source="Author (2024).")
    assert pk.fit("total ~ x", joined).cite() == joined.cite()
    multiverse = pk.multiverse(joined, "total", "x")
    assert multiverse.cite() == joined.cite()
    assert reload(multiverse.save(tmp_path / "m.parquet")).cite() == joined.cite()


def test_states_of_ones_own_come_to_missions_as_those_of_tables_do():
    violence = pk.load("violence")[["state", "year", "one_sided_best"]]
    p = pk.panel("mission-year", 2000, 2010, sponsor="UN").add("violence", columns="one_sided_best")
    joined = p.join(violence, "state", scheme="gw", sums=["one_sided_best"], name="mine").frame
    known = joined["one_sided_best"].notna()
    assert known.any()
    np.testing.assert_allclose(
        joined.loc[known, "mine_one_sided_best"].astype("float64"),
        joined.loc[known, "one_sided_best"].astype("float64"),
    )


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda p: p.join(pd.concat([AID, AID]), "c", scheme="iso3"), "one row per state, year"),
        (lambda p: p.join(AID, "c"), "scheme="),
        (lambda p: p.join(AID, "c", scheme="iso"), "Did you mean 'iso"),
        (lambda p: p.join(AID.drop(columns="year"), "c", scheme="iso3"), "column of years"),
        (lambda p: p.join(AID.assign(year=13), "c", scheme="iso3"), "from 1700 to 2100"),
        (lambda p: p.join(AID.assign(year="soon"), "c", scheme="iso3"), "months like 2004-06"),
        (lambda p: p.join(AID.tail(1), "c", scheme="iso3"), "no row of a known state"),
        (lambda p: p.join(AID, "c", scheme="iso3", name="violence"), "table of pkstats"),
        (
            lambda p: p.join(AID, "c", scheme="iso3").join(AID, "c", scheme="iso3"),
            "already has aid",
        ),
        (lambda p: p.join(AID.to_dict(), "c"), "DataFrame"),
    ],
)
def test_a_table_that_cannot_be_joined_is_refused_with_what_to_do(call, says):
    with pytest.raises(UnitMismatch, match=says):
        call(pk.panel("state-year", 2009, 2014))


@pytest.mark.parametrize("lag", [0, 1])
def test_rows_of_ones_own_table_without_a_year_are_counted(lag):
    own = AID.head(2).assign(year=[2013, np.nan])
    joined = pk.panel("state-year", 2009, 2014).join(own, "c", scheme="iso3", lag=lag)
    assert joined.notes[0] == "own: rows without c or year, left out: 1"
    found = joined.frame.dropna(subset=[f"aid_lag{lag}" if lag else "aid"])
    assert found["year"].tolist() == [2013 + lag]


def test_a_territory_of_ones_own_table_is_called_that():
    own = pd.DataFrame({"place": ["Palestine", "Korea, South"], "year": 2010, "x": [1, 2]})
    joined = pk.panel("state-year", 2009, 2011).join(own, "place", scheme="name")
    assert joined.frame["x"].sum() == 2
    assert "territory without a Gleditsch–Ward number" in joined.notes[0]


def test_an_unknown_column_of_ones_own_table_gets_a_suggestion():
    with pytest.raises(UnknownColumn, match="Did you mean 'aid'"):
        pk.panel("state-year", 2009, 2014).join(AID, "c", scheme="iso3", sums=["adi"])
