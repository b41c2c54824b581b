"""Maximum likelihood over one or more linear predictors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from pkstats.models.families.newton import (
    Objective,
    Optimum,
    inverse,
    maximise,
    orthogonal,
)

# From predictors (L, n): log likelihoods (n,), first (L, n) and second derivatives (L, L, n).
Pieces = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class Problem:
    """A likelihood of L linear predictors, each with its own design.

    Attributes
    ----------
    designs : L arrays, shapes (n, k_l)
    pieces : function
        From predictors to each row's log likelihood and its derivatives.
    weights : array, shape (n,)
    names : p texts
        Parameters, predictor by predictor.
    what, advice : str
        The model's name, and what to do when a parameter has no finite estimate.
    """

    designs: Sequence[np.ndarray]
    pieces: Pieces
    weights: np.ndarray
    names: Sequence[str]
    what: str
    advice: str = "Drop the term or pool its categories."


@dataclass(frozen=True, slots=True)
class Solution:
    """A maximum in the terms' own units.

    Attributes
    ----------
    coefficients : array, shape (p,)
    bread : array, shape (p, p)
    scores : array, shape (n, p)
    predictors : array, shape (L, n)
    value : float
    gain_at_infinity : float
        By how much the likelihood is higher where some parameter grows without end.
    """

    coefficients: np.ndarray
    bread: np.ndarray
    scores: np.ndarray
    predictors: np.ndarray
    value: float
    gain_at_infinity: float = 0.0


def solve(problem: Problem, starts: Sequence[np.ndarray]) -> Solution:
    """Maximise from each start (predictors, shape (L, n)).

    The highest regular maximum wins. Mixtures often have a higher likelihood at infinity, where
    the part for zeros becomes a step that cuts off a run of zeros: `gain_at_infinity` tells.

    Raises
    ------
    BadModel
        When there is no regular maximum: some parameter has no finite estimate.
    """
    designs, weights = problem.designs, problem.weights
    bases, transforms = zip(*(orthogonal(design) for design in designs), strict=True)
    mean_weight = float(weights.mean())
    found = _climb(problem, bases, starts)
    top = max(found, key=_height)
    best = max((one for one in found if one.regular(mean_weight)), key=_height, default=top)
    transform = block_diag(*transforms)
    message = (
        f"The {problem.what} has no finite estimate of {{name}} (separation, or more parameters than "
        f"the data can tell apart). {problem.advice}"
    )
    bread = inverse(best, transform, mean_weight, problem.names, message)
    predictors = _predictors(bases, best.parameters)
    first = problem.pieces(predictors)[1]
    pairs = zip(designs, first, strict=True)
    return Solution(
        coefficients=transform @ best.parameters,
        bread=bread,
        scores=np.hstack([design * (weights * slope)[:, None] for design, slope in pairs]),
        predictors=predictors,
        value=best.value,
        gain_at_infinity=max(top.value - best.value, 0.0),
    )


def highest_value(problem: Problem, starts: Sequence[np.ndarray]) -> float:
    """Return the highest log likelihood, also where it is reached only in the limit."""
    bases = [orthogonal(design)[0] for design in problem.designs]
    return max(_climb(problem, bases, starts), key=_height).value


def _height(found: Optimum) -> float:
    return found.value if np.isfinite(found.value) else -np.inf


def _climb(
    problem: Problem, bases: Sequence[np.ndarray], starts: Sequence[np.ndarray]
) -> list[Optimum]:
    objective = _objective(problem, bases)
    found: list[Optimum] = []
    for start in starts:
        pairs = zip(bases, start, strict=True)
        begin = np.concatenate([basis.T @ line / len(line) for basis, line in pairs])
        found.append(maximise(objective, begin))
    return found


def _objective(problem: Problem, bases: Sequence[np.ndarray]) -> Objective:
    weights = problem.weights

    def objective(parameters: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        values, first, second = problem.pieces(_predictors(bases, parameters))
        slopes = [basis.T @ (weights * slope) for basis, slope in zip(bases, first, strict=True)]
        return (
            float(weights @ values),
            np.concatenate(slopes),
            _information(bases, weights * second),
        )

    return objective


def _predictors(bases: Sequence[np.ndarray], parameters: np.ndarray) -> np.ndarray:
    parts = np.split(parameters, np.cumsum([basis.shape[1] for basis in bases])[:-1])
    return np.stack([basis @ part for basis, part in zip(bases, parts, strict=True)])


def _information(bases: Sequence[np.ndarray], second: np.ndarray) -> np.ndarray:
    blocks: dict[tuple[int, int], np.ndarray] = {}
    for a in range(len(bases)):
        for b in range(a, len(bases)):
            blocks[a, b] = -(bases[a] * second[a, b][:, None]).T @ bases[b]
            blocks[b, a] = blocks[a, b].T
    order = range(len(bases))
    return np.block([[blocks[a, b] for b in order] for a in order])
