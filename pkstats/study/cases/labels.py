"""The label of a case, the essay's or this project's, beside its numbers; where they differ and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pkstats.study.cases.numbers import Numbers, count, years_of
from pkstats.study.cases.scope import entries
from pkstats.study.cases.spans import renewed
from pkstats.study.cases.violence import CONFLICT

SIDES, AGAINST = 2 / 3, 1 / 3
HALVES, FEW = 4, 3
WORSE = 1.5


def stance(numbers: Numbers) -> str:
    """Return how the numbers stand to the label: agree with, are divided on, disagree with.

    Empty without a label or with fewer than three measures. A label of success needs two thirds of
    the measures during deployment, at exit and of lasting peace reached; failure, two thirds missed.
    """
    label, tally = numbers.scope.entry.get("label", ""), numbers.present
    if not label or len(tally) < FEW:
        return ""
    share = float((tally["reached"] == (label == "success")).mean())
    if share >= SIDES:
        return "agree with"
    return "disagree with" if share <= AGAINST else "are divided on"


def essay(numbers: Numbers) -> str:
    """Return the label and whose it is, how the numbers stand to it, and where a difference comes from."""
    entry, tally = numbers.scope.entry, numbers.present
    if not (said := _said(entry)):
        return ""
    label, text = entry.get("label", ""), said
    if len(tally) < FEW:
        return f"{text} Too few yes-or-no measures are known ({len(tally)}) to set beside it."
    whole = f"{int(tally['reached'].sum())} of {len(tally)} measures"
    whole += " so far" if numbers.scope.ongoing else ""
    for reached in tally.loc[tally["period"] == "after", "reached"]:
        whole = f"{whole} by its end and in keeping peace after (that peace is one of those "
        whole += "reached)" if reached else f"missed: {_broken(numbers)})"
    if not label:
        return f"{text} By the numbers it reached {whole}."
    text += f" The numbers {stance(numbers)} that label: it reached {whole}."
    return text + _difference(numbers, label) + _halves(numbers, label)


def ours(entry: Mapping[str, Any]) -> bool:
    """Return whether the label of a case is this project's and not the essay's."""
    return bool(entry.get("label_by") == "pkstats")


def _said(entry: Mapping[str, Any]) -> str:
    """Return whose label it is, or what the essay says; empty where it says nothing."""
    label, words = entry.get("label", ""), entry.get("essay", "")
    if ours(entry):
        general = entries()[f"{label}s"]["essay"]
        return (
            f"This project chose it as a mission widely studied as a {label} (Howard 2008). The essay it "
            f"started from names no failed mission; of failures in general it says: {general}."
        )
    if not words:
        return ""
    essay_ = "The essay this project started from"
    return f"{essay_} names it a {label} ({words})." if label else f"{essay_} sees in it {words}."


def _broken(numbers: Numbers) -> str:
    """Return the first year after exit that broke the peace, by the rule of the measure."""
    what, (year, deaths) = next(iter(renewed(numbers.scope).items()))
    return f"in {year} there were {CONFLICT} deaths or more {what}, {deaths}"


def _difference(numbers: Numbers, label: str) -> str:
    """Say what weighs against a success: deaths that rose, consent withdrawn."""
    during, item = numbers.during, numbers.scope.mission
    if label != "success" or during.empty or not during.mean() > numbers.before:
        return ""
    gone = ""
    if item.exit == "consent withdrawn":
        document = f" ({item.exit_document})" if item.exit_document else ""
        gone = f", and the host withdrew its consent in {item.end[:4]}{document}"
    return f" Deaths rose while it was there{gone}."


def _halves(numbers: Numbers, label: str) -> str:
    """Say whether an early look would have found less violence than a late one."""
    during = numbers.during
    if label != "success" or len(during) < HALVES:
        return ""
    middle = len(during) // 2
    early, late = during.iloc[:middle], during.iloc[middle:]
    if late.mean() < WORSE * early.mean():
        return ""
    more = ", though more than before it" if float(early.mean()) > numbers.before else ""
    return (
        f" An early look would have found less violence than a late one{more}: deaths averaged "
        f"{count(float(early.mean()))} a year in {years_of(early.index[0], early.index[-1])} and "
        f"{count(float(late.mean()))} in {years_of(late.index[0], late.index[-1])}."
    )
