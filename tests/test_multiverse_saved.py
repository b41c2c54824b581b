"""Saved multiverses: a changed bit is never served, two runs never mix, what is crafted is refused."""

from __future__ import annotations

import io
import json
import random
import threading
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hardening.durability_multiverse import call, data, flips, part_flips, races

import pkstats as pk
from pkstats.errors import BuildProblem, PkstatsError, UnreadableFile
from pkstats.multiverse import reload, store
from pkstats.multiverse.seal import META, frame_of, seal, sealed, sound


def test_no_flipped_bit_of_a_result_or_of_a_part_is_served(tmp_path):
    assert flips(tmp_path, 24) == {"refused": 24, "whole file still read": 1}
    assert part_flips(tmp_path, 24) == {"refused": 24, "whole part still taken": 1}


@pytest.mark.slow
def test_two_runs_on_one_file_never_mix(tmp_path):
    found = races(tmp_path, 4)
    assert set(found) <= {"right", "clear error", "file whole", "leftovers"}
    assert found["right"] + found["clear error"] == 8 and found["leftovers"] == 0


def test_a_sealed_file_is_plain_parquet_and_knows_each_of_its_bits():
    frame = pd.DataFrame({"x": range(40), "y": ["é"] * 40})
    content = sealed(frame, {"a": 1})
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(content)), frame)
    assert sound(io.BytesIO(content))
    draw = random.Random(3)
    for bit in draw.sample(range(8 * len(content)), 300):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        assert not sound(io.BytesIO(bytes(changed)))
    for size in (0, 1, 12, len(content) // 2, len(content) - 1):
        assert not sound(io.BytesIO(content[:size]))
    assert not sound(io.BytesIO(content + b"\0"))


def saved(path: Path) -> pd.DataFrame:
    return pk.multiverse(data(), **call(0), save=path).frame


def crafted(path: Path, about: object, change=lambda table: table) -> None:
    """Write a saved multiverse again with other metadata, and seal it as if pkstats had."""
    table = change(pq.read_table(path))
    note = about if isinstance(about, bytes) else json.dumps(about).encode()
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({META: note}), sink)
    seal(sink)
    path.write_bytes(sink.getvalue())


@pytest.mark.parametrize(
    "about",
    [
        {},
        [],
        None,
        b"no JSON",
        b"[" * 100_000,
        lambda whole: {k: v for k, v in whole.items() if k != "hash"},
        lambda whole: {**whole, "hash": 5},
        lambda whole: {**whole, "declared": {}},
        lambda whole: {**whole, "declared": {**whole["declared"], "outcome": 5}},
        lambda whole: {**whole, "declared": {**whole["declared"], "setting": {}}},
        lambda whole: {**whole, "declared": {**whole["declared"], "exclude": [3]}},
        lambda whole: {**whole, "declared": {**whole["declared"], "samples": {"a": 7}}},
        lambda whole: {**whole, "declared": {**whole["declared"], "controls": ["x0"]}},
        lambda whole: {**whole, "declared": {**whole["declared"], "timing": {"x0": "later"}}},
    ],
)
def test_metadata_that_no_multiverse_wrote_are_refused_with_what_to_do(tmp_path, about):
    path = tmp_path / "m.parquet"
    saved(path)
    whole = store.about(path)
    crafted(path, about(whole) if callable(about) else about)
    with pytest.raises(UnreadableFile, match="Run the grid again"):
        reload(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.slice(1),
        lambda table: table.drop_columns(["estimate"]),
        lambda table: pa.concat_tables([table, table]),
    ],
)
def test_a_result_without_all_its_rows_and_columns_is_refused(tmp_path, change):
    path = tmp_path / "m.parquet"
    saved(path)
    crafted(path, store.about(path), change)
    with pytest.raises(UnreadableFile, match="specifications and the columns"):
        reload(path)


