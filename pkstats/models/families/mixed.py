"""Linear mixed model with a random intercept for each group."""

from __future__ import annotations

import numpy as np

from pkstats.errors import BadModel
from pkstats.models.families.mixed_information import observed
from pkstats.models.families.random_intercept import Profile, Sums, best_ratio, profile
from pkstats.models.sample import Fitted, Sample

METHODS = ("reml", "ml")


def mixed(sample: Sample) -> Fitted:
    """Fit a linear mixed model with a random intercept for `sample.extra["groups"]` (codes).

    Given the ratio of group to residual variance everything else has a closed form, so that one
    equation in one unknown is solved to full precision. `sample.options["method"]` is "reml" (lme4's
    default) or "ml". `statistics` has group_variance (0 when groups differ no more than their rows
    do: then the estimates are those of least squares), residual_variance, icc, and aic and bic that
    count the two variances, as lme4's. Log likelihoods by REML compare only with equal terms.
    `fitted` includes each group's predicted intercept, as lme4's. Statistics are z, as lme4 leaves
    degrees of freedom open.

    Scores are V⁻¹-weighted: summed within groups they are those of generalised least squares, so
    that clusters of whole groups get the usual robust variance. `options["information"]` is
    "expected", the default as the whole estimate is lme4's, or (with "ml") "observed", as Stata's
    ``xtreg, mle`` and statsmodels' ``MixedLM`` have it, where the variances' estimation counts too.

    Raises
    ------
    BadModel
        With weights, a single group, only groups of one row, nothing left within groups, or
        observed information by REML.
    """
    method = sample.options.get("method", "reml")
    if method not in METHODS:
        raise BadModel(f"method must be one of {', '.join(METHODS)}; found {method!r}.")
    information = _information(sample, method)
    groups = _groups(sample)
    triangle, found, ratio = _fit(sample.outcome, sample.design, groups, method == "reml")
    n, k = sample.design.shape
    scale = found.squares / (n - k if method == "reml" else n)
    coefficients = np.linalg.solve(triangle, found.coefficients)
    half = np.linalg.solve(triangle, np.linalg.cholesky(np.linalg.inv(found.precision)))
    residuals = sample.outcome - sample.design @ coefficients
    sizes = np.bincount(groups)
    intercepts = ratio * np.bincount(groups, residuals) / (1 + sizes * ratio)
    value = _likelihood(found, triangle, n, k, method == "reml")
    constant = np.ones((n, 1))
    bare_triangle, bare, _ = _fit(sample.outcome, constant, groups, method == "reml")
    bread = scale * half @ half.T
    scores = sample.design * ((residuals - intercepts[groups]) / scale)[:, None]
    if information == "observed":
        bread, scores = observed(sample.design, residuals, groups, ratio, scale)
    return Fitted(
        names=sample.names,
        coefficients=coefficients,
        bread=bread,
        scores=scores,
        fitted=sample.design @ coefficients + intercepts[groups],
        log_likelihood=value,
        null_log_likelihood=_likelihood(bare, bare_triangle, n, 1, method == "reml"),
        statistics={
            "aic": 2 * (k + 2) - 2 * value,
            "bic": float(np.log(n)) * (k + 2) - 2 * value,
            "groups": float(len(sizes)),
            "group_variance": ratio * scale,
            "residual_variance": scale,
            "icc": ratio / (1 + ratio),
        },
    )


def _information(sample: Sample, method: str) -> str:
    information = str(sample.options.get("information", "expected"))
    if information == "observed" and method != "ml":
        raise BadModel(
            "information='observed' is of the likelihood, and method='reml' (the default) has it of "
            "contrasts alone. Add method='ml', as in Stata's xtreg, mle."
        )
    return information


def _groups(sample: Sample) -> np.ndarray:
    if sample.weights is not None:
        raise BadModel(
            "family='mixed' takes no weights: probability weights of rows do not define the "
            "likelihood of a group. Use family='ols' with weights and cluster= the groups."
        )
    groups = np.asarray(sample.extra["groups"]).astype(int)
    sizes = np.bincount(groups)
    if len(sizes) < 2 or sizes.max() < 2:
        raise BadModel(
            f"A random intercept needs two groups or more, and groups of several rows; found "
            f"{len(sizes)} groups in {len(groups)} rows. Use family='ols'."
        )
    return groups


def _fit(
    outcome: np.ndarray, design: np.ndarray, groups: np.ndarray, reml: bool
) -> tuple[np.ndarray, Profile, float]:
    """Return R of the terms' QR decomposition, the best profile and its ratio of variances."""
    columns, triangle = np.linalg.qr(design)
    count = int(groups.max()) + 1
    # Less its projection the outcome has no large mean to lose digits to; added back at the end.
    start = columns.T @ outcome
    rest = outcome - columns @ start
    terms = np.column_stack([np.bincount(groups, column, count) for column in columns.T])
    sums = Sums(
        sizes=np.bincount(groups),
        terms=terms,
        outcome=np.bincount(groups, rest, count),
        cross=columns.T @ rest,
        square=float(rest @ rest),
        freedom=len(outcome) - (design.shape[1] if reml else 0),
        reml=reml,
    )
    _check_between(sums)
    _check_within(outcome, design, groups, sums.square)
    ratio = best_ratio(sums)
    found = profile(sums, ratio)
    moved = Profile(
        found.coefficients + start, found.precision, found.squares, found.deviance, found.slope
    )
    return triangle, moved, ratio


def _check_between(sums: Sums) -> None:
    """Refuse terms that leave no difference between groups to a random intercept."""
    left = sums.sizes - (sums.terms**2).sum(axis=1)
    if (left < 1e-9 * sums.sizes).all():
        raise BadModel(
            "The terms explain every difference between groups, as C() of the groups does: nothing is "
            "left for a random intercept. Leave those terms out, or keep them and use family='ols'."
        )


def _check_within(
    outcome: np.ndarray, design: np.ndarray, groups: np.ndarray, square: float
) -> None:
    sizes = np.bincount(groups)

    def within(values: np.ndarray) -> np.ndarray:
        return values - (np.bincount(groups, values) / sizes)[groups]

    inside = np.column_stack([within(column) for column in design.T])
    size = np.linalg.norm(design, axis=0)
    inside = inside / np.where(size > 0, size, 1)
    target = within(outcome)
    left = target - inside @ np.linalg.lstsq(inside, target, rcond=1e-10)[0]
    if left @ left <= 1e-20 * max(square, float(outcome @ outcome) * 1e-10):
        raise BadModel(
            "Within groups the terms explain the outcome exactly (or it never differs): the residual "
            "variance is zero. Fit one row per group by family='ols'."
        )


def _likelihood(found: Profile, triangle: np.ndarray, n: int, k: int, reml: bool) -> float:
    freedom = n - k if reml else n
    value = found.deviance + freedom * (np.log(2 * np.pi / freedom) + 1)
    if reml:
        value += 2 * float(np.log(np.abs(np.diag(triangle))).sum())
    return -0.5 * float(value)
