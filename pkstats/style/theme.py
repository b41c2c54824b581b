"""One look for every figure: colours safe for colour-blind readers, quiet axes, a source line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
import pandas as pd

from pkstats.cache import write_together
from pkstats.style.steady import steady
from pkstats.text import for_html

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL.Image import Image

# Okabe and Ito's palette: distinct under the common kinds of colour blindness.
COLOURS = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "vermilion": "#D55E00",
    "sky": "#56B4E9",
    "purple": "#CC79A7",
    "yellow": "#F0E442",
    "grey": "#8A8A8A",
    "black": "#222222",
}
TYPES = {
    "traditional": COLOURS["sky"],
    "multidimensional": COLOURS["blue"],
    "robust": COLOURS["vermilion"],
}
TYPE_RULE = (
    "Robust: Chapter VII and protection of civilians; multidimensional: tasks in three or more of six "
    "peacebuilding areas; traditional: the rest."
)
BETTER, WORSE, NEUTRAL = (0.82, 0.89, 0.95), (0.98, 0.86, 0.80), "#F4F4F4"
SETTINGS: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.7,
    "axes.edgecolor": "#777777",
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "svg.hashsalt": "pkstats",
    "svg.fonttype": "path",
}
# Verdana's letters are about as wide.
FONTS = "'DejaVu Sans', Verdana, sans-serif"
OUTLINE = re.compile(r'\bd="[^"]*"')
ROOT = re.compile(r"<svg [^>]*(?=>)")
DECIMALS = re.compile(r"(\.\d\d)\d+")


@contextmanager
def theme(screen: bool = False) -> Iterator[None]:
    """Draw with the project's settings; without `screen`, away from any window or notebook."""
    if screen:
        with matplotlib.rc_context(SETTINGS):
            yield
        return
    backend = matplotlib.get_backend()
    matplotlib.use("Agg")
    try:
        with matplotlib.rc_context(SETTINGS):
            yield
    finally:
        matplotlib.use(backend)


def shade_of(share: float | None) -> Any:
    """Return red for the worst (0) to blue for the best (1), light grey where not known."""
    if share is None:
        return NEUTRAL
    return tuple(low + share * (high - low) for low, high in zip(WORSE, BETTER, strict=True))


def caption(figure: Figure, title: str, subtitle: str, source: str, as_of: str) -> None:
    """Put title and subtitle above, and sources with the as-of date below; figure coordinates."""
    height = figure.get_figheight()
    figure.text(0.01, 1 - 0.12 / height, title, fontsize=13, fontweight="bold", va="top")
    figure.text(0.01, 1 - 0.42 / height, subtitle, fontsize=9.5, color="#444444", va="top")
    figure.text(
        0.01,
        0.1 / height,
        f"{source} As of {as_of}. pkstats.",
        fontsize=7.5,
        color="#666666",
        va="bottom",
    )


def bare(axes: Axes, grid: str = "y") -> None:
    """Keep the grid lines of one direction only."""
    axes.grid(False)
    axes.grid(True, axis=grid)  # type: ignore[arg-type]
    axes.tick_params(length=0)


def stacked_bars(
    axes: Axes, table: pd.DataFrame, palette: Mapping[str, str], totals: bool = False
) -> None:
    """Draw one bar a row, its parts the columns named in the palette; `totals` puts sums in labels."""
    bottom = np.zeros(len(table))
    for name, colour in palette.items():
        height = table[name].fillna(0).to_numpy("float64")
        label = f"{name} ({height.sum():,.0f})" if totals else name
        axes.bar(table.index, height, bottom=bottom, color=colour, width=0.85, label=label)
        bottom += height
    bare(axes)


def few_colours(picture: Image) -> Image:
    """Return a picture in 256 colours, white and those of the theme among them.

    A palette found from the picture alone gives up colours of few pixels: a key's green turned blue.
    """
    from PIL import Image, ImageColor

    whole = picture.convert("RGB")
    fixed = ("#FFFFFF", *COLOURS.values())
    ours = [ImageColor.getrgb(code) for code in fixed]
    found = whole.quantize(256 - len(fixed), dither=Image.Dither.NONE).getpalette() or []
    palette = np.vstack([ours, np.reshape(found, (-1, 3))]).astype("float64")
    red, green, blue = np.moveaxis(np.asarray(whole, dtype="int64"), 2, 0)
    places, codes = pd.factorize(((red << 16) | (green << 8) | blue).ravel())
    colours = np.column_stack([codes >> 16, (codes >> 8) & 255, codes & 255]).astype("float64")
    # Pillow's own search stops at the nearest in a coarse grid, and white turns grey. Distances are
    # squared and without the colour's own length, the same for all; whole numbers, so exact.
    nearest = ((palette**2).sum(axis=1) - 2 * colours @ palette.T).argmin(axis=1)
    few = Image.fromarray(nearest[places].reshape(red.shape).astype("uint8"))
    few.putpalette(palette.astype("uint8").tobytes())
    return few


def _described(svg: str, title: str, alt: str) -> str:
    """Return an SVG that says what it is to those who have it read aloud."""
    words = f"<title>{for_html(title)}</title>\n <desc>{for_html(alt)}</desc>"
    start = ROOT.search(svg)
    assert start is not None
    return f'{svg[: start.end()]} role="img">\n {words}{svg[start.end() + 1 :]}'


def save(
    figure: Figure,
    folder: Path,
    name: str,
    title: str,
    alt: str,
    outlined: bool = True,
    dpi: int | None = None,
) -> list[Path]:
    """Write SVG and PNG without dates or versions, so that the same figure has the same bytes.

    The SVG carries the title and the text description.
    Outlines are rounded to hundredths of a point and colours to a palette of 256: nobody sees the
    difference, and the files are a third of the size. Without `outlined` the SVG keeps its
    letters as text, in the same font or one as wide: a page of text is four times as heavy in outlines.
    """
    import matplotlib.pyplot as plt
    from PIL import Image

    steady(figure)
    drawn = StringIO()
    with matplotlib.rc_context({"svg.fonttype": "path" if outlined else "none"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": "pkstats"})
    short = OUTLINE.sub(lambda found: DECIMALS.sub(r"\1", found.group()), drawn.getvalue())
    short = _described(short.replace("'DejaVu Sans'", FONTS), title, alt)
    contents = {f"{name}.svg": short.encode()}
    pixels = BytesIO()
    # Packed once, at the end, in fewer colours.
    quickly = {"compress_level": 1}
    figure.savefig(
        pixels, format="png", dpi=dpi or matplotlib.rcParams["savefig.dpi"], pil_kwargs=quickly
    )
    plt.close(figure)
    packed = BytesIO()
    few_colours(Image.open(pixels)).save(packed, format="png", optimize=True)
    contents[f"{name}.png"] = packed.getvalue()
    write_together(folder, contents)
    return [folder / file for file in contents]
