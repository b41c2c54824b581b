"""Publisher files → tidy frame and report; one layout (TOML) and at most one module each.

A module may have either `settle(table, plan)`, which works on the columns before they become a
frame (quick; see `pkstats.sources.table`), or `tidy(frame, plan, report)`, which returns a frame.
"""

from pkstats.sources.layout import Layout, layout, layout_names
from pkstats.sources.reader import read
from pkstats.sources.report import Report

__all__ = ["Layout", "Report", "layout", "layout_names", "read"]
