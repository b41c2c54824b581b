"""Every specification of a claim, on one scale, and again without each cluster."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pkstats.checks.power import minimum_detectable_effect
from pkstats.models.formula import evaluate, parse
from pkstats.multiverse import Multiverse, multiverse
from pkstats.multiverse.data import BATCHED, Sample
from pkstats.multiverse.engine import Answer
from pkstats.multiverse.leave_out import without_each
from pkstats.multiverse.queries import columns as queried
from pkstats.multiverse.summary import sampled
from pkstats.panel import Panel
from pkstats.study.claims.ledger.columns import columns_of, rows_of
from pkstats.study.claims.ledger.entries import Dataset, Entry, Grid, Ledger, Rule
from pkstats.tables import load

LEFT_OUT = 24
LEFT_OUT_COLUMNS = ("without", "effect", "whole", "outcome", "specification")
# A log odds ratio in standard deviations of the logistic scale behind a yes or no (Chinn 2000,
# Statistics in Medicine 19: 3127–3131).
LOGISTIC = np.sqrt(3) / np.pi


def columns_of_grid(grid: Grid, data: Dataset) -> list[str]:
    """Return the columns a grid uses."""
    terms = [*grid.treatments, *grid.always, *grid.optional]
    terms += [one for options in grid.one_of.values() for one in options if one]
    effects = [option if isinstance(option, tuple) else (option,) for option in grid.fixed_effects]
    names = [*grid.outcomes, data.cluster]
    names += [column for term in terms for column in columns_of(term)]
    names += [name for option in effects for name in option if name]
    names += [name for query in grid.samples.values() if query for name in queried(query)]
    return list(dict.fromkeys(names))


@lru_cache(maxsize=16)
def shared_rows(book: Ledger, name: str, mark: str) -> pd.DataFrame | Panel:
    """Return the rows of a dataset with every column that claims of the ledger use."""
    data = book.data[name]
    grids = [grid for entry in book.entries.values() for grid in entry.grids if grid.data == name]
    return rows_of(data, [column for grid in grids for column in columns_of_grid(grid, data)])


def run_grid(book: Ledger, grid: Grid, mark: str = "", progress: bool | None = None) -> Multiverse:
    """Return every specification of one grid, on rows that all claims of the ledger share."""
    return multiverse(
        shared_rows(book, grid.data, mark),
        outcome=list(grid.outcomes),
        treatment=list(grid.treatments),
        controls=grid.controls,
        samples=grid.samples,
        family=grid.families,
        fixed_effects=list(grid.fixed_effects),
        cluster=book.data[grid.data].cluster,
        exclude=grid.exclude,
        conf_level=1 - book.rule.level,
        progress=False if progress is None else progress,
    )


def estimates(book: Ledger, entry: Entry, mark: str = "") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all specifications of a claim, and a sample of them without each cluster.

    Returns
    -------
    frame : DataFrame
        One row per specification: grid, unit and data beside the columns of a multiverse; `sign` (1
        where the claim expects a positive coefficient, else −1), `scale` (what makes it standard
        deviations), `effect` = estimate · scale · sign, `side`, `detectable` and `p_corrected` (Holm,
        over the grid's outcomes in otherwise equal specifications).
    without : DataFrame
        cluster, unit, outcome and `effect`, one row per specification looked at and cluster.
    """
    frames, without = [], []
    for grid in entry.grids:
        found = run_grid(book, grid, mark)
        data = book.data[grid.data]
        scales = _scales(found.data, grid)
        keys = pd.MultiIndex.from_frame(found.frame[["outcome", "treatment"]].astype(object))
        signs = _signs(book, grid)
        frame = found.corrected(method="holm").assign(
            grid=grid.number,
            data=grid.data,
            unit=data.unit,
            cluster=data.cluster,
            sign=signs.reindex(keys).to_numpy(),
            scale=scales.reindex(keys).to_numpy(),
        )
        frames.append(frame.astype(dict.fromkeys(_categories(frame), object)))
        with threadpool_limits(1, user_api="blas"):
            part = _without_each(found, signs * scales).assign(unit=data.unit)
        part["without"] = _named(part["without"], data.cluster)
        part["specification"] = f"{grid.number}." + part["specification"].astype(str)
        without.append(part)
    whole = judged(pd.concat(frames, ignore_index=True), entry.rule)
    return whole, pd.concat(without, ignore_index=True)


