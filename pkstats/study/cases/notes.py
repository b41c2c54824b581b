"""The small print of a case's page: sentences under its panels, and the sources it draws."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd

from pkstats.study.cases.data import summed
from pkstats.study.cases.gaps import notes_of, remarks
from pkstats.study.cases.violence import MISSIONS, NONE, SPAN

if TYPE_CHECKING:
    from pkstats.study.cases.case import Case

OVER = 0.25
BREAK = 3  # months without a figure before a break in a line is named
SPARSE = 0.5
STRENGTH = {
    "un_contributions": "UN",
    "kathman": "Kathman",
    "ipi": "IPI",
    "bara_hultman": "Bara and Hultman",
}


def sentences(case: Case, part: str) -> list[str]:
    """Return the sentences under a panel: where its data stop, and how to read what is drawn."""
    made = MADE.get(part)
    return [
        *notes_of(part, case.gaps()),
        *remarks("beside", part, case.scope),
        *(made(case) if made else []),
    ]


def _timeline(case: Case) -> list[str]:
    """Explain `≥` beside a number of tasks, and roles that overlap in time."""
    notes, scope = [], case.scope
    events = case.timeline()
    ours = events[(events["kind"] == "mandate") & (events["mission_id"] == case.id)]
    if ours["what"].str.contains("not coded").any():
        notes.append(
            "≥: at least so many tasks. From 2016 this project codes the mandates, and only tasks it is "
            "sure of count: fewer need not mean a smaller mandate."
        )
    start, end = pd.Timestamp(scope.mission.start), pd.Timestamp(scope.mission.end or "2200")
    chain = scope.chain
    early = (chain["role"] == "before") & (chain["end"] > start)
    late = (chain["role"] == "after") & (chain["start"] < end)
    if (early | late).any():
        notes.append(
            f"Before and after: those {case.id} took over from, or that took over from it, even where the "
            "dates overlap. Beside: the others that were there at the same time."
        )
    return notes


def runs(months: pd.PeriodIndex) -> list[tuple[pd.Period, pd.Period]]:
    """Return first and last month of every break of some months in sorted months with a figure."""
    return [(a + 1, b - 1) for a, b in pairwise(months) if (b - a).n > BREAK]


def _strength(case: Case) -> list[str]:
    """Name breaks in the lines, and months in which more were deployed than authorised."""
    frame = case.resources()
    main = frame[frame["role"] == "main"].set_index("month").sort_index()
    notes = []
    for column, words in (("total", "strength"), ("total_authorised", "authorised strength")):
        known = pd.PeriodIndex(main.index[main[column].notna()], freq="M")
        if len(known) < 2 or len(known) < SPARSE * (known[-1] - known[0]).n:
            continue
        spans = [f"{first} to {last}" for first, last in runs(known)]
        if spans:
            notes.append(f"No figure of {words} for {', '.join(spans)}.")
    both = main["shortfall"].astype("float64").dropna()
    over = both[both < -OVER]
    if len(over):
        most = over.idxmin()
        total, whole = (float(main.loc[most, name]) for name in ("total", "total_authorised"))
        notes.append(
            f"Deployed is more than a quarter over authorised in {len(over)} of {len(both)} months "
            f"({most}: {total:,.0f} beside {whole:,.0f}). Authorised is as the shortfall data state it, "
            "perhaps for one phase or for what was to remain."
        )
    return notes


def _violence(case: Case) -> list[str]:
    """Say where the paths of others stand in time."""
    drawn = set(case.violence()["series"]) & {MISSIONS, NONE}
    if not drawn:
        return []
    without = ", conflicts without one by the year most like it" if NONE in drawn else ""
    return [
        f"Others are moved in time: UN missions to start in {case.scope.first}{without}; drawn from "
        f"{-SPAN.start} years before to {SPAN.stop - 1} after, still there or not."
    ]


def _displacement(case: Case) -> list[str]:
    """Say what a zero after figures above zero means."""
    helped = summed(case.displacement(), "idps")
    fell = (helped == 0) & (helped.shift() > 0)
    if not fell.any():
        return []
    return [
        "0 displaced whom UNHCR helps: it helps none in that year, not that none are displaced."
    ]


MADE: dict[str, Callable[[Case], list[str]]] = {
    "timeline": _timeline,
    "resources": _strength,
    "violence": _violence,
    "displacement": _displacement,
}


def sources(case: Case) -> str:
    """Return the sources of what a page shows, in a line."""
    strength, fled, aid = case.resources(), case.displacement(), case.humanitarian()
    events, state = case.timeline(), case.governance()
    used = set(strength.loc[strength["total"].notna(), "source"])
    counted = [name for source, name in STRENGTH.items() if source in used]
    money = ["required_usd", "funded_usd", "funded_outside_plans_usd"]
    names = {
        "pkstats registry": True,
        "TAMM and pkstats (mandates)": (
            (events["kind"] == "mandate") & (events["mission_id"] == case.id)
        ).any(),
        "UCDP 25.1, peace agreements, terminations": True,
        f"{', '.join(counted)} (strength)": bool(counted),
        "shortfall data": strength.loc[strength["role"] == "main", "total_authorised"]
        .notna()
        .any(),
        "UNHCR": len(fled) > 0,
        "IDMC": fled["idps_idmc"].notna().any(),
        "FTS": aid[money].notna().any(axis=None),
        "AWSD": aid["incidents"].notna().any(),
        "UN fatalities": len(case.safety()) > 0,
        "V-Dem": state["polyarchy"].notna().any(),
        "Fariss et al.": state["gdp_per_head_real"].notna().any(),
    }
    listed = "; ".join(name for name, shown in names.items() if shown)
    return f"Sources: {listed.removesuffix('.')}."
