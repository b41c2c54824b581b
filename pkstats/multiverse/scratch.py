"""Arrays that every block of a thread uses again: fresh memory costs more than the arithmetic in it."""

from __future__ import annotations

import threading

import numpy as np

_LOCAL = threading.local()


def scratch(name: str, shape: tuple[int, int], dtype: type) -> np.ndarray:
    """Return this thread's array of that name, contiguous, with whatever it held before.

    A later call with the same name overwrites what an earlier one returned.
    """
    size = shape[0] * shape[1]
    held: dict[str, np.ndarray] = _LOCAL.__dict__.setdefault("held", {})
    flat = held.get(name)
    if flat is None or flat.size < size or flat.dtype != dtype or flat.size > 4 * size:
        flat = held[name] = np.empty(size, dtype=dtype)
    return flat[:size].reshape(shape)
