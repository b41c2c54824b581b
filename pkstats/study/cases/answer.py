"""The answer of a case in three sentences, made by rules from its numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pkstats.study.cases.labels import ours, stance
from pkstats.study.cases.numbers import Numbers, count, years_of
from pkstats.study.cases.scope import listed
from pkstats.study.cases.scores import listed_from, on_page, split
from pkstats.study.cases.spans import around, fell_before, renewed
from pkstats.study.cases.timeline import founding
from pkstats.study.cases.verdict import BETWEEN_STATES, conflict_years, little
from pkstats.study.cases.violence import CONFLICT
from pkstats.tables.coverage import ongoing

LATER = {"5y": "five years", "2y": "two years"}
WIDE = 1.5
STANDS_OUT = 2  # times the mean, above which the worst year is told beside it
FEW = 2


def answer(numbers: Numbers) -> str:
    """Return three sentences: what was reached; deaths and strength; settlement, exit, what is least sure."""
    return " ".join((reached(numbers), _deaths(numbers), _ending(numbers)))


def reached(numbers: Numbers) -> str:
    """Return how many yes-or-no measures were reached, by the end and at the longest common horizon."""
    tally, name = numbers.tally, numbers.scope.mission.id
    shares = {
        period: f"{int(group['reached'].sum())} of {len(group)}"
        for period, group in tally.groupby("period")
    }
    when = "so far" if numbers.scope.ongoing else "by its end"
    if not shares:
        return f"No yes-or-no measure of success is known for {name}."
    if len(tally) <= FEW:
        number = (
            "One yes-or-no measure of success is"
            if len(tally) == 1
            else "Two yes-or-no measures of success are"
        )
        span = f" {when}" if (tally["period"] == "during").all() else ""
        said = [
            f"{'reached' if row.reached else 'not reached'}: {row.phrase}"
            for row in tally.itertuples()
        ]
        parts = [f"{number} known for {name}{span} ({'; '.join(said)})"]
        parts += filter(None, (conflict_years(numbers).rstrip("."), asked(numbers)))
        return f"{'; '.join(parts)}."
    parts = [f"{shares['during']} {when}"] if "during" in shares else []
    later = next((period for period in LATER if period in shares), None)
    if later:
        parts.append(f"{shares[later]} in the {LATER[later]} after")
    text = f"Of the yes-or-no measures of success known, {name} reached {' and '.join(parts)}"
    if "after" in shares:
        kept = bool(tally.loc[tally["period"] == "after", "reached"].iloc[0])
        text += (
            "; no conflict returned to the end of the data"
            if kept
            else f"; conflict went on or came back after it left ({_first(numbers)})"
        )
    if words := asked(numbers):
        text += f"; {words}"
    if words := stance(numbers):
        label = numbers.scope.entry["label"]
        whose = f"the label of {label}, this project's" if ours(numbers.scope.entry) else ""
        text += f"; the numbers {words} {whose or f'the essay, which names it a {label}'}"
    return f"{text}."


def _first(numbers: Numbers) -> str:
    """Return in which years after it left the rules of peace were first broken."""
    years: dict[int, list[str]] = {}
    for what, (year, _) in renewed(numbers.scope).items():
        years.setdefault(year, []).append(what)
    found = [f"{' and '.join(whats)} in {year}" for year, whats in years.items()]
    return f"{CONFLICT} or more killed in a year, first {listed(found)}"


def asked(numbers: Numbers) -> str:
    """Return what became of the measures that the question of the case names, while there and later."""
    tally = numbers.tally
    later = next((period for period in LATER if period in set(tally["period"])), "")
    spans: dict[str, list[str]] = {}
    for stem in numbers.scope.entry.get("asks", []):
        rows = tally[[split(name)[0] == stem for name in tally["measure"]]].set_index("period")
        known = rows["reached"].reindex(["during", later]).dropna()
        for period, reached in known.items():
            words, same = str(rows.at[period, "phrase"]), len(known) == 2 and known.nunique() == 1
            span = "while it was there" if period == "during" else f"in the {LATER[later]} after"
            if same:
                span = (
                    f"while it was there {'and' if reached else 'or'} in the {LATER[later]} after"
                )
            if words not in spans.setdefault(span, []):
                spans[span].append(words)
    parts = [f"{listed(words)} {span}" for span, words in spans.items()]
    parts += numbers.scope.entry.get("unmeasured", [])
    if numbers.scope.entry.get("asks_state"):
        states = listed_from(numbers.scope).items()
        parts += [f"UCDP lists {name} as a state of its own from {year}" for name, year in states]
    frame = numbers.frames["diplomacy"]
    held = frame["deployed"].astype(bool) & (frame["kind"] != "conflict ends")
    if numbers.scope.entry.get("asks_talks") and not held.any():
        parts.append("our sources list no talks or agreements there")
    return "; ".join(parts)


def _deaths(numbers: Numbers) -> str:
    """Return deaths before and during, and strength beside what was authorised."""
    before, during = numbers.before, numbers.during
    if numbers.scope.between_states:
        text = BETWEEN_STATES.removesuffix(".")
    elif during.empty:
        text = f"Deaths in {numbers.scope.places} are not known for its years"
    else:
        low, high = int(during.index.min()), int(during.index.max())
        rate = "" if high == low else " a year"
        mean = f"{count(float(during.mean()))}{rate} in {years_of(low, high)}"
        if high > low and during.max() > STANDS_OUT * during.mean():
            mean += f" ({during.max():,.0f} in {during.idxmax()})"
        if np.isnan(before):
            verb = "were" if high == low else "averaged"
            parts = [f"are not known for the two years before and {verb} {mean}"]
        else:
            parts = [f"averaged {count(before)} a year in the two years before", mean]
        parts += _after(numbers)
        text = (
            f"Deaths in battle and of civilians in {numbers.scope.conflict_places} {listed(parts)}"
        )
    frame = numbers.frames["resources"]
    frame = frame[frame["role"] == "main"]
    total = frame["total"].dropna().astype("float64")
    if total.empty:
        return f"{text}; its strength is not known."
    had = "; it had" if numbers.scope.between_states else ", with"
    text += f"{had} {total.mean():,.0f} in uniform on average"
    months = frame.loc[frame["total"].notna(), "month"]
    if len(months) * 2 < (months.max() - months.min()).n:
        text += f" ({len(months)} figures, {years_of(months.min().year, months.max().year)})"
    both = frame[frame["shortfall"].notna()]
    if both.empty:
        return f"{text}; how many were authorised is not known."
    sums = both[["total", "total_authorised"]].astype("float64").sum()
    share = sums["total"] / sums["total_authorised"]
    years = years_of(both["month"].min().year, both["month"].max().year)
    return f"{text}, {share:.0%} of those authorised in the {len(both)} months with both figures ({years})."


def _after(numbers: Numbers) -> list[str]:
    """Return deaths in the five years after it left, or in two where more are not known."""
    scope = numbers.scope
    for years in (5, 2):
        first, last = scope.last + 1, scope.last + years
        mean = numbers.mean(first, last)
        if not scope.ongoing and not np.isnan(mean):
            return [f"{count(mean)} in {years_of(first, last)} after it left"]
    return []


def _ending(numbers: Numbers) -> str:
    """Return after which agreement it came, how it ended and the greatest of the uncertainties."""
    item = numbers.scope.mission
    if numbers.scope.ongoing:
        end = f"is {ongoing(item.start)}"
    else:
        end = f"left in {item.end[:4]} ({item.exit or 'how is not coded'})"
    if agreement := founding(numbers.scope):
        title, signed = agreement
        came = "came after" if signed < pd.Timestamp(item.start) else "came with"
        end = f"{came} {title} of {signed:%Y-%m-%d}, which provides for a peacekeeping operation, and {end}"
    return f"It {end}; {_unsure(numbers)}, and all of this is association, not effect."


def _unsure(numbers: Numbers) -> str:
    """Return the uncertainty that weighs most, in this order."""
    scores, before = on_page(numbers.scores), numbers.before
    if numbers.scope.ongoing:
        return "what it will leave behind cannot be known yet"
    if numbers.scope.between_states:
        return "few measures of success suit a mission between states"
    if len(numbers.scope.hosts) > 1:
        return "deaths are those of whole states, wars elsewhere in them included"
    if np.isnan(before):
        return "deaths before it came were not counted, so no change can be told"
    if before < CONFLICT:
        return little(numbers)
    if fell_before(numbers):
        return f"most of the fall in deaths came before it began ({around(numbers)})"
    missing = int(scores["value"].isna().sum())
    if missing * 2 > len(scores):
        return f"{missing} of the {len(scores)} figures in its table of scores are not known"
    frame = numbers.frames["violence"]
    ours = frame[(frame["series"] == "host states") & (frame["type"] != "non_state")]
    ours = ours[ours["deployed"]]
    low, best, high = (float(ours[name].sum()) for name in ("low", "deaths", "high"))
    if low > 0 and high > WIDE * low:
        return (
            f"UCDP's lowest, best and highest counts of deaths in its years are {low:,.0f}, {best:,.0f} "
            f"and {high:,.0f}"
        )
    return "missions are sent where violence peaks, and violence may fall by itself"
