"""Follow a codebook recipe: resolve, collapse, choose between sources; account for every row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkstats.codebook.model import Table
from pkstats.registry import resolve_missions, resolve_states
from pkstats.tables.raw import checked_raw

if TYPE_CHECKING:
    import pandas as pd

# What the ways to tell a state are called in the reasons of rows set aside.
SCHEMES = {
    "gw": "Gleditsch–Ward number",
    "cow": "Correlates of War number",
    "polity": "Polity number",
    "m49": "M49 number",
    "iso3": "three-letter code",
    "iso2": "two-letter code",
    "name": "name",
}


class Workshop:
    """Raw tables read once, and the ledger of rows that did not reach a processed table."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._raw: dict[str, pd.DataFrame] = {}
        self._aside: list[pd.DataFrame] = []
        self.cache: dict[str, pd.DataFrame] = {}

    def raw(self, name: str) -> pd.DataFrame:
        """Return a raw table."""
        if name not in self._raw:
            self._raw[name] = checked_raw(self.folder, name)
        return self._raw[name].copy()

    def put_aside(self, table: str, rows: pd.DataFrame, item: Any, reason: Any) -> None:
        """Record rows set aside; `item` is what was wrong (a label, a code, a key)."""
        if not len(rows):
            return
        import pandas as pd

        part = pd.DataFrame(index=rows.index)
        part["table"] = table
        part["source"] = rows.get("source", "")
        part["item"] = item
        part["reason"] = reason
        self._aside.append(part)

    def ledger(self) -> pd.DataFrame:
        """Return rows set aside, counted by table, source, item and reason."""
        import pandas as pd

        columns = ["table", "source", "item", "reason"]
        if not self._aside:
            return pd.DataFrame(columns=[*columns, "rows"])
        frame = pd.concat(self._aside).fillna("").astype("str")
        return frame.groupby(columns, as_index=False).size().rename(columns={"size": "rows"})

    def missions(self, frame: pd.DataFrame, table: str) -> pd.DataFrame:
        """Add `mission_id`; rows whose label resolves to no mission are set aside."""
        import pandas as pd

        parts = []
        for source, group in frame.groupby("source", sort=False):
            found = resolve_missions(
                group["label"], str(source), group.get("location"), _months(group)
            )
            unknown = found["mission_id"].isna().to_numpy()
            lost = group[unknown]
            self.put_aside(table, lost, lost["label"], found.loc[lost.index, "reason"])
            parts.append(group[~unknown].assign(mission_id=found["mission_id"][~unknown]))
        return pd.concat(parts) if parts else frame.assign(mission_id="")

    def states(self, frame: pd.DataFrame, table: str, spec: Mapping[str, Any]) -> pd.DataFrame:
        """Add `state`; rows without one are set aside unless the recipe says it is optional."""
        codes = frame[spec["column"]]
        found = resolve_states(codes, spec["scheme"], _years(frame))
        frame = frame.assign(state=found)
        if spec.get("optional"):
            return frame
        lost = frame[found.isna().to_numpy()]
        items, kind = lost[spec["column"]].astype("string").fillna(""), SCHEMES[spec["scheme"]]
        reason = items.eq("").map(
            {True: f"no {kind} given", False: f"no listed state has this {kind}"}
        )
        self.put_aside(table, lost, items, reason)
        return frame[found.notna().to_numpy()]


def _months(frame: pd.DataFrame) -> pd.Series | None:
    import pandas as pd

    if "month" in frame:
        return frame["month"]
    for name in ("date", "from", "start"):
        if name in frame:
            values = frame[name]
            return values if isinstance(values.dtype, pd.PeriodDtype) else values.dt.to_period("M")
    if "year" in frame:
        months = pd.to_datetime(
            frame["year"].astype("str") + "-07", format="%Y-%m", errors="coerce"
        )
        return months.dt.to_period("M")
    return None


def _years(frame: pd.DataFrame) -> pd.Series | None:
    if "year" in frame:
        return frame["year"]
    for name in ("month", "date", "from", "start"):
        if name in frame:
            return frame[name].dt.year
    return None


def follow(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return the processed table that a codebook recipe describes."""
    import pandas as pd

    recipe = table.recipe
    frame = pd.concat([workshop.raw(name) for name in recipe["raw"]], ignore_index=True)
    if "where" in recipe:
        where = recipe["where"]
        frame = frame[frame[where["column"]].isin(where["values"])]
    if "year_from" in recipe:
        frame["year"] = frame[recipe["year_from"]].dt.year
    if "month_from" in recipe:
        frame["month"] = frame[recipe["month_from"]].dt.to_period("M")
    if recipe.get("mission"):
        frame = workshop.missions(frame, table.name)
    if "state" in recipe:
        frame = workshop.states(frame, table.name, recipe["state"])
    frame = frame.rename(columns=dict(recipe.get("rename", {})))
    frame = _without_key_gaps(frame, table, workshop)
    if "collapse" in recipe:
        return collapse(frame, table)
    return choose(frame, table, workshop)


def _without_key_gaps(frame: pd.DataFrame, table: Table, workshop: Workshop) -> pd.DataFrame:
    for name in table.key:
        empty = frame[name].isna().to_numpy()
        workshop.put_aside(table.name, frame[empty], "", f"no {name}")
        frame = frame[~empty]
    return frame


def collapse(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Make rows that share a key one row: counted, or each column by its rule."""
    recipe = table.recipe
    keys = [frame[name] for name in table.key]
    groups = frame.groupby([key.rename(name) for key, name in zip(keys, table.key, strict=True)])
    rules = {}
    if "count_as" in recipe or recipe["collapse"] == "count":
        rules[recipe.get("count_as", "count")] = groups.size()
    for name in table.values:
        if name not in frame:
            continue
        rule = table.columns[name].aggregate
        rule = recipe["collapse"] if rule in ("none", "any") else rule
        numeric = table.columns[name].dtype in ("integer", "number")
        if numeric and rule == "sum":
            rules[name] = groups[name].sum(min_count=1)
        elif numeric and rule in ("max", "mean"):
            rules[name] = groups[name].agg(rule)
        elif table.columns[name].dtype == "flag":
            rules[name] = groups[name].max()
        else:
            rules[name] = groups[name].first()
    import pandas as pd

    return pd.DataFrame(rules).reset_index()


def choose(frame: pd.DataFrame, table: Table, workshop: Workshop) -> pd.DataFrame:
    """Keep one row per key: the first source in the recipe's precedence, or fill column by column.

    Rows that lose are recorded: a later source is superseded, a second row of one source repeats.
    """
    recipe = table.recipe
    key = list(table.key)
    order = list(recipe.get("precedence", ()))
    ranks = {source: rank for rank, source in enumerate(order)}
    if order:
        rank = frame["source"].map(ranks).fillna(len(order))
        frame = frame.assign(_rank=rank).sort_values([*key, "_rank"], kind="stable")
        frame = frame.drop(columns="_rank")
    if recipe.get("coalesce"):
        return frame.groupby(key, as_index=False).first()
    again = frame.duplicated(key).to_numpy()
    if again.any():
        rest = frame[again]
        reason = "superseded by a source that takes precedence" if order else "repeats a key"
        item = rest[key].astype("str").agg(", ".join, axis=1) if not order else ""
        workshop.put_aside(table.name, rest, item, reason)
    return frame[~again]
