"""Builds: all or nothing, the same bytes every time, and plain words when they cannot be done."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

import pkstats as pk
from pkstats import cache
from pkstats.cache import locked, write_together
from pkstats.codebook import table, table_names
from pkstats.errors import BuildProblem
from pkstats.tables import generations
from pkstats.tables.build import make
from pkstats.tables.places import raw_folder
from pkstats.tables.raw import raw_names, read_raw

NAMES = ("bases", "budgets")
VALUES = {"string": "a", "flag": True, "date": "2001-02-03", "month": "2001-02", "number": 1.5}

SMALL = f"""
import importlib, os, signal, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_build
builder = importlib.import_module("pkstats.tables.build")
builder.table_names = lambda: test_build.NAMES
builder.make = lambda raw: test_build.made(int(sys.argv[2]))
folder = Path(sys.argv[1])
"""
BUILD = "builder.build(folder, folder / 'raw')"
KILLED = """
plain = Path.write_bytes
def write(path, content):
    if "budgets" in path.name:
        plain(path, content[:100])
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(path, content)
Path.write_bytes = write
"""


def made(size: int) -> tuple[dict[str, pd.DataFrame], int]:
    frames = {}
    for name in NAMES:
        cells = {key: VALUES.get(value.dtype, 1) for key, value in table(name).columns.items()}
        frame = pd.DataFrame([cells] * size)
        for key, value in table(name).columns.items():
            if value.dtype == "month":
                frame[key] = pd.PeriodIndex(frame[key], freq="M")
            elif value.dtype == "date":
                frame[key] = pd.to_datetime(frame[key])
        frames[name] = frame
    return frames, 0


@pytest.fixture
def builder(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module that builds, with two small tables in place of all."""
    module = importlib.import_module("pkstats.tables.build")
    monkeypatch.setattr(module, "table_names", lambda: NAMES)
    monkeypatch.setattr(module, "make", lambda raw: made(2))
    return module


@pytest.fixture
def run() -> Callable[..., subprocess.Popen[str]]:
    def start(code: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", SMALL + code, *map(str, arguments)]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    return start


def load_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PKSTATS_DATA", str(folder))
    monkeypatch.setenv("PKSTATS_RAW", str(folder / "raw"))


def contents(folder: Path) -> dict[str, bytes]:
    """Return the pointer and the tables of the present generation."""
    held = generations.current(folder).folder
    files = [*folder.glob("*.json"), *held.iterdir()]
    return {path.name: path.read_bytes() for path in files if path.suffix != ".tmp"}


def test_a_build_writes_every_table_and_a_stamp(builder, tmp_path):
    built = builder.build(tmp_path, tmp_path / "raw")
    assert built.fresh
    assert set(contents(tmp_path)) == {"bases.parquet", "budgets.parquet", "build.json"}


def test_a_second_build_does_nothing(builder, tmp_path):
    builder.build(tmp_path, tmp_path / "raw")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert len(before) == len(NAMES)
    again = builder.build(tmp_path, tmp_path / "raw")
    assert not again.fresh
    assert "up to date" in repr(again)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}


def test_two_folders_get_the_same_bytes(builder, tmp_path):
    for name in ("one", "two"):
        builder.build(tmp_path / name, tmp_path / "raw")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize("stamp", ["", "{", "[]", "{}", '{"tables": 3}', "[" * 100_000, "\0"])
def test_a_damaged_stamp_means_building_again(builder, tmp_path, stamp):
    builder.build(tmp_path, tmp_path / "raw")
    (tmp_path / "build.json").write_text(stamp)
    assert builder.build(tmp_path, tmp_path / "raw").fresh


def test_a_failing_disk_leaves_the_old_tables(builder, tmp_path, monkeypatch):
    builder.build(tmp_path, tmp_path / "raw")
    before = contents(tmp_path)
    monkeypatch.setattr(builder, "make", lambda raw: made(5))
    plain = Path.write_bytes

    def write(path: Path, content: bytes) -> int:
        if "budgets" in path.name:
            raise OSError(28, "No space left on device")
        return plain(path, content)

    monkeypatch.setattr(Path, "write_bytes", write)
    with pytest.raises(BuildProblem, match="No space left"):
        builder.build(tmp_path, tmp_path / "raw", force=True)
    assert contents(tmp_path) == before


def test_a_table_that_breaks_its_rules_leaves_the_old_tables(builder, tmp_path, monkeypatch):
    builder.build(tmp_path, tmp_path / "raw")
    before = contents(tmp_path)

    def fail(raw: Path) -> None:
        raise BuildProblem("a raw table is missing")

    monkeypatch.setattr(builder, "make", fail)
    with pytest.raises(BuildProblem):
        builder.build(tmp_path, tmp_path / "raw", force=True)
    assert contents(tmp_path) == before


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_killed_build_leaves_the_old_tables_and_the_next_one_ends_well(
    builder, tmp_path, monkeypatch, run
):
    builder.build(tmp_path, tmp_path / "raw")
    before = contents(tmp_path)
    killed = run(KILLED + BUILD.replace(")", ", force=True)"), tmp_path, 5)
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    after = contents(tmp_path)
    assert after == before
    load_from(tmp_path, monkeypatch)
    assert len(pk.load("bases")) == 2
    monkeypatch.setattr(builder, "make", lambda raw: made(5))
    assert builder.build(tmp_path, tmp_path / "raw", force=True).rows == {"bases": 5, "budgets": 5}
    assert len(pk.load("budgets")) == 5


