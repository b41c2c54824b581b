"""A treatment that one cluster alone tells about has no clustered error, in a grid as in `pk.fit`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pkstats as pk
from pkstats.multiverse.alone import _alone


def data() -> pd.DataFrame:
    draw = np.random.default_rng(1)
    frame = pd.DataFrame({"g": np.repeat(np.arange(12), 10), "x": draw.normal(size=120)})
    frame["y"] = draw.normal(size=120)
    frame["b"] = (frame["y"] > 0).astype(int)
    frame["c"] = draw.poisson(2, 120)
    frame["one"] = (frame["g"] == 3).astype(float)
    frame["two"] = frame["g"].isin([3, 7]).astype(float)
    # Known for one of the two clusters with the treatment only.
    frame["late"] = draw.normal(size=120)
    frame.loc[frame["g"] == 7, "late"] = np.nan
    return frame


@pytest.mark.parametrize(("family", "outcome"), [("ols", "y"), ("logit", "b"), ("poisson", "c")])
def test_the_grid_gives_an_error_where_fit_does(family, outcome):
    frame = data()
    m = pk.multiverse(frame, outcome, ["one", "two"], ["x", "late"], family=family, cluster="g")
    for row in m.frame.itertuples():
        terms = [*([] if row.controls == "none" else [row.controls]), row.treatment]
        alone = pk.fit(f"{outcome} ~ {' + '.join(terms)}", frame, family=family, cluster="g")
        expected = alone.tidy().iloc[-1]
        assert row.estimate == pytest.approx(expected["estimate"], rel=1e-7)
        assert row.std_error == pytest.approx(expected["std_error"], rel=1e-7, nan_ok=True)
    lost = m.frame["std_error"].isna()
    late = m.frame["controls"].astype("str").str.contains("late")
    assert (lost == ((m.frame["treatment"] == "one") | late)).all()
    assert m.frame.loc[lost, "why"].str.contains("One cluster alone").all()


@given(st.integers(0, 100_000))
def test_it_is_found_as_by_leaving_each_cluster_out(seed):
    draw = np.random.default_rng(seed)
    codes = draw.integers(0, 5, 24)
    others = [np.ones(24), *(draw.normal(size=24) for _ in range(draw.integers(3)))]
    others += [(codes == code).astype(float) for code in range(4) if draw.random() < 0.4]
    treatment = draw.normal(size=24) * (codes < draw.integers(1, 6))
    columns = np.column_stack([*others, 3 + treatment])

    def lost(rows: np.ndarray) -> bool:
        part = columns[rows]
        return np.linalg.matrix_rank(part, 1e-8) == np.linalg.matrix_rank(part[:, :-1], 1e-8)

    assert _alone(columns, codes[:, None]) == any(lost(codes != code) for code in set(codes))
