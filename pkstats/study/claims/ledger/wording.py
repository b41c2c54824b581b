"""Sentences a reader can quote: the numbers of a claim in words, always as an association."""

from __future__ import annotations

from pkstats.study.claims.ledger.entries import Entry, Grid, Ledger, Rule
from pkstats.study.claims.ledger.verdict import Stability, Tally
from pkstats.study.readable import share, signed, size

CLUSTERS = {"family": "mission families", "state": "states"}
ONE_CLUSTER = {"family": "mission family", "state": "state"}


def sentence(book: Ledger, entry: Entry, found: Tally, steady: Stability) -> str:
    """Return what the specifications of a testable claim say, with its power and its limits."""
    if not found.estimated:
        return "No specification could be estimated: the columns are never known together."
    rule = entry.rule
    claimed, opposite = (share(part, rule.marks) for part in (found.claimed, found.opposite))
    mixed = found.opposite > rule.opposite_partly
    parts = [
        f"Across {found.specifications:,} specifications ({rows(book, entry, found)}) the association "
        f"has the claimed sign in {share(found.positive)}, with an interval clear of zero in {claimed} "
        f"(on the other side in {opposite}; each outcome counting alike).",
        _stable(book, entry, steady),
        f"Typical association {signed(found.median)} s.d. per s.d.; the smallest this could have "
        f"found: {size(found.detectable, [rule.smallest])}.",
        _power(found, rule) if found.claimed < rule.partly or mixed else "",
        _few(book, entry, found) if found.clusters_min < entry.rule.few_clusters else "",
        "Correlation only.",
    ]
    return " ".join(part for part in parts if part)


def untestable(entry: Entry) -> str:
    """Return the sentence of a claim that cannot be tested."""
    needs = "; ".join(need[0].lower() + need[1:] for need in entry.data_needed)
    return f"Not testable with public data. It would take: {needs}."


def rows(book: Ledger, entry: Entry, found: Tally) -> str:
    """Return how many rows and clusters the specifications rest on."""
    units = ", ".join(dict.fromkeys(book.data[grid.data].unit for grid in entry.grids))
    count = _between(found.n_min, found.n_max)
    clusters = _between(found.clusters_min, found.clusters_max)
    return f"{units}: {count} rows, {clusters} {names(book, entry.grids)}"


def names(book: Ledger, grids: tuple[Grid, ...], one: bool = False) -> str:
    """Return what the independent units are called."""
    found = dict.fromkeys(book.data[grid.data].cluster for grid in grids)
    words = ONE_CLUSTER if one else CLUSTERS
    return " or ".join(words.get(name, name) for name in found)


def _between(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _stable(book: Ledger, entry: Entry, steady: Stability) -> str:
    one = names(book, entry.grids, one=True)
    if not steady.clusters:
        return ""
    if steady.stable:
        return f"Leaving out any one {one} keeps the sign of the median."
    return f"Its sign can turn when one {one} is left out (most: {steady.most_influential})."


def _power(found: Tally, rule: Rule) -> str:
    if found.detectable > rule.smallest:
        return f"No evidence of absence: {rule.smallest:g} s.d. would typically be missed."
    return f"An association of {rule.smallest:g} s.d. would typically have been found."


def _few(book: Ledger, entry: Entry, found: Tally) -> str:
    clusters = names(book, entry.grids)
    return f"With {found.clusters_min} {clusters} at the fewest, intervals are too narrow."
