"""Inference: clusters, dependence between rows, and what a null could have found."""

from __future__ import annotations

import numpy as np

from pkstats.checks.context import Context
from pkstats.checks.finding import Finding, Severity
from pkstats.checks.power import design_effect, icc, minimum_detectable_effect
from pkstats.models import Estimate
from pkstats.models.estimate import FEW_CLUSTERS

RATIOS = {
    "logit": "odds ratio",
    "firth": "odds ratio",
    "ordered": "odds ratio",
    "poisson": "rate ratio",
    "negbin": "rate ratio",
    "cox": "hazard ratio",
}


def few_clusters(estimate: Estimate, context: Context) -> list[Finding]:
    """Find cluster-robust errors that rest on too few clusters (trap 7).

    Cameron & Miller 2015 (Journal of Human Resources 50: 317–372), §VI: with few clusters CR1 is too
    narrow; under Satterthwaite degrees of freedom of about four even CR2 is unreliable.
    """
    count = estimate.clusters
    if not count:
        return []
    if estimate.freedom is not None:
        asked = [context.treatment] if context.treatment else context.terms
        freedom = {term: float(estimate.freedom[estimate.terms.index(term)]) for term in asked}
        term, least = min(freedom.items(), key=lambda item: item[1])
        if least >= 4:
            return []
        return [
            Finding(
                "few_clusters",
                "caution",
                f"{term} has {least:.1f} effective degrees of freedom in {count} clusters: too few "
                "even for CR2.",
                "Use randomisation inference or the wild cluster bootstrap.",
            )
        ]
    if count >= FEW_CLUSTERS:
        return []
    leverage = estimate.found.working is not None
    able = leverage and estimate.found.scores.shape[1] == estimate.rows.design.shape[1]
    cure = "Use vcov='cr2' (Satterthwaite degrees of freedom)" if able else "Use"
    cure += " or" if able else ""
    return [
        Finding(
            "few_clusters",
            "serious" if count < 10 else "caution",
            f"CR1 standard errors rest on {count} clusters of {estimate.cluster} (under {FEW_CLUSTERS}): "
            "intervals are too narrow.",
            f"{cure} the cluster bootstrap or randomisation inference.",
        )
    ]


def few_treated_clusters(estimate: Estimate, context: Context) -> list[Finding]:
    """Find 0/1 terms that vary between too few clusters (trap 7).

    MacKinnon & Webb 2017 (Journal of Applied Econometrics 32: 233–254): CR1 rejects far too often
    when few clusters are treated (or untreated), however many there are in all.
    """
    clusters = estimate.rows.clusters
    if clusters is None or clusters.ndim != 1:
        return []
    total = estimate.clusters
    asked = [context.treatment] if context.treatment else context.terms
    few: list[tuple[int, str]] = []
    for term in asked:
        if not context.is_binary(term):
            continue
        values = context.column(term) == 1
        with_one, with_zero = (len(np.unique(clusters[part])) for part in (values, ~values))
        if min(with_one, with_zero) < 10:
            kind = "with" if with_one <= with_zero else "without"
            few.append((min(with_one, with_zero), f"{term} ({kind}: {min(with_one, with_zero)})"))
    if not few:
        return []
    few.sort()
    named = ", ".join(text for _, text in few[:5])
    severity: Severity = "serious" if context.treatment and few[0][0] < 5 else "caution"
    return [
        Finding(
            "few_treated_clusters",
            severity,
            f"Few of the {total} clusters of {estimate.cluster} carry {named}: CR1 rejects too often.",
            "Print the count beside the estimate; use vcov='cr2' or randomisation inference.",
        )
    ]


def dependence(estimate: Estimate, context: Context) -> list[Finding]:
    """Find rows that repeat each other: the effective number of rows (trap 6)."""
    values = estimate.found.fitted
    groups = context.independent
    if groups is None or values.ndim != 1 or estimate.family in ("cox", "mixed", "ordered"):
        return []
    name, codes = groups
    sizes = np.bincount(codes)
    share = icc(estimate.rows.outcome - values, codes)
    effect = design_effect(0.0 if np.isnan(share) else share, sizes)
    effective = estimate.nobs / effect
    numbers = (
        f"{estimate.nobs:,} rows in {len(sizes)} groups of {name}, residual intraclass correlation "
        f"{share:.2f}: as much as {effective:.0f} independent rows on what differs between groups"
    )
    if estimate.clusters:
        if effect < 2:
            return []
        return [
            Finding("dependence", "note", f"{numbers}.", "Quote the effective number beside N.")
        ]
    if effect < 1.5:
        return []
    return [
        Finding(
            "dependence",
            "serious",
            f"{numbers}, yet {estimate.vcov} standard errors count each row as independent.",
            f"Fit with cluster={name!r}.",
        )
    ]


def successors(estimate: Estimate, context: Context) -> list[Finding]:
    """Find families of missions that span several clusters (trap 9)."""
    frame, clusters = context.frame, estimate.rows.clusters
    if frame is None or context.family not in frame or clusters is None or clusters.ndim != 1:
        return []
    families = frame[context.family]
    known = families.notna().to_numpy()
    spread = families[known].to_frame("family").assign(cluster=clusters[known])
    counts = spread.groupby("family")["cluster"].nunique()
    several = counts[counts > 1].sort_values(ascending=False)
    if several.empty or estimate.clusters <= len(counts):
        return []
    return [
        Finding(
            "successors",
            "serious" if len(counts) < 0.8 * estimate.clusters else "caution",
            f"{estimate.clusters} clusters of {estimate.cluster} belong to {len(counts)} families; "
            f"{len(several)} families are counted more than once ({several.index[0]}: "
            f"{several.iloc[0]} clusters).",
            f"Fit with cluster={context.family!r}: successor missions are not independent.",
        )
    ]


def _ratio(logarithm: float) -> str:
    """Write a ratio; one close to 1 with digits for its distance from 1: 1.00184, not 1."""
    away = abs(np.expm1(logarithm))
    if not 0 < away < 0.01:
        return f"{np.exp(logarithm):.3g}"
    return f"{np.exp(logarithm):.{min(2 - int(np.floor(np.log10(away))), 9)}f}"


def power(estimate: Estimate, context: Context) -> list[Finding]:
    """Say beside every null which effect it could have found (trap 12)."""
    alpha = 1 - estimate.conf_level
    asked = [context.treatment] if context.treatment else context.terms
    nulls = context.table.loc[asked].query("p_value > @alpha")
    if nulls.empty:
        return []
    ratio = RATIOS.get(estimate.family)
    texts = []
    for term, row in list(nulls.iterrows())[:5]:
        least = float(minimum_detectable_effect(float(row["std_error"]), alpha))
        text = f"{term} ±{least:.3g}"
        with np.errstate(over="ignore"):
            texts.append(f"{text} ({ratio} {_ratio(least)})" if ratio else text)
    more = f" and {len(nulls) - 5} more" if len(nulls) > 5 else ""
    return [
        Finding(
            "power",
            "note",
            f"Not distinguishable from zero. Smallest effects found with 80 % power: "
            f"{'; '.join(texts)}{more}.",
            "Report these beside the null: a smaller effect is not ruled out.",
        )
    ]
