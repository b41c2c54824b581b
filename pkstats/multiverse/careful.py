"""The careful path: one specification through `pkstats.fit`, and what to do when that refuses."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pkstats.errors import BadModel
from pkstats.models import Estimate, fit
from pkstats.models.columns import framed
from pkstats.models.covariance import covariance
from pkstats.models.families import FAMILIES
from pkstats.models.formula import parse
from pkstats.models.rows import Rows, rows
from pkstats.models.separation import separated
from pkstats.models.validate import check
from pkstats.multiverse.data import Setting
from pkstats.multiverse.grid import Batch, Grid
from pkstats.multiverse.labels import FIRTH, LEFT_OUT, NOTHING, REFITTED
from pkstats.multiverse.perfect import left_over
from pkstats.panel import Panel

NEGATIVE = (
    "The variance is below zero, as V(first) + V(second) − V(both) can be with few clusters: there is "
    "no standard error. Cluster by one column."
)
ALONE = (
    "One cluster alone tells about the treatment: errors across clusters say nothing of it, so there is "
    "none."
)
ENDLESS = (
    "The treatment itself separates the outcomes. Robust and clustered errors shrink to nothing there, "
    "so none is given; without cluster= and vcov= the interval is that of the profile likelihood."
)


@dataclass(frozen=True, slots=True)
class Careful:
    """One specification. `why` says what was wrong.

    `figures` are estimate, standard error, statistic, p-value and the interval's ends; NaN where
    there is no estimate. `fitted` is the family that was fitted in the end, `vcov` its variance; both
    are empty where there is none.
    """

    figures: tuple[float, ...]
    count: int
    groups: int
    flag: str
    why: str = ""
    fitted: str = ""
    vcov: str = ""


def formula(grid: Grid, batch: Batch, chosen: np.ndarray) -> str:
    """Return the formula of a specification; `chosen` tells its controls. The treatment is last."""
    return f"{batch.outcome} ~ {' + '.join([*_controls(grid, batch, chosen), batch.treatment])}"


def _controls(grid: Grid, batch: Batch, chosen: np.ndarray) -> list[str]:
    controls = [name for name, used in zip(grid.controls, chosen, strict=True) if used]
    return [*controls, *(f"C({name})" for name in batch.fixed)]


def careful(
    frame: pd.DataFrame, grid: Grid, batch: Batch, chosen: np.ndarray, setting: Setting
) -> Careful:
    """Fit one specification with every check of `pkstats.fit`.

    A separated logit or probit is fitted on the rows that Stata's rule leaves, under the same variance
    (see `pkstats.multiverse.perfect`). A logit that is still separated is fitted by Firth's penalised
    likelihood, under the same variance too; what cannot be fitted at all says why.
    """
    try:
        return _row(*checked(frame, grid, batch, chosen, setting))
    except BadModel as problem:
        why = str(problem)
    except (np.linalg.LinAlgError, FloatingPointError, ZeroDivisionError) as problem:
        why = f"The model could not be fitted ({problem})."
    if "separate" in why and batch.family == "logit":
        try:
            return _firth(formula(grid, batch, chosen), frame, setting, why)
        except BadModel as problem:
            why = f"{why} Firth's logit: {problem}"
    return Careful((np.nan,) * 6, 0, 0, NOTHING, why)


def checked(
    data: pd.DataFrame | Panel, grid: Grid, batch: Batch, chosen: np.ndarray, setting: Setting
) -> tuple[Estimate, str, str]:
    """Return one specification's estimate, how it was had, and what was wrong.

    Raises
    ------
    BadModel
        When it cannot be fitted, on the rows that Stata's rule leaves either.
    """
    text, why = formula(grid, batch, chosen), ""
    if batch.family in ("logit", "probit"):
        # Looked at first: naming the terms that separate takes a fit of many dummies seconds.
        given = (batch.outcome, _controls(grid, batch, chosen), batch.treatment)
        left = left_over(*given, framed(data), batch.family, setting)
        if left is not None:
            kept = left.frame if isinstance(data, pd.DataFrame) else replace(data, frame=left.frame)
            try:
                return fit_one(left.text, kept, batch.family, setting), LEFT_OUT, left.why
            except BadModel as problem:
                why = f"{left.why} On the rest: {problem} On all rows: "
    try:
        return fit_one(text, data, batch.family, setting), REFITTED, ""
    except BadModel as problem:
        raise BadModel(f"{why}{problem}") from None


def fit_one(text: str, data: pd.DataFrame | Panel, family: str, setting: Setting) -> Estimate:
    """Return one specification, fitted by `pkstats.fit` under a grid's setting."""
    return fit(
        text,
        data,
        family=family,
        cluster=setting.cluster or None,
        vcov=setting.vcov,
        weights=setting.weights,
        conf_level=setting.conf_level,
        **(setting.options or {}),
    )


def _row(estimate: Estimate, flag: str, why: str = "") -> Careful:
    """Return the treatment's figures; its column is the design's last."""
    row = estimate.tidy().iloc[len(estimate.rows.names) - 1]
    figures = [row[name] for name in ("estimate", "std_error", "statistic", "p_value")]
    figures += [row["conf_low"], row["conf_high"]]
    place = len(estimate.rows.names) - 1
    lost = "" if np.isfinite(row["std_error"]) else ALONE if estimate.lonely[place] else NEGATIVE
    return Careful(
        tuple(map(float, figures)),
        estimate.nobs,
        estimate.clusters,
        flag,
        " ".join(filter(None, (why, lost))),
        estimate.family,
        estimate.vcov,
    )


def _firth(text: str, frame: pd.DataFrame, setting: Setting, why: str) -> Careful:
    """Return the treatment's penalised estimate; only its own profile is climbed, where it is used."""
    family, kind = FAMILIES["firth"], setting.kind("firth")
    complete = rows(parse(text), frame, family, setting.cluster, setting.weights)
    check(complete, family, frame)
    profile = (complete.design.shape[1] - 1,) if kind == "classical" else ()
    found = family.fit(complete.sample({"conf_level": setting.conf_level, "profile": profile}))
    matrix, freedom = covariance(found, complete.design, complete.clusters, kind)
    about = (
        complete.text,
        family.name,
        kind,
        " and ".join(setting.cluster),
        found,
        matrix,
        freedom,
    )
    estimate = Estimate(*about, setting.conf_level, rows=complete, options={}, data=frame)
    row = _row(estimate, FIRTH, why)
    if kind == "classical" or not _endless(complete):
        return row
    blank = (row.figures[0], *(np.nan,) * 5)
    return replace(row, figures=blank, why=f"{why} {ENDLESS}", vcov="none")


def _endless(complete: Rows) -> bool:
    """Return whether the treatment, the design's last column, is among the terms that separate."""
    return complete.names[-1] in separated(complete.outcome, complete.design, complete.names)
