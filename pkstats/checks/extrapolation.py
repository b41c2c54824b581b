"""Extrapolation: is a counterfactual within, or at least near, what was observed?"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from pkstats.checks.context import Context
from pkstats.checks.finding import Finding, Severity
from pkstats.models import Estimate

# Points examined times rows: what a third of a second allows.
EFFORT = 30_000


def in_hull(points: np.ndarray, data: np.ndarray) -> np.ndarray:
    """Tell which points lie in the convex hull of the data, shape (m,) of bool.

    King & Zeng 2006 (Political Analysis 14: 131–159), §2.2 and appendix A: a point is inside when
    some weights w ≥ 0 with Σ w = 1 give Σ w x = point. The programme is solved as nonnegative least
    squares (inside: no residual), which needs about a tenth of the time of a simplex.

    Parameters
    ----------
    points : array, shape (m, k)
    data : array, shape (n, k)
    """
    low, high = data.min(axis=0), data.max(axis=0)
    width = np.where(high > low, high - low, 1)
    slack = 1e-9
    box = ((points >= low - slack * width) & (points <= high + slack * width)).all(axis=1)
    scaled, wanted = (data - low) / width, (points - low) / width
    inside = np.zeros(len(points), dtype=bool)
    aim = np.append(np.zeros(data.shape[1]), 1.0)
    # A plane across the way from the centre to a point often parts it from the data at once.
    centre = scaled.mean(axis=0)
    towards = (wanted - centre) @ np.linalg.pinv(np.cov(scaled.T, ddof=0).reshape(len(low), -1))
    reach = (towards @ scaled.T).max(axis=1)
    near = np.einsum("ij,ij->i", towards, wanted) <= reach + slack * np.maximum(1, np.abs(reach))
    for place in np.flatnonzero(box & near):
        system = np.vstack([(scaled - wanted[place]).T, np.ones(len(data))])
        inside[place] = nnls(system, aim)[1] < 1e-8
    return inside


def gower_distance(
    points: np.ndarray, data: np.ndarray, spread: np.ndarray | None = None
) -> np.ndarray:
    """Return the mean share of each column's range between points and data, shape (m, n).

    Gower 1971 (Biometrics 27: 857–871); King & Zeng 2006, equation 4. A column that never varies
    in the data adds nothing.

    Parameters
    ----------
    points : array, shape (m, k)
    data : array, shape (n, k)
    spread : array, shape (k,), optional
        Range of each column; by default that of `data`.
    """
    width = np.ptp(data, axis=0) if spread is None else spread
    total = np.zeros((len(points), len(data)))
    for column in range(data.shape[1]):
        if width[column] > 0:
            total += np.abs(points[:, column, None] - data[None, :, column]) / width[column]
    return total / data.shape[1]


def geometric_variability(data: np.ndarray) -> float:
    """Return half the mean Gower distance between rows: the yardstick for "nearby".

    Cuadras & Fortiana 1995 (Journal of Multivariate Analysis 52: 1–14), as in King & Zeng 2006,
    §2.3. For Doyle & Sambanis 2000: .1096757.

    Parameters
    ----------
    data : array, shape (n, k)
    """
    # Σ|xᵢ − xⱼ| over all pairs follows from the sorted column.
    n, k = data.shape
    ranks = 2 * np.arange(n) - n + 1
    total = 2 * ranks @ np.sort(data, axis=0)
    width = np.ptp(data, axis=0)
    return float((total / np.where(width > 0, width, np.inf)).sum() / k / (2 * n**2))


def extrapolation(estimate: Estimate, context: Context) -> list[Finding]:
    """Find counterfactuals that the data say nothing about (trap 4).

    By default a 0/1 treatment is switched in every row. The constant does not count; in
    large data some rows, evenly spaced, are examined. With many terms few points lie in any hull:
    where rows are nearly as close to the counterfactuals as to each other, that is only noted.
    """
    data = np.column_stack([context.column(term) for term in context.terms])
    points = _points(context, data)
    if points is None:
        return []
    count = len(points)
    most = max(10, EFFORT // len(data))
    if count > most:
        points = points[np.linspace(0, count - 1, most).astype(int)]
    inside = in_hull(points, data)
    if inside.mean() >= 0.1:
        return []
    yardstick, spread = geometric_variability(data), np.ptp(data, axis=0)
    nearby = float((gower_distance(points, data, spread) <= yardstick).mean())
    rows = data[np.linspace(0, len(data) - 1, min(len(data), most)).astype(int)]
    usual = float((gower_distance(rows, data, spread) <= yardstick).mean())
    severity: Severity = "note" if nearby > usual / 2 else "caution" if inside.any() else "serious"
    examined = f"{len(points)}" + (f" examined of {count:,}" if count > most else "")
    return [
        Finding(
            "extrapolation",
            severity,
            f"{int(inside.sum())} of {examined} counterfactuals lie in the convex hull of the data; "
            f"{nearby:.1%} of rows are near one (Gower distance within the geometric variability), "
            f"{usual:.1%} near an observed row.",
            "Do not predict for them: compare with similar cases (matching, weighting), or bound.",
        )
    ]


def _points(context: Context, data: np.ndarray) -> np.ndarray | None:
    if context.counterfactual is not None:
        given = context.counterfactual
        if isinstance(given, np.ndarray):
            return given.astype("float64")
        return given[context.terms].to_numpy(dtype="float64")
    if context.treatment is None or not context.is_binary(context.treatment):
        return None
    place = context.terms.index(context.treatment)
    points = data.copy()
    points[:, place] = 1 - points[:, place]
    for other, term in enumerate(context.terms):
        if ":" in term and context.treatment in term.split(":"):
            points[:, other] = _switched(context, term, points[:, place])
    return points


def _switched(context: Context, term: str, treatment: np.ndarray) -> np.ndarray:
    """Return an interaction of the treatment after the switch, where its factors are terms."""
    product = treatment.copy()
    for factor in term.split(":"):
        if factor in context.terms and factor != context.treatment:
            product = product * context.column(factor)
        elif factor not in context.terms:
            return context.column(term)
    return product
