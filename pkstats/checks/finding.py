"""A finding: which trap, how bad, the number, and what to do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

import pandas as pd

from pkstats.text import for_html

Severity = Literal["note", "caution", "serious"]
SEVERITIES: tuple[Severity, ...] = ("serious", "caution", "note")
WIDTH = 79


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes
    ----------
    check : str
        Name of the check.
    severity : {"note", "caution", "serious"}
        serious: do not report the estimate as it stands.
    message : str
        What was found, with the number in it.
    what_to_do : str
    """

    check: str
    severity: Severity
    message: str
    what_to_do: str


@dataclass(frozen=True)
class Findings:
    """Findings of all checks, the most serious first.

    Attributes
    ----------
    found : tuple of Finding
    skipped : mapping of str to str
        Checks that could not run, and what they need.
    """

    found: tuple[Finding, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        order = sorted(self.found, key=lambda one: SEVERITIES.index(one.severity))
        object.__setattr__(self, "found", tuple(order))

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.found)

    def __getitem__(self, place: int) -> Finding:
        return self.found[place]

    def of(self, check: str) -> Findings:
        """Return the findings of one check."""
        return Findings(tuple(one for one in self.found if one.check == check))

    @property
    def frame(self) -> pd.DataFrame:
        """One row per finding: check, severity, message, what_to_do."""
        columns = ["check", "severity", "message", "what_to_do"]
        return pd.DataFrame([asdict(one) for one in self.found], columns=columns)

    def _head(self) -> str:
        if not self.found:
            return "No findings"
        severities = [one.severity for one in self.found]
        counts = [f"{severities.count(level)} {level}" for level in SEVERITIES]
        plural = "" if len(self.found) == 1 else "s"
        shown = ", ".join(text for text in counts if not text.startswith("0 "))
        return f"{len(self.found)} finding{plural}: {shown}"

    def _foot(self) -> str:
        texts = [f"{check} (needs {needs})" for check, needs in self.skipped.items()]
        return f"Not run: {', '.join(texts)}" if texts else ""

    def __repr__(self) -> str:
        lines = [self._head()]
        for one in self.found:
            lines.append(f"{one.severity.upper()} {one.check}")
            lines += _wrap(one.message, "  ", "  ")
            lines += _wrap(one.what_to_do, "  → ", "    ")
        return "\n".join([*lines, *_wrap(self._foot(), "", "  ")])

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li><b>{one.severity}</b> <code>{for_html(one.check)}</code>: "
            f"{for_html(one.message)} <i>{for_html(one.what_to_do)}</i></li>"
            for one in self.found
        )
        foot = f"<p>{for_html(self._foot())}</p>" if self.skipped else ""
        return f"<p>{self._head()}</p><ul>{items}</ul>{foot}"


def _wrap(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest)
