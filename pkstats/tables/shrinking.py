"""What a new file of a source would take away from its raw table: rows, known cells, years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkstats.text import cut

if TYPE_CHECKING:
    import pandas as pd

# The first of these that a table has says which years it covers.
TIMES = ("month", "year", "date", "from", "start", "start_date", "begin_date")
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Change:
    """A source's rows in one raw table, before and after.

    Attributes
    ----------
    rows : tuple of int
        Rows before and after.
    cells : dict of str to tuple of int
        Known cells before and after, of columns that know fewer.
    years : list of int
        Years covered before and no longer.
    gone : list of str
        Keys of rows that are no longer there, as text.
    """

    rows: tuple[int, int]
    cells: dict[str, tuple[int, int]]
    years: list[int]
    gone: list[str]

    @property
    def shrinks(self) -> bool:
        """Tell whether there are fewer rows, known cells of a column or years."""
        return self.rows[1] < self.rows[0] or bool(self.cells or self.years)

    def __str__(self) -> str:
        parts = []
        if self.rows[1] < self.rows[0]:
            parts.append(f"{self.rows[0]:,} → {self.rows[1]:,} rows")
        if self.cells:
            worst = sorted(self.cells, key=lambda name: self.cells[name][1] - self.cells[name][0])
            told = [f"{name} {_arrow(self.cells[name])}" for name in worst[:SHOWN]]
            parts.append(f"known cells: {', '.join(told)}{_more(worst)}")
        if self.years:
            parts.append(f"no longer covered: {_spans(self.years)}")
        if self.gone:
            first = "; ".join(cut(key) for key in self.gone[:SHOWN])
            parts.append(f"{len(self.gone):,} rows would go, first: {first}")
        return "; ".join(parts)


def _arrow(counts: tuple[int, int]) -> str:
    return f"{counts[0]:,} → {counts[1]:,}"


def _more(names: Sequence[object]) -> str:
    return f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""


def _spans(years: list[int]) -> str:
    """Return years as runs: 1951–1990, 1995."""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    texts = [str(low) if low == high else f"{low}–{high}" for low, high in runs]
    return f"{', '.join(texts[:SHOWN])}{_more(texts)}"


def change(before: pd.DataFrame, after: pd.DataFrame, key: Sequence[str]) -> Change:
    """Compare a source's rows with those a new file gives.

    Parameters
    ----------
    before, after : DataFrame
        Rows of one source as `read_raw` returns them.
    key : sequence of str
        Columns that tell one row from another.
    """
    cells = {}
    for name in before:
        old = int(before[name].notna().sum())
        new = int(after[name].notna().sum()) if name in after else 0
        if new < old:
            cells[str(name)] = (old, new)
    kept = set(_keys(after, key))
    gone = [text for text in dict.fromkeys(_keys(before, key)) if text not in kept]
    years = sorted(_years(before) - _years(after))
    return Change((len(before), len(after)), cells, years, gone)


def _keys(frame: pd.DataFrame, key: Sequence[str]) -> list[str]:
    """Return each row's key as text: its cells, a missing one as nothing."""
    columns = [frame[name].astype("str").where(frame[name].notna(), "") for name in key]
    return [", ".join(row) for row in zip(*columns, strict=True)]


def _years(frame: pd.DataFrame) -> set[int]:
    import pandas as pd

    name = next((name for name in TIMES if name in frame), None)
    if name is None:
        return set()
    known = frame[name].dropna()
    if isinstance(known.dtype, pd.PeriodDtype) or pd.api.types.is_datetime64_any_dtype(known.dtype):
        known = known.dt.year
    elif not pd.api.types.is_numeric_dtype(known.dtype):
        return set()
    return set(known.astype("int64"))
