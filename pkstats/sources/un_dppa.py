"""UN Peace & Security Data Hub: deaths listed twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkstats.sources.keys import repeats

if TYPE_CHECKING:
    import numpy as np

    from pkstats.sources.layout import Layout
    from pkstats.sources.table import Table


def settle(table: Table, plan: Layout) -> None:
    """Keep the first listing of a death that is repeated only to name another nationality."""

    def values(table: Table, rows: np.ndarray) -> list[str]:
        pairs = zip(
            table.at("casualty_id", rows), table.at("nationality", rows).fillna(""), strict=True
        )
        return [f"{casualty}, {nationality}" for casualty, nationality in pairs]

    others = [name for name in table if name not in ("casualty_id", "nationality", "iso3")]
    again = repeats(table, ["casualty_id", *others])
    reason = "same death listed with another nationality"
    table.put_aside(again, "casualty_id", values, reason)
