"""UN Conduct: cells that pack several people, acts and results into one allegation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.sources.layout import Layout
    from pkstats.sources.report import Report

PERSON = re.compile(r"^(Military|Police|Civilian)\s*\((.+?)\s*\)(?:,(\d{1,6}))?$", re.ASCII)
ACT = re.compile(r"^(SA|SE)\s*\((.+)\)$")
VICTIM = re.compile(r"^(Adult|Child|Unknown)(?:\s*\((\d{1,6})\))?$", re.ASCII)
LEGACY = re.compile(r"[\[(]legacy[\])]\s*", re.IGNORECASE)
KINDS = {"SA": "sexual abuse", "SE": "sexual exploitation"}
RESULTS = ("substantiated", "pending", "unsubstantiated")
# What the publisher writes where there is no result.
NO_RESULT = ("n/a", "incomplete")
WORD = re.compile(r"[A-Za-z/]+")

Items = tuple[tuple[str | None, ...], ...]


def tidy(frame: pd.DataFrame, plan: Layout, report: Report) -> pd.DataFrame:
    """Unpack the cells.

    A row whose people or acts cannot be read is set aside; victims and a result that cannot be read
    are missing.
    """
    import pandas as pd

    for column, pattern in (("personnel_type", PERSON), ("allegation", ACT)):
        readable = [unpack(cell, pattern) is not None for cell in frame[column].to_list()]
        lost = frame[~pd.Series(readable, index=frame.index, dtype="bool")]
        reason = f"cannot read this {column.replace('_', ' ')}"
        report.put_aside(lost["_row"], column, lost[column], reason)
        frame = frame.drop(index=lost.index)
    people = [unpack(cell, PERSON) or () for cell in frame["personnel_type"].to_list()]
    acts = [unpack(cell, ACT) or () for cell in frame["allegation"].to_list()]
    victims = [unpack(cell, VICTIM) for cell in frame["victims"].fillna("").to_list()]
    results = [_result(cell) for cell in frame["result"].fillna("").to_list()]
    odd = pd.Series([row is None for row in victims], index=frame.index)
    reason = "expected lines such as Adult (2), Child or Unknown"
    report.blank(frame["_row"][odd], "victims", frame["victims"][odd], reason)
    odd = pd.Series(
        [not _is_result(cell) for cell in frame["result"].fillna("")], index=frame.index
    )
    reason = f"expected lines that begin with {', '.join((*RESULTS, *NO_RESULT))}"
    report.blank(frame["_row"][odd], "result", frame["result"][odd], reason)
    columns = {
        "label": frame["label"],
        "month": frame["month"],
        "personnel_type": [_join(str(item[0]).lower() for item in row) for row in people],
        "personnel_category": [_join(_plain(item[1]) for item in row) for row in people],
        "allegation": [_join(KINDS[kind] for kind in _kinds(row)) for row in acts],
        "acts": [_join(_plain(item[1]).lower() for item in row) for row in acts],
        "perpetrators": _whole(_sum(item[2] for item in row) for row in people),
        "adults": _whole(_victims(row, "Adult") for row in victims),
        "children": _whole(_victims(row, "Child") for row in victims),
        "result": pd.array(results, dtype="str"),
        "nationality": frame["nationality"].str.replace(r"\s*\n\s*", "; ", regex=True),
        "_row": frame["_row"],
    }
    return pd.DataFrame(columns, index=frame.index)


@lru_cache(maxsize=4096)
def unpack(cell: str, pattern: re.Pattern[str]) -> Items | None:
    """Return the parts of each line of a packed cell, or None when a line does not fit.

    Parameters
    ----------
    cell : str
        Lines such as ``Military (MC),6``, with blank lines between them.
    pattern : re.Pattern
        What each line must match; its groups are the parts.
    """
    found = [pattern.match(line.strip()) for line in cell.splitlines() if line.strip()]
    return tuple(match.groups() for match in found if match) if all(found) else None


def _plain(word: str | None) -> str:
    return LEGACY.sub("", word or "")


def _kinds(row: Items) -> list[str]:
    return sorted(str(item[0]) for item in row)


def _join(items: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(items))


def _sum(counts: Iterable[str | None]) -> int | None:
    """Add counts; one that is not stated makes the sum unknown."""
    numbers = list(counts)
    stated = [int(number) for number in numbers if number is not None]
    return sum(stated) if stated and len(stated) == len(numbers) else None


def _victims(row: Items | None, group: str) -> int | None:
    """Return the victims of a group: 0 when it is not named, unknown when named without number."""
    if not row:
        return None
    counts = [item[1] for item in row if item[0] == group]
    return _sum(counts) if counts else 0


def _whole(values: Iterable[int | None]) -> pd.api.extensions.ExtensionArray:
    import pandas as pd

    return pd.array(list(values), dtype="Int64")


def _words(cell: str) -> set[str]:
    """Return the first word of each line, in small letters."""
    found = (WORD.match(line.strip()) for line in cell.splitlines())
    return {match[0].lower() for match in found if match}


def _is_result(cell: str) -> bool:
    words = _words(cell)
    return words <= {*RESULTS, *NO_RESULT} and bool(words or not cell.strip())


def _result(cell: str) -> str | None:
    """Return substantiated when any part is, else pending when any is, else unsubstantiated."""
    if not _is_result(cell):
        return None
    return next((word for word in RESULTS if word in _words(cell)), None)
