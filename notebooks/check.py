"""Run the notebooks from a clean state and compare their outputs with the stored ones.

`python notebooks/check.py` fails when a notebook fails or says something else than it did when it
was stored; `--update` stores what it says now. Names, or parts of names, choose notebooks.

Text and tables must be equal, character by character. Pictures must have the same size, differ by
at most 2 of 255 on average, and by at most 48 of 255 in any block of 8 × 8 pixels: other versions
of the font renderer stay below that, a moved point does not. A notebook that passed is not run
again until it, the package or the tables change.
"""

from __future__ import annotations

import argparse
import base64
import difflib
import hashlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

import nbformat
import numpy as np
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

import pkstats as pk
from pkstats.style.theme import few_colours
from pkstats.tables import generation
from pkstats.tables.places import processed_folder

FOLDER = Path(__file__).parent
MEAN_DIFFERENCE = 2
BLOCK_DIFFERENCE = 48
BLOCK = 8
PICTURE_BYTES = 320_000
DIFF_LINES = 12
# Pictures as the site shows them, whatever the reader's own settings are.
KERNEL = """
c.IPKernelApp.log_level = 40
c.InlineBackend.figure_formats = {"png"}
c.InlineBackend.rc = {}
c.InlineBackend.print_figure_kwargs = {"bbox_inches": "tight", "dpi": 110}
"""


def run(path: Path) -> nbformat.NotebookNode:
    """Run one notebook in a new kernel, in an empty folder, with settings of its own."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with tempfile.TemporaryDirectory() as home:
        profile = Path(home, "ipython", "profile_default")
        profile.mkdir(parents=True)
        (profile / "ipython_kernel_config.py").write_text(KERNEL, encoding="utf-8")
        work = Path(home, "work")
        work.mkdir()
        os.environ["IPYTHONDIR"] = str(profile.parent)
        os.environ["PKSTATS_DATA"] = str(processed_folder().resolve())
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        client = NotebookClient(
            notebook,
            timeout=600,
            kernel_name="python3",
            resources={"metadata": {"path": str(work)}},
        )
        client.execute()
    return _settled(notebook)


def _settled(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drop times, versions and the traces of expected errors; make pictures small."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python", "pygments_lexer": "ipython3"},
        }
    )
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = _small(output.data["image/png"])
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]
    return notebook


def _small(encoded: str) -> str:
    """Return the picture with at most 256 colours, base64."""
    buffer = io.BytesIO()
    few_colours(Image.open(io.BytesIO(base64.b64decode(encoded)))).save(
        buffer, "PNG", optimize=True
    )
    return base64.b64encode(buffer.getvalue()).decode() + "\n"


def differences(stored: nbformat.NotebookNode, now: nbformat.NotebookNode) -> Iterator[str]:
    """Yield one message for each output that is not as it was stored."""
    for number, (old, new) in enumerate(zip(stored.cells, now.cells, strict=True)):
        if new.cell_type != "code":
            continue
        if len(old.outputs) != len(new.outputs):
            yield f"cell {number}: {len(old.outputs)} outputs stored, {len(new.outputs)} now"
            continue
        for before, after in zip(old.outputs, new.outputs, strict=True):
            for kind, left, right in _pairs(before, after):
                found = _compare(kind, left, right)
                if found:
                    yield f"cell {number}, {kind}: {found}"


def _pairs(before: Any, after: Any) -> Iterator[tuple[str, str, str]]:
    left, right = _said(before), _said(after)
    for kind in sorted({*left, *right}):
        yield kind, left.get(kind, ""), right.get(kind, "")


def _said(output: Any) -> dict[str, str]:
    """Return what one output says, by kind: a stream's name, "error", or a media type."""
    if output.output_type == "stream":
        return {output.name: output.text}
    if output.output_type == "error":
        return {"error": f"{output.ename}: {output.evalue}"}
    return {kind: str(content) for kind, content in output.data.items()}


def _compare(kind: str, left: str, right: str) -> str:
    """Return what differs, or nothing."""
    if left == right:
        return ""
    if kind == "image/png" and left and right:
        return picture_difference(_pixels(left), _pixels(right))
    lines = difflib.unified_diff(left.splitlines(), right.splitlines(), "stored", "now", n=0)
    shown = list(lines)
    more = [f"… {len(shown) - DIFF_LINES} more lines"] if len(shown) > DIFF_LINES else []
    return "\n".join(["", *(f"    {line.rstrip()}" for line in (shown[:DIFF_LINES] + more))])


