"""Natural Earth's countries (TopoJSON) → the raw table of borders, and outlines for the map.

`python -m pkstats.tables.atlas FOLDER` reads the two files of the npm package `world-atlas` named in
`BORDERS` and `OUTLINES`. Neighbours are units that share an arc of the topology, so that no distance
or tolerance is involved.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from pkstats.cache import write_atomically
from pkstats.tables.places import PACKAGE, raw_folder

BORDERS, OUTLINES = "countries-10m.json", "countries-50m.json"
SHAPES = PACKAGE / "study" / "gallery" / "data" / "shapes.json"
HEADER = "source,unit_name,unit_m49,neighbour_name,neighbour_m49"
LEFT_OUT = ("Antarctica",)
# In degrees: a tenth of a point on a map eleven inches wide.
TOLERANCE, SMALLEST = 0.12, 0.3

Unit = tuple[str, str]


def units(topology: Mapping[str, Any]) -> Iterator[tuple[Unit, list[list[int]]]]:
    """Yield each country as (name, M49 code or empty), with its rings as lists of arc numbers."""
    for geometry in topology["objects"]["countries"]["geometries"]:
        polygons = geometry.get("arcs", [])
        if geometry["type"] == "Polygon":
            polygons = [polygons]
        code = str(int(geometry["id"])) if "id" in geometry else ""
        yield (geometry["properties"]["name"], code), [ring for part in polygons for ring in part]


def borders(topology: Mapping[str, Any]) -> list[tuple[Unit, Unit]]:
    """Return pairs of units that share an arc, each pair once and in order of name."""
    owners: dict[int, set[Unit]] = {}
    for unit, rings in units(topology):
        for arc in (arc for ring in rings for arc in ring):
            owners.setdefault(~arc if arc < 0 else arc, set()).add(unit)
    found = {pair for shared in owners.values() for pair in combinations(sorted(shared), 2)}
    return sorted(pair for pair in found if pair[0][0] != pair[1][0])


def decoded(topology: Mapping[str, Any]) -> list[np.ndarray]:
    """Return every arc in degrees, shape (points, 2): longitude, latitude."""
    scale, shift = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    return [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in topology["arcs"]]


def simplified(line: np.ndarray, tolerance: float = TOLERANCE) -> np.ndarray:
    """Return a line without the points that lie within `tolerance` of it (Douglas and Peucker)."""
    keep = np.zeros(len(line), dtype=bool)
    keep[[0, -1]] = True
    closed = bool((line[0] == line[-1]).all()) and len(line) > 3
    far = int(np.hypot(*(line - line[0]).T).argmax())
    open_spans = [(0, far), (far, len(line) - 1)] if closed else [(0, len(line) - 1)]
    keep[far] |= closed
    while open_spans:
        first, last = open_spans.pop()
        if last - first < 2:
            continue
        inner = line[first + 1 : last] - line[first]
        along = line[last] - line[first]
        length = np.hypot(*along)
        across = inner[:, 0] * along[1] - inner[:, 1] * along[0]
        away = np.abs(across) / length if length else np.hypot(*inner.T)
        place = int(away.argmax())
        if away[place] > tolerance:
            middle = first + 1 + place
            keep[middle] = True
            open_spans += [(first, middle), (middle, last)]
    return line[keep]


def outlines(topology: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return name, code and rings of each country, rings in hundredths of a degree.

    Arcs are simplified before they are joined, so that neighbours still meet. Of rings smaller than
    `SMALLEST` across only a country's largest stays.
    """
    arcs = [simplified(arc) for arc in decoded(topology)]
    shapes = []
    for (name, code), rings in units(topology):
        if name in LEFT_OUT:
            continue
        lines = [_joined(arcs, ring) for ring in rings]
        spans = [float(np.ptp(line, axis=0).max()) for line in lines]
        kept = [
            np.rint(line * 100).astype(int).ravel().tolist()
            for line, span in zip(lines, spans, strict=True)
            if span == max(spans) or (span > SMALLEST and len(line) > 3)
        ]
        shapes.append({"name": name, "m49": code, "rings": kept})
    return sorted(shapes, key=lambda shape: shape["name"])


def _joined(arcs: list[np.ndarray], ring: list[int]) -> np.ndarray:
    """Return a ring's points; a negative number means the arc is run backwards."""
    lines = [arcs[~arc][::-1] if arc < 0 else arcs[arc] for arc in ring]
    return np.vstack([lines[0], *(after[1:] for _, after in pairwise(lines))])


def compile_atlas(folder: Path) -> tuple[int, int]:
    """Write the raw table of borders and the outlines; returns how many pairs and shapes."""
    near = borders(json.loads((folder / BORDERS).read_text(encoding="utf-8")))
    lines = [",".join(("natural_earth", *one, *other)) for one, other in near]
    write_atomically(raw_folder() / "neighbours.csv", "\n".join([HEADER, *lines, ""]).encode())
    shapes = outlines(json.loads((folder / OUTLINES).read_text(encoding="utf-8")))
    rows = ",\n".join(json.dumps(shape, separators=(",", ":")) for shape in shapes)
    write_atomically(SHAPES, f"[\n{rows}\n]\n".encode())
    return len(near), len(shapes)


if __name__ == "__main__":
    pairs, shapes = compile_atlas(Path(sys.argv[1]))
    print(f"{pairs} pairs, {shapes} shapes")
