"""Operation types by the rule beside those that Doyle and Sambanis (2000) coded."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pkstats.errors import UnreadableFile
from pkstats.measures.mandates import PEACEBUILDING, TASKS
from pkstats.panel import panel
from pkstats.tables import load

STORED = Path(__file__).with_name("typology.toml")
# What decides a type, and what goes with it, shown beside it.
BASIS = ("chapter_vii", "protection_of_civilians", "peacebuilding_areas", "task_count")
COLUMNS = ("cname", "untype", "yrbeg", "yrend")


def stored() -> dict[str, Any]:
    """Return how the two typologies are matched, and the counts of the last comparison."""
    return tomllib.loads(STORED.read_text(encoding="utf-8"))


def type_years() -> pd.DataFrame:
    """Return every year of UN peacekeeping operations with its type and what it follows from.

    Returns
    -------
    DataFrame
        mission_id, year, mission_type, chapter_vii and protection_of_civilians (whether in force),
        peacebuilding_areas (of the six, those with a task coded) and task_count.
    """
    years = panel("mission-year", 1948, None, "UN", "peacekeeping").add("mandates")
    frame = years.derive("mission_type", "protection_of_civilians", "task_count").frame
    areas = [frame[TASKS[name]["flags"]].fillna(False).any(axis=1) for name in PEACEBUILDING]
    frame["peacebuilding_areas"] = np.sum(areas, axis=0)
    return frame[["mission_id", "year", "mission_type", *BASIS]]


def type_spells(years: pd.DataFrame, *also: str) -> pd.DataFrame:
    """Return the years of each mission with those alike and in a row put together.

    Parameters
    ----------
    years : DataFrame
        What `type_years` returns, or part of it.
    also : str
        Other columns of `years` in which years must be alike.

    Returns
    -------
    DataFrame
        By mission: first and last year, mission_type and the columns of `also`. Years without a
        type have no spell.
    """
    alike = ["mission_type", *also]
    frame = years.dropna(subset="mission_type").sort_values(["mission_id", "year"])
    values = frame[alike].astype("object").where(frame[alike].notna(), None)
    before = frame["year"].diff().ne(1) | frame["mission_id"].ne(frame["mission_id"].shift())
    changed = values.ne(values.shift()) & ~(values.isna() & values.shift().isna())
    spell = (before | changed.any(axis=1)).cumsum().rename("spell")
    groups = frame.groupby(["mission_id", spell], sort=False)
    found = groups.agg(first=("year", "min"), last=("year", "max"))
    return found.join(groups[alike].first()).droplevel("spell")


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often the rule and a published typology say the same.

    Attributes
    ----------
    table : DataFrame
        By published type: wars, how many are traditional and more than that by the rule, and how
        many agree.
    """

    table: pd.DataFrame = field(repr=False)

    @property
    def wars(self) -> int:
        """Wars compared."""
        return int(self.table["wars"].sum())

    @property
    def same(self) -> int:
        """Wars on which both agree."""
        return int(self.table["agree"].sum())

    @property
    def kappa(self) -> float:
        """Cohen's kappa: agreement beyond that of two coders who agree by chance alone."""
        beyond = self.table["theirs_beyond"].to_numpy(bool)
        counts = self.table[["traditional", "beyond"]].to_numpy("float64")
        return kappa(np.array([counts[~beyond].sum(axis=0), counts[beyond].sum(axis=0)]))


def kappa(counts: np.ndarray) -> float:
    """Return Cohen's kappa of a square table of counts, shape (k, k); one coder's classes by row."""
    share = counts / counts.sum()
    chance = float(share.sum(axis=0) @ share.sum(axis=1))
    return (float(np.trace(share)) - chance) / (1 - chance)


def agreement(wars: pd.DataFrame | None = None) -> Agreement:
    """Return the agreement with Doyle and Sambanis on traditional against more than traditional.

    Parameters
    ----------
    wars : DataFrame, optional
        What `compare_types` returns; without it, the counts stored with the library.
    """
    beyond = stored()["beyond"]
    if wars is None:
        counts = pd.DataFrame.from_dict(stored()["counts"], orient="index")
    else:
        counts = pd.crosstab(wars["untype"], np.where(wars["beyond"], "beyond", "traditional"))
        counts = counts.reindex(
            index=[name for name in beyond if name in counts.index],
            columns=["traditional", "beyond"],
            fill_value=0,
        )
    table = counts[["traditional", "beyond"]].rename_axis(index="untype", columns=None)
    table.insert(0, "wars", table.sum(axis=1))
    table["theirs_beyond"] = [beyond[name] for name in table.index]
    table["agree"] = table["beyond"].where(table["theirs_beyond"], table["traditional"])
    return Agreement(table)


def compare_types(path: str | Path) -> pd.DataFrame:
    """Return the wars of Doyle and Sambanis with a UN operation, with the type the rule gives.

    UN missions in the state from the war's end to two years after count; where there is none, those
    during the war. A war is *beyond* if one of their mission-years is more than traditional.

    Parameters
    ----------
    path : str or Path
        Their replication file, peace.csv.

    Returns
    -------
    DataFrame
        cname, untype (their type), beyond (ours) and agrees, one row per war.

    Raises
    ------
    UnreadableFile
        When the file is not there or is not theirs.
    """
    rules = stored()
    wars = _wars(Path(path))
    wars = wars[wars["cname"].isin(rules["states"]) & wars["untype"].isin(rules["beyond"])]
    hosts = load("hosts")
    hosts = hosts.loc[hosts["role"] == "host", ["mission_id", "state"]].drop_duplicates()
    years = panel("mission-year", sponsor="UN").derive("mission_type").frame
    typed = years.dropna(subset="mission_type").merge(hosts, on="mission_id")
    last = int(rules["last_year"])
    rows = []
    for name, kind, first, end in wars[list(COLUMNS)].itertuples(index=False):
        ended = last if pd.isna(end) else 1900 + int(end)
        here = (typed["state"] == rules["states"][name]) & (typed["year"] >= 1900 + int(first))
        near = typed[here & (typed["year"] <= min(ended + 2, last))]
        after = near[near["year"] >= ended]
        types = (after if len(after) else near)["mission_type"]
        beyond = bool((types != "traditional").any())
        rows.append((name, kind, beyond, beyond == rules["beyond"][kind]))
    return pd.DataFrame(rows, columns=["cname", "untype", "beyond", "agrees"])


def _wars(path: Path) -> pd.DataFrame:
    expected = "Expected Doyle and Sambanis's peace.csv"
    if not path.is_file():
        raise UnreadableFile(f"{expected}; there is no file {path}. Give the path to it.")
    # "None" is a type here: only blanks and NA are missing.
    frame = pd.read_csv(path, keep_default_na=False, na_values=["", "NA"])
    missing = [name for name in COLUMNS if name not in frame]
    if missing:
        raise UnreadableFile(
            f"{expected} with the columns {', '.join(COLUMNS)}; {path} lacks {', '.join(missing)}. "
            "Use the file as its authors released it."
        )
    return frame
