"""The account of a reading: rows read = rows kept + rows set aside, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pkstats.errors import BadData, NoRows
from pkstats.text import cut, for_html

if TYPE_CHECKING:
    import pandas as pd

# So many columns are told in the notes.
SHOWN = 8
COLUMNS = ["file", "row", "column", "value", "reason"]


class Report:
    """What a reader did with a file.

    Attributes
    ----------
    kind, file : str
        Reader and file name.
    read, kept : int
        Data rows in the file, and rows that reached the tidy frame.
    cells_blanked : int
        Cells of kept rows that could not be read and are missing now; `blanks` lists them.
    notes : list of str
        What the reader changed or noticed without losing a row.
    """

    def __init__(self, kind: str, file: str, read: int) -> None:
        self.kind = kind
        self.file = file
        self.read = read
        self.notes: list[str] = []
        self._aside: dict[str, list[Any]] = {name: [] for name in COLUMNS[1:]}
        self._kept: int | None = None
        self._pending: list[tuple[list[int], str, Any, Any]] = []
        self._blanks: list[tuple[int, str, str, str]] = []

    @property
    def frame(self) -> pd.DataFrame:
        """Rows set aside: file, row (1 = first row below the header), column, value, reason."""
        import pandas as pd

        self._spell_out()
        dtypes = {name: "int64" if name == "row" else "str" for name in COLUMNS}
        frame = pd.DataFrame({"file": self.file, **self._aside}, columns=COLUMNS).astype(dtypes)
        return frame.sort_values("row", kind="stable", ignore_index=True)

    @property
    def set_aside(self) -> int:
        """Number of rows set aside."""
        return len(self._aside["row"]) + sum(len(rows) for rows, *_ in self._pending)

    @property
    def kept(self) -> int:
        """Number of file rows kept; while the file is being read, of those not yet set aside."""
        return self.read - self.set_aside if self._kept is None else self._kept

    def close(self, kept: np.ndarray) -> None:
        """Count the rows that were kept, and check that each row of the file is accounted for once.

        Parameters
        ----------
        kept : ndarray of int
            The numbers of the rows of the file that reached the tidy frame.

        Raises
        ------
        BadData
            When a row is neither kept nor set aside, or both.
        NoRows
            When none is kept.
        """
        self._spell_out()
        numbers = np.concatenate([kept, np.array(self._aside["row"], dtype="int64")])
        self._kept = len(kept)
        if not np.array_equal(np.sort(numbers), np.arange(1, self.read + 1)):
            raise BadData(
                f"{self.file}: expected each of its {self.read:,} rows to be kept or set aside "
                f"once; found {len(kept):,} kept and {self.set_aside:,} set aside. "
                f"This is a fault of the reader {self.kind!r}: please report it."
            )
        if not len(kept):
            raise NoRows(self._why_nothing(), self)
        self._note_blanks()

    def _note_blanks(self) -> None:
        """Note per column and reason how many cells are missing, so that cards of raw tables tell."""
        if not self._blanks:
            return
        counts = self.blanks.groupby(["column", "reason"], sort=False).size()
        for (column, reason), count in counts.nlargest(SHOWN).items():
            cells = "cell" if count == 1 else "cells"
            self.note(f"{count:,} {cells} of {column} left missing: {reason}")
        if len(counts) > SHOWN:
            rest = counts.sum() - counts.nlargest(SHOWN).sum()
            self.note(f"{rest:,} cells of other columns left missing: see the report's blanks")

    def _why_nothing(self) -> str:
        frame = self.frame
        reason = frame["reason"].mode()[0]
        example = frame[frame["reason"] == reason].iloc[0]
        where = f"column {example['column']!r}: " if example["column"] else ""
        found = f", found {cut(example['value'])!r}" if example["value"] else ""
        return (
            f"{self.file}: none of its {self.read:,} rows can be kept. The commonest reason "
            f"({(frame['reason'] == reason).sum():,} rows): {where}{reason}{found}. Check that it is "
            f"the file that {self.kind!r} reads, as published and not saved again by a spreadsheet."
        )

    def put_aside(self, rows: Any, column: str, values: Any, reasons: Any) -> None:
        """Record rows as set aside; `rows` are file row numbers, one record per row.

        Values may be a callable without arguments, and reasons one that takes the values: they
        are then spelled out when somebody asks for the frame.
        """
        self._pending.append((np.asarray(rows).tolist(), column, values, reasons))
        if not callable(values):
            self._spell_out()

    def blank(self, rows: Any, column: str, values: Any, reasons: Any) -> None:
        """Record cells that could not be read and are left missing in rows that are kept.

        `rows` are file row numbers; `reasons` is one text or one per row.
        """
        numbers = np.asarray(rows).tolist()
        reasons = [reasons] * len(numbers) if isinstance(reasons, str) else reasons
        cells = zip(numbers, map(str, values), reasons, strict=True)
        self._blanks += [(row, column, value, reason) for row, value, reason in cells]

    @property
    def blanks(self) -> pd.DataFrame:
        """Cells left missing in kept rows: file, row, column, value, reason."""
        import pandas as pd

        self._spell_out()
        lost = set(self._aside["row"])
        kept = [cell for cell in self._blanks if cell[0] not in lost]
        frame = pd.DataFrame(kept, columns=COLUMNS[1:])
        frame.insert(0, "file", self.file)
        dtypes = {name: "int64" if name == "row" else "str" for name in COLUMNS}
        return frame.astype(dtypes).sort_values("row", kind="stable", ignore_index=True)

    @property
    def cells_blanked(self) -> int:
        """Number of cells left missing in kept rows because they could not be read."""
        return len(self.blanks) if self._blanks else 0

    def _spell_out(self) -> None:
        for rows, column, values, reasons in self._pending:
            stated = list(values() if callable(values) else values)
            reasons = reasons(stated) if callable(reasons) else reasons
            reasons = [reasons] * len(rows) if isinstance(reasons, str) else list(reasons)
            self._aside["row"] += rows
            self._aside["column"] += [column] * len(rows)
            self._aside["value"] += [str(value) for value in stated]
            self._aside["reason"] += reasons
        self._pending.clear()

    def __getstate__(self) -> dict[str, Any]:
        self._spell_out()
        return self.__dict__

    def note(self, text: str) -> None:
        """Add a remark that costs no row."""
        if text not in self.notes:
            self.notes.append(text)

    def reasons(self) -> pd.Series:
        """Return the number of rows set aside by reason."""
        return self.frame["reason"].value_counts()

    def __len__(self) -> int:
        return self.set_aside

    def __repr__(self) -> str:
        head = (
            f"{self.kind}: {self.file}: {self.read:,} rows read = {self.kept:,} kept + "
            f"{self.set_aside:,} set aside"
        )
        lines = [f"  {count:,} × {reason}" for reason, count in self.reasons().head(8).items()]
        return "\n".join([head, *lines, *(f"  note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        head, *rest = repr(self).splitlines()
        items = "".join(f"<li>{for_html(line.strip())}</li>" for line in rest)
        table = self.frame.head(10).to_html(index=False) if self.set_aside else ""
        return f"<p><b>{for_html(head)}</b></p><ul>{items}</ul>{table}"
