"""Estimates through the real maketables: LaTeX, HTML and Word, for every family."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pandas as pd
import pytest

import pkstats as pk
from pkstats.errors import BadModel
from pkstats.models import latex

maketables = pytest.importorskip("maketables", reason="needs the extra 'tables' (maketables)")

FAMILIES = {
    "ols": "y", "logit": "yb", "probit": "yb", "firth": "yb", "ordered": "yo", "multinomial": "ym",
    "poisson": "yc", "negbin": "yc", "zinb": "yz", "hurdle": "yz", "cox": "", "mixed": "ymix",
}  # fmt: skip
MORE = {
    "cox": {"time": "time", "event": "event", "entry": "entry"},
    "mixed": {"groups": "group"},
}


@pytest.fixture(scope="module")
def estimates() -> dict:
    frame = pd.read_csv(Path(__file__).parent / "r" / "random.csv", keep_default_na=False)
    frame = frame.rename(columns={"b1": "big_one"})
    frame["f"] = frame["f"].map({"a": "the_first", "b": "the_second", "c": "third"})
    return {
        family: pk.fit(
            f"{outcome} ~ x1 + C(f) + x1:big_one",
            frame,
            family,
            cluster=None if family in ("firth", "mixed") else "group",
            **MORE.get(family, {}),
        )
        for family, outcome in FAMILIES.items()
    }


def cell(estimate, term: str) -> tuple[str, str]:
    row = estimate.tidy().set_index("term").loc[term]
    return f"{row['estimate']:.3f}", f"({row['std_error']:.3f})"


def first(family: str) -> str:
    return "b:x1" if family == "multinomial" else "x1"


@pytest.mark.parametrize("family", FAMILIES)
def test_latex_holds_the_numbers_and_the_conventions(estimates, family):
    estimate = estimates[family]
    text = maketables.ETable([estimate]).make(type="tex")
    assert all(number in text for number in cell(estimate, first(family)))
    assert re.search(rf"Model & {family} ", text)
    errors = "clustered by group (CR1)" if estimate.vcov == "cr1" else estimate.vcov
    assert f"Standard errors & {errors} " in text
    assert (FAMILIES[family] or "hazard") in text
    assert ("Clusters & 40" in text) == (estimate.vcov == "cr1")
    assert not re.search(r"(?<!\\)[_|]", text), "LaTeX prints no bare underscores"


def test_html_and_word_hold_every_model_side_by_side(estimates, tmp_path):
    table = maketables.ETable(list(estimates.values()))
    page = table.make(type="gt").as_raw_html()
    path = tmp_path / "table.docx"
    with contextlib.chdir(tmp_path):  # as the page on conventions writes it
        table.save(type="docx", file_name="./table.docx")
    docx = pytest.importorskip("docx", reason="needs python-docx to read the Word file back")
    rows = docx.Document(str(path)).tables[0].rows
    cells = {row.cells[0].text: [one.text for one in row.cells[1:]] for row in rows}
    assert cells["Model"] == list(FAMILIES)
    for place, (family, estimate) in enumerate(estimates.items()):
        value, error = cell(estimate, first(family))
        assert value in page and error in page
        found = cells["x1 (b)" if family == "multinomial" else "x1"][place]
        assert found.startswith(value) and found.endswith(error)


def test_parts_of_a_model_are_no_interactions_and_keep_their_meaning(estimates):
    table = maketables.ETable([estimates["zinb"], estimates["hurdle"], estimates["ordered"]])
    text = table.make(type="tex")
    names = {line.partition(" & ")[0] for line in text.splitlines()}
    assert {"f=the second (zero)", "f=the second (above zero)", "log alpha"} <= names
    assert {r"x1 $\times$ big one", "between 1 and 2"} <= names


def test_labels_of_the_user_come_first(estimates):
    text = maketables.ETable([estimates["ols"]], labels={"big_one": "Size"}).make(type="tex")
    assert r"x1 $\times$ Size" in text


@pytest.fixture(scope="module")
def odd() -> list:
    """Return estimates whose columns and categories have names full of signs."""
    frame = pd.read_csv(Path(__file__).parent / "r" / "random.csv", keep_default_na=False)
    frame["ym"] = frame["ym"].map({"a": "A&B", "b": "50%", "c": "#c_d"})
    frame["the part"] = frame["f"].map({"a": "R&D_x", "b": "<5%>", "c": "#3"})
    frame = frame.rename(columns={"x1": "share %_1"}).assign(**{"R&D": frame["group"]})
    return [
        pk.fit("y ~ `share %_1` * b1 + C(`the part`)", frame, cluster="R&D"),
        pk.fit("ym ~ b1", frame, "multinomial", cluster="group"),
    ]


def test_latex_prints_the_signs_of_names(odd):
    text = latex(odd, labels={"b1": r"$b_1$", "the part": r"\emph{part}"})
    names = {line.partition(" & \\makecell")[0].removesuffix(" & ") for line in text.splitlines()}
    assert {r"share \% 1", r"share \% 1 $\times$ $b_1$", r"Intercept (A\&B)"} <= names
    assert {r"\emph{part}=\textless{}5\%\textgreater{}", r"\emph{part}=R\&D x"} <= names
    assert r"clustered by R\&D (CR1)" in text
    assert not re.search(r"(?<!\\)[%#]|`", text)
    assert latex(odd[:1]).count("&") == maketables.ETable(odd[:1]).make(type="tex").count("&")


def test_latex_prints_the_signs_of_what_errors_are_clustered_by():
    frame = pd.read_csv(Path(__file__).parent / "r" / "random.csv", keep_default_na=False)
    frame = frame.rename(columns={"group": "R&D_50%"})
    text = latex([pk.fit("y ~ x1", frame, cluster="R&D_50%"), pk.fit("y ~ x1", frame)])
    assert r"clustered by R\&D 50\% (CR1)" in text and "robust (HC1)" in text


def test_only_latex_has_signs_written_for_it(odd, tmp_path):
    table = maketables.ETable(odd)
    page, path = table.make(type="gt").as_raw_html(), tmp_path / "table.docx"
    assert all(text in page for text in ("R&amp;D x", "&lt;5%&gt;", "(A&amp;B)", "share % 1"))
    assert "\\" not in page
    table.save(type="docx", file_name=str(path))
    docx = pytest.importorskip("docx", reason="needs python-docx to read the Word file back")
    rows = docx.Document(str(path)).tables[0].rows
    assert {"share % 1", "the part=R&D x", "b1 (50%)"} <= {row.cells[0].text for row in rows}


def test_a_table_in_latex_needs_estimates():
    with pytest.raises(BadModel, match="found none"):
        latex([])
