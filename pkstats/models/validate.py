"""What must hold before a model is fitted; each refusal says what was found and what to do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkstats.errors import BadModel
from pkstats.models.families import Family
from pkstats.models.rows import Rows

CLEAR = 1e-8
# Beyond this size, or its inverse, products of columns leave the range of floats.
LARGE = 1e100
MANY_LEVELS = 20


def check(complete: Rows, family: Family, frame: pd.DataFrame) -> None:
    """Raise BadModel when the rows cannot carry the model."""
    count, terms = complete.design.shape
    if not terms and (family.intercept or family.outcome == "none"):
        raise BadModel(f"The formula {complete.text!r} has no terms: there is nothing to estimate.")
    if count <= terms:
        used = frame[list(dict.fromkeys(complete.terms.columns))].isna().mean()
        worst = used[used > 0].sort_values(ascending=False).head(3)
        shares = ", ".join(f"{name} {share:.0%}" for name, share in worst.items())
        raise BadModel(
            f"{count} of {len(complete.kept)} rows have no missing value, too few for {terms} terms."
            + (f" Most missing: {shares}." if shares else " Pool categories or leave terms out.")
        )
    _finite(complete)
    if complete.clusters is not None and complete.cluster_count < 2:
        raise BadModel("Clustered standard errors need at least two clusters; found one.")
    _outcome(complete, family)
    rank(complete.design, list(complete.names))


def whole_groups(complete: Rows, kind: str) -> None:
    """Refuse robust errors that take rows of one random intercept for independent."""
    groups, clusters = complete.extra["groups"], complete.clusters
    advice = "Use cluster= the groups, or a column of larger units that hold whole groups."
    if clusters is None or not kind.startswith("cr"):
        raise BadModel(
            f"vcov={kind!r} takes rows as independent, and family='mixed' has groups of rows that are not. "
            f"{advice}"
        )
    for column in clusters.reshape(len(groups), -1).T:
        if len(np.unique(np.column_stack([groups, column]), axis=0)) > groups.max() + 1:
            raise BadModel(
                f"Some groups of the mixed model have rows in several clusters. {advice}"
            )


def _finite(complete: Rows) -> None:
    """Refuse values that are infinite, undefined (0/0) or too large or small to be squared."""
    columns = {"The outcome": complete.outcome[:, None], "The term {}": complete.design}
    names = {"The outcome": ("",), "The term {}": complete.names}
    if "zero_design" in complete.extra:
        columns["The term {} of the zero part"] = complete.extra["zero_design"]
        names["The term {} of the zero part"] = complete.extra["zero_names"]
    for what, values in columns.items():
        size = np.abs(values).max(axis=0, initial=0.0)
        for place in np.flatnonzero(~((size == 0) | ((size > 1 / LARGE) & (size < LARGE)))):
            name = what.format(repr(names[what][place]))
            column = values[:, place]
            if np.isinf(column).any():
                raise BadModel(
                    f"{name} is infinite in {int(np.isinf(column).sum())} rows: infinite values in the "
                    "data, or a division by zero. Replace them or drop their rows."
                )
            if np.isnan(column).any():
                raise BadModel(
                    f"{name} is undefined in {int(np.isnan(column).sum())} of {len(column)} complete rows: "
                    "0/0, a root of a negative number, or standardize() of a constant."
                )
            raise BadModel(f"{name} has values up to {size[place]:.0e}. Put it in another unit.")


def _outcome(complete: Rows, family: Family) -> None:
    values = complete.outcome
    if family.outcome == "none":
        return
    if np.ptp(values) == 0:
        raise BadModel(f"The outcome has the same value in all {len(values)} complete rows.")
    if family.outcome == "binary":
        _only(
            values, np.isin(values, (0, 1)), f"family={family.name!r} needs an outcome of 0 and 1"
        )
    if family.outcome == "count":
        counts = (values >= 0) & (np.rint(values) == values)
        _only(values, counts, f"family={family.name!r} needs counts 0, 1, 2, …")
    if family.outcome not in ("ordered", "category"):
        return
    levels = len(complete.levels)
    if levels < 3:
        raise BadModel(
            f"family={family.name!r} needs three categories or more; found {levels}. Use a logit for two."
        )
    if levels > max(MANY_LEVELS, len(values) / 2):
        raise BadModel(
            f"The outcome has {levels} values in {len(values)} rows: a measure rather than categories. "
            "Use family='ols', or pool its values."
        )


def _only(values: np.ndarray, allowed: np.ndarray, needs: str) -> None:
    if not allowed.all():
        others = np.unique(values[~allowed])
        shown = ", ".join(f"{value:g}" for value in others[:3]) + (", …" if len(others) > 3 else "")
        raise BadModel(f"{needs}; found {shown} in {int((~allowed).sum())} of {len(values)} rows.")


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
