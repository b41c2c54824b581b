"""The design: terms that are collinear or nearly constant."""

from __future__ import annotations

import numpy as np

from pkstats.checks.context import Context
from pkstats.checks.finding import Finding
from pkstats.models import Estimate


def vif(design: np.ndarray) -> np.ndarray:
    """Return variance inflation factors, shape (k,).

    Diagonal of the inverse correlation matrix: 1 / (1 − R²) of each term on the others and a
    constant (Fox 2016, Applied Regression Analysis, equation 13.2). Infinite for all terms when
    some depend on each other exactly.

    Parameters
    ----------
    design : array, shape (n, k)
        Without the constant.
    """
    scaled = _standardised(design)
    try:
        return np.diag(np.linalg.inv(scaled.T @ scaled))
    except np.linalg.LinAlgError:
        return np.full(design.shape[1], np.inf)


def condition_number(design: np.ndarray) -> float:
    """Return the largest over the smallest singular value of the standardised terms.

    Belsley, Kuh & Welsch 1980 (Regression Diagnostics, §3.2), here of centred columns so that the
    origin of a scale does not count: above 30 the data cannot tell terms apart.

    Parameters
    ----------
    design : array, shape (n, k)
        Without the constant.
    """
    values = np.linalg.svd(_standardised(design), compute_uv=False)
    return float(values[0] / values[-1]) if values[-1] > 0 else float("inf")


def _standardised(design: np.ndarray) -> np.ndarray:
    centred = design - design.mean(axis=0)
    size = np.linalg.norm(centred, axis=0)
    return centred / np.where(size > 0, size, 1)


def collinearity(estimate: Estimate, context: Context) -> list[Finding]:
    """Find terms that the data cannot tell apart."""
    if len(context.terms) < 2:
        return []
    design = np.column_stack([context.column(term) for term in context.terms])
    factors = vif(design)
    worst = [int(place) for place in np.argsort(-factors) if factors[place] > 10]
    if not worst:
        return []
    named = ", ".join(f"{context.terms[place]} {factors[place]:.0f}" for place in worst[:4])
    touched = context.treatment in [context.terms[place] for place in worst]
    return [
        Finding(
            "collinearity",
            "caution" if touched or not context.treatment else "note",
            f"Variance inflation above 10: {named}; condition number "
            f"{condition_number(design):.0f}.",
            "Drop or combine terms that measure the same; powers and interactions of one column "
            "are to be read together.",
        )
    ]


def nearly_constant(estimate: Estimate, context: Context) -> list[Finding]:
    """Find terms that differ in fewer than ten rows."""
    few = []
    for term in context.terms:
        values, counts = np.unique(context.column(term), return_counts=True)
        rare = estimate.nobs - int(counts.max())
        if rare < 10 and len(values) <= 10:
            few.append((rare, f"{term} {rare}"))
    if not few:
        return []
    named = ", ".join(text for _, text in sorted(few)[:5])
    return [
        Finding(
            "nearly_constant",
            "serious" if min(few)[0] < 3 else "caution",
            f"Few of the {estimate.nobs:,} rows differ from the usual value: {named}.",
            "Drop the term or pool its categories; its estimate describes these rows only.",
        )
    ]


def fitted_mean(estimate: Estimate, context: Context) -> list[Finding]:
    """Find negative binomials that expect far more, or fewer, than was counted.

    Unlike Poisson's, their fitted counts need not have the mean of the outcome; a few rows far out on
    a term can then carry every average effect.
    """
    fitted, counted = estimate.found.fitted, float(estimate.rows.outcome.mean())
    if fitted.ndim != 1 or counted <= 0:
        return []
    expected = float(fitted.mean())
    if 1 / 3 <= expected / counted <= 3:
        return []
    share = float(fitted.max() / fitted.sum())
    return [
        Finding(
            "fitted_mean",
            "caution",
            f"The model expects {expected:,.1f} on average where {counted:,.1f} were counted; one row "
            f"holds {share:.0%} of all that is expected.",
            "Do not report effects() or predict(): quote rate ratios, look at the rows with the "
            "largest predictions, and take logarithms of terms with a long tail.",
        )
    ]
