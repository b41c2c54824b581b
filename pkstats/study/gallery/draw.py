"""Every figure with its title and its description, and how they are drawn into one folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from pkstats.cache import writable, write_atomically
from pkstats.errors import BuildProblem, known_name
from pkstats.study.cases import comparison
from pkstats.study.cases import page as case_page
from pkstats.study.cases.scope import entries
from pkstats.study.claims import plot as ledger
from pkstats.study.claims.claim import claim
from pkstats.study.claims.ledger.entries import ledger as claims_ledger
from pkstats.study.gallery import (
    coefficients,
    collaboration,
    communities,
    coverage,
    diplomacy,
    fatalities,
    mandates,
    missions,
    peace_survival,
    strength,
    tasks,
    timeline,
    types,
    violence,
    worldmap,
)
from pkstats.style.theme import save, theme
from pkstats.tables import build, generation
from pkstats.tables.places import PACKAGE, processed_folder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Rooms a figure can see; a figure is drawn again when any of their code changes, or its own module.
ROOMS = (
    *("codebook", "registry", "measures", "panel", "models", "multiverse", "style"),
    *("study/claims", "study/cases", "study/themes", "study/pages"),
)
SHARED = (
    "theme.py",
    "steady.py",
    "curve.py",
    "shapes.py",
    "placement.py",
    "missions.py",
    "types.py",
    "case_axes.py",
    "case_notes.py",
    "case_panels.py",
    "case_strength.py",
    "data/shapes.json",
    "data/territories.toml",
    "data/coverage.toml",
    "draw.py",
)
ENDINGS = ("svg", "png")
NUMBERS, ALT = "first_models.txt", "alt.toml"
CURVE = "claim_"


@dataclass(frozen=True, slots=True)
class Entry:
    """One figure: how to draw it, its title, and what it shows for those who cannot see it.

    `outlined` tells whether the letters of its SVG are outlines or text; `dpi` is that of its PNG, the
    theme's by default.
    """

    draw: Callable[[], Figure]
    title: str
    alt: str
    module: str
    outlined: bool = True
    dpi: int | None = None


def _entry(module: ModuleType) -> Entry:
    return Entry(module.draw, module.TITLE, module.ALT, module.__name__.rpartition(".")[2])


def _cases() -> dict[str, Entry]:
    """Return the page of every named case."""
    return {
        f"case_{key.replace(' ', '_')}": Entry(
            partial(case_page.of, key),
            str(entry["title"]),
            case_page.ALT.format(**entry),
            "case_page",
            outlined=False,
            dpi=case_page.DPI,
        )
        for key, entry in entries().items()
        if "mission" in entry
    }


def _curves() -> dict[str, Entry]:
    """Return the specification curve of every claim that is put to data."""
    return {
        f"{CURVE}{name.lower()}": Entry(
            partial(_curve, name),
            f"{name}: {entry.wording}",
            ledger.CURVE_ALT.format(wording=entry.wording),
            "ledger",
            dpi=ledger.CURVE_DPI,
        )
        for name, entry in claims_ledger().entries.items()
        if entry.testable
    }


def _curve(name: str) -> Figure:
    return ledger.curve(claim(name))


def _comparisons() -> dict[str, Entry]:
    """Return the cases side by side."""
    return {
        f"compare_{name}": Entry(
            draw,
            comparison.TITLES[name],
            comparison.ALTS[name],
            "comparison",
            outlined=False,
            dpi=comparison.DPI,
        )
        for name, draw in (("failures", comparison.failures), ("successes", comparison.successes))
    }


FIGURES: dict[str, Entry] = {
    "map": _entry(worldmap),
    "timeline": _entry(timeline),
    "missions": _entry(missions),
    "types": _entry(types),
    "strength": _entry(strength),
    "fatalities": _entry(fatalities),
    "tasks": _entry(tasks),
    "mandates": _entry(mandates),
    "collaboration": _entry(collaboration),
    "violence": _entry(violence),
    "peace_survival": _entry(peace_survival),
    "communities": _entry(communities),
    "diplomacy": _entry(diplomacy),
    "coefficients": _entry(coefficients),
    "coverage": _entry(coverage),
    "ledger": _entry(ledger),
    **_comparisons(),
    **_curves(),
    **_cases(),
}


def figure(name: str) -> Figure:
    """Return one of the library's figures, drawn from the tables in the house style.

    Parameters
    ----------
    name : str
        Such as ``"strength"``; an unknown name lists them all.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    UnknownName
        When no figure has that name.
    """
    _known(name)
    with theme(screen=True):
        return FIGURES[name].draw()


def _known(name: str) -> None:
    known_name(name, FIGURES, "figure", advice=f"Figures are: {', '.join(FIGURES)}.")


def draw_all(
    folder: Path, only: Sequence[str] = (), force: bool = False, processes: int = 1
) -> list[Path]:
    """Draw every figure as SVG and PNG, and write the models' numbers and the descriptions.

    A figure whose tables and code are those it was drawn from is left alone.

    Parameters
    ----------
    folder : Path
    only : sequence of str
        Names of figures; all by default.
    force : bool
        Draw even when nothing has changed.
    processes : int
        Draw in so many at once, each with tables of its own in memory. A script that asks for more
        than one has its own lines under ``if __name__ == "__main__":``.

    Returns
    -------
    list of Path
        The files, whether they were drawn now or before.

    Raises
    ------
    UnknownName
        When no figure has a name asked for.
    BuildProblem
        When the folder cannot be written, or a process of several is ended from outside.
    """
    from tqdm import tqdm

    names = tuple(only or FIGURES)
    for name in names:
        _known(name)
    writable(folder)
    build()
    drawn = {} if force else _drawn(folder)
    shared = _shared()
    inputs = {name: _inputs(FIGURES[name], shared) for name in names}
    stale = [
        name for name in names if drawn.get(name) != [inputs[name], _contents(_files(folder, name))]
    ]
    try:
        for name in tqdm(
            _each(folder, stale, processes),
            desc="figures",
            total=len(stale),
            leave=False,
            disable=None,
        ):
            drawn[name] = [inputs[name], _contents(_files(folder, name))]
    finally:
        write_atomically(_stamp(folder), (json.dumps(drawn, indent=1) + "\n").encode())
    write_atomically(folder / ALT, alt_texts().encode())
    return [*(path for name in names for path in _files(folder, name)), folder / ALT]


def _files(folder: Path, name: str) -> list[Path]:
    """Return the files of one figure."""
    files = [folder / f"{name}.{ending}" for ending in ENDINGS]
    return [*files, folder / NUMBERS] if name == "coefficients" else files


def _each(folder: Path, names: Sequence[str], processes: int) -> Iterator[str]:
    """Draw figures and yield the name of each when its files are there."""
    if min(processes, len(names)) < 2:
        for name in names:
            _draw(folder, name)
            yield name
        return
    # The table of claims works all of them out; their curves then find them on disk.
    order = sorted(names, key=lambda name: (name.startswith(CURVE), name != "ledger"))
    with ProcessPoolExecutor(min(processes, len(order)), get_context("spawn")) as pool:
        work = {pool.submit(_draw, folder, name): name for name in order}
        try:
            for done in as_completed(work):
                done.result()
                yield work[done]
        except BrokenProcessPool as problem:
            raise BuildProblem(
                "A process that drew figures was ended from outside, perhaps for want of memory. "
                "What was drawn is kept; draw the rest with `pkstats figures --processes 1`."
            ) from problem
        finally:
            pool.shutdown(cancel_futures=True)


def _draw(folder: Path, name: str) -> None:
    """Draw one figure into its files."""
    entry = FIGURES[name]
    with theme():
        save(entry.draw(), folder, name, entry.title, entry.alt, entry.outlined, entry.dpi)
        if name == "coefficients":
            write_atomically(folder / NUMBERS, coefficients.numbers().encode())


def alt_texts() -> str:
    """Return title and description of every figure as TOML."""
    lines = [
        f"[{name}]\ntitle = {json.dumps(entry.title, ensure_ascii=False)}\n"
        f"alt = {json.dumps(entry.alt, ensure_ascii=False)}\n"
        for name, entry in FIGURES.items()
    ]
    return "\n".join(lines)


def _stamp(folder: Path) -> Path:
    """Return where is noted what the figures in a folder were drawn from: outside git."""
    place = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    return writable(processed_folder() / "drawn") / f"{place}.json"


def _drawn(folder: Path) -> dict[str, list[str]]:
    """Return, by figure, the hashes of inputs and files when it was last drawn into a folder."""
    try:
        found = json.loads(_stamp(folder).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _contents(paths: Sequence[Path]) -> str:
    """Return a hash of files; one that is missing changes it."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes() if path.exists() else b"missing")
    return digest.hexdigest()


def _shared() -> str:
    """Return a hash of what every figure follows from: the tables' build and the code all can reach."""
    code = [path for room in ROOMS for path in (PACKAGE / room).rglob("*.*")]
    code += [PACKAGE / "study" / "gallery" / name for name in SHARED]
    kept = sorted(path for path in code if path.suffix in (".py", ".toml", ".json", ".csv"))
    return generation() + _contents(kept)


def _inputs(entry: Entry, shared: str) -> str:
    """Return a hash of what a figure follows from: what it shares with the others, and its module."""
    return shared + _contents([PACKAGE / "study" / "gallery" / f"{entry.module}.py"])
