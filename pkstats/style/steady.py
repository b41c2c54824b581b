"""The same picture on every machine: numbers rounded to what can be seen before they are drawn.

Processors differ in the last digits of a sum. A drawing turns such a digit into another pixel where two
numbers are equal but for it (they change places), or where a round number falls short of itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Digits that survive in what is drawn, and steps of an axis that can be told apart.
DIGITS, STEPS = 9, 1000


def seen(values: Any, span: float) -> np.ndarray:
    """Return values rounded to a step that is a thousandth of the span, or up to ten times finer.

    Half a pixel or so: for curves of thousands of numbers, and before they are put in order, so that
    numbers which differ in their last digits keep their places.
    """
    found = np.asarray(values, dtype="float64")
    if not (np.isfinite(span) and span > 0):
        return found
    return np.round(found, int(np.log10(STEPS)) - int(np.floor(np.log10(span) + 1e-9)))


def rounded(values: Any) -> np.ndarray:
    """Return values rounded to nine digits of the largest, as floats, whatever their shape."""
    found = np.array(values, dtype="float64")
    size = np.abs(found[np.isfinite(found)]).max(initial=0.0)
    if not 1e-200 < size < 1e200:
        return found
    return np.round(found, DIGITS - int(np.ceil(np.log10(size) - 1e-9)))


def steady(figure: Figure) -> None:
    """Round the data of all that a figure's axes hold to nine digits."""
    for axes in figure.axes:
        _limits(axes)
        for artist in axes.get_children():
            _artist(axes, artist)


def _limits(axes: Axes) -> None:
    for get, change in ((axes.get_xlim, axes.set_xlim), (axes.get_ylim, axes.set_ylim)):
        ends = get()
        low, high = rounded(ends)
        if low != high:
            # Not told to axes that share these limits: each is rounded in its own turn.
            change(low, high, emit=False, auto=None)


def _artist(axes: Axes, artist: Artist) -> None:
    from matplotlib.collections import Collection
    from matplotlib.lines import Line2D
    from matplotlib.patches import Polygon, Rectangle
    from matplotlib.text import Text

    if artist is axes.patch or artist in (axes.xaxis, axes.yaxis):
        return
    if isinstance(artist, Line2D):
        artist.set_data(
            rounded(artist.get_xdata(orig=False)), rounded(artist.get_ydata(orig=False))
        )
    elif isinstance(artist, Collection):
        offsets: Any = np.ma.filled(np.ma.asarray(artist.get_offsets(), "float64"), np.nan)
        if offsets.size and offsets.any():
            artist.set_offsets(rounded(offsets))
        for path in artist.get_paths():
            corners = np.asarray(path.vertices)
            if corners.flags.writeable:
                corners[:] = rounded(corners)
    elif isinstance(artist, Rectangle):
        artist.set_bounds(*rounded(artist.get_bbox().bounds))
    elif isinstance(artist, Polygon):
        artist.set_xy(rounded(artist.get_xy()))
    elif type(artist) is Text:
        place = artist.get_unitless_position()
        artist.set_position(tuple(rounded(place)))
