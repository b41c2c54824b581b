"""The evidence page of the documentation: types, cases, claims and success measures, with verdicts."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Any

import pandas as pd

from pkstats.panel import measures, panel
from pkstats.study.cases.answer import reached
from pkstats.study.cases.case import case
from pkstats.study.cases.scope import entries
from pkstats.study.cases.scores import UNENDED, split
from pkstats.study.claims.claim import claims
from pkstats.study.claims.ledger.entries import ledger
from pkstats.study.themes.facts import fact_list

TYPES = (
    ("Traditional", "unarmed or lightly armed, watching a ceasefire", "UNTSO"),
    ("Multidimensional", "political, humanitarian and development tasks", "MINUSTAH"),
    ("Robust", "force to protect civilians and to stabilise", "MINUSMA"),
)
RULE = (
    "The type follows from coded mandate tasks by a written rule and changes with the mandate "
    '(`pk.panel(...).derive("mission_type")`; [measures](measures.md)). The essay\'s example of a type '
    "need not be of that type by the rule throughout."
)


def evidence_page() -> str:
    """Return the page in Markdown."""
    parts = [
        "# The evidence",
        "Everything the project set out to answer, with what public data say of it. Associations, "
        "not effects: missions are not sent at random. The rule behind each verdict stands in "
        "`pkstats/study/claims/ledger.toml` and was written before the estimates; what changed after "
        "they were seen stands there under history.",
        ":::{image} ../figures/ledger.png\n:alt: What the data say of each claim, one bar each; the tables "
        "below have the same in words\n:target: _images/ledger.png\n:::",
        "## Operation types",
        _types(),
        "## Cases",
        "`pk.case(NAME)` has the numbers, and [case pages](gallery/cases.md) show each on one page. The "
        "[failures](notebooks/21_failures.ipynb) and the "
        "[success stories](notebooks/22_success_stories.ipynb) stand side by side.",
        _cases(),
        "## Claims",
        _claims(),
        "## Success measures",
        "No one measure is *the* measure; `pk.measures()` and [measures](measures.md) say what each "
        "stands for. Ongoing missions are censored, never failed.",
        _measures(),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', '·') for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _types() -> str:
    years = panel("mission-year").derive("mission_type").frame.groupby("mission_id")["mission_type"]
    rows = [
        [name, what, f'`pk.case("{example}")`', _years_by_type(years.get_group(example))]
        for name, what, example in TYPES
    ]
    head = ["type", "what it is", "the essay's example", "by the rule"]
    return f"{_table(head, rows)}\n\n{RULE}"


def _years_by_type(types: pd.Series) -> str:
    counts = types.fillna("not coded").value_counts()
    return ", ".join(f"{kind} in {number} of {len(types)} years" for kind, number in counts.items())


def _cases() -> str:
    rows = [
        [
            f"[{entry['title']}](notebooks/{entry['notebook']}.ipynb)",
            str(entry["question"]),
            reached(case(name).numbers()),
        ]
        for name, entry in entries().items()
        if "notebook" in entry
    ]
    return _table(["case", "question", "what was reached"], rows)


def _claims() -> str:
    table = claims(progress=False)
    rows = [
        [f"[{row.claim}](#{_anchor(row.claim)})", str(row.wording), str(row.verdict)]
        for row in table.itertuples()
    ]
    parts = [_table(["claim", "wording", "verdict"], rows)]
    for row in table.itertuples():
        parts.append(f"({_anchor(row.claim)})=\n\n### {row.claim}: {row.verdict}")
        parts.append(f"*{row.wording}*")
        text = f"{str(row.why)[:1].upper()}{str(row.why)[1:]}. {row.sentence}"
        if ledger().entries[str(row.claim)].testable:
            text += f" [All of them as a curve](#curve-{str(row.claim).lower()})."
        parts.append(text)
        parts += _facts(str(row.claim))
    return "\n\n".join(parts)


def _facts(claim: str) -> list[str]:
    """Return the dated facts the ledger holds on a claim, under a heading; nothing without."""
    facts = fact_list(claim)
    return ["Dated facts: that something was adopted, not that it helped.", facts] if facts else []


def _anchor(claim: object) -> str:
    return f"claim-{str(claim).lower()}"


def _measures() -> str:
    table = measures().set_index("name")
    used = _claims_by_outcome()
    rows = []
    for one in _toml("success.toml")["success"]:
        names = [*one["stems"], *one.get("outcomes", [])]
        known = "<br>".join(_horizons(table, stem) for stem in one["stems"])
        judged = dict.fromkeys(claim for name in names for claim in used.get(name, ()))
        links = ", ".join(f"[{claim}](#{_anchor(claim)})" for claim in judged)
        rows.append([one["title"], known, links or "none"])
    return _table(["success measure", "measures (rows with a value)", "claims judged by it"], rows)


def _horizons(table: pd.DataFrame, stem: str) -> str:
    """Return a measure with its rows by unit of analysis and horizon."""
    parts: dict[str, list[str]] = {}
    for name in (name for name in table.index if _stem(name) == stem):
        ending = split(name)[1] if name == UNENDED else name[len(stem) + 1 :]
        when = ending.replace("y", " years after")
        number = f"{int(table.at[name, 'n']):,}"
        parts.setdefault(table.at[name, "counted_at"], []).append(f"{when} {number}".strip())
    return f"`{stem}`: " + "; ".join(f"{', '.join(n)} by {unit}" for unit, n in parts.items())


def _stem(name: str) -> str:
    return re.sub(r"_(during|\d+y)$", "", name)


def _claims_by_outcome() -> dict[str, list[str]]:
    """Return the claims that have each outcome, by the stem of its name."""
    found: dict[str, list[str]] = {}
    for entry in ledger().entries.values():
        for stem in dict.fromkeys(_stem(name) for grid in entry.grids for name in grid.outcomes):
            found.setdefault(stem, []).append(entry.claim)
    return found


def _toml(name: str) -> dict[str, Any]:
    text = files("pkstats.study.pages").joinpath(name).read_text(encoding="utf-8")
    return tomllib.loads(text)
