"""Files that have a reader's columns but another unit or meaning: refused, with what they are."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from pkstats.errors import WrongColumns
from pkstats.sources.keys import later, repeated
from pkstats.text import cut

if TYPE_CHECKING:
    from pkstats.sources.layout import Layout, Sibling
    from pkstats.sources.table import Table

# So many rows under a key that other rows have too, with other values, are no slips: the file has
# another unit. As a share of all rows they must be no fewer than this.
REPEATED_ROWS, REPEATED_SHARE = 10, 0.05


def check_header(known: Container[str], plan: Layout, file: str) -> None:
    """Refuse a file whose folded column names are those of a sibling.

    Raises
    ------
    WrongColumns
    """
    for sibling in plan.siblings:
        lacks = any(name.casefold() in known for name in sibling.lacks)
        if sibling.has and not lacks and all(name.casefold() in known for name in sibling.has):
            _refuse(sibling, f"it has the column {sibling.has[0]!r}", plan, file)


def check_object(name: str, plan: Layout, file: str) -> None:
    """Refuse a table that an R file names as a sibling.

    Raises
    ------
    WrongColumns
    """
    for sibling in plan.siblings:
        if name in sibling.objects:
            _refuse(sibling, f"its table is called {name!r}", plan, file)


def check_rows(table: Table, plan: Layout) -> None:
    """Refuse rows that a sibling's unit tells apart, and keys that repeat throughout.

    Raises
    ------
    WrongColumns
    """
    key = [name for name in plan.key if name in table.columns]
    if not key or table.keyed:
        return
    rows, codes = repeated(table, key)
    if not len(rows):
        return
    again = later(rows, codes, len(table)) & table.good
    for sibling in plan.siblings:
        if sibling.repeats:
            same = later(*repeated(table, [sibling.repeats], rows, codes), len(table))
            if (again & ~same).any():
                fact = f"rows with one {_words(key)} differ in {sibling.repeats}"
                _refuse(sibling, fact, plan, table.report.file)
    others = [name for name in table if name not in key]
    other = again & ~later(*repeated(table, others, rows, codes), len(table))
    count, whole = int(np.count_nonzero(other)), int(np.count_nonzero(table.good))
    if count >= REPEATED_ROWS and count >= REPEATED_SHARE * whole:
        example = ", ".join(str(table.at(name, np.flatnonzero(other)[:1])[0]) for name in key)
        raise WrongColumns(
            f"{table.report.file}: {count:,} of {whole:,} rows have the {_words(key)} of an earlier "
            f"row with other values, such as {cut(example)}. The files of {plan.kind!r} have one row "
            f"per {plan.unit}: this one has another unit. Check that it is the right file."
        )


def _words(key: list[str]) -> str:
    return " and ".join(", ".join(key).rsplit(", ", 1))


def _refuse(sibling: Sibling, fact: str, plan: Layout, file: str) -> NoReturn:
    wanted = f"{plan.kind!r} reads {plan.title}, one row per {plan.unit}"
    if sibling.reader:
        raise WrongColumns(
            f"{file} looks like {sibling.reader!r}: {fact}. {wanted}. "
            f"Try pkstats.read({sibling.reader!r}, …)."
        )
    raise WrongColumns(
        f"{file} is {sibling.what}: {fact}. {wanted}. Download that file; pkstats has no reader for "
        "this one."
    )
