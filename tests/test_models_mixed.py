"""Observed information of mixed models against a numerical Hessian, statsmodels and a closed form."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

import pkstats as pk
from pkstats.errors import BadModel

ML = {"family": "mixed", "groups": "g", "method": "ml"}


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    draw = np.random.default_rng(4)
    sizes = draw.integers(1, 25, 18)
    group = np.repeat(np.arange(18), sizes)
    level = draw.normal(size=18)
    frame = pd.DataFrame({"g": group, "x": draw.normal(size=len(group)) + level[group]})
    frame["z"] = draw.normal(size=18)[group]
    frame["y"] = 0.5 * frame["x"] + 1.5 * draw.normal(size=18)[group] + draw.normal(size=len(group))
    frame["half"] = frame["g"] // 2
    return frame


def by_group(parameters: np.ndarray, found) -> np.ndarray:
    """Return each group's log likelihood, from the multivariate normal density alone."""
    rows, k = found.rows, len(found.terms)
    between, within = np.exp(parameters[k:])
    values = []
    for group in range(int(rows.extra["groups"].max()) + 1):
        member = rows.extra["groups"] == group
        left = rows.outcome[member] - rows.design[member] @ parameters[:k]
        matrix = within * np.eye(len(left)) + between
        determinant = np.linalg.slogdet(2 * np.pi * matrix)[1]
        values.append(-0.5 * (determinant + left @ np.linalg.solve(matrix, left)))
    return np.array(values)


def numerical(found) -> tuple[np.ndarray, np.ndarray]:
    """Return the inverse of the negative Hessian over all parameters, and scores by group."""
    figures = found.found.statistics
    variances = np.log([figures["group_variance"], figures["residual_variance"]])
    centre = np.append(found.found.coefficients, variances)
    steps = np.eye(len(centre)) * 2e-3

    def total(move: np.ndarray) -> float:
        return float(by_group(centre + move, found).sum())

    def second(a: np.ndarray, b: np.ndarray) -> float:
        return (total(a + b) - total(a - b) - total(b - a) + total(-a - b)) / 4

    # Richardson's extrapolation leaves an error of the fourth order.
    hessian = np.array(
        [[(4 * second(a, b) - second(2 * a, 2 * b) / 4) / 3 for b in steps] for a in steps]
    )
    scores = np.column_stack(
        [
            (
                8 * (by_group(centre + a, found) - by_group(centre - a, found))
                - (by_group(centre + 2 * a, found) - by_group(centre - 2 * a, found))
            )
            / 12
            for a in steps
        ]
    )
    return np.linalg.inv(-hessian), scores


def test_observed_information_equals_a_numerical_hessian(data):
    found = pk.fit("y ~ x + z", data, **ML, information="observed")
    inverse, _ = numerical(found)
    step = 2e-3**2
    expected = np.sqrt(np.diag(inverse)[:3] * step)
    # Second differences of a likelihood of some hundreds keep about seven digits.
    np.testing.assert_allclose(found.tidy()["std_error"], expected, rtol=1e-6)


def test_clustered_errors_are_those_of_all_parameters(data):
    found = pk.fit("y ~ x + z", data, **ML, information="observed", cluster="half")
    inverse, scores = numerical(found)
    sums = np.add.reduceat(scores, np.arange(0, 18, 2))
    matrix = inverse @ sums.T @ sums @ inverse * 9 / 8
    expected = np.sqrt(np.diag(matrix)[:3]) * 2e-3
    np.testing.assert_allclose(found.tidy()["std_error"], expected, rtol=1e-5)


def test_observed_information_equals_statsmodels(data):
    found = pk.fit("y ~ x + z", data, **ML, information="observed").tidy()
    theirs = smf.mixedlm("y ~ x + z", data, groups=data["g"]).fit(reml=False)
    np.testing.assert_allclose(found["estimate"], theirs.fe_params, rtol=1e-5)
    # Its optimiser leaves the variances some digits short.
    np.testing.assert_allclose(found["std_error"], theirs.bse_fe, rtol=1e-4)


def test_it_differs_from_the_expected_one_where_groups_are_uneven(data):
    observed = pk.fit("y ~ x + z", data, **ML, information="observed").tidy()
    expected = pk.fit("y ~ x + z", data, **ML).tidy()
    np.testing.assert_allclose(observed["estimate"], expected["estimate"], rtol=1e-12)
    assert (observed["std_error"] > expected["std_error"]).all()


def test_a_balanced_mean_has_its_closed_form():
    draw = np.random.default_rng(2)
    values = draw.normal(size=(12, 1)) * 2 + draw.normal(size=(12, 5))
    frame = pd.DataFrame({"g": np.repeat(np.arange(12), 5), "y": values.ravel()})
    found = pk.fit("y ~ 1", frame, **ML, information="observed")
    means = values.mean(axis=1)
    row = found.tidy().iloc[0]
    assert row["estimate"] == pytest.approx(values.mean(), rel=1e-12)
    assert row["std_error"] == pytest.approx(means.std() / np.sqrt(12), rel=1e-9)


def test_without_differences_between_groups_it_is_least_squares():
    draw = np.random.default_rng(0)
    frame = pd.DataFrame({"x": draw.normal(size=60), "g": np.repeat(np.arange(12), 5)})
    frame["y"] = frame["x"] + draw.normal(size=60)
    frame["y"] -= frame.groupby("g")["y"].transform("mean")
    found = pk.fit("y ~ x", frame, **ML, information="observed")
    plain = pk.fit("y ~ x", frame, vcov="classical").tidy()
    assert found.found.statistics["group_variance"] == 0
    np.testing.assert_allclose(
        found.tidy()["std_error"], plain["std_error"] * np.sqrt(58 / 60), rtol=1e-10
    )


def test_observed_information_needs_ml(data):
    with pytest.raises(BadModel, match="method='ml'"):
        pk.fit("y ~ x", data, "mixed", groups="g", information="observed")