def _categories(frame: pd.DataFrame) -> list[str]:
    return list(frame.select_dtypes("category").columns)


def _signs(book: Ledger, grid: Grid) -> pd.Series:
    """Return the sign the claim expects of each outcome and treatment."""
    return pd.Series(
        {
            (outcome, term): float(book.polarity[outcome] * direction)
            for outcome in grid.outcomes
            for term, direction in grid.treatments.items()
        }
    )


def _scales(frame: pd.DataFrame | None, grid: Grid) -> pd.Series:
    """Return what makes each coefficient s.d. of the outcome per s.d. of the treatment."""
    assert frame is not None
    outcomes = {
        name: LOGISTIC if grid.families[name] == "logit" else 1 / frame[name].std()
        for name in grid.outcomes
    }
    treatments = {term: _spread(frame, term) for term in grid.treatments}
    return pd.Series(
        {
            (outcome, term): by_outcome * by_treatment
            for outcome, by_outcome in outcomes.items()
            for term, by_treatment in treatments.items()
        }
    )


def _spread(frame: pd.DataFrame, term: str) -> float:
    if term.startswith("standardize("):
        return 1.0
    node = parse(f"~ {term}").terms[0][0]
    return float(np.nanstd(evaluate(node, frame, term), ddof=1))


def judged(frame: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Add each specification's effect on the claim's side, its side of zero, and what it could find.

    `side` is 1 where the interval lies on the claimed side of zero, −1 on the other, 0 where it
    covers zero, and missing where there is no estimate.
    """
    factor = frame["scale"] * frame["sign"]
    low = frame["conf_low"].where(frame["sign"] > 0, -frame["conf_high"])
    high = frame["conf_high"].where(frame["sign"] > 0, -frame["conf_low"])
    side = (low > 0).astype("float64") - (high < 0).astype("float64")
    dof = np.maximum(frame["clusters"].to_numpy("float64") - 1, 1)
    factors = {
        value: minimum_detectable_effect(1.0, rule.level, rule.power, value) for value in set(dof)
    }
    detectable = frame["std_error"] * frame["scale"].abs() * np.array([factors[one] for one in dof])
    return frame.assign(
        effect=frame["estimate"] * factor,
        side=side.where(frame["estimate"].notna() & low.notna()),
        detectable=detectable,
    )


def _without_each(found: Multiverse, factors: pd.Series) -> pd.DataFrame:
    """Return some `LEFT_OUT` specifications of a grid, fitted again without each cluster.

    Drawn with the grid's seed, as many for each outcome and treatment.
    """
    assert found.data is not None
    grid, setting = found.grid, found.setting
    pairs = [(outcome, term) for outcome in grid.families for term in grid.treatments]
    samples: dict[str, Sample] = {}
    parts: list[pd.DataFrame] = []
    for outcome, term in pairs:
        batches = [
            batch
            for batch in grid.batches
            if (batch.outcome, batch.treatment) == (outcome, term) and batch.family in BATCHED
        ]
        sizes = [len(batch.sets) for batch in batches]
        drawn = sampled(sizes, max(2, LEFT_OUT // len(pairs)), found.seed)
        chosen = [
            replace(batch, sets=batch.sets[places])
            for batch, places in zip(batches, drawn, strict=True)
        ]
        for _, labels, answer, whole in without_each(found.data, grid, setting, chosen, samples):
            part = _left_out(labels, answer, whole, float(factors[(outcome, term)]))
            parts.append(part.assign(outcome=outcome, specification=len(parts)))
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in LEFT_OUT_COLUMNS})
    return pd.concat(parts, ignore_index=True)


def _left_out(labels: np.ndarray, answer: Answer, whole: float, factor: float) -> pd.DataFrame:
    good = answer.sound & np.isfinite(answer.estimate)
    effects = answer.estimate[good] * factor
    return pd.DataFrame({"without": labels[good], "effect": effects, "whole": whole * factor})


def _named(clusters: pd.Series, column: str) -> pd.Series:
    """Return clusters as readers know them: states by name."""
    if column != "state":
        return clusters.astype(str)
    states = load("states").drop_duplicates("state", keep="last").set_index("state")["name"]
    return clusters.astype("float64").map(states).astype(str)
