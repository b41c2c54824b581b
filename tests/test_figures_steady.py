"""The same bytes on every machine: numbers disturbed in their last digits draw the same picture."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pkstats as pk
from pkstats.models import Estimate
from pkstats.multiverse import Multiverse
from pkstats.study.gallery import FIGURES
from pkstats.style.steady import rounded, seen
from pkstats.style.theme import save, theme

ledger = importlib.import_module("pkstats.study.claims.plot")
loading = importlib.import_module("pkstats.tables.load")
# What processors do not agree on; counts and signs are whole and exact.
NUMBERS = ["estimate", "std_error", "conf_low", "conf_high", "effect", "scale"]


def disturbed(frame: pd.DataFrame, names: list[str] | None = None, seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    names = list(frame.select_dtypes("float")) if names is None else names
    noise = {name: 1 + 1e-12 * draw.uniform(-1, 1, len(frame)) for name in names if name in frame}
    return frame.assign(**{name: frame[name] * factor for name, factor in noise.items()})


def drawn(draw, folder: Path) -> list[bytes]:
    folder.mkdir()
    with theme():
        files = save(draw(), folder, "figure", "title", "what it shows")
    return [file.read_bytes() for file in files]


@pytest.mark.slow
def test_a_specification_curve_stays_the_same(tmp_path, monkeypatch):
    draw = np.random.default_rng(5)
    frame = pd.DataFrame(draw.normal(size=(120, 9)), columns=list("abcdefghi"))
    frame["y"] = frame["a"] + draw.normal(size=120)
    # Pairs of controls that span the same: estimates equal but for their last digits.
    frame["b2"], frame["c2"] = 2 * frame["b"] + 1, -3 * frame["c"]
    controls = [*list("bcdefghi"), "b2", "c2"]
    m = pk.multiverse(frame, "y", "a", controls)
    first = drawn(m.plot, tmp_path / "first")
    real = Multiverse.drawn
    monkeypatch.setattr(
        Multiverse, "drawn", lambda self, *names: disturbed(real(self, *names), NUMBERS)
    )
    assert drawn(m.plot, tmp_path / "second") == first


@pytest.mark.slow
def test_the_curve_of_a_claim_stays_the_same(tmp_path, monkeypatch):
    one = pk.claim("R2")
    first = drawn(lambda: ledger.curve(one), tmp_path / "first")
    noisy = disturbed(one.frame, NUMBERS)
    monkeypatch.setattr(type(one), "frame", property(lambda self: noisy))
    assert drawn(lambda: ledger.curve(one), tmp_path / "second") == first


@pytest.mark.slow
def test_coefficients_stay_the_same(tmp_path, monkeypatch):
    draw = FIGURES["coefficients"].draw
    first = drawn(draw, tmp_path / "first")
    real = Estimate.tidy
    monkeypatch.setattr(Estimate, "tidy", lambda self: disturbed(real(self)))
    assert drawn(draw, tmp_path / "second") == first


@pytest.mark.slow
@pytest.mark.parametrize("name", ["violence", "peace_survival"])
def test_what_is_drawn_from_tables_stays_the_same(name, tmp_path, monkeypatch):
    draw = FIGURES[name].draw
    first = drawn(draw, tmp_path / "first")
    real = loading.from_parquet
    monkeypatch.setattr(
        loading, "from_parquet", lambda *given, **more: disturbed(real(*given, **more))
    )
    assert drawn(draw, tmp_path / "second") == first


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.floats(1e-6, 1e6))
def test_what_is_seen_is_near_what_is_there(values, span):
    # Half a step, and what a float of that size cannot say.
    bound = span / 1900 + np.spacing(np.abs(values).max())
    assert np.abs(seen(values, span) - values).max() <= bound
    np.testing.assert_allclose(rounded(values), values, atol=1e-8 * max(np.abs(values).max(), 1e-9))


def test_nothing_to_see_stays_as_it_is():
    np.testing.assert_array_equal(seen([1.5, np.nan], 0.0), [1.5, np.nan])
    np.testing.assert_array_equal(rounded([np.nan, np.inf, 0.0]), [np.nan, np.inf, 0.0])
