"""Reading an association as an effect: timing of controls, selection, unmeasured confounders."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np

from pkstats.checks.context import ORDER, Context
from pkstats.checks.finding import Finding
from pkstats.checks.refit import refit
from pkstats.checks.sensitivity import e_value, partial_r2, risk_ratio, robustness_value
from pkstats.errors import BadModel
from pkstats.models import Estimate, parse
from pkstats.models.covariance import covariance

RATIO_KINDS = {
    "logit": "odds",
    "firth": "odds",
    "poisson": "rate",
    "negbin": "rate",
    "cox": "hazard",
}


def columns_of(term: str) -> list[str]:
    """Return the columns a term rests on."""
    return parse("~" + term.partition("[T.")[0]).columns


def post_treatment(estimate: Estimate, context: Context) -> list[Finding]:
    """Find controls that are fixed after the treatment (trap 3).

    When a column is fixed is known of those that a panel made, and of others by `timing`.

    Montgomery, Nyhan & Torres 2018 (American Journal of Political Science 62: 760–775).
    """
    if context.treatment is None:
        return []
    own = columns_of(context.treatment)
    times = [context.timing_of(name) for name in own]
    known = [ORDER.index(time) for time in times if time in ORDER]
    if not known:
        return []
    treated = max(known)
    late = []
    for name in context.columns:
        time = context.timing_of(name)
        if name not in own and time in ORDER and ORDER.index(time) > max(treated, 1):
            late.append(f"{name} ({time})")
    if not late:
        return []
    return [
        Finding(
            "post_treatment",
            "serious",
            f"{len(late)} controls are fixed after {context.treatment} ({ORDER[treated]}): "
            f"{', '.join(late)}.",
            "Leave them out, or take their values before deployment.",
        )
    ]


def hard_cases(estimate: Estimate, context: Context) -> list[Finding]:
    """Put the raw association beside the adjusted one (trap 2).

    Fires when controls turn the sign or move the coefficient by more than two standard errors:
    missions go to hard cases, so the claim rests on the controls.
    """
    if context.treatment is None or len(context.terms) < 2:
        return []
    try:
        found = refit(estimate, terms=[context.treatment])
    except BadModel:
        return []
    if found is None:
        return []
    used = [estimate.rows.names.index(n) for n in found.names if n in estimate.rows.names]
    design = estimate.rows.design[:, used]
    matrix, _ = covariance(found, design, estimate.rows.clusters, estimate.vcov)
    place = found.names.index(context.treatment)
    raw, raw_error = float(found.coefficients[place]), sqrt(matrix[place, place])
    row = context.table.loc[context.treatment]
    adjusted, error = float(row["estimate"]), max(float(row["std_error"]), raw_error)
    step = abs(adjusted - raw)
    if not (step > 2 * error or (raw * adjusted < 0 and step > error)):
        return []
    ratio = ""
    if estimate.family in RATIO_KINDS:
        kind = RATIO_KINDS[estimate.family]
        ratio = f" ({kind} ratio {exp(raw):.2f} → {exp(adjusted):.2f})"
    return [
        Finding(
            "hard_cases",
            "caution",
            f"{context.treatment} is {raw:.3g} raw and {adjusted:.3g} adjusted{ratio}: the controls "
            f"move it by {step / error:.1f} standard errors.",
            "Show both, a balance table and the robustness value or E-value: unmeasured difficulty "
            "may matter as much as the measured.",
        )
    ]


def unmeasured_confounding(estimate: Estimate, context: Context) -> list[Finding]:
    """Find significant treatments that a weak unmeasured confounder would explain away (trap 2).

    Robustness value (Cinelli & Hazlett 2020) under 10 % for least squares; E-value of the
    interval (VanderWeele & Ding 2017) under 1.5 for odds, hazard and rate ratios.
    """
    if context.treatment is None:
        return []
    row = context.table.loc[context.treatment]
    if row["p_value"] > 1 - estimate.conf_level:
        return []
    if estimate.family == "ols":
        return _robustness(estimate, context)
    if estimate.family not in RATIO_KINDS:
        return []
    kind = RATIO_KINDS[estimate.family]
    rare = _rare(estimate)
    near = float(row["conf_low"] if row["estimate"] > 0 else row["conf_high"])
    limit = e_value(risk_ratio(exp(near), kind, rare)) if near * row["estimate"] > 0 else 1.0
    if limit >= 1.5:
        return []
    point = e_value(risk_ratio(exp(float(row["estimate"])), kind, rare))
    scale = "" if not context.is_binary(context.treatment) else " (treated against not)"
    return [
        Finding(
            "unmeasured_confounding",
            "caution",
            f"{context.treatment}: {kind} ratio {exp(float(row['estimate'])):.2f}{scale}, E-value "
            f"{point:.2f}, of its interval {limit:.2f}: a confounder with risk ratios of "
            f"{limit:.2f} explains its significance.",
            "Name the confounders you could not measure and how strong they may be; do not write "
            "'effect'.",
        )
    ]


def _robustness(estimate: Estimate, context: Context) -> list[Finding]:
    place = estimate.terms.index(str(context.treatment))
    error = sqrt(estimate.found.scale * estimate.found.bread[place, place])
    t = float(estimate.found.coefficients[place]) / error
    dof = estimate.nobs - len(estimate.terms)
    alpha = 1 - estimate.conf_level
    whole, tested = robustness_value(t, dof), robustness_value(t, dof, alpha=alpha)
    if whole >= 0.1:
        return []
    return [
        Finding(
            "unmeasured_confounding",
            "caution",
            f"{context.treatment}: robustness value {whole:.1%} (of its significance {tested:.1%}), "
            f"partial R² {partial_r2(t, dof):.1%} (classical errors): a confounder with that share "
            "of what is left of treatment and outcome explains it away.",
            "Compare with the strongest measured control; do not write 'effect'.",
        )
    ]


def _rare(estimate: Estimate) -> bool:
    values = estimate.rows.extra["event"] if estimate.family == "cox" else estimate.rows.outcome
    return bool(np.mean(values) < 0.15)
