"""A panel's codebook: what each of its columns means, its unit, and where it comes from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from pkstats.codebook import Column, Table, table, table_names
from pkstats.measures.registry import listed

if TYPE_CHECKING:
    from pkstats.measures import Measure
    from pkstats.panel.panel import Panel

FIELDS = ("column", "meaning", "unit", "dtype", "role", "timing", "table", "source")
LAG = re.compile(r"_lag(\d+)$")
# What a panel's endings say of the column before them.
ENDINGS = {
    "_months_deployed": "Months in which the missions counted were deployed",
    "_years_deployed": "Years in which the mission was deployed",
    "_months": "Months with a figure that it rests on: {}",
    "_years": "Years with a figure that it rests on: {}",
    "_mean": "{}; mean over deployment",
    "_peak": "{}; greatest of deployment",
    "_entry": "{}; first figure, if within a year of the start",
    "_during": "{}; yearly mean during deployment",
    "_before": "{}; yearly mean before deployment",
    "_after": "{}; yearly mean after deployment",
}
COUNTS = ("_months_deployed", "_years_deployed", "_months", "_years")
OWN = {
    "months": ("Months of the year in which the mission was deployed", "count"),
    "first_month": ("First month of the mission", ""),
    "last_month": ("Last month of the mission, or the last that is known", ""),
    "month": ("Month", ""),
    "year": ("Calendar year", ""),
}


def described(panel: Panel) -> pd.DataFrame:
    """Return one row per column of a panel: meaning, unit, dtype, role, timing, table and source."""
    came = _origins(panel)
    measures = {item.name: item for item in listed()}
    rows = []
    for name in panel.frame.columns:
        if name in came:
            row = _brought(*came[name], panel)
        elif name in measures:
            row = _derived(measures[name])
        elif name.removesuffix("_months") in measures and name not in _skeleton(panel):
            item = measures[name.removesuffix("_months")]
            row = {**_derived(item), "unit": "months"}
            row["meaning"] = ENDINGS["_months"].format(item.construct)
        else:
            row = _given(str(name), panel.unit)
        rows.append({"column": name, **row, "dtype": str(panel.frame[name].dtype)})
    return pd.DataFrame(rows, columns=list(FIELDS)).fillna("")


def _origins(panel: Panel) -> dict[str, tuple[str, str]]:
    """Return, by the name it has in the panel, the table and the name of each column brought."""
    found = {}
    for owner, column in sorted(panel.added):
        longer = f"{owner}_{column}"
        found[longer if longer in panel.frame else column] = (owner, column)
    return found


def _skeleton(panel: Panel) -> set[str]:
    return set(OWN) | set(panel.key)


def _derived(item: Measure) -> dict[str, str]:
    """Describe a measure."""
    return {
        "meaning": item.construct,
        "unit": item.unit,
        "role": item.role,
        "timing": item.timing,
        "table": ", ".join(dict.fromkeys(need.table for need in item.needs)),
        "source": item.source,
    }


def _brought(owner: str, column: str, panel: Panel) -> dict[str, str]:
    """Describe a column of a table; of a user's own table only what is known."""
    stem, said, counts = _plain(column)
    if owner not in table_names():
        owed = {text.partition(": ")[0]: text.partition(": ")[2] for text in panel.owed}
        meaning = said.format(f"{stem} of your own table")
        return {"meaning": meaning, "table": owner, "source": owed.get(owner, "")}
    entry = table(owner)
    told = _column(entry, stem)
    periods = "years" if said.startswith("Years") else "months"
    return {
        "meaning": said.format(told.meaning),
        "unit": periods if counts else told.unit,
        "role": "" if counts else told.role,
        "timing": "" if counts else told.timing,
        "table": owner,
        "source": told.source or ", ".join(entry.sources),
    }


def _plain(column: str) -> tuple[str, str, bool]:
    """Return a column without its endings, what they say of it, and whether it counts periods."""
    lag = LAG.search(column)
    stem = column[: lag.start()] if lag else column
    said, counts = "{}", False
    for ending, text in ENDINGS.items():
        if stem.endswith(ending):
            stem, said, counts = stem.removesuffix(ending), text, ending in COUNTS
            break
    return stem, f"{said}; {lag[1]} earlier" if lag else said, counts


def _column(entry: Table, stem: str) -> Column:
    """Return the codebook's column, of a count or of one category also what the panel makes of it."""
    about = stem.removeprefix(f"{entry.name}_")
    for name in (stem, about):
        if name in entry.columns:
            return entry.columns[name]
    if stem == entry.panel.get("count"):
        return Column(stem, f"Number of rows of {entry.name}: {entry.meaning}", "integer", "count")
    parts = [name for name in entry.columns if stem.startswith(f"{name}_")]
    if not parts:
        return Column(stem, entry.meaning, "")
    whole = entry.columns[max(parts, key=len)]
    category = stem.removeprefix(f"{whole.name}_").replace("_", " ")
    return Column(
        stem, f"{whole.meaning}: {category}", whole.dtype, whole.unit, whole.role, whole.timing
    )


def _given(name: str, unit: str) -> dict[str, str]:
    """Describe a column of the panel's rows."""
    if name in OWN:
        meaning, of = OWN[name]
        return {"meaning": meaning, "unit": of, "table": "", "source": "pkstats_registry"}
    home = table("states" if unit == "state-year" else "missions")
    if name not in home.columns:
        return {"meaning": "", "table": "", "source": ""}
    told = home.columns[name]
    return {
        "meaning": told.meaning,
        "unit": told.unit,
        "role": told.role,
        "timing": told.timing,
        "table": home.name,
        "source": told.source or ", ".join(home.sources),
    }
