"""Generations of tables: what is damaged is not served, and nobody meets two builds at once."""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path

import pytest

import pkstats as pk
from pkstats.cache import locked, writable, write_together
from pkstats.codebook import table
from pkstats.errors import BuildProblem
from pkstats.tables import generation, generations
from pkstats.tables.build import fingerprint
from pkstats.tables.raw import UNFINISHED, read_raw
from pkstats.tables.store import from_parquet, to_parquet

sys.path.insert(0, str(Path(__file__).parent))
from test_build import NAMES, builder, load_from, made

__all__ = ["builder"]


def write(home: Path, rows: int) -> generations.Generation:
    """Write a generation of two small tables, as a build does."""
    frames, _ = made(rows)
    contents = {name: to_parquet(frame, table(name)) for name, frame in frames.items()}
    with locked(writable(home)):
        return generations.write(home, f"inputs {rows}", contents, dict.fromkeys(NAMES, rows))


def test_any_flipped_bit_of_a_table_is_refused(builder, tmp_path, monkeypatch):
    load_from(tmp_path, monkeypatch)
    pk.load("bases")
    path, chance = generations.current(tmp_path).folder / "bases.parquet", random.Random(1)
    whole = path.read_bytes()
    for place in [0, len(whole) * 8 - 1, *(chance.randrange(len(whole) * 8) for _ in range(60))]:
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        path.write_bytes(content)
        with pytest.raises(BuildProblem, match="checksum is another"):
            pk.load("bases")
        assert not generations.current(tmp_path).whole()
    path.write_bytes(whole)
    assert len(pk.load("bases")) == 2


def test_any_flipped_bit_of_the_pointer_is_refused(tmp_path):
    write(tmp_path, 1)
    write(tmp_path, 2)
    path = tmp_path / generations.POINTER
    whole = path.read_bytes()
    for place in range(0, len(whole) * 8, 7):
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        path.write_bytes(content)
        assert generations.current(tmp_path) is None
    path.write_bytes(whole)
    assert generations.current(tmp_path).rows == {"bases": 2, "budgets": 2}


def test_damage_seen_in_a_new_session_is_built_again(builder, tmp_path, monkeypatch):
    load_from(tmp_path, monkeypatch)
    pk.load("bases")
    path = generations.current(tmp_path).folder / "budgets.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"?")
    generations.let_go()
    assert len(pk.load("bases")) == 2
    assert path.read_bytes() == whole


def test_a_table_under_another_name_is_refused_by_name_and_columns(builder, tmp_path, monkeypatch):
    load_from(tmp_path, monkeypatch)
    pk.load("bases")
    folder = generations.current(tmp_path).folder
    content = (folder / "bases.parquet").read_bytes()
    with pytest.raises(BuildProblem, match=r"table 'budgets' with .*; found the table 'bases'"):
        from_parquet(content, table("budgets"))
    (folder / "budgets.parquet").write_bytes(content)
    with pytest.raises(BuildProblem, match="damaged or replaced"):
        pk.load("budgets")


def test_a_session_goes_on_with_its_tables_until_it_builds_itself(builder, tmp_path, monkeypatch):
    load_from(tmp_path, monkeypatch)
    assert len(pk.load("bases")) == 2
    first = generation()
    for rows in (3, 4, 5):
        write(tmp_path, rows)
    assert generation() == first
    assert len(pk.load("budgets")) == 2
    # Made from other inputs than the present ones, the last of them is no build for this session.
    assert pk.build().rows == {"bases": 2, "budgets": 2}
    assert len(pk.load("budgets")) == 2


def test_the_last_two_generations_stay_and_what_somebody_reads(tmp_path):
    folders = [write(tmp_path, rows).folder for rows in (1, 2, 3)]
    assert [folder.is_dir() for folder in folders] == [False, True, True]
    held = generations.current(tmp_path)
    assert generations.hold(held, tmp_path)
    try:
        write(tmp_path, 4)
        write(tmp_path, 5)
        assert held.folder.is_dir() is (os.name == "posix")
    finally:
        generations.let_go(tmp_path)
    write(tmp_path, 6)
    assert not held.folder.is_dir()
    assert len(list(tmp_path.glob(f"{generations.PREFIX}*"))) == 2


