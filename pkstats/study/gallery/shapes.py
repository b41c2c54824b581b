"""Outlines of states on a Robinson map, from the bundled Natural Earth shapes."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from pkstats.codebook import table
from pkstats.registry import states_table
from pkstats.tables.places import PACKAGE

SHAPES = PACKAGE / "study" / "gallery" / "data" / "shapes.json"

# Robinson's table: every five degrees of latitude, length of the parallel and distance from the equator.
_LENGTH = (
    *(1.0000, 0.9986, 0.9954, 0.9900, 0.9822, 0.9730, 0.9600, 0.9427, 0.9216, 0.8962),
    *(0.8679, 0.8350, 0.7986, 0.7597, 0.7186, 0.6732, 0.6213, 0.5722, 0.5322),
)
_HEIGHT = (
    *(0.0000, 0.0620, 0.1240, 0.1860, 0.2480, 0.3100, 0.3720, 0.4340, 0.4958, 0.5571),
    *(0.6176, 0.6769, 0.7346, 0.7903, 0.8435, 0.8936, 0.9394, 0.9761, 1.0000),
)


def robinson(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Return points on the map, shape (n, 2), in units of the globe's radius; degrees in."""
    parallels = np.arange(0, 95, 5)
    north = np.abs(np.asarray(latitude, dtype="float64"))
    x = 0.8487 * np.interp(north, parallels, _LENGTH) * np.radians(longitude)
    y = 1.3523 * np.interp(north, parallels, _HEIGHT) * np.sign(latitude)
    return np.column_stack([x, y])


@cache
def territories() -> dict[str, dict[str, Any]]:
    """Return the territories that the map draws for themselves, by name on the map."""
    place = SHAPES.with_name("territories.toml")
    return tomllib.loads(place.read_text(encoding="utf-8"))


def half(ring: np.ndarray, latitude: float, south: bool) -> np.ndarray:
    """Return the part of a closed ring, shape (n, 2), on one side of a parallel, closed along it."""
    kept: list[np.ndarray] = []
    for one, other in pairwise(ring):
        inside, stays = ((point[1] < latitude) == south for point in (one, other))
        if inside:
            kept.append(one)
        if inside != stays:
            share = (latitude - one[1]) / (other[1] - one[1])
            kept.append(one + share * (other - one))
    return np.array([*kept, kept[0]]) if kept else np.empty((0, 2))


@cache
def rings() -> dict[str, tuple[int | None, list[np.ndarray]]]:
    """Return, by name on the map, the state of today (or None) and its rings in degrees (n, 2).

    A territory has its part of a state's shape added, and the state has it no longer.
    """
    found = _as_published()
    for name, entry in territories().items():
        number, parts = found[entry["out_of"]]
        cuts = {
            south: [half(ring, entry["south_of"], south) for ring in parts]
            for south in (False, True)
        }
        pieces = {south: [ring for ring in cut if len(ring)] for south, cut in cuts.items()}
        found[entry["out_of"]] = number, pieces[False]
        found[name] = None, [*found[name][1], *pieces[True]]
    return found


def _as_published() -> dict[str, tuple[int | None, list[np.ndarray]]]:
    states = states_table()
    states = states[(states["year"] == states["year"].max()) & states["m49"].notna()]
    numbers = {
        str(code): int(state) for code, state in zip(states["m49"], states["state"], strict=True)
    }
    uncoded = table("neighbours").recipe["units"]
    return {
        shape["name"]: (
            numbers.get(shape["m49"], uncoded.get(shape["name"])),
            [np.array(ring).reshape(-1, 2) / 100 for ring in shape["rings"]],
        )
        for shape in json.loads(SHAPES.read_text(encoding="utf-8"))
    }


def size(ring: np.ndarray) -> float:
    """Return the area inside a ring of points, shape (n, 2)."""
    x, y = ring.T
    return float(abs(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2)


def centre(state: int) -> tuple[float, float] | None:
    """Return longitude and latitude of the middle of a state's largest piece of land."""
    own = [ring for number, parts in rings().values() if number == state for ring in parts]
    if not own:
        return None
    ring = max(own, key=size)
    x, y = ring.T
    cross = x[:-1] * y[1:] - x[1:] * y[:-1]
    if cross.sum() == 0:
        return float(x.mean()), float(y.mean())
    weight = cross / (3 * cross.sum())
    return float(((x[:-1] + x[1:]) * weight).sum()), float(((y[:-1] + y[1:]) * weight).sum())
