"""How a grid is run: variance, rows, memory, workers and where results are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import inf
from pathlib import Path
from typing import Any

from pkstats.errors import BadModel, suggestion
from pkstats.models.covariance import KINDS
from pkstats.multiverse.asked import whole
from pkstats.multiverse.data import Setting
from pkstats.multiverse.run import Resources
from pkstats.text import cut

# What families of `pkstats.fit` take beyond the arguments of every family.
OPTIONS = ("exposure", "offset", "alpha", "zero", "groups", "method")


@dataclass(frozen=True)
class Plan:
    """How a grid is run.

    Attributes
    ----------
    vcov, weights, conf_level
        As in `pkstats.fit`.
    common_sample : bool
        Whether every specification of a batch keeps only rows complete in all controls. Otherwise
        each has its own rows, and `n` says how many.
    seed : int
        For whatever is drawn later: influence, permutations.
    memory : float
        Megabytes that the arrays of all workers, and the results, may take; larger results go to
        `save`.
    workers : int, optional
        By default every core, or what a surrounding ``joblib.parallel_config`` says; a Dask or Ray
        cluster takes the work through its backend there.
    progress : bool, optional
        A progress bar; by default for 20,000 specifications or more, and on a terminal for 400 or
        more that `pkstats.fit` has to fit one by one.
    save : path, optional
        Write parts there while running and the result at the end; `frame` is then read from it. A
        run that was interrupted goes on where it stopped.
    options : mapping
        Further options of `pkstats.fit`, such as ``exposure=``.
    """

    vcov: str | None = None
    weights: str | None = None
    conf_level: float = 0.95
    common_sample: bool = False
    seed: int = 0
    memory: float = 512
    workers: int | None = None
    progress: bool | None = None
    save: str | Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def resources(self) -> Resources:
        """Memory in bytes, workers and the progress bar."""
        return Resources(self.memory * 1e6, self.workers, self.progress)

    def setting(self, cluster: tuple[str, ...]) -> Setting:
        """Return what all specifications share."""
        if len(cluster) > 2:
            raise BadModel(f"cluster= takes one column or two; found {len(cluster)}.")
        if self.vcov is not None and str(self.vcov).lower() not in KINDS:
            raise BadModel(f"vcov must be one of {', '.join(KINDS)}; found {cut(repr(self.vcov))}.")
        if (self.vcov or "").lower().startswith("cr") and not cluster:
            raise BadModel(f"vcov={self.vcov!r} needs cluster=, the column of independent units.")
        options = dict(self.options) or None
        return Setting(
            cluster, self.weights, self.vcov, self.conf_level, self.common_sample, options
        )


def plan(how: Mapping[str, Any]) -> Plan:
    """Return a plan; names that are none of its own are options of `pkstats.fit`.

    Raises
    ------
    BadModel
        When memory, workers or the confidence level are out of range.
    """
    own = {item.name for item in fields(Plan)} - {"options"}
    given = {name: value for name, value in how.items() if name in own}
    options = {name: value for name, value in how.items() if name not in own}
    if "freq_weights" in options:
        raise BadModel(
            "multiverse takes no freq_weights=. Repeat each row as often as it was seen: "
            "data.loc[data.index.repeat(data['w'])]."
        )
    for name in options:
        if name not in OPTIONS:
            known = (*own, *OPTIONS)
            raise BadModel(f"multiverse takes no {name}=.{suggestion(name, known)}")
    found = Plan(**given, options=options)
    if not (isinstance(found.memory, (int, float)) and 0 < found.memory < inf):
        raise BadModel(f"memory= is in megabytes, above zero; found {cut(repr(found.memory))}.")
    if found.workers is not None:
        whole(found.workers, "workers=", 1)
    whole(found.seed, "seed=", 0)
    if not (isinstance(found.conf_level, (int, float)) and 0 < found.conf_level < 1):
        raise BadModel(f"conf_level must lie between 0 and 1; found {cut(repr(found.conf_level))}.")
    for name, value in (("weights", found.weights), *options.items()):
        if name not in ("alpha", "method") and not (value is None or isinstance(value, str)):
            raise BadModel(f"{name}= takes the name of a column; found {cut(repr(value))}.")
    return found
