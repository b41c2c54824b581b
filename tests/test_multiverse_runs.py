"""Grids at work: their size, their rows, runs that stop and go on, the published grid, the curve."""

from __future__ import annotations

import signal
import subprocess
import sys
import tracemalloc
from importlib import import_module
from io import BytesIO
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.collections import PathCollection

import pkstats as pk
from pkstats.errors import BadModel, BuildProblem, UnreadableFile
from pkstats.multiverse import reload, run, store
from pkstats.multiverse.grid import declare
from pkstats.multiverse.summary import drivers, shares

NAMES = [f"x{i}" for i in range(5)]


def data(rows: int = 200, clusters: int = 20) -> pd.DataFrame:
    draw = np.random.default_rng(11)
    frame = pd.DataFrame(draw.normal(size=(rows, 6)), columns=["t", *NAMES])
    frame["g"] = draw.integers(0, clusters, rows)
    signal = 0.4 * frame["t"] + 0.5 * frame["x0"]
    frame["y"] = signal + draw.normal(size=rows)
    frame["b"] = (draw.logistic(size=rows) < signal).astype(int)
    return frame


@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 6), st.integers(1, 3), st.booleans())
def test_the_size_of_a_grid_is_known_before_it_runs(outcomes, treatments, controls, choices, out):
    options = [*(f"z{i}" for i in range(choices)), *([None] if out else [])]
    grid = declare(
        [f"y{i}" for i in range(outcomes)],
        [f"t{i}" for i in range(treatments)],
        {"any": [f"x{i}" for i in range(controls)], "one of": {"z": options}},
        {"all": None, "part": "x0 > 0"},
        ["ols", "logit"],
    )
    assert grid.size == outcomes * treatments * 2**controls * len(options) * 2 * 2


def test_no_two_specifications_are_the_same_and_no_outcome_explains_itself():
    controls = {"any": NAMES[:3], "one of": {"last": ["x3", "x4", None]}}
    m = pk.multiverse(data(), ["y", "x4"], ["t", "y"], controls, {"all": None, "b": "b == 1"})
    choices = ["outcome", "treatment", "controls", "sample", "family", "fixed_effects"]
    assert not m.frame.duplicated(choices).any()
    # y: only t, 3 × 8 sets; x4: t and y, 2 × 8 sets each.
    assert m.size == 2 * (24 + 16 + 16)
    own = m.frame[m.frame["outcome"] == "x4"]["controls"].astype("str")
    assert not own.str.contains("x4").any()
    assert any("x4 holds the outcome x4" in note for note in m.grid.notes)
    with pytest.raises(BadModel, match="y holds the outcome y"):
        pk.multiverse(data(), "y", "y", ["x0"])


def test_rows_are_those_complete_in_each_specification_or_in_all():
    frame = data()
    frame.loc[:9, "x1"] = np.nan
    frame.loc[5:29, "x2"] = np.nan
    call = {"outcome": "y", "treatment": "t", "controls": ["x1", "x2"], "cluster": "g"}
    own = pk.multiverse(frame, **call).frame.set_index("controls")["n"]
    assert own.to_dict() == {"none": 200, "x1": 190, "x2": 175, "x1 + x2": 170}
    m = pk.multiverse(frame, **call, common_sample=True)
    assert (m.frame["n"] == 170).all()
    alone = pk.fit("y ~ t", frame.dropna(), cluster="g").tidy().iloc[-1]
    mine = m.frame.set_index("controls").loc["none"]
    assert mine["estimate"] == pytest.approx(alone["estimate"], rel=1e-9)
    assert mine["std_error"] == pytest.approx(alone["std_error"], rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.001, 1000), st.floats(-100, 100), st.sampled_from(["ols", "logit"]))
