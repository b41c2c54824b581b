"""Stata and R files, which say themselves how many rows they have."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkstats.errors import PkstatsError, UnreadableFile
from pkstats.sources import files, limits
from pkstats.text import cut

if TYPE_CHECKING:
    import pandas as pd

# A Stata file begins like this or, before release 13, with its release and its order of bytes.
STATA_MARK, STATA_RELEASES, STATA_ORDERS = b"<stata_dta>", range(102, 116), (1, 2)
# Bytes of a cell of each type of number; other types are text, and tell its length themselves.
STATA_WIDTHS = {65526: 8, 65527: 4, 65528: 4, 65529: 2, 65530: 1, 32768: 8}
LONGEST_TEXT = 2045


def stata_frame(
    content: bytes, name: str, choose: Callable[[list[str]], list[str]], notes: list[str]
) -> pd.DataFrame:
    """Return the columns that `choose` picks of a Stata file, with codes instead of labels.

    `notes` receives a remark when its text is not in the encoding that it says.

    Raises
    ------
    UnreadableFile
        When it is no Stata file, is damaged, or holds another number of rows than it says.
    """
    import pandas as pd

    old = len(content) > 1 and content[0] in STATA_RELEASES and content[1] in STATA_ORDERS
    if not old and not content.startswith(STATA_MARK):
        raise UnreadableFile(
            f"{name} is not a Stata file: expected one, since it is named .dta. "
            "If it is a text table, rename it to .csv; otherwise download it again."
        )
    try:
        with (
            warnings.catch_warnings(record=True) as heard,
            pd.read_stata(io.BytesIO(content), convert_categoricals=False, iterator=True) as reader,
        ):
            warnings.simplefilter("always")
            header = list(reader.variable_labels())
            limits.check("PKSTATS_MAX_COLUMNS", len(header), name)
            frame = reader.read(columns=choose(header))
    except PkstatsError:
        raise
    except Exception as problem:
        raise UnreadableFile(
            f"{name} cannot be opened as a Stata file: it is damaged or of a release that pandas "
            f"does not know ({cut(problem)}). Download it again."
        ) from None
    if any(issubclass(one.category, UnicodeWarning) for one in heard):
        notes.append("text that is not UTF-8: decoded as Latin-1")
    stored = None if old else stata_rows(content)
    if stored is not None and stored != len(frame):
        raise UnreadableFile(
            f"{name} is a damaged Stata file: it says it has {len(frame):,} rows and holds "
            f"{stored:,}. Download it again."
        )
    return frame


def stata_rows(content: bytes) -> int | None:
    """Return the rows of a Stata file (release 13 or later) by the room that its data take.

    Returns
    -------
    int or None
        None when the file has no columns or its types cannot be told; -1 when the room is no whole
        number of rows.
    """
    start, end = content.find(b"<data>") + len(b"<data>"), content.rfind(b"</data>")
    order = ">" if b"<byteorder>MSF" in content[:200] else "<"
    types = content.partition(b"<variable_types>")[2].partition(b"</variable_types>")[0]
    if len(types) % 2:
        return None
    codes = struct.unpack(f"{order}{len(types) // 2}H", types)
    widths = [STATA_WIDTHS.get(code, code if code <= LONGEST_TEXT else None) for code in codes]
    known = [width for width in widths if width is not None]
    if not known or len(known) < len(widths) or end < start:
        return None
    rows, rest = divmod(end - start, sum(known))
    return -1 if rest else rows


def r_frame(path: Path, fit: Callable[[list[str]], float]) -> tuple[str, pd.DataFrame]:
    """Return the name and the content of the frame of an .rda or .rds file that fits best.

    The largest decides between equals. Needs pyreadr, which is for development only.

    Raises
    ------
    UnreadableFile
        When pyreadr is lacking, the file is damaged, too large, or holds no frame.
    """
    files.check_path(path)
    try:
        import pyreadr
    except ImportError:
        raise UnreadableFile(
            f"{path.name} is an R file. Use the publisher's CSV release, or install pyreadr "
            "(AGPL, development only) to open R copies."
        ) from None
    import pandas as pd

    files.unpacked_size(path)
    try:
        with warnings.catch_warnings():
            # A file without a frame is an error here, not a warning.
            warnings.simplefilter("ignore")
            objects: dict[Any, Any] = pyreadr.read_r(str(path))
    except Exception as problem:
        raise UnreadableFile(
            f"{path.name} cannot be opened as an R file ({cut(problem)}). "
            "Download it again; if it is a text table, rename it to .csv."
        ) from None
    frames = {
        str(name or ""): frame
        for name, frame in objects.items()
        if isinstance(frame, pd.DataFrame) and len(frame.columns)
    }
    if not frames:
        raise UnreadableFile(
            f"{path.name} is an R file without a data frame. Check that it is the right file, or "
            "download it again."
        )

    def rank(name: str) -> tuple[float, int]:
        return fit([str(column) for column in frames[name].columns]), len(frames[name])

    name = max(frames, key=rank)
    limits.check("PKSTATS_MAX_COLUMNS", len(frames[name].columns), path.name)
    limits.check("PKSTATS_MAX_ROWS", len(frames[name]), path.name)
    return name, frames[name]
