"""Answers of the notebooks that rest on no claim: the data, the types, the ledger, the studies."""

from __future__ import annotations

from pkstats.codebook import versions
from pkstats.models.checked.page import stored
from pkstats.study.claims.claim import claims
from pkstats.study.claims.ledger.entries import VERDICTS, ledger
from pkstats.study.claims.reading import Prose, listed
from pkstats.study.pages.known import disagreements, mandates_by_year
from pkstats.study.typology import agreement, type_years
from pkstats.tables import load, tables

KINDS = ("traditional", "multidimensional", "robust")


def data_answer() -> Prose:
    """Return what is known, how far sources agree and what is missing, in three sentences."""
    table = tables().set_index("name")
    first = table["coverage"].str.partition("–")
    last_authorised = first.loc["authorised", 2]
    personnel = load("personnel")
    differ = len(load("personnel_sources")[["mission_id", "month"]].drop_duplicates())
    most = disagreements().iloc[0]
    hand = mandates_by_year(int(last_authorised[:4]) + 1)["empty"]
    return Prose(
        f"**Answer.** {len(table)} tables rest on {len(versions())} sources: missions are known from "
        f"{first.loc['missions', 0]}, violence from {first.loc['violence', 0]} and personnel by month "
        f"from {first.loc['personnel', 0]}, while authorised strength ends in {last_authorised} and "
        f"mandates after {last_authorised[:4]} are coded by hand, with {hand.min():.0%} to "
        f"{hand.max():.0%} of the tasks left empty in a year. Sources on personnel differ by over 2% in "
        f"{differ:,} of {len(personnel):,} missions and months, {most['months']:,} times `"
        f"{most['source']}` from `{most['chosen_source']}`; in "
        f"{int(personnel['flag'].eq('single source').sum()):,} there is one source only. "
        f"{int(load('set_aside')['rows'].sum()):,} raw rows reached no table, each for a stated reason, "
        "and what nobody reported stays empty, never zero."
    )


def types_answer() -> Prose:
    """Return what types there are, that they change, and whether others agree, in three sentences."""
    years = type_years()
    types = years["mission_type"]
    counts = [f"{int((types == kind).sum())} are {kind}" for kind in KINDS]
    several = int((years.groupby("mission_id")["mission_type"].nunique() > 1).sum())
    found = agreement()
    return Prose(
        f"**Answer.** By a rule on coded tasks, of {int(types.notna().sum())} years of UN peacekeeping "
        f"operations {years['year'].min()} to {years['year'].max()} with a coded mandate "
        f"{listed(counts)}. The type follows the mandate and changes with it: {several} operations were "
        "of more than one type. Doyle and Sambanis (2000), who coded what an operation was and not what "
        f"its mandate asked, put {found.same} of {found.wars} civil wars on the same side of traditional "
        f"against more than that ({found.same / found.wars:.0%}; Cohen's kappa {found.kappa:.2f})."
    )


def ledger_answer() -> Prose:
    """Return how many claims have which verdict, and what that means, in three sentences."""
    table = claims(progress=False)
    counts = table["verdict"].value_counts().reindex(VERDICTS, fill_value=0)
    parts = [f"{count} {verdict}" for verdict, count in counts.items()]
    smallest = ledger().rule.smallest
    missed = int((table["mde"] > smallest).sum())
    tested = int(table["mde"].notna().sum())
    return Prose(
        f"**Answer.** Of {len(table)} claims, {listed(parts)}. They rest on "
        f"{int(table['specifications'].sum()):,} specifications, judged by a rule written before the "
        f"estimates; all are associations, and no effect is claimed. For {missed} of the {tested} claims "
        f"put to a test the typical specification would have missed an association of {smallest:g} "
        "standard deviations: finding little there does not show that there is nothing."
    )


def studies_answer() -> Prose:
    """Return how far published numbers are met, and what that shows, in three sentences."""
    found = stored()
    numbers = [row for study in found.values() for row in study["numbers"]]
    same = sum(row[-1] for row in numbers)
    return Prose(
        f"**Answer.** One model of each of {len(found)} studies, refitted from its authors' file, gives "
        f"{same} of {len(numbers)} published numbers at every digit that is held of them here. The numbers "
        "come from the project's notes, and the files are not ours to pass on: what is shown is what was "
        "found by the last run that had them. Agreement shows that the estimators are the same, not that "
        "a study is right, and each is one model of many in its study."
    )
