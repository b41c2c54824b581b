"""What a file is when it is no table: told by its beginning."""

from __future__ import annotations

import re

from pkstats.errors import UnreadableFile

AGAIN = "Download the table itself."
# Bytes at the beginning (white space before them does not count), what the file is, what to do.
BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"version https://git-lfs.github.com/", "a Git LFS pointer, not the file it stands for", ""),
    (b"/annex/objects/", "a git-annex pointer, not the file it stands for", ""),
    (b"%PDF", "a PDF", AGAIN),
    (b"{\\rtf", "an RTF document", AGAIN),
    (b"<stata_dta>", "a Stata file", "Rename it to .dta."),
    (b"RDX", "an R file", "Rename it to .rda."),
    (b"RDA", "an R file", "Rename it to .rda."),
    (b"$FL", "an SPSS file", "Save it as CSV (UTF-8)."),
    (b"PAR1", "a Parquet file", "Save it as CSV (UTF-8)."),
    (b"SQLite format 3", "an SQLite database", "Save the table as CSV (UTF-8)."),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it and name the table inside."),
    (b"Rar!", "a RAR archive", "Unpack it and name the table inside."),
    (b"PK\x03\x04", "a zip archive inside another archive", "Unpack it and name the table inside."),
    (b"\x1f\x8b", "a gzip file inside another archive", "Unpack it and name the table inside."),
    (b"BZh", "a bzip2 file", "Unpack it and name the table inside."),
    (b"\xfd7zXZ", "an xz file", "Unpack it and name the table inside."),
)
POINTER = (
    "Fetch the file with `git lfs pull` or `git annex get`, or download it from the publisher."
)
PAGE = re.compile(rb"<(!doctype html|html|head|body|script|title|meta)\b", re.IGNORECASE)
JSON = re.compile(rb'(\{\s*("|\})|\[\s*(\{|\[|\]|-?\d|"))')
BEGINNING = 4096


def refuse_no_table(content: bytes, name: str) -> None:
    """Refuse content that is no delimited text, and say what it is.

    Raises
    ------
    UnreadableFile
    """
    start = content[:BEGINNING].removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, what, advice in BEGINNINGS:
        if start.startswith(mark):
            raise UnreadableFile(f"{name} is {what}: expected a table. {advice or POINTER}")
    if PAGE.match(start) or (start.startswith(b"<?xml") and PAGE.search(start)):
        raise UnreadableFile(
            f"{name} is a web page (HTML), perhaps a login or an error: expected a table. "
            "Open the address in a browser, and download the file itself."
        )
    if start.startswith(b"<?xml"):
        raise UnreadableFile(f"{name} is an XML document: expected a table. {AGAIN}")
    if JSON.match(start):
        raise UnreadableFile(
            f"{name} is JSON, as an API answers: expected a table. "
            "Download the publisher's CSV or Excel file."
        )
