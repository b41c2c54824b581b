"""The site: complete, whole without a network, and readable in a browser at the width of a phone.

`PKSTATS_SITE=required` turns skipping for want of Sphinx or Chromium into failing.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browser import CHROMIUM, visit

import pkstats as pk

pytestmark = pytest.mark.slow
REPOSITORY = Path(__file__).parents[1]
NEEDED = ("sphinx", "myst_nb", "pydata_sphinx_theme", "sphinx_design")
PHONE = 375
GENERATED = ("_build", "api", "gallery", "notebooks", "measures.md", "__pycache__")


def lacking(what: str) -> None:
    if os.environ.get("PKSTATS_SITE") == "required":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Return the rendered site, built from copies."""
    absent = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if absent:
        lacking(f"the site needs {', '.join(absent)}: pip install '.[docs]'")
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(REPOSITORY / "docs", root / "docs", ignore=shutil.ignore_patterns(*GENERATED))
    for folder in ("figures", "notebooks", "benchmarks"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    target = root / "html"
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", root / "docs", target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return target


class Page(HTMLParser):
    """Links, anchors and everything a page loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.pictures: list[dict] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.add(values["href"])
        elif "src" in values:
            self.loads.add(values["src"])
        elif tag == "link" and values.get("rel") in ("stylesheet", "icon", "preload"):
            self.loads.add(values["href"])
        if tag == "img":
            self.pictures.append(values)


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html") if "_static" not in path.parts}


def local(address: str) -> bool:
    return not urlsplit(address).scheme and not address.startswith("//")


def test_every_link_and_file_of_every_page_exists(pages):
    dead = []
    for path, page in pages.items():
        for address in filter(local, page.links | page.loads):
            parts = urlsplit(address)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                dead.append(f"{path.name}: {address}")
            elif parts.fragment and target in pages and "search" not in target.name:
                known = pages[target].anchors
                if unquote(parts.fragment) not in known:
                    dead.append(f"{path.name}: {address}")
    assert not dead


def test_no_page_loads_anything_from_the_network(pages, site):
    loads = {address for page in pages.values() for address in page.loads}
    assert loads
    assert not [
        address for address in loads if not local(address) and not address.startswith("data:")
    ]
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert "url(http" not in text and 'url("http' not in text, sheet.name


def test_every_page_is_two_clicks_from_the_index(pages, site):
    reached = {site / "index.html"}
    for _ in range(2):
        reached |= {
            (path.parent / unquote(urlsplit(address).path)).resolve()
            for path in reached & set(pages)
            for address in filter(local, pages[path].links)
        }
    assert {path for path in pages if path.name not in ("genindex.html", "search.html")} <= reached


def test_every_public_name_is_in_the_reference(pages, site):
    anchors = pages[site / "api" / "index.html"].anchors
    assert {f"pkstats.{name}" for name in pk.__all__ if not name.startswith("__")} <= anchors


def test_every_figure_is_shown_with_a_description(pages, site):
    from pkstats.study.gallery import FIGURES

    shown = {
        Path(picture["src"]).stem: picture.get("alt", "")
        for path, page in pages.items()
        if path.parent.name == "gallery"
        for picture in page.pictures
    }
    assert set(FIGURES) <= set(shown)
    assert all(shown.values())


def test_every_picture_of_a_notebook_is_described(pages):
    alts = [
        (path.stem, picture.get("alt", ""))
        for path, page in pages.items()
        if path.parent.name == "notebooks"
        for picture in page.pictures
    ]
    assert alts
    assert not [one for one in alts if len(one[1]) < 60 or ".png" in one[1]]


def test_every_notebook_is_rendered(site):
    names = {path.stem for path in (REPOSITORY / "notebooks").glob("*.ipynb")}
    assert names <= {path.stem for path in (site / "notebooks").glob("*.html")}


@pytest.fixture(scope="module")
def browser() -> None:
    if CHROMIUM is None:
        lacking("no Chromium found")


def test_the_browser_reports_what_is_wrong(browser, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<!doctype html><body><img src='absent.png'><div style='width:900px'>wide</div>"
        "<script>undefined_function()</script></body>"
    )
    seen = visit([bad.as_uri()], tmp_path, PHONE)
    assert seen.console
    assert seen.pages[0]["overflow"] > 400
    assert len(seen.pages[0]["broken"]) == 1


def test_pages_are_whole_and_readable_on_a_phone(browser, pages, tmp_path):
    seen = visit([path.as_uri() for path in sorted(pages)], tmp_path, PHONE)
    assert len(seen.pages) == len(pages)
    assert not seen.console
    assert not [page for page in seen.pages if page["broken"]]
    assert not [page["page"] for page in seen.pages if page["overflow"] > 0]
    assert all(page["text"] > 0 for page in seen.pages)


def test_search_finds_pages_without_a_server(browser, site, tmp_path):
    address = (site / "search.html").as_uri()
    seen = visit([f"{address}?q=strength", f"{address}?q=qqqqqq"], tmp_path, 1200)
    assert not seen.console
    assert seen.pages[0]["hits"] > 0
    assert seen.pages[1]["hits"] == 0
