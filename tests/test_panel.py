"""Panels: rows stay, totals are conserved, gaps stay gaps."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pkstats as pk
from pkstats.errors import PkstatsError, UnitMismatch, UnknownColumn, UnknownTable
from pkstats.multiverse import reload
from pkstats.panel.convert import complete
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


def test_strength_is_a_true_zero_only_where_no_mission_was_deployed():
    frame = pk.panel("state-year", start=1995, end=2020).add("personnel").frame
    sweden = frame[frame["state"] == 380]
    assert (sweden["total"] == 0).all()
    haiti = frame[(frame["state"] == 41) & (frame["year"] == 2010)]
    assert (haiti["total"] > 9000).all()


def test_a_deployment_without_a_figure_is_missing_not_zero():
    frame = pk.panel("state-year", start=1985, end=1995).add("personnel").frame
    cyprus = frame[(frame["state"] == 352) & (frame["year"] < 1990)]
    assert cyprus["total"].isna().all() and (cyprus["total_months"] == 0).all()


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
    causes = [name for name in frame if name.startswith("deaths_") and "_months" not in name]
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
        keys = ["mission_id", "year"]
        both = months.dropna(subset=list(columns)).groupby(keys)[list(columns)]
        enough = both.size() >= months.groupby(keys).size().reindex(both.size().index) / 2
        return both.mean()[enough].astype("float64")

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
    p = pk.panel(unit, 2012, 2016, sponsor="UN", least_known=0).add("personnel")
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


def types_a_user_may_bring():
    frame = pd.DataFrame(
        {"iso3": ["KEN", "MLI", "TCD"], "year": [2001, 2002, 2003], "aid": [1, 2, None]}
    )
    exact = [Decimal("1"), Decimal("2"), None]
    return {
        "plain": frame,
        "nullable": frame.convert_dtypes(),
        "arrow": frame.convert_dtypes(dtype_backend="pyarrow"),
        "objects": frame.astype("object"),
        "categories": frame.astype({"iso3": "category", "year": "category", "aid": "category"}),
        "decimals": frame.assign(aid=exact),
        "arrow decimals": frame.assign(
            aid=pd.array(exact, dtype=pd.ArrowDtype(pa.decimal128(9, 2)))
        ),
        "arrow dictionary": frame.assign(
            iso3=frame["iso3"].astype(pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())))
        ),
        "text": frame.astype({"year": "str"}),
        "half": frame.astype({"aid": "float16"}),
    }


@pytest.mark.parametrize("kind", list(types_a_user_may_bring()))
def test_a_table_of_ones_own_joins_whatever_its_types(kind):
    own = types_a_user_may_bring()[kind]
    joined = pk.panel("state-year", 2000, 2004).join(own, "iso3", scheme="iso3")
    found = joined.frame.dropna(subset=["aid"]).set_index(["state", "year"])["aid"]
    assert found.astype("float64").to_dict() == {(501, 2001): 1.0, (432, 2002): 2.0}


def test_flags_and_months_of_ones_own_may_be_arrows():
    own = pd.DataFrame(
        {
            "label": ["MINUSMA"] * 9,
            "month": pd.period_range("2014-01", periods=9, freq="M").astype(str),
        }
    ).assign(x=[True] + [False] * 8)
    p = pk.panel("mission-year", 2014, 2014, sponsor="UN")
    for frame in (own, own.convert_dtypes(dtype_backend="pyarrow")):
        joined = p.join(frame, "label").frame.set_index("mission_id")
        assert bool(joined.loc["MINUSMA", "x"]) and joined.loc["MINUSMA", "x_months"] == 9


POLITY = pd.DataFrame({"ccode": [341, 348, 626, 525], "year": [2012] * 4, "polity2": [8, 9, -4, 0]})


def test_politys_numbers_are_a_scheme_of_their_own():
    joined = pk.panel("state-year", 2011, 2013).join(POLITY, "ccode", scheme="polity")
    found = joined.frame.dropna(subset=["polity2"]).set_index("state")["polity2"].to_dict()
    assert found == {347: 8, 341: 9, 625: -4, 626: 0}


@pytest.mark.parametrize("scheme", ["cow", "gw"])
def test_politys_numbers_read_as_others_are_told(scheme):
    joined = pk.panel("state-year", 2011, 2013).join(POLITY, "ccode", scheme=scheme)
    note = next(note for note in joined.notes if "Polity" in note)
    assert "341 is Kosovo" in note and "626 is Sudan" in note and 'scheme="polity"' in note
    plain = POLITY.assign(ccode=[2, 20, 200, 220])
    assert not any(
        "Polity" in note
        for note in pk.panel("state-year", 2011, 2013).join(plain, "ccode", scheme=scheme).notes
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda: pk.panel([]),
        lambda: pk.panel("mission", sponsor=[[]]),
        lambda: pk.panel("mission", kind=5),
        lambda: pk.panel("state-year", 2000, 2003).add([]),
        lambda: pk.panel("state-year", 2000, 2003).add("violence", columns=[[]]),
        lambda: pk.panel("state-year", 2000, 2003).derive({}),
        lambda: pk.measures([]),
        lambda: pk.panel("state-year", 2000, 2003).join(AID, [], scheme="iso3"),
        lambda: pk.panel("state-year", 2000, 2003).join(AID, "c", scheme=[]),
        lambda: pk.panel("state-year", 2000, 2003).join(AID, "c", scheme="iso3", sums=3),
        lambda: pk.panel("state-year", 2000, 2003).join(AID.assign(aid=1j), "c", scheme="iso3"),
        lambda: pk.panel("x" * 100_000),
    ],
)
def test_names_that_are_no_names_are_refused_in_few_words(call):
    with pytest.raises(PkstatsError) as caught:
        call()
    assert len(str(caught.value)) < 9000


def test_a_table_without_figures_in_the_panels_years_is_refused():
    with pytest.raises(UnitMismatch, match=r"1989 to 20.*the panel needs 1946 to 1950"):
        pk.panel("state-year", 1946, 1950).add("violence")
    lagged = pk.panel("state-year", 2025, 2025).add("violence", lag=1).frame
    assert lagged["state_based_best_lag1"].notna().any()


def test_a_measure_does_not_take_the_place_of_a_tables_column():
    added = pk.panel("mission-year", 2000, 2010, sponsor="UN").add("fatalities")
    both = added.derive("deaths").frame
    pd.testing.assert_series_equal(
        both["fatalities_deaths"], added.frame["deaths"], check_names=False
    )
    again = added.derive("deaths").derive("deaths").frame
    assert set(again) == set(both) and again["deaths"].equals(both["deaths"])


@pytest.mark.parametrize("unit", UNITS)
def test_a_panels_codebook_has_a_meaning_for_every_column(unit):
    full = pk.panel(unit, 1995, 2020).add(*addable(unit)).derive("deaths")
    book = pk.codebook(full)
    assert book["column"].tolist() == list(full.frame)
    assert (book["meaning"] != "").all() and not book.isna().any(axis=None)
    rows = book.set_index("column")
    assert rows.loc["deaths", "table"] == "violence" and "UCDP" in rows.loc["deaths", "source"]


def test_a_panels_codebook_tells_units_lags_months_and_own_tables():
    own = AID.assign(year=[2009, 2010, 2011, 2012])
    p = pk.panel("state-year", 2009, 2014).add("personnel", lag=1, columns="total")
    p = p.derive("strength_thousands").join(own, "c", scheme="iso3", source="Author (2024).")
    rows = pk.codebook(p).set_index("column")
    assert rows.loc["total_lag1", "unit"] == "persons"
    assert rows.loc["total_months_lag1", "unit"] == "months"
    assert rows.loc["strength_thousands", "unit"] == "thousand persons"
    assert rows.loc["strength_thousands_months", "unit"] == "months"
    assert rows.loc["aid", ["table", "source"]].tolist() == ["own", "Author (2024)."]
    with pytest.raises(UnknownTable, match="name of a table"):
        pk.codebook([])
