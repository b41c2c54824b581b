"""The same family again, on fewer rows or fewer terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pkstats.models import Estimate
from pkstats.models.families import family
from pkstats.models.sample import Fitted, Sample

PLAIN = ("ols", "logit", "probit", "firth", "poisson", "negbin", "cox")


def sample_of(estimate: Estimate) -> Sample:
    """Return what the family received."""
    return estimate.rows.sample(estimate.options)


def refit(
    estimate: Estimate, kept: np.ndarray | None = None, terms: Sequence[str] | None = None
) -> Fitted | None:
    """Fit again on some rows or with some terms (and the constant); None where that is no plain cut.

    Parameters
    ----------
    kept : array of bool, shape (n,), optional
    terms : sequence of str, optional

    Raises
    ------
    BadModel
        When these rows or terms cannot be fitted.
    """
    if estimate.family not in PLAIN:
        return None
    sample = sample_of(estimate)
    if terms is not None:
        wanted = [name in terms or name == "Intercept" for name in sample.names]
        names = tuple(name for name, keep in zip(sample.names, wanted, strict=True) if keep)
        sample = replace(sample, design=sample.design[:, wanted], names=names)
    if kept is not None:
        design = sample.design[kept]
        lost = np.linalg.matrix_rank(design) < design.shape[1] or not np.ptp(sample.outcome[kept])
        if lost and estimate.family != "cox":
            return None
        sample = replace(
            sample,
            outcome=sample.outcome[kept],
            design=design,
            weights=None if sample.weights is None else sample.weights[kept],
            extra={
                name: value[kept] if isinstance(value, np.ndarray) else value
                for name, value in sample.extra.items()
            },
        )
    return family(estimate.family).fit(sample)
