"""Many outcomes, many tests: family-wise and false-discovery corrections, over arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from pkstats.errors import BadModel, suggestion
from pkstats.multiverse import asked
from pkstats.text import cut

AXES = ("treatment", "controls", "sample", "family", "fixed_effects")


def bonferroni(p_values: np.ndarray) -> np.ndarray:
    """Return p × m along the last axis; NaN does not count as a test."""
    return np.minimum(1.0, p_values * _tests(p_values))


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return Holm's (1979) step-down p-values along the last axis: family-wise error."""
    ranked, order, rank, tests = _ranked(p_values)
    stepped = np.maximum.accumulate(ranked * (tests - rank + 1), axis=-1)
    return _unranked(np.minimum(1.0, stepped), order, p_values)


def benjamini_hochberg(p_values: np.ndarray) -> np.ndarray:
    """Return step-up p-values of Benjamini and Hochberg (1995) along the last axis."""
    return _step_up(p_values, np.ones((*p_values.shape[:-1], 1)))


def benjamini_yekutieli(p_values: np.ndarray) -> np.ndarray:
    """Return step-up p-values of Benjamini and Yekutieli (2001): false discovery, any dependence."""
    tests = _tests(p_values).astype(int)
    harmonic = np.concatenate([[1.0], np.cumsum(1 / np.arange(1, p_values.shape[-1] + 1))])
    return _step_up(p_values, harmonic[tests])


METHODS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "bonferroni": bonferroni,
    "holm": holm,
    "bh": benjamini_hochberg,
    "by": benjamini_yekutieli,
}


def corrected(
    frame: pd.DataFrame, families: Mapping[str, Sequence[str]] | None, method: str
) -> pd.DataFrame:
    """Return the frame with `outcome_family` and `p_corrected`; see `Multiverse.corrected`.

    Raises
    ------
    BadModel
        For an unknown method or outcome, or an outcome in two families.
    """
    asked.known([method], METHODS, "method=")
    outcomes = list(frame["outcome"].cat.categories)
    if families is not None and not isinstance(families, Mapping):
        raise BadModel(
            "families= takes names and lists of outcomes, {'violence': ['deaths', 'attacks']}; found "
            f"{cut(repr(families))}."
        )
    given = families or {"all": outcomes}
    groups = {name: asked.names(each, "families=") for name, each in given.items()}
    listed = [name for names in groups.values() for name in names]
    for name in listed:
        if name not in outcomes:
            raise BadModel(f"{name!r} is no outcome of the grid.{suggestion(name, outcomes)}")
    if len(set(listed)) < len(listed):
        raise BadModel("An outcome belongs to one family; one of them is named twice.")
    home = {name: family for family, names in groups.items() for name in names}
    out = frame.assign(
        outcome_family=frame["outcome"].astype("str").map(home), p_corrected=frame["p_value"]
    )
    universe = out.groupby(list(AXES), observed=True, sort=False).ngroup().to_numpy()
    column = out["outcome"].cat.codes.to_numpy()
    wide = np.full((universe.max() + 1, len(outcomes)), np.nan)
    wide[universe, column] = out["p_value"].to_numpy()
    for names in groups.values():
        places = [outcomes.index(name) for name in names]
        wide[:, places] = METHODS[method](wide[:, places])
    out["p_corrected"] = wide[universe, column]
    return out


def _tests(p_values: np.ndarray) -> np.ndarray:
    return (~np.isnan(p_values)).sum(axis=-1, keepdims=True)


def _ranked(p_values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return p-values from small to large (missing last), their order, ranks and number of tests."""
    order = np.argsort(p_values, axis=-1, kind="stable")
    ranked = np.take_along_axis(p_values, order, axis=-1)
    return ranked, order, np.arange(1, p_values.shape[-1] + 1), _tests(p_values)


def _unranked(ranked: np.ndarray, order: np.ndarray, p_values: np.ndarray) -> np.ndarray:
    found = np.empty_like(ranked)
    np.put_along_axis(found, order, ranked, axis=-1)
    return np.where(np.isnan(p_values), np.nan, found)


def _step_up(p_values: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    ranked, order, rank, tests = _ranked(p_values)
    raised = np.where(np.isnan(ranked), np.inf, ranked * tests * penalty / rank)
    stepped = np.minimum.accumulate(raised[..., ::-1], axis=-1)[..., ::-1]
    return _unranked(np.minimum(1.0, stepped), order, p_values)
