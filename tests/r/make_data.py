"""Write the input of the R fixtures: random.csv (always) and panel.csv (only when asked).

panel.csv is a frozen snapshot of the project's own panel: new data must not move the fixtures. Run
with the argument ``panel`` to take a new one, then run every R script again.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
ROWS, GROUPS, SEED = 600, 40, 20240531
MEASURES = (
    "violence_abatement",
    "strength_per_100k",
    "shortfall",
    "task_count",
    "chapter_vii",
    "protection_of_civilians",
    "ngo_engagement",
    "partner_count",
    "log_deaths_before",
    "deaths",
)


def write(frame: pd.DataFrame, name: str) -> None:
    """Write with floats at 10 significant digits, one line ending everywhere."""
    frame.to_csv(HERE / name, index=False, float_format="%.10g", lineterminator="\n")


def panel() -> pd.DataFrame:
    """Return complete rows of the mission-year panel."""
    import pkstats as pk

    found = pk.panel("mission-year", 1990, 2024, "UN", "peacekeeping").derive(*MEASURES).frame
    columns = ["mission_id", "family", "year", *MEASURES]
    found = found[columns].dropna().sort_values(["mission_id", "year"])
    assert len(found) <= 400
    return found


def random() -> pd.DataFrame:
    """Return the seeded design: 600 rows in 40 clusters of unequal size, every kind of outcome."""
    rng = np.random.default_rng(SEED)
    shares = rng.gamma(1.5, size=GROUPS)
    group = np.sort(
        np.concatenate(
            [np.arange(GROUPS), rng.choice(GROUPS, ROWS - GROUPS, p=shares / shares.sum())]
        )
    )
    level = rng.normal(size=(4, GROUPS))[:, group]
    x1 = np.round(0.8 * rng.normal(size=ROWS) + 0.6 * level[0], 6)
    x2 = np.round(2000 + 1000 * (0.9 * rng.normal(size=ROWS) + 0.4 * level[1]), 3)
    b1 = (rng.random(ROWS) < 1 / (1 + np.exp(0.4 - 0.5 * x1))).astype(int)
    f = rng.choice(np.array(["a", "b", "c"]), ROWS, p=[0.5, 0.3, 0.2])
    t1 = np.isin(group, rng.choice(GROUPS, 5, replace=False)).astype(int)
    data = pd.DataFrame(
        {
            "row": np.arange(1, ROWS + 1),
            "group": [f"g{code + 1:02d}" for code in group],
            "group2": 2001 + rng.integers(0, 14, ROWS),
            "x1": x1,
            "x2": x2,
            "b1": b1,
            "f": f,
            "t1": t1,
            "w": np.round(np.exp(0.5 * rng.normal(size=ROWS)), 4),
            "e": np.round(0.5 + 3.5 * rng.random(ROWS), 4),
        }
    )
    linear = 0.5 * x1 + 0.3 * (x2 / 1000 - 2) - 0.4 * b1 + 0.4 * (f == "b") - 0.3 * (f == "c")
    data["y"] = np.round(
        1 + linear + 0.5 * t1 + 0.5 * level[2] + (0.6 + 0.3 * np.abs(x1)) * rng.normal(size=ROWS), 6
    )
    data["ymix"] = np.round(2 + linear + 0.7 * level[3] + rng.normal(size=ROWS), 6)
    logistic = linear + 0.4 * level[2] + rng.logistic(size=ROWS)
    data["yb"] = (logistic > 0.3).astype(int)
    data["yo"] = 1 + np.digitize(
        linear + 0.3 * level[3] + rng.logistic(size=ROWS), [-1.0, 0.4, 1.8]
    )
    utility = np.column_stack([np.zeros(ROWS), 0.2 + 0.7 * linear, -0.2 - 0.5 * x1 + 0.4 * b1])
    data["ym"] = np.array(["a", "b", "c"])[np.argmax(utility + rng.gumbel(size=(ROWS, 3)), axis=1)]
    mean = data["e"].to_numpy() * np.exp(0.2 + 0.6 * linear + 0.2 * level[2])
    data["yc"] = rng.poisson(mean * rng.gamma(1 / 0.8, 0.8, ROWS))
    zero = rng.random(ROWS) < 1 / (1 + np.exp(0.6 + 0.8 * x1 - 0.5 * b1))
    size = np.exp(1.1 + 0.5 * linear)
    data["yz"] = np.where(zero, 0, rng.poisson(size * rng.gamma(1 / 0.4, 0.4, ROWS)))
    # Nearly all of s1 is 0; where it is 1 the outcome is always 1: quasi-complete separation.
    rare = np.flatnonzero(data["yb"] == 1)
    data["s1"] = 0
    data.loc[rng.choice(rare, 9, replace=False), "s1"] = 1
    spells = _spells(rng, group, 0.5 * linear)
    return pd.concat([data, spells], axis=1)


def _spells(rng: np.random.Generator, group: np.ndarray, linear: np.ndarray) -> pd.DataFrame:
    """Return subject, entry, time, event: whole months, so events tie with each other and entries."""
    rows, subject, clock, left = [], 0, 0, 0
    for index in range(len(group)):
        if left == 0 or group[index] != group[index - 1]:
            subject, left = subject + 1, int(rng.integers(1, 5))
            clock = 0 if rng.random() < 0.55 else int(rng.integers(1, 10))
        length = int(rng.integers(2, 13))
        wait = int(np.ceil(rng.exponential(26 * np.exp(-linear[index]))))
        event = wait <= length
        end = clock + (wait if event else length)
        rows.append((f"s{subject:03d}", clock, end, int(event)))
        clock, left = end, 0 if event else left - 1
    return pd.DataFrame(rows, columns=["subject", "entry", "time", "event"])


if __name__ == "__main__":
    write(random(), "random.csv")
    if "panel" in sys.argv[1:]:
        write(panel(), "panel.csv")
