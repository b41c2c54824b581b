"""Every exception a user can meet: what was expected, what was found, what to do next."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from pkstats.text import cut

# A message repeats what it was given, which may be of any length: a word, a name, the whole.
LONGEST_WORD, LONGEST_NAME, LONGEST = 300, 100, 4000
LONG_WORD = re.compile(rf"\S{{{LONGEST_WORD},}}")


class PkstatsError(Exception):
    """Base of every error pkstats raises on purpose; long words and long messages are cut."""

    def __init__(self, message: object = "", *more: object) -> None:
        words = LONG_WORD.sub(lambda word: cut(word[0], LONGEST_WORD), str(message))
        super().__init__(cut(words, LONGEST), *more)


class UnknownName(PkstatsError, ValueError):
    """A name that matches nothing known; the message lists near matches."""


class UnknownMission(UnknownName):
    """A mission label that resolves to no mission, or is refused."""


class UnknownState(UnknownName):
    """A state name or code that resolves to no state."""


class UnknownTable(UnknownName):
    """A table, source or reader that does not exist."""


class UnknownColumn(UnknownName):
    """A column or measure that does not exist."""


class UnreadableFile(PkstatsError, ValueError):
    """A file that is not there, is empty, truncated or not in the expected format."""


class NoRows(UnreadableFile):
    """A file none of whose rows can be kept; `report` says why each was set aside."""

    def __init__(self, message: str, report: object = None) -> None:
        super().__init__(message)
        self.report = report


class WrongColumns(PkstatsError, ValueError):
    """A file whose columns are not those the reader expects."""


class BadData(PkstatsError, ValueError):
    """Values that break a table's own rules: duplicate keys, impossible dates, wrong types."""


class UnitMismatch(PkstatsError, ValueError):
    """A join that would change the unit of analysis or multiply rows."""


class BadModel(PkstatsError, ValueError):
    """A model that cannot be fitted as asked."""


class BuildProblem(PkstatsError, RuntimeError):
    """A build or compile that could not start or finish; the old tables are untouched."""


def near(name: object, known: Iterable[object], count: int = 3) -> list[str]:
    """Return up to `count` members of `known` that resemble `name`, ignoring case."""
    if len(str(name)) > LONGEST_NAME:
        return []
    folded = {str(item).casefold(): str(item) for item in known}
    matches = get_close_matches(str(name).casefold(), folded, n=count, cutoff=0.6)
    return [folded[match] for match in matches]


def suggestion(name: object, known: Iterable[object]) -> str:
    """Return `" Did you mean A, B?"`, or an empty string when nothing is near."""
    matches = near(name, known)
    return f" Did you mean {', '.join(map(repr, matches))}?" if matches else ""


def known_name(
    name: object,
    known: Collection[str],
    what: str,
    error: type[UnknownName] = UnknownName,
    advice: str = "",
) -> str:
    """Return `name` when it is one of `known`.

    Parameters
    ----------
    name : object
        What a user gave for a name, of whatever type.
    known : collection of str
        The names there are.
    what : str
        What the names are names of, for the message: "table".
    error : type
        What to raise.
    advice : str
        Where the names are listed.

    Raises
    ------
    UnknownName
        Or the `error` asked for, with near matches.
    """
    if isinstance(name, str) and name in known:
        return name
    end = f" {advice}" if advice else ""
    if not isinstance(name, str):
        raise error(f"Expected the name of a {what} as text; found {type(name).__name__}.{end}")
    shown = cut(repr(name), LONGEST_NAME)
    raise error(f"No {what} is called {shown}.{suggestion(name, known)}{end}")
