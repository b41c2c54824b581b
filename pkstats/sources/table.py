"""A file's tidy columns before they become a frame: arrays, row numbers and which rows are good.

Filtering a frame costs more than reading a small file. So rows that are set aside are only marked,
and left out once, when the frame is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.internals import create_dataframe_from_blocks

from pkstats.sources.blanks import emptied
from pkstats.sources.cells import TEXT, strings
from pkstats.sources.report import Report

ROW = "_row"


class Table:
    """Columns by tidy name.

    Attributes
    ----------
    columns : dict of str to array
        Text is an Arrow array (large strings); integers, flags and months are pandas arrays;
        numbers and dates are NumPy's.
    rows : ndarray of int
        Row numbers in the file (1 = first row below the header).
    good : ndarray of bool
        Rows not set aside.
    keyed : bool
        Whether rows were numbered so that no two have the same key.
    unread : dict of str to ndarray of bool
        By column, the cells that are missing because they could not be read.
    report : Report
    """

    def __init__(self, columns: dict[str, Any], rows: np.ndarray, report: Report) -> None:
        self.columns = columns
        self.rows = rows
        self.good = np.ones(len(rows), dtype=bool)
        self.report = report
        self.keyed = False
        self.unread: dict[str, np.ndarray] = {}
        self.codes: dict[str, tuple[Any, np.ndarray, int]] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Any:
        return self.columns[name]

    def __setitem__(self, name: str, values: Any) -> None:
        self.columns[name] = values

    def insert(self, new: dict[str, Any], before: str) -> None:
        """Put new columns before another."""
        names = list(self.columns)
        place = names.index(before)
        first = {name: self.columns[name] for name in names[:place]}
        self.columns = {**first, **new, **{name: self.columns[name] for name in names[place:]}}

    def numbers(self, name: str) -> np.ndarray:
        """Return a column of integers or numbers as floats, missing ones as NaN."""
        values = self.columns[name]
        return values if isinstance(values, np.ndarray) else as_floats(values)

    def at(self, name: str, rows: np.ndarray) -> Any:
        """Return a column's values in some rows as a pandas array."""
        values = self.columns[name]
        if isinstance(values, pa.Array):
            return strings(values.take(pa.array(rows)))
        return pd.Series(values[rows]).array

    def put_aside(
        self,
        bad: np.ndarray,
        column: str,
        values: Callable[[Table, np.ndarray], Iterable[Any]],
        reasons: str | Callable[[Table, np.ndarray, list[Any]], Iterable[str]],
    ) -> None:
        """Set aside the bad rows that are still good.

        Parameters
        ----------
        bad : ndarray of bool, shape (rows,)
        column : str
            What is wrong, as the report names it.
        values : callable
            Returns the values to report, given the table as it is now and the rows' positions;
            called when the report is looked at.
        reasons : str or callable
            The reason of all rows, or what returns one per row, given the values as well.
        """
        if not bad.any():
            return
        fresh = np.flatnonzero(bad & self.good)
        if not len(fresh):
            return
        now = Table(dict(self.columns), self.rows, self.report)

        def stated() -> Iterable[Any]:
            return values(now, fresh)

        def why(cells: list[Any]) -> Iterable[str]:
            return reasons if isinstance(reasons, str) else reasons(now, fresh, cells)

        self.report.put_aside(self.rows[fresh], column, stated, why)
        self.good &= ~bad

    def blank(self, bad: np.ndarray, name: str, column: str, cells: Any, reasons: Any) -> None:
        """Make the bad cells of a column missing and report those of rows that are still good.

        Parameters
        ----------
        bad : ndarray of bool, shape (rows,)
        name, column : str
            The tidy column, and what the report calls it.
        cells : callable
            Returns the values to report, given the rows' positions.
        reasons : str or callable
            The reason of all cells, or what returns one per value.
        """
        if not bad.any():
            return
        fresh = np.flatnonzero(bad & self.good)
        stated = list(cells(fresh))
        why = reasons if isinstance(reasons, str) else [reasons(value) for value in stated]
        self.report.blank(self.rows[fresh], column, stated, why)
        self[name] = emptied(self[name], bad)
        self.unread[name] = bad

    def frame(self, numbered: bool = False) -> pd.DataFrame:
        """Return the good rows as a frame; their numbers in the file stand in `_row` if asked."""
        columns = {ROW: self.rows, **self.columns} if numbered else self.columns
        if not self.good.all():
            columns = _kept(columns, self.good)
        length = int(np.count_nonzero(self.good))
        header = _header(tuple(columns)).view()
        return create_dataframe_from_blocks(_blocks(columns), pd.RangeIndex(length), header)


def _kept(columns: dict[str, Any], good: np.ndarray) -> dict[str, Any]:
    """Return the good cells of each column."""
    kept, chosen = np.flatnonzero(good), pa.array(good)
    return {
        name: values.filter(chosen) if isinstance(values, pa.Array) else values.take(kept)
        for name, values in columns.items()
    }


def _blocks(columns: dict[str, Any]) -> list[tuple[Any, np.ndarray]]:
    """Return columns as pandas stores them: the constructor of frames would look at each again.

    Dates are stored together, since pandas looks at theirs even so.
    """
    blocks, dates = [], []
    for place, values in enumerate(columns.values()):
        if isinstance(values, pa.Array):
            values = strings(values)
        elif isinstance(values, np.ndarray):
            if values.dtype.kind == "M":
                dates.append((place, values))
                continue
            values = values.reshape(1, -1)
        blocks.append((values, np.array([place])))
    if dates:
        places, stacked = zip(*dates, strict=True)
        blocks.append((np.stack(stacked), np.array(places)))
    return blocks


@lru_cache
def _header(names: tuple[str, ...]) -> pd.Index:
    """Return column names; pandas needs longer to look at them than to hold the columns."""
    return pd.Index(names, dtype="str")


def as_floats(values: Any) -> np.ndarray:
    """Return a pandas array of integers as floats, missing ones as NaN."""
    return values.to_numpy("float64", na_value=np.nan)


def from_frame(frame: pd.DataFrame, report: Report) -> Table:
    """Return a frame with numbered rows as a table."""
    columns = {str(name): _array(frame[name]) for name in frame if name != ROW}
    return Table(columns, frame[ROW].to_numpy(), report)


def _array(column: pd.Series) -> Any:
    if isinstance(column.dtype, pd.StringDtype):
        text = pa.array(column.array, type=TEXT, from_pandas=True)
        return text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    return column.to_numpy() if isinstance(column.dtype, np.dtype) else column.array
