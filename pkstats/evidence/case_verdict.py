"""The verdict on a case: a paragraph made by rules from its numbers, never written by hand."""

from __future__ import annotations

import numpy as np

from pkstats.evidence.case_data import read, summed
from pkstats.evidence.case_essay import essay
from pkstats.evidence.case_numbers import Numbers, count
from pkstats.evidence.case_scope import listed
from pkstats.evidence.case_scores import listed_from
from pkstats.evidence.case_timeline import in_hosts
from pkstats.evidence.case_violence import (
    CONFLICT,
    HOSTS,
    MISSIONS,
    NONE,
    comparisons,
    mean_of,
)
from pkstats.registry.missions import AS_OF

PERIODS = {
    "during": "during deployment and at exit",
    "2y": "in the two years after",
    "5y": "in the five years after",
    "10y": "in the ten years after",
    "after": "from exit to the end of the data",
}
NAMED = 4
COMPARED = range(1, 6)
COMPANY = {
    MISSIONS: f"other UN missions with at least {CONFLICT} deaths a year before",
    NONE: "conflicts of like size without a mission",
}


def passages(numbers: Numbers) -> list[str]:
    """Return the verdict in passages: goals, violence, the mission, the essay, what is unsure."""
    topics = (
        (counts,),
        (violence, left_out, conflict_years, company),
        (strength, leaving, people, talks),
        (essay,),
        (unknown, uncertainty),
    )
    texts = [" ".join(filter(None, (say(numbers) for say in topic))) for topic in topics]
    return [text for text in texts if text]


def counts(numbers: Numbers) -> str:
    """Return how many yes-or-no goals were reached, by period, and which."""
    tally = numbers.tally
    if tally.empty:
        return f"No yes-or-no success measure of {numbers.scope.mission.id} is known."
    parts = []
    for period, phrase in PERIODS.items():
        group = tally[tally["period"] == period]
        if len(group):
            parts.append(f"{int(group['reached'].sum())} of {len(group)} {phrase}")
    text = f"Of the yes-or-no success measures known, {numbers.scope.mission.id} reached {listed(parts)}."
    first = tally[tally["period"] == "during"]
    for reached, word in ((True, "Reached"), (False, "Not reached")):
        phrases = first.loc[first["reached"] == reached, "phrase"].tolist()
        if phrases:
            text += f" {word} by its end: {'; '.join(phrases)}."
    return text.replace("by its end", "so far") if numbers.scope.ongoing else text


def violence(numbers: Numbers) -> str:
    """Return deaths before, during and after deployment."""
    scope, during = numbers.scope, numbers.during
    if during.empty:
        return f"Deaths in {scope.places} are not known for the mission's years."
    spans = []
    if not np.isnan(numbers.before):
        spans.append(f"{count(numbers.before)} a year in {scope.first - 2}–{scope.first - 1}")
    low, high = int(during.index.min()), int(during.index.max())
    span = f"{low}–{high}" if high > low else f"{low}"
    known = "" if low == scope.first else " (UCDP has none before)"
    spans.append(f"{count(float(during.mean()))} a year in {span}{known}")
    for years in (2, 5):
        later = numbers.mean(scope.last + 1, scope.last + years)
        if not scope.ongoing and not np.isnan(later):
            spans.append(f"{count(later)} in the {years} years after")
    worst = numbers.worst
    text = f"Deaths in battle and of civilians in {scope.places} (UCDP) averaged {listed(spans)}"
    if worst is not None and during[worst] > 0:
        text += f"; the worst year of deployment was {worst} with {during[worst]:,.0f}"
    if during.max() < CONFLICT:
        text += f"; no year of deployment known reached {CONFLICT}"
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
    which = (
        f" ({listed([str(year) for year in years])})"
        if 0 < len(years) < min(NAMED, last - scope.first + 1)
        else ""
    )
    return (
        f"UCDP lists conflict over government or territory there in {len(years)} of the "
        f"{last - scope.first + 1} years {scope.first}–{last}{which}."
    )


