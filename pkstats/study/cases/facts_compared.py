"""The figures of a case that a comparison shows beside the registered measures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from pkstats.measures.consent import mandate_completed
from pkstats.measures.mandates import task_flags
from pkstats.study.cases.data import read, summed
from pkstats.study.cases.numbers import Numbers, count, years_of
from pkstats.study.cases.scores import coverage, listed_from
from pkstats.study.cases.timeline import in_hosts
from pkstats.tables.coverage import as_of, last_whole_year

Shown = tuple[float, str]
UNKNOWN: Shown = (float("nan"), "–")
DAYS, YEAR = 365.25, 12


def _number(value: float) -> Shown:
    return UNKNOWN if np.isnan(value) else (value, count(value))


def share_in_worst_year(numbers: Numbers) -> Shown:
    """Return deployed of authorised in the year of deployment with most deaths."""
    frame, worst = numbers.frames["resources"], numbers.worst
    frame = frame[(frame["role"] == "main") & (frame["month"].dt.year == worst)]
    sums = frame.dropna(subset=["shortfall"])[["total", "total_authorised"]].astype("float64").sum()
    if worst is None or not numbers.during[worst] > 0 or not sums["total_authorised"] > 0:
        return UNKNOWN
    share, months = float(sums["total"] / sums["total_authorised"]), int(frame["shortfall"].count())
    whole = "" if months == YEAR else f", {months} months"
    return share, f"{share:.0%} ({worst}{whole})"


def changes_a_year(numbers: Numbers) -> Shown:
    """Return how often a year the coded tasks changed, after the first mandate."""
    item = numbers.scope.mission
    spells = read("mandates")
    spells = spells[spells["mission_id"] == item.id].sort_values("from")
    flags = spells[["chapter_vii", *task_flags()]].dropna().astype("bool")
    if len(flags) < len(spells) or flags.empty:
        return UNKNOWN
    first, last = spells["from"].iloc[0].to_timestamp(), spells["to"].iloc[-1]
    end = pd.Timestamp(as_of()) if pd.isna(last) else last.to_timestamp(how="end")
    changed = int((flags.to_numpy()[1:] != flags.to_numpy()[:-1]).any(axis=1).sum())
    rate = changed / ((end - first).days / DAYS)
    return rate, f"{rate:.1f}"


def agreements_before(numbers: Numbers) -> Shown:
    """Return peace agreements of the hosts in the two years to its first month; missing if not listed."""
    scope = numbers.scope
    start = coverage("agreements")[0]
    late = any(year > scope.first - 2 for year in listed_from(scope).values())
    if late or start is None or scope.first - 2 < start:
        return UNKNOWN
    begin = pd.Timestamp(scope.mission.start) + pd.offsets.MonthEnd(0)
    frame = read("agreements")
    dates = frame.loc[in_hosts(frame["locations"], frame["date"].dt.year, scope), "date"]
    found = int(dates.between(begin - pd.DateOffset(years=2), begin).sum())
    return float(found), str(found)


def exit_of(numbers: Numbers) -> Shown:
    """Return how the mission ended, and whether its mandate was completed or handed over."""
    ended = numbers.scope.mission.exit
    return float(mandate_completed(np.array([ended], dtype=object))[0]), ended or "–"


def deaths_before(numbers: Numbers) -> Shown:
    """Return yearly deaths in the two years before."""
    return _number(numbers.before)


def deaths_during(numbers: Numbers) -> Shown:
    """Return yearly deaths in the years of deployment that are known, and which if not all are."""
    during, scope = numbers.during, numbers.scope
    if during.empty:
        return UNKNOWN
    value, text = _number(float(during.mean()))
    low, high = int(during.index.min()), int(during.index.max())
    whole = low == scope.first and high >= min(scope.last, last_whole_year())
    return value, text if whole else f"{text} ({years_of(low, high)})"


def deaths_after(numbers: Numbers) -> Shown:
    """Return yearly deaths in the five years after exit."""
    scope = numbers.scope
    if scope.ongoing or scope.last + 5 > last_whole_year():
        return float("nan"), "later"
    return _number(numbers.mean(scope.last + 1, scope.last + 5))


def _refugees(numbers: Numbers, year: int) -> Shown:
    return _number(float(summed(numbers.frames["displacement"], "refugees").get(year, np.nan)))


def refugees_before(numbers: Numbers) -> Shown:
    """Return refugees from the hosts at the end of the year before arrival."""
    return _refugees(numbers, numbers.scope.first - 1)


def refugees_most(numbers: Numbers) -> Shown:
    """Return the most refugees from the hosts, from the year before arrival to its last year, and when."""
    scope = numbers.scope
    series = summed(numbers.frames["displacement"], "refugees")
    series = series.loc[scope.first - 1 : min(scope.last, last_whole_year())]
    if series.empty:
        return UNKNOWN
    value, text = _number(float(series.max()))
    return value, f"{text} ({int(series.idxmax())})"


def refugees_last(numbers: Numbers) -> Shown:
    """Return refugees from the hosts at the end of its last year; the newest year, named, if it goes on."""
    value, text = _refugees(numbers, min(numbers.scope.last, last_whole_year()))
    named = numbers.scope.ongoing and not np.isnan(value)
    return value, f"{text} ({last_whole_year()})" if named else text


FACTS: dict[str, Callable[[Numbers], Shown]] = {
    "share_in_worst_year": share_in_worst_year,
    "changes_a_year": changes_a_year,
    "agreements_before": agreements_before,
    "exit": exit_of,
    "deaths_before": deaths_before,
    "deaths_during": deaths_during,
    "deaths_after": deaths_after,
    "refugees_before": refugees_before,
    "refugees_most": refugees_most,
    "refugees_last": refugees_last,
}