def test_two_builds_at_once_both_end_well(builder, tmp_path, run):
    slow = "import time\nmake = builder.make\n"
    slow += "builder.make = lambda raw: (time.sleep(0.5), make(raw))[1]\n"
    both = [run(slow + BUILD.replace(")", ", force=True)"), tmp_path / "both", 2) for _ in "ab"]
    for process in both:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    builder.build(tmp_path / "alone", tmp_path / "both" / "raw")
    assert contents(tmp_path / "both") == contents(tmp_path / "alone")


def test_a_lock_that_is_held_is_explained(tmp_path):
    with locked(tmp_path):
        again = locked(tmp_path, seconds=0.1)
        with pytest.raises(BuildProblem, match="Another build"):
            again.__enter__()


def test_what_a_killed_writer_left_long_ago_is_cleared(tmp_path):
    old, young = tmp_path / ".a.csv.1.tmp", tmp_path / ".a.csv.2.tmp"
    for path in (old, young):
        path.write_text("half")
    os.utime(old, (0, 0))
    write_together(tmp_path, {"a.csv": b"whole"})
    assert (tmp_path / "a.csv").read_bytes() == b"whole"
    assert [path.exists() for path in (old, young)] == [False, True]


def test_a_file_where_the_folder_should_be_is_named_and_kept(builder, tmp_path):
    place = tmp_path / "data"
    place.write_text("mine")
    with pytest.raises(BuildProblem, match="PKSTATS_DATA"):
        builder.build(place, tmp_path / "raw")
    assert place.read_text() == "mine"


def test_a_read_only_folder_is_named_and_nothing_is_lost(builder, tmp_path, monkeypatch):
    builder.build(tmp_path, tmp_path / "raw")
    before = contents(tmp_path)

    def refuse(**options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(cache, "NamedTemporaryFile", refuse)
    with pytest.raises(BuildProblem, match=r"Permission denied.*PKSTATS_DATA"):
        builder.build(tmp_path, tmp_path / "raw", force=True)
    assert contents(tmp_path) == before


def test_a_damaged_table_says_how_to_mend_it(builder, tmp_path, monkeypatch):
    builder.build(tmp_path, tmp_path / "raw")
    load_from(tmp_path, monkeypatch)
    assert len(pk.load("bases")) == 2
    path = generations.current(tmp_path).folder / "bases.parquet"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(BuildProblem, match=r"damaged or replaced.*pkstats\.build\(\)"):
        pk.load("bases")
    assert pk.build().fresh
    assert len(pk.load("bases")) == 2


def test_a_missing_raw_table_is_named(tmp_path):
    with pytest.raises(BuildProblem, match="Expected the raw table"):
        pk.build(tmp_path / "out", tmp_path / "raw")
    assert not list((tmp_path / "out").rglob("*.parquet"))


@pytest.fixture(scope="module")
def raw() -> Path:
    folder = raw_folder()
    absent = [name for name in raw_names() if not (folder / f"{name}.csv").exists()]
    if absent:
        pytest.skip(f"raw tables are not all in {folder}: {', '.join(absent[:3])}")
    return folder


def spoiled(raw: Path, folder: Path, name: str, spoil: Callable[[str], str]) -> Path:
    """Return a folder with links to the raw tables, one of which is spoiled."""
    folder.mkdir()
    for path in [*raw.glob("*.csv"), *raw.glob("*.toml")]:
        (folder / path.name).symlink_to(path)
    text = (raw / f"{name}.csv").read_text(encoding="utf-8")
    (folder / f"{name}.csv").unlink()
    (folder / f"{name}.csv").write_text(spoil(text), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",year,", ",Year,", r"activities\.csv lacks the columns year; found source, label"),
        ("\npact,", "\n,", r"expected the source of each row, found none in row 1\. Write it"),
        (",2000,", ",MM,", r"Table 'activities' cannot be made from the raw tables"),
        (",2000,", ",2000,1,", r"activities\.csv cannot be read as a table: .* Restore data/raw"),
    ],
)
def test_a_damaged_raw_table_is_named_with_what_to_do(raw, tmp_path, old, new, message):
    folder = spoiled(raw, tmp_path / "raw", "activities", lambda text: text.replace(old, new, 1))
    with pytest.raises(BuildProblem, match=message):
        make(folder)


def test_a_raw_table_without_rows_is_not_built_from(raw, tmp_path):
    folder = spoiled(raw, tmp_path / "raw", "activities", lambda text: text[: text.find("\n") + 1])
    with pytest.raises(BuildProblem, match=r"activities\.csv has a header but no rows\. Restore"):
        make(folder)


def test_a_raw_month_that_is_none_is_named_with_its_row(tmp_path):
    (tmp_path / "mandates.csv").write_text("source,from\ntamm,2004-06\ntamm,2004-13\n")
    with pytest.raises(BuildProblem, match=r"months like 2004-06, found '2004-13' in row 2\."):
        read_raw(tmp_path, "mandates")


@pytest.mark.slow
def test_the_real_tables_are_the_same_bytes_whatever_the_hash_seed(raw, tmp_path):
    code = "import sys, pkstats; from pathlib import Path; pkstats.build(Path(sys.argv[1]))"
    running = []
    for seed in ("1", "2"):
        # Both into their own folder, at once: builds share nothing but the raw tables.
        command = [sys.executable, "-c", code, str(tmp_path / seed)]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        running.append(
            subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        )
    for process in running:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    first, second = contents(tmp_path / "1"), contents(tmp_path / "2")
    assert set(first) == {"build.json", *(f"{name}.parquet" for name in table_names())}
    assert [name for name in first if first[name] != second[name]] == []
