"""Draw every figure into one folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pkstats.figures import coefficients, fatalities, missions, strength, tasks, violence
from pkstats.figures.theme import save, theme
from pkstats.tables.places import writable, write_atomically

FIGURES: dict[str, Callable] = {
    "missions": missions.draw,
    "strength": strength.draw,
    "fatalities": fatalities.draw,
    "tasks": tasks.draw,
    "violence": violence.draw,
    "coefficients": coefficients.draw,
}


def draw_all(folder: Path) -> list[Path]:
    """Draw every figure as SVG and PNG and write the models' numbers; returns the paths.

    Raises
    ------
    BuildProblem
        When the folder cannot be written.
    """
    from tqdm import tqdm

    writable(folder)
    paths: list[Path] = []
    with theme():
        for name, draw in tqdm(FIGURES.items(), desc="figures", leave=False, disable=None):
            paths += save(draw(), folder, name)
    models = folder / "first_models.txt"
    write_atomically(models, coefficients.numbers().encode())
    return [*paths, models]
