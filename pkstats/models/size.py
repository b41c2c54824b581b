"""How large a model may be: known before memory is taken."""

from __future__ import annotations

import os

from pkstats.errors import BadModel

SETTING = "PKSTATS_MODEL_CELLS"
CELLS = 100_000_000


def most() -> int:
    """Return how many cells (rows × columns) a design may have: PKSTATS_MODEL_CELLS, or 10⁸ (0.8 GB).

    Raises
    ------
    BadModel
        When the setting is not a whole number above zero.
    """
    text = os.environ.get(SETTING, "").strip()
    if not text:
        return CELLS
    if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text)):
        raise BadModel(f"{SETTING} must be a whole number above zero; found {text[:40]!r}.")
    return int(text)


def room(rows: int, columns: int, what: str, advice: str) -> None:
    """Refuse rows × columns beyond the limit.

    Raises
    ------
    BadModel
        With the count, the limit, and the setting that raises it.
    """
    limit = most()
    if rows * columns > limit:
        raise BadModel(
            f"{what} would have {columns:,} columns and needs {rows * columns:,} cells; at most {limit:,} "
            "are allowed. "
            f"{advice} The environment variable {SETTING} sets another limit."
        )
