"""What claims and counts keep beside the tables is looked at before it is used again."""

from __future__ import annotations

import json
import random

import pandas as pd
import pytest

from pkstats.panel import counts
from pkstats.study.claims.ledger import results
from pkstats.study.claims.ledger.entries import ledger


def test_no_flipped_bit_of_a_claims_result_is_served(tmp_path, monkeypatch):
    entry = next(iter(ledger().entries.values()))
    paths = tmp_path / "R1.parquet", tmp_path / "R1_without.parquet"
    monkeypatch.setattr(results, "_paths", lambda _: paths)
    monkeypatch.setattr(results, "processed_folder", lambda: tmp_path)
    frame = pd.DataFrame({"effect": [0.1, None], "outcome": ["a", "b"]})
    results._write(entry, "mark", frame, frame.iloc[:1])
    found = results._read(entry, "mark")
    assert found is not None
    pd.testing.assert_frame_equal(found[0], frame)
    assert results._read(entry, "another mark") is None
    draw = random.Random(1)
    for path in paths:
        content = path.read_bytes()
        for bit in draw.sample(range(8 * len(content)), 40):
            changed = bytearray(content)
            changed[bit // 8] ^= 1 << bit % 8
            path.write_bytes(bytes(changed))
            assert results._read(entry, "mark") is None
        path.write_bytes(content)
    # One half in the place of the other is not taken for it.
    paths[1].write_bytes(paths[0].read_bytes())
    assert results._read(entry, "mark") is None


@pytest.mark.parametrize(
    "change",
    [
        lambda kept: {**kept, "counts": {"mission": {"x": {"n": 4}}}},
        lambda kept: {**kept, "counts": []},
        lambda kept: {**kept, "stamp": "another"},
        lambda kept: {name: kept[name] for name in ("stamp", "counts")},
        lambda kept: [kept],
    ],
)
def test_counts_that_have_changed_are_counted_again(tmp_path, change):
    path, known = tmp_path / "measures.json", {"mission": {"x": {"n": 3}}}
    kept = {"stamp": "s", "counts": known, "checksum": counts._checksum(known)}
    path.write_text(json.dumps(kept), encoding="utf-8")
    assert counts._kept(path, "s") == known
    path.write_text(json.dumps(change(kept)), encoding="utf-8")
    assert counts._kept(path, "s") == {}
