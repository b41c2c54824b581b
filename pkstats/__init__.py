"""pkstats: the outcomes of peacekeeping missions: real data, cleaned, modelled and cited."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

# For editors and type checkers, from the very modules: a package that has a verb and a module of one
# name (`models.fit`) may be read by them as the module.
if TYPE_CHECKING:
    from pkstats.checks.run import check
    from pkstats.codebook.cards import cite, versions
    from pkstats.codebook.page import codebook
    from pkstats.models.fit import fit
    from pkstats.models.present import table
    from pkstats.models.replications.refit import replicate
    from pkstats.multiverse.bootstrap import bootstrap
    from pkstats.multiverse.face import multiverse
    from pkstats.panel.counts import measures
    from pkstats.panel.make import panel
    from pkstats.panel.panel import Panel
    from pkstats.registry.missions import mission
    from pkstats.registry.missions import missions_table as missions
    from pkstats.sources.reader import read
    from pkstats.study.cases.case import case
    from pkstats.study.cases.compare import compare
    from pkstats.study.claims.claim import claim, claims
    from pkstats.study.gallery.draw import figure
    from pkstats.tables.build import build
    from pkstats.tables.load import load, tables

__version__ = "0.1.0"

_HOMES = {
    "bootstrap": ("pkstats.multiverse", "bootstrap"),
    "build": ("pkstats.tables", "build"),
    "case": ("pkstats.study", "case"),
    "check": ("pkstats.checks", "check"),
    "cite": ("pkstats.codebook", "cite"),
    "claim": ("pkstats.study", "claim"),
    "claims": ("pkstats.study", "claims"),
    "compare": ("pkstats.study", "compare"),
    "codebook": ("pkstats.codebook", "codebook"),
    "figure": ("pkstats.study.gallery", "figure"),
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


# Hidden from type checkers, which would take any misspelt name for an attribute.
if not TYPE_CHECKING:

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
