"""Borders: who is next door to whom and when, and whether conflict spread there."""

from __future__ import annotations

import json
import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays

import pkstats as pk
from pkstats.codebook import source_cards, table
from pkstats.measures.containment import contained
from pkstats.registry import states_table
from pkstats.tables import atlas
from pkstats.tables.builders.borders import CONFLICT, owners
from pkstats.tables.places import raw_folder

# Two squares side by side (arc 1 is their common edge) and an island.
SMALL = {
    "transform": {"scale": [0.5, 0.5], "translate": [10, 20]},
    "arcs": [
        [[2, 0], [-2, 0], [0, 2], [2, 0]],
        [[2, 2], [0, -2]],
        [[2, 2], [2, 0], [0, -2], [-2, 0]],
        [[20, 20], [2, 0], [0, 2], [-2, -2]],
    ],
    "objects": {
        "countries": {
            "geometries": [
                {"type": "Polygon", "id": "004", "properties": {"name": "Left"}, "arcs": [[0, 1]]},
                {"type": "Polygon", "properties": {"name": "Right"}, "arcs": [[2, -2]]},
                {
                    "type": "MultiPolygon",
                    "id": "8",
                    "properties": {"name": "Isle"},
                    "arcs": [[[3]]],
                },
            ]
        }
    },
}


def neighbours_of(state: int, year: int) -> set[int]:
    frame = pk.load("neighbours")
    then = (frame["from"] <= year) & (frame["to"].fillna(9999) >= year)
    return set(frame.loc[then & (frame["state"] == state), "neighbour"])


@pytest.mark.parametrize(
    ("state", "year", "count"),
    [
        (432, 2020, 7),  # Mali
        (41, 2020, 1),  # Haiti
        (352, 2020, 0),  # Cyprus
        (517, 2020, 4),  # Rwanda
        (451, 2020, 2),  # Sierra Leone
        (346, 2020, 3),  # Bosnia and Herzegovina
        (490, 2020, 9),  # DR Congo
        (346, 1995, 2),  # Bosnia and Herzegovina beside Croatia and Yugoslavia
        (345, 1990, 7),  # Yugoslavia
        (625, 2005, 9),  # Sudan before the south left
        (625, 2015, 7),  # and after
        (365, 1985, 12),  # Soviet Union
    ],
)
def test_states_have_as_many_neighbours_as_the_atlas_shows(state, year, count):
    assert len(neighbours_of(state, year)) == count


def test_neighbours_are_mutual_and_nobody_is_his_own():
    frame = pk.load("neighbours")
    pairs = set(zip(frame["state"], frame["neighbour"], frame["from"], strict=True))
    assert pairs == {(other, one, start) for one, other, start in pairs}
    assert (frame["state"] != frame["neighbour"]).all()


def test_spells_do_not_overlap_and_lie_in_the_years_of_both_states():
    states = states_table()
    members = set(
        states.loc[states["member"], ["state", "year"]].itertuples(index=False, name=None)
    )
    seen = set()
    for row in pk.load("neighbours").fillna({"to": 2025}).itertuples():
        for year in range(row._3, row.to + 1):
            assert {(row.state, year), (row.neighbour, year)} <= members
            assert (row.state, row.neighbour, year) not in seen
            seen.add((row.state, row.neighbour, year))


def test_a_part_is_a_state_of_its_own_as_soon_as_the_list_says_so():
    states = states_table()
    members = states[states["member"]].groupby("state")["year"].min()
    for entry in table("neighbours").recipe["parts"]:
        for part in entry["parts"]:
            if part != 340:  # Yugoslavia's seat in its last year, 2006
                assert entry["to"] < members[part]
    held = owners(table("neighbours"))
    assert not held.duplicated(["unit", "year"]).any()


def test_halves_the_map_does_not_show_are_unknown_rather_than_islands():
    assert not neighbours_of(260, 1988) and 260 in neighbours_of(290, 1990)
    frame = pk.load("surroundings").set_index(["state", "year"])
    assert frame.loc[[(260, 1989), (290, 1989), (265, 1990), (396, 2010)]].isna().all(axis=None)
    assert frame.loc[(352, 2010), "neighbours"] == 0


