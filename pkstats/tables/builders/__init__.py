"""Tables whose making needs more than a recipe; each builder takes (codebook entry, workshop)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pkstats.tables.builders import (
    borders,
    burden,
    complexity,
    context,
    mandates,
    personnel,
    presence,
    registry,
)

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.codebook.model import Table
    from pkstats.tables.recipe import Workshop

BUILDERS: dict[str, Callable[[Table, Workshop], pd.DataFrame]] = {
    "missions": registry.missions,
    "aliases": registry.aliases,
    "hosts": registry.hosts,
    "states": registry.states,
    "personnel": personnel.personnel,
    "personnel_sources": personnel.disagreements,
    "mandates": mandates.mandates,
    "context": context.context,
    "neighbours": borders.neighbours,
    "surroundings": borders.surroundings,
    "burden_sharing": burden.burden,
    "complexity": complexity.complexity,
    "presence": presence.presence,
}
