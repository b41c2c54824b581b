"""Deaths that fall outside a mission's own days: of the year it came in, and of the years after it."""

from __future__ import annotations

import pandas as pd

from pkstats.measures.composites import CONFLICT
from pkstats.study.cases.data import read
from pkstats.study.cases.numbers import HALF_YEAR, Numbers
from pkstats.study.cases.scope import Scope, listed
from pkstats.tables.coverage import as_of_year

COUNTED = {"state_based_best": "in battle", "one_sided_best": "among civilians"}


def fell_before(numbers: Numbers) -> bool:
    """Return whether most of the fall of deaths was over in a first year that it hardly saw."""
    during, first = numbers.during, numbers.scope.first
    if first not in during.index or not numbers.before >= CONFLICT:
        return False
    fall = numbers.before - float(during.mean())
    late = _days(numbers.scope) < HALF_YEAR
    return late and 0 < fall < 2 * (numbers.before - float(during[first]))


def around(numbers: Numbers) -> str:
    """Return the deaths of the two years before it came and of the year in which it came."""
    first = numbers.scope.first
    return listed(
        [f"{numbers.deaths[year]:,.0f} in {year}" for year in range(first - 2, first + 1)]
    )


def arrival(numbers: Numbers) -> str:
    """Return which deaths of its first calendar year, or which part of a fall, came before it came."""
    scope, during, parts = numbers.scope, numbers.during, []
    start, whole = pd.Timestamp(scope.mission.start), float(during.sum())
    own = float(during.get(scope.first, 0))
    if len(during) > 1 and whole >= CONFLICT and 2 * own > whole and start.day_of_year > 1:
        parts.append(
            f"Of the {whole:,.0f} deaths of its years {own:,.0f} are those of the whole of "
            f"{scope.first}, in which it came on {start.day} {start:%B}."
        )
    if fell_before(numbers):
        there = _there_before(scope)
        others = (
            f", and {listed(there)} {'was' if len(there) == 1 else 'were'} there" if there else ""
        )
        parts.append(
            f"Most of the fall came before it: there were {around(numbers)}, of which it saw the last "
            f"{_days(scope)} days{others}."
        )
    return " ".join(parts)


def renewed(scope: Scope) -> dict[str, tuple[int, str]]:
    """Return, by what is counted, the first year after exit that breaks the peace, and deaths by place."""
    frame = read("violence")
    hosts = dict(zip(scope.hosts, scope.names, strict=True))
    after = frame[
        frame["state"].isin(scope.conflict_hosts(scope.last + 1)) & (frame["year"] > scope.last)
    ]
    found = {}
    for column, what in COUNTED.items():
        deaths = after.groupby("year")[column].sum().astype("float64")
        broken = deaths[deaths >= CONFLICT]
        if scope.ongoing or broken.empty:
            continue
        year = int(broken.index.min())
        where = after[(after["year"] == year) & (after[column] > 0)]["state"].map(hosts)
        found[what] = (year, f"{broken[year]:,.0f} in {listed(list(where))}")
    return found


def returned(scope: Scope) -> str:
    """Return when and where conflict was found after exit, by the rules of the measures of peace."""
    parts = [f"{what} in {year} ({deaths})" for what, (year, deaths) in renewed(scope).items()]
    return (
        f"After its last year, those killed first reached {CONFLICT} a year {listed(parts)}."
        if parts
        else ""
    )


def _days(scope: Scope) -> int:
    """Return how many days of its first calendar year a mission saw, at most."""
    start = pd.Timestamp(scope.mission.start)
    return (pd.Timestamp(start.year, 12, 31) - start).days + 1


def _there_before(scope: Scope) -> list[str]:
    """Return the missions of the chain that were there in its first year before it came."""
    chain, start = scope.chain, pd.Timestamp(scope.mission.start)
    ends = chain["end"].fillna(pd.Timestamp(as_of_year(), 12, 31))
    there = (chain["start"] < start) & (ends >= pd.Timestamp(start.year, 1, 1))
    return chain.loc[there & (chain["role"] != "main"), "mission_id"].tolist()
