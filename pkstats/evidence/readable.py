"""Tables to read: whole sentences in their cells, numbers as people write them, gaps as dashes."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from numbers import Integral, Real

import pandas as pd

MISSING = "–"


@dataclass(frozen=True)
class Readable:
    """A frame with a title and a note, shown in full in text and in a notebook.

    Attributes
    ----------
    title : str
        What the table shows.
    frame : DataFrame
        The values; floats are shown with the digits that matter, missing ones as a dash.
    note : str
        What to keep in mind; may be empty.
    """

    title: str
    frame: pd.DataFrame = field(repr=False)
    note: str = ""

    def __repr__(self) -> str:
        words = self.frame.map(written).astype("str")
        text = words.to_string(index=False) if len(words) else "nothing to show"
        return "\n".join(filter(None, (self.title, text, self.note)))

    def _repr_html_(self) -> str:
        head = "".join(
            f"<th{_side(self.frame[name])}>{escape(str(name))}</th>" for name in self.frame
        )
        rows = [
            "<tr>" + "".join(_cell(row[name], self.frame[name]) for name in self.frame) + "</tr>"
            for row in self.frame.to_dict("records")
        ]
        body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
        table = f'<table class="dataframe">{body}</table>' if rows else "<p>Nothing to show.</p>"
        note = f"<p><small>{escape(self.note)}</small></p>" if self.note else ""
        return f"<p><b>{escape(self.title)}</b></p>{table}{note}"


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


def _side(column: pd.Series) -> str:
    """Return how a column is aligned: numbers right, words left."""
    side = "right" if pd.api.types.is_numeric_dtype(column) else "left"
    return f' style="text-align:{side}"'


def _cell(value: object, column: pd.Series) -> str:
    return f"<td{_side(column)}>{escape(written(value))}</td>"
