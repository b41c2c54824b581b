"""Influence: what one cluster (mission, family, country) does to the estimates."""

from __future__ import annotations

import numpy as np

from pkstats.checks.context import Context
from pkstats.checks.finding import Finding
from pkstats.checks.refit import refit
from pkstats.errors import BadModel
from pkstats.models import Estimate
from pkstats.models.covariance import cluster_sums
from pkstats.models.sample import Fitted

REFITS = 3


def leave_one_out(found: Fitted, design: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return the coefficients without each cluster, shape (G, p).

    Exact for least squares; one Newton step for generalised linear models (Pregibon 1981, Annals of
    Statistics 9: 705–724, equation 9, for clusters in place of rows): β − (I − I_g)⁻¹ s_g, with s_g
    the cluster's score and I_g = Σ w x x′ its information. Families without working weights take
    the full information instead (infinitesimal jackknife). A term that only one cluster
    identifies is NaN without it.

    Parameters
    ----------
    found : Fitted
    design : array, shape (n, k)
    clusters : array of codes 0 … G−1, shape (n,)
    """
    sums = cluster_sums(found.scores, clusters)
    if found.working is None or found.scores.shape[1] != design.shape[1]:
        return found.coefficients - sums @ found.bread
    order = np.argsort(clusters, kind="stable")
    starts = np.searchsorted(clusters[order], np.arange(len(sums)))
    weighted = (design * found.working[:, None])[order]
    products = weighted[:, :, None] * design[order][:, None, :]
    parts = np.add.reduceat(products, starts, axis=0)
    whole = parts.sum(axis=0)
    size = np.sqrt(np.diag(whole))
    left = (whole - parts) / np.outer(size, size)
    lost = np.einsum("gii->gi", left) < 1e-10
    values, axes = np.linalg.eigh(left)
    safe = np.where(values > 1e-10, values, np.inf)
    turned = np.einsum("gij,gi->gj", axes, sums / size) / safe
    step = np.einsum("gij,gj->gi", axes, turned) / size
    return np.where(lost, np.nan, found.coefficients - step)


def influence(estimate: Estimate, context: Context) -> list[Finding]:
    """Find estimates that one cluster makes or turns round (trap 8).

    Significant terms (and the treatment) whose sign flips without one cluster are named; clusters
    that seem to flip one are refitted without. Without clusters or families each row is left out.
    """
    groups = context.independent
    codes = groups[1] if groups else np.arange(estimate.nobs)
    if not estimate.rows.names or estimate.found.scores.shape[1] < len(estimate.rows.names):
        return []
    without = leave_one_out(estimate.found, estimate.rows.design, codes)
    alpha = 1 - estimate.conf_level
    findings: list[Finding] = []
    moved: list[tuple[float, str]] = []
    for term in context.terms:
        row = context.table.loc[term]
        if row["p_value"] > alpha and term != context.treatment:
            continue
        place = estimate.terms.index(term)
        here, values = float(row["estimate"]), without[:, place]
        flips = [int(code) for code in np.flatnonzero(values * np.sign(here) < 0)]
        # The far end of the one-step values first: those are worth a refit.
        flips = sorted(flips, key=lambda code: values[code] * np.sign(here))[:REFITS]
        exact = {code: _again(estimate, codes != code, place, values[code]) for code in flips}
        flips = [code for code in flips if exact[code] * here < 0]
        if flips:
            findings.append(_flip(context, term, here, flips, exact))
        else:
            shift = np.nan_to_num(np.abs(values - here) / float(row["std_error"]))
            worst = int(np.argmax(shift))
            if shift[worst] > 1:
                text = f"{term} by {shift[worst]:.1f} standard errors ({_name(context, worst)})"
                moved.append((-float(shift[worst]), text))
    if moved:
        moved.sort()
        findings.append(
            Finding(
                "influence",
                "caution",
                f"Leaving out one group moves {'; '.join(text for _, text in moved[:4])}.",
                "Report the estimate without it beside the estimate with it.",
            )
        )
    return findings


def _again(estimate: Estimate, kept: np.ndarray, place: int, value: float) -> float:
    """Return the coefficient refitted on the kept rows; the one-step value where that fails."""
    try:
        found = refit(estimate, kept)
    except BadModel:
        return value
    return value if found is None else float(found.coefficients[place])


def _flip(
    context: Context, term: str, here: float, flips: list[int], exact: dict[int, float]
) -> Finding:
    named = "; ".join(f"without {_name(context, code)} {exact[code]:.3g}" for code in flips)
    significant = float(context.table.loc[term, "p_value"]) <= 1 - context.estimate.conf_level
    return Finding(
        "influence",
        "serious" if significant else "note",
        f"The sign of {term} rests on one group: {here:.3g} in all, {named}.",
        "Do not generalise it: report it without that group, or as a case.",
    )


def _name(context: Context, code: int) -> str:
    if context.independent is None:
        return f"row {int(context.estimate.rows.places[code])}"
    return f"{context.independent[0]} {context.labels[code]}".replace(
        f"{context.independent[0]} {context.independent[0]}", context.independent[0]
    )
