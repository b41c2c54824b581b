"""What a reader needs around some claims: the answer, its limits, what is known, sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from pkstats.codebook import cite
from pkstats.study.claims.claim import Claim, claim
from pkstats.study.claims.ledger.wording import CLUSTERS
from pkstats.study.readable import share, size
from pkstats.study.words import words
from pkstats.tables.coverage import as_of

# Treatments or outcomes known for a smaller share of the rows are named among the limits.
SELDOM = 0.5
# Where a notebook finds it; the site has it one folder up.
LEDGER_PAGE = "../docs/evidence.md"
IN_WORDS = {
    "underpowered": " (the data are too few to tell)",
    "partly supported": " (for some outcomes or by some choices)",
}
CLEAR = "partly supported"


class Prose(str):
    """Text in Markdown that a notebook renders."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self)


def bullets(lines: Iterable[str]) -> Prose:
    """Return lines as a list, each once."""
    return Prose("\n".join(f"- {line}" for line in dict.fromkeys(lines) if line))


def listed(words: Iterable[str]) -> str:
    """Return words as in a sentence: a, b and c."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _claims(names: tuple[str | Claim, ...]) -> list[Claim]:
    return [claim(one) if isinstance(one, str) else one for one in names]


def answer(*names: str | Claim) -> Prose:
    """Return what the ledger says of claims in three sentences: verdicts, shares, caution with power.

    Parameters
    ----------
    names : str or Claim
        Claims, by id such as ``"H1"``.
    """
    found = _claims(names)
    tested = [one for one in found if one.result and one.result.tally.estimated]
    parts = (_verdicts(found), _shares(tested), _caution(tested))
    return Prose(f"**Answer.** {' '.join(part for part in parts if part)}")


def _verdicts(found: list[Claim]) -> str:
    groups: dict[str, list[str]] = {}
    for one in found:
        wording = one.definition.wording.rstrip(".")
        why = f": {one.why}" if one.verdict == CLEAR else ""
        groups.setdefault(one.verdict, []).append(
            f"{one.id} ({wording[0].lower()}{wording[1:]}{why})"
        )
    parts = [
        f"{verdict}{IN_WORDS.get(verdict, '')}: {listed(claims)}"
        for verdict, claims in groups.items()
    ]
    return f"By the rule of the [ledger]({LEDGER_PAGE}), {'; '.join(parts)}."


def _shares(tested: list[Claim]) -> str:
    if not tested:
        return ""
    tallies = [one.result.tally for one in tested if one.result]
    marks = tested[0].definition.rule.marks
    claimed = [
        f"{share(tally.claimed, marks)} for {one.id}"
        for one, tally in zip(tested, tallies, strict=True)
    ]
    other = [share(tally.opposite, marks) for tally in tallies]
    return (
        "Of all ways tried of putting a claim to the data (specifications), each outcome counting alike, "
        f"the 95% interval lies on the claimed side of zero in {listed(claimed)}; on the other side in "
        f"{listed(other)}."
    )


def _caution(tested: list[Claim]) -> str:
    """Say that nothing here is an effect, and what could typically have been found."""
    if not tested:
        return "No public data measure it, so nothing here is put to a test."
    sizes = [
        size(one.result.tally.detectable, [one.definition.rule.smallest])
        for one in tested
        if one.result
    ]
    weak = [one.id for one in tested if one.verdict == "underpowered"]
    silent = ""
    if weak:
        silent = f", and finding little for {listed(weak)} does not show that there is nothing"
    return (
        "All of this is association, not effect; the smallest that could typically have been found is "
        f"{listed(sizes)} standard deviations{silent}."
    )


def verdicts(*names: str | Claim) -> pd.DataFrame:
    """Return the verdict on each claim with the numbers behind it, one row each.

    Returns
    -------
    DataFrame
        verdict, specifications, claimed and other (shares of intervals on either side of zero),
        association and detectable (standard deviations; medians), rows and clusters (fewest), and
        stable: whether the sign stays whichever cluster is left out.
    """
    rows = {}
    for one in _claims(names):
        row: dict[str, Any] = {"verdict": one.verdict}
        if one.result is not None:
            tally = one.result.tally
            row |= {
                "specifications": tally.specifications,
                "claimed": tally.claimed,
                "other": tally.opposite,
                "association": tally.median,
                "detectable": tally.detectable,
                "rows": tally.n_min,
                "clusters": tally.clusters_min,
                "stable": one.result.stability.stable,
            }
        rows[one.id] = row
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("claim")
    counts = {name: "Int64" for name in ("specifications", "rows", "clusters") if name in frame}
    return frame.astype(counts)


def limits(*names: str | Claim, also: Iterable[str] = ()) -> Prose:
    """Return the limits of claims as a list made from what is known of their columns.

    Parameters
    ----------
    names : str or Claim
    also : sequence of str
        What the reader must know besides.
    """
    found = _claims(names)
    lines = []
    if any(one.result for one in found):
        lines.append("Associations only: missions are not sent at random.")
    if any("mission" in str(unit) for one in found for unit in one.frame.get("unit", ())):
        lines.append(
            f"Ongoing missions are censored at {as_of()}, never counted as failures: they have no "
            "outcome after exit."
        )
    few = [f"{one.id} on {text}" for one in found if (text := _few(one))]
    if few:
        lines.append(
            "Some specifications rest on so few clusters that their intervals are too narrow: at the "
            f"fewest {listed(few)}."
        )
    lines += [line for one in found for line in (*_known(one), *_notes(one))]
    return bullets([*lines, *also])


def _few(one: Claim) -> str:
    """Say how few independent units stand behind a claim's specifications, where they are few."""
    if one.result is None:
        return ""
    known = one.frame[one.frame["side"].notna()]
    fewest = known.groupby("cluster", observed=True)["clusters"].min()
    few = fewest[fewest < one.definition.rule.few_clusters]
    return " or ".join(
        f"{int(number)} {CLUSTERS.get(str(kind), kind)}" for kind, number in few.items()
    )


