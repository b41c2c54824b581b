"""The rule at work: from the specifications of a claim to its verdict, as pure functions."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from pkstats.study.claims.ledger.entries import Rule
from pkstats.study.readable import share, size
from pkstats.study.words import words

CELL = ["unit", "outcome"]


@dataclass(frozen=True, slots=True)
class Tally:
    """What the specifications of a claim say together.

    Shares and medians count each outcome at each unit of analysis alike, however many
    specifications it has; those without an interval count in `specifications` only.

    Attributes
    ----------
    claimed, opposite, positive : float
        Share whose interval lies on the claimed side of zero, on the other, and share with the
        claimed sign.
    corrected : float
        As `claimed`, after Holm's correction over the outcomes of otherwise equal specifications.
    median, detectable : float
        Median association and median minimum detectable association, in standard deviations of the
        outcome per standard deviation of the treatment.
    """

    specifications: int
    estimated: int
    claimed: float
    opposite: float
    positive: float
    corrected: float
    median: float
    lowest: float
    highest: float
    detectable: float
    n_min: int
    n_max: int
    clusters_min: int
    clusters_max: int


@dataclass(frozen=True, slots=True)
class Stability:
    """Whether the median keeps its sign without any one cluster (mission family or state)."""

    stable: bool
    most_influential: str
    median_without: float
    clusters: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and why."""

    verdict: str
    why: str


def weights(frame: pd.DataFrame) -> np.ndarray:
    """Return weights that count each outcome at each unit alike and sum to one, shape (n,)."""
    sizes = frame.groupby(CELL, observed=True)[CELL[0]].transform("size").to_numpy("float64")
    cells = frame[CELL].drop_duplicates().shape[0]
    return 1 / (sizes * max(cells, 1))


def weighted_quantile(values: np.ndarray, weight: np.ndarray, share: float) -> float:
    """Return the smallest value at or below which at least `share` of the weight lies."""
    if not len(values):
        return float("nan")
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    place = int(np.searchsorted(reached, share - 1e-12))
    return float(values[order][min(place, len(values) - 1)])


def nothing(specifications: int = 0) -> Tally:
    """Return the tally of specifications without an estimate."""
    names = [item.name for item in fields(Tally)]
    counts = {"estimated", "n_min", "n_max", "clusters_min", "clusters_max"}
    blank: dict[str, Any] = {name: 0 if name in counts else float("nan") for name in names}
    return Tally(**{**blank, "specifications": specifications})


def tally(frame: pd.DataFrame, level: float = 0.05) -> Tally:
    """Return what specifications (as `estimates` gives them) say together."""
    known = frame[frame["side"].notna()]
    if known.empty:
        return nothing(len(frame))
    weight = weights(known)
    side, effect = known["side"].to_numpy(), known["effect"].to_numpy("float64")
    strict = known["p_corrected"].to_numpy("float64") < level
    detectable = known["detectable"].to_numpy("float64")
    return Tally(
        specifications=len(frame),
        estimated=len(known),
        claimed=float(weight @ (side > 0)),
        opposite=float(weight @ (side < 0)),
        positive=float(weight @ (effect > 0)),
        corrected=float(weight @ (strict & (effect > 0))),
        median=weighted_quantile(effect, weight, 0.5),
        lowest=float(effect.min()),
        highest=float(effect.max()),
        detectable=weighted_quantile(detectable, weight, 0.5),
        n_min=int(known["n"].min()),
        n_max=int(known["n"].max()),
        clusters_min=int(known["clusters"].min()),
        clusters_max=int(known["clusters"].max()),
    )


