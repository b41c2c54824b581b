"""All checks on one estimate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pkstats.checks import (
    causal,
    coding,
    extrapolation,
    gaps,
    inference,
    influence,
    separation,
    specification,
    survival,
)
from pkstats.checks.context import Context, context_of
from pkstats.checks.finding import Finding, Findings
from pkstats.errors import BadModel
from pkstats.models import Estimate
from pkstats.text import cut


@dataclass(frozen=True, slots=True)
class Check:
    """A check, what of the context it cannot do without, and for which families it is."""

    function: Callable[[Estimate, Context], list[Finding]]
    needs: tuple[str, ...] = ()
    families: tuple[str, ...] = ()


BINARY = separation.BINARY
CHECKS = {
    "separation": Check(separation.separation, families=BINARY),
    "events_per_variable": Check(separation.events_per_variable),
    "few_clusters": Check(inference.few_clusters),
    "few_treated_clusters": Check(inference.few_treated_clusters),
    "dependence": Check(inference.dependence),
    "successors": Check(inference.successors, ("data",)),
    "power": Check(inference.power),
    "influence": Check(influence.influence),
    "collinearity": Check(specification.collinearity),
    "nearly_constant": Check(specification.nearly_constant),
    "fitted_mean": Check(specification.fitted_mean, families=("negbin",)),
    "missing_rows": Check(gaps.missing_rows),
    "logarithm_of_zero": Check(gaps.logarithm_of_zero),
    "repeated_rows": Check(gaps.repeated_rows, ("data", "unit")),
    "repeated_outcome": Check(gaps.repeated_outcome, ("data",)),
    "extrapolation": Check(extrapolation.extrapolation, ("treatment",)),
    "immortal_time": Check(survival.immortal_time, ("data", "treatment", "subject"), ("cox",)),
    "proportional_hazards": Check(survival.proportional_hazards, families=("cox",)),
    "post_treatment": Check(causal.post_treatment, ("treatment", "timing")),
    "hard_cases": Check(causal.hard_cases, ("treatment",)),
    "unmeasured_confounding": Check(causal.unmeasured_confounding, ("treatment",)),
    "right_censoring": Check(coding.right_censoring, ("data",)),
    "co_location": Check(coding.co_location),
}
# What may stand for something a check needs.
INSTEAD = {"subject": "starts", "treatment": "counterfactual"}


def check(estimate: Estimate, **context: Any) -> Findings:
    """Return what is wrong with a fitted model, or missing from it: check, severity, what to do.

    Every check is run that the estimate and the context allow.

    Parameters
    ----------
    estimate : Estimate
        What `pkstats.fit` returned.
    **context
        What the checks may know besides (`pkstats.checks.Context`): treatment (a term), family,
        unit, counterfactual, timing, roles, subject, starts, exit, failure, and data, by default
        the rows the model was fitted on.

    Returns
    -------
    Findings
        The most serious first; `skipped` lists the checks that lacked something.

    Raises
    ------
    BadModel
        For anything but an estimate, an unknown keyword, term or column, or data of another length.

    Examples
    --------
    >>> import pandas as pd
    >>> import pkstats as pk
    >>> peace = pd.DataFrame({"years": [1.0, 2, 3, 4, 6, 5], "troops": [0.0, 1, 2, 3, 4, 5]})
    >>> pk.check(pk.fit("years ~ troops", peace), treatment="troops").skipped["post_treatment"]
    'timing='
    """
    if not isinstance(estimate, Estimate):
        raise BadModel(
            f"check takes an estimate, as pkstats.fit returns it; found {cut(repr(estimate))}."
        )
    given = context_of(estimate, {"data": estimate.data, **context})
    found: list[Finding] = []
    skipped: dict[str, str] = {}
    for name, one in CHECKS.items():
        if one.families and estimate.family not in one.families:
            continue
        lacking = [need for need in one.needs if not _has(given, need, name)]
        if lacking:
            skipped[name] = ", ".join(f"{need}=" for need in lacking)
        else:
            found += one.function(estimate, given)
    return Findings(tuple(found), skipped)


def _has(context: Context, need: str, name: str) -> bool:
    if need == "timing" and context.treatment is not None:
        return any(map(context.timing_of, causal.columns_of(context.treatment)))
    if getattr(context, need) is not None:
        return True
    if need == "unit":
        return hasattr(context.data, "key")
    if need == "treatment" and name != "extrapolation":
        return False
    return need in INSTEAD and getattr(context, INSTEAD[need]) is not None
