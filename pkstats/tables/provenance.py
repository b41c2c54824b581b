"""Cards beside raw tables: each source's provenance, and the account of its rows."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pkstats.codebook import source_card
from pkstats.errors import BuildProblem
from pkstats.sources import Report, layout
from pkstats.tables.places import own_raw
from pkstats.tables.raw import RawTable, raw_names, raw_table

if TYPE_CHECKING:
    import pandas as pd

CARD_FIELDS = (
    "producer",
    "title",
    "version",
    "licence",
    "citation",
    "landing_page",
    "retrieved",
    "coverage",
    "unit",
    "limits",
)


def before_in(target: Path, name: str) -> Path | None:
    """Return the folder whose file is the earlier one: the target, else this installation's."""
    return next((folder for folder in (target, own_raw()) if (folder / name).exists()), None)


def quote(value: object) -> str:
    """Return text as a TOML string on one line."""
    text = " ".join(str(value).split()).encode("utf-8", "backslashreplace").decode("utf-8")
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def card(
    table: RawTable,
    files: dict[str, Path | None],
    cache: dict[str, tuple[pd.DataFrame, Report]],
    target: Path,
) -> str:
    """Return the card of a raw table: each source's provenance and the account of its rows."""
    before = earlier_sources(before_in(target, f"{table.name}.toml"), table.name)
    lines = [f"table = {quote(table.name)}", f"meaning = {quote(table.meaning)}"]
    lines.append(f"columns = [{', '.join(quote(name) for name in ('source', *table.columns))}]")
    for kind in table.kinds:
        known = source_card(layout(kind).source)
        entry: dict[str, object] = {"source": kind, **{key: known[key] for key in CARD_FIELDS}}
        path = files[kind]
        if path is not None:
            report = cache[kind][1]
            entry |= {
                "file": path.name,
                "sha256": _hash(path),
                "rows_read": report.read,
                "rows_kept": report.kept,
                "rows_set_aside": report.set_aside,
                "notes": report.notes,
            }
        else:
            old = before.get(kind, {})
            entry |= {key: value for key, value in old.items() if key not in entry}
        lines += ["", "[[sources]]", *(f"{key} = {_toml(value)}" for key, value in entry.items())]
    return "\n".join(lines) + "\n"


def earlier_sources(folder: Path | None, name: str) -> dict[str, dict[str, object]]:
    """Return the sources of a card that is already there, so that a partial compile keeps them."""
    if folder is None:
        return {}
    path = folder / f"{name}.toml"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))["sources"]
        return {str(entry["source"]): dict(entry) for entry in found}
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as problem:
        raise BuildProblem(
            f"The card {path} cannot be read: expected TOML with a list of sources; "
            f"{type(problem).__name__}, {problem}. Restore it from the repository or delete it."
        ) from None


def outdated(files: dict[str, Path | None], target: Path) -> Iterator[str]:
    """Tell which cards speak of a version whose file was another one."""
    for name in raw_names():
        before = earlier_sources(before_in(target, f"{name}.toml"), name)
        for kind in raw_table(name).kinds:
            old, path, known = before.get(kind, {}), files[kind], source_card(layout(kind).source)
            if path is None or "sha256" not in old or old.get("version") != known["version"]:
                continue
            if old["sha256"] != _hash(path):
                yield (
                    f"{kind}: {path.name} is not the file that version {known['version']} was read "
                    f"from ({old['file']}). Citations still name that version: correct version, "
                    f"coverage and citation in codebook/cards/{layout(kind).source}.toml."
                )


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _toml(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(quote(item) for item in value)}]"
    return quote(value)
