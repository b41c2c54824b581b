"""Publishers' files → `data/raw/*.csv` and the card beside each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pkstats.cache import as_path, locked, write_together
from pkstats.errors import BuildProblem
from pkstats.sources import Report, layout, read
from pkstats.sources.opening import R_SUFFIXES
from pkstats.tables.generations import let_go
from pkstats.tables.places import in_checkout, own_raw, raw_folder
from pkstats.tables.provenance import before_in, card, outdated, quote
from pkstats.tables.raw import (
    MEND,
    UNFINISHED,
    RawTable,
    from_csv,
    raw_names,
    raw_table,
    read_raw,
    to_csv,
)
from pkstats.tables.shrinking import Change, change

if TYPE_CHECKING:
    import pandas as pd

LOSSES_SHOWN = 8


@dataclass
class Compiled:
    """What a compile did: rows per raw table, reports per file, sources not found."""

    rows: dict[str, int] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def missing(self) -> str:
        """Return which sources had no file, and what became of their rows."""
        names = ", ".join(self.absent)
        return f"no file found (R copies need pyreadr), earlier rows kept: {names}"

    def notes(self) -> list[str]:
        """Return what became of sources without a file, and which cards a new file outdates."""
        return [*([self.missing()] if self.absent else []), *self.changed]

    def __repr__(self) -> str:
        lines = [f"{name}: {count:,} rows" for name, count in self.rows.items()]
        lines += [repr(report) for report in self.reports]
        lines += self.notes()
        return "\n".join(lines)


def compile_sources(
    folder: str | Path, target: str | Path | None = None, force: bool = False
) -> Compiled:
    """Turn a folder of publisher files into the raw tables and their cards.

    Parameters
    ----------
    folder : str or Path
        Searched with all its subfolders for the file names the readers know.
    target : str or Path, optional
        Where the raw tables go; by default `PKSTATS_RAW` or the checkout's `data/raw`. A table that
        is not there yet starts from the rows this installation has.
    force : bool
        Take a source's file even when it has fewer rows, known cells of a column or years than the
        rows it replaces.

    Returns
    -------
    Compiled
        Rows per table, a report per file, the sources whose file was not there (their earlier rows,
        if any, stay), and those whose file is another than before under a card of the same version.

    Raises
    ------
    BuildProblem
        When the folder is missing or holds none of the files, or a source would shrink. Nothing is
        written then.
    UnreadableFile
        When `folder` or `target` is no path, or a file cannot be read; `NoRows` when none of its rows
        can be kept.
    """
    folder = as_path(folder, "a folder of publisher files")
    target = _own(raw_folder() if target is None else as_path(target, "a folder for raw tables"))
    if not folder.is_dir():
        raise BuildProblem(f"Expected a folder of publisher files at {folder}; there is none.")
    files = _files(folder)
    done = Compiled(absent=sorted(kind for kind, path in files.items() if path is None))
    with locked(target):
        written: dict[str, bytes] = {}
        losses: list[str] = []
        cache: dict[str, tuple[pd.DataFrame, Report]] = {}
        for table in map(raw_table, _progress(raw_names())):
            earlier = _earlier_rows(table, files, target, force)
            frame = _fill(table, files, earlier, cache)
            for kind, found in _changes(table, files, earlier, frame):
                told = f"{kind} in {table.name}: {found}"
                (losses if found.shrinks else done.changed).append(told)
            done.rows[table.name] = len(frame)
            written[f"{table.name}.csv"] = to_csv(frame)
            written[f"{table.name}.toml"] = card(table, files, cache, target).encode()
        _refuse(losses, files, force)
        done.changed += [f"taken though less than before: {loss}" for loss in losses]
        done.reports = [report for _, report in cache.values()]
        done.changed += dict.fromkeys(outdated(files, target))
        written.update(_set_aside(done.reports, target))
        written.update(_untouched(written, target))
        write_together(target, written, mark=UNFINISHED)
    let_go()
    return done


def _own(target: Path) -> Path:
    """Return the folder to write to, unless it belongs to an installed package."""
    if target == own_raw() and not in_checkout():
        raise BuildProblem(
            "Compiling into an installed package would change it. Name a folder of your own "
            "(--target FOLDER, or PKSTATS_RAW), or work from a checkout."
        )
    return target


def _files(folder: Path) -> dict[str, Path | None]:
    """Return the publisher's file of every kind that raw tables are made from; None without one."""
    kinds = dict.fromkeys(kind for name in raw_names() for kind in raw_table(name).kinds)
    files = {kind: find(folder, kind) for kind in kinds}
    if not any(files.values()):
        raise BuildProblem(
            f"{folder} holds none of the files the raw tables are made from, such as "
            f"{', '.join(layout(kind).files[0] for kind in list(files)[:4])}. "
            "pkstats.read(kind, path) reads one file, also of kinds that no table is made from."
        )
    return files


