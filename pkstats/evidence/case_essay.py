"""The essay's words on a case beside its numbers, and where the difference comes from."""

from __future__ import annotations

from pkstats.evidence.case_numbers import Numbers, count

SIDES, AGAINST = 2 / 3, 1 / 3
HALVES, FEW = 4, 3
WORSE = 1.5


def essay(numbers: Numbers) -> str:
    """Return the essay's words beside the numbers, and where the difference comes from."""
    entry, tally = numbers.scope.entry, numbers.present
    if not entry.get("essay"):
        return ""
    label = entry.get("label", "")
    text = f"The source essay {f'names it a {label}' if label else 'sees in it'}"
    text += f" ({entry['essay']})." if label else f" {entry['essay']}."
    if tally.empty:
        return f"{text} The measures here can neither confirm nor deny it."
    if len(tally) < FEW:
        return f"{text} Too few measures are known ({len(tally)}) to set beside it."
    share = float(tally["reached"].mean())
    whole = f"{int(tally['reached'].sum())} of {len(tally)} measures"
    whole += (
        " so far" if numbers.scope.ongoing else " during deployment, at exit and of lasting peace"
    )
    if not label:
        return f"{text} By the numbers it reached {whole}."
    if label == "failure":
        share = 1 - share
    stance = (
        "side with that"
        if share >= SIDES
        else "speak against it"
        if share <= AGAINST
        else "are divided"
    )
    text += f" By a plain tally the numbers {stance}: it reached {whole}."
    return text + _difference(numbers, label) + _halves(numbers, label)


def _difference(numbers: Numbers, label: str) -> str:
    """Name the measures that stand against the label, and the exit if it does."""
    tally, text = numbers.present, ""
    against = tally["reached"] == (label == "failure")
    for rows, word in ((tally[~against], "For"), (tally[against], "Against")):
        phrases = "; ".join(dict.fromkeys(rows["phrase"]))
        text += f" {word} the label: {phrases or 'no measure known'}."
    during = numbers.during
    if label == "success" and len(during) and during.mean() > numbers.before:
        text += (
            f" Deaths went from {count(numbers.before)} a year before to "
            f"{count(float(during.mean()))} while it was there"
        )
        item = numbers.scope.mission
        if item.exit == "consent withdrawn":
            text += f", and the host withdrew its consent in {item.end[:4]} ({item.exit_document})"
        text += "."
    return text


def _halves(numbers: Numbers, label: str) -> str:
    """Say whether an early look would have found less violence than a late one."""
    during = numbers.during
    if label != "success" or len(during) < HALVES:
        return ""
    middle = len(during) // 2
    early, late = during.iloc[:middle], during.iloc[middle:]
    if late.mean() < WORSE * early.mean():
        return ""
    return (
        f" An early look would have found less: deaths averaged {count(float(early.mean()))} a year in "
        f"{early.index[0]}–{early.index[-1]} and {count(float(late.mean()))} in "
        f"{late.index[0]}–{late.index[-1]}."
    )
