"""Delimited text: encodings, delimiters, headers, and cells as Arrow columns."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pkstats.errors import UnreadableFile
from pkstats.sources import limits
from pkstats.sources.records import LINE_END, UNDECODED

if TYPE_CHECKING:
    import pyarrow as pa

DELIMITERS = ",;\t"
WIDE = (
    ((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"), "utf-32"),
    ((b"\xff\xfe", b"\xfe\xff"), "utf-16"),
)
# A line, or what is left of it, from its first byte beyond ASCII.
BEYOND_ASCII = re.compile(rb"[\x80-\xff][^\r\n]*")
LOST = "\ufffd".encode()
SET_ASIDE = "pkstats.set_aside"
# The largest byte of an ASCII letter.
ASCII = 127
# Most files fit in one small block; a row longer than a block needs the large one.
SMALL_BLOCK, LARGE_BLOCK = 1 << 22, 1 << 26


def _undecoded(problem: UnicodeError) -> tuple[str, int]:
    """Stand in for bytes that are no text, so that their row is set aside."""
    assert isinstance(problem, UnicodeDecodeError)
    return UNDECODED.decode(), problem.end


codecs.register_error(SET_ASIDE, _undecoded)


def to_utf8(content: bytes, name: str, notes: list[str]) -> bytes:
    """Return text bytes as UTF-8 without byte-order mark; say in `notes` what was decoded.

    In a file that is UTF-8 but for a few lines, a byte that is none becomes `UNDECODED`: the row
    cannot be trusted, and no other row changes for it. Other files are Windows-1252.

    Raises
    ------
    UnreadableFile
        When the bytes are no text.
    """
    if content[:3] == b"\xef\xbb\xbf":
        notes.append("byte-order mark removed")
        content = content[3:]
    for marks, encoding in WIDE:
        if content.startswith(marks):
            notes.append(f"decoded from {encoding.upper()}")
            return content.decode(encoding, errors=SET_ASIDE).encode()
    if b"\x00" in content[:1000]:
        raise UnreadableFile(
            f"{name} is not text: expected a CSV, Excel or Stata file. "
            "Check that it is the publisher's file, or download it again."
        )
    try:
        content.decode()
    except UnicodeDecodeError:
        return _decoded(content, notes)
    return content


def _decoded(content: bytes, notes: list[str]) -> bytes:
    """Return text that is not UTF-8 throughout as UTF-8."""
    right, wrong = 0, 0
    for line in BEYOND_ASCII.findall(content):
        try:
            line.decode()
        except UnicodeDecodeError:
            wrong += 1
        else:
            right += 1
    if right >= wrong:
        notes.append(f"UTF-8, but for {wrong:,} lines with bytes that are none")
        return content.decode("utf-8", errors=SET_ASIDE).encode()
    notes.append("not UTF-8: decoded as Windows-1252 (Latin-1)")
    return content.decode("cp1252", errors="replace").encode()


def note_lost_letters(content: bytes, notes: list[str]) -> None:
    """Say how many letters stand in the text as the sign of what could not be decoded."""
    lost = content.count(LOST)
    if lost:
        notes.append(f"{lost:,} letters could not be decoded and stand as \ufffd")


def mended(content: bytes, garbled: Mapping[str, str], notes: list[str]) -> bytes:
    """Put the right spellings in place of garbled ones in UTF-8 text."""
    words = [(wrong.encode(), right.encode()) for wrong, right in garbled.items()]
    count, done, parts = 0, 0, []
    for spot in np.flatnonzero(np.frombuffer(content, dtype="uint8") > ASCII).tolist():
        if spot < done:
            continue
        start, end = content.rfind(b"\n", 0, spot) + 1, content.find(b"\n", spot)
        line = content[start : end if end >= 0 else len(content)]
        parts.append(content[done:start])
        done = start + len(line)
        for wrong, right in words:
            count += line.count(wrong)
            line = line.replace(wrong, right)
        parts.append(line)
    if not count:
        return content
    notes.append(f"{count} names garbled by mixed encodings were mended")
    return b"".join([*parts, content[done:]])


def arrow_text(
    content: bytes,
    columns: list[str],
    delimiter: str,
    numbers: Collection[str] = (),
    missing: Sequence[str] = (),
) -> pa.Table:
    """Parse good records into an Arrow table of strings with only `columns`.

    Columns in `numbers` are parsed as numbers at once (`missing`: spellings of "no value"), which
    saves making their strings; when one cell of them is no number, all columns come as strings for
    a closer look.
    """
    import pyarrow as pa

    try:
        return _arrow_csv(content, columns, delimiter, numbers, missing, SMALL_BLOCK)
    except pa.ArrowInvalid:
        return _arrow_csv(content, columns, delimiter, (), (), LARGE_BLOCK)


def _arrow_csv(
    content: bytes,
    columns: list[str],
    delimiter: str,
    numbers: Collection[str],
    missing: Sequence[str],
    block_size: int,
) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv as arrow

    # A stream is set up sooner than `read_csv`.
    return arrow.open_csv(
        pa.BufferReader(content),
        read_options=arrow.ReadOptions(use_threads=False, block_size=block_size),
        parse_options=arrow.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=arrow.ConvertOptions(
            include_columns=columns,
            column_types={
                name: pa.float64() if name in numbers else pa.large_string() for name in columns
            },
            null_values=["", *missing],
            strings_can_be_null=False,
            quoted_strings_can_be_null=True,
            # `to_utf8` has looked at every byte.
            check_utf8=False,
        ),
    ).read_all()


def text_header(content: bytes, delimiter: str) -> list[str]:
    """Return the first row of delimited text; nothing when it cannot be split into cells."""
    lines = io.TextIOWrapper(io.BytesIO(content), "utf-8", errors="replace", newline="")
    try:
        return next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error:
        return []


def sniff(content: bytes, overlap: Callable[[set[str]], float], name: str) -> tuple[list[str], str]:
    """Return the header of delimited text and the delimiter that makes the best one of it.

    `overlap` is the share of the wanted columns that folded cells hold; the number of cells
    decides between equals.

    Raises
    ------
    UnreadableFile
        When the line has more cells than `PKSTATS_MAX_COLUMNS`.
    """
    found = LINE_END.search(content)
    first = content[: found.start()] if found else content
    for mark in DELIMITERS:
        limits.check("PKSTATS_MAX_COLUMNS", first.count(mark.encode()) + 1, name)
    used = [mark for mark in DELIMITERS if mark.encode() in first] or [","]
    headers = [text_header(content, mark) for mark in used]
    pairs = list(zip(headers, used, strict=True))
    if len(pairs) == 1:
        return pairs[0]
    return max(pairs, key=lambda pair: (overlap(folded(pair[0])), len(pair[0])))


def folded(header: Iterable[str]) -> set[str]:
    """Return column names without case and blanks at the ends."""
    return {name.strip().casefold() for name in header}
