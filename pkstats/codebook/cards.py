"""Source cards: who made each source, under which licence, and how to cite it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkstats.codebook.model import table, table_names
from pkstats.errors import UnknownTable, known_name

if TYPE_CHECKING:
    import pandas as pd

CARDS = Path(__file__).parent / "cards"
STYLES = ("text", "bibtex")


@cache
def source_cards() -> dict[str, dict[str, Any]]:
    """Return every source card by source name."""
    return {
        path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted(CARDS.glob("*.toml"))
    }


def source_card(name: str) -> dict[str, Any]:
    """Return one source card.

    Raises
    ------
    UnknownTable
        When no source has that name; near matches are named.
    """
    cards = source_cards()
    return cards[known_name(name, cards, "source", UnknownTable)]


def _owed(what: object) -> list[str]:
    """Return the citations of users' own tables that something rests on, as `name: citation`."""
    if hasattr(what, "owed"):
        return list(what.owed)
    if isinstance(what, str) or hasattr(what, "sources") or not isinstance(what, Iterable):
        return []
    return [text for item in what for text in _owed(item)]


def _entry(text: str) -> str:
    """Return the citation of a user's own table as a BibTeX entry."""
    name, _, citation = text.partition(": ")
    return f"@misc{{{name},\n  note = {{{citation}}}\n}}"


def _names(what: object) -> list[str]:
    """Turn a table, a source, whatever says what it rests on, or a list of these into source names."""
    if hasattr(what, "sources"):
        return [source for name in what.sources for source in _names(name)]
    if isinstance(what, str):
        if what in table_names():
            return list(table(what).sources)
        known = (*table_names(), *source_cards())
        return [known_name(what, known, "table or source", UnknownTable)]
    if isinstance(what, Iterable):
        return [name for item in what for name in _names(item)]
    raise UnknownTable(
        "Expected a table, a source, a panel, an estimate, a multiverse, a claim, a case or a list of "
        f"these; found {type(what).__name__}."
    )


def cite(what: object = None, style: str = "text") -> str:
    """Return the citations owed for tables, sources, panels, estimates, multiverses, claims, cases.

    Parameters
    ----------
    what : str, an object whose `sources` names tables or sources, or a list of these, optional
        Without it, the sources of every processed table.
    style : {"text", "bibtex"}

    Returns
    -------
    str
        One citation per line (text) or one BibTeX entry per source; the user's own tables that a
        panel has joined come last.

    Raises
    ------
    UnknownName
        For another style.
    UnknownTable
        When no table or source has that name, with near matches.

    Examples
    --------
    >>> import pkstats as pk
    >>> print(pk.cite("authorised"))  # doctest: +ELLIPSIS
    Personnel shortfall data: authorised and deployed personnel of UN peacekeeping missions...
    """
    known_name(style, STYLES, "style", advice="Styles are 'text' and 'bibtex'.")
    wanted = list(dict.fromkeys(_names(what if what is not None else list(table_names()))))
    if style == "text":
        texts = [str(source_card(name)["citation"]) for name in wanted]
        return "\n".join(dict.fromkeys([*texts, *_owed(what)]))
    entries: dict[str, str] = {}
    for name in wanted:
        entry = str(source_card(name)["bibtex"]).strip()
        entries.setdefault(entry.partition("{")[2].partition(",")[0], entry)
    return "\n\n".join(dict.fromkeys([*entries.values(), *map(_entry, _owed(what))]))


def versions() -> pd.DataFrame:
    """Return producer, version, licence and coverage of every source, one row each.

    Returns
    -------
    DataFrame
        source, producer, title, version, licence, coverage, retrieved and landing_page.
    """
    import pandas as pd

    fields = ["producer", "title", "version", "licence", "coverage", "retrieved", "landing_page"]
    rows = [
        {"source": name, **{field: card.get(field, "") for field in fields}}
        for name, card in source_cards().items()
    ]
    return pd.DataFrame(rows, columns=["source", *fields])
