"""Grids of any size: sets of controls by number, and quantiles of what does not fit into memory."""

import tracemalloc
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pkstats as pk
from pkstats.errors import BadModel
from pkstats.multiverse import quantiles as quantile_module
from pkstats.multiverse import result, store
from pkstats.multiverse import sets as sets_module
from pkstats.multiverse.grid import declare
from pkstats.multiverse.leave_out import Influence
from pkstats.multiverse.permutation import _against
from pkstats.multiverse.quantiles import quantiles, ranked
from pkstats.multiverse.sets import Sets, allowed


def listed(sets: Sets) -> list[tuple[int, ...]]:
    """Return every set as the places it has, one choice after another."""
    free = range(sets.always, sets.always + sets.free)
    options = [(None, place) for place in free] + list(sets.groups)
    first = tuple(range(sets.always))
    return [
        tuple(sorted((*first, *(place for place in chosen if place is not None))))
        for chosen in product(*options)
    ]


SHAPES = [
    Sets(0, 0),
    Sets(2, 0),
    Sets(0, 5),
    Sets(1, 3, ((4, 5, None),)),
    Sets(0, 2, ((2, 3), (4, None), (5,))),
]


@pytest.mark.parametrize("sets", SHAPES)
def test_numbers_tell_every_set_once_in_order(sets):
    expected = listed(sets)
    assert sets.size == len(expected)
    used = sets[np.arange(sets.size)]
    assert [tuple(np.flatnonzero(row)) for row in used] == expected
    assert all((sets[number] == used[number]).all() for number in range(sets.size))
    packed = sets.packed(np.arange(sets.size))
    assert (np.unpackbits(packed, axis=1, count=sets.count).view(bool) == used).all()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_allowed_sets_are_those_without_a_pair_or_what_never_stands(data):
    sets = data.draw(st.sampled_from(SHAPES[2:]))
    place = st.integers(0, sets.count - 1)
    pairs = st.tuples(place, place).filter(lambda pair: pair[0] < pair[1])
    apart = tuple(data.draw(st.sets(pairs, max_size=3)))
    never = tuple(data.draw(st.sets(place, max_size=2)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sets_module, "STRIDE", 7)
        found = allowed.__wrapped__(sets, apart, never)
        expected = [
            number
            for number, chosen in enumerate(listed(sets))
            if not set(chosen) & set(never) and not any(set(pair) <= set(chosen) for pair in apart)
        ]
        assert len(found) == len(expected)
        assert found[:].tolist() == expected
        assert found[1:4].tolist() == expected[1:4]
        turned = np.arange(len(expected))[::-1]
        assert found[turned].tolist() == expected[::-1]
    used = sets[np.array(expected, dtype="int64")]
    assert (found.some == used.any(axis=0)).all() and (found.every == used.all(axis=0)).all()


def test_a_declared_grid_takes_no_more_room_for_being_large():
    names = [f"x{i}" for i in range(40)]
    tracemalloc.start()
    grid = declare("y", "t", names, limit=2**41)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert grid.size == 2**40 and len(grid.varying) == 40 and taken < 2e6
    last = grid.batches[0].sets[2**40 - 2 : 2**40]
    assert grid.sets[last].sum(axis=1).tolist() == [39, 40]


def peak(call) -> float:
    """Return how many megabytes of arrays a call takes at most beside what there was."""
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    call()
    return (tracemalloc.get_traced_memory()[1] - before) / 1e6


@pytest.mark.slow
@pytest.mark.parametrize("power", [12, 15])
def test_memory_bounds_what_a_run_and_its_readings_take_at_any_size(tmp_path, monkeypatch, power):
    for module in (result, store):
        monkeypatch.setattr(module, "SLAB", 4096)
    draw = np.random.default_rng(0)
    names = [f"x{i}" for i in range(15)]
    frame = pd.DataFrame(draw.normal(size=(60, 17)), columns=["y", "t", *names])
    frame["g"] = np.arange(60) % 20
    call = {"cluster": "g", "memory": 3, "progress": False}
    controls = {"always": names[power:], "any": names[:power]}
    pk.multiverse(frame, "y", "t", names[:2], save=tmp_path / "small", **call).plot()
    path, found = tmp_path / "m.parquet", []

    def run():
        found.append(pk.multiverse(frame, "y", "t", controls, save=path, **call))

    def ask():
        m = found[0]
        return (repr(m), m.summary(), m.summary(by="sample"), m.drivers(), m.table(), m.plot())

    tracemalloc.start()
    try:
        taken = [peak(each) for each in (run, ask, lambda: found[0].permute(3, limit=2000), run)]
    finally:
        tracemalloc.stop()
    assert found[0].size == 2**power and max(taken) < 6, taken


FLOATS = st.floats(allow_nan=False) | st.sampled_from([0.0, -0.0, 1.0, -1.0])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(FLOATS, max_size=8), min_size=1, max_size=5).filter(any))
def test_numbers_in_parts_have_the_ranks_they_have_together(parts):
    arrays = [np.array(part, dtype="float64") for part in parts]
    together = np.sort(np.concatenate(arrays))
    ranks = np.unique([0, len(together) // 2, len(together) - 1])
    np.testing.assert_array_equal(ranked(lambda: arrays, ranks), together[ranks])


def test_quantiles_in_parts_are_those_of_the_whole(monkeypatch):
    draw = np.random.default_rng(4)
    parts = [draw.normal(size=n) * 10**k for k, n in enumerate((100, 1, 57))]
    wanted = [0, 0.25, 0.4, 0.5, 0.77, 1]
    whole = quantiles(lambda: parts, 158, wanted)
    monkeypatch.setattr(quantile_module, "HELD", 10)
    np.testing.assert_array_equal(quantiles(lambda: parts, 158, wanted), whole)


def test_many_levels_are_fitted_one_model_at_a_time_in_bounded_memory():
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"x": draw.normal(size=4000), "h": np.arange(4000) % 250})
    frame["g"] = np.arange(4000) % 40
    frame["b"] = (frame["x"] + draw.logistic(size=4000) > 0).astype(int)
    how = {"family": "logit", "fixed_effects": ["h"], "cluster": "g", "memory": 64}
    m = pk.multiverse(frame, "b", "x", [], **how)
    one = pk.fit("b ~ x + C(h)", frame, family="logit", cluster="g").tidy().set_index("term")
    assert m.frame["estimate"].item() == pytest.approx(one["estimate"]["x"], rel=1e-6)
    assert m.frame["std_error"].item() == pytest.approx(one["std_error"]["x"], rel=1e-6)
    with pytest.raises(BadModel, match="too many columns"):
        m.permute(3)
    estimate = pk.fit("b ~ x + C(h)", frame, family="logit", cluster="g")
    with pytest.raises(BadModel, match="PKSTATS_MODEL_CELLS"):
        pk.bootstrap(estimate, "x", draws=99)


def test_where_no_cluster_can_be_left_out_nothing_is_said_to_be_stable():
    found = Influence(pd.DataFrame(columns=["cluster", "median"]), float("nan"), 0)
    assert not found.stable and "nan" not in repr(found) and "keeps" not in repr(found)


def test_draws_without_a_fit_count_neither_way():
    null = [{"z": 1.0}, {"z": float("nan")}, {"z": float("nan")}]
    assert _against({"z": 2.0}, null)["p_value"].item() == 1 / 2
    with pytest.raises(BadModel, match="No exchange"):
        _against({"z": 2.0}, null[1:])
