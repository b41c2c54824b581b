"""Time the multiverse beside its peers in one run, agreement checked; `--write` keeps the tables."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import sections
from multiverse_growth import CORES, best, data, draw, fit, floor, growth, slopes
from multiverse_peers import Peer, bootstrap, pyfixest, r, specification_curve, statsmodels
from threadpoolctl import threadpool_limits

import pkstats as pk
from pkstats.multiverse import bootstrap as resample

HERE = Path(__file__).parent
SOURCES = Path(os.environ.get("PKSTATS_SOURCES", HERE.parents[1] / "shared" / "sources"))
HEADING = "## Multiverse"
GRID = {"ols": 15, "logit": 13}
CONTROLS = [f"x{i}" for i in range(8)]
DRAWS, COMPARED = 9_999, 300
TOLERANCE = 1e-6
LOAD = os.getloadavg()[0] if hasattr(os, "getloadavg") else np.nan


class Disagreement(SystemExit):
    """A peer reports another number."""


def difference(mine: np.ndarray, theirs: np.ndarray, name: str) -> float:
    """Return the largest difference, relative to the standard error; NaN are not compared."""
    scale = np.nanmax(np.abs(mine[:, -1:]), axis=0)
    gap = float(np.nanmax(np.abs(mine - theirs) / scale))
    if not gap < TOLERANCE:
        raise Disagreement(f"{name} differs from pkstats by {gap:.1e} standard errors.")
    return gap


def clustered(family: str, frame: pd.DataFrame, from_r: dict[str, Peer]) -> list[str]:
    """Return the table of clustered specifications per second."""
    m = fit(frame, family, GRID[family])
    ours = best(lambda: fit(frame, family, GRID[family])) / m.size
    places = picked(m)
    mine = m.frame.loc[places, ["estimate", "std_error"]].to_numpy()
    sets = [chosen(m, place) for place in places]
    with threadpool_limits(1, user_api="blas"):
        peers = statsmodels(family, frame, sets) + pyfixest(family, frame, sets)
    peers += [from_r[family]] if family in from_r else []
    lines = []
    for name, spent, found in peers:
        own = mine if len(found) == len(mine) else mine[::10]
        lines.append(row(name, spent, ours, difference(own, found, name)))
    if family == "ols":
        small = fit(frame, "ols", 8).frame["estimate"].sort_values().to_numpy()
        other = specification_curve(frame, CONTROLS)
        if other is not None:
            name, spent, found = other
            gap = difference(np.column_stack([small, small * 0 + mine[0, 1]]), found, name)
            lines.append(row(f"{name} (errors not clustered)", spent, ours, gap))
    return [row(f"**pkstats**, {m.size:,} specifications", ours, ours, None), *lines]


def picked(m: pk.Multiverse) -> np.ndarray:
    return np.sort(np.random.default_rng(0).choice(m.size, COMPARED, replace=False))


def chosen(m: pk.Multiverse, place: int) -> list[str]:
    return [name for name, used in m.controls.items() if used[place]]


def row(name: str, spent: float, ours: float, gap: float | None) -> str:
    agreement = "" if gap is None else f"{gap:.0e}"
    return f"| {name} | {1 / spent:,.0f} | {spent / ours:,.1f} | {agreement} |"


def drawn(estimate: pk.Estimate) -> np.ndarray:
    """Return how often each row is in each of the first thousand draws, shape (N, 1000)."""
    codes = np.unique(np.asarray(estimate.rows.clusters), return_inverse=True)[1]
    groups = codes.max() + 1
    draws = np.random.default_rng(1).multinomial(groups, np.full(groups, 1 / groups), size=DRAWS)
    return draws[:1000].T[codes]


def resampled(
    estimate: pk.Estimate, frame: pd.DataFrame, from_r: dict[str, Peer], times: np.ndarray
) -> list[str]:
    """Return the table of cluster bootstraps."""
    ours = best(lambda: resample(estimate, "t", DRAWS, "pairs", seed=1))
    found = resample(estimate, "t", DRAWS, "pairs", seed=1)
    with threadpool_limits(1, user_api="blas"):
        peers = bootstrap(frame, CONTROLS, times)
    peers += [from_r["bootstrap"]] if from_r else []
    lines = [f"| **pkstats** | {ours:.2f} | 1.0 | |"]
    for name, spent, draws in peers:
        mine = np.column_stack([found.draws[: len(draws)], np.full(len(draws), found.std_error)])
        gap = difference(mine, np.column_stack([draws[:, 0], mine[:, 1]]), name)
        lines.append(f"| {name} | {spent * DRAWS:.1f} | {spent * DRAWS / ours:,.1f} | {gap:.0e} |")
    return lines


def peak() -> None:
    """Fit 102,400 logits and print seconds and the peak of memory; run in a process of its own."""
    frame = data(controls=12)
    generator = np.random.default_rng(6)
    extra = generator.normal(size=(len(frame), 4))
    signal = 0.3 * frame["t"] + 0.5 * frame["x0"]
    treatments, outcomes = ["t"], ["b"]
    for i in range(4):
        frame[f"t{i}"], treatments = extra[:, i], [*treatments, f"t{i}"]
        frame[f"b{i}"] = (generator.logistic(size=len(frame)) < signal).astype(int)
        outcomes.append(f"b{i}")
    names = [f"x{i}" for i in range(12)]
    start = time.perf_counter()
    m = pk.multiverse(
        frame, outcomes, treatments, names, family="logit", cluster="g", progress=False
    )
    spent = time.perf_counter() - start
    # Linux reports kilobytes, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(json.dumps({"size": m.size, "seconds": spent, "bytes": most}))


def large() -> str:
    done = subprocess.run(
        [sys.executable, __file__, "--peak"], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return (
        f"{found['size']:,} clustered logits (5 outcomes × 5 treatments × 4,096 sets of controls): "
        f"{found['seconds']:.1f} s, {found['bytes'] / 1e9:.2f} GB at the peak, Python and all "
        "libraries included."
    )


def published() -> str:
    """Return the time and the spread of the grid of Doyle and Sambanis, where the file is at hand."""
    path = SOURCES / "replication" / "doyle_sambanis2000" / "peace.csv"
    if not path.exists():
        return "Doyle and Sambanis's grid: not run, the publisher's file is not at hand."
    frame = pd.read_csv(path, keep_default_na=False, na_values=["", "NA"])
    names = [
        "wartype",
        "logcost",
        "wardur",
        "factnum",
        "factnum2",
        "trnsfcap",
        "develop",
        "exp",
        "decade",
        "treaty",
    ]

    def run() -> pk.Multiverse:
        return pk.multiverse(frame, "pbs2s3", "untype4", names, family="logit", cluster="cluster")

    spent, m = best(run, 3), run()
    odds = np.exp(m.frame["estimate"].quantile([0, 0.5, 1]).to_numpy())
    flagged = (m.frame["flags"] == "separated: Firth").sum()
    return (
        f"Doyle and Sambanis's 2¹⁰ sets of controls, `untype4` on `pbs2s3`: {spent:.2f} s; odds "
        f"ratios from {odds[0]:.1f} to {odds[2]:.1f}, median {odds[1]:.1f}; {flagged} separated "
        "and refitted by Firth's logit."
    )


def section(grown: pd.DataFrame) -> str:
    frame = data()
    sets = {}
    for family in GRID:
        m = fit(frame, family, GRID[family])
        sets[family] = [chosen(m, place) for place in picked(m)]
    text = f"b ~ t + {' + '.join(CONTROLS)}"
    estimate = pk.fit(text, frame, family="logit", cluster="g")
    times = drawn(estimate)
    from_r = r(frame, sets, CONTROLS, times)
    tables = {family: clustered(family, frame, from_r) for family in GRID}
    draws = resampled(estimate, frame, from_r, times)
    powers = slopes(grown).pivot(index="axis", columns="family", values="power")
    best_possible = floor()
    head = ["| | per second | pkstats is faster by | largest difference |", "|---|--:|--:|--:|"]
    rates = {f: float(re.sub(r"\D", "", lines[0].split("|")[2])) for f, lines in tables.items()}
    reached = "; ".join(
        f"{family} {best_possible[family]:,.0f} per second, {rates[family] / best_possible[family]:.0%} "
        "of it reached"
        for family in ("logit", "ols")
    )
    rising = "; ".join(
        f"{axis} {powers.loc[axis, 'logit']:.2f} and {powers.loc[axis, 'ols']:.2f}"
        for axis in dict.fromkeys(grown["axis"])
    )
    lines = [
        HEADING,
        "",
        f"Written by `python benchmarks/multiverse.py --write`: {CORES} cores, Python "
        f"{platform.python_version()}, numpy {np.__version__}, pyarrow {pa.__version__}, load "
        f"{LOAD:.1f} before the run; 900 rows, 75 clusters. Peers fit {COMPARED} specifications "
        "drawn from the same grid (formulas and pyfixest a tenth of these), one thread each as that "
        "suits them best. Differences are in standard errors, for estimates and standard errors; "
        f"above {TOLERANCE:.0e} the run fails.",
        "",
        "Clustered logits:",
        "",
        *head,
        *tables["logit"],
        "",
        "Clustered least squares:",
        "",
        *head,
        *tables["ols"],
        "",
        f"{DRAWS:,} draws of a cluster bootstrap of a logit with {len(CONTROLS)} controls (peers: "
        "20, 200 and 1,000 of the same draws, scaled):",
        "",
        "| | seconds | pkstats is faster by | largest difference |",
        "|---|--:|--:|--:|",
        *draws,
        "",
        large(),
        "",
        published(),
        "",
        "![Seconds by specifications, rows, columns and clusters](multiverse_growth.png)",
        "",
        "Seconds grow with the power (logit and least squares, between the two largest sizes): "
        f"{rising}.",
        "",
        "The arithmetic alone, for 9 columns (one Newton step: an exponential per row and one product "
        f"of the pairs of columns; for least squares one product per cluster) would allow: {reached}.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the section of the README")
    parser.add_argument("--peak", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.peak:
        peak()
        return
    grown = growth()
    text = section(grown)
    print(text)
    if options.write:
        draw(grown, HERE)
        sections.write(text)


if __name__ == "__main__":
    main()
