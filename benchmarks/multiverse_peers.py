"""The same specifications in other libraries: seconds for one, estimate and standard error."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf

SCRIPT = Path(__file__).with_name("multiverse.R")
OUTCOMES = {"ols": "y", "logit": "b"}
# Name, seconds for one, and estimates with standard errors (S, 2), NaN where it reports none.
Peer = tuple[str, float, np.ndarray]
Fit = Callable[[list[str]], tuple[float, float]]


def timed(name: str, fit: Fit, sets: list[list[str]]) -> Peer:
    fit(sets[0])
    start = time.perf_counter()
    found = [fit(controls) for controls in sets]
    return name, (time.perf_counter() - start) / len(sets), np.array(found)


def formula(family: str, controls: list[str]) -> str:
    return f"{OUTCOMES[family]} ~ {' + '.join(['t', *controls])}"


def statsmodels(family: str, frame: pd.DataFrame, sets: list[list[str]]) -> list[Peer]:
    """Return statsmodels through formulas (a tenth of the specifications) and arrays."""
    outcome = frame[OUTCOMES[family]].to_numpy()
    columns = {name: frame[name].to_numpy() for name in frame}
    robust = {"cov_type": "cluster", "cov_kwds": {"groups": frame["g"].to_numpy()}}
    quiet = {"disp": 0} if family == "logit" else {}
    model = sm.Logit if family == "logit" else sm.OLS
    verb = smf.logit if family == "logit" else smf.ols

    def shrink(terms: int) -> float:
        # statsmodels' correction for logit has (N − 1)/(N − K) beside G/(G − 1).
        return np.sqrt((len(frame) - terms) / (len(frame) - 1)) if family == "logit" else 1.0

    def arrays(controls: list[str]) -> tuple[float, float]:
        design = np.column_stack(
            [np.ones(len(frame)), columns["t"], *(columns[name] for name in controls)]
        )
        found = model(outcome, design).fit(**robust, **quiet)
        return found.params[1], found.bse[1] * shrink(design.shape[1])

    def text(controls: list[str]) -> tuple[float, float]:
        found = verb(formula(family, controls), frame).fit(**robust, **quiet)
        return found.params["t"], found.bse["t"] * shrink(len(controls) + 2)

    return [
        timed("statsmodels, formula", text, sets[::10]),
        timed("statsmodels, arrays", arrays, sets),
    ]


def pyfixest(family: str, frame: pd.DataFrame, sets: list[list[str]]) -> list[Peer]:
    if find_spec("pyfixest") is None:
        return []
    import pyfixest as pf

    def fit(controls: list[str]) -> tuple[float, float]:
        text = formula(family, controls)
        if family == "ols":
            found = pf.feols(text, frame, vcov={"CRV1": "g"})
        else:
            correction = pf.ssc(k_adj=False, G_adj=True)
            # Its default stops at an error of 2e-5 standard errors.
            found = pf.feglm(
                text, frame, "logit", vcov={"CRV1": "g"}, ssc=correction, iwls_tol=1e-12
            )
        return found.coef()["t"], found.se()["t"]

    return [timed("pyfixest", fit, sets[::10])]


def specification_curve(frame: pd.DataFrame, controls: list[str]) -> Peer | None:
    """Return specification-curve on every subset of some controls; its errors are not clustered."""
    if find_spec("specification_curve") is None:
        return None
    from specification_curve import SpecificationCurve

    start = time.perf_counter()
    curve = SpecificationCurve(frame, "y", "t", controls)
    curve.fit()
    spent = time.perf_counter() - start
    found = curve.df_r["Coefficient"].astype(float).sort_values().to_numpy()
    return "specification-curve", spent / len(found), np.column_stack([found, found * np.nan])


def bootstrap(frame: pd.DataFrame, controls: list[str], times: np.ndarray) -> list[Peer]:
    """Return statsmodels on the rows that each draw repeats."""
    outcome = frame["b"].to_numpy()
    design = np.column_stack([np.ones(len(frame)), frame[["t", *controls]].to_numpy()])
    rows = [np.repeat(np.arange(len(frame)), times[:, i]) for i in range(times.shape[1])]

    def arrays(place: list[str]) -> tuple[float, float]:
        taken = rows[int(place[0])]
        return sm.Logit(outcome[taken], design[taken]).fit(disp=0).params[1], np.nan

    def text(place: list[str]) -> tuple[float, float]:
        again = frame.iloc[rows[int(place[0])]]
        return smf.logit(formula("logit", controls), again).fit(disp=0).params["t"], np.nan

    places = [[str(i)] for i in range(times.shape[1])]
    return [
        timed("statsmodels, formula", text, places[:20]),
        timed("statsmodels, arrays", arrays, places[:200]),
    ]


def r(
    frame: pd.DataFrame,
    sets: dict[str, list[list[str]]],
    controls: list[str],
    times: np.ndarray,
) -> dict[str, Peer]:
    """Return R's lm and glm with vcovCL, and its glm.fit loop, where R is at hand."""
    if shutil.which("Rscript") is None:
        return {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        frame.to_csv(folder / "data.csv", index=False)
        for family, listed in sets.items():
            lines = [formula(family, chosen) for chosen in listed]
            (folder / f"{family}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        design = np.column_stack([np.ones(len(frame)), frame[["t", *controls]].to_numpy()])
        np.savetxt(folder / "design.csv", design, delimiter=",", fmt="%.17g")
        np.savetxt(folder / "times.csv", times, delimiter=",", fmt="%d")
        done = subprocess.run(["Rscript", str(SCRIPT), str(folder)], capture_output=True, text=True)
        if done.returncode:
            print(f"R did not run (it needs the package sandwich): {done.stderr.strip()[-300:]}")
            return {}
        spent = pd.read_csv(folder / "seconds.csv", header=None, index_col=0)[1]
        found = {
            key: np.loadtxt(folder / f"{key}_found.csv", delimiter=",", ndmin=2)
            for key in spent.index
        }
    draws = found["bootstrap"].reshape(-1, 1)
    return {
        "ols": ("R, lm + vcovCL", float(spent["ols"]), found["ols"]),
        "logit": ("R, glm + vcovCL", float(spent["logit"]), found["logit"]),
        "bootstrap": ("R, glm.fit", float(spent["bootstrap"]), np.hstack([draws, draws * np.nan])),
    }
