"""Put labels beside their marks so that none covers another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DISTANCES = (3, 8, 14, 22, 32, 44, 58, 74, 92, 112)
# Points between a name and the mark of another: it would be read as the other's.
APART = 2
ANGLES = (0, 180, 30, -30, 150, -150, 60, -60, 120, -120, 90, -90)


def place_labels(
    axes: Axes,
    points: np.ndarray,
    radii: np.ndarray,
    texts: list[str],
    colours: list[str],
    fontsize: float = 8,
) -> None:
    """Write a text beside each point: as near as it fits, with a line where it stands far off.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        In data coordinates; earlier ones choose first.
    radii : ndarray, shape (n,)
        Sizes of the marks in points (1/72 inch).
    """
    scale = axes.figure.dpi / 72
    centres = axes.transData.transform(points)
    marks = [_box(x, y, r * scale, r * scale) for (x, y), r in zip(centres, radii, strict=True)]
    wide = [
        _box(x, y, (r + APART) * scale, (r + APART) * scale)
        for (x, y), r in zip(centres, radii, strict=True)
    ]
    bounds = axes.get_window_extent()
    frame = np.array([bounds.x0, bounds.y0, bounds.x1, bounds.y1])
    labels: list[np.ndarray] = []
    for place, ((x, y), radius, text, colour) in enumerate(
        zip(centres, radii, texts, colours, strict=True)
    ):
        label = axes.text(0, 0, text, fontsize=fontsize, color=colour, va="center", zorder=6)
        extent = label.get_window_extent()
        taken = [*labels, marks[place], *wide[:place], *wide[place + 1 :]]
        box = _free((x, y), radius * scale, (extent.width, extent.height), taken, frame, scale)
        labels.append(box)
        left = (box[0] + 1.5 * scale, (box[1] + box[3]) / 2)
        near = np.clip((x, y), box[:2], box[2:])
        start, mark, end = axes.transData.inverted().transform([left, (x, y), near])
        label.set_position(tuple(start))
        if np.hypot(*(near - (x, y))) > (radius + 7) * scale:
            axes.plot(*zip(mark, end, strict=True), color=colour, linewidth=0.7, zorder=5)


def _box(x: float, y: float, across: float, up: float) -> np.ndarray:
    """Return left, bottom, right, top of a box about a point."""
    return np.array([x - across, y - up, x + across, y + up])


def _free(
    point: tuple[float, float],
    radius: float,
    size: tuple[float, float],
    taken: list[np.ndarray],
    frame: np.ndarray,
    scale: float,
) -> np.ndarray:
    """Return the nearest box for a label that overlaps nothing, or the one that overlaps least."""
    width, height = size[0] / 2 + 1.5 * scale, size[1] / 2 + 0.5 * scale
    best, least = _box(*point, width, height), np.inf
    for distance in DISTANCES:
        for angle in np.radians(ANGLES):
            away = radius + distance * scale
            x = point[0] + np.cos(angle) * (away + width)
            y = point[1] + np.sin(angle) * (away + height)
            box = _box(x, y, width, height)
            outside = (box[:2] < frame[:2]).any() or (box[2:] > frame[2:]).any()
            overlap = sum(_overlap(box, other) for other in taken) + 1e9 * outside
            if overlap == 0:
                return box
            if overlap < least:
                best, least = box, overlap
    return best


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Return the area two boxes share."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    return float(np.prod(np.clip(sides, 0, None)))
