"""Open a publisher file whatever it really is, and say plainly when it cannot be opened."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkstats.errors import UnreadableFile

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

TEXT_SUFFIXES = {".csv", ".tsv", ".tab", ".txt"}
EXCEL_OLD = b"\xd0\xcf\x11\xe0"
# A small block stays in the processor's cache; a row longer than a block needs the large one.
SMALL_BLOCK, LARGE_BLOCK = 1 << 20, 1 << 24


def read_bytes(path: Path) -> bytes:
    """Return the file's content, decompressed when it is gzip or a zip with one table inside.

    Raises
    ------
    UnreadableFile
        When the file is missing, a folder, empty, truncated or a zip without a table.
    """
    if not path.exists():
        raise UnreadableFile(f"Expected a file at {path}; there is none. Check the path.")
    if path.is_dir():
        raise UnreadableFile(f"Expected a file; {path} is a folder. Name the file inside it.")
    content = path.read_bytes()
    if not content:
        raise UnreadableFile(f"{path.name} is empty (0 bytes). Download it again.")
    try:
        if content[:2] == b"\x1f\x8b":
            return gzip.decompress(content)
        if content[:4] == b"PK\x03\x04" and not is_excel(content):
            return _from_zip(content, path.name)
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as problem:
        raise UnreadableFile(
            f"{path.name} is a compressed file that ends too early or is damaged ({problem}). "
            "The download was probably cut short: download it again."
        ) from None
    return content


def is_excel(content: bytes) -> bool:
    """Tell whether bytes are an Excel workbook (.xlsx or .xls)."""
    if content[:4] == EXCEL_OLD:
        return True
    if content[:4] != b"PK\x03\x04":
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except zipfile.BadZipFile:
        return b"xl/" in content[:4096]


def _from_zip(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        inside = [
            member
            for member in archive.namelist()
            if Path(member).suffix.lower() in TEXT_SUFFIXES
            and not Path(member).name.startswith(("Metadata", "."))
        ]
        if not inside:
            raise UnreadableFile(
                f"{name} is a zip archive without a .csv table inside. "
                f"It holds: {', '.join(archive.namelist()[:5])}."
            )
        biggest = max(inside, key=lambda member: archive.getinfo(member).file_size)
        return archive.read(biggest)


def to_utf8(content: bytes, notes: list[str]) -> bytes:
    """Return text bytes as UTF-8 without byte-order mark; say in `notes` what was decoded."""
    if content[:3] == b"\xef\xbb\xbf":
        notes.append("byte-order mark removed")
        return content[3:]
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        notes.append("decoded from UTF-16")
        return content.decode("utf-16").encode()
    if not _is_utf8(content):
        notes.append("not UTF-8: decoded as Windows-1252 (Latin-1)")
        return content.decode("cp1252", errors="replace").encode()
    return content


def _is_utf8(content: bytes) -> bool:
    """Tell whether bytes are UTF-8, without making a Python string of a large file."""
    import pyarrow as pa

    ends = b"".join(end.to_bytes(8, "little") for end in (0, len(content)))
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(content)]
    try:
        pa.Array.from_buffers(pa.large_binary(), 1, buffers).cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def excel_frame(content: bytes, sheet: str | int, header_row: int, name: str) -> pd.DataFrame:
    """Return one sheet with values as the workbook stores them, nothing read as missing text."""
    import pandas as pd

    try:
        return pd.read_excel(
            io.BytesIO(content),
            sheet_name=sheet,
            header=header_row,
            engine="calamine",
            keep_default_na=False,
        )
    except ImportError:
        raise UnreadableFile(
            f"{name} is an Excel workbook; reading it needs the excel extra: "
            "pip install 'pkstats[excel]'."
        ) from None
    except ValueError as problem:
        raise UnreadableFile(
            f"{name}: expected the sheet {sheet!r}; {problem}. Check that this is the right workbook."
        ) from None
    except Exception as problem:
        raise UnreadableFile(
            f"{name} looks like an Excel workbook but cannot be opened ({problem}). "
            "Download it again."
        ) from None


def stata_frame(content: bytes, name: str) -> pd.DataFrame:
    """Return a Stata file with plain codes instead of labelled categories."""
    import pandas as pd

    try:
        return pd.read_stata(io.BytesIO(content), convert_categoricals=False)
    except Exception as problem:
        raise UnreadableFile(
            f"{name} is not a Stata file pandas can open ({problem}). Download it again."
        ) from None


def r_frame(path: Path) -> pd.DataFrame:
    """Return the (largest) frame of an .rda or .rds file; needs pyreadr, which is dev-only."""
    try:
        import pyreadr
    except ImportError:
        raise UnreadableFile(
            f"{path.name} is an R file. Use the publisher's CSV release, or install pyreadr "
            "(AGPL, development only) to open R copies."
        ) from None
    try:
        objects: dict[Any, Any] = pyreadr.read_r(str(path))
    except Exception as problem:
        raise UnreadableFile(f"{path.name} cannot be opened as an R file ({problem}).") from None
    return max(objects.values(), key=len)


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
    from pyarrow import csv

    return csv.read_csv(
        pa.BufferReader(content),
        read_options=csv.ReadOptions(use_threads=False, block_size=block_size),
        parse_options=csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip
        ),
        convert_options=csv.ConvertOptions(
            include_columns=columns,
            column_types={
                name: pa.float64() if name in numbers else pa.string() for name in columns
            },
            null_values=["", *missing],
            strings_can_be_null=False,
            quoted_strings_can_be_null=True,
        ),
    )


def arrow_header(content: bytes, delimiter: str) -> list[str]:
    """Return the column names of delimited text."""
    import csv as text

    start = io.StringIO(content[: 1 << 18].decode("utf-8", errors="replace"), newline="")
    return next(iter(text.reader(start, delimiter=delimiter)), [])
