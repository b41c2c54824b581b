"""Excel workbooks: how far a sheet's cells reach is known before any reader takes memory for them."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import deque
from collections.abc import Callable, Iterable
from itertools import chain, islice
from typing import IO, Any, NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

from pkstats.errors import PkstatsError, UnreadableFile
from pkstats.sources import limits, xls
from pkstats.sources.files import ZIP
from pkstats.sources.records import Broken
from pkstats.sources.shape import PREAMBLE, is_header
from pkstats.sources.text import folded
from pkstats.sources.xls import Reach
from pkstats.text import cut

REFERENCE = re.compile(r"([A-Za-z]*)(\d*)")
# What makes a cell more than a format: a value, text in place, a formula.
CONTENT = {"v", "is", "f"}


class Sheet(NamedTuple):
    """A sheet's cells below the header, rows without any value left out.

    Attributes
    ----------
    name : str
    above : int
        Rows above the header.
    header : list of str
    columns : dict of str to list
        The wanted columns.
    total : int
        Rows below the header to which the file itself gives something.
    broken : list of Broken
        Those of them that are empty when read, such as formulas that were never computed.
    """

    name: str
    above: int
    header: list[str]
    columns: dict[str, list[Any]]
    total: int
    broken: list[Broken]


def read_sheet(
    content: bytes,
    sheet: str | int,
    name: str,
    score: Callable[[set[str]], float],
    choose: Callable[[list[str]], Iterable[str]],
) -> Sheet:
    """Return one sheet's columns with values as the workbook stores them.

    Parameters
    ----------
    content : bytes
    sheet : str or int
        Its name, or its place from 0 on.
    name : str
        The file, for messages.
    score : callable
        Share of the wanted columns that a row's cells (lower case) hold; the best of the first 40
        rows is the header.
    choose : callable
        Returns the columns wanted of a header.

    Raises
    ------
    UnreadableFile
        When the excel extra or the sheet is lacking, the workbook is damaged or passes a limit.
    """
    try:
        from python_calamine import CalamineWorkbook
    except ImportError:
        raise UnreadableFile(
            f"{name} is an Excel workbook; reading it needs the excel extra: "
            "pip install 'pkstats[excel]'."
        ) from None
    try:
        reach = (_reach_of_xlsx if content.startswith(ZIP) else xls.reach)(content, sheet, name)
        limits.check("PKSTATS_MAX_SHEET", reach.rows * reach.columns, name)
        limits.check("PKSTATS_MAX_COLUMNS", reach.columns, name)
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = book.sheet_names
        title = names[sheet] if isinstance(sheet, int) else sheet
        rows = book.get_sheet_by_name(title).iter_rows()
        return _collected(rows, title, reach, name, score, choose)
    except (PkstatsError, KeyboardInterrupt):
        raise
    except BaseException as problem:
        # A panic of the reader's own language is no Exception.
        raise UnreadableFile(
            f"{name} looks like an Excel workbook but cannot be opened ({cut(problem)}). "
            "Download it again."
        ) from None


def _collected(
    rows: Iterable[list[Any]],
    title: str,
    reach: Reach,
    name: str,
    score: Callable[[set[str]], float],
    choose: Callable[[list[str]], Iterable[str]],
) -> Sheet:
    left = iter(rows)
    first = list(islice(left, PREAMBLE))
    place, header = _header(first, score)
    if not header:
        raise UnreadableFile(f"{name}: the sheet {title!r} is empty. Check the workbook.")
    wanted = list(dict.fromkeys(choose(header)))
    places = [header.index(column) for column in wanted]
    cells: list[list[Any]] = [[] for _ in wanted]
    below = (row for row in reach.filled if row > place + 1)
    awaited = deque(sorted(below))
    broken: list[Broken] = []
    count = 0

    def note_empty(before: float) -> None:
        nonlocal count
        while awaited and awaited[0] < before:
            count += 1
            row = awaited.popleft()
            broken.append(Broken(count, "", f"row {row} of the sheet holds no stored value"))

    for number, row in enumerate(chain(first[place + 1 :], left), place + 2):
        if all(cell in ("", None) for cell in row):
            continue
        note_empty(number)
        if awaited and awaited[0] == number:
            awaited.popleft()
        count += 1
        for column, at in zip(cells, places, strict=True):
            column.append(_plain(row[at]))
    note_empty(float("inf"))
    limits.check("PKSTATS_MAX_ROWS", count, name)
    columns = dict(zip(wanted, cells, strict=True))
    return Sheet(title, place, header, columns, count, broken)


def _header(first: list[list[Any]], score: Callable[[set[str]], float]) -> tuple[int, list[str]]:
    """Return the place and the cells of the header among a sheet's first rows."""
    best, found, header = -1.0, -1, [""]
    for place, row in enumerate(first):
        cells = [str(_plain(cell)) for cell in row]
        if not any(cells):
            continue
        share = score(folded(cells))
        if is_header(share, best, first=found < 0):
            best, found, header = share, place, cells
    return found, header if found >= 0 else []


def _plain(cell: Any) -> Any:
    """Return a cell; whole numbers, which Excel stores like any other, as such."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _reach_of_xlsx(content: bytes, sheet: str | int, name: str) -> Reach:
    """Look through a sheet's XML; what the workbook says of the sheet's size may be wrong."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        total = 0
        for member in book.infolist():
            with book.open(member) as stream:
                total += limits.measured(stream, name)
            limits.check("PKSTATS_MAX_BYTES", total, name)
        if "xl/workbook.xml" not in book.namelist():
            raise UnreadableFile(
                f"{name} is a workbook in Excel's binary form: expected .xlsx. "
                "Save it as .xlsx or as CSV (UTF-8)."
            )
        with book.open(_part(book, sheet, name)) as stream:
            return _reach(stream)


def _part(book: zipfile.ZipFile, sheet: str | int, name: str) -> str:
    """Return the name of the archive's part that holds a sheet."""
    root = ElementTree.fromstring(book.read("xl/workbook.xml"))
    sheets = [item.attrib for item in root.iter() if _bare(item.tag) == "sheet"]
    titles = [attributes.get("name", "") for attributes in sheets]
    place = sheet if isinstance(sheet, int) else titles.index(sheet) if sheet in titles else -1
    if not 0 <= place < len(sheets):
        raise UnreadableFile(
            f"{name}: expected the sheet {sheet!r}; it has {', '.join(map(cut, titles[:8]))}. "
            "Check that this is the right workbook."
        )
    key = next(value for key, value in sheets[place].items() if _bare(key) == "id")
    relations = ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
    target = next(item.attrib["Target"] for item in relations if item.attrib.get("Id") == key)
    return posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")


def _bare(tag: str) -> str:
    """Return a name without its namespace."""
    return re.split("[}:]", tag)[-1]


def _reach(stream: IO[bytes]) -> Reach:
    row = column = rows = columns = 0
    filled: set[int] = set()

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, rows, columns
        tag = tag.rpartition(":")[2]
        if tag == "c":
            letters, digits = _reference(attributes.get("r", ""))
            row, column = digits or row, letters or column + 1
        elif tag == "row":
            stated = attributes.get("r", "")
            row, column = int(stated) if stated.isdigit() else row + 1, 0
        elif tag in CONTENT:
            rows, columns = max(rows, row), max(columns, column)
            filled.add(row)

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.ParseFile(stream)
    return Reach(rows, columns, filled)


def _reference(cell: str) -> tuple[int, int]:
    """Return column and row of a reference such as ``"B7"``; 0 where it names none."""
    match = REFERENCE.match(cell)
    letters, digits = match.groups() if match else ("", "")
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return column, int(digits or 0)
