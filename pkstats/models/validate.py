"""What must hold before a model is fitted; each refusal says what was found and what to do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkstats.errors import BadModel
from pkstats.models.families import Family
from pkstats.models.rows import Rows

CLEAR = 1e-8


def check(complete: Rows, family: Family, frame: pd.DataFrame) -> None:
    """Raise BadModel when the rows cannot carry the model."""
    count, terms = complete.design.shape
    if count <= terms:
        worst = frame.isna().mean().sort_values(ascending=False).head(3)
        raise BadModel(
            f"{count} of {len(complete.kept)} rows have no missing value, too few for {terms} terms. "
            f"Most missing: {', '.join(f'{name} {share:.0%}' for name, share in worst.items())}."
        )
    if np.isinf(complete.design).any() or np.isinf(complete.outcome).any():
        raise BadModel("The data hold infinite values. Replace them or drop their rows.")
    if complete.clusters is not None and complete.cluster_count < 2:
        raise BadModel("Clustered standard errors need at least two clusters; found one.")
    weights = complete.weights
    if weights is not None and not ((weights > 0) & np.isfinite(weights)).all():
        raise BadModel(
            "Weights must be above zero and finite (rows of weight 0 drop by themselves); found "
            f"{float(weights[~((weights > 0) & np.isfinite(weights))][0]):g}."
        )
    _outcome(complete, family)
    rank(complete.design, list(complete.names))


def _outcome(complete: Rows, family: Family) -> None:
    values = complete.outcome
    if family.outcome == "none":
        return
    if np.ptp(values) == 0:
        raise BadModel(f"The outcome has the same value in all {len(values)} complete rows.")
    if family.outcome == "binary" and not np.isin(values, (0, 1)).all():
        raise BadModel(f"A {family.name} needs an outcome of 0 and 1; found other values.")
    if family.outcome == "count" and ((values < 0) | (np.rint(values) != values)).any():
        raise BadModel(f"A {family.name} model needs counts 0, 1, 2, …; found other values.")
    if family.outcome in ("ordered", "category") and len(np.unique(values)) < 3:
        raise BadModel(
            f"A {family.name} model needs three categories or more; use a logit for two."
        )


def rank(design: np.ndarray, names: list[str]) -> None:
    """Raise BadModel when columns of the design depend on each other, naming the first that does."""
    if not design.shape[1]:
        return
    size = np.linalg.norm(design, axis=0)
    scaled = design / np.where(size > 0, size, 1)
    squares = np.linalg.eigvalsh(scaled.T @ scaled)
    # Squared singular values are precise enough to clear a design, not to convict one.
    if squares[0] > CLEAR * squares[-1]:
        return
    # R of the decomposition has the singular values of the whole, and is small.
    triangle = np.asarray(np.linalg.qr(scaled, mode="r"))
    tolerance = max(design.shape) * float(np.finfo(float).eps)
    if np.linalg.matrix_rank(triangle, rtol=tolerance) == design.shape[1]:
        return
    for count in range(1, design.shape[1] + 1):
        if np.linalg.matrix_rank(triangle[:, :count], rtol=tolerance) < count:
            raise BadModel(
                f"The term {names[count - 1]!r} is constant or a combination of the terms before "
                f"it in the {len(design)} complete rows. Leave it out."
            )
