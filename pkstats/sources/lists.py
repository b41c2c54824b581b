"""Cells that list whole numbers: `750, 770` or `2;200;900`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from pkstats.sources.cells import TEXT, blanked, encode, spread
from pkstats.sources.parse import THOUSANDS, Parsed, span

if TYPE_CHECKING:
    from pkstats.sources.layout import Field

SEPARATOR = re.compile(r"\s*[,;]\s*")
NUMBER = re.compile(r"(\d{1,15})(?:\.0+)?", re.ASCII)


def items(cell: str, field: Field) -> tuple[int, ...] | None:
    """Return the numbers a cell lists; None where it is no such list.

    Numbers stand apart by commas or semicolons, one of which may close the list. ``1,234`` is
    refused: it may as well be one number, so a comma between groups of three digits needs a blank.

    Examples
    --------
    >>> from pkstats.sources.layout import Field
    >>> states = Field("gw", ("gw",), "list", minimum=2, maximum=999)
    >>> items("2;200;900", states), items("1,234", states)
    ((2, 200, 900), None)
    """
    if THOUSANDS.match(cell):
        return None
    words = SEPARATOR.split(cell.strip())
    if len(words) > 1 and not words[-1]:
        words.pop()
    found = [NUMBER.fullmatch(word) for word in words]
    numbers = tuple(int(match[1]) for match in found if match)
    low = -np.inf if field.minimum is None else field.minimum
    high = np.inf if field.maximum is None else field.maximum
    good = len(numbers) == len(words) and all(low <= number <= high for number in numbers)
    return numbers if good else None


def parse_list(cells: pa.Array | pd.Series, field: Field) -> Parsed:
    """Read lists of whole numbers: all of each as text, or their first number, or their length.

    `field.dtype` says which: ``list``, ``first`` or ``count`` (an empty cell lists none).
    """
    places, spellings = encode(cells)
    texts = blanked(spellings, field).to_pylist()
    lists = [None if text is None else items(text, field) for text in texts]
    odd = [text is not None and found is None for text, found in zip(texts, lists, strict=True)]
    bad = np.array([*odd, False])[places] if any(odd) else None
    reason = f"expected a whole number{span(field)} or a list of them such as 2, 200"
    if field.dtype == "list":
        words = pa.array([found and ", ".join(map(str, found)) for found in lists], TEXT)
        return Parsed(spread(words, places), bad, reason)
    if field.dtype == "first":
        values = [found[0] if found else None for found in lists] + [None]
    else:
        values = [
            None if wrong else len(found or ()) for found, wrong in zip(lists, odd, strict=True)
        ]
        values.append(0)
    numbers = np.array([value or 0 for value in values], dtype="int64")
    empty = np.array([value is None for value in values])
    return Parsed(pd.arrays.IntegerArray(numbers[places], empty[places]), bad, reason)