def test_clearing_takes_nothing_that_is_no_generation(tmp_path):
    keep = ["notes.parquet", "generation-mine/a.parquet", "drawn/a.json"]
    for name in keep:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / "bases.parquet").write_bytes(b"as tables lay before")
    for rows in (1, 2, 3):
        write(tmp_path, rows)
    assert all((tmp_path / name).read_bytes() == b"mine" for name in keep)
    assert not (tmp_path / "bases.parquet").exists()


def killed(step: int, home: Path, rows: int) -> bool:
    """Write a generation in a forked process that dies at this step of writing; tell whether it did."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    steps = iter(range(1, 1000))

    def deadly(owner: object, name: str) -> None:
        plain = getattr(owner, name)

        def act(*arguments: object, **options: object) -> object:
            if next(steps) == step:
                if name == "write_bytes":
                    plain(arguments[0], arguments[1][:100])
                os.kill(os.getpid(), signal.SIGKILL)
            return plain(*arguments, **options)

        setattr(owner, name, act)

    try:
        deadly(Path, "write_bytes")
        for name in ("replace", "fsync", "mkdir", "unlink"):
            deadly(os, name)
        contents = {name: bytes([rows]) * 1000 for name in NAMES}
        generations.write(home, f"inputs {rows}", contents, dict.fromkeys(NAMES, rows))
    finally:
        os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_killed_at_any_step_of_writing_the_old_or_the_new_tables_are_whole(tmp_path):
    for step in range(1, 100):
        for rows in (1, 2, 3):
            write(tmp_path, rows)
        died = killed(step, tmp_path, 9)
        present = generations.current(tmp_path)
        assert present is not None and present.whole()
        assert set(present.rows.values()) in ({3}, {9})
        if not died:
            break
    assert step > 10
    assert set(present.rows.values()) == {9}


def test_raw_tables_that_change_while_they_are_read_are_not_built_from(
    builder, tmp_path, monkeypatch
):
    raw = tmp_path / "raw"
    raw.mkdir()

    def change(folder: Path) -> object:
        (folder / "bases.csv").write_text("source\nother\n", encoding="utf-8")
        return made(2)

    monkeypatch.setattr(builder, "make", change)
    with pytest.raises(BuildProblem, match="changed while they were read"):
        builder.build(tmp_path / "home", raw)
    assert generations.current(tmp_path / "home") is None


def test_an_interrupted_compile_is_not_built_from(tmp_path, monkeypatch):
    (tmp_path / "bases.csv").write_bytes(b"source\nold\n")
    plain = Path.replace

    def fail(path: Path, target: Path) -> Path:
        if target.name == "budgets.csv":
            raise OSError(5, "Input/output error")
        return plain(path, target)

    monkeypatch.setattr(Path, "replace", fail)
    new = {"bases.csv": b"source\nnew\n", "budgets.csv": b"source\nnew\n"}
    with pytest.raises(BuildProblem, match="Input/output error"):
        write_together(tmp_path, new, mark=UNFINISHED)
    with pytest.raises(BuildProblem, match="has not finished"):
        fingerprint(tmp_path)
    monkeypatch.setattr(Path, "replace", plain)
    write_together(tmp_path, new, mark=UNFINISHED)
    assert fingerprint(tmp_path)


@pytest.mark.parametrize("name", ["build.json", ".lock"])
def test_a_folder_where_a_file_of_ours_should_be_is_a_clear_error(builder, tmp_path, name):
    (tmp_path / name / "inner").mkdir(parents=True)
    with pytest.raises(BuildProblem, match=name.strip(".")):
        builder.build(tmp_path, tmp_path / "raw")


def test_a_folder_where_a_raw_table_should_be_is_a_clear_error(tmp_path):
    (tmp_path / "budgets.csv").mkdir()
    for read in (lambda: read_raw(tmp_path, "budgets"), lambda: fingerprint(tmp_path)):
        with pytest.raises(BuildProblem, match=r"budgets\.csv; it cannot be read"):
            read()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\0", b"a,a\n1,2\n", b"\0" * 100, b"source,date\nx,\xff\xfe\n", b'"' * 999],
)
def test_a_raw_table_that_is_none_is_a_clear_error(tmp_path, content):
    (tmp_path / "budgets.csv").write_bytes(content)
    with pytest.raises(BuildProblem, match=r"budgets\.csv"):
        read_raw(tmp_path, "budgets")
