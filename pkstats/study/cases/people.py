"""The passage on people and talks: who fled, how the state fared, who died, what was signed."""

from __future__ import annotations

from pkstats.study.cases.data import summed
from pkstats.study.cases.numbers import Numbers, path
from pkstats.study.cases.scope import listed
from pkstats.study.cases.scores import OUTSIDE, SEEN, coverage, listed_from
from pkstats.tables.coverage import last_whole_year

LEAST_SHOWN = 0.005
FEWEST_SHOWN = 0.05


def people(numbers: Numbers) -> str:
    """Return displacement, democracy, income and the danger to aid workers and peacekeepers."""
    parts = ["; ".join(_fled(numbers)), _state(numbers), "; ".join(_killed(numbers))]
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in parts if text)


def _fled(numbers: Numbers) -> list[str]:
    scope, parts = numbers.scope, []
    displaced = numbers.frames["displacement"]
    last = min(scope.last, last_whole_year())
    for column, what in (("refugees", "refugees"), ("idps_idmc", "internally displaced (IDMC)")):
        series, known = summed(displaced, column), displaced.groupby("year")[column].count()
        # From the year before arrival, as the measures do, if the same hosts are counted then.
        first = scope.first - (known.get(scope.first - 1, 0) == known.get(last, 0) > 0)
        # A zero in a host's first year as a state: its people are still counted under the state it left.
        if series.get(first) == 0 and first in listed_from(scope).values():
            first += 1
        if first in series.index and last in series.index and last > first:
            old, new = series[first], series[last]
            if series.loc[first:last].nunique() == 1:
                parts.append(f"{what} were {new:,.0f} in {first} as in {last}")
            else:
                text = f"{what} {path(series, first, last)}"
                parts.append(text + (_but(numbers, new < old) if column == "refugees" else ""))
    return parts


def _but(numbers: Numbers, fewer: bool) -> str:
    """Return how the measure of refugees stands, where its means say otherwise than first and last."""
    row = numbers.value("refugees_fell_during")
    if row is None or bool(row["value"] == 1) == fewer:
        return ""
    side = "no fewer" if fewer else "fewer"
    return f", yet in the mean of its years they were {side} than in that of the two years before"


def _state(numbers: Numbers) -> str:
    """Return how the means of its years stand to those of the two years before."""
    parts = []
    for measure, what, form in (
        ("democracy_change_during", "electoral democracy", "{:.2f} of 1"),
        ("income_growth_during", "real income per head", "{:.0%}"),
    ):
        row = numbers.value(measure)
        if row is not None:
            value = float(row["value"])
            if abs(value) < LEAST_SHOWN:
                parts.append(f"{what} was less than {form.format(0.01)} away")
            else:
                side = "higher" if value > 0 else "lower"
                parts.append(f"{what} was {form.format(abs(value))} {side}")
    if not parts:
        return ""
    return f"in the mean of its years, set beside that of the two years before, {listed(parts)}"


def _killed(numbers: Numbers) -> list[str]:
    parts = []
    row = numbers.value("aid_workers_killed_during")
    if row is not None:
        value = float(row["value"])
        few = "fewer than 0.1" if value < FEWEST_SHOWN else f"{value:.1f}"
        words = f"aid workers killed were {few} a year" if value else "no aid worker was killed"
        parts.append(words)
    safety = numbers.frames["safety"]
    if len(safety):
        attacks = int(safety.loc[safety["cause"] == "malicious act", "deaths"].sum())
        whole = int(safety["deaths"].sum())
        parts.append(
            f"of its personnel {whole:,} died, {attacks or 'none'} by malicious act"
            if whole
            else "none of its personnel died"
        )
    return parts


def talks(numbers: Numbers) -> str:
    """Return how much was signed and mediated while the mission was there."""
    frame = numbers.frames["diplomacy"]
    kinds = frame.loc[frame["deployed"].astype(bool), "kind"].value_counts()
    parts = [
        f"{int(kinds[kind])} {kind if kinds[kind] == 1 else many} ({source})"
        for kind, many, source in (
            ("agreement", "agreements", "UCDP"),
            ("mediation", "mediations", "Civil Wars Mediation data"),
        )
        if kind in kinds
    ]
    text = f"While it was there the sources list {listed(parts)}." if parts else ""
    status = str(numbers.scores.set_index("measure")["status"].get(SEEN, ""))
    if status.startswith("seen"):
        text += (
            f" UCDP's list of agreements ends in {coverage('agreements')[1]}, before the mission did: "
            "that an agreement was signed is known all the same. The shares of goals reached rest on "
            "whole spans and do not count it."
        )
    if status == OUTSIDE:
        text += (
            " An agreement was signed in its first or last calendar year, but not while it was there: "
            "it is not counted here, only in the shares of goals reached, which go by calendar year."
        )
    return text.strip()
