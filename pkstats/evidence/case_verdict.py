"""The verdict on a case: a paragraph made by rules from its numbers, never written by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pkstats.evidence.case_data import read, summed
from pkstats.evidence.case_essay import essay
from pkstats.evidence.case_numbers import Numbers, count, years_of
from pkstats.evidence.case_scope import AS_OF_YEAR, listed
from pkstats.evidence.case_scores import SEEN, coverage, listed_from
from pkstats.evidence.case_timeline import in_hosts
from pkstats.evidence.case_violence import (
    CONFLICT,
    ENOUGH,
    HOSTS,
    MISSIONS,
    NONE,
    comparisons,
    mean_of,
)
from pkstats.registry.missions import AS_OF

LATER = {"2y": "two", "5y": "five", "10y": "ten"}
NOTHING = {"missed": "missed all", "falls short of": "reaches none"}
NAMED = 4
FEW = 3
COMPARED = range(1, 6)
COMPANY = {
    MISSIONS: f"other UN missions with at least {CONFLICT} deaths a year before",
    NONE: "conflicts of like size without a mission",
}


def passages(numbers: Numbers) -> dict[str, str]:
    """Return the verdict in passages, each under its heading; nothing is said twice."""
    topics: dict[str, tuple[Callable[[Numbers], str], ...]] = {
        "Measures of success": (counts,),
        "Deaths": (violence, left_out, conflict_years),
        "Beside others": (company,),
        "Strength and exit": (strength, leaving),
        "People and talks": (people, talks),
        "The essay": (essay,),
        "Least sure": (unknown, uncertainty),
    }
    texts = {
        name: " ".join(filter(None, (say(numbers) for say in topic)))
        for name, topic in topics.items()
    }
    return {name: text for name, text in texts.items() if text}


def counts(numbers: Numbers) -> str:
    """Return how many yes-or-no goals were reached by its end, which, and how many later."""
    tally, name = numbers.tally, numbers.scope.mission.id
    if tally.empty:
        return f"No yes-or-no measure of success is known for {name}."
    first = tally[tally["period"] == "during"]
    when = "so far" if numbers.scope.ongoing else "by its end"
    parts = []
    missed = "falls short of" if numbers.scope.ongoing else "missed"
    for word, group in (("reached", first[first["reached"]]), (missed, first[~first["reached"]])):
        if len(group):
            number = "all" if len(group) == len(first) else str(len(group))
            words = f"{word} {number}" if word != missed or number != "all" else NOTHING[missed]
            parts.append(f"{words} ({'; '.join(group['phrase'])})")
    text = f"Of the {len(first)} yes-or-no measures known, {when} {name} {' and '.join(parts)}."
    if len(first) == 1:
        text = f"One yes-or-no measure is known for {name} {when}: {first['phrase'].iloc[0]}."
    if first.empty:
        text = f"No yes-or-no measure is known for {name} {when}."
    later = []
    for period, years in LATER.items():
        group = tally[tally["period"] == period]
        if len(group):
            later.append(
                f"{int(group['reached'].sum())} of {len(group)} in the {years} years after"
            )
    if later:
        text += f" Later it reached {listed(later)}."
    held = tally[tally["period"] == "after"]
    if len(held):
        phrase = str(held["phrase"].iloc[0])
        text += f" {phrase[0].upper()}{phrase[1:]}."
    return text


def violence(numbers: Numbers) -> str:
    """Return deaths before, during and after deployment."""
    scope, during = numbers.scope, numbers.during
    if during.empty:
        return f"Deaths in {scope.places} are not known for the mission's years."
    spans = []
    if not np.isnan(numbers.before):
        spans.append(f"{count(numbers.before)} in {scope.first - 2}–{scope.first - 1}")
    low, high = int(during.index.min()), int(during.index.max())
    known = "" if low == scope.first else "; none are counted for its years before"
    spans.append(f"{count(float(during.mean()))} while it was there ({years_of(low, high)}{known})")
    for years in (2, 5):
        later = numbers.mean(scope.last + 1, scope.last + years)
        if not scope.ongoing and not np.isnan(later):
            spans.append(f"{count(later)} in {scope.last + 1}–{scope.last + years}")
    text = f"Deaths in battle and of civilians in {scope.places} (UCDP), as yearly means: {listed(spans)}"
    worst = numbers.worst
    if worst is not None and high > low and during[worst] > 0:
        text += f"; {worst} was its worst year with {during[worst]:,.0f}"
        top = int(during.index[int(during.to_numpy().argmax())])
        if during[top] > during[worst]:
            text += f" ({top}, with {during[top]:,.0f}, saw it for less than half of the year)"
    return f"{text}."


def left_out(numbers: Numbers) -> str:
    """Return deaths between non-state groups, which the measures of success do not count."""
    frame, scope = numbers.frames["violence"], numbers.scope
    series = summed(frame[(frame["series"] == HOSTS) & (frame["type"] == "non_state")], "deaths")
    during = series[(series.index >= scope.first) & (series.index <= scope.last)]
    earlier = mean_of(series, scope.first - 2, scope.first - 1)
    if during.empty or max(np.nan_to_num(earlier), during.max()) < CONFLICT:
        return ""
    start = "" if np.isnan(earlier) else f"{count(earlier)} a year in the two years before and "
    return (
        "Deaths in fighting between non-state groups, which the measures leave out, averaged "
        f"{start}{count(float(during.mean()))} a year during deployment."
    )


def conflict_years(numbers: Numbers) -> str:
    """Return in how many years of deployment UCDP lists a state-based conflict, which it does from 1946."""
    scope = numbers.scope
    frame = read("conflicts")
    last = min(scope.last, int(frame["year"].max()))
    if scope.first > last or any(year > scope.first for year in listed_from(scope).values()):
        return ""
    ours = frame[in_hosts(frame["locations"], scope) & frame["year"].between(scope.first, last)]
    years = sorted({int(year) for year in ours["year"]})
    span = last - scope.first + 1
    if span == 1:
        return f"UCDP lists {'' if years else 'no '}conflict over government or territory there in {last}."
    which = (
        f" ({listed([str(year) for year in years])})" if 0 < len(years) < min(NAMED, span) else ""
    )
    number = "all" if len(years) == span else str(len(years) or "none")
    return (
        f"UCDP lists conflict over government or territory there in {number} of the "
        f"{span} years {years_of(scope.first, last)}{which}."
    )


def company(numbers: Numbers) -> str:
    """Return the comparison sets beside the mission, and its rank."""
    scope, parts = numbers.scope, []
    own = numbers.mean(scope.first + COMPARED[0], scope.first + COMPARED[-1])
    for name, paths in comparisons(scope).items():
        if len(paths) < ENOUGH or np.isnan(own) or np.isnan(numbers.before):
            continue
        later = paths[list(COMPARED)].mean(axis=1, skipna=False)
        earlier = paths[[-2, -1]].mean(axis=1, skipna=False)
        both = later.notna() & (earlier >= CONFLICT)
        fell = int((later[both] < earlier[both]).sum())
        parts.append(f"in {fell} of {int(both.sum())} {COMPANY[name]}")
    text = ""
    if parts:
        text = (
            f"From the two years before to years 1 to 5, deaths {_went(numbers.before, own)} here "
            f"({count(numbers.before)} to {count(own)} a year); they fell {listed(parts)}."
        )
    row = numbers.value("violence_reduction_during")
    if row is not None:
        tied = f", tied with {row['tied']}" if row["tied"] else ""
        text += (
            f" By the fall of deaths during deployment it ranks {row['rank']} of {row['n']}{tied}."
        )
    return text.strip()


def _went(old: float, new: float) -> str:
    """Say which way a number went."""
    return "fell" if new < old else "rose" if new > old else "stayed the same"


def strength(numbers: Numbers) -> str:
    """Return deployed strength beside what was authorised."""
    frame = numbers.frames["resources"]
    frame = frame[(frame["role"] == "main") & frame["total"].notna()]
    if frame.empty:
        return ""
    total = frame["total"].astype("float64")
    peak = frame.iloc[int(total.to_numpy().argmax())]
    late = frame["month"].min().year > numbers.scope.first
    height = "highest known" if late else "peak"
    months = "one month" if len(frame) == 1 else f"{len(frame)} months"
    text = (
        f"Uniformed strength averaged {total.mean():,.0f} over the {months} with a figure "
        f"({height} {int(peak['total']):,} in {peak['month']})"
    )
    both = frame[frame["shortfall"].notna()]
    if len(both):
        sums = both[["total", "total_authorised"]].astype("float64").sum()
        share = sums["total"] / sums["total_authorised"]
        text += f", {share:.0%} of what was authorised in the {len(both)} months with both"
    worst = numbers.worst
    if worst is not None and numbers.during[worst] >= CONFLICT:
        then = total[frame["month"].dt.year == worst]
        if len(then):
            text += f"; in its worst year, {worst}, it averaged {then.mean():,.0f}"
    return f"{text}."


def leaving(numbers: Numbers) -> str:
    """Return how the mission ended."""
    item = numbers.scope.mission
    if numbers.scope.ongoing:
        return (
            f"It was in the field at {AS_OF}: what follows it is not known, and counts neither way."
        )
    if not item.exit:
        return f"It left in {item.end[:4]}; how it ended is not coded."
    document = f", {item.exit_document}" if item.exit_document else ""
    return f"Exit: {item.exit} ({item.end[:4]}{document})."


def people(numbers: Numbers) -> str:
    """Return displacement, democracy, income and the danger to aid workers and peacekeepers."""
    scope, parts = numbers.scope, []
    displaced = numbers.frames["displacement"]
    last = min(scope.last, AS_OF_YEAR - 1)
    for column, what in (("refugees", "refugees"), ("idps_idmc", "internally displaced (IDMC)")):
        series, known = summed(displaced, column), displaced.groupby("year")[column].count()
        # From the year before arrival, as the measures do, if the same hosts are counted then.
        first = scope.first - (known.get(scope.first - 1, 0) == known.get(last, 0) > 0)
        # A zero in a host's first year as a state: its people are still counted under the state it left.
        if series.get(first) == 0 and first in listed_from(scope).values():
            first += 1
        series = series.reindex([first, last])
        if series.notna().all() and last > first:
            old, new = series
            if old == new:
                parts.append(f"{what} were {new:,.0f} in {first} as in {last}")
            else:
                parts.append(
                    f"{what} {_went(old, new)} from {old:,.0f} ({first}) to {new:,.0f} ({last})"
                )
    for measure, least, what, hardly in (
        (
            "democracy_change_during", 0.005, "electoral democracy changed by {:+.2f} of 1",
            "electoral democracy changed by less than 0.01 of 1",
        ),
        (
            "income_growth_during", 0.005, "real income per head changed by {:+.0%}",
            "real income per head changed by less than 1%",
        ),
        (
            "aid_workers_killed_during", 0.05, "aid workers killed were {:.1f} a year",
            "aid workers killed were fewer than 0.1 a year",
        ),
    ):  # fmt: skip
        row = numbers.value(measure)
        if row is not None:
            value = float(row["value"])
            words = what.format(value).replace("-", "−") if abs(value) >= least else hardly
            none = measure == "aid_workers_killed_during" and value == 0
            parts.append("no aid worker was killed" if none else words)
    safety = numbers.frames["safety"]
    if len(safety):
        attacks = int(safety.loc[safety["cause"] == "malicious act", "deaths"].sum())
        whole = int(safety["deaths"].sum())
        parts.append(
            f"of its personnel {whole:,} died, {attacks or 'none'} by malicious act"
            if whole
            else "none of its personnel died"
        )
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}." if text else ""


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
    counted = numbers.value(SEEN)
    if counted is not None and str(counted["status"]).startswith("seen"):
        text += (
            f" The mission outlasts UCDP's list, which ends in {coverage('agreements')[1]}: an agreement "
            "on it settles that one was signed. The shares of goals, taken over whole spans, leave it out."
        )
    if counted is not None and counted["value"] > 0 and "agreement" not in kinds:
        text += (
            " The agreement that the measure of success counts was signed in its first or last "
            "calendar year, but not while it was there."
        )
    return text.strip()


def unknown(numbers: Numbers) -> str:
    """Return how many figures are not known and why."""
    scores = numbers.scores
    missing = scores[scores["value"].isna()]
    if missing.empty:
        return ""
    over = int(missing["status"].str.contains("ongoing|window ends").sum())
    if over == len(missing):
        why = "their time is not over"
    elif over == 0:
        why = "the data do not cover them"
    else:
        why = (
            f"{over} because their time is not over, {len(missing) - over} because the data do "
            "not cover them"
        )
    joint = ": " if over in (0, len(missing)) else ", "
    if len(missing) == len(scores):
        return f"None of its {len(scores)} figures is known{joint}{why}."
    return f"{len(missing)} of its {len(scores)} figures are not known{joint}{why}."


def uncertainty(numbers: Numbers) -> str:
    """Return bounds, what the figures count, and what they cannot say."""
    scope, parts = numbers.scope, []
    frame = numbers.frames["violence"]
    kinds = frame["type"].isin(["state_based", "one_sided"])
    ours = frame[(frame["series"] == HOSTS) & kinds & frame["deployed"]]
    if len(ours) and float(ours["deaths"].sum()) > 0:
        low, high = float(ours["low"].sum()), float(ours["high"].sum())
        bounds = f"are {low:,.0f} to {high:,.0f} deaths" if high > low else f"are both {low:,.0f}"
        parts.append(f"UCDP's bounds for its years {bounds}")
    whole = (
        "whole states (other wars in them included)" if len(scope.hosts) > 1 else "the whole state"
    )
    parts.append(f"deaths are those of {whole}, and yearly figures those of whole calendar years")
    if numbers.before < CONFLICT:
        parts.append(
            f"with {count(numbers.before)} deaths a year before there was little to reduce"
        )
    if len(scope.chain) > 1:
        parts.append("other missions were there before, beside or after it")
    text = "; ".join(parts)
    return (
        f"{text[0].upper()}{text[1:]}. All of this went together in time; missions are sent where "
        "violence is, and nothing here says what the mission brought about."
    )
