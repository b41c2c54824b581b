"""pkstats: the outcomes of peacekeeping missions: real data, cleaned, modelled and cited."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pkstats.checks import check
    from pkstats.codebook import cite, codebook, versions
    from pkstats.evidence import case, claim, claims, compare
    from pkstats.figures import figure
    from pkstats.models import fit, replicate, table
    from pkstats.multiverse import bootstrap, multiverse
    from pkstats.panel import Panel, measures, panel
    from pkstats.registry import mission
    from pkstats.registry import missions_table as missions
    from pkstats.sources import read
    from pkstats.tables import build, load, tables

__version__ = "0.1.0"

_HOMES = {
    "bootstrap": ("pkstats.multiverse", "bootstrap"),
    "build": ("pkstats.tables", "build"),
    "case": ("pkstats.evidence", "case"),
    "check": ("pkstats.checks", "check"),
    "cite": ("pkstats.codebook", "cite"),
    "claim": ("pkstats.evidence", "claim"),
    "claims": ("pkstats.evidence", "claims"),
    "compare": ("pkstats.evidence", "compare"),
    "codebook": ("pkstats.codebook", "codebook"),
    "figure": ("pkstats.figures", "figure"),
    "fit": ("pkstats.models", "fit"),
    "load": ("pkstats.tables", "load"),
    "measures": ("pkstats.panel", "measures"),
    "mission": ("pkstats.registry", "mission"),
    "missions": ("pkstats.registry", "missions_table"),
    "multiverse": ("pkstats.multiverse", "multiverse"),
    "Panel": ("pkstats.panel", "Panel"),
    "panel": ("pkstats.panel", "panel"),
    "read": ("pkstats.sources", "read"),
    "replicate": ("pkstats.models", "replicate"),
    "table": ("pkstats.models", "table"),
    "tables": ("pkstats.tables", "tables"),
    "versions": ("pkstats.codebook", "versions"),
}

__all__ = [
    "Panel",
    "__version__",
    "bootstrap",
    "build",
    "case",
    "check",
    "cite",
    "claim",
    "claims",
    "codebook",
    "compare",
    "figure",
    "fit",
    "load",
    "measures",
    "mission",
    "missions",
    "multiverse",
    "panel",
    "read",
    "replicate",
    "table",
    "tables",
    "versions",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'pkstats' has no attribute {name!r}")
    home, attribute = _HOMES[name]
    value = getattr(import_module(home), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


class _Face(ModuleType):
    """Keep `pkstats.panel`, `pkstats.tables` … the public verbs when their modules are imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Face