def _pixels(encoded: str) -> np.ndarray:
    picture = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB")
    return np.asarray(picture, dtype=float)


def picture_difference(left: np.ndarray, right: np.ndarray) -> str:
    """Return how two pictures differ beyond the tolerance, or nothing; arrays (height, width, 3)."""
    if left.shape != right.shape:
        return f"size {left.shape[1]}×{left.shape[0]} stored, {right.shape[1]}×{right.shape[0]} now"
    gap = left - right
    height, width = (size // BLOCK * BLOCK for size in gap.shape[:2])
    blocks = gap[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    mean, block = np.abs(gap).mean(), np.abs(blocks.mean(axis=(1, 3))).max(initial=0)
    if mean <= MEAN_DIFFERENCE and block <= BLOCK_DIFFERENCE:
        return ""
    return f"pictures differ by {mean:.1f} of 255 on average, {block:.0f} in one block"


def faults(notebook: nbformat.NotebookNode) -> Iterator[str]:
    """Yield what no stored notebook may hold: warnings, paths of this machine, heavy pictures."""
    here = str(FOLDER.resolve().parent)
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            for kind, text in _said(output).items():
                if kind == "stderr":
                    yield f"cell {number} writes to stderr:\n    {text.strip()}"
                elif here in text:
                    yield f"cell {number} shows a path of this machine"
                elif kind == "image/png" and len(text) * 3 // 4 > PICTURE_BYTES:
                    size = len(text) * 3 // 4000
                    yield f"cell {number}: picture of {size} KB, over {PICTURE_BYTES // 1000}"


def check(path: Path, update: bool) -> tuple[str, list[str], float]:
    """Run one notebook; returns its name, what is wrong with it, and seconds."""
    start = perf_counter()
    try:
        now = run(path)
    except CellExecutionError as problem:
        return path.name, [f"a cell fails:\n{problem}"], perf_counter() - start
    wrong = list(faults(now))
    if update and not wrong:
        text = nbformat.writes(now).rstrip("\n") + "\n"
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
    elif not update:
        wrong += differences(nbformat.read(path, as_version=4), now)
    return path.name, wrong, perf_counter() - start


def _digest(paths: list[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()


def surroundings() -> str:
    """Return a digest of all that a notebook's outputs rest on, itself aside."""
    package = Path(pk.__file__).parent
    kinds = ("*.py", "*.toml", "*.csv", "*.gz")
    files = sorted(path for kind in kinds for path in package.rglob(kind))
    return generation() + _digest([Path(__file__), *files])


def main(arguments: list[str] | None = None) -> int:
    """Check or update the chosen notebooks; 1 when any is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="parts of names; all notebooks without")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--update", action="store_true", help="store what the notebooks say now")
    parser.add_argument("--force", action="store_true", help="run them even if nothing changed")
    options = parser.parse_args(arguments)
    chosen = [
        path
        for path in sorted(options.folder.glob("*.ipynb"))
        if not options.names or any(name in path.name for name in options.names)
    ]
    pk.build()
    memory = processed_folder() / "notebooks.json"
    passed = json.loads(memory.read_text("utf-8")) if memory.exists() else {}
    state = surroundings()
    due = [p for p in chosen if options.force or passed.get(str(p)) != state + _digest([p])]
    print(f"{len(due)} of {len(chosen)} notebooks to run")
    bad = 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for path, (name, wrong, seconds) in zip(
            due, pool.map(check, due, [options.update] * len(due)), strict=True
        ):
            print(f"{'wrong' if wrong else 'ok':<6}{name} ({seconds:.0f} s)", flush=True)
            for message in wrong:
                print(f"  {name}, {message}", flush=True)
            bad += bool(wrong)
            if not wrong:
                passed[str(path)] = state + _digest([path])
    memory.write_text(json.dumps(passed, indent=0), encoding="utf-8")
    if bad:
        print(f"{bad} wrong. If the new outputs are right: make notebooks-update", file=sys.stderr)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
