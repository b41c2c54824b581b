"""Every figure with its title and its description, and how they are drawn into one folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from pkstats.errors import UnknownName, suggestion
from pkstats.evidence.case_scope import entries
from pkstats.evidence.claims import claim
from pkstats.evidence.ledger.entries import ledger as claims_ledger
from pkstats.figures import (
    case_page,
    coefficients,
    collaboration,
    communities,
    comparison,
    coverage,
    diplomacy,
    fatalities,
    ledger,
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
from pkstats.figures.theme import save, theme
from pkstats.tables.build import STAMP, build
from pkstats.tables.places import PACKAGE, processed_folder, writable, write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Rooms a figure can see; a figure is drawn again when any of their code changes, or its own module.
ROOMS = ("codebook", "registry", "measures", "panel", "models", "multiverse", "evidence")
SHARED = (
    "theme.py",
    "curve.py",
    "shapes.py",
    "placement.py",
    "missions.py",
    "types.py",
    "case_panels.py",
    "data/shapes.json",
    "draw.py",
)
ENDINGS = ("svg", "png")
NUMBERS, ALT = "first_models.txt", "alt.toml"


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
        f"claim_{name.lower()}": Entry(
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
        Such as ``"strength"``; `FIGURES` has them all.

    Raises
    ------
    UnknownName
        When no figure has that name.
    """
    _known(name)
    with theme(screen=True):
        return FIGURES[name].draw()


def _known(name: str) -> None:
    if name not in FIGURES:
        raise UnknownName(
            f"No figure is called {name!r}.{suggestion(name, FIGURES)} "
            f"Figures are: {', '.join(FIGURES)}."
        )


def draw_all(folder: Path, only: Sequence[str] = (), force: bool = False) -> list[Path]:
    """Draw every figure as SVG and PNG, and write the models' numbers and the descriptions.

    A figure whose tables and code are those it was drawn from is left alone.

    Parameters
    ----------
    folder : Path
    only : sequence of str
        Names of figures; all by default.
    force : bool
        Draw even when nothing has changed.

    Returns
    -------
    list of Path
        The files, whether they were drawn now or before.

    Raises
    ------
    UnknownName
        When no figure has a name asked for.
    BuildProblem
        When the folder cannot be written.
    """
    from tqdm import tqdm

    for name in only:
        _known(name)
    writable(folder)
    build()
    drawn = {} if force else _drawn(folder)
    paths: list[Path] = []
    with theme():
        for name in tqdm(only or FIGURES, desc="figures", leave=False, disable=None):
            files = [folder / f"{name}.{ending}" for ending in ENDINGS]
            if name == "coefficients":
                files.append(folder / NUMBERS)
            inputs = _inputs(FIGURES[name])
            if drawn.get(name) != [inputs, _contents(files)]:
                entry = FIGURES[name]
                save(entry.draw(), folder, name, entry.outlined, entry.dpi)
                if name == "coefficients":
                    write_atomically(folder / NUMBERS, coefficients.numbers().encode())
                drawn[name] = [inputs, _contents(files)]
            paths += files
    write_atomically(_stamp(folder), (json.dumps(drawn, indent=1) + "\n").encode())
    write_atomically(folder / ALT, alt_texts().encode())
    return [*paths, folder / ALT]


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
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _contents(paths: Sequence[Path]) -> str:
    """Return a hash of files; one that is missing changes it."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes() if path.exists() else b"missing")
    return digest.hexdigest()


def _inputs(entry: Entry) -> str:
    """Return a hash of what a figure follows from: the tables' build and the code it can reach."""
    code = [path for room in ROOMS for path in (PACKAGE / room).rglob("*.*")]
    code += [PACKAGE / "figures" / name for name in (*SHARED, f"{entry.module}.py")]
    kept = sorted(path for path in code if path.suffix in (".py", ".toml", ".json", ".csv"))
    return _contents([processed_folder() / STAMP, *kept])
