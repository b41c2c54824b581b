"""A small, seeded part of `make fuzz`: spoiled files are accounted for or refused clearly."""

from __future__ import annotations

import pytest

from pkstats.sources import layout_names
from tests.hardening.fuzz import FINE, known_seeds, trial, undamaged

SEED, FILES = 14, 240


@pytest.mark.parametrize("kind", layout_names())
def test_a_whole_file_of_every_kind_is_read(kind):
    one = next(seed for seed in known_seeds(SEED) if seed.kind == kind)
    rows, _, _ = undamaged(one)
    assert rows


@pytest.mark.parametrize("first", range(0, FILES, 20))
def test_spoiled_files_are_accounted_for_or_refused_clearly(first):
    outcomes = [trial(number, SEED) for number in range(first, first + 20)]
    bad = [one for one in outcomes if one.end not in FINE and one.end != "slow"]
    assert not bad, "\n".join(map(str, bad))
