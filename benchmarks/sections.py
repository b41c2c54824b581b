"""The README of the benchmarks: each script writes its own sections and leaves the others."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).parent / "README.md"


def write(text: str, path: Path = README) -> None:
    """Put sections in place of those of the same heading; new ones go to the end."""
    sections = {**_sections(path.read_text(encoding="utf-8")), **_sections(text)}
    path.write_text("\n\n".join(sections.values()) + "\n", encoding="utf-8")


def _sections(text: str) -> dict[str, str]:
    """Return heading → section; what stands above the first heading has none."""
    parts = [part.strip() for part in re.split(r"^(?=## )", text, flags=re.MULTILINE)]
    return {part.split("\n")[0] if part.startswith("## ") else "": part for part in parts if part}
