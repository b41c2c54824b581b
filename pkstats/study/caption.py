"""Title, subtitle, sources and the as-of date of the tables on a figure of the study."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkstats.style import theme
from pkstats.tables.coverage import as_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def caption(figure: Figure, title: str, subtitle: str, source: str) -> None:
    """Put title and subtitle above, and sources with the as-of date below."""
    theme.caption(figure, title, subtitle, source, as_of())
