"""What holds between the cells of a row and between rows: order and unique keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pkstats.sources.cells import TEXT, coded
from pkstats.sources.layout import Layout
from pkstats.sources.table import Table

LARGEST = 2**31
# Codes spread over more than this many times the rows are hashed rather than counted.
MANY = 16
# So few rows are compared in all columns of text at once.
FEW = 1000


class Known(NamedTuple):
    """Rows still to compare, a code of what is known of each, and how many codes there may be."""

    rows: np.ndarray
    codes: np.ndarray
    size: int


def check_order(table: Table, plan: Layout) -> None:
    """Set aside rows in which a column is before the one it should follow."""
    for first, second in plan.order:
        wrong: Any = table[first] > table[second]
        if isinstance(wrong, pd.arrays.BooleanArray):
            wrong = wrong.to_numpy(bool, na_value=False)

        def values(
            table: Table, rows: np.ndarray, pair: tuple[str, str] = (first, second)
        ) -> list[str]:
            return [
                f"{a} > {b}" for a, b in zip(*(table.at(name, rows) for name in pair), strict=True)
            ]

        table.put_aside(wrong, second, values, f"{second} is before {first}")


def check_key(table: Table, plan: Layout) -> None:
    """Keep the first row of each key; the others are set aside and say what they repeat."""
    key = [name for name in plan.key if name in table.columns]
    if not key or table.keyed:
        return
    rows, codes = _same_key(table, key)
    if not len(rows):
        return
    again = later(rows, codes, len(table))
    others = [name for name in table if name not in key]
    shared = rows

    def values(table: Table, rows: np.ndarray) -> list[str]:
        cells = zip(*(_words(table.at(name, rows)) for name in key), strict=True)
        return [", ".join(cell) for cell in cells]

    def reasons(table: Table, rows: np.ndarray, stated: list[str]) -> list[str]:
        same = later(*repeated(table, others, shared, codes), len(table))
        words = "repeats an earlier row", "same key as an earlier row, with other values"
        return np.where(same[rows], *words).tolist()

    table.put_aside(again, ", ".join(key), values, reasons)


def _words(values: Any) -> list[str]:
    if isinstance(values.dtype, pd.PeriodDtype):
        return list(np.datetime_as_string(values.asi8.astype("datetime64[M]")))
    return [str(value) for value in values.tolist()]


def repeats(table: Table, names: Iterable[str]) -> np.ndarray:
    """Return which good rows equal an earlier good row in all the columns named."""
    return later(*repeated(table, names), len(table))


def later(rows: np.ndarray, codes: np.ndarray, length: int) -> np.ndarray:
    """Return which rows of a table have a code that stands in an earlier one of `rows`."""
    found = np.zeros(length, dtype=bool)
    found[rows[pd.Index(codes).duplicated()]] = True
    return found


def repeated(
    table: Table,
    names: Iterable[str],
    rows: np.ndarray | None = None,
    codes: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that share their cells with another row, and a code of those cells.

    Parameters
    ----------
    table : Table
    names : iterable of str
        Columns to compare; rows that the first ones tell apart are not compared further.
    rows, codes : ndarray of int, optional
        Rows to compare (default: all good ones) and a code of what is known of them.
    """
    rows = np.flatnonzero(table.good) if rows is None else rows
    codes = np.zeros(len(rows), dtype="int64") if codes is None else codes
    known = Known(rows, codes, int(codes.max(initial=0)) + 1)
    left = list(dict.fromkeys(names))
    while left and len(known.rows):
        name = left.pop(0)
        if len(known.rows) <= FEW and isinstance(table[name], pa.Array) and not _told(table, name):
            text = [name, *(other for other in left if isinstance(table[other], pa.Array))]
            left = [other for other in left if other not in text]
            known = _folded(table, text, known)
        else:
            known = _coded(table, name, known)
        if not left or (known.size <= LARGEST and _told(table, left[0])):
            continue
        wide = known.size > MANY * len(known.rows)
        # After an identifier the other columns matter only where it repeats.
        if wide or (2 * known.size > len(known.rows) and isinstance(table[name], pa.Array)):
            known = _narrowed(known)
    known = _narrowed(known)
    return known.rows, known.codes


