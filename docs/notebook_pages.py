"""Notebooks as the site shows them: pictures described, and tables set so that they read well."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pkstats.study.claims.ledger.entries import ledger
from pkstats.study.claims.plot import CURVE_ALT
from pkstats.study.gallery import FIGURES

ANY_TABLE = re.compile(r"<table.*?</table>", re.DOTALL)
TABLE = re.compile(r'<table[^>]*class="dataframe">.*?</table>', re.DOTALL)
ROW = re.compile(r"<tr[^>]*>.*?</tr>", re.DOTALL)
CELL = re.compile(r"<(t[hd])\b([^>]*)>(.*?)</t[hd]>", re.DOTALL)
FIGURE_LIKE = re.compile(r"[\d.,+\-−–%/: ]*|True|False|yes|no|NaN|&lt;NA&gt;")
BREAKS = re.compile(r"[\s\-–]")
WHOLE_PAGE = re.compile(r"\b(case|beside|stories)\.plot\(")
# An address in running text, without the full stop behind it.
ADDRESS = re.compile(r"(?<![<(\[])https?://[^\s<>]*[^\s<>.,;)]")
# The site does not look for pages behind links in outputs.
PAGE = re.compile(r"\]\(\.\./docs/(\w+)\.md")
SHORT = 14
MULTIVERSE_ALT = (
    "Specification curve: the estimate of every specification with its interval, from the lowest to the "
    "highest. Blue intervals lie above zero, orange ones below, grey ones include it; marks below "
    "show which sample and controls each has."
)


def shown(cells: list[dict]) -> list[dict]:
    """Return the cells of a notebook with described pictures and readable tables."""
    said = ""
    for cell in cells:
        source = "".join(cell["source"])
        said += source
        if cell["cell_type"] == "markdown":
            cell["source"] = on_site(source)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                image = cell["metadata"].setdefault("mystnb", {}).setdefault("image", {})
                image.setdefault("alt", described(source, said))
                if WHOLE_PAGE.search(source):
                    image["classes"] = "panels"
            if "text/markdown" in data:
                text = "".join(data["text/markdown"])
                text = ADDRESS.sub(r"<\g<0>>", text)
                data["text/markdown"] = PAGE.sub(r"](../\1.html", text)
            if "text/html" in data:
                page = TABLE.sub(readable, "".join(data["text/html"]))
                data["text/html"] = ANY_TABLE.sub(r'<div class="wide">\g<0></div>', page)
    return cells


def on_site(text: str) -> str:
    """Return text with its links to the pages as they lie beside the notebooks on the site."""
    return text.replace("](../docs/", "](../")


def described(source: str, said: str) -> str:
    """Return what the picture of a cell shows.

    Parameters
    ----------
    source : str
        The code of the cell.
    said : str
        All code and text of the notebook up to and with the cell.
    """
    named = re.search(r'pk\.figure\("(\w+)"\)', source)
    if named:
        return FIGURES[named[1]].alt
    claims = re.findall(r'pk\.claim\("(\w+)"\)', said)
    if "claim.plot(" in source and claims:
        return CURVE_ALT.format(wording=ledger().entries[claims[-1]].wording)
    cases = re.findall(r'pk\.case\("([^"]+)"\)', said)
    if "case.plot(" in source and cases:
        return FIGURES[f"case_{cases[-1].replace(' ', '_')}"].alt
    if "pk.compare(" in said:
        return FIGURES["compare_successes" if '"successes"' in said else "compare_failures"].alt
    return MULTIVERSE_ALT


def readable(found: re.Match[str]) -> str:
    """Return a table of pandas with one row of heads, words to the left and short cells unbroken.

    Tables that set their cells themselves stay as they are.
    """
    table = found[0]
    if "<td style" in table or "<tbody>" not in table:
        return table
    head, body = table.split("<tbody>")
    rows = [CELL.findall(row) for row in ROW.findall(body)]
    if not rows:
        return table
    words = _words(rows)
    head = ROW.sub(lambda row: _set(row[0], words), _one_row(head, rows[0]))
    return f"{head}<tbody>{ROW.sub(lambda row: _set(row[0], words), body)}"


def _words(rows: list[list[tuple[str, str, str]]]) -> set[int]:
    """Return the columns, counted from the right, of which most cells hold words; the index does."""
    values = [[text for kind, _, text in reversed(row) if kind == "td"] for row in rows]
    inner, whole = max(map(len, values)), max(map(len, rows))
    found = set(range(inner, whole))
    for place in range(inner):
        filled = [row[place] for row in values if len(row) > place and row[place]]
        wordy = [text for text in filled if not FIGURE_LIKE.fullmatch(text)]
        if 2 * len(wordy) > len(filled):
            found.add(place)
    return found


def _one_row(head: str, first: list[tuple[str, str, str]]) -> str:
    """Return the heads with the names of index and columns in one row, where nothing is lost."""
    rows = ROW.findall(head)
    if len(rows) != 2:
        return head
    upper, lower = ([text for _, _, text in CELL.findall(row)] for row in rows)
    width = sum(kind == "th" for kind, _, _ in first)
    if len(upper) != len(lower) or any(upper[:width]) or any(lower[width:]):
        return head
    cells = "".join(f"<th>{text}</th>" for text in [*lower[:width], *upper[width:]])
    return head.replace(rows[1], "").replace(rows[0], f"<tr>{cells}</tr>")


def _set(row: str, words: set[int]) -> str:
    """Return a row with the classes that `pkstats.css` knows."""
    cells = CELL.findall(row)
    count = len(cells)
    places: Iterable[int] = iter(range(count - 1, -1, -1))

    def mark(found: re.Match[str]) -> str:
        kind, rest, text = found.groups()
        place = next(places)
        names = ["words"] if place in words and "colspan" not in rest else []
        if len(text) <= SHORT and BREAKS.search(text):
            names.append("short")
        elif kind == "th" and len(text) > SHORT:
            names.append("long")
        chosen = f' class="{" ".join(names)}"' if names else ""
        return f"<{kind}{rest}{chosen}>{text}</{kind}>"

    return CELL.sub(mark, row)