def company(numbers: Numbers) -> str:
    """Return the mission's rank and the comparison sets beside it."""
    text, parts = "", []
    row = numbers.value("violence_reduction_during")
    if row is not None:
        tied = f", tied with {row['tied']}" if row["tied"] else ""
        text = f"By the fall of deaths it ranks {row['rank']} of {row['n']} missions with a figure{tied}."
    scope = numbers.scope
    own = numbers.mean(scope.first + COMPARED[0], scope.first + COMPARED[-1])
    for name, paths in comparisons(scope).items():
        if len(paths) < 5 or np.isnan(own) or np.isnan(numbers.before):
            continue
        later = paths[list(COMPARED)].mean(axis=1, skipna=False)
        earlier = paths[[-2, -1]].mean(axis=1, skipna=False)
        both = later.notna() & (earlier >= CONFLICT)
        fell = int((later[both] < earlier[both]).sum())
        parts.append(f"{fell} of {int(both.sum())} {COMPANY[name]}")
    if parts:
        went = "fell" if own < numbers.before else "did not"
        text += (
            f" From the two years before to years 1 to 5, deaths fell in {listed(parts)}; here they "
            f"{went} ({count(numbers.before)} to {count(own)} a year)."
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
    text = (
        f"Uniformed strength averaged {total.mean():,.0f} over {len(frame)} months with a figure "
        f"(peak {int(peak['total']):,} in {peak['month']})"
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
            text += f"; in the year with most deaths, {worst}, it averaged {then.mean():,.0f}"
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
    for column, what in (("refugees", "refugees"), ("idps_idmc", "internally displaced (IDMC)")):
        series = summed(displaced, column).reindex([scope.first, scope.last])
        if series.notna().all() and scope.last > scope.first:
            parts.append(
                f"{what} went from {series.iloc[0]:,.0f} ({scope.first}) to "
                f"{series.iloc[1]:,.0f} ({scope.last})"
            )
    for measure, what in (
        ("democracy_change_during", "electoral democracy changed by {:+.2f} of 1"),
        ("income_growth_during", "real income per head changed by {:+.0%}"),
        ("aid_workers_killed_during", "aid workers killed were {:.1f} a year"),
    ):
        row = numbers.value(measure)
        if row is not None:
            parts.append(what.format(float(row["value"])).replace("-", "−"))
    safety = numbers.frames["safety"]
    if len(safety):
        attacks = int(safety.loc[safety["cause"] == "malicious act", "deaths"].sum())
        parts.append(
            f"{attacks} of {int(safety['deaths'].sum())} deaths of its personnel were by malicious act"
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
    return f"While it was there the sources list {listed(parts)}." if parts else ""


def unknown(numbers: Numbers) -> str:
    """Return how much is not known and why."""
    scores = numbers.scores
    missing = scores[scores["value"].isna()]
    text = ""
    if len(missing):
        over = missing["status"].str.contains("ongoing|window ends")
        reasons = []
        if over.any():
            reasons.append(f"{int(over.sum())} because their time is not over")
        if (~over).any():
            reasons.append(f"{int((~over).sum())} because the data do not cover them")
        text = f"Not known are {len(missing)} of {len(scores)} figures, {listed(reasons)}."
    gaps = numbers.frames["gaps"]
    notes = gaps.loc[gaps["part"].isin(["violence", "resources"]), "note"].tolist()
    return " ".join([text, *dict.fromkeys(notes)]).strip()


def uncertainty(numbers: Numbers) -> str:
    """Return bounds, what the figures count, and what they cannot say."""
    scope, parts = numbers.scope, []
    frame = numbers.frames["violence"]
    kinds = frame["type"].isin(["state_based", "one_sided"])
    ours = frame[(frame["series"] == HOSTS) & kinds & frame["deployed"]]
    if len(ours) and float(ours["deaths"].sum()) > 0:
        low, high = float(ours["low"].sum()), float(ours["high"].sum())
        parts.append(f"UCDP's bounds for the mission's years are {low:,.0f} to {high:,.0f} deaths")
    whole = (
        "whole states, wars elsewhere in them included"
        if len(scope.hosts) > 1
        else "the whole state"
    )
    parts.append(
        f"deaths are those of {whole}; yearly figures take whole calendar years, the months before "
        "arrival and after exit included"
    )
    if numbers.before < CONFLICT:
        parts.append(
            f"with {count(numbers.before)} deaths a year before there was little to reduce, so the "
            "measures of change could hardly show a fall"
        )
    if len(scope.chain) > 1:
        parts.append("other missions were there before, beside or after it")
    text = "; ".join(parts)
    return (
        f"{text[0].upper()}{text[1:]}. All of this went together in time; missions are sent where "
        "violence is, and nothing here says what the mission brought about."
    )
