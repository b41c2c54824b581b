"""Does one mission family carry the answer? Every specification again without each cluster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pkstats.errors import BadModel
from pkstats.multiverse.data import BATCHED, Sample, Setting, sample
from pkstats.multiverse.engine import Answer, left_out
from pkstats.multiverse.grid import Batch, Grid
from pkstats.multiverse.summary import sampled
from pkstats.multiverse.variance import KINDS
from pkstats.text import for_html

SHOWN = 8


@dataclass(frozen=True)
class Influence:
    """What becomes of the answers without each cluster.

    Attributes
    ----------
    frame : DataFrame
        One row per cluster left out: `median` of all refitted specifications without it (one that
        has none of its rows stays as it is; one that cannot be fitted without it is left out of
        both medians compared), `shift` of that median in median standard errors, shares of the
        specifications refitted without it that change sign and that are significant at 5%, and how
        many these are.
    median : float
        With every cluster.
    specifications : int
        How many were refitted.
    """

    frame: pd.DataFrame
    median: float
    specifications: int

    @property
    def most(self) -> str:
        """The cluster whose absence moves the median most."""
        return str(self.frame["cluster"].iloc[0]) if len(self.frame) else ""

    @property
    def stable(self) -> bool:
        """Whether the median keeps its sign whichever cluster is left out; False where none can be."""
        return self.specifications > 0 and bool(
            (np.sign(self.frame["median"]) == np.sign(self.median)).all()
        )

    def __repr__(self) -> str:
        if not self.specifications:
            return (
                "No specification can be fitted without each cluster in turn: their outcomes are "
                "separated, or they have too many columns"
            )
        keeps = "keeps its sign whichever is left out" if self.stable else "changes sign"
        most = (
            f" Those that move it most, {SHOWN} of {len(self.frame)}:"
            if len(self.frame) > SHOWN
            else ""
        )
        return (
            f"Median {self.median:.3g} over {self.specifications} specifications; it {keeps}.{most}\n"
            f"{self.frame.head(SHOWN).to_string(index=False, float_format='%.3g')}"
        )

    def _repr_html_(self) -> str:
        head = for_html(repr(self).splitlines()[0])
        return f"<p>{head}</p>{self.frame.head(SHOWN).to_html(index=False)}"


def influence(
    frame: pd.DataFrame, grid: Grid, setting: Setting, limit: int, seed: int
) -> Influence:
    """Leave each cluster out of up to `limit` specifications of the batched families.

    Raises
    ------
    BadModel
        Without one column of clusters, or when no specification is of a batched family.
    """
    if len(setting.cluster) != 1:
        raise BadModel("Leaving clusters out needs cluster=, one column of independent units.")
    possible = [batch for batch in grid.batches if setting.batched(batch.family)]
    if not possible:
        raise BadModel(
            f"Leaving clusters out is for the families {', '.join(BATCHED)} with vcov "
            f"{', '.join(sorted(KINDS))}; none of the specifications is."
        )
    picked = sampled([len(batch.sets) for batch in possible], limit, seed)
    chosen = [
        replace(batch, sets=batch.sets[places])
        for batch, places in zip(possible, picked, strict=True)
    ]
    parts, whole = [], []
    for place, (_, labels, found, every) in enumerate(
        without_each(frame, grid, setting, chosen, {})
    ):
        parts.append(
            pd.DataFrame(
                {
                    "cluster": labels,
                    "place": place,
                    "estimate": np.where(found.sound, found.estimate, np.nan),
                    "error": np.where(found.sound, found.error, np.nan),
                }
            )
        )
        whole.append(every)
    if not parts:
        return Influence(pd.DataFrame(columns=["cluster", "median"]), np.nan, 0)
    result = _compared(pd.concat(parts, ignore_index=True), np.array(whole))
    order = result["shift"].abs().sort_values(ascending=False, kind="stable").index
    return Influence(
        result.loc[order].reset_index(drop=True), float(np.nanmedian(whole)), len(parts)
    )


def _compared(without: pd.DataFrame, whole: np.ndarray) -> pd.DataFrame:
    """Return what each cluster's absence does to the median of the same specifications.

    Parameters
    ----------
    without : DataFrame
        cluster, place (in `whole`), estimate and error without the cluster, missing where there is
        none; only the specifications that have the cluster.
    whole : array, shape (S,)
        The estimates with every cluster.
    """
    found = []
    for cluster, part in without.groupby("cluster", sort=True):
        places, estimates = part["place"].to_numpy(), part["estimate"].to_numpy("float64")
        every = whole.astype("float64")
        every[places[np.isnan(estimates)]] = np.nan
        left = every.copy()
        left[places] = estimates
        known = ~np.isnan(estimates)
        if not known.any():
            continue
        error = part["error"].to_numpy("float64")[known]
        turned = np.sign(estimates[known]) != np.sign(whole[places[known]])
        median = np.nanmedian(left)
        found.append(
            {
                "cluster": cluster,
                "median": median,
                "shift": (median - np.nanmedian(every)) / np.median(error),
                "sign_changes": turned.mean(),
                "significant": (np.abs(estimates[known]) > 1.96 * error).mean(),
                "specifications": int(known.sum()),
            }
        )
    columns = ["cluster", "median", "shift", "sign_changes", "significant", "specifications"]
    return pd.DataFrame(found, columns=columns)


def without_each(
    frame: pd.DataFrame,
    grid: Grid,
    setting: Setting,
    batches: Sequence[Batch],
    samples: dict[str, Sample],
) -> Iterator[tuple[Batch, np.ndarray, Answer, float]]:
    """Fit every specification of some batches without each cluster; see `engine.left_out`.

    `samples` keeps what was evaluated, for later calls on the same frame.

    Yields
    ------
    tuple
        Batch, labels of the clusters (G,), the answers without them (G,), the estimate with all.
    """
    for batch in batches:
        if not len(batch.sets):
            continue
        if batch.sample not in samples:
            samples[batch.sample] = sample(frame, grid, setting, batch.sample)
        for found in left_out(samples[batch.sample], grid, batch, setting):
            yield (batch, *found)
