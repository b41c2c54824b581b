"""Cox and mixed models against R (survival, lme4), from the tables beside the R scripts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pkstats as pk
from pkstats.models.families import family
from pkstats.models.families.mixed import mixed
from pkstats.models.formula import parse
from pkstats.models.rows import rows

FOLDER = Path(__file__).parent / "r"


def options(text: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in text.split(";"))


def cases(topic: str) -> list:
    frame = pd.read_csv(FOLDER / f"{topic}.csv", keep_default_na=False)
    frame = frame[frame["part"] == "coefficient"]
    for name in ("estimate", "std_error", "log_likelihood", "clusters"):
        frame[name] = pd.to_numeric(frame[name])
    return [pytest.param(part, id=name) for name, part in frame.groupby("case")]


def data(name: str) -> pd.DataFrame:
    return pd.read_csv(FOLDER / f"{name}.csv", keep_default_na=False)


@pytest.mark.parametrize("case", cases("coxph"))
def test_cox_models_equal_r(case):
    first = case.iloc[0]
    asked = options(first["options"])
    frame = data(first["data"])
    if asked.get("rows") == "entry_zero":
        frame = frame[frame["entry"] == 0]
    clustered = {"cluster": asked["cluster"]} if "cluster" in asked else {}
    entry = {"entry": asked["entry"]} if "entry" in asked else {}
    found = pk.fit(
        first["formula"],
        frame,
        family="cox",
        time="time",
        event="event",
        ties=asked["ties"],
        vcov="classical" if asked["vcov"] == "classical" else "cr1",
        **clustered,
        **entry,
    )
    table = found.tidy().set_index("term").loc[case["term"]]
    error = table["std_error"].to_numpy()
    if asked["vcov"] == "cr0":
        error = error * np.sqrt((found.clusters - 1) / found.clusters)
    np.testing.assert_allclose(table["estimate"], case["estimate"], rtol=1e-7)
    np.testing.assert_allclose(error, case["std_error"], rtol=1e-7)
    assert found.found.log_likelihood == pytest.approx(first["log_likelihood"], rel=1e-10)


@pytest.mark.parametrize("case", cases("lme4"))
def test_mixed_models_equal_lme4(case):
    first = case.iloc[0]
    asked = options(first["options"])
    chosen = family("mixed")
    complete = rows(
        parse(first["formula"]), data(first["data"]), chosen, given={"groups": asked["groups"]}
    )
    method = "reml" if asked["reml"] == "yes" else "ml"
    found = mixed(complete.sample({"method": method}))
    places = [found.names.index(term) for term in case["term"]]
    errors = np.sqrt(np.diag(found.scale * found.bread))[places]
    np.testing.assert_allclose(found.coefficients[places], case["estimate"], rtol=1e-6)
    np.testing.assert_allclose(errors, case["std_error"], rtol=1e-6)
    assert found.log_likelihood == pytest.approx(first["log_likelihood"], rel=1e-9)
