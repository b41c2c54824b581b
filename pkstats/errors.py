"""Every exception a user can meet: what was expected, what was found, what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# Characters of a message: whatever names a user has, its beginning and its advice can be read.
LONGEST = 4_000


class PkstatsError(Exception):
    """Base of every error pkstats raises on purpose."""

    def __str__(self) -> str:
        text = super().__str__()
        if len(text) <= LONGEST:
            return text
        return f"{text[: LONGEST // 2]} … {text[-LONGEST // 4 :]}"


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


def near(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return up to `count` members of `known` that resemble `name`, ignoring case."""
    folded = {str(item).casefold(): str(item) for item in known}
    matches = get_close_matches(str(name).casefold(), folded, n=count, cutoff=0.6)
    return [folded[match] for match in matches]


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return `" Did you mean A, B?"`, or an empty string when nothing is near."""
    matches = near(name, known)
    return f" Did you mean {', '.join(map(repr, matches))}?" if matches else ""
