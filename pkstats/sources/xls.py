"""Old Excel workbooks (.xls): how far their cells reach, by the records of the file."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from pkstats.errors import UnreadableFile

HEADER = 512
FREE = 0xFFFFFFFA
# The kinds of record that hold cells: row, column, and for several cells the last column.
CELLS = {0x0203, 0x0204, 0x0205, 0x027E, 0x00FD, 0x0006, 0x0206, 0x0406, 0x00D6, 0x0003, 0x0004}
SEVERAL = {0x00BD}
BLANK, BLANKS, DIMENSIONS = 0x0201, 0x00BE, 0x0200
BEGIN, SHEET = 0x0809, 0x0085


class Reach(NamedTuple):
    """How far a sheet's cells reach, and which of its rows (1 = first) hold something."""

    rows: int
    columns: int
    filled: set[int]


def reach(content: bytes, sheet: str | int, name: str) -> Reach:
    """Return how far the cells of the sheet, or of any when it is named, reach.

    Raises
    ------
    UnreadableFile
        When the file's records cannot be followed.
    """
    try:
        stream = _workbook(content)
        sheets = _sheets(stream)
    except (struct.error, IndexError, ValueError):
        sheets = []
    if not sheets:
        raise UnreadableFile(
            f"{name} looks like an old Excel workbook (.xls) but is damaged. Download it again, "
            "or save it as .xlsx."
        )
    rows, columns = max(found.rows for found in sheets), max(found.columns for found in sheets)
    filled = sheets[sheet].filled if isinstance(sheet, int) and sheet < len(sheets) else set()
    return Reach(rows, columns, filled)


def _workbook(content: bytes) -> bytes:
    """Return the stream of the workbook from the file's sectors."""
    size = 1 << struct.unpack_from("<H", content, 30)[0]
    if size not in (512, 4096):
        raise ValueError("sector size")
    most = len(content) // size + 1
    table: list[int] = []
    for sector in _table_sectors(content, size, most):
        table += struct.unpack_from(f"<{size // 4}I", content, (sector + 1) * size)

    def chain(sector: int) -> bytes:
        pieces: list[bytes] = []
        while sector < FREE and len(pieces) <= most:
            pieces.append(content[(sector + 1) * size : (sector + 2) * size])
            sector = table[sector]
        return b"".join(pieces)

    folder = chain(struct.unpack_from("<I", content, 48)[0])
    for start in range(0, len(folder) - 127, 128):
        length = struct.unpack_from("<H", folder, start + 64)[0]
        title = folder[start : start + max(length - 2, 0)].decode("utf-16-le", errors="replace")
        if title in ("Workbook", "Book"):
            return chain(struct.unpack_from("<I", folder, start + 116)[0])
    raise ValueError("no workbook")


def _table_sectors(content: bytes, size: int, most: int) -> list[int]:
    """Return the sectors that hold the table of which sector follows which."""
    sectors = list(struct.unpack_from("<109I", content, 76))
    further = struct.unpack_from("<I", content, 68)[0]
    while further < FREE and len(sectors) <= most:
        found = struct.unpack_from(f"<{size // 4}I", content, (further + 1) * size)
        sectors += found[:-1]
        further = found[-1]
    return [sector for sector in sectors if sector < FREE]


def _records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the kind, the place and the length of each record."""
    place = 0
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        yield kind, place + 4, length
        place += 4 + length


def _sheets(stream: bytes) -> list[Reach]:
    """Return how far the cells of each sheet reach, in the order of the workbook's list."""
    found: dict[int, Reach] = {}
    starts: list[int] = []
    now = Reach(0, 0, set())
    for kind, place, length in _records(stream):
        if kind == BEGIN:
            now = found.setdefault(place - 4, Reach(0, 0, set()))
            at = place - 4
        elif kind == SHEET and length >= 4:
            starts.append(struct.unpack_from("<I", stream, place)[0])
        elif kind == DIMENSIONS and length >= 14:
            _, rows, _, columns = struct.unpack_from("<IIHH", stream, place)
            now = found[at] = Reach(max(now.rows, rows), max(now.columns, columns), now.filled)
        elif kind in CELLS or kind in SEVERAL or kind in (BLANK, BLANKS):
            row, column = struct.unpack_from("<HH", stream, place)
            if kind in SEVERAL or kind == BLANKS:
                column = max(column, struct.unpack_from("<H", stream, place + length - 2)[0])
            if kind not in (BLANK, BLANKS):
                now.filled.add(row + 1)
            now = found[at] = Reach(
                max(now.rows, row + 1), max(now.columns, column + 1), now.filled
            )
    return [found[start] for start in starts if start in found]