def _same_key(table: Table, key: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return what `repeated` does, for columns that should tell all rows apart together."""
    rows = np.flatnonzero(table.good)
    known = Known(rows, np.zeros(len(rows), dtype="int64"), 1)
    for name in key:
        known = _coded(table, name, known)
    if known.size > MANY * len(rows) and pd.Index(known.codes).is_unique:
        return rows[:0], rows[:0]
    known = _narrowed(known)
    return known.rows, known.codes


def _coded(table: Table, name: str, known: Known) -> Known:
    """Add a column to what is known."""
    if known.size > LARGEST:
        known = _narrowed(known)
    part, count = _codes(table, name, known.rows)
    return Known(known.rows, known.codes * count + part, known.size * count)


def _folded(table: Table, names: list[str], known: Known) -> Known:
    """Add columns of text, joined by marks that no publisher writes, to what is known."""
    if len(names) == 1:
        return _coded(table, names[0], known)
    texts = [table[name] for name in names]
    if len(known.rows) < len(table):
        rows = pa.array(known.rows)
        texts = [text.take(rows) for text in texts]
    marks = {"null_handling": "replace", "null_replacement": "\x00"}
    joined = pc.binary_join_element_wise(*texts, pa.scalar("\x1f", TEXT), **marks)
    part, count = numbered(joined)
    return Known(known.rows, known.codes * count + part, known.size * count)


def _narrowed(known: Known) -> Known:
    """Keep the rows whose code occurs more than once; count the codes from 0."""
    rows, codes, size = known
    if size > MANY * len(rows) + MANY:
        codes, size = _compact(codes)
    several = (np.bincount(codes, minlength=size) > 1)[codes]
    return Known(rows[several], codes[several], size)


def _compact(codes: np.ndarray) -> tuple[np.ndarray, int]:
    places, distinct = pd.factorize(codes)
    return places, len(distinct)


def _codes(table: Table, name: str, rows: np.ndarray) -> tuple[np.ndarray, int]:
    """Return a number for each of some rows, equal for equal cells, and how many there may be."""
    values = table[name]
    if _told(table, name):
        _, codes, count = table.codes[name]
        return codes[rows], count
    if 2 * len(rows) < len(table):
        return numbered(_take(values, rows))
    codes, count = numbered(values)
    table.codes[name] = values, codes, count
    return codes if len(rows) == len(table) else codes[rows], count


def _told(table: Table, name: str) -> bool:
    """Tell whether a column's cells are numbered already."""
    return name in table.codes and table.codes[name][0] is table[name]


def _take(values: Any, rows: np.ndarray) -> Any:
    return values.take(pa.array(rows)) if isinstance(values, pa.Array) else values[rows]


def numbered(values: Any) -> tuple[np.ndarray, int]:
    """Return a number from 0 for each value, equal for equal values, and how many there may be."""
    if isinstance(values, pa.Array):
        places, cells = coded(values)
        return places + 1, len(cells) + 1
    if isinstance(values, (pd.arrays.IntegerArray, pd.arrays.BooleanArray)):
        return _close(values.to_numpy("int64", na_value=0), values.isna())
    if isinstance(values.dtype, pd.PeriodDtype):
        return _close(values.asi8, values.isna())
    if values.dtype.kind == "M":
        return _close(values.astype("int64"), np.isnat(values))
    places, distinct = pd.factorize(values)
    return places + 1, len(distinct) + 1


def _close(values: np.ndarray, missing: np.ndarray) -> tuple[np.ndarray, int]:
    """Number whole numbers by their distance from the smallest where they lie close together."""
    known = values[~missing] if missing.any() else values
    if not len(known):
        return np.zeros(len(values), dtype="int64"), 1
    low = int(known.min())
    span = int(known.max()) - low + 2
    if span > 2**31:
        places, distinct = pd.factorize(np.where(missing, low - 1, values))
        return places, len(distinct)
    return np.where(missing, 0, values - low + 1), span


def same_cells(table: Table, names: Iterable[str]) -> np.ndarray:
    """Return a number from 0 per row, equal for rows with equal cells in the columns named."""
    codes, size = np.zeros(len(table), dtype="int64"), 1
    for name in names:
        part, count = _codes(table, name, np.arange(len(table)))
        if size > LARGEST:
            codes, size = _compact(codes)
        codes, size = codes * count + part, size * count
    return _compact(codes)[0]
