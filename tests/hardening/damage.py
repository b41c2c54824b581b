"""Ways in which a file comes spoiled, and what is known of each: its rows, and which were touched."""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec

import pandas as pd

from pkstats.sources import layout
from tests.hardening.seeds import Seed

HOSTILE = (
    "", " ", "NA", "N/A", "None", "nan", "-99", "-999", "0", "-0", "1e308", "-1e308", "1e309", "inf",
    "-Infinity", "NaN", "9007199254740993", "9" * 20, "9" * 400, "1,234", "1.234,5", "0x1F", "1_000",
    "0.5", "1e3", "½", "٣", "٢٠٠١", "2026-02-30", "31/12/2001", "12/31/01", "1/2/3", "0000-00-00",
    "9999-12-31", "1066-01-01", "2001-01-01T00:00:00Z", "=HYPERLINK(1)", "+1", "@x", "<b>x</b>",
    "\\input{x}", "'", "''", "\\", "\x00", "\x1b[31m", "\ufeff", "\u202e", "e\u0301", "ß", "İ", "🕊",
    "x" * 5_000, "a;b;c", "2;200;900", "TRUE", "yes", "#REF!", "#country+code", "{}", "[1]", "null",
)  # fmt: skip
BEGINNINGS = {
    "none": b"",
    "zip": b"PK\x03\x04",
    "gzip": b"\x1f\x8b\x08",
    "old workbook": b"\xd0\xcf\x11\xe0",
    "Stata": b"<stata_dta>",
    "UTF-16": b"\xff\xfe",
    "JSON": b"{",
    "a web page": b"<!DOCTYPE html>",
    "pointer of large-file storage": b"version https://git-lfs",
    "PDF": b"%PDF-1.4",
    "R": b"RDX3\n",
    "xz": b"\xfd7zXZ",
}
ENCODINGS = (
    "utf-8-sig",
    "utf-16",
    "utf-32",
    "utf-16-le",
    "cp1252",
    "latin-1",
    "cp1251",
    "shift-jis",
)
FIRST_SIGN = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Spoiled:
    """A spoiled file.

    Attributes
    ----------
    lines : int or None
        Rows it has, counted from its lines; None where that cannot be said.
    touched : int or None
        How many rows may read otherwise than in the whole file; None where all may.
    columns : frozenset of str
        Tidy columns that may read otherwise in every row.
    """

    content: bytes
    suffix: str
    damage: str
    lines: int | None
    touched: int | None
    columns: frozenset[str] = frozenset()


Grid = list[list[str]]


def whole(seed: Seed) -> Spoiled:
    """Return the whole file, as comma-separated UTF-8."""
    content = as_text([list(seed.header), *map(list, seed.rows)])
    return Spoiled(content.encode(), ".csv", "none", len(seed.rows), 0)


def spoil(seed: Seed, rng: random.Random) -> Spoiled:
    """Return the file spoiled in one way, or in two of the ways that leave rows countable."""
    ways = list(WAYS)
    return rng.choice(ways)(seed, rng)


