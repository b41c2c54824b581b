"""Text that leaves the library: cut to length, and escaped for the place it goes to."""

from __future__ import annotations

import re
from codecs import register_error
from html import escape
from io import TextIOWrapper
from unicodedata import combining, normalize

LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}
LATEX_MARKS = re.compile("[" + re.escape("".join(LATEX)) + "]")
PLAIN = {
    "–": "-",
    "—": "-",
    "−": "-",
    "→": "->",
    "…": "...",
    "×": "x",
    "≤": "<=",
    "≥": ">=",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "·": "*",
    "±": "+/-",
    "ß": "ss",
    "ø": "o",
    "Ø": "O",
    "æ": "ae",
    "Æ": "Ae",
    "ł": "l",
    "đ": "d",
}
# What Excel, LibreOffice and Google Sheets take for the beginning of a formula.
FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[+-]?(\d[\d.,]*|\.\d+)([eE][+-]?\d+)?%?")


def cut(value: object, limit: int = 80) -> str:
    """Return a value as text for a message, its middle left out where it is longer than `limit`."""
    text = str(value)
    if len(text) <= limit:
        return text
    kept = max(limit - 1, 2)
    head = (kept + 1) // 2
    return f"{text[:head]}…{text[len(text) - (kept - head) :]}"


def plain(value: object) -> str:
    """Return a value as ASCII text: signs by their nearest, letters without accents, the rest as ?."""
    signs = "".join(PLAIN.get(sign, sign) for sign in str(value))
    bare = (sign for sign in normalize("NFKD", signs) if not combining(sign))
    return "".join(bare).encode("ascii", "replace").decode("ascii")


def show_on(stream: object) -> None:
    """Let a stream print any text: what its encoding lacks goes out as `plain` text."""
    register_error("pkstats.plain", _plainly)
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="pkstats.plain")


def _plainly(problem: UnicodeError) -> tuple[str, int]:
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    return plain(problem.object[problem.start : problem.end]), problem.end


def for_html(value: object) -> str:
    """Return a value as text that HTML shows and never runs."""
    return escape(str(value), quote=True)


def for_latex(value: object) -> str:
    """Return a value as text that LaTeX prints and never runs."""
    return LATEX_MARKS.sub(lambda mark: LATEX[mark[0]], str(value))


def for_spreadsheet(value: object) -> str:
    """Return a value as a cell's text that a spreadsheet shows and never runs.

    Text that begins like a formula gets an apostrophe before it, as OWASP advises for CSV
    injection; a number keeps its sign.
    """
    text = str(value)
    if not text.startswith(FORMULA_MARKS) or NUMBER.fullmatch(text):
        return text
    return f"'{text}"
