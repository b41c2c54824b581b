"""Pages of the site that follow from the library: notebooks, figures, cases, measures, API."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from notebook_pages import on_site, shown

import pkstats as pk

REPOSITORY = Path(__file__).parents[1]
ROOMS = {
    "tables": "Raw and processed tables",
    "codebook": "Codebook and citations",
    "registry": "Missions and states",
    "sources": "Publishers' files",
    "panel": "Panels",
    "measures": "Measures",
    "models": "Models",
    "checks": "Checks",
    "multiverse": "Multiverse",
    "study": "Claims, cases and figures",
    "errors": "Errors",
}
ROLES = {
    "outcome": "Success and other outcomes",
    "resource": "Resources",
    "mandate": "Mandates",
    "collaboration": "Collaboration with NGOs and others",
    "consent": "Consent of the host",
    "security": "Security",
    "context": "Context",
}


def write_pages(folder: Path) -> None:
    """Write every generated page below `folder`; pages that do not change are left alone."""
    pages = {
        "measures.md": _measures(),
        **_gallery(),
        **_notebooks(),
        **_reference(),
    }
    for name, text in pages.items():
        _write(folder / name, text)
    for sub in ("gallery", "notebooks", "api"):
        for path in (folder / sub).glob("*.*"):
            if f"{sub}/{path.name}" not in pages:
                path.unlink()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _page(title: str, introduction: str, blocks: Iterable[str]) -> str:
    return "\n\n".join([f"# {title}", introduction, *blocks]) + "\n"


def _contents(names: Iterable[str]) -> str:
    return "\n".join([":::{toctree}", ":maxdepth: 1", ":hidden:", "", *names, ":::"])


def _row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _measures() -> str:
    """Return the page of measures, one table per role."""
    every = pk.measures()
    heads = ["measure", "what it stands for", "unit", "timing", "units of analysis", "needs"]
    columns = ["name", "construct", "unit", "timing", "units", "needs"]
    blocks = []
    for role, title in ROLES.items():
        lines = [f"## {title}", "", _row(heads), "|" + "---|" * len(heads)]
        for name, *cells in every.loc[every["role"] == role, columns].itertuples(index=False):
            lines.append(_row([f"`{name}`", *cells]))
        blocks.append("\n".join(lines))
    introduction = (
        "Every derived variable of `pk.measures()`, by role. A panel computes one with "
        '`panel.derive("NAME")`. No outcome is *the* measure of success; several horizons stand '
        "side by side, and missions that go on are missing, never failures."
    )
    return _page("Measures", introduction, blocks)


def _picture(name: str, title: str, alt: str, caption: str = "") -> str:
    alt = " ".join(alt.split())
    file = f"../../figures/{name}"
    return "\n".join(
        [
            f"## {title}",
            "",
            f":::{{figure}} {file}.png",
            f":alt: {alt}",
            f":target: ../_images/{name}.png",
            "",
            caption or alt,
            ":::",
            "",
            _links(file),
        ]
    )


def _told(name: str) -> str:
    """Return the question and the answer of a case, and the notebook that tells it in full."""
    from pkstats.study.cases.scope import entries

    case = pk.case(name)
    notebook = entries()[name]["notebook"]
    return f"**{case.question}** {case.answer()} [The case in full](../notebooks/{notebook}.ipynb)."


def _links(file: str) -> str:
    kinds = {"Vector file (SVG)": "svg", "Picture (PNG)": "png"}
    return " · ".join(f"[{words}]({file}.{ending})" for words, ending in kinds.items())


GALLERY = {
    "index": (
        "Figures",
        "Every figure of the library, drawn from the processed tables by `make figures`, with its text "
        "description. They show associations, not effects. [Case pages](cases.md) put each mission on "
        "one page, and [curves](claims.md) show all specifications behind each claim.",
    ),
    "claims": (
        "Claims, specification by specification",
        "One curve for each claim that is put to data; `pk.claim(ID).plot()` draws it, and "
        "[the evidence](../evidence.md) has the verdicts in words. The general figures are "
        "[here](index.md).",
    ),
    "cases": (
        "Case pages",
        "One layout for every mission; `pk.case(NAME).plot()` draws the page. Below each stands the "
        "answer that follows from its numbers; nothing here is an effect. The general figures are "
        "[here](index.md).",
    ),
}


def _gallery() -> dict[str, str]:
    """Return the pages of figures: the general ones, the claims' curves and the cases."""
    from pkstats.study.gallery import FIGURES

    blocks: dict[str, list[str]] = {page: [] for page in GALLERY}
    for name, figure in FIGURES.items():
        kind, _, stem = name.partition("_")
        page = f"{kind}s" if f"{kind}s" in GALLERY else "index"
        caption = _told(stem.replace("_", " ")) if page == "cases" else ""
        target = f"(curve-{stem})=\n" if page == "claims" else ""
        blocks[page].append(target + _picture(name, figure.title, figure.alt, caption))
    pages = {f"gallery/{name}.md": _page(*GALLERY[name], blocks[name]) for name in GALLERY}
    pages["gallery/index.md"] += "\n" + _contents(["claims", "cases"]) + "\n"
    return pages


