"""The page "How we know the numbers are right", written whole from fixtures and replications."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from pkstats.errors import BadModel
from pkstats.models.checked.fixtures import compare, oracles, summary
from pkstats.models.replications import replicate, studies
from pkstats.tables.places import CHECKOUT

FIXTURES = CHECKOUT / "tests" / "r"
STORED = Path(__file__).with_name("replications.toml")
COLUMNS = ("term", "quantity", "ours", "published", "difference", "agrees")


def checked_page(fixtures: Path | None = None) -> str:
    """Return the page as Markdown.

    Parameters
    ----------
    fixtures : Path, optional
        The R fixtures; by default `tests/r` of the checkout.

    Raises
    ------
    UnreadableFile
        When the fixtures are not there.
    """
    compared = compare(fixtures or FIXTURES)
    models = len(compared[["topic", "case"]].drop_duplicates())
    parts = {
        "models": f"{len(compared):,} numbers of {models} models.",
        "fixtures": _fixtures(summary(compared)),
        "checks": _checks(),
        "replications": "\n\n".join(_replication(*one) for one in stored().items()),
    }
    text = _text("template.md")
    for name, part in parts.items():
        text = text.replace(f"{{{name}}}", part)
    return text


def stored() -> dict[str, Any]:
    """Return the replications as last run, by study."""
    return tomllib.loads(_text(STORED.name))


def compared(study: str) -> pd.DataFrame:
    """Return a study's numbers as last refitted beside the published ones.

    Parameters
    ----------
    study : str
        One of those that `pkstats.models.replications.studies` names.

    Returns
    -------
    DataFrame
        term, quantity, ours and published (at the digits published), difference (ours before rounding
        − published) and agrees.

    Raises
    ------
    BadModel
        For an unknown study.
    """
    found = stored()
    if study not in found:
        raise BadModel(f"study must be one of {', '.join(found)}; found {study!r}.")
    return pd.DataFrame(found[study]["numbers"], columns=list(COLUMNS))


def _text(name: str) -> str:
    return files("pkstats.models.checked").joinpath(name).read_text("utf-8")


def replications(sources: Path) -> str:
    """Refit every study from the files in `sources`/replication; return what is stored of them.

    Raises
    ------
    UnreadableFile
        When a study's file is not there.
    """
    lines = ["# Replications as last run: written by `pkstats checked --sources`, not by hand."]
    for study in studies():
        found = replicate(study, sources / "replication" / study)
        lines += ["", f"[{study}]"]
        about = {
            "title": found.title,
            "citation": found.citation,
            "source": found.source,
            "formula": found.estimate.formula,
            "family": found.estimate.family,
            "vcov": found.estimate.vcov,
            "cluster": found.estimate.cluster,
        }
        lines += [f"{name} = {_quoted(value)}" for name, value in about.items()]
        lines.append("numbers = [")
        columns = ("term", "quantity", "ours", "published", "digits", "difference", "agrees")
        for term, quantity, ours, published, digits, difference, agrees in zip(
            *(found.table[name] for name in columns), strict=True
        ):
            printed = (f"{ours:.{digits}f}", f"{published:.{digits}f}")
            cells = (term, quantity, *printed, _difference(difference, digits))
            mark = "true" if agrees else "false"
            lines.append(f"  [{', '.join(map(_quoted, cells))}, {mark}],")
        lines.append("]")
    return "\n".join(lines) + "\n"


def _difference(value: float, digits: int) -> str:
    """Return a difference with one decimal more than what it is the difference of."""
    places = digits + 1 if digits else 0
    return f"{round(value, places) + 0.0:.{places}f}"


def refresh(sources: Path) -> Path:
    """Refit every study and store what was found; return the file written."""
    STORED.write_text(replications(sources), encoding="utf-8")
    return STORED


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _fixtures(table: pd.DataFrame) -> str:
    heads = (
        "family",
        "variance",
        "against",
        "models",
        "numbers",
        "all within",
    )
    lines = [_row(*heads), "|---|---|---|---:|---:|---:|"]
    for row in table.itertuples():
        name = f"`{row.family}`"
        lines.append(
            _row(
                name,
                row.vcov,
                f"{row.oracle}; `{row.topic}.csv`",
                row.models,
                row.numbers,
                f"{row.tolerance:.0e}",
            )
        )
    return "\n".join(lines)


def _checks() -> str:
    lines = [_row("what", "against", "tolerance", "test"), "|---|---|---|---|"]
    for entry in oracles()["checks"]:
        tests = sorted({test.partition("::")[0] for test in entry["tests"]})
        names = ", ".join(f"`{name}`" for name in tests)
        lines.append(_row(entry["what"], entry["against"], entry["tolerance"], names))
    return "\n".join(lines)


def _replication(study: str, entry: dict[str, Any]) -> str:
    numbers = entry["numbers"]
    same = sum(agrees for *_, agrees in numbers)
    clustered = f" by `{entry['cluster']}`" if entry["cluster"] else ""
    lines = [
        f"### {study}",
        "",
        f"{entry['title']}. {entry['citation']} {entry['source']}.",
        "",
        f"`{entry['formula']}`",
        "",
        f"Family `{entry['family']}`, `{entry['vcov']}`{clustered}. {same} of {len(numbers)} published "
        "numbers agree at their printed digits.",
        "",
        _row(*COLUMNS),
        "|---|---|---:|---:|---:|---|",
    ]
    for *cells, agrees in numbers:
        lines.append(_row(*cells, "yes" if agrees else "NO"))
    return "\n".join(lines)
