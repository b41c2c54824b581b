"""Separation and events per term: can a binary or survival model be estimated at all?"""

from __future__ import annotations

from pkstats.checks.context import Context
from pkstats.checks.finding import Finding
from pkstats.models import Estimate
from pkstats.models.separation import separated

BINARY = ("logit", "probit", "firth")


def separation(estimate: Estimate, context: Context) -> list[Finding]:
    """Find terms that predict the outcome without error (trap 5)."""
    if estimate.family not in BINARY:
        return []
    rows = estimate.rows
    terms = separated(rows.outcome, rows.design, rows.names)
    if not terms:
        return []
    more = f" and {len(terms) - 4} more" if len(terms) > 4 else ""
    named = terms[0] if len(terms) == 1 else f"A combination of {', '.join(terms[:4])}{more}"
    if estimate.family == "firth":
        return [
            Finding(
                "separation",
                "caution",
                f"{named} separates the outcomes: only Firth's "
                "penalty keeps their estimates finite.",
                "Report profile-likelihood intervals and tests, no Wald interval; say so.",
            )
        ]
    return [
        Finding(
            "separation",
            "serious",
            f"{named} separates the outcomes: the estimates "
            "are infinite, whatever the optimiser printed.",
            "Use family='firth', drop these terms or pool their categories.",
        )
    ]


def events_per_variable(estimate: Estimate, context: Context) -> list[Finding]:
    """Find too few events (or rows) for the number of terms.

    Peduzzi et al. 1996 (Journal of Clinical Epidemiology 49: 1373–1379): ten per term; under five,
    bias and false confidence are large.
    """
    count = len(context.terms)
    if estimate.family in ("logit", "probit"):
        ones = float(estimate.rows.outcome.sum())
        events, what = min(ones, estimate.nobs - ones), "rows of the rarer outcome"
        cure = "Use family='firth', or fewer terms chosen before seeing the outcome."
    elif estimate.family == "cox":
        events, what = float(estimate.rows.extra["event"].sum()), "events"
        cure = "Use fewer terms, chosen before seeing the outcome."
    else:
        events, what = float(estimate.nobs), "rows"
        cure = "Use fewer terms, chosen before seeing the outcome."
    each = events / max(count, 1)
    if each >= 10:
        return []
    return [
        Finding(
            "events_per_variable",
            "serious" if each < 5 else "caution",
            f"{events:.0f} {what} for {count} terms: {each:.1f} per term (10 wanted).",
            cure,
        )
    ]
