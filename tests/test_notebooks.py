"""The notebooks: numbered, executed, thin; and the checker that runs them."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def load_checker() -> ModuleType:
    for name in ("nbclient", "nbformat", "ipykernel", "PIL"):
        pytest.importorskip(name, reason="running notebooks needs pip install '.[docs]'")
    spec = importlib.util.spec_from_file_location("check_notebooks", FOLDER / "check.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def check() -> ModuleType:
    return load_checker()


@pytest.fixture
def write(check, tmp_path):
    """Return a function that writes a notebook of code cells and returns its path."""

    def notebook(*cells: str) -> Path:
        made = check.nbformat.v4.new_notebook()
        made.cells = [
            check.nbformat.v4.new_code_cell(cell, id=f"c{n}") for n, cell in enumerate(cells)
        ]
        path = tmp_path / "01_example.ipynb"
        check.nbformat.write(made, path)
        return path

    return notebook


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_executed_in_order_without_errors_or_times(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and cell["source"]]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert notebook["cells"][0]["cell_type"] == "markdown"
    for cell in code:
        assert "execution" not in cell["metadata"], "run make notebooks-update"
        assert not [output for output in cell["outputs"] if output.get("name") == "stderr"]


def test_the_stored_notebooks_stay_small():
    assert sum(path.stat().st_size for path in NOTEBOOKS) < 8_000_000


def test_update_stores_outputs_that_then_agree(check, write):
    path = write("print('seven', 3 + 4)", "import pandas as pd; pd.DataFrame({'a': [1]})")
    assert check.check(path, update=True)[1] == []
    assert "seven 7" in path.read_text()
    assert check.check(path, update=False)[1] == []


def test_a_changed_output_is_reported_by_cell(check, write):
    path = write("1 + 1", "40 + 2")
    check.check(path, update=True)
    path.write_text(path.read_text().replace('"42"', '"41"'))
    (wrong,) = check.check(path, update=False)[1]
    assert wrong.startswith("cell 1, text/plain") and "-41" in wrong and "+42" in wrong


def test_a_failing_cell_and_a_warning_are_reported_and_not_stored(check, write):
    path = write("1 / 0")
    before = path.read_text()
    assert "ZeroDivisionError" in check.check(path, update=True)[1][0]
    assert path.read_text() == before
    path = write("import sys; print('careful', file=sys.stderr)")
    before = path.read_text()
    assert "writes to stderr" in check.check(path, update=True)[1][0]
    assert path.read_text() == before


def test_a_picture_is_stored_small_and_compared_by_its_pixels(check, write):
    drawing = (
        "import matplotlib.pyplot as plt; plt.plot([0, 1], [0, {}]); plt.ylim(0, 2); plt.show()"
    )
    path = write(drawing.format(1))
    check.check(path, update=True)
    stored = json.loads(path.read_text())
    assert len(stored["cells"][0]["outputs"][0]["data"]["image/png"]) < 40_000
    assert check.check(path, update=False)[1] == []
    stored["cells"][0]["source"] = drawing.format(2)
    path.write_text(json.dumps(stored))
    (wrong,) = check.check(path, update=False)[1]
    assert "pictures differ" in wrong


@given(shift=st.integers(0, 2), seed=st.integers(0, 99))
def test_pictures_within_the_tolerance_agree(shift, seed):
    check = load_checker()
    picture = np.random.default_rng(seed).integers(0, 250, (40, 56, 3)).astype(float)
    assert check.picture_difference(picture, picture + shift) == ""
    moved = picture.copy()
    moved[8:16, 8:16] = (moved[8:16, 8:16].mean(axis=(0, 1)) + 125) % 250
    assert check.picture_difference(picture, moved) != ""
    assert "size" in check.picture_difference(picture, picture[:-1])
