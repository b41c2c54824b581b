"""Months to windows: one rule for every column, with the months it rests on.

First within a mission: a deployed month without a figure is unknown and leaves sum and count, and a
mission of which less than `least` of the deployed months are known is left out. Then over missions: a
month in which a mission is not deployed is a known zero of its contribution to a state's year.

Means, peaks and sums rest on the known months; a sum is never scaled up, so where months are unknown it
is a lower bound. A flag is true if any known month has it, and false only if enough months are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

PICKED = ("first", "last")
LEFT_OUT = ["column", "mission_id", "year", "known", "deployed"]
NOBODY = pd.DataFrame({name: pd.Series(dtype="object") for name in LEFT_OUT})


@dataclass(frozen=True)
class Converted:
    """A table at a panel's unit, and the missions left out for want of figures.

    `left_out` has one row per column, mission and (but for whole missions) year: months known and
    deployed.
    """

    frame: pd.DataFrame
    left_out: pd.DataFrame = field(default_factory=NOBODY.copy)


def tally(
    frame: pd.DataFrame, keys: Sequence[str], names: Sequence[str], least: float
) -> tuple[pd.DataFrame, pd.Series, pd.DataFrame]:
    """Return, by `keys`, known periods per column, deployed periods, and whether enough are known.

    Parameters
    ----------
    frame : DataFrame
        One row per deployed period; a cell without a figure is missing.
    least : float
        The share of the deployed periods that must be known.
    """
    groups = frame.groupby(list(keys), sort=False)
    known, deployed = groups[list(names)].count(), groups.size()
    enough = known.gt(0) & known.ge(deployed * least, axis=0)
    return known, deployed, enough


def over_time(
    frame: pd.DataFrame, keys: Sequence[str], rules: Mapping[str, str], least: float
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.DataFrame]:
    """Return each column over the periods of `keys` by its rule, and the tally of its periods.

    Returns
    -------
    values, known, deployed, enough
        Values are missing where not enough periods are known (a true flag stands). The first and the
        last figure known rest on one period, and need no more.
    """
    names = list(rules)
    known, deployed, enough = tally(frame, keys, names, least)
    groups = frame.groupby(list(keys), sort=False)
    parts = {}
    for rule in dict.fromkeys(rules.values()):
        chosen = [name for name in names if rules[name] == rule]
        if rule == "sum":
            part = groups[chosen].sum(min_count=1)
        elif rule == "any":
            part = groups[chosen].max()
            enough[chosen] |= part.fillna(False).astype("bool")
        else:
            part = groups[chosen].agg(rule)
        if rule == "mean":
            part = part.astype("float64")
        if rule in PICKED:
            enough[chosen] = True
        parts.update({name: part[name].where(enough[name]) for name in chosen})
    values = pd.DataFrame({name: parts[name] for name in names})
    return values, known, deployed, enough


def beside(
    values: pd.DataFrame, known: pd.DataFrame, rules: Mapping[str, str], period: str
) -> pd.DataFrame:
    """Return values with `…_months` (or years) beside every aggregated column."""
    columns = {}
    for name in values:
        columns[name] = values[name]
        if rules[name] not in PICKED:
            columns[f"{name}_{period}s"] = known[name].astype("Int64")
    return pd.DataFrame(columns)


def lacking(known: pd.DataFrame, deployed: pd.Series, enough: pd.DataFrame) -> pd.DataFrame:
    """Return one row per column and mission (and year) that is left out, with its tally."""
    parts = []
    for name in enough:
        out = ~enough[name]
        if out.any():
            part = pd.DataFrame({"known": known[name][out], "deployed": deployed[out]})
            parts.append(part.reset_index().assign(column=name))
    if not parts:
        return NOBODY.copy()
    found = pd.concat(parts, ignore_index=True)
    return found[[name for name in LEFT_OUT if name in found]]


def together(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return the missions left out of both, each once."""
    if one.empty or other.empty:
        return other if one.empty else one
    return pd.concat([one, other], ignore_index=True).drop_duplicates(ignore_index=True)


def shared_out(
    figures: pd.DataFrame,
    states: Sequence[pd.Series],
    share: pd.DataFrame,
    rules: Mapping[str, str],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return mission columns by state and year, and the months they rest on, over all missions.

    Parameters
    ----------
    figures : DataFrame
        One row per mission, month and host state; missing where unknown, or where the mission is left
        out.
    states : pair of Series
        State and year of each row.
    share : DataFrame
        By row and column, how much of the figure is the state's: the host's share, and for a mean
        divided by the periods it is over, months known and months not deployed.
    rules : mapping of str to str
        mean, sum or any, by column.
    """
    months = figures.notna().groupby(list(states)).sum().astype("Int64")
    flags = [name for name, rule in rules.items() if rule == "any"]
    numbers = [name for name in rules if name not in flags]
    parts = []
    if flags:
        parts.append(figures[flags].groupby(list(states)).max())
    if numbers:
        values = figures[numbers].astype("float64") * share[numbers]
        parts.append(values.groupby(list(states)).sum(min_count=1))
    return pd.concat(parts, axis=1)[list(rules)], months