def _notebooks() -> dict[str, str]:
    """Return the notebooks with their stored outputs, and a page that lists their questions."""
    pages, rows, names = {}, [], []
    for path in sorted((REPOSITORY / "notebooks").glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        answer = on_site(_answer(notebook["cells"]))
        cells = shown(notebook["cells"])
        title, opening = _opening(cells)
        pages[f"notebooks/{path.name}"] = json.dumps(notebook, ensure_ascii=False)
        rows.append(f"## [{title}]({path.name})\n\n{opening}{answer}")
        names.append(path.stem)
    introduction = (
        "Each notebook opens with a question and its answer, and closes with its limits and "
        "citations. Outputs are stored; `make notebooks` runs all of them again and compares."
    )
    index = _page("Notebooks", introduction, [*rows, _contents(names)])
    return {"notebooks/index.md": index, **pages}


def _opening(cells: list[dict]) -> tuple[str, str]:
    """Return the title of a notebook and the first paragraph below it."""
    first = "".join(cells[0]["source"]) if cells else ""
    title, _, rest = first.partition("\n")
    paragraphs = [part for part in rest.split("\n\n") if part.strip()]
    return title.lstrip("# ").strip(), paragraphs[0].strip() if paragraphs else ""


def _answer(cells: list[dict]) -> str:
    """Return the stored answer of a notebook as a paragraph, or nothing where it has none."""
    for cell in cells[:3]:
        for output in cell.get("outputs", []):
            text = "".join(output.get("data", {}).get("text/markdown", ""))
            if text.startswith("**Answer.**"):
                return f"\n\n{text}"
    return ""


def _reference() -> dict[str, str]:
    """Return the API reference: the face of the package, then one page per room."""
    face = {name: getattr(pk, name) for name in pk.__all__ if not name.startswith("__")}
    homes = {name: _room(thing) for name, thing in face.items()}
    blocks = []
    for room, title in ROOMS.items():
        names = [name for name in face if homes[name] == room]
        if names:
            blocks.append(
                "\n\n".join([f"## {title}", *(_entry("pkstats", n, face[n]) for n in names)])
            )
    introduction = (
        "What `import pkstats as pk` gives. The pages of the rooms, at the side, have the objects "
        "these functions return, and what only an extension needs."
    )
    pages = {}
    for room, title in ROOMS.items():
        text = _room_page(room, title, set(face))
        if text:
            pages[f"api/{room}.md"] = text
    names = [Path(page).stem for page in pages]
    return {"api/index.md": _page("API", introduction, [*blocks, _contents(names)]), **pages}


def _room(thing: object) -> str:
    return getattr(thing, "__module__", "pkstats.").split(".")[1]


def _room_page(room: str, title: str, face: set[str]) -> str:
    """Return the page of one room, or nothing when the face already has all its public names."""
    module = import_module(f"pkstats.{room}")
    names = getattr(module, "__all__", None) or [
        name
        for name, thing in vars(module).items()
        if getattr(thing, "__module__", "") == module.__name__
    ]
    things = {name: getattr(module, name) for name in names if name not in face}
    entries = [_entry(module.__name__, name, thing) for name, thing in things.items()]
    entries = [entry for entry in entries if entry]
    if not entries:
        return ""
    introduction = (inspect.getdoc(module) or title).strip()
    return _page(f"{title}: `{module.__name__}`", introduction, entries)


def _entry(home: str, name: str, thing: object) -> str:
    """Return the autodoc block of one function or class; nothing for modules and constants."""
    if inspect.isclass(thing):
        lines = [f".. autoclass:: {home}.{name}", "   :members:"]
    elif callable(thing):
        lines = [f".. autofunction:: {home}.{name}"]
    else:
        return ""
    return "\n".join(["```{eval-rst}", *lines, "```"])
