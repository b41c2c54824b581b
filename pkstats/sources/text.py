"""Delimited text: encodings, delimiters, headers, and cells as Arrow columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pkstats.errors import UnreadableFile

if TYPE_CHECKING:
    import pyarrow as pa

DELIMITERS = ",;\t"
PIECE = 1 << 12
# The largest byte of an ASCII letter.
ASCII = 127
# The last quotes of a text are looked for in so many of its last bytes, then further up.
QUOTED = 1 << 16
# Most files fit in one small block; a row longer than a block needs the large one.
SMALL_BLOCK, LARGE_BLOCK = 1 << 22, 1 << 26


def to_utf8(content: bytes, name: str, notes: list[str]) -> bytes:
    """Return text bytes as UTF-8 without byte-order mark; say in `notes` what was decoded.

    Raises
    ------
    UnreadableFile
        When the bytes are no text.
    """
    if content[:3] == b"\xef\xbb\xbf":
        notes.append("byte-order mark removed")
        content = content[3:]
    if content[:4] in (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"):
        notes.append("decoded from UTF-32")
        return content.decode("utf-32", errors="replace").encode()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        notes.append("decoded from UTF-16")
        return content.decode("utf-16", errors="replace").encode()
    if b"\x00" in content[:1000]:
        raise UnreadableFile(
            f"{name} is not text: expected a CSV, Excel or Stata file. "
            "Check that it is the publisher's file, or download it again."
        )
    if content.isascii():
        return content
    view, starts = memoryview(content), _beyond_ascii(content)
    if _is_utf8(view[starts[0] :]):
        return content
    notes.append("not UTF-8: decoded as Windows-1252 (Latin-1)")
    # Most pieces are ASCII and left alone.
    done, parts = 0, []
    for start in starts:
        piece = content[start : start + PIECE].decode("cp1252", errors="replace").encode()
        parts += [view[done:start], memoryview(piece)]
        done = start + PIECE
    return b"".join([*parts, view[done:]])


def _beyond_ascii(content: bytes) -> list[int]:
    """Return where the pieces of text begin that hold a byte beyond ASCII."""
    # As signed numbers such bytes are negative.
    lowest = np.minimum.reduceat(np.frombuffer(content, "int8"), np.arange(0, len(content), PIECE))
    return (PIECE * np.flatnonzero(lowest < 0)).tolist()


def _is_utf8(content: memoryview) -> bool:
    """Tell whether bytes are UTF-8; Arrow looks at them ten times as fast as decoding does."""
    import pyarrow as pa

    ends = pa.py_buffer(np.array([0, len(content)]))
    buffers = [None, ends, pa.py_buffer(content)]
    try:
        pa.Array.from_buffers(pa.large_binary(), 1, buffers).cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


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
    bad: list[Any],
    numbers: Collection[str] = (),
    missing: Sequence[str] = (),
) -> pa.Table:
    """Parse delimited text into an Arrow table of strings with only `columns`.

    Rows with too many or too few cells are appended to `bad` and skipped. Columns in `numbers` are
    parsed as numbers at once (`missing`: spellings of "no value"), which saves making their
    strings; when one cell of them is no number, all columns come as strings for a closer look.
    """
    import pyarrow as pa

    def skip(row: Any) -> str:
        bad.append(row)
        return "skip"

    try:
        return _arrow_csv(content, columns, delimiter, skip, numbers, missing, SMALL_BLOCK)
    except pa.ArrowInvalid:
        bad.clear()
        return _arrow_csv(content, columns, delimiter, skip, (), (), LARGE_BLOCK)


def _arrow_csv(
    content: bytes,
    columns: list[str],
    delimiter: str,
    skip: Callable[[Any], str],
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
        parse_options=arrow.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip
        ),
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


def sniff(content: bytes, overlap: Callable[[set[str]], float]) -> tuple[list[str], str]:
    """Return the header of delimited text and the delimiter that makes the best one of it.

    `overlap` is the share of the wanted columns that folded cells hold; the number of cells
    decides between equals.
    """
    end = content.find(b"\n")
    first = content[:end] if end >= 0 else content
    used = [mark for mark in DELIMITERS if mark.encode() in first] or [","]
    headers = [text_header(content, mark) for mark in used]
    pairs = list(zip(headers, used, strict=True))
    if len(pairs) == 1:
        return pairs[0]
    return max(pairs, key=lambda pair: (overlap(folded(pair[0])), len(pair[0])))


def folded(header: Iterable[str]) -> set[str]:
    """Return column names without case and blanks at the ends."""
    return {name.strip().casefold() for name in header}


def check_quotes(content: bytes, delimiter: str, name: str, notes: list[str]) -> None:
    """Refuse text with a quote that is never closed: it would swallow the rows below it.

    Raises
    ------
    UnreadableFile
    """
    if b'"' not in content:
        return
    letters = np.frombuffer(content, dtype="uint8")
    marks = letters == ord('"')
    if np.count_nonzero(marks) % 2 == 0:
        return
    opened = closed = 0
    for end in range(len(letters), 0, -QUOTED):
        start = max(end - QUOTED, 0)
        quotes = np.flatnonzero(marks[start:end]) + start
        before, after = (letters.take(quotes + step, mode="clip") for step in (-1, 1))
        outside = (before == ord(delimiter)) | (before == ord("\n"))
        beyond = (after == ord(delimiter)) | (after == ord("\n")) | (after == ord("\r"))
        opened = opened or int(quotes[outside].max(initial=0))
        closed = closed or int(quotes[beyond].max(initial=0))
        if opened and closed:
            break
    if opened > closed and not content.endswith(b'"', opened + 1):
        line = content.count(b"\n", 0, opened) + 1
        raise UnreadableFile(
            f"{name}: the quotation mark opened in line {line} is never closed. "
            "The download was probably cut short: download it again, or mend the quote."
        )
    notes.append("odd number of quotation marks: a quoted cell may hold more than one line")
