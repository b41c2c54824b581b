"""The house: who may import whom, by whatever way; sizes, documentation, and a quick import."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pkstats as pk

PACKAGE = Path(pk.__file__).parent
ORDER = [
    "text",
    "errors",
    "cache",
    "style",
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
    "study",
    "cli",
]
FACES = {"__init__.py", "__main__.py"}
MODULES = sorted(PACKAGE.rglob("*.py"))
NAMES = [path.relative_to(PACKAGE).as_posix() for path in MODULES]

# Modules that import a name that only the run knows; the names stand as text in the same file.
NAMED_AT_RUN_TIME = {"cli.py"}

IMPORTERS = {"import_module", "__import__", "find_spec", "resolve_name", "run_module", "reload"}
DOTTED = re.compile(r"pkstats(?:\.\w+)+(?:[.:]\w*)*")


def room(name: str) -> str:
    return name.split("/", maxsplit=1)[0].removesuffix(".py")


def absolute(module: str | None, level: int, name: str) -> str:
    """Return the full name of what a module imports; `level` counts the dots before it."""
    if not level:
        return module or ""
    package = ["pkstats", *name.split("/")[:-1]]
    return ".".join([*package[: len(package) - level + 1], *([module] if module else [])])


def rooms_of(target: str) -> set[str]:
    """Return the room a dotted name lies in."""
    if target == "pkstats":
        return {"the face"}
    parts = target.split(".")
    return {parts[1]} & set(ORDER) if parts[0] == "pkstats" else set()


def text_of(node: ast.expr) -> str | None:
    """Return a text, or what stands before the first gap of an f-string or the first `+`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr) and node.values:
        return text_of(node.values[0])
    if isinstance(node, ast.BinOp):
        return text_of(node.left)
    return None


def imports(source: str, name: str) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of all that a module imports, or names as text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = absolute(node.module, node.level, name)
            if module != "pkstats":
                yield node.lineno, module
                continue
            for alias in node.names:  # a verb of the face stands for the room it is from
                home, _ = pk._HOMES.get(alias.name, (f"pkstats.{alias.name}", ""))
                yield node.lineno, home
        elif isinstance(node, ast.Call) and called(node) in IMPORTERS:
            yield node.lineno, imported_by_call(node, name)
        elif isinstance(node, (ast.Constant, ast.JoinedStr, ast.BinOp)):
            text = text_of(node) or ""
            if DOTTED.fullmatch(text):
                yield node.lineno, text.replace(":", ".")


def called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def imported_by_call(node: ast.Call, name: str) -> str:
    """Return what import_module and its like import; `?` when only the run can tell."""
    first = node.args[0] if node.args else next((word.value for word in node.keywords), None)
    text = text_of(first) if first is not None else None
    if not text:
        return "?"
    dots = len(text) - len(text.lstrip("."))
    target = absolute(text.lstrip("."), dots, name)
    # A text cut off within the name of the room (f"pkstats.{name}", "pk" + "stats") tells nothing.
    whole = isinstance(first, ast.Constant) or target.count(".") > 1
    ours = target.startswith("pkstats") or "pkstats".startswith(target)
    return "?" if ours and not whole else target


def rooms_imported(source: str, name: str) -> dict[str, list[int]]:
    """Return the lines on which a module imports each room; `?` where the room is not known."""
    found: dict[str, list[int]] = {}
    for line, target in imports(source, name):
        for other in {"?"} if target == "?" else rooms_of(target):
            found.setdefault(other, []).append(line)
    return found


def graph() -> dict[str, set[str]]:
    """Return the rooms that each room imports."""
    found: dict[str, set[str]] = {here: set() for here in ORDER}
    for path, name in zip(MODULES, NAMES, strict=True):
        if name not in FACES:
            others = rooms_imported(path.read_text(encoding="utf-8"), name)
            found[room(name)] |= set(others) & set(ORDER) - {room(name)}
    return found


def way(found: dict[str, set[str]], start: str, end: str) -> list[str]:
    """Return the shortest way along imports from one room to another; empty if there is none."""
    ways, seen = [[start]], {start}
    for one in ways:
        if one[-1] == end:
            return one
        ways += [[*one, other] for other in sorted(found[one[-1]] - seen)]
        seen |= found[one[-1]]
    return []


def against_the_order(path: Path, name: str) -> set[str]:
    if name in FACES:
        return set()
    found = set(rooms_imported(path.read_text(encoding="utf-8"), name))
    if name in NAMED_AT_RUN_TIME:
        found -= {"?"}
    here = ORDER.index(room(name))
    return {one for one in found if one not in ORDER or ORDER.index(one) > here}


@pytest.mark.parametrize(("path", "name"), [*zip(MODULES, NAMES, strict=True)], ids=NAMES)
def test_a_module_imports_only_rooms_above_its_own(path, name):
    below = against_the_order(path, name)
    assert not below, f"{name} imports {below}, which stand below {room(name)}"


def test_no_rooms_import_each_other_in_circles():
    found = graph()
    circles = {
        " → ".join([here, *way(found, other, here)])
        for here in ORDER
        for other in found[here]
        if ORDER.index(other) > ORDER.index(here)
    }
    assert not circles


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import pkstats.study.gallery", "study"),
        ("import pkstats.study.gallery as drawn", "study"),
        ("import pkstats", "the face"),
        ("import pkstats as pk", "the face"),
        ("from pkstats import study", "study"),
        ("from pkstats import figure", "study"),
        ("from pkstats import fit", "models"),
        ("from pkstats import measures", "panel"),
        ("from pkstats.measures import mandates", "measures"),
        ("from pkstats.study.gallery import curve", "study"),
        ("def f():\n    from pkstats.study.gallery import draw", "study"),
        ("if TYPE_CHECKING:\n    from pkstats.study.gallery import curve", "study"),
        ("from .. import study", "study"),
        ("from ..study.gallery import draw", "study"),
        ('import_module("pkstats.study.gallery")', "study"),
        ('importlib.import_module("pkstats.study.gallery").draw()', "study"),
        ('import_module(name="pkstats.study.gallery")', "study"),
        ('import_module("..study", __package__)', "study"),
        ('import_module(f"pkstats.study.gallery.{name}")', "study"),
        ('import_module("pkstats.study.gallery." + name)', "study"),
        ('import_module(f"pkstats.{name}")', "?"),
        ('import_module("pk" + "stats.study")', "?"),
        ("import_module(name)", "?"),
        ('__import__("pkstats.study.gallery")', "study"),
        ('HOME = "pkstats.study.gallery"', "study"),
        ('HOMES = {"curve": ("pkstats.study.gallery", "draw")}', "study"),
        ('sys.modules["pkstats.study.gallery"]', "study"),
        ('ENTRY = "pkstats.study.gallery:draw"', "study"),
    ],
)
def test_every_way_of_importing_is_seen(line, found):
    assert found in rooms_imported(line, "panel/make.py")


@pytest.mark.parametrize(
    "line",
    [
        "from pkstats import __version__",
        "import numpy.random",
        'import_module("json")',
        '"""Draw it with `pkstats.multiverse.curve`, see there."""',
        'NAME = b"pkstats.table"',
        'register_error("pkstats.plain", plainly)',
    ],
)
def test_what_imports_no_room_is_let_alone(line):
    assert not rooms_imported(line, "panel/make.py")


def test_every_room_is_in_the_order():
    assert {room(name) for name in NAMES} - {"__init__", "__main__"} == set(ORDER)


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
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
