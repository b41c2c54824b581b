"""How the multiverse's cost grows, and how far it is from what the machine could do at best."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

import pkstats as pk
from pkstats.style.theme import COLOURS, bare, theme

CORES = os.cpu_count() or 1
OUTCOMES = {"ols": "y", "logit": "b"}


def best(call: Callable[[], object], runs: int = 5) -> float:
    call()
    spent = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        spent.append(time.perf_counter() - start)
    return min(spent)


def data(rows: int = 900, clusters: int = 75, controls: int = 15) -> pd.DataFrame:
    draw = np.random.default_rng(5)
    names = ["t", *(f"x{i}" for i in range(controls))]
    frame = pd.DataFrame(draw.normal(size=(rows, len(names))), columns=names)
    frame["g"] = draw.integers(0, clusters, rows)
    signal = 0.3 * frame["t"] + 0.5 * frame["x0"]
    frame["y"] = signal + draw.normal(size=rows)
    frame["b"] = (draw.logistic(size=rows) < signal - 0.3).astype(int)
    return frame


def fit(frame: pd.DataFrame, family: str, any_of: int, always: int = 0) -> pk.Multiverse:
    names = [f"x{i}" for i in range(any_of + always)]
    controls = {"always": names[any_of:], "any": names[:any_of]}
    outcome = OUTCOMES[family]
    return pk.multiverse(
        frame, outcome, "t", controls, family=family, cluster="g", progress=False, memory=700
    )


def settings() -> Iterator[tuple[str, int, dict[str, int], int, int]]:
    """Yield what grows, to what, the data, and controls that vary and that always stand."""
    for power in (6, 8, 10, 12, 14):
        yield "specifications", 2**power, {}, power, 0
    for rows in (300, 900, 2700, 8100):
        yield "rows", rows, {"rows": rows}, 11, 0
    for always in (0, 5, 15, 30):
        yield "columns", always + 13, {"controls": 11 + always}, 11, always
    for clusters in (10, 75, 300, 900):
        yield "clusters", clusters, {"clusters": clusters}, 11, 0


def growth() -> pd.DataFrame:
    """Return seconds for each setting: family, axis, value, seconds."""
    rows = []
    for family in OUTCOMES:
        for axis, value, shape, any_of, always in settings():
            frame = data(**shape)
            spent = best(lambda f=frame, a=any_of, c=always, k=family: fit(f, k, a, c))
            rows.append((family, axis, value, spent))
    return pd.DataFrame(rows, columns=["family", "axis", "value", "seconds"])


def slopes(found: pd.DataFrame) -> pd.DataFrame:
    """Return the power with which seconds grow, over the upper half of each axis."""
    rows = []
    for (axis, family), part in found.groupby(["axis", "family"], sort=False):
        upper = part.iloc[-2:]
        rise = np.diff(np.log(upper["seconds"])) / np.diff(np.log(upper["value"]))
        rows.append((axis, family, float(rise[0])))
    return pd.DataFrame(rows, columns=["axis", "family", "power"])


def draw(found: pd.DataFrame, folder: Path) -> Path:
    """Write the plot of growth, log by log."""
    colours = {"logit": COLOURS["blue"], "ols": COLOURS["vermilion"]}
    axes_names = list(dict.fromkeys(found["axis"]))
    with theme():
        figure, panels = plt.subplots(1, 4, figsize=(11, 3.3), sharey=True, layout="constrained")
        for axes, axis in zip(panels, axes_names, strict=True):
            for family, colour in colours.items():
                part = found[(found["axis"] == axis) & (found["family"] == family)]
                axes.plot(part["value"], part["seconds"], "o-", color=colour, label=family)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlabel(axis)
            ticks = sorted(set(found.loc[found["axis"] == axis, "value"]))
            axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks], fontsize=8, rotation=30)
            axes.set_xticks([], minor=True)
            bare(axes, "both")
        panels[0].set_ylabel("seconds")
        ticks = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]
        lowest, highest = found["seconds"].min() / 1.3, found["seconds"].max() * 1.3
        panels[0].set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        panels[0].set_yticks([], minor=True)
        panels[0].set_ylim(lowest, highest)
        panels[0].legend()
        figure.suptitle(
            "Cost of 2,048 specifications with 13 columns on 900 rows in 75 clusters, one of these growing",
            x=0.01, ha="left", fontsize=11, fontweight="bold",
        )  # fmt: skip
        path = folder / "multiverse_growth.png"
        figure.savefig(path, metadata={"Software": None})
        plt.close(figure)
    return path


def floor(
    rows: int = 900, clusters: int = 75, columns: int = 9, width: int = 256
) -> dict[str, float]:
    """Return specifications per second of the arithmetic alone, on every core.

    Logit: one exponential per row and one product of all pairs of columns with the weights, both in
    double precision: a single Newton step. Least squares: one product of the clusters' pairs of
    columns with each specification's weights for them.
    """
    draw_from = np.random.default_rng(0)
    pairs = columns * (columns + 1) // 2
    left, within = draw_from.normal(size=(pairs, rows)), draw_from.normal(size=(clusters, pairs))
    right = [draw_from.normal(size=(rows, width)) for _ in range(CORES)]
    crossed = [draw_from.normal(size=(pairs, width)) for _ in range(CORES)]
    logits = [np.empty((rows, width)) for _ in range(CORES)]

    def newton(core: int) -> None:
        for _ in range(20):
            np.exp(right[core], out=logits[core])
            left @ right[core]

    def meat(core: int) -> None:
        for _ in range(200):
            within @ crossed[core]

    found = {}
    with threadpool_limits(1, user_api="blas"), Parallel(n_jobs=CORES, prefer="threads") as pool:
        for family, task, times in (("logit", newton, 20), ("ols", meat, 200)):
            spent = best(lambda task=task: pool(delayed(task)(core) for core in range(CORES)))
            found[family] = times * width * CORES / spent
    return found
