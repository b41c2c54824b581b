"""The verdict on a case: a paragraph made by rules from its numbers, never written by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pkstats.study.cases.data import read, summed
from pkstats.study.cases.labels import essay, ours
from pkstats.study.cases.numbers import Numbers, count, went, years_of
from pkstats.study.cases.people import people, talks
from pkstats.study.cases.scope import listed
from pkstats.study.cases.scores import listed_from, on_page
from pkstats.study.cases.spans import arrival, fell_before, returned
from pkstats.study.cases.timeline import in_hosts
from pkstats.study.cases.violence import (
    CONFLICT,
    ENOUGH,
    HOSTS,
    MISSIONS,
    NONE,
    comparisons,
    mean_of,
)
from pkstats.tables.coverage import ongoing

LATER = {"2y": "two", "5y": "five", "10y": "ten"}
BETWEEN_STATES = (
    "It is there for a dispute between states: deaths within its host states are not counted as "
    "its own."
)
NOTHING = {"missed": "missed all", "falls short of": "reaches none"}
NAMED = 4
FEW = 3
COMPARED = range(1, 6)
FEWER = f", while here there were fewer than {CONFLICT} before"
COMPANY = {
    MISSIONS: f"other UN missions with at least {CONFLICT} deaths a year before",
    NONE: "conflicts of like size without a mission",
}


def passages(numbers: Numbers) -> dict[str, str]:
    """Return the verdict in passages, each under its heading; nothing is said twice."""
    topics: dict[str, tuple[Callable[[Numbers], str], ...]] = {
        "Measures of success": (counts,),
        "Deaths": (violence, arrival, left_out, conflict_years),
        "Beside others": (company,),
        "Strength and exit": (strength, leaving),
        "People and talks": (people, talks),
        "The label" if ours(numbers.scope.entry) else "The essay": (essay,),
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
        if not held["reached"].iloc[0]:
            text += f" {returned(numbers.scope)}"
    return text.strip()


def violence(numbers: Numbers) -> str:
    """Return deaths before, during and after deployment."""
    scope, during = numbers.scope, numbers.during
    if scope.between_states:
        return BETWEEN_STATES
    if during.empty:
        return f"Deaths in {scope.places} are not known for the mission's years."
    spans = []
    if not np.isnan(numbers.before):
        spans.append(f"{count(numbers.before)} in {scope.first - 2}–{scope.first - 1}")
    low, high = int(during.index.min()), int(during.index.max())
    known = "" if low == scope.first else "; none are counted for its years before"
    spans.append(f"{count(float(during.mean()))} while it was there ({years_of(low, high)}{known})")
    later = [
        (
            numbers.mean(scope.last + 1, scope.last + years),
            years_of(scope.last + 1, scope.last + years),
        )
        for years in (2, 5)
    ]
    known_later = [(mean, years) for mean, years in later if not scope.ongoing and mean == mean]
    spans += [f"{count(mean)} in {years}" for mean, years in known_later]
    if known_later:
        spans[-1] += " after it left" + _fewer_hosts(numbers)
    places = f"{scope.conflict_places} (UCDP)"
    text = f"Deaths in battle and of civilians in {places}, as yearly means: {listed(spans)}"
    worst = numbers.worst
    if worst is not None and high > low and during[worst] > 0:
        text += f"; the year with most deaths was {worst} with {during[worst]:,.0f}"
        top = int(during.index[int(during.to_numpy().argmax())])
        if during[top] > during[worst]:
            text += f" ({top}, with {during[top]:,.0f}, saw it for less than half of the year)"
    return f"{text}."


def _fewer_hosts(numbers: Numbers) -> str:
    """Say in which host states deaths count after a mission that had left some of them before its end."""
    scope = numbers.scope
    last = scope.conflict_hosts(scope.last + 1)
    if last == scope.conflict_hosts(scope.last):
        return ""
    names = [name for host, name in zip(scope.hosts, scope.names, strict=True) if host in last]
    return f" (in {listed(names)}, where it was at the end)"


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
    late = any(year > scope.first for year in listed_from(scope).values())
    if scope.between_states or scope.first > last or late:
        return ""
    frame = frame[frame["year"].between(scope.first, last)]
    ours = frame[in_hosts(frame["locations"], frame["year"], scope)]
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
            f"From the two years before it came to the five after the year in which it came, deaths "
            f"{went(numbers.before, own)} here ({count(numbers.before)} to {count(own)} a year); "
            f"they fell {listed(parts)}{'' if numbers.before >= CONFLICT else FEWER}."
        )
    row = numbers.value("violence_reduction_during")
    if row is not None:
        tied = f", tied with {row['tied']} others" if row["tied"] else ""
        early = ", though most of that fall came before it" if fell_before(numbers) else ""
        text += (
            f" By the fall of deaths during deployment it ranks {row['rank']} of {row['n']}{tied}"
            f"{early}."
        )
    return text.strip()


def strength(numbers: Numbers) -> str:
    """Return deployed strength beside what was authorised."""
    frame = numbers.frames["resources"]
    frame = frame[(frame["role"] == "main") & frame["total"].notna()]
    if frame.empty:
        return ""
    total = frame["total"].astype("float64")
    peak = frame.iloc[int(total.to_numpy().argmax())]
    late = frame["month"].min().year > numbers.scope.first
    height = f"highest since figures begin in {frame['month'].min()}:" if late else "peak"
    months = "one month" if len(frame) == 1 else f"{len(frame)} months"
    text = (
        f"Uniformed strength averaged {total.mean():,.0f} over the {months} with a figure "
        f"({height} {int(peak['total']):,} in {peak['month']})"
    )
    both = frame[frame["shortfall"].notna()]
    if len(both):
        sums = both[["total", "total_authorised"]].astype("float64").sum()
        share = sums["total"] / sums["total_authorised"]
        years = years_of(both["month"].min().year, both["month"].max().year)
        text += (
            f", {share:.0%} of what was authorised in the {len(both)} months with both ({years})"
        )
    worst = numbers.worst
    if worst is not None and numbers.during[worst] >= CONFLICT:
        then = total[frame["month"].dt.year == worst]
        if len(then):
            text += f"; in {worst}, the year with most deaths, it averaged {then.mean():,.0f}"
    return f"{text}."


def leaving(numbers: Numbers) -> str:
    """Return how the mission ended."""
    item = numbers.scope.mission
    if numbers.scope.ongoing:
        return f"It is {ongoing(item.start)}: what follows it is not known, and counts neither way."
    if not item.exit:
        return f"It left in {item.end[:4]}; how it ended is not coded."
    document = f", {item.exit_document}" if item.exit_document else ""
    return f"Exit: {item.exit} ({item.end[:4]}{document})."


def unknown(numbers: Numbers) -> str:
    """Return how many figures are not known and why."""
    scores = on_page(numbers.scores)
    missing = scores[scores["value"].isna()]
    if missing.empty:
        return ""
    known = f"{len(missing)} of the {len(scores)} figures in the table of scores are not known"
    if numbers.scope.between_states:
        return f"{known}: most measures are of conflicts within states."
    over = int(missing["status"].str.contains("ongoing|window ends").sum())
    if over == len(missing):
        why = "their time is not over"
    elif over == 0:
        why = "the data do not cover all the years they rest on"
    else:
        why = (
            f"{over} because their time is not over, {len(missing) - over} because the data do "
            "not cover all the years they rest on"
        )
    joint = ": " if over in (0, len(missing)) else ", "
    if len(missing) == len(scores):
        return f"None of the {len(scores)} figures in the table of scores is known{joint}{why}."
    return f"{known}{joint}{why}."


def little(numbers: Numbers) -> str:
    """Say that there were few deaths before, or none."""
    if numbers.before == 0:
        return "there were no deaths in the two years before it that could have become fewer"
    return f"with {count(numbers.before)} deaths a year before it there was little to reduce"


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
    if not scope.between_states:
        parts.append(
            f"deaths are those of {whole}, and yearly figures those of whole calendar years"
        )
    if numbers.before < CONFLICT:
        parts.append(little(numbers))
    if len(scope.chain) > 1:
        parts.append("other missions were there before, beside or after it")
    text = "; ".join(parts)
    text = f"{text[0].upper()}{text[1:]}. " if text else ""
    return (
        f"{text}All of this went together in time; missions are sent where "
        "violence is, and nothing here says what the mission brought about."
    )