def _earlier_rows(
    table: RawTable, files: dict[str, Path | None], target: Path, force: bool
) -> pd.DataFrame | None:
    """Return a raw table as it is, None when there is none.

    None also for a damaged one that `force` replaces whole, because every source of it has a file.

    Raises
    ------
    BuildProblem
    """
    before = before_in(target, f"{table.name}.csv")
    if before is None:
        return None
    try:
        frame = read_raw(before, table.name)
        if "source" not in frame:
            raise BuildProblem(f"{before / table.name}.csv lacks the column source. {MEND}")
        return frame
    except BuildProblem:
        if force and all(files[kind] is not None for kind in table.kinds):
            return None
        raise


def _changes(
    table: RawTable,
    files: dict[str, Path | None],
    earlier: pd.DataFrame | None,
    frame: pd.DataFrame,
) -> Iterator[tuple[str, Change]]:
    """Yield what each source with a file would lose of its earlier rows."""
    if earlier is None:
        return
    after = from_csv(to_csv(frame), Path(f"{table.name}.csv"))
    for kind in table.kinds:
        if files[kind] is None:
            continue
        key = [name for name in layout(kind).key if name in table.columns]
        key = ["label", "from"] if table.spells else list(table.sum_by) or key
        old, new = (part[part["source"] == kind] for part in (earlier, after))
        found = change(old, new, key or list(table.columns))
        if found.shrinks or found.gone:
            yield kind, found


def _refuse(losses: list[str], files: dict[str, Path | None], force: bool) -> None:
    """Raise when sources would lose what their raw tables have."""
    if not losses or force:
        return
    lines = [f"  {loss}" for loss in losses[:LOSSES_SHOWN]]
    rest = len(losses) - LOSSES_SHOWN
    lines += [f"  and {rest} more"] if rest > 0 else []
    kinds = {kind for kind in files if any(loss.startswith(f"{kind} in ") for loss in losses)}
    names = ", ".join(sorted(str(path.name) for kind in kinds if (path := files[kind])))
    raise BuildProblem(
        f"Expected files with at least what the raw tables have; less is in {names}. Nothing was "
        "written.\n"
        + "\n".join(lines)
        + "\nIf these files are whole and meant to replace the rows, "
        "run it again with --force (force=True)."
    )


def _progress(names: tuple[str, ...]) -> Iterator[str]:
    from tqdm import tqdm

    yield from tqdm(names, desc="compile", unit="table", leave=False, disable=None)


def find(folder: Path, kind: str) -> Path | None:
    """Return the file in `folder` that carries one of the kind's names, best name first.

    Copies in R's formats count only where pyreadr (development only) can open them.
    """
    readable = find_spec("pyreadr") is not None
    for pattern in layout(kind).files:
        found = sorted(path for path in folder.rglob(pattern) if path.is_file())
        if not readable:
            found = [path for path in found if path.suffix.lower() not in R_SUFFIXES]
        if found:
            return found[-1]
    return None