def test_surroundings_follow_from_neighbours_and_violence():
    violence = pk.load("violence").set_index(["state", "year"])["state_based_best"]
    frame = pk.load("surroundings").set_index(["state", "year"])
    assert frame.index.is_unique
    for state, year in [(432, 2023), (517, 1994), (346, 1995), (625, 2005), (490, 2012)]:
        near = violence.loc[[(other, year) for other in neighbours_of(state, year)]]
        row = frame.loc[(state, year)]
        assert row["neighbours"] == len(near)
        assert row["neighbours_at_war"] == (near >= CONFLICT).sum()
        assert row["neighbour_deaths"] == near.sum()


def test_containment_fails_where_a_neighbour_comes_into_conflict_and_is_missing_on_islands():
    neighbours = np.array([3.0, 3.0, 0.0, np.nan, 2.0])
    newly = np.array([0.0, 1.0, 0.0, 0.0, np.nan])
    nan = np.nan
    np.testing.assert_equal(contained(neighbours, newly), [1, 0, nan, nan, nan])


def test_kosovo_is_a_new_conflict_next_door_to_bosnia_though_croatia_was_at_peace_by_then():
    frame = pk.load("surroundings").set_index(["state", "year"])["neighbours_newly_at_war"]
    assert frame.loc[346].loc[1996:2004].dropna().to_dict() == {
        year: int(year == 1998) for year in range(1996, 2005)
    }
    missions = pk.panel("mission").derive("containment_during", "containment_5y").frame
    missions = missions.set_index("mission_id")
    assert missions.at["SFOR", "containment_during"] == 0
    assert missions.at["SFOR", "containment_5y"] == 1


def test_a_new_conflict_next_door_is_not_told_where_the_two_years_before_are_not_known():
    frame = pk.load("surroundings")
    first = frame["year"].min()
    assert frame.loc[frame["year"] < first + 2, "neighbours_newly_at_war"].isna().all()
    croatia = frame[(frame["state"] == 346) & (frame["year"] == 1992)]
    assert croatia["neighbours_newly_at_war"].isna().all()


def test_ongoing_missions_have_no_containment_after_exit():
    frame = pk.panel("mission").derive("containment_during", "containment_2y").frame
    assert frame.loc[frame["exit"] == "ongoing", "containment_2y"].isna().all()
    assert frame["containment_2y"].dropna().isin([0, 1]).all()
    assert frame["containment_2y"].notna().sum() > 50


def test_units_that_share_an_arc_are_neighbours():
    assert atlas.borders(SMALL) == [(("Left", "4"), ("Right", ""))]


def test_outlines_close_and_meet():
    shapes = {shape["name"]: shape for shape in atlas.outlines(SMALL)}
    rings = {name: np.array(shape["rings"][0]).reshape(-1, 2) for name, shape in shapes.items()}
    for ring in rings.values():
        assert (ring[0] == ring[-1]).all()
    left, right = ({tuple(point) for point in rings[name]} for name in ("Left", "Right"))
    assert left & right == {(1100, 2000), (1100, 2100)}
    assert shapes["Isle"]["m49"] == "8"


@settings(deadline=None)
@given(
    arrays.arrays(
        "float64", some.tuples(some.integers(2, 40), some.just(2)), elements=some.floats(-50, 50)
    ),
    some.floats(0.01, 5),
)
def test_simplifying_keeps_the_ends_and_only_points_of_the_line(line, tolerance):
    short = atlas.simplified(line, tolerance)
    assert (short[0] == line[0]).all() and (short[-1] == line[-1]).all()
    assert len(short) <= len(line)
    assert {tuple(point) for point in short} <= {tuple(point) for point in line}


def test_the_bundled_shapes_are_small_and_name_their_source():
    card = tomllib.loads(atlas.SHAPES.with_suffix(".toml").read_text(encoding="utf-8"))
    raw = tomllib.loads((raw_folder() / "neighbours.toml").read_text(encoding="utf-8"))
    assert (
        card["version"]
        == raw["sources"][0]["version"]
        == source_cards()["natural_earth"]["version"]
    )
    assert "public domain" in card["licence"]
    shapes = json.loads(atlas.SHAPES.read_text(encoding="utf-8"))
    assert all(len(ring) % 2 == 0 for shape in shapes for ring in shape["rings"])
    assert atlas.SHAPES.stat().st_size < 300_000
