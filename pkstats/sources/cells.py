"""Cells as a publisher wrote them: trimmed, blanked where they mean "no value", spelled out.

Text is Arrow's large strings from the file to the frame. Most columns have nothing to trim and
nothing missing, so both are first looked for in the bytes.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from pkstats.sources.layout import Field

TEXT = pa.large_string()
# A code beyond those of all letters of one byte.
NO_LETTER = 256
STRING: Any = pd.StringDtype("pyarrow", na_value=np.nan)


def strings(text: pa.Array) -> Any:
    """Return Arrow text as a column of pandas strings."""
    return STRING.__from_arrow__(text)


def mask(flags: pa.Array) -> np.ndarray:
    """Return Arrow truth values as NumPy's."""
    found = flags.to_numpy(zero_copy_only=False)
    return found if found.dtype == bool and found.flags.writeable else np.array(found, dtype=bool)


def nulls(cells: pa.Array) -> np.ndarray:
    """Return which cells are null."""
    return mask(cells.is_null()) if cells.null_count else np.zeros(len(cells), dtype=bool)


def as_text(cells: pa.Array | pd.Series) -> pa.Array:
    """Return cells as trimmed text, with null where the cell has no value at all."""
    return trimmed(_spelled(cells))


def _spelled(cells: pa.Array | pd.Series) -> pa.Array:
    """Spell each distinct value once."""
    if not isinstance(cells, pd.Series):
        return cells
    if isinstance(cells.dtype, pd.StringDtype):
        text = pa.array(cells, type=TEXT, from_pandas=True)
        return text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text
    places, values = pd.factorize(cells)
    return spread(pa.array([spell(value) for value in values.tolist()], type=TEXT), places)


def spell(value: object) -> str | None:
    """Write a cell as a publisher would; None where there is no value."""
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.strftime("%Y-%m-%d")
    return str(value)


def spread(words: pa.Array, places: np.ndarray) -> pa.Array:
    """Return the word at each place; null where the place is negative."""
    empty = places < 0
    return words.take(pa.array(places, mask=empty if empty.any() else None))


def bounds(text: pa.Array) -> np.ndarray:
    """Return where each cell begins in the bytes of an Arrow text, and where the last one ends."""
    starts = np.frombuffer(text.buffers()[1], dtype="int64")
    return starts[text.offset : text.offset + len(text) + 1]


def letters_of(text: pa.Array) -> np.ndarray:
    """Return the bytes that an Arrow text's cells lie in."""
    letters = text.buffers()[2]
    return np.frombuffer(letters or b"", dtype="uint8")


def trimmed(text: pa.Array) -> pa.Array:
    """Return text without blanks at the ends of its cells.

    A cell that begins or ends with a blank or with a letter beyond ASCII calls for a closer look.
    """
    letters, starts = letters_of(text), bounds(text)
    if not len(letters):
        return text
    edges = letters.take(np.concatenate([starts, starts - 1]), mode="clip") - ord("!")
    return pc.utf8_trim_whitespace(text) if edges.max() > ord("~") - ord("!") else text


def blanked(text: pa.Array, field: Field) -> pa.Array:
    """Return the text with nulls for missing cells."""
    starts = bounds(text)
    lengths = starts[1:] - starts[:-1]
    marks = [mark.encode() for mark in field.missing]
    if not len(text) or lengths.min() > max(map(len, marks), default=0):
        return text
    empty = lengths == 0
    for mark in marks:
        empty[_cells_of(text, mark, lengths)] = True
    if not np.count_nonzero(empty):
        return text
    if text.null_count or text.offset:
        return pc.if_else(pa.array(empty), pa.scalar(None, TEXT), text)
    valid = pa.py_buffer(np.packbits(~empty, bitorder="little"))
    return pa.Array.from_buffers(TEXT, len(text), [valid, *text.buffers()[1:]])


def _cells_of(text: pa.Array, word: bytes, lengths: np.ndarray) -> np.ndarray:
    """Return which cells are a word; few are as long as it."""
    rows = np.flatnonzero(lengths == len(word))
    if not len(rows):
        return rows
    places = bounds(text).take(rows)[:, None] + np.arange(len(word))
    same = letters_of(text).take(places) == np.frombuffer(word, dtype="uint8")
    return rows[same.all(axis=1)]


def encode(cells: pa.Array | pd.Series) -> tuple[np.ndarray, pa.Array]:
    """Return each cell's place among the distinct trimmed spellings (-1: no value), and those."""
    known = None
    if isinstance(cells, pd.Series) and not isinstance(cells.dtype, pd.StringDtype):
        known, values = pd.factorize(cells)
        words = pa.array([spell(value) for value in values.tolist()], type=TEXT)
    else:
        words = _spelled(cells)
        letters = _single_letters(words)
        if letters is not None:
            return letters
    places, spellings = coded(words)
    return places if known is None else np.append(places, -1)[known], trimmed(spellings)


def coded(text: pa.Array) -> tuple[np.ndarray, pa.Array]:
    """Return each cell's place among the distinct cells (-1: null), and those."""
    found = text.dictionary_encode()
    indices = found.indices
    places = np.frombuffer(indices.buffers()[1], dtype="int32")[: len(text)].astype("int64")
    if indices.null_count:
        places[nulls(indices)] = -1
    return places, found.dictionary


def _single_letters(text: pa.Array) -> tuple[np.ndarray, pa.Array] | None:
    """Do what `encode` does for codes of one letter, straight from the bytes."""
    letters, starts = letters_of(text), bounds(text)
    lengths = starts[1:] - starts[:-1]
    if text.null_count or not len(letters) or lengths.max(initial=0) > 1:
        return None
    codes = letters.take(starts[:-1], mode="clip").astype("int64")
    codes[lengths == 0] = NO_LETTER
    found = np.flatnonzero(np.bincount(codes))
    places = np.zeros(NO_LETTER + 1, dtype="int64")
    places[found] = np.arange(len(found))
    words = ["" if code == NO_LETTER else chr(code).strip() for code in found.tolist()]
    return places[codes], pa.array(words, TEXT)


def rows_with(text: pa.Array, letters: np.ndarray) -> np.ndarray:
    """Return the rows that hold one of the letters marked among an Arrow text's bytes."""
    places = np.flatnonzero(letters)
    rows = np.unique(np.searchsorted(bounds(text), places, side="right") - 1)
    return rows[(rows >= 0) & (rows < len(text))]


def rewritten(text: pa.Array, rows: np.ndarray, words: list[str | None]) -> pa.Array:
    """Return text with other words in some rows."""
    chosen = np.zeros(len(text), dtype=bool)
    chosen[rows] = True
    return pc.replace_with_mask(text, chosen, pa.array(words, TEXT))
