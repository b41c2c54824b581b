"""Newton's method for likelihoods: scaled inside, checked afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pkstats.errors import BadModel

Objective = Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]]

ITERATIONS = 200
LARGEST_STEP = 5.0
# Half the gain is what the next step adds to the log likelihood. From CLOSE on, with sums of large
# counts, values may differ by rounding alone, so gradients decide; below NOISE they may be rounding.
CLOSE, NOISE = 1e-4, 1e-10
# The root of the gain is the length of the step in standard errors.
POLISHED = 1e-21
# Information per unit of weight below this, on standardised terms, is a standard error above 1,000.
FLAT = 1e-6
DEPENDENT = 1e-13
NOT_CONVERGED = (
    "The model did not converge: its likelihood has no maximum that Newton's method can reach. "
    "Drop or pool terms, or use a simpler family."
)


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where a climb ended: parameters (p,), log likelihood, information (p, p)."""

    parameters: np.ndarray
    value: float
    information: np.ndarray
    converged: bool = True

    def regular(self, weight: float) -> bool:
        """Return whether it is a maximum: gradient zero and Hessian clearly negative definite."""
        if not (self.converged and np.isfinite(self.information).all()):
            return False
        return bool(np.linalg.eigvalsh(self.information)[0] >= FLAT * weight)


def orthogonal(design: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return orthogonal columns of mean square one, and T (k, k) with ``design @ T`` equal to them.

    Coefficients on `design` are T times those on the orthogonal columns, whatever the scales.

    Raises
    ------
    BadModel
        When the columns depend on each other or outnumber the rows.
    """
    root = np.sqrt(len(design))
    columns, triangle = np.linalg.qr(design)
    if len(triangle) < design.shape[1]:
        raise BadModel(f"{len(design)} rows are too few for {design.shape[1]} terms.")
    if (np.abs(np.diag(triangle)) <= DEPENDENT * np.linalg.norm(design, axis=0)).any():
        raise BadModel(f"Terms depend on each other in {len(design)} rows. Leave one out.")
    return columns * root, root * np.linalg.inv(triangle)


def maximise(objective: Objective, start: np.ndarray) -> Optimum:
    """Climb from `start`, halving steps that do not help; indefinite Hessians are bent positive.

    The climb has not converged when the gradient does not vanish in 200 iterations.
    """
    with np.errstate(all="ignore"):
        here, found, last = start, objective(start), np.inf
        for _ in range(ITERATIONS):
            value, gradient, information = found
            if not np.isfinite(information).all():
                break
            step = _step(information, gradient)
            gain = float(step @ gradient)
            close = gain < CLOSE
            if gain < 1e-18 * max(1.0, abs(value)) or last / 2 < gain < NOISE:
                return _polished(objective, Optimum(here, value, information), step, gain)
            last = gain if close else np.inf
            step *= min(1.0, LARGEST_STEP / float(np.abs(step).max()))
            found = objective(here + step)
            while not _better(found, -np.inf if close else value) and np.abs(step).max() > 1e-10:
                step = step / 2
                found = objective(here + step)
            if not _better(found, -np.inf if close else value):
                break
            here = here + step
    return Optimum(here, value, information, converged=False)


def _polished(objective: Objective, found: Optimum, step: np.ndarray, gain: float) -> Optimum:
    """Return the optimum after the step at hand, where that still moves the tenth digit."""
    if gain < POLISHED:
        return found
    value, gradient, information = after = objective(found.parameters + step)
    closer = _better(after, -np.inf) and float(gradient @ _step(information, gradient)) < gain
    return Optimum(found.parameters + step, value, information) if closer else found


def _better(found: tuple[float, np.ndarray, np.ndarray], value: float) -> bool:
    finite = np.isfinite(found[0]) and np.isfinite(found[1]).all() and np.isfinite(found[2]).all()
    return bool(finite and (value == -np.inf or found[0] >= value - 1e-12 * abs(value)))


def _step(information: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    try:
        half = np.linalg.cholesky(information)
        return np.asarray(np.linalg.solve(half.T, np.linalg.solve(half, gradient)))
    except np.linalg.LinAlgError:
        sizes, axes = np.linalg.eigh(information)
        sizes = np.maximum(np.abs(sizes), 1e-12 * np.abs(sizes).max() + 1e-300)
        return axes @ (axes.T @ gradient / sizes)


def inverse(
    found: Optimum, transform: np.ndarray, weight: float, names: Sequence[str], message: str
) -> np.ndarray:
    """Return the inverse information in the terms' own units, shape (p, p).

    Parameters
    ----------
    found : Optimum
    transform : array, shape (p, p)
        Own units from standardised ones.
    weight : float
        Mean weight of the rows.
    names : p texts
    message : str
        What the model is and what to do, with ``{name}`` for the parameter without an estimate.

    Raises
    ------
    BadModel
        When the Hessian is not negative definite (separation, or more than the data can tell), or
        the climb has not converged.
    """
    if not np.isfinite(found.information).all():
        raise BadModel(NOT_CONVERGED)
    values, axes = np.linalg.eigh(found.information)
    if values[0] < FLAT * weight:
        # Relative to its own scale, the parameter that moves most in flat directions; a constant
        # or threshold moves along with the term at fault.
        flat = axes[:, values < FLAT * weight]
        moves = np.linalg.norm(transform @ flat, axis=1) / np.linalg.norm(transform, axis=1)
        moves[[name.endswith("Intercept") or "|" in name for name in names]] *= 1e-3
        raise BadModel(message.format(name=repr(names[int(np.argmax(moves))])))
    if not found.converged:
        raise BadModel(NOT_CONVERGED)
    root = transform @ (axes / np.sqrt(values))
    return root @ root.T