def _fill(
    table: RawTable,
    files: dict[str, Path | None],
    earlier: pd.DataFrame | None,
    cache: dict[str, tuple[pd.DataFrame, Report]],
) -> pd.DataFrame:
    """Return a raw table: rows of each source's file, earlier rows of sources without one."""
    import pandas as pd

    parts = []
    for kind in table.kinds:
        path = files[kind]
        if path is None:
            if earlier is not None:
                parts.append(earlier[earlier["source"] == kind])
            continue
        if kind not in cache:
            cache[kind] = read(kind, path)
        part = _shape(cache[kind][0], table)
        part.insert(0, "source", kind)
        parts.append(part)
    if not parts:
        return pd.DataFrame(columns=["source", *table.columns])
    frame = pd.concat(parts, ignore_index=True)
    return frame.reindex(columns=["source", *table.columns])


def _untouched(written: dict[str, bytes], target: Path) -> dict[str, bytes]:
    """Return this installation's raw tables and cards that no publisher's file makes (neighbours)."""
    mine = [path for suffix in ("csv", "toml") for path in sorted(own_raw().glob(f"*.{suffix}"))]
    lacking = [one for one in mine if one.name not in written and not (target / one.name).exists()]
    return {path.name: path.read_bytes() for path in lacking}


def _shape(frame: pd.DataFrame, table: RawTable) -> pd.DataFrame:
    """Select, collapse and round one source's tidy frame as the raw table asks."""
    for column, values in table.where:
        frame = frame[frame[column].isin(values)]
    if table.first_year is not None and "year" in frame:
        frame = frame[frame["year"] >= table.first_year]
    if table.sum_by:
        frame = frame.groupby(list(table.sum_by), as_index=False).sum(
            numeric_only=True, min_count=1
        )
    if table.spells:
        frame = spells(frame)
    frame = frame.reindex(columns=[name for name in table.columns if name in frame])
    if table.digits is not None:
        for name in frame.select_dtypes("float"):
            frame[name] = [float(f"{value:.{table.digits}g}") for value in frame[name]]
    return frame.copy()


def spells(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn consecutive months of a label with identical values into one row with from and to.

    Parameters
    ----------
    frame : DataFrame
        With `label`, `month` (Period[M]) and any value columns; one row per label and month.
    """
    values = [name for name in frame if name not in ("label", "month")]
    frame = frame.sort_values(["label", "month"], kind="stable").reset_index(drop=True)
    before = frame.shift()
    ordinal = frame["month"].astype("int64")
    same = (frame["label"] == before["label"]) & (ordinal.diff() == 1)
    for name in values:
        equal = frame[name].eq(before[name]) | (frame[name].isna() & before[name].isna())
        same &= equal.fillna(False).astype(bool)
    run = (~same).cumsum()
    starts = frame[~same].rename(columns={"month": "from"})
    starts.insert(2, "to", frame.groupby(run)["month"].max().to_numpy())
    return starts[["label", "from", "to", *values]].reset_index(drop=True)


def _set_aside(reports: list[Report], target: Path) -> dict[str, bytes]:
    """Return the raw table of every publisher row that was set aside, and its card."""
    import pandas as pd

    frames = [report.frame.assign(source=report.kind) for report in reports]
    before = before_in(target, "set_aside.csv")
    if before is not None:
        old = read_raw(before, "set_aside")
        frames.append(old[~old["source"].isin([report.kind for report in reports])])
    columns = ["source", "file", "row", "column", "value", "reason"]
    frame = pd.concat(frames, ignore_index=True).reindex(columns=columns)
    frame = frame.sort_values(["source", "file", "row"], kind="stable")
    card = (
        'table = "set_aside"\n'
        'meaning = "Publisher rows that were read but not kept, each with its reason"\n'
        f"columns = [{', '.join(map(quote, columns))}]\n\n[[sources]]\n"
        'source = "pkstats"\nproducer = "pkstats"\ntitle = "Rows set aside by the readers"\n'
        'version = "generated by pkstats compile"\nlicence = "CC BY 4.0"\n'
        'citation = "see each source"\nlanding_page = ""\nretrieved = ""\n'
        'coverage = "every file compiled"\nunit = "publisher row"\n'
        'limits = "the row number counts data rows below the header"\n'
    )
    return {"set_aside.csv": to_csv(frame), "set_aside.toml": card.encode()}
