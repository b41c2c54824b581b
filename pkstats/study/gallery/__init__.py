"""Theme and figures: every figure from the processed tables, SVG and PNG, the same bytes each time."""

from pkstats.study.gallery.draw import FIGURES, draw_all, figure

__all__ = ["FIGURES", "draw_all", "figure"]