def _known(one: Claim) -> list[str]:
    """Say what is known for few of the rows, and of which years."""
    if one.result is None:
        return []
    lines = []
    for (unit, name), part in one.coverage().groupby(["unit", "treatment"], sort=False):
        best = part.loc[part["rows"].idxmax()]
        if best["share"] >= SELDOM:
            continue
        lines.append(
            f"{one.id}: {words(str(name))} is known beside an outcome for {best['rows']:,} rows at most "
            f"({best['share']:.0%} by {unit}), of {best['clusters']} "
            f"{CLUSTERS.get(best['kind'], best['kind'])}{_span(best)}."
        )
    return lines


def _span(row: pd.Series) -> str:
    if pd.isna(row["first"]):
        return ""
    began = "begun " if row["unit"] == "mission" else ""
    return f", {began}{row['first']} to {row['last']}"


def _notes(one: Claim) -> list[str]:
    needs = "; ".join(need[0].lower() + need[1:] for need in one.definition.data_needed)
    return [
        f"{one.id}: {one.definition.note}" if one.definition.note else "",
        f"{one.id}: a better test would take {needs}." if needs else "",
    ]


def sources(*what: Any) -> Prose:
    """Return the citations owed for claims (by id), tables, panels, estimates or cases, as a list."""
    found = [claim(one) if isinstance(one, str) and one[:1].isupper() else one for one in what]
    return bullets(cite(found).splitlines())


def influential(*names: str | Claim, top: int = 3) -> pd.DataFrame:
    """Return, for each claim, the clusters whose absence moves its association most.

    Returns
    -------
    DataFrame
        claim, association (median), without, median (without it), shift (of the weighted mean) and
        turns: whether the median changes sign.
    """
    columns = ["claim", "association", "without", "median", "shift", "turns"]
    parts = [
        one.influence().head(top).assign(claim=one.id, association=one.result.tally.median)
        for one in _claims(names)
        if one.result is not None
    ]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