def influence(without: pd.DataFrame, whole: float) -> pd.DataFrame:
    """Return what becomes of the association without each cluster.

    Parameters
    ----------
    without : DataFrame
        without (the cluster), unit, outcome, specification, effect, and `whole`: the same
        specification with all clusters. A cluster that is in some specifications leaves the others
        as they are.
    whole : float
        The median over all specifications, with all clusters.

    Returns
    -------
    DataFrame
        without, median (of the associations without it), shift (of their weighted mean), turns
        (whether the median changes sign) and specifications (that have the cluster). Those that turn
        the sign come first, then the largest shifts.
    """
    if without.empty:
        return pd.DataFrame(columns=["without", "median", "shift", "turns", "specifications"])
    looked = without.drop_duplicates("specification")
    names, clusters = np.unique(without["without"].to_numpy(str), return_inverse=True)
    rows = pd.Index(looked["specification"]).get_indexer(without["specification"])
    effects = np.repeat(looked["whole"].to_numpy("float64")[:, None], len(names), axis=1)
    effects[rows, clusters] = without["effect"].to_numpy("float64")
    weight = weights(looked)
    medians = np.array([weighted_quantile(one, weight, 0.5) for one in effects.T])
    shifts = weight @ (effects - looked["whole"].to_numpy("float64")[:, None])
    turns = np.sign(medians) != np.sign(whole)
    found = pd.DataFrame(
        {
            "without": names,
            "median": medians,
            "shift": shifts,
            "turns": turns,
            "specifications": np.bincount(clusters, minlength=len(names)),
        }
    )
    order = np.lexsort((-np.abs(shifts), ~turns))
    return found.iloc[order].reset_index(drop=True)


def stability(without: pd.DataFrame, whole: pd.DataFrame) -> Stability:
    """Return whether the median association keeps its sign without each cluster.

    Parameters
    ----------
    without : DataFrame
        As `influence` takes it.
    whole : DataFrame
        Every specification; a cluster that is in none of those looked at is not tried.
    """
    if without.empty or whole["side"].isna().all():
        return Stability(False, "", float("nan"), 0)
    found = influence(without, tally(whole).median)
    most = found.iloc[0]
    stable = not found["turns"].any()
    return Stability(stable, str(most["without"]), float(most["median"]), len(found))


def supported(found: Tally, rule: Rule) -> bool:
    """Return whether specifications alone would make a claim supported."""
    return found.claimed >= rule.supported and found.opposite <= rule.opposite_supported


def judge(
    found: Tally, steady: Stability, outcomes: dict[tuple[str, str], Tally], rule: Rule
) -> Judgement:
    """Return the verdict on a claim.

    Parameters
    ----------
    found : Tally
        Over all specifications.
    outcomes : mapping of (unit, outcome) to Tally
        Over those of each outcome at each unit.
    """
    if not found.estimated:
        return Judgement("underpowered", "no specification could be estimated")
    several = len({unit for unit, _ in outcomes}) > 1
    alone = [
        words(outcome) + (f", by {unit}" if several else "")
        for (unit, outcome), one in outcomes.items()
        if supported(one, rule)
    ]
    enough = len(alone) >= rule.outcomes_partly * len(outcomes)
    named = f"supported by itself for {'; '.join(dict.fromkeys(alone))}" if alone else ""
    moved = f"the sign of the median rests on {steady.most_influential}"
    if supported(found, rule):
        if steady.stable:
            return Judgement("supported", "clear, and stable without any one cluster")
        return Judgement("partly supported", f"clear in most specifications, but {moved}")
    if found.opposite >= rule.supported and found.claimed <= rule.opposite_supported:
        if steady.stable:
            return Judgement("contradicted", "clear on the other side, and stable")
        return Judgement("not supported", f"clear on the other side, but {moved}")
    mixed = found.opposite > rule.opposite_partly
    if not mixed and (found.claimed >= rule.partly or (alone and enough)):
        return Judgement("partly supported", named or "clear in some specifications only")
    if mixed and found.claimed >= rule.partly:
        return Judgement("not supported", "clear on both sides of zero, depending on the choices")
    if found.detectable > rule.smallest and found.opposite < rule.partly:
        return Judgement(
            "underpowered",
            f"an association of {rule.smallest:g} s.d. would be missed: the typical specification "
            f"finds {size(found.detectable, [rule.smallest])} s.d. or more",
        )
    claimed, opposite = (share(part, rule.marks) for part in (found.claimed, found.opposite))
    side = f"; on the other side in {opposite}" if mixed else ""
    often = f"{claimed} of specifications only" if found.claimed else "no specification"
    return Judgement("not supported", f"clear in {often}{side}")
