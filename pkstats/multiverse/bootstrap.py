"""Cluster bootstrap of one estimate: thousands of refits in one batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from pkstats.errors import BadModel
from pkstats.models import Estimate
from pkstats.models.covariance import cluster_sums
from pkstats.models.families.newton import orthogonal
from pkstats.models.size import room
from pkstats.multiverse.asked import known, whole
from pkstats.multiverse.elimination import factorise
from pkstats.multiverse.likelihood import (
    FAR,
    Rows,
    coefficients,
    pairs,
    products,
    slopes_at,
    solve,
    triangle,
)
from pkstats.text import cut

KINDS = {"pairs": ("ols", "logit", "poisson"), "wild": ("ols",), "score": ("logit", "poisson")}
BLOCK = 256


@dataclass(frozen=True)
class Bootstrap:
    """Draws of one coefficient.

    Attributes
    ----------
    draws : array, shape (B,)
        Pairs: coefficients, NaN where a draw separates or lacks what tells about the term. Wild and
        score: statistics under the null.
    conf_low, conf_high : float
        Pairs: percentiles. Wild and score: the estimate ± the null's critical value times its
        standard error (symmetric).
    p_value : float
        Two-sided.
    failed : int
        Draws without an estimate.
    """

    term: str
    kind: str
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    p_value: float
    draws: np.ndarray
    failed: int
    clusters: int

    def __repr__(self) -> str:
        lines = [
            f"{self.kind} cluster bootstrap of {self.term}: {len(self.draws):,} draws of "
            f"{self.clusters} clusters",
            f"estimate {self.estimate:.4g}, standard error {self.std_error:.3g}, interval "
            f"{self.conf_low:.4g} to {self.conf_high:.4g}, p = {self.p_value:.3g}",
        ]
        if self.failed:
            lines.append(f"! {self.failed:,} draws have no finite estimate and are left out")
        return "\n".join(lines)


def bootstrap(
    estimate: Estimate,
    term: str,
    draws: int = 9999,
    kind: str | None = None,
    seed: int = 0,
    workers: int = 2,
) -> Bootstrap:
    """Resample whole clusters.

    Parameters
    ----------
    estimate : Estimate
        A clustered ols, logit or poisson fit.
    term : str
        One of its terms.
    draws : int
    kind : {"pairs", "wild", "score"}, optional
        Pairs draws clusters with replacement and refits. Wild (ols; Cameron, Gelbach and Miller
        2008) keeps the regressors, imposes the null and turns each cluster's residuals by ±1. Score
        (likelihood models; Kline and Santos 2012) turns each cluster's score, with the null imposed.
        By default wild for ols and score otherwise: with few clusters they hold their size better.
    seed, workers : int
        Equal seeds give equal draws; threads for refitting pairs.

    Returns
    -------
    Bootstrap
        With `p_value`, `conf_low`, `conf_high` and the `draws`.

    Raises
    ------
    BadModel
        Without clusters, for another family or an unknown term; when no draw can be fitted.
    """
    if not isinstance(estimate, Estimate):
        raise BadModel(
            f"bootstrap takes an estimate, as pkstats.fit returns it; found {type(estimate).__name__}."
        )
    for name, value, least in (("draws=", draws, 99), ("seed=", seed, 0), ("workers=", workers, 1)):
        whole(value, name, least)
    chosen = kind or ("wild" if estimate.family == "ols" else "score")
    _check(estimate, term, chosen)
    place = estimate.terms.index(term)
    codes = np.unique(np.asarray(estimate.rows.clusters), return_inverse=True)[1]
    generator = np.random.default_rng(seed)
    centre = float(estimate.found.coefficients[place])
    error = float(np.sqrt(estimate.covariance[place, place]))
    alpha = 1 - estimate.conf_level
    if chosen == "pairs":
        found = _pairs(estimate, place, codes, draws, generator, workers)
        good = _fitted(found)
        low, high = np.quantile(good, [alpha / 2, 1 - alpha / 2])
        side = min((good <= 0).mean(), (good >= 0).mean())
        p_value = min(1.0, 2 * max(side, 1 / (len(good) + 1)))
        spread = float(good.std(ddof=1))
    else:
        signs = generator.choice([-1.0, 1.0], size=(codes.max() + 1, draws))
        function = _wild if chosen == "wild" else _score
        observed, found = function(estimate, place, codes, signs)
        good = _fitted(found)
        p_value = (1 + int((np.abs(good) >= abs(observed) - 1e-12).sum())) / (1 + len(good))
        half = float(np.quantile(np.abs(good), 1 - alpha)) * error
        low, high, spread = centre - half, centre + half, error
    failed = draws - len(good)
    figures = (centre, spread, float(low), float(high), float(p_value))
    return Bootstrap(term, chosen, *figures, found, failed, int(codes.max() + 1))


def _fitted(found: np.ndarray) -> np.ndarray:
    """Return the draws that could be fitted."""
    good = found[np.isfinite(found)]
    if not len(good):
        raise BadModel(
            "No draw of the bootstrap could be fitted: the term has no clustered error, or the "
            "outcome is separated. Pool categories, or leave out what separates."
        )
    return good


def _check(estimate: Estimate, term: str, kind: str) -> None:
    known([kind], KINDS, "kind=")
    if estimate.family not in KINDS[kind]:
        raise BadModel(
            f"The {kind} bootstrap is for {' and '.join(KINDS[kind])}; this is {estimate.family}."
        )
    if estimate.rows.clusters is None or np.ndim(estimate.rows.clusters) != 1:
        raise BadModel("The cluster bootstrap needs an estimate with one column of clusters.")
    if term not in estimate.terms:
        raise BadModel(
            f"{cut(repr(term))} is no term of the estimate: {cut(', '.join(estimate.terms), 600)}."
        )
    if estimate.lonely[estimate.terms.index(term)]:
        raise BadModel(
            f"{cut(term)!r} is told by one cluster alone: resampling clusters says nothing of it, as it "
            "has no clustered error. Use vcov='hc1', or a term that varies across clusters."
        )


def _rows(estimate: Estimate) -> tuple[Rows, np.ndarray]:
    """Return the rows on orthogonal columns, and T with coefficients = T @ inner ones."""
    rows, columns = estimate.rows.design.shape
    what = f"The table of products of every two of the model's {columns:,} columns"
    room(rows, pairs(columns), what, "Pool categories, or take fewer terms.")
    basis, back = orthogonal(estimate.rows.design)
    offset = np.zeros(len(basis))
    if estimate.family != "ols":
        linear = basis @ np.linalg.solve(back, estimate.found.coefficients)
        mean = estimate.found.fitted
        whole = np.log(mean) if estimate.family == "poisson" else np.log(mean / (1 - mean))
        offset = np.where(np.abs(whole - linear) > 1e-9, whole - linear, 0.0)
    return (
        Rows(
            basis,
            products(basis),
            estimate.rows.outcome,
            estimate.rows.weights,
            offset if offset.any() else None,
            np.zeros(basis.shape[1], dtype=bool),
        ),
        back,
    )


def _pairs(
    estimate: Estimate,
    place: int,
    codes: np.ndarray,
    draws: int,
    generator: np.random.Generator,
    workers: int,
) -> np.ndarray:
    """Return the coefficient in each draw, shape (B,).

    The first Newton step of every draw needs no pass over the rows: information and score at the
    estimate are sums over clusters.
    """
    rows, back = _rows(estimate)
    groups = int(codes.max() + 1)
    times = generator.multinomial(groups, np.full(groups, 1 / groups), size=draws).T.astype(
        "float64"
    )
    inner = np.linalg.solve(back, estimate.found.coefficients)
    sums = np.zeros((groups, len(rows.outcome)))
    sums[codes, np.arange(len(codes))] = 1.0
    working = np.asarray(estimate.found.working)
    information = (sums * working) @ rows.pairs.T
    scores = sums @ (estimate.found.scores @ back)
    size = len(inner)
    place_of = triangle(size)[2]

    def block(first: int) -> np.ndarray:
        here = times[:, first : first + BLOCK]
        used = np.ones((size, here.shape[1]), dtype=bool)
        matrices = (information.T @ here)[place_of]
        factor = factorise(matrices, used, rows.spare)
        step = factor.solve(scores.T @ here)
        start = inner[:, None] + np.where(np.isfinite(step), step, 0.0)
        if estimate.family == "ols":
            return np.where(factor.sound, back[place] @ start, np.nan)
        found = coefficients(estimate.family, rows, used, start, here[codes])
        far = np.abs(rows.columns @ found).max(axis=0) > FAR
        return np.where(far, np.nan, back[place] @ found)

    with threadpool_limits(1, user_api="blas"):
        parts = Parallel(n_jobs=workers, prefer="threads")(
            delayed(block)(first) for first in range(0, draws, BLOCK)
        )
    return np.concatenate(parts)


def _restricted(estimate: Estimate, place: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the design (n, k), the null's residuals and its working weights, both (n,)."""
    rows, _ = _rows(estimate)
    design = estimate.rows.design
    others = np.delete(np.arange(design.shape[1]), place)
    basis, inner = orthogonal(design[:, others])
    narrow = Rows(
        basis,
        products(basis),
        rows.outcome,
        rows.weights,
        rows.offset,
        np.zeros(len(others), dtype=bool),
    )
    weights = np.ones(len(design)) if rows.weights is None else rows.weights
    used = np.ones((len(others), 1), dtype=bool)
    start = np.linalg.lstsq(inner, np.delete(estimate.found.coefficients, place), rcond=None)[0]
    done = solve(estimate.family, narrow, used, start[:, None])
    if not done.converged[0]:
        raise BadModel("The model without the term did not converge. Use kind='pairs'.")
    if estimate.family == "ols":
        working = weights
    else:
        working = slopes_at(estimate.family, narrow, done.coefficients)[:, 0]
    return design, done.residuals[:, 0] / weights, working


