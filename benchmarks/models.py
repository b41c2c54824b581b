"""Time `pkstats.fit` beside statsmodels in one run; the ratios are the claim."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm
import statsmodels.formula.api as smf

import pkstats as pk


def best(call: Callable[[], object], runs: int = 15) -> float:
    call()
    spent = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        spent.append(time.perf_counter() - start)
    return min(spent)


def data(rows: int = 900, clusters: int = 75, terms: int = 8) -> pd.DataFrame:
    draw = np.random.default_rng(5)
    frame = pd.DataFrame(draw.normal(size=(rows, terms)), columns=[f"x{i}" for i in range(terms)])
    frame["family"] = draw.integers(0, clusters, size=rows)
    latent = frame["x0"] - 0.5 * frame["x1"] + draw.logistic(size=rows)
    frame["won"] = (latent > 0).astype(int)
    frame["grade"] = pd.cut(latent, [-99, -1, 0, 1, 99], labels=False)
    return frame


def logit(frame: pd.DataFrame) -> list[str]:
    terms = [name for name in frame if name.startswith("x")]
    formula = f"won ~ {' + '.join(terms)}"
    groups = {"groups": frame["family"]}
    outcome, design = frame["won"].to_numpy(), sm.add_constant(frame[terms].to_numpy())
    codes = {"groups": frame["family"].to_numpy()}
    ours = best(lambda: pk.fit(formula, frame, family="logit", cluster="family").tidy())
    arrays = best(
        lambda: sm.Logit(outcome, design).fit(disp=0, cov_type="cluster", cov_kwds=codes).summary2()
    )
    bare = best(
        lambda: sm.Logit(outcome, design).fit(disp=0, cov_type="cluster", cov_kwds=codes).bse
    )
    text = best(
        lambda: smf.logit(formula, frame).fit(disp=0, cov_type="cluster", cov_kwds=groups).bse
    )
    estimate = pk.fit(formula, frame, family="logit", cluster="family")
    both = best(lambda: (estimate.effects(), pk.check(estimate)), 5)
    rows = [
        ("clustered logit, pkstats.fit().tidy()", ours, "1.00"),
        ("the same, statsmodels on arrays, standard errors only", bare, f"{ours / bare:.2f}"),
        ("the same, statsmodels on arrays, with table", arrays, f"{ours / arrays:.2f}"),
        ("the same, statsmodels formula", text, f"{ours / text:.2f}"),
        ("effects() and checks() together", both, ""),
    ]
    return [f"| {what} | {1000 * spent:.1f} | {ratio} |" for what, spent, ratio in rows]


def ordered() -> list[str]:
    frame = data(1500, 75, 40)
    formula = f"grade ~ {' + '.join(name for name in frame if name.startswith('x'))}"
    spent = best(lambda: pk.fit(formula, frame, family="ordered"), 5)
    return [f"| ordered logit, 1,500 rows × 40 columns | {1000 * spent:.1f} | |"]


def survival(rows: int = 50_000) -> list[str]:
    draw = np.random.default_rng(0)
    frame = pd.DataFrame(draw.normal(size=(rows, 10)), columns=[f"x{i}" for i in range(10)])
    frame["entry"] = draw.uniform(0, 5, rows)
    frame["time"] = frame["entry"] + draw.exponential(3, rows)
    frame["event"] = (draw.random(rows) < 0.5).astype(int)
    formula = f"~ {' + '.join(f'x{i}' for i in range(10))}"
    names = {"time": "time", "event": "event", "entry": "entry"}
    spent = best(lambda: pk.fit(formula, frame, family="cox", **names), 3)
    return [f"| cox, {rows:,} rows × 10 columns, delayed entry | {1000 * spent:.1f} | |"]


def table() -> list[str]:
    """Return the lines of the Markdown table."""
    head = ["| N = 900, 75 clusters, 8 terms | ms | ours / theirs |", "|---|--:|--:|"]
    return [*head, *logit(data()), *ordered(), *survival()]


if __name__ == "__main__":
    print("\n".join(table()))
