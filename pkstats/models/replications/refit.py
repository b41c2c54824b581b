"""`replicate`: read a study's file, refit its model, set the published numbers beside ours."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd

from pkstats.cache import as_path
from pkstats.errors import BadModel, UnreadableFile, suggestion
from pkstats.models.estimate import Estimate
from pkstats.models.fit import fit
from pkstats.models.formula import parse
from pkstats.text import for_html

COLUMNS = ("cluster", "entry", "time", "event")


@dataclass(frozen=True)
class Replication:
    """A published model refitted.

    Attributes
    ----------
    study, title, citation : str
    source : str
        Which table the published numbers belong to, and how they came to be here.
    estimate : Estimate
    table : DataFrame
        term (`model` for figures of the whole), quantity, ours, published, digits (decimals printed),
        difference (ours − published), agrees (equal once ours is rounded to the printed decimals).
    """

    study: str
    title: str
    citation: str
    source: str
    estimate: Estimate = field(repr=False)
    table: pd.DataFrame = field(repr=False)

    @property
    def agrees(self) -> bool:
        """Whether every published number agrees at its printed digits."""
        return bool(self.table["agrees"].all())

    def _verdict(self) -> str:
        count, same = len(self.table), int(self.table["agrees"].sum())
        return f"{same} of {count} published numbers agree at their printed digits."

    def _shown(self) -> pd.DataFrame:
        table = self.table
        pairs = list(zip(table["ours"], table["published"], table["digits"], strict=True))
        return pd.DataFrame(
            {
                "term": table["term"],
                "quantity": table["quantity"],
                "ours": [f"{ours:.{digits}f}" for ours, _, digits in pairs],
                "published": [f"{published:.{digits}f}" for _, published, digits in pairs],
                "difference": [f"{value:.0e}" if value else "0" for value in table["difference"]],
                "agrees": np.where(table["agrees"], "yes", "NO"),
            }
        )

    def __repr__(self) -> str:
        head = [f"{self.study}: {self.title}", f"Source: {self.source}.", self.citation]
        lines = [fill(line, 80, subsequent_indent="  ") for line in head]
        return "\n".join([*lines, self._shown().to_string(index=False), self._verdict()])

    def _repr_html_(self) -> str:
        head = f"<b>{for_html(self.study)}: {for_html(self.title)}</b><br>Source: "
        head += f"{for_html(self.source)}.<br>{for_html(self.citation)}"
        return f"<p>{head}</p>{self._shown().to_html(index=False)}<p>{self._verdict()}</p>"


def studies() -> list[str]:
    """Return the names of the studies that `replicate` knows."""
    folder = files("pkstats.models.replications")
    return sorted(one.name[:-5] for one in folder.iterdir() if one.name.endswith(".toml"))


def replicate(study: str, path: str | Path) -> Replication:
    """Refit a published model from its replication file.

    Parameters
    ----------
    study : {"doyle_sambanis2000", "fortna2008", "hks2013"}
    path : str or Path
        The replication file as its authors released it, or the folder it is in.

    Returns
    -------
    Replication
        `estimate`, and `table` with our numbers beside the published ones.

    Raises
    ------
    BadModel
        For an unknown study.
    UnreadableFile
        When the file is not there, cannot be read, or is not the one the study used.
    """
    if not isinstance(study, str) or study not in studies():
        raise BadModel(
            f"study must be one of {', '.join(studies())}; found {study!r}."
            f"{suggestion(study, studies())}"
        )
    text = files("pkstats.models.replications").joinpath(f"{study}.toml").read_text("utf-8")
    specification = tomllib.loads(text)
    frame = _frame(study, specification, as_path(path, "a replication file"))
    for column, value in specification.get("filters", {}).items():
        frame = frame[frame[column] == value]
    estimate = fit(data=frame, **specification["model"])
    return Replication(
        study=study,
        title=specification["title"],
        citation=specification["citation"],
        source=specification["table"],
        estimate=estimate,
        table=_compare(specification, estimate, frame),
    )


def _frame(study: str, specification: Mapping[str, Any], path: Path) -> pd.DataFrame:
    """Read a study's file and make sure it is the one the study used."""
    expected = f"{study} needs {specification['file']!r} as its authors released it"
    if path.is_dir():
        found = ", ".join(sorted(one.name for one in path.iterdir())[:8]) or "nothing"
        path = path / specification["file"]
        if not path.exists():
            raise UnreadableFile(f"{expected}; {path.parent} holds {found}.")
    if not path.exists():
        raise UnreadableFile(f"{expected}; there is no file {path}.")
    try:
        frame = _read(path, Path(specification["file"]).suffix)
    except Exception as problem:
        raise UnreadableFile(f"{expected}; {path} cannot be read so: {problem}") from problem
    model = specification["model"]
    needed = [*parse(model["formula"]).columns, *(model[key] for key in COLUMNS if key in model)]
    needed += [*specification.get("filters", {}), *specification.get("distinct", {}).values()]
    missing = [name for name in needed if name not in frame]
    if missing:
        raise UnreadableFile(
            f"{expected}, with the columns {', '.join(needed)}; {path} lacks {', '.join(missing)}."
        )
    if len(frame) != specification["rows"]:
        raise UnreadableFile(
            f"{expected}, with {specification['rows']:,} rows; {path} has {len(frame):,}. To fit a "
            f"model to other rows use pk.fit."
        )
    return frame


def _read(path: Path, suffix: str) -> pd.DataFrame:
    if suffix == ".dta":
        return pd.read_stata(path, convert_categoricals=False)
    # "None" and "NA" can be values (Doyle and Sambanis's UNops); only these two are missing here.
    separator = "\t" if suffix == ".tab" else ","
    return pd.read_csv(path, sep=separator, keep_default_na=False, na_values=["", "NA"])


def _compare(
    specification: Mapping[str, Any], estimate: Estimate, frame: pd.DataFrame
) -> pd.DataFrame:
    figures = dict(estimate.glance().iloc[0])
    for name, column in specification.get("distinct", {}).items():
        figures[name] = frame.loc[estimate.rows.kept, column].nunique()
    tidy = estimate.tidy().set_index("term")
    tidy["hazard_ratio"] = np.exp(tidy["estimate"])
    rows = [
        (term, quantity, float(tidy.loc[term, quantity]), text)
        for term, numbers in specification["terms"].items()
        for quantity, text in numbers.items()
    ]
    rows += [
        ("model", name, float(figures[name]), t) for name, t in specification["figures"].items()
    ]
    table = pd.DataFrame(rows, columns=["term", "quantity", "ours", "published"])
    table["digits"] = [len(text.partition(".")[2]) for text in table["published"]]
    table["published"] = table["published"].astype("float64")
    table["difference"] = table["ours"] - table["published"]
    # Half a unit of the last printed digit, and a hair for binary fractions.
    table["agrees"] = table["difference"].abs() <= 0.5 * 10.0 ** -table["digits"] * (1 + 1e-6)
    return table
