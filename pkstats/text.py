"""Text that leaves the library: cut to length, and escaped for the place it goes to."""

from __future__ import annotations

import re
from html import escape

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
}
LATEX_MARKS = re.compile("[" + re.escape("".join(LATEX)) + "]")
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
