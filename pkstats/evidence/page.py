"""The evidence page of the documentation: types, cases, claims and success measures, with verdicts."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pandas as pd

from pkstats.evidence.claims import claims
from pkstats.measures import measures

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
        "`pkstats/evidence/ledger.toml` and was written before the estimates; what changed after "
        "they were seen stands there under history.",
        "![What the data say of each claim](../figures/ledger.png)",
        "## Operation types",
        _types(),
        "## Cases",
        _cases(),
        "## Claims",
        _claims(),
        "## Success measures",
        "No one measure is *the* measure. Ongoing missions are censored, never failed.",
        _measures(),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', '·') for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _types() -> str:
    rows = [[name, what, f'`pk.case("{example}")`'] for name, what, example in TYPES]
    return f"{_table(['type', 'what it is', 'example'], rows)}\n\n{RULE}"


def _cases() -> str:
    text = files("pkstats.evidence").joinpath("cases.toml").read_text(encoding="utf-8")
    rows = []
    for name, entry in tomllib.loads(text).items():
        if isinstance(entry, dict) and "question" in entry:
            rows.append(
                [str(entry.get("title", name)), str(entry["question"]), f'`pk.case("{name}")`']
            )
    return _table(["case", "question", "the numbers"], rows)


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
        parts.append(f"{str(row.why)[:1].upper()}{str(row.why)[1:]}. {row.sentence}")
    return "\n\n".join(parts)


def _anchor(claim: object) -> str:
    return f"claim-{str(claim).lower()}"


def _measures() -> str:
    table = measures(available=True)
    outcomes: pd.DataFrame = table[table["role"] == "outcome"]
    rows = [
        [
            f"`{item['name']}`",
            str(item["construct"]),
            str(item["counted_at"]),
            f"{int(item['n']):,}",
        ]
        for item in outcomes.to_dict("records")
    ]
    return _table(["measure", "what it stands for", "counted by", "rows with a value"], rows)
