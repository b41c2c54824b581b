"""Tables to read: whole sentences in their cells, numbers as people write them, gaps as dashes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from numbers import Integral, Real

import pandas as pd

from pkstats.text import for_html

MISSING = "–"
SHORT, LONG, WIDE = 14, 25, 160
HALF_PERCENT, ROUNDING = 0.005, 1e-9
UNBROKEN = "; white-space:nowrap"
RIGHT = f' style="text-align:right{UNBROKEN}"'


@dataclass(frozen=True)
class Readable:
    """A frame with a title and a note, shown in full in text and in a notebook.

    Attributes
    ----------
    title : str
        What the table shows.
    frame : DataFrame
        The values; floats are shown with the digits that matter, missing ones as a dash. What follows
        a line break in a cell is set small below it; a row with words in its first cell only and
        empty strings in the others is a heading.
    note : str
        What to keep in mind; may be empty.
    right : tuple of str
        Columns of written numbers, set to the right as numbers are.
    """

    title: str
    frame: pd.DataFrame = field(repr=False)
    note: str = ""
    right: tuple[str, ...] = ()

    def __repr__(self) -> str:
        words = self.frame.map(written).astype("str").replace("\n", " | ", regex=True)
        text = words.to_string(index=False) if len(words) else "nothing to show"
        if len(words) and len(text.partition("\n")[0]) > WIDE:
            rows = [
                " | ".join(map(str, row)) for row in [tuple(words), *words.itertuples(index=False)]
            ]
            text = "\n".join(rows)
        return "\n".join(filter(None, (self.title, text, self.note)))

    def _repr_html_(self) -> str:
        styles = {
            name: RIGHT if name in self.right else _side(self.frame[name]) for name in self.frame
        }
        head = "".join(
            f"<th{style.replace(UNBROKEN, '')}>{for_html(name)}</th>"
            for name, style in styles.items()
        )
        rows = [
            f"<tr>{_heading(row) or ''.join(_cell(row[name], style) for name, style in styles.items())}</tr>"
            for row in self.frame.to_dict("records")
        ]
        body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
        table = f'<table class="dataframe">{body}</table>' if rows else "<p>Nothing to show.</p>"
        note = f"<p><small>{for_html(self.note)}</small></p>" if self.note else ""
        return f"<p><b>{for_html(self.title)}</b></p>{table}{note}"


def written(value: object) -> str:
    """Return a value as people write it: 12,552; 0.42; 3.1; a dash where it is missing."""
    if value is None or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{int(value):,}".replace("-", "−")
    if isinstance(value, Real):
        number = float(value)
        digits = 0 if abs(number) >= 10 or number == round(number) else 1 if abs(number) >= 1 else 2
        return f"{number:,.{digits}f}".replace("-", "−")
    return str(value)


def signed(value: float, decimals: int = 2) -> str:
    """Return an association with its sign and two decimals: +0.08, −0.11, 0.00."""
    words = f"{value:+.{decimals}f}"
    return words[1:] if float(words) == 0 else words.replace("-", "−")


def share(value: float, marks: Iterable[float] = ()) -> str:
    """Return a share in whole percent; under 1% and over 99% where it is neither none nor all.

    Where rounding would put it on one of the `marks`, the thresholds it is held against, it is
    written with one decimal.
    """
    if 0 < value < HALF_PERCENT:
        return "under 1%"
    if 1 - HALF_PERCENT <= value < 1:
        return "over 99%"
    return f"{value:.1%}" if _seems(value, marks) else f"{value:.0%}"


def size(value: float, marks: Iterable[float] = ()) -> str:
    """Return a size with two decimals, or three where two would put it on one of the `marks`."""
    return f"{value:.3f}" if _seems(value, marks) else f"{value:.2f}"


def _seems(value: float, marks: Iterable[float]) -> bool:
    """Return True if rounding to two decimals lands on a threshold the value misses."""
    return any(round(value, 2) == round(mark, 2) and abs(value - mark) > ROUNDING for mark in marks)


def _side(column: pd.Series) -> str:
    """Return how a column is set: numbers right, words left, short words unbroken, long ones wide."""
    if pd.api.types.is_numeric_dtype(column):
        return RIGHT
    longest = max((len(written(value)) for value in column), default=0)
    width = (
        "; white-space:nowrap" if longest <= SHORT else "; min-width:9em" if longest > LONG else ""
    )
    return f' style="text-align:left{width}"'


def _heading(row: dict[Hashable, object]) -> str:
    """Return a row with words in its first cell only as a heading over the rows that follow."""
    first, *others = row.values()
    if not others or not first or any(value != "" for value in others):
        return ""
    return f'<th colspan="{len(row)}" style="text-align:left">{for_html(written(first))}</th>'


def _cell(value: object, style: str) -> str:
    first, *rest = for_html(written(value)).split("\n")
    below = "".join(f"<br><small>{line}</small>" for line in rest)
    return f"<td{style}>{first}{below}</td>"
