"""Raw tables, processed tables, and `load`."""

from pkstats.tables.build import build
from pkstats.tables.compile import compile_sources
from pkstats.tables.load import generation, load, tables

__all__ = ["build", "compile_sources", "generation", "load", "tables"]
