"""`load` and `tables`: the processed tables as users meet them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkstats.codebook import table, table_names
from pkstats.errors import BuildProblem
from pkstats.tables import generations
from pkstats.tables.generations import Generation
from pkstats.tables.places import processed_folder, raw_folder
from pkstats.tables.store import from_parquet

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.codebook.model import Table

TRIES = 5


def present() -> Generation:
    """Return the generation of tables that this process reads.

    The first call in a process looks whether the tables are there, undamaged and made from the
    present raw tables, and builds them otherwise. From then on the process reads that generation,
    whatever others build beside it, until it calls `pkstats.build` or `compile_sources` itself.

    Raises
    ------
    BuildProblem
        When the tables have to be built first and cannot be.
    """
    folder, raw = processed_folder(), raw_folder()
    found = generations.held(folder, raw)
    if found is not None:
        return found
    from pkstats.tables.build import build_generation

    for _ in range(TRIES):
        found = build_generation(folder, raw)[1]
        if generations.hold(found, raw):
            return found
    raise BuildProblem(
        f"The tables in {folder} were replaced {TRIES} times while this session tried to read them. "
        "Let the other builds end, then try again."
    )


def generation() -> str:
    """Return the name of the generation of tables that this process reads: its mark in any cache.

    The same name means the same tables, made by the same code from the same raw tables.
    """
    return present().name


def load(name: str) -> pd.DataFrame:
    """Return a processed table, typed; the tables are built on first use.

    Parameters
    ----------
    name : str
        One of `pkstats.tables()`.

    Returns
    -------
    DataFrame
        Columns as in `pkstats.codebook(name)`; `attrs["table"]` and `attrs["sources"]` are set.
        A month is a `Period`: compare it with ``frame["month"] == "2014-04"``. Inside `query` and
        `isin` a text never equals a period: ``frame.query("month == @month")`` with
        ``month = pd.Period("2014-04")``.

    Raises
    ------
    UnknownTable
        When no table has that name.
    BuildProblem
        When the tables have to be built first and cannot be, or the table is not as it was written.

    Notes
    -----
    A session reads the tables of one build: those it began with, until it calls `pkstats.build`.
    Every table is compared with its checksum each time it is read.

    Examples
    --------
    >>> import pkstats as pk
    >>> personnel = pk.load("personnel")
    >>> here = (personnel["mission_id"] == "MONUSCO") & (personnel["month"] == "2014-04")
    >>> int(personnel.loc[here, "total"].item())
    21176
    """
    entry = table(name)
    frame = from_parquet(present().content(name), entry)
    frame.attrs = {"table": name, "sources": list(entry.sources)}
    return frame


def tables() -> pd.DataFrame:
    """Return one row per processed table.

    Returns
    -------
    DataFrame
        name, unit, rows, coverage, sources and meaning.
    """
    import pandas as pd

    records = []
    for name in table_names():
        entry = table(name)
        frame = load(name)
        records.append(
            {
                "name": name,
                "unit": entry.unit,
                "rows": len(frame),
                "coverage": _coverage(frame, entry),
                "sources": ", ".join(entry.sources),
                "meaning": entry.meaning,
            }
        )
    return pd.DataFrame(records)


def _coverage(frame: pd.DataFrame, entry: Table) -> str:
    """Return first and last month or year of the table's own time columns; of spells, their ends."""
    import pandas as pd

    for column in ("month", "year", "from", "start", "date", "begin_date"):
        if column not in frame or isinstance(frame[column].dtype, pd.StringDtype):
            continue
        times = frame[column].dropna()
        if len(times):
            form = "{:%Y}" if pd.api.types.is_datetime64_any_dtype(times.dtype) else "{}"
            low, high = form.format(times.min()), form.format(times.max())
            if entry.panel.get("spells"):
                ends = frame["to"]
                high = "ongoing" if ends.isna().any() else form.format(ends.max())
            return low if low == high else f"{low}–{high}"
    return ""
