"""Delimited text as records: where each row begins and ends, counted before any parser sees it.

A quotation mark opens a quoted cell only at the beginning of a cell, and closes it only before a
delimiter or the end of a line; inside, it is doubled. Anywhere else it is a letter. So a stray mark
cannot swallow the rows below it without a trace: each line is a row of its own, part of a row with a
quoted cell of several lines, or set aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pkstats.errors import UnreadableFile
from pkstats.sources import limits
from pkstats.text import cut

LINE_END = re.compile(rb"\r\n?|\n")
# Empty lines are no rows: the end of a row is that of its line and of those after it.
ROW_END = re.compile(rb"[\r\n]+")
QUOTE = b'"'
# Possessive, so that a mark that is never closed is found out in one pass.
QUOTED = re.compile(rb'"(?:[^"]++|"")*+"')
# A byte that no text holds stands for what cannot be decoded (`pkstats.sources.text`).
UNDECODED = b"\x00"
SWALLOWED = (
    "a quotation mark opened in one row and closed in another: one cell or several rows? "
    "Remove or double the mark"
)


class Broken(NamedTuple):
    """A line that is no row: its place among the rows, its text and why."""

    row: int
    text: str
    reason: str


class Records(NamedTuple):
    """Text with a header, cut into rows.

    Attributes
    ----------
    content : bytes
        The header and the good rows.
    total : int
        Rows of the file, good or not: lines below the header that are not empty, less those that
        continue a quoted cell.
    broken : list of Broken
    inner_quotes : int
        Cells with a quotation mark that is a letter.
    """

    content: bytes
    total: int
    broken: list[Broken]
    inner_quotes: int


class Span(NamedTuple):
    """Where a row ends, where the next line begins, how many cells it has, and what is wrong."""

    end: int
    following: int
    cells: int
    wrong: str
    inner_quotes: int


def split_records(content: bytes, delimiter: str, name: str) -> Records:
    """Cut text that begins with a header into rows.

    Raises
    ------
    UnreadableFile
        When a quotation mark is opened and never closed, or a limit is passed.
    """
    mark = delimiter.encode()
    most = limits.limit("PKSTATS_MAX_COLUMNS")
    header = _row(content, 0, mark, name, most)
    if header.wrong:
        raise UnreadableFile(
            f"{name}: the quotation marks of the header do not pair. Mend it, or download it again."
        )
    width, place = header.cells, header.following
    most_rows, odd = limits.limit("PKSTATS_MAX_ROWS"), UNDECODED in content
    broken: list[Broken] = []
    kept: list[tuple[int, int]] = []
    count = start_of_good = inner = 0
    while place < len(content):
        span = _row(content, place, mark, name, most)
        if span.end == place:
            place = span.following
            continue
        lines, reason = _judged(content, place, span, mark, width, odd)
        if reason:
            kept.append((start_of_good, place))
            texts = lines or [(place, span.end)]
            broken += [
                Broken(count + number, _shown(content[start:end]), reason)
                for number, (start, end) in enumerate(texts, 1)
            ]
            count += len(texts)
            start_of_good = span.following
            limits.check("PKSTATS_MAX_BROKEN", len(broken), name)
        else:
            count += 1
            inner += span.inner_quotes
        if count > most_rows:
            limits.refuse("PKSTATS_MAX_ROWS", name, "it has more")
        place = span.following
    limits.check("PKSTATS_MAX_CELLS", count * width, name)
    if broken:
        kept.append((start_of_good, len(content)))
        content = b"".join(content[start:end] for start, end in kept)
    return Records(content, count, broken, inner)


def _judged(
    content: bytes, start: int, span: Span, mark: bytes, width: int, odd: bool
) -> tuple[list[tuple[int, int]], str]:
    """Return what is wrong with a row, if anything, and its lines if it has several."""
    if span.wrong:
        return [], span.wrong
    if LINE_END.search(content, start, span.end):
        lines = list(_lines(content, start, span.end))
        if _are_rows(content, lines, mark, width, span.cells):
            return lines, SWALLOWED
    if span.cells != width:
        return [], f"expected {width} cells, found {span.cells}"
    if odd and content.find(UNDECODED, start, span.end) >= 0:
        return [], "holds bytes that are no text in this file's encoding"
    return [], ""


def _are_rows(
    content: bytes, lines: list[tuple[int, int]], mark: bytes, width: int, cells: int
) -> bool:
    """Tell whether the lines that a quoted cell joins look like rows of their own.

    A line of a longer cell hardly has as many delimiters as a row; its first and its last line,
    which hold other cells as well, may by chance, but hardly both.
    """
    whole = [
        width in (_cells_alone(content[start:end], mark), content.count(mark, start, end) + 1)
        for start, end in lines
    ]
    if cells != width:
        return any(whole)
    return (whole[0] and whole[-1]) or any(whole[1:-1])


def _cells_alone(line: bytes, mark: bytes) -> int:
    """Count the cells of a line as if no other followed: a mark that is not closed is a letter."""
    place = cells = 0
    while place <= len(line):
        closed = _closed(line, place) if line.startswith(QUOTE, place) else -1
        if closed < 0 or line[closed : closed + 1] not in (mark, b""):
            closed = line.find(mark, place)
        place = closed + 1 if closed >= 0 else len(line) + 1
        cells += 1
    return cells


def _lines(content: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the lines, but empty ones, between two places."""
    for found in LINE_END.finditer(content, start, end):
        if found.start() > start:
            yield start, found.start()
        start = found.end()
    if start < end:
        yield start, end


def _shown(line: bytes) -> str:
    return cut(line[:400].replace(UNDECODED, b"?").decode("utf-8", errors="replace"))


def _row(content: bytes, start: int, mark: bytes, name: str, most: int) -> Span:
    """Return the row that begins at a place.

    Of a row with a stray quotation mark, or with more than so many cells, it is the first line.
    """
    end, following = _row_end(content, start)
    if content.find(QUOTE, start, end) < 0:
        return Span(end, following, content.count(mark, start, end) + 1, "", 0)
    first_line = (end, following)
    place, cells, inner = start, 1, 0
    while True:
        if content.startswith(QUOTE, place):
            place = _closed(content, place)
            if place < 0:
                line = len(LINE_END.findall(content, 0, start)) + 1
                raise UnreadableFile(
                    f"{name}: the quotation mark opened in line {line} is never closed (line 1 is "
                    "the header). The download was probably cut short: download it again, or mend "
                    "the quote."
                )
            if content[place : place + 1] not in (mark, b"\n", b"\r", b""):
                reason = "a quotation mark inside a quoted cell is not doubled"
                return Span(*first_line, cells, reason, 0)
            if place > end:
                end, following = _row_end(content, place)
        else:
            stop = content.find(mark, place, end)
            stop = end if stop < 0 else stop
            inner += content.find(QUOTE, place, stop) >= 0
            place = stop
        if place >= end:
            return Span(end, following, cells, "", inner)
        if cells == most:
            return Span(*first_line, cells, f"holds more than {most:,} cells", 0)
        cells += 1
        place += 1


def _row_end(content: bytes, start: int) -> tuple[int, int]:
    found = ROW_END.search(content, start)
    return found.span() if found else (len(content), len(content))


def _closed(content: bytes, opened: int) -> int:
    """Return the place behind the mark that closes a quoted cell; -1 where none does."""
    found = QUOTED.match(content, opened)
    return found.end() if found else -1
