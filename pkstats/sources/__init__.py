"""Publisher files → tidy frame and report; one layout (TOML) and at most one module each."""

from pkstats.sources.layout import Layout, layout, layout_names
from pkstats.sources.reader import read
from pkstats.sources.report import Report

__all__ = ["Layout", "Report", "layout", "layout_names", "read"]