def _wild(
    estimate: Estimate, place: int, codes: np.ndarray, signs: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the clustered t statistic and its draws (B,) with the null imposed."""
    design, residuals, weights = _restricted(estimate, place)
    weighted = design * weights[:, None]
    inverse = np.linalg.inv(weighted.T @ design)
    direction = weighted @ inverse[place]
    groups = len(signs)
    own = np.bincount(codes, direction * residuals, groups)
    # Cluster sums of (direction · fitted change): what estimating the coefficients takes away.
    cross = cluster_sums(design * direction[:, None], codes)
    moved = cluster_sums(weighted * residuals[:, None], codes)

    def statistic(turn: np.ndarray) -> np.ndarray:
        coefficients = inverse @ (moved.T @ turn)
        sums = own[:, None] * turn - cross @ coefficients
        with np.errstate(all="ignore"):
            return coefficients[place] / np.sqrt((sums**2).sum(axis=0))

    return float(statistic(np.ones((groups, 1)))[0]), statistic(signs)


def _score(
    estimate: Estimate, place: int, codes: np.ndarray, signs: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the clustered score statistic and its draws (B,), at the null's estimates."""
    design, residuals, working = _restricted(estimate, place)
    weights = np.ones(len(design)) if estimate.rows.weights is None else estimate.rows.weights
    others = np.delete(np.arange(design.shape[1]), place)
    weighted = design[:, others] * working[:, None]
    share = np.linalg.solve(weighted.T @ design[:, others], weighted.T @ design[:, place])
    effective = (design[:, place] - design[:, others] @ share) * weights * residuals
    sums = np.bincount(codes, effective, len(signs))

    def statistic(turn: np.ndarray) -> np.ndarray:
        turned = sums[:, None] * turn
        with np.errstate(all="ignore"):
            return turned.sum(axis=0) / np.sqrt(((turned - turned.mean(axis=0)) ** 2).sum(axis=0))

    return float(statistic(np.ones((len(signs), 1)))[0]), statistic(signs)
