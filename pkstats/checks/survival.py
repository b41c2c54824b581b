"""Survival models: immortal time and proportional hazards."""

from __future__ import annotations

import numpy as np

from pkstats.checks.context import Context
from pkstats.checks.finding import Finding
from pkstats.checks.refit import sample_of
from pkstats.models import Estimate


def immortal_time(estimate: Estimate, context: Context) -> list[Finding]:
    """Find time counted as treated before the treatment began (trap 1).

    Suissa 2008 (American Journal of Epidemiology 167: 492–499): who is ever treated must survive
    until the treatment, and that time is credited to it. With `starts` the credited time is
    counted; with `subject` alone a treatment that never changes in subjects followed over several
    spells is named.
    """
    if estimate.family != "cox" or context.frame is None or context.treatment is None:
        return []
    treated = context.column(context.treatment) > 0
    if context.starts is not None:
        return _credited(estimate, context, treated)
    if context.subject is None:
        return []
    subjects = context.frame[context.subject].to_numpy()
    codes = np.unique(subjects, return_inverse=True)[1]
    spells = np.bincount(codes)
    ever = np.bincount(codes, weights=treated)
    several = (spells > 1) & (ever > 0)
    if not several.any() or (ever[several] < spells[several]).any():
        return []
    return [
        Finding(
            "immortal_time",
            "caution",
            f"{context.treatment} never changes in the {int(several.sum())} treated subjects that "
            "are followed over several spells, as if treated from their first day.",
            "Split spells at the start of treatment (0 before, 1 after), or give starts= to show "
            "that treatment began at entry.",
        )
    ]


def _credited(estimate: Estimate, context: Context, treated: np.ndarray) -> list[Finding]:
    extra = estimate.rows.extra
    assert context.frame is not None
    stop = np.asarray(extra["time"])
    start = np.asarray(extra.get("entry", np.zeros(len(stop))))
    began = context.frame[context.starts].astype("Float64").to_numpy("float64", na_value=np.nan)
    early = np.clip(np.minimum(began, stop) - start, 0, None)
    early = np.where(treated & ~np.isnan(early), early, 0.0)
    if not early.any():
        return []
    total = float((stop - start)[treated].sum())
    return [
        Finding(
            "immortal_time",
            "serious",
            f"{int((early > 0).sum())} spells count as treated before {context.treatment} began: "
            f"{early.sum():.4g} of {total:.4g} treated time ({early.sum() / total:.0%}) is immortal.",
            "Split these spells at the start of treatment: 0 before, 1 after.",
        )
    ]


def proportional_hazards(estimate: Estimate, context: Context) -> list[Finding]:
    """Find coefficients that change with time (score test, Holm over the terms).

    Grambsch & Therneau 1994 (Biometrika 81: 515–526), as in R's ``cox.zph``.
    """
    if estimate.family != "cox":
        return []
    from pkstats.models.families.hazards import proportional_hazards as test

    table = test(sample_of(estimate), estimate.found.coefficients).set_index("term")
    whole = float(table.loc["GLOBAL", "p_value"])
    single = table.drop(index="GLOBAL")["p_value"].sort_values()
    bounds = np.maximum.accumulate(single.to_numpy() * np.arange(len(single), 0, -1))
    broken = [str(term) for term, bound in zip(single.index, bounds, strict=True) if bound < 0.05]
    if not broken and whole >= 0.01:
        return []
    named = ", ".join(f"{term} (p {single[term]:.2g})" for term in broken) or "no single term"
    return [
        Finding(
            "proportional_hazards",
            "serious" if context.treatment in broken else "caution",
            f"Hazards are not proportional: {named}; all terms together p {whole:.2g}.",
            "Let the coefficient change with time (interaction with log time, split follow-up), or "
            "stratify.",
        )
    ]