def test_a_damaged_result_is_worked_out_again(tmp_path):
    path = tmp_path / "m.parquet"
    first = saved(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    path.write_bytes(bytes(content))
    pd.testing.assert_frame_equal(saved(path), first)
    assert reload(path).frame.equals(first)


def test_damage_after_the_run_shows_when_the_figures_are_read(tmp_path):
    path = tmp_path / "m.parquet"
    m = pk.multiverse(data(), **call(0), save=path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    for look in (m.summary, lambda: m.frame, lambda: repr(m)):
        with pytest.raises(UnreadableFile, match="checksum"):
            look()


def test_parts_of_another_run_are_known_by_their_mark(tmp_path):
    path = tmp_path / "m.parquet"
    figures = pk.multiverse(data(), **call(0)).frame
    store.begun(path, "one", {})
    store.keep_part(path, "one", 0, figures)
    store.keep_part(path, "two", 1, figures)
    part = store.parts_folder(path) / "000002.parquet"
    part.write_bytes((part.parent / "000000.parquet").read_bytes())
    sizes = dict.fromkeys(range(3), len(figures))
    assert store.begun(path, "one", sizes) == {0}
    with pytest.raises(UnreadableFile, match="no file"):
        store.gather(path, pk.multiverse(data(), **call(0)).grid, {}, sizes, "one")


def test_a_run_waits_for_another_one_and_says_so_when_it_waits_in_vain(tmp_path, monkeypatch):
    path = tmp_path / "m.parquet"
    monkeypatch.setattr(store, "PATIENCE", 0.2)
    with store.held(path), pytest.raises(BuildProblem, match=r"Another run.*file of its own"):
        saved(path)
    monkeypatch.setattr(store, "PATIENCE", 60.0)
    found: list[pd.DataFrame] = []
    with store.held(path):
        other = threading.Thread(target=lambda: found.append(saved(path)))
        other.start()
    other.join()
    pd.testing.assert_frame_equal(found[0], reload(path).frame)


def test_a_result_held_in_memory_is_saved_with_the_hash_of_its_data(tmp_path):
    m = pk.multiverse(data(), **call(0))
    m.save(tmp_path / "m.parquet")
    assert reload(tmp_path / "m.parquet", data()).frame.equals(m.frame)
    with pytest.raises(UnreadableFile, match="other data"):
        reload(tmp_path / "m.parquet", data(2))


@pytest.mark.parametrize("path", ["", "  ", ".", 5, [], "a\0b"])
def test_what_is_no_file_is_refused_before_anything_is_fitted(path):
    with pytest.raises(PkstatsError, match=r"Expected the path of a file"):
        pk.multiverse(data(), **call(0), save=path)
    with pytest.raises(PkstatsError):
        reload(path)


def test_a_folder_is_no_file_to_save_to(tmp_path):
    with pytest.raises(BuildProblem, match="folder"):
        pk.multiverse(data(), **call(0), save=tmp_path)
    with pytest.raises(UnreadableFile, match="path of a file"):
        pk.multiverse(data(), **call(0)).save("")


def test_a_frame_and_what_is_known_about_it_come_back(tmp_path):
    frame = pd.DataFrame({"x": [1.5, None], "y": pd.Series(["a", None], dtype="str")})
    (tmp_path / "f.parquet").write_bytes(sealed(frame, {"mark": "m"}))
    found, about = frame_of(tmp_path / "f.parquet", "a frame")
    pd.testing.assert_frame_equal(found, frame)
    assert about == {"mark": "m"}


@pytest.mark.parametrize("kind", ["text", "table"])
def test_a_file_that_is_no_multiverse_is_never_written_over(tmp_path, kind):
    path = tmp_path / "own.parquet"
    if kind == "text":
        path.write_text("mine")
    else:
        data().to_parquet(path)
    before = path.read_bytes()
    with pytest.raises(UnreadableFile, match="would be lost"):
        pk.multiverse(data(), **call(0), save=path)
    with pytest.raises(UnreadableFile, match="would be lost"):
        pk.multiverse(data(), **call(0)).save(path)
    assert path.read_bytes() == before
