"""Panels: one frame at one unit of analysis, to which tables are added without changing its rows."""

from pkstats.panel.counts import measures
from pkstats.panel.make import panel
from pkstats.panel.panel import Panel

__all__ = ["Panel", "measures", "panel"]
