"""Zero for "nobody counted": series that a publisher fills with zeros before they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table


def settle(table: Table, plan: Layout) -> None:
    """Make zeros missing in years before a series begins (`options.first_year` of the layout)."""
    first_years = (plan.options or {})["first_year"]
    year = table.numbers("year")
    for name, first in first_years.items():
        zero = (table.numbers(name) == 0) & (year < first)
        count = int((zero & table.good).sum())
        if count:
            values = table[name].copy()
            values[zero] = None
            table[name] = values
            table.report.note(f"{name}: {count:,} zeros before {first} mean not counted: missing")
