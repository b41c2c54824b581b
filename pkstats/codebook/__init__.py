"""What every table and column means, read from TOML: the one place that states a column."""

from pkstats.codebook.cards import cite, source_card, source_cards, versions
from pkstats.codebook.model import Column, Table, table, table_names
from pkstats.codebook.page import codebook, codebook_page
from pkstats.codebook.schema import conform, validate

__all__ = [
    "Column",
    "Table",
    "cite",
    "codebook",
    "codebook_page",
    "conform",
    "source_card",
    "source_cards",
    "table",
    "table_names",
    "validate",
    "versions",
]
