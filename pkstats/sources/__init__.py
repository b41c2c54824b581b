"""Publisher files → tidy frame and report; one layout (TOML) and at most one module each.

A module may have `combine(columns, plan)`, called before the columns become a frame, and
`tidy(frame, plan, report)`, called after.
"""

from pkstats.sources.layout import Layout, layout, layout_names
from pkstats.sources.reader import read
from pkstats.sources.report import Report

__all__ = ["Layout", "Report", "layout", "layout_names", "read"]
