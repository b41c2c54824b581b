"""Open a publisher file whatever it really is, and say plainly when it cannot be opened."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkstats.errors import PkstatsError, UnreadableFile

if TYPE_CHECKING:
    import pandas as pd

TEXT_SUFFIXES = {".csv", ".tsv", ".tab", ".txt"}
# So many bytes of a table hold its header.
BEGINNING = 1 << 16
# A Stata file begins like this or, before release 13, with its release and its order of bytes.
STATA_MARK, STATA_RELEASES, STATA_ORDERS = b"<stata_dta>", range(102, 116), (1, 2)
EXCEL_OLD = b"\xd0\xcf\x11\xe0"


def read_bytes(path: Path, fit: Callable[[bytes], float]) -> bytes:
    """Return the file's content, decompressed when it is gzip or a zip with a table inside.

    Parameters
    ----------
    path : Path
    fit : callable
        How well the beginning of a table fits the reader: a zip may hold several tables. The
        largest decides between equals.

    Raises
    ------
    UnreadableFile
        When the file is missing, a folder, empty, truncated or a zip without a table.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise UnreadableFile(f"Expected a file at {path}; there is none. Check the path.") from None
    except IsADirectoryError:
        raise UnreadableFile(
            f"Expected a file; {path} is a folder. Name the file inside it."
        ) from None
    except OSError as problem:
        raise UnreadableFile(
            f"{path} cannot be opened ({problem.strerror}). Check the path and its permissions."
        ) from None
    if not content:
        raise UnreadableFile(f"{path.name} is empty (0 bytes). Download it again.")
    try:
        if content[:2] == b"\x1f\x8b":
            return gzip.decompress(content)
        if content[:4] == b"PK\x03\x04" and not is_excel(content):
            return _from_zip(content, path.name, fit)
    except (EOFError, OSError, zlib.error, zipfile.BadZipFile) as problem:
        raise UnreadableFile(
            f"{path.name} is a compressed file that ends too early or is damaged ({problem}). "
            "The download was probably cut short: download it again."
        ) from None
    except (NotImplementedError, RuntimeError) as problem:
        raise UnreadableFile(
            f"{path.name} is a zip archive that cannot be opened ({problem}). "
            "Unpack it and name the table inside."
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


def _from_zip(content: bytes, name: str, fit: Callable[[bytes], float]) -> bytes:
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

        def rank(member: str) -> tuple[float, int]:
            with archive.open(member) as table:
                return fit(table.read(BEGINNING)), archive.getinfo(member).file_size

        return archive.read(max(inside, key=rank) if len(inside) > 1 else inside[0])


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


def stata_frame(
    content: bytes, name: str, choose: Callable[[list[str]], list[str]]
) -> pd.DataFrame:
    """Return the columns that `choose` picks of a Stata file, with codes instead of labels."""
    import pandas as pd

    old = len(content) > 1 and content[0] in STATA_RELEASES and content[1] in STATA_ORDERS
    if not old and not content.startswith(STATA_MARK):
        raise UnreadableFile(
            f"{name} is not a Stata file: expected one, since it is named .dta. "
            "If it is a text table, rename it to .csv; otherwise download it again."
        )
    try:
        with pd.read_stata(
            io.BytesIO(content), convert_categoricals=False, iterator=True
        ) as reader:
            return reader.read(columns=choose(list(reader.variable_labels())))
    except PkstatsError:
        raise
    except Exception as problem:
        raise UnreadableFile(
            f"{name} cannot be opened as a Stata file: it is damaged or of a release that pandas "
            f"does not know ({problem}). Download it again."
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
        raise UnreadableFile(
            f"{path.name} cannot be opened as an R file ({problem}). "
            "Download it again; if it is a text table, rename it to .csv."
        ) from None
    return max(objects.values(), key=len)
