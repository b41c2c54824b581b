"""The careful path: one specification through `pkstats.fit`, and what to do when that refuses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkstats.errors import BadModel
from pkstats.models import Estimate, fit
from pkstats.models.families import FAMILIES
from pkstats.models.formula import parse
from pkstats.models.rows import rows
from pkstats.models.validate import check
from pkstats.multiverse.data import Setting
from pkstats.multiverse.grid import Batch, Grid

REFITTED, SEPARATED, NOTHING = "refitted", "separated: Firth", "no estimate"
NEGATIVE = (
    "The variance is below zero, as V(first) + V(second) − V(both) can be with few clusters: there is "
    "no standard error. Cluster by one column."
)


@dataclass(frozen=True, slots=True)
class Careful:
    """One specification. `why` says what was wrong.

    `figures` are estimate, standard error, statistic, p-value and the interval's ends; NaN where
    there is no estimate.
    """

    figures: tuple[float, ...]
    count: int
    groups: int
    flag: str
    why: str = ""


def formula(grid: Grid, batch: Batch, chosen: np.ndarray) -> str:
    """Return the formula of a specification; `chosen` tells its controls. The treatment is last."""
    controls = [name for name, used in zip(grid.controls, chosen, strict=True) if used]
    fixed = [f"C({name})" for name in batch.fixed]
    return f"{batch.outcome} ~ {' + '.join([*controls, *fixed, batch.treatment])}"


def careful(
    frame: pd.DataFrame, grid: Grid, batch: Batch, chosen: np.ndarray, setting: Setting
) -> Careful:
    """Fit one specification with every check of `pkstats.fit`.

    A separated logit is refitted by Firth's penalised likelihood, with its profile interval and
    without clusters; what cannot be fitted at all says why.
    """
    text = formula(grid, batch, chosen)
    if setting.common_sample:
        frame = _complete(frame, list(grid.controls))
    try:
        return _fit(text, frame, batch.family, setting, REFITTED)
    except BadModel as problem:
        why = str(problem)
    except (np.linalg.LinAlgError, FloatingPointError, ZeroDivisionError) as problem:
        why = f"The model could not be fitted ({problem})."
    if "separate" in why and batch.family in ("logit", "probit"):
        try:
            return _firth(text, frame, setting, why)
        except BadModel as problem:
            why = f"{why} Firth's logit: {problem}"
    return Careful((np.nan,) * 6, 0, 0, NOTHING, why)


def _complete(frame: pd.DataFrame, terms: list[str]) -> pd.DataFrame:
    names = {column for term in terms for column in parse(f"~ {term}").columns}
    return frame.dropna(subset=sorted(names))


def fit_one(text: str, frame: pd.DataFrame, family: str, setting: Setting) -> Estimate:
    """Return one specification, fitted by `pkstats.fit` under a grid's setting."""
    return fit(
        text,
        frame,
        family=family,
        cluster=setting.cluster or None,
        vcov=setting.vcov,
        weights=setting.weights,
        conf_level=setting.conf_level,
        **(setting.options or {}),
    )


def _fit(text: str, frame: pd.DataFrame, family: str, setting: Setting, flag: str) -> Careful:
    estimate = fit_one(text, frame, family, setting)
    row = estimate.tidy().iloc[len(estimate.rows.names) - 1]
    figures = [row[name] for name in ("estimate", "std_error", "statistic", "p_value")]
    figures += [row["conf_low"], row["conf_high"]]
    lost = "" if np.isfinite(row["std_error"]) else NEGATIVE
    return Careful(tuple(map(float, figures)), estimate.nobs, estimate.clusters, flag, lost)


def _firth(text: str, frame: pd.DataFrame, setting: Setting, why: str) -> Careful:
    """Return the treatment's penalised estimate; only its own profile is climbed."""
    family = FAMILIES["firth"]
    complete = rows(parse(text), frame, family, setting.cluster, setting.weights)
    check(complete, family, frame)
    place = complete.design.shape[1] - 1
    found = family.fit(complete.sample({"conf_level": setting.conf_level, "profile": (place,)}))
    own = found.intervals
    assert own is not None
    estimate, error = found.coefficients[place], np.sqrt(found.bread[place, place])
    figures = [estimate, error, estimate / error, own["p_value"][place]]
    figures += [own["conf_low"][place], own["conf_high"][place]]
    groups = complete.cluster_count
    return Careful(tuple(map(float, figures)), len(complete.design), groups, SEPARATED, why)
