"""How we know the numbers are right: the page, made from the fixtures and the replications."""

from pkstats.models.checked.fixtures import compare, oracles, summary
from pkstats.models.checked.page import checked_page, compared, refresh, replications, stored

__all__ = [
    "checked_page",
    "compare",
    "compared",
    "oracles",
    "refresh",
    "replications",
    "stored",
    "summary",
]