def as_text(
    rows: Grid, delimiter: str = ",", end: str = "\n", quoting: int = csv.QUOTE_MINIMAL
) -> str:
    """Return rows as delimited text."""
    sink = io.StringIO()
    csv.writer(sink, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return sink.getvalue()


def count_rows(text: str) -> int | None:
    """Return the lines below the header that are not empty; None where the header is another one."""
    lines = FIRST_SIGN.split(text)
    return sum(bool(line) for line in lines[1:])


def _grid(seed: Seed) -> Grid:
    return [list(row) for row in seed.rows]


def _text(
    seed: Seed, rows: Grid, damage: str, touched: int | None, lines: int | None = None
) -> Spoiled:
    content = as_text([list(seed.header), *rows])
    return Spoiled(content.encode(), ".csv", damage, len(rows) if lines is None else lines, touched)


# Cells and rows


def hostile_cells(seed: Seed, rng: random.Random) -> Spoiled:
    """Odd values in one to three cells."""
    rows, count = _grid(seed), rng.randint(1, 3)
    for _ in range(count):
        row = rng.randrange(len(rows))
        rows[row][rng.randrange(len(seed.header))] = rng.choice(HOSTILE)
    return _text(seed, rows, "odd cells", count)


def cell_of_lines(seed: Seed, rng: random.Random) -> Spoiled:
    """A well quoted cell of two lines."""
    rows, row = _grid(seed), rng.randrange(len(seed.rows))
    rows[row][rng.randrange(len(seed.header))] = "first line\nsecond line"
    return replace(_text(seed, rows, "cell of two lines", 2), lines=None)


def short_or_long_row(seed: Seed, rng: random.Random) -> Spoiled:
    """A row with cells too few or too many."""
    rows, row = _grid(seed), rng.randrange(len(seed.rows))
    if rng.random() < 0.5:
        del rows[row][rng.randrange(len(rows[row]))]
    else:
        rows[row].insert(rng.randrange(len(rows[row]) + 1), rng.choice(HOSTILE[:20]))
    if len(rows[row]) == 1 and not rows[row][0]:
        rows[row][0] = "x"
    return _text(seed, rows, "row of another width", 1)


def rows_gone_or_again(seed: Seed, rng: random.Random) -> Spoiled:
    """Rows left out, repeated, moved or put in between."""
    rows = _grid(seed)
    match rng.randrange(4):
        case 0:
            del rows[rng.randrange(len(rows))]
        case 1:
            rows.insert(rng.randrange(len(rows) + 1), list(rng.choice(rows)))
        case 2:
            rng.shuffle(rows)
        case _:
            rows.insert(rng.randrange(len(rows) + 1), ["total", *[""] * (len(seed.header) - 1)])
    return _text(seed, rows, "rows gone, again, moved", 1)


def blank_lines(seed: Seed, rng: random.Random) -> Spoiled:
    """Empty lines between rows and at the end."""
    lines = as_text([list(seed.header), *_grid(seed)]).splitlines()
    for _ in range(rng.randint(1, 3)):
        lines.insert(rng.randint(1, len(lines)), "")
    text = "\n".join(lines) + "\n" * rng.randint(0, 3)
    return Spoiled(text.encode(), ".csv", "blank lines", len(seed.rows), 0)


# Quotes


def stray_quote(seed: Seed, rng: random.Random) -> Spoiled:
    """One quotation mark somewhere below the header."""
    text = as_text([list(seed.header), *_grid(seed)])
    place = rng.randint(text.index("\n") + 1, len(text))
    text = f'{text[:place]}"{text[place:]}'
    return Spoiled(text.encode(), ".csv", "stray quote", _lines_if_plain(seed, text), 1)


def paired_quotes(seed: Seed, rng: random.Random) -> Spoiled:
    """Two quotation marks in two rows, at the edges of cells: rows between them may be swallowed."""
    rows = _grid(seed)
    first, last = sorted(rng.sample(range(len(rows)), 2))
    column = rng.randrange(len(seed.header))
    lines = as_text(rows).splitlines()
    if any('"' in line for line in lines):
        return stray_quote(seed, rng)
    cells = [line.split(",") for line in lines]
    cells[first][column] = '"' + cells[first][column]
    cells[last][rng.choice((column, rng.randrange(len(seed.header))))] += '"'
    text = "\n".join([as_text([list(seed.header)]).rstrip("\n"), *map(",".join, cells)]) + "\n"
    return Spoiled(text.encode(), ".csv", "paired quotes", len(rows), last - first + 1)


def _lines_if_plain(seed: Seed, text: str) -> int | None:
    """Return the rows of a text in which no cell of the seed holds a line end."""
    return None if any("\n" in cell for row in seed.rows for cell in row) else count_rows(text)


# Columns


def column_gone_or_renamed(seed: Seed, rng: random.Random) -> Spoiled:
    """A column left out, renamed, repeated or moved."""
    header, rows = list(seed.header), _grid(seed)
    place = rng.randrange(len(header))
    name = header[place]
    match rng.randrange(4):
        case 0:
            del header[place]
            rows = [row[:place] + row[place + 1 :] for row in rows]
        case 1:
            header[place] = rng.choice(
                ("", "x", f"{name} ", name.upper(), f"{name}_2", "🕊", name[1:])
            )
        case 2:
            header.append(name)
            rows = [[*row, rng.choice(HOSTILE[:9])] for row in rows]
        case _:
            order = list(range(len(header)))
            rng.shuffle(order)
            header = [header[number] for number in order]
            rows = [[row[number] for number in order] for row in rows]
    content = as_text([header, *rows]).encode()
    touched = None if len(header) < 2 else 0
    return Spoiled(content, ".csv", "columns", len(rows), touched, _tidy_of(seed.kind, name))


@lru_cache
def _tidy_of(kind: str, name: str) -> frozenset[str]:
    """Return the tidy columns that come of a publisher's column, and those that hooks make."""
    fields = layout(kind).fields
    folded = name.strip().casefold()
    touched = {
        field.name
        for field in fields
        if folded in {one.strip().casefold() for one in (*field.column, *field.month_column)}
        or field.wide_years
    }
    return frozenset(touched | _made_by_hooks(kind))


@lru_cache
def _made_by_hooks(kind: str) -> frozenset[str]:
    plan = layout(kind)
    return frozenset(HOOKED.get(kind, ())) | (frozenset({"year"}) if plan.module else frozenset())


# Columns that a publisher's module makes of several of the publisher's: a copy of the conflicts
# without one start date has the episode's under the other's name.
HOOKED = {"conflicts": ("start_date", "episode_start_date")}


# Bytes


def bytes_flipped(seed: Seed, rng: random.Random) -> Spoiled:
    """One byte of the rows is another."""
    content = bytearray(whole(seed).content)
    start = content.index(b"\n") + 1
    place = rng.randrange(start, len(content))
    content[place] = rng.choice((content[place] ^ (1 << rng.randrange(8)), rng.randrange(256)))
    return _of_bytes(seed, bytes(content), "byte changed", 2)


def bytes_gone(seed: Seed, rng: random.Random) -> Spoiled:
    """Some bytes of the rows are gone."""
    content = whole(seed).content
    start = content.index(b"\n") + 1
    low = rng.randrange(start, len(content))
    high = min(len(content), low + rng.choice((1, 2, 10, 100)))
    lost = content[low:high].count(b"\n")
    return _of_bytes(seed, content[:low] + content[high:], "bytes gone", 2 + lost)


def bytes_put_in(seed: Seed, rng: random.Random) -> Spoiled:
    """Some bytes are put in between the rows."""
    content = whole(seed).content
    start = content.index(b"\n") + 1
    place = rng.randrange(start, len(content) + 1)
    more = bytes(rng.randrange(256) for _ in range(rng.choice((1, 2, 8))))
    added = content[:place] + more + content[place:]
    return _of_bytes(seed, added, "bytes put in", 2 + more.count(b"\n") + more.count(b"\r"))


def cut_short(seed: Seed, rng: random.Random) -> Spoiled:
    """The end is missing."""
    content = whole(seed).content
    end = rng.randrange(content.index(b"\n") + 1, len(content))
    return _of_bytes(seed, content[:end], "cut short", 1)


def header_spoiled(seed: Seed, rng: random.Random) -> Spoiled:
    """Bytes of the header are others."""
    content = bytearray(whole(seed).content)
    for _ in range(rng.randint(1, 3)):
        content[rng.randrange(content.index(b"\n") if b"\n" in content else 1)] = rng.randrange(256)
    return Spoiled(bytes(content), ".csv", "header spoiled", None, None)


def noise(seed: Seed, rng: random.Random) -> Spoiled:
    """Bytes at random, behind the beginning of a file of some kind."""
    starts = tuple(BEGINNINGS.values())
    suffix = rng.choice((".csv", ".xlsx", ".xls", ".dta", ".zip", ".gz", ".txt", ""))
    content = rng.choice(starts) + bytes(rng.randrange(256) for _ in range(rng.randrange(400)))
    return Spoiled(content, suffix, "noise", None, None)


def _of_bytes(seed: Seed, content: bytes, damage: str, touched: int) -> Spoiled:
    text = content.decode("utf-8", errors="replace")
    lines = _lines_if_plain(seed, text)
    if lines is not None and lines > len(seed.rows) and any('"' in row for row in _quoted(seed)):
        lines = None  # the new line end may lie in a quoted cell, which it does not end
    return Spoiled(content, ".csv", damage, lines, touched)


@lru_cache(maxsize=256)
def _quoted(seed: Seed) -> tuple[str, ...]:
    """Return the rows as lines, quoted where they have to be."""
    return tuple(as_text(_grid(seed)).splitlines())


# Encodings, delimiters, line ends


def another_encoding(seed: Seed, rng: random.Random) -> Spoiled:
    """Written in another encoding."""
    text, encoding = whole(seed).content.decode(), rng.choice(ENCODINGS)
    content = text.encode(encoding, errors="replace")
    same = encoding.startswith("utf-8") or encoding in ("utf-16", "utf-32")
    same = same or (text.isascii() and encoding != "utf-16-le")
    return Spoiled(content, ".csv", f"encoding {encoding}", len(seed.rows), 0 if same else None)


def another_shape(seed: Seed, rng: random.Random) -> Spoiled:
    """Another delimiter, other line ends, all cells quoted, lines above the header."""
    grid = [list(seed.header), *_grid(seed)]
    delimiter, end = rng.choice(",;\t"), rng.choice(("\n", "\r\n", "\r"))
    quoting = rng.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    text = as_text(grid, delimiter, end, quoting)
    if rng.random() < 0.3:
        text = f"Downloaded by hand{end}{end}{text}"
    return Spoiled(text.encode(), ".csv", "delimiters, ends", len(seed.rows), 0)


# Archives, workbooks, Stata, R


def archive(seed: Seed, rng: random.Random) -> Spoiled:
    """Gzip or zip, whole, flipped or cut short."""
    content = whole(seed).content
    if rng.random() < 0.5:
        packed, suffix = gzip.compress(content, mtime=0), ".csv.gz"
    else:
        packed, suffix = _zipped({"table.csv": content, "readme.md": b"x"}), ".zip"
    return _damaged(packed, suffix, "archive", seed, rng)


def _zipped(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def workbook(seed: Seed, rng: random.Random) -> Spoiled:
    """An Excel workbook: odd cells of every type, a stray cell, or damaged bytes."""
    from openpyxl import Workbook

    plan, book = layout(seed.kind), Workbook()
    sheet = book.active
    if isinstance(plan.sheet, str):
        sheet.title = plan.sheet
    cells = [[_clean(cell) for cell in row] for row in [list(seed.header), *_grid(seed)]]
    touched = 0
    kind = rng.randrange(3)
    if kind == 0:
        touched = rng.randint(1, 3)
        for _ in range(touched):
            row = rng.randrange(1, len(cells))
            cells[row][rng.randrange(len(seed.header))] = rng.choice(TYPED)
    for row in cells:
        sheet.append(row)
    if kind == 1:
        sheet.cell(rng.choice((100, 20_000)), rng.choice((1, 60, 900)), "x")
    sink = io.BytesIO()
    book.save(sink)
    if kind == 2:
        return _damaged(sink.getvalue(), ".xlsx", "workbook", seed, rng)
    lines = len(seed.rows) if kind == 0 else None
    return Spoiled(sink.getvalue(), ".xlsx", "workbook", lines, touched + kind)


TYPED = (None, True, 0.5, -1, 1e300, 10**15, "#REF!", "x", "=1+1", "2001-01-01", 45000.25)


def _clean(cell: str) -> object:
    return "".join(sign for sign in cell if sign >= " ") or None


def stata(seed: Seed, rng: random.Random) -> Spoiled:
    """A Stata file, flipped or cut short."""
    packed = as_stata(seed)
    if packed is None:
        return bytes_flipped(seed, rng)
    return _unchecked(packed, ".dta", "stata", rng)


@lru_cache(maxsize=128)
def as_stata(seed: Seed) -> bytes | None:
    names = [re.sub(r"\W", "_", name)[:32] for name in seed.header]
    if list(seed.header) != names or len(set(names)) != len(names):
        return None
    frame = pd.DataFrame(list(seed.rows), columns=names)
    for name in frame:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        frame[name] = numbers if numbers.notna().all() else frame[name].astype("object")
    sink = io.BytesIO()
    try:
        frame.to_stata(sink, write_index=False, version=118)
    except (ValueError, TypeError):
        return None
    return sink.getvalue()


def r_copy(seed: Seed, rng: random.Random) -> Spoiled:
    """An R file, flipped or cut short; a Stata file where R cannot be written here."""
    packed = _r_copy(seed) if find_spec("pyreadr") else None
    if packed is None:
        return stata(seed, rng)
    return _unchecked(packed, ".rds", "r", rng)


@lru_cache(maxsize=128)
def _r_copy(seed: Seed) -> bytes | None:
    import tempfile
    from pathlib import Path

    import pyreadr

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.rds"
        pyreadr.write_rds(str(path), pd.DataFrame(list(seed.rows), columns=list(seed.header)))
        return path.read_bytes()


def _damaged(packed: bytes, suffix: str, damage: str, seed: Seed, rng: random.Random) -> Spoiled:
    """Damage a file that carries checksums: it is read as it was, or refused."""
    content = _hurt(packed, rng)
    return Spoiled(content, suffix, damage, len(seed.rows), 0)


def _unchecked(packed: bytes, suffix: str, damage: str, rng: random.Random) -> Spoiled:
    """Damage a file without checksums: what it holds then cannot be told."""
    return Spoiled(_hurt(packed, rng), suffix, damage, None, None)


def _hurt(packed: bytes, rng: random.Random) -> bytes:
    match rng.randrange(5):
        case 0:
            return packed
        case 1:
            return packed[: rng.randrange(1, len(packed))]
        case 2:
            return packed + bytes(rng.randrange(1, 20))
        case _:
            content = bytearray(packed)
            for _ in range(rng.randint(1, 3)):
                content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            return bytes(content)


WAYS: tuple[Callable[[Seed, random.Random], Spoiled], ...] = (
    hostile_cells, hostile_cells, hostile_cells, cell_of_lines, short_or_long_row, rows_gone_or_again,
    blank_lines, stray_quote, paired_quotes, column_gone_or_renamed, column_gone_or_renamed,
    bytes_flipped, bytes_flipped, bytes_gone, bytes_put_in, cut_short, header_spoiled, noise,
    another_encoding, another_shape, archive, archive, workbook, workbook, stata, r_copy,
)  # fmt: skip