def test_units_of_a_control_do_not_matter(factor, shift, family):
    frame = data()
    other = frame.assign(x0=frame["x0"] * factor + shift)
    outcome = "y" if family == "ols" else "b"
    one, two = (
        pk.multiverse(each, outcome, "t", NAMES[:3], family=family, cluster="g").frame
        for each in (frame, other)
    )
    np.testing.assert_allclose(two["estimate"], one["estimate"], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(two["std_error"], one["std_error"], rtol=1e-7)


@pytest.mark.parametrize("dtype", ["Float64", "Int64", "boolean", "bool"])
def test_columns_of_any_number_type_serve(dtype):
    frame = data()
    whole = (frame["t"] > 0).astype(dtype)
    frame["t"] = (frame["t"] > 0).astype(float)
    plain = pk.multiverse(frame, "y", "t", NAMES[:2], cluster="g").frame
    typed = pk.multiverse(frame.assign(t=whole), "y", "t", NAMES[:2], cluster="g").frame
    np.testing.assert_allclose(typed["estimate"], plain["estimate"], rtol=1e-12)


def test_rows_of_one_label_are_rows_of_their_own():
    frame = data()
    plain = pk.multiverse(frame, "y", "t", NAMES[:2], {"some": "x3 > 0"}, cluster="g").frame
    frame.index = np.arange(len(frame)) // 4
    other = pk.multiverse(frame, "y", "t", NAMES[:2], {"some": "x3 > 0"}, cluster="g").frame
    pd.testing.assert_frame_equal(other, plain)


def stopped(monkeypatch, frame, path, call):
    """Run a grid that is interrupted after its first part."""
    kept = store.keep_part

    def stop(*given):
        kept(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "keep_part", stop)
        with pytest.raises(KeyboardInterrupt):
            pk.multiverse(frame, **call, save=path, workers=1)


CALL = {"outcome": ["y", "x4"], "treatment": "t", "controls": NAMES[:3], "cluster": "g"}


def test_parts_that_are_done_are_not_fitted_again(tmp_path, monkeypatch):
    frame, path = data(), tmp_path / "m.parquet"
    stopped(monkeypatch, frame, path, CALL)
    fitted = []
    original = run.answer
    monkeypatch.setattr(
        run, "answer", lambda *given: (fitted.append(given[2].outcome), original(*given))[1]
    )
    done = pk.multiverse(frame, **CALL, save=path, workers=1)
    assert fitted == ["x4"]
    pd.testing.assert_frame_equal(done.frame, pk.multiverse(frame, **CALL).frame)


@pytest.mark.parametrize("change", ["data", "grid", "setting"])
def test_parts_of_another_run_are_never_mixed_in(tmp_path, monkeypatch, change):
    frame, path, call = data(), tmp_path / "m.parquet", dict(CALL)
    stopped(monkeypatch, frame, path, call)
    if change == "data":
        frame = frame.assign(y=-frame["y"])
    elif change == "grid":
        call["controls"] = NAMES[1:4]
    else:
        call["vcov"] = "hc1"
    done = pk.multiverse(frame, **call, save=path)
    pd.testing.assert_frame_equal(done.frame, pk.multiverse(frame, **call).frame)
    assert not store.parts_folder(path).exists()


def test_data_of_a_sample_that_only_a_query_names_are_part_of_the_hash(tmp_path):
    frame = data().assign(year=lambda d: 1990 + d.index % 30)
    path = tmp_path / "m.parquet"
    pk.multiverse(frame, "y", "t", ["x0"], {"late": "year > 2000"}, cluster="g", save=path)
    assert reload(path, frame).size == 2
    with pytest.raises(UnreadableFile, match="other data"):
        reload(path, frame.assign(year=frame["year"] + 1))


def test_a_file_of_another_kind_is_not_reloaded(tmp_path):
    data().to_parquet(tmp_path / "other.parquet")
    (tmp_path / "text.parquet").write_text("no parquet", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="pkstats did not write"):
        reload(tmp_path / "other.parquet")
    with pytest.raises(UnreadableFile, match="Expected a saved multiverse"):
        reload(tmp_path / "text.parquet")


def test_a_progress_bar_shows_when_asked_for(capsys):
    pk.multiverse(data(), "y", "t", NAMES, progress=True)
    assert "multiverse" in capsys.readouterr().err
    pk.multiverse(data(), "y", "t", NAMES)
    assert capsys.readouterr().err == ""


def test_shares_count_what_has_an_estimate():
    frame = pd.DataFrame(
        {"estimate": [1.0, 2.0, -1.0, -3.0, np.nan], "p_value": [0.01, 0.5, 0.01, 0.5, np.nan]}
    ).assign(flags=["", "", "", "refitted", "no estimate"])
    found = shares(lambda: [frame])
    assert found == shares(lambda: [frame.iloc[:1], frame.iloc[1:3], frame.iloc[3:]])
    assert found["flagged"] == 0.4
    assert (found["specifications"], found["estimated"], found["median"]) == (5, 4, 0.0)
    assert found["claimed_sign"] == 0.5
    assert (found["claimed_significant"], found["opposite_significant"]) == (0.25, 0.25)
    assert shares(lambda: [frame], direction=-1)["claimed_significant"] == 0.25
    assert (found["refitted"], found["no_estimate"], found["rows_left_out"]) == (1, 1, 0)
    none = shares(lambda: [frame.iloc[4:]])
    assert (none["specifications"], none["estimated"], none["flagged"]) == (1, 0, 1.0)
    assert "median" not in none and none["no_estimate"] == 1


def test_shares_of_variance_add_to_one_where_choices_only_add():
    first, second, sample = (axis.ravel() for axis in np.indices((2, 2, 3)))
    estimate = 1.0 * first + 3.0 * second + np.array([0.0, 2.0, 7.0])[sample]
    labels = dict.fromkeys(("outcome", "family", "treatment", "fixed_effects"), "same")
    frame = pd.DataFrame({"estimate": estimate, "sample": pd.Categorical(sample), **labels})
    frame = frame.assign(**{"control one": first == 1, "control two": second == 1})
    axes = frame.columns.drop("estimate")
    whole = drivers(lambda: [frame], axes)
    pd.testing.assert_frame_equal(whole, drivers(lambda: [frame[:5], frame[5:]], axes))
    found = whole.set_index("axis")["share_of_variance"]
    assert found.sum() == pytest.approx(1)
    total = ((estimate - estimate.mean()) ** 2).mean()
    assert found["control two"] == pytest.approx(9 / 4 / total)
    assert list(found.index) == ["sample", "control two", "control one"]


CONTROLS = [
    "wartype",
    "logcost",
    "wardur",
    "factnum",
    "factnum2",
    "trnsfcap",
    "develop",
    "exp",
    "decade",
    "treaty",
]


@pytest.fixture
def wars(source) -> pd.DataFrame:
    path = source("replication/doyle_sambanis2000/peace.csv")
    return pd.read_csv(path, keep_default_na=False, na_values=["", "NA"])


def test_the_grid_of_doyle_and_sambanis_holds_their_model_and_its_spread(wars):
    m = pk.multiverse(wars, "pbs2s3", "untype4", CONTROLS, family="logit", cluster="cluster")
    assert m.size == 1024 and (m.frame["flags"] == "").all()
    published = m.frame[m.frame["controls"] == " + ".join(CONTROLS)].iloc[0]
    assert published["n"] == 122
    assert published["estimate"] == pytest.approx(3.1352, abs=5e-5)
    assert published["std_error"] == pytest.approx(1.0911, abs=5e-5)
    odds = np.exp(m.frame["estimate"])
    assert odds.min() < odds.median() < odds.max() and odds.max() / odds.min() > 10
    for place in (0, 511, 1023):
        row = m.estimate(place).tidy().iloc[-1]
        assert m.frame.loc[place, "estimate"] == pytest.approx(row["estimate"], rel=1e-8)


def test_separated_specifications_of_their_data_are_flagged_and_refitted(wars):
    few = CONTROLS[:3]
    m = pk.multiverse(wars, "pbs2s9", "untype5", few, family="logit", cluster="cluster")
    assert (m.frame["flags"] == "separated: Firth").all()
    assert m.frame["why"].str.contains("separate").all()
    alone = pk.fit(f"pbs2s9 ~ {' + '.join(few)} + untype5", wars, family="firth").tidy().iloc[-1]
    mine = m.frame.iloc[-1]
    assert mine["estimate"] == pytest.approx(alone["estimate"], rel=1e-6)
    # The treatment itself separates: its clustered error would shrink to nothing.
    assert (m.frame["vcov"] == "none").all() and m.frame["std_error"].isna().all()
    plain = pk.multiverse(wars, "pbs2s9", "untype5", few, family="logit").frame.iloc[-1]
    assert (plain["fitted"], plain["vcov"]) == ("firth", "classical")
    assert plain["conf_low"] == pytest.approx(alone["conf_low"], rel=1e-5)


def grid_of(size: int) -> pk.Multiverse:
    names = [f"c{i}" for i in range(12)]
    draw = np.random.default_rng(2)
    frame = data().join(pd.DataFrame(draw.normal(size=(200, 12)), columns=names))
    return pk.multiverse(frame, "y", "t", names[:size], {"all": None, "few": "x4 > -1"})


@pytest.mark.parametrize("controls", [1, 9, 12])
def test_a_curve_is_readable_at_every_size(controls):
    figure = grid_of(controls).plot()
    figure.canvas.draw()
    top, below = figure.axes
    boxes = [label.get_window_extent() for label in below.get_yticklabels()]
    assert len(boxes) == controls + 2
    assert all(upper.y0 >= lower.y1 - 1 for upper, lower in pairwise(boxes))
    assert min(box.x0 for box in boxes) > 0
    words = [text.get_window_extent() for text in (*figure.texts[:2], *top.get_legend().texts)]
    assert max(box.x1 for box in words) <= figure.bbox.width
    assert top.get_legend().get_window_extent().y0 >= top.get_window_extent().y1 - 1
    assert len(top.collections) < 20


def test_one_specification_is_drawn_and_named_as_one():
    m = pk.multiverse(data(), "y", "t")
    assert repr(m).startswith("Multiverse: 1 specification\n")
    assert "1 specification from" in m.plot().texts[1].get_text()
    assert "Shown are" not in m._repr_html_()


def test_a_table_of_some_says_of_how_many():
    m = grid_of(4)
    page = m._repr_html_()
    assert page.count("<tr>") == 8 < m.size and "std error" in page
    assert f"Shown are 8 of the {m.size} specifications" in page


def test_a_curve_of_very_many_draws_an_even_part_and_keeps_the_ends(monkeypatch):
    m = grid_of(9)
    monkeypatch.setattr(import_module("pkstats.multiverse.curve"), "MOST", 500)
    top = m.plot().axes[0]
    points = [each.get_offsets() for each in top.collections if isinstance(each, PathCollection)]
    drawn = np.concatenate([np.asarray(each)[:, 1] for each in points if len(each)])
    assert len(drawn) == 500 < m.size
    ends = (m.frame["estimate"].min(), m.frame["estimate"].max())
    # Curves are drawn to four digits.
    assert (drawn.min(), drawn.max()) == pytest.approx(ends, rel=1e-3)


def test_a_curve_is_the_same_bytes_each_time():
    m, pictures = grid_of(9), []
    for _ in range(2):
        held = BytesIO()
        m.plot().savefig(held, format="png", metadata={"Software": None})
        pictures.append(held.getvalue())
    assert pictures[0] == pictures[1]


def test_a_curve_of_ratios_stands_on_a_logarithmic_axis():
    m = pk.multiverse(data(), "b", "t", NAMES[:3], family="logit", cluster="g")
    plain, ratio = m.plot().axes[0], m.plot(ratio=True, labels={"x0": "wealth"})
    top = ratio.axes[0]
    assert plain.get_ylabel() == "log odds, 95% interval"
    assert top.get_ylabel() == "odds ratio, 95% interval" and top.get_yscale() == "log"
    points = [each.get_offsets() for each in top.collections if isinstance(each, PathCollection)]
    highest = max(float(each[:, 1].max()) for each in points if len(each))
    assert np.log(highest) == pytest.approx(m.frame["estimate"].max(), abs=1e-3)
    assert "with wealth" in [label.get_text() for label in ratio.axes[1].get_yticklabels()]


def test_a_curve_without_any_estimate_or_choice_still_draws():
    frame = data().assign(flat=1.0)
    figure = pk.multiverse(frame, "flat", "t", [], cluster="g").plot()
    assert len(figure.axes) == 2
    with pytest.raises(BadModel, match="from 0 to 0"):
        pk.multiverse(frame, "y", "t", []).estimate(1)


MILLION = """
import resource, sys
import numpy as np, pandas as pd, pkstats as pk

draw = np.random.default_rng(0)
names = [f"x{i}" for i in range(18)]
frame = pd.DataFrame(draw.normal(size=(150, 20)), columns=["y", "t", *names])
frame["g"] = np.arange(150) % 20
call = {"cluster": "g", "memory": 40, "save": sys.argv[1], "progress": False}
pk.multiverse(frame, "y", "t", names[:2], **call)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
m = pk.multiverse(frame, "y", "t", names, **call)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
unit = 1e6 if sys.platform == "darwin" else 1e3
print((after - before) / unit, m.size)
"""


@pytest.mark.slow
def test_memory_bounds_a_run_whose_results_go_to_a_file(tmp_path):
    pytest.importorskip("resource", reason="the peak of memory is read as on Unix")
    path = tmp_path / "m.parquet"
    done = subprocess.run(
        [sys.executable, "-c", MILLION, str(path)], capture_output=True, text=True, check=True
    )
    grown, size = done.stdout.split()
    assert int(size) == 2**18 and float(grown) < 60


def test_results_larger_than_memory_go_to_a_file_or_are_refused(tmp_path):
    frame, call = data(), {"outcome": "y", "treatment": "t", "controls": NAMES, "cluster": "g"}
    with pytest.raises(BadModel, match=r"save='file.parquet'"):
        pk.multiverse(frame, **call, memory=0.005)
    m = pk.multiverse(frame, **call, memory=0.005, save=tmp_path / "m.parquet")
    held = pk.multiverse(frame, **call)
    assert repr(m) == repr(held)
    pd.testing.assert_frame_equal(m.summary(), held.summary())
    pd.testing.assert_frame_equal(m.drivers(), held.drivers())
    pd.testing.assert_frame_equal(m.table(7), held.table(7), check_categorical=False)
    for ask in (lambda: m.frame, lambda: m.columns("estimate", "n", "controls")):
        with pytest.raises(BadModel, match=r"over memory=0.005.*m.parts"):
            ask()
    again = reload(tmp_path / "m.parquet", frame)
    pd.testing.assert_frame_equal(again.columns("controls", "n"), held.columns("controls", "n"))
    assert "frame" not in vars(again)
    pd.testing.assert_frame_equal(again.frame, held.frame)


def test_what_does_not_fit_into_memory_is_drawn_in_part_and_says_so(tmp_path):
    frame, call = data(), {"outcome": "y", "treatment": "t", "controls": NAMES, "cluster": "g"}
    m = pk.multiverse(frame, **call, memory=0.006, save=tmp_path / "m.parquet")
    held = pk.multiverse(frame, **call).frame
    part = m.drawn("estimate", "controls", "control x0")
    assert 5 < len(part) < 32 and part.index.is_monotonic_increasing
    pd.testing.assert_series_equal(part["estimate"], held["estimate"].loc[part.index])
    assert (part["controls"].astype(str) == held["controls"].loc[part.index].astype(str)).all()
    assert (part["control x0"] == part["controls"].astype(str).str.contains("x0")).all()
    assert "at random" in m.plot().texts[1].get_text()
    with pytest.raises(BadModel, match="Pass limit=20"):
        m.permute(draws=3)
    assert m.permute(draws=3, limit=20).specifications == 20


def test_a_finished_file_is_not_fitted_again_unless_damaged(tmp_path, monkeypatch):
    frame, path = data(), tmp_path / "m.parquet"
    first = pk.multiverse(frame, **CALL, save=path).frame
    fitted = []
    original = run.answer
    monkeypatch.setattr(run, "answer", lambda *given: (fitted.append(1), original(*given))[1])
    pd.testing.assert_frame_equal(pk.multiverse(frame, **CALL, save=path).frame, first)
    assert not fitted
    whole = path.read_bytes()
    path.write_bytes(whole[:200] + bytes(40) + whole[240:])
    pd.testing.assert_frame_equal(pk.multiverse(frame, **CALL, save=path).frame, first)
    assert fitted


def test_a_result_in_a_file_is_never_read_from_another_run(tmp_path):
    path = tmp_path / "m.parquet"
    first = pk.multiverse(data(), "y", "t", NAMES[:2], save=path)
    pk.multiverse(data(), "y", "t", NAMES[:3], save=path)
    with pytest.raises(UnreadableFile, match="another multiverse"):
        first.summary()
    path.unlink()
    with pytest.raises(UnreadableFile, match="no file"):
        _ = first.frame


KILLED = """
import os, signal, sys
import pandas as pd, pkstats as pk
from pkstats.multiverse import store

kept = store.keep_part

def once(*part):
    kept(*part)
    os.kill(os.getpid(), signal.SIGKILL)

store.keep_part = once
frame = pd.read_parquet(sys.argv[1])
names = [f"x{i}" for i in range(5)]
pk.multiverse(frame, ["y", "x4", "x3"], "t", names[:3], cluster="g", save=sys.argv[2], workers=1)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_run_killed_again_and_again_ends_as_if_never_killed(tmp_path):
    frame, path, call = data(), tmp_path / "m.parquet", {**CALL, "outcome": ["y", "x4", "x3"]}
    frame.to_parquet(tmp_path / "frame.parquet")
    given_files = [str(tmp_path / "frame.parquet"), str(path)]
    for parts in (1, 2):
        done = subprocess.run([sys.executable, "-c", KILLED, *given_files], check=False)
        assert done.returncode == -signal.SIGKILL and not path.exists()
        assert len(list(store.parts_folder(path).glob("*.parquet"))) == parts
    again = pk.multiverse(frame, **call, save=path)
    pd.testing.assert_frame_equal(again.frame, pk.multiverse(frame, **call).frame)
    assert not store.parts_folder(path).exists()


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied"])
def test_damaged_parts_are_fitted_again(tmp_path, monkeypatch, damage):
    frame, path = data(), tmp_path / "m.parquet"
    stopped(monkeypatch, frame, path, CALL)
    part = next(store.parts_folder(path).glob("*.parquet"))
    whole = part.read_bytes()
    middle = len(whole) // 4
    part.write_bytes(
        {
            "cut": whole[: len(whole) // 2],
            "changed": whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :],
            "emptied": b"",
        }[damage]
    )
    done = pk.multiverse(frame, **CALL, save=path)
    pd.testing.assert_frame_equal(done.frame, pk.multiverse(frame, **CALL).frame)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(BuildProblem, match="permissions"):
        pk.multiverse(data(), **CALL, save=tmp_path / "file" / "m.parquet")
    with pytest.raises(BuildProblem, match="failed"):
        pk.multiverse(data(), **CALL).save(tmp_path)


@pytest.mark.parametrize(("family", "outcome"), [("logit", "b"), ("negbin", "deaths")])
def test_the_memory_that_arrays_take_is_bounded(family, outcome):
    draw = np.random.default_rng(4)
    names = [f"c{i}" for i in range(9)]
    frame = data(6000).join(pd.DataFrame(draw.normal(size=(6000, 9)), columns=names))
    frame["deaths"] = draw.poisson(draw.gamma(1.0, 3.0, 6000))
    peaks = []
    call = {"family": family, "cluster": "g", "workers": 1}
    for memory in (30, 600):
        tracemalloc.start()
        pk.multiverse(frame, outcome, "t", names, **call, memory=memory)
        peaks.append(tracemalloc.get_traced_memory()[1] / 1e6)
        tracemalloc.stop()
    assert peaks[0] < 35 < peaks[1]
