"""Publishers' files → `data/raw/*.csv` and the card beside each."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pkstats.cache import locked, write_together
from pkstats.codebook import source_card
from pkstats.errors import BuildProblem
from pkstats.sources import Report, layout, read
from pkstats.sources.opening import R_SUFFIXES
from pkstats.tables.places import in_checkout, own_raw, raw_folder
from pkstats.tables.raw import RawTable, raw_names, raw_table, read_raw, to_csv

if TYPE_CHECKING:
    import pandas as pd

CARD_FIELDS = (
    "producer",
    "title",
    "version",
    "licence",
    "citation",
    "landing_page",
    "retrieved",
    "coverage",
    "unit",
    "limits",
)


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


def compile_sources(folder: str | Path, target: Path | None = None) -> Compiled:
    """Turn a folder of publisher files into the raw tables and their cards.

    Parameters
    ----------
    folder : str or Path
        Searched with all its subfolders for the file names the readers know.
    target : Path, optional
        Where the raw tables go; by default `PKSTATS_RAW` or the checkout's `data/raw`. A table that
        is not there yet starts from the rows this installation has.

    Returns
    -------
    Compiled
        Rows per table, a report per file, the sources whose file was not there (their earlier rows,
        if any, stay), and those whose file is another than before under a card of the same version.

    Raises
    ------
    BuildProblem
        When the folder is missing or holds none of the files.
    """
    folder = Path(folder)
    target = target or raw_folder()
    if target == own_raw() and not in_checkout():
        raise BuildProblem(
            "Compiling into an installed package would change it. Name a folder of your own "
            "(--target FOLDER, or PKSTATS_RAW), or work from a checkout."
        )
    if not folder.is_dir():
        raise BuildProblem(f"Expected a folder of publisher files at {folder}; there is none.")
    kinds = dict.fromkeys(kind for name in raw_names() for kind in raw_table(name).kinds)
    files = {kind: find(folder, kind) for kind in kinds}
    if not any(files.values()):
        raise BuildProblem(
            f"{folder} holds none of the files the raw tables are made from, such as "
            f"{', '.join(layout(kind).files[0] for kind in list(files)[:4])}. "
            "pkstats.read(kind, path) reads one file, also of kinds that no table is made from."
        )
    done = Compiled(absent=sorted(kind for kind, path in files.items() if path is None))
    with locked(target):
        written: dict[str, bytes] = {}
        cache: dict[str, tuple[pd.DataFrame, Report]] = {}
        for name in _progress(raw_names()):
            frame = _fill(raw_table(name), files, target, cache)
            done.rows[name] = len(frame)
            written[f"{name}.csv"] = to_csv(frame)
            written[f"{name}.toml"] = _card(raw_table(name), files, cache, target).encode()
        done.reports = [report for _, report in cache.values()]
        done.changed = list(dict.fromkeys(_outdated(files, target)))
        written.update(_set_aside(done.reports, files, target))
        written.update(_untouched(written, target))
        write_together(target, written)
    return done


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
    target: Path,
    cache: dict[str, tuple[pd.DataFrame, Report]],
) -> pd.DataFrame:
    import pandas as pd

    parts = []
    for kind in table.kinds:
        path = files[kind]
        if path is None:
            before = _before(target, f"{table.name}.csv")
            if before is not None:
                old = read_raw(before, table.name)
                parts.append(old[old["source"] == kind])
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


def _before(target: Path, name: str) -> Path | None:
    """Return the folder whose file is the earlier one: the target, else this installation's."""
    return next((folder for folder in (target, own_raw()) if (folder / name).exists()), None)


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


def _quote(value: object) -> str:
    text = str(value).strip().replace("\\", "\\\\").replace('"', '\\"')
    return '"' + " ".join(text.split()) + '"'


def _card(
    table: RawTable,
    files: dict[str, Path | None],
    cache: dict[str, tuple[pd.DataFrame, Report]],
    target: Path,
) -> str:
    """Return the card of a raw table: each source's provenance and the account of its rows."""
    before = _earlier(_before(target, f"{table.name}.toml"), table.name)
    lines = [f"table = {_quote(table.name)}", f"meaning = {_quote(table.meaning)}"]
    lines.append(f"columns = [{', '.join(_quote(name) for name in ('source', *table.columns))}]")
    for kind in table.kinds:
        card = source_card(layout(kind).source)
        entry: dict[str, object] = {"source": kind, **{key: card[key] for key in CARD_FIELDS}}
        path = files[kind]
        if path is not None:
            report = cache[kind][1]
            entry |= {
                "file": path.name,
                "sha256": _hash(path),
                "rows_read": report.read,
                "rows_kept": report.kept,
                "rows_set_aside": report.set_aside,
                "notes": report.notes,
            }
        else:
            old = before.get(kind, {})
            entry |= {key: value for key, value in old.items() if key not in entry}
        lines += ["", "[[sources]]", *(f"{key} = {_toml(value)}" for key, value in entry.items())]
    return "\n".join(lines) + "\n"


def _earlier(folder: Path | None, name: str) -> dict[str, dict[str, object]]:
    """Return the sources of a card that is already there, so that a partial compile keeps them."""
    if folder is None:
        return {}
    path = folder / f"{name}.toml"
    return {entry["source"]: entry for entry in tomllib.loads(path.read_text("utf-8"))["sources"]}


def _outdated(files: dict[str, Path | None], target: Path) -> Iterator[str]:
    """Tell which cards speak of a version whose file was another one."""
    for name in raw_names():
        before = _earlier(_before(target, f"{name}.toml"), name)
        for kind in raw_table(name).kinds:
            old, path, card = before.get(kind, {}), files[kind], source_card(layout(kind).source)
            if path is None or "sha256" not in old or old.get("version") != card["version"]:
                continue
            if old["sha256"] != _hash(path):
                yield (
                    f"{kind}: {path.name} is not the file that version {card['version']} was read "
                    f"from ({old['file']}). Citations still name that version: correct version, "
                    f"coverage and citation in codebook/cards/{layout(kind).source}.toml."
                )


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _toml(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(_quote(item) for item in value)}]"
    return _quote(value)


def _set_aside(
    reports: list[Report], files: dict[str, Path | None], target: Path
) -> dict[str, bytes]:
    """Return the raw table of every publisher row that was set aside, and its card."""
    import pandas as pd

    frames = [report.frame.assign(source=report.kind) for report in reports]
    before = _before(target, "set_aside.csv")
    if before is not None:
        old = read_raw(before, "set_aside")
        frames.append(old[~old["source"].isin([report.kind for report in reports])])
    columns = ["source", "file", "row", "column", "value", "reason"]
    frame = pd.concat(frames, ignore_index=True).reindex(columns=columns)
    frame = frame.sort_values(["source", "file", "row"], kind="stable")
    card = (
        'table = "set_aside"\n'
        'meaning = "Publisher rows that were read but not kept, each with its reason"\n'
        f"columns = [{', '.join(map(_quote, columns))}]\n\n[[sources]]\n"
        'source = "pkstats"\nproducer = "pkstats"\ntitle = "Rows set aside by the readers"\n'
        'version = "generated by pkstats compile"\nlicence = "CC BY 4.0"\n'
        'citation = "see each source"\nlanding_page = ""\nretrieved = ""\n'
        'coverage = "every file compiled"\nunit = "publisher row"\n'
        'limits = "the row number counts data rows below the header"\n'
    )
    return {"set_aside.csv": to_csv(frame), "set_aside.toml": card.encode()}
