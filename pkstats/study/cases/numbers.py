"""What the sentences of a verdict are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from pkstats.study.cases.scope import Scope
from pkstats.study.cases.scores import readings, split
from pkstats.study.cases.violence import mean_of, yearly
from pkstats.tables.coverage import as_of

HALF_YEAR = 182
BEYOND = 1.1  # by how much a year between must leave the two ends to be told


def count(value: float) -> str:
    """Return a number of people as text: whole from ten on."""
    return f"{value:,.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"


def years_of(first: int, last: int) -> str:
    """Return `1993–1996`, or one year alone."""
    return f"{first}–{last}" if last > first else f"{first}"


def path(series: pd.Series, first: int, last: int) -> str:
    """Return how a number went from one year to another, with its highest or lowest year between.

    `fell from 900 (1992) to 300 (1996)`; where it left the span of the two, `went from 434 (1992) to
    a peak of 2,257 (1994) and 469 (1996)`.
    """
    span = series.loc[first:last]
    old, new = float(series[first]), float(series[last])
    turns = []
    top, bottom = span.idxmax(), span.idxmin()
    if span[top] > BEYOND * max(old, new):
        turns.append((int(top), f"a peak of {count(float(span[top]))} ({top})"))
    if BEYOND * span[bottom] < min(old, new):
        turns.append((int(bottom), f"a low of {count(float(span[bottom]))} ({bottom})"))
    start, end = f"{count(old)} ({first})", f"{count(new)} ({last})"
    if turns:
        return f"went from {start} to {', then '.join(word for _, word in sorted(turns))} and {end}"
    return f"{went(old, new)} from {start} to {end}"


def went(old: float, new: float) -> str:
    """Say which way a number went."""
    return "fell" if new < old else "rose" if new > old else "stayed the same"


@dataclass(frozen=True)
class Numbers:
    """What the sentences are made of."""

    scope: Scope
    frames: Mapping[str, pd.DataFrame] = field(repr=False)

    @property
    def scores(self) -> pd.DataFrame:
        """The scores of the mission."""
        return self.frames["scores"]

    @cached_property
    def deaths(self) -> pd.Series:
        """Deaths by year, all host states together."""
        return yearly(self.scope)

    def mean(self, first: int, last: int) -> float:
        """Mean yearly deaths over whole years; missing unless all are known."""
        return mean_of(self.deaths, first, last)

    @cached_property
    def before(self) -> float:
        """Mean yearly deaths in the two years before deployment."""
        return self.mean(self.scope.first - 2, self.scope.first - 1)

    @cached_property
    def during(self) -> pd.Series:
        """Deaths in the years of deployment that are known."""
        return self.deaths[
            lambda years: years.index.to_series().between(self.scope.first, self.scope.last)
        ]

    @property
    def worst(self) -> int | None:
        """Year with most deaths among those of which the mission saw at least half, or None."""
        item = self.scope.mission
        start, end = pd.Timestamp(item.start), pd.Timestamp(item.end or as_of())
        seen = []
        for year in self.during.index:
            first, last = pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31)
            seen.append((min(end, last) - max(start, first)).days >= HALF_YEAR)
        years = self.during[seen]
        return int(years.index[int(years.to_numpy().argmax())]) if len(years) else None

    @cached_property
    def tally(self) -> pd.DataFrame:
        """Yes-or-no goals that are known: measure, period, reached, phrase."""
        known = self.scores[self.scores["reached"].notna()]
        period = known["horizon"].replace("exit", "during")
        phrases = [
            str(readings()[split(name)[0]]["reaches" if reached else "fails"])
            for name, reached in zip(known["measure"], known["reached"], strict=True)
        ]
        return known.assign(period=period, phrase=phrases)

    @property
    def present(self) -> pd.DataFrame:
        """The tally without the horizons that ask the same again some years after."""
        return self.tally[self.tally["period"].isin(["during", "after"])]

    def value(self, measure: str) -> pd.Series | None:
        """Return the row of a measure that is known, or None."""
        rows = self.scores[(self.scores["measure"] == measure) & self.scores["value"].notna()]
        return rows.iloc[0] if len(rows) else None
