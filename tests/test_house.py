"""The house: who may import whom, sizes, documentation, and a quick import."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pkstats as pk

PACKAGE = Path(pk.__file__).parent
ORDER = [
    "text",
    "errors",
    "cache",
    "units",
    "codebook",
    "registry",
    "sources",
    "tables",
    "measures",
    "panel",
    "models",
    "checks",
    "multiverse",
    "evidence",
    "figures",
    "cli",
]
FACES = {"__init__.py", "__main__.py"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if node.module == "pkstats":
                names = [f"pkstats.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("pkstats.")}
    return found & set(ORDER)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_rooms_above_its_own(path):
    if path.parent == PACKAGE and path.name in FACES:
        return
    here = ORDER.index(room(path))
    below = {other for other in imported_rooms(path) if ORDER.index(other) > here}
    assert not below, f"{path.name} imports {below}, which stand below {room(path)}"


def test_every_room_is_in_the_order():
    rooms = {room(path) for path in MODULES} - {"__init__", "__main__"}
    assert rooms == set(ORDER)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            # A docstring may be as long as it has to be.
            said = node.body[0] if ast.get_docstring(node) else None
            docs = said.end_lineno - said.lineno + 1 if said else 0
            assert node.end_lineno - node.lineno - docs <= 60, f"{node.name} is too long"


def test_public_names_are_documented():
    for name in pk.__all__:
        if name != "__version__":
            assert getattr(pk, name).__doc__, f"pkstats.{name} has no docstring"


def test_importing_pkstats_loads_no_heavy_library():
    code = "import sys, pkstats; print([m for m in ('pandas', 'numpy', 'pyarrow') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_public_verbs_stay_verbs_after_their_modules_are_imported():
    code = (
        "import pkstats.panel.panel, pkstats.codebook.page, pkstats.tables.load, pkstats as pk;"
        "print(all(callable(f) for f in (pk.panel, pk.codebook, pk.tables)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
