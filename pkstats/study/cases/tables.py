"""The tables of a case that are meant to be read: few columns, one thing each."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pandas as pd

from pkstats.errors import UnknownName, suggestion
from pkstats.measures.composites import CONFLICT, OPEN
from pkstats.panel import panel
from pkstats.study.cases.data import read, stamp, summed
from pkstats.study.cases.gaps import parts
from pkstats.study.cases.scope import Scope
from pkstats.study.cases.scores import coverage, listed_from, matrix
from pkstats.study.cases.tables_people import (
    Frames,
    blocks,
    displacement,
    governance,
    humanitarian,
    notes,
    safety,
    when,
)
from pkstats.study.cases.violence import HOSTS, MISSIONS, NONE
from pkstats.study.readable import Readable
from pkstats.tables.coverage import as_of

SINCE = range(-2, 11)
CODED = "Months, documents and tasks as TAMM codes them to 2015, after that as this project does."
TYPES = (
    "Robust: Chapter VII and protection of civilians. Multidimensional: otherwise, tasks in three or "
    "more of six areas of peacebuilding. Traditional: the rest."
)
STEEP = 0.5
SCORES = (
    "yes or no: whether the goal was reached; else the rank among all missions with a figure (1 is "
    "best, = a tie). later: ongoing, or the window is not over. ≥: still at peace where the data end. "
    "–: not known, as the data lack some of the years a measure rests on, which are for most the two "
    "before it came and all in which it was there. An empty cell: not measured then. "
    f"Conflict after exit: {CONFLICT} battle deaths or {CONFLICT} civilians killed in a year; for the "
    f"peace held and its years {CONFLICT} battle deaths only, counted to that year, so that 1 is a "
    "conflict that went on. UCDP's list of conflicts, in the timeline, counts each conflict by itself. "
    "Some democracy: V-Dem's electoral democracy above "
    f"{OPEN}. Fall of deaths (index): −1 to 1, how far deaths fell from the two years before. Core "
    "goals: fewer deaths, no spread, an agreement; extended goals: those of civilians, democracy, "
    "refugees, aid workers and income."
)
KINDS = {
    "mediation": ("mediation", "mediation attempts in civil wars (CWM)"),
    "peace process text": ("pa-x", "texts of peace processes (PA-X)"),
}


def table(name: str, scope: Scope, frames: Frames) -> Readable:
    """Return one of the tables of a case.

    Raises
    ------
    UnknownName
        When there is no such table, with the names there are.
    """
    if name not in TABLES:
        raise UnknownName(
            f"A case has no table {name!r}.{suggestion(name, TABLES)} Tables are: {', '.join(TABLES)}."
        )
    return TABLES[name](scope, frames)


def chain(scope: Scope, frames: Frames) -> Readable:
    """Return the missions of the case with dates, documents and greatest known strength."""
    known = read("missions").set_index("mission_id")
    strength = frames["resources"].dropna(subset=["total"])
    rows = []
    for item in scope.chain.to_dict("records"):
        name = item["mission_id"]
        total = (
            strength[strength["mission_id"] == name].set_index("month")["total"].astype("float64")
        )
        over, exit_document = item["exit"] == "ongoing", known["exit_document"].get(name)
        ended = [None if pd.isna(word) else str(word) for word in (item["exit"], exit_document)]
        if not ended[0] and ended[1]:
            ended[0] = "not coded"
        rows.append(
            {
                "mission": name,
                "role": "the case" if item["role"] == "main" else item["role"],
                "sent by": item["sponsor"],
                "from": _day(item["start"]),
                "to": "ongoing" if over else _day(item["end"]),
                "established by": known["established_by"].get(name),
                "how it ended": None if over else ", ".join(filter(None, ended)) or None,
                "most in uniform": _most(total, item["start"]) if len(total) else None,
            }
        )
    frame = pd.DataFrame(rows).astype("object")
    first = read("personnel")["month"].min()
    return Readable(
        "The missions of the case",
        frame.where(frame.notna(), None),
        f"Ongoing: as of {as_of()}. Strength is the greatest figure known; "
        f"UN figures start in {first:%B %Y}. A dash elsewhere: no document or figure at hand.",
    )


def _most(total: pd.Series, start: pd.Timestamp) -> str:
    """Return the greatest strength with its year, and since when there are figures if that is late."""
    text = f"{total.max():,.0f} ({total.idxmax().year}"
    begin = total.index.min()
    return f"{text}; figures from {begin.year})" if begin.year > start.year else f"{text})"


def facts(scope: Scope, frames: Frames) -> Readable:
    """Return the facts, each with its document in full."""
    frame = frames["facts"]
    both = {"fact": frame["fact"], "value and document": frame["value"] + "\n" + frame["document"]}
    return Readable(f"Facts on {scope.mission.id}, each with its document", pd.DataFrame(both))


def mandates(scope: Scope, frames: Frames) -> Readable:
    """Return the mandates of the mission: document, tasks, what changed, and the type by the rule."""
    events = frames["timeline"]
    ours = events[(events["kind"] == "mandate") & (events["mission_id"] == scope.mission.id)]
    types = _types(stamp())
    types = types[types["mission_id"] == scope.mission.id].set_index("month")["mission_type"]
    months = pd.PeriodIndex(ours["date"], freq="M")
    # A mandate may be dated some months before the mission begins: its type is that of the first month.
    first = types.index.min() if len(types) else None
    found = [types.get(max(month, first)) if first is not None else None for month in months]
    rows = pd.DataFrame(
        {
            "from": months.astype("str"),
            "document": ours["document"].to_numpy(),
            "what it asks": ours["what"].to_numpy(),
            "type by the rule": found,
        }
    )
    asked = rows["what it asks"].astype("str")
    known = asked.str.split(";", n=1).str[0]
    changed = asked.str.contains("; adds: |; drops: ", regex=True) | (known != known.shift())
    unsure = asked.str.contains("not coded")
    rows["what it asks"] = asked.where(~unsure, "at least " + asked)
    return Readable(
        f"Mandates of {scope.mission.id}, where tasks change",
        rows[changed].reset_index(drop=True),
        " ".join(filter(None, (CODED, TYPES, notes("timeline", frames, "mandates")))),
    )


@lru_cache(maxsize=2)
def _types(build: str) -> pd.DataFrame:
    """Return the type of every mission by month."""
    frame = panel("mission-month").derive("mission_type").frame
    return frame.loc[frame["mission_type"].notna(), ["mission_id", "month", "mission_type"]]


def strength(scope: Scope, frames: Frames) -> Readable:
    """Return deployed strength beside what was authorised, by year or by five years."""
    frame = frames["resources"]
    frame = frame[
        (frame["role"] == "main") & frame[["total", "total_authorised"]].notna().any(axis=1)
    ]
    frame = frame.assign(year=frame["month"].dt.year)
    rows = []
    for years, block in blocks(frame):
        both = block.dropna(subset=["total", "total_authorised"])
        sums = both[["total", "total_authorised"]].astype("float64").sum()
        deployed, authorised = (
            block[name].dropna().astype("float64") for name in ("total", "total_authorised")
        )
        rows.append(
            {
                "years": years,
                "deployed (mean)": deployed.mean() if len(deployed) else np.nan,
                "months with it": len(deployed),
                "authorised (mean)": authorised.mean() if len(authorised) else np.nan,
                "months with both": len(both),
                "deployed of authorised": (
                    f"{sums['total'] / sums['total_authorised']:.0%}"
                    if sums["total_authorised"] > 0
                    else None
                ),
            }
        )
    known = any(row["months with both"] for row in rows)
    said = ["Deployed of authorised: over the months with both." if known else ""]
    said.append(notes("resources", frames))
    return Readable(
        f"Uniformed strength of {scope.mission.id} against what was authorised",
        pd.DataFrame(rows),
        " ".join(filter(None, (*said, first_authorised(frame)))),
    )


def first_authorised(frame: pd.DataFrame) -> str:
    """Say when the first month's authorised strength is less than half of the next month's."""
    known = frame[frame["total_authorised"].notna()].head(2)
    low, high = (float(value) for value in (*known["total_authorised"], 0, 0)[:2])
    if not low < STEEP * high:
        return ""
    first, second = known["month"]
    return (
        f"The source has {low:,.0f} authorised in {first} and {high:,.0f} in {second}: what was lacking "
        "in the first month is measured against the first, low, figure."
    )


def violence(scope: Scope, frames: Frames) -> Readable:
    """Return deaths by type, from two years before the mission to the last year shown."""
    frame = frames["violence"]
    frame = frame[frame["series"] == HOSTS]
    frame = frame[frame["year"] >= scope.first - 2]
    rows = []
    for years, block in blocks(frame, scope):
        counted = block[block["type"] != "non_state"]
        n = block["year"].nunique()
        means = {kind: group["deaths"].sum() / n for kind, group in block.groupby("type")}
        low, high = counted["low"].sum() / n, counted["high"].sum() / n
        rows.append(
            {
                "years": years,
                "when": when(int(block["year"].min()), scope),
                "in battle with the state": means.get("state_based"),
                "civilians": means.get("one_sided"),
                "UCDP's bounds for both": f"{low:,.0f} to {high:,.0f}",
                "between other groups": means.get("non_state"),
            }
        )
    numbers = ["in battle with the state", "civilians", "between other groups"]
    table_ = pd.DataFrame(rows)
    if len(table_):
        table_[numbers] = table_[numbers].astype("float64")
    return Readable(
        f"Deaths a year in {scope.conflict_places} (UCDP)", table_, notes("violence", frames)
    )


def company(scope: Scope, frames: Frames) -> Readable:
    """Return deaths by year since arrival, here and in the comparison sets."""
    frame = frames["violence"]
    ours = frame[(frame["series"] == HOSTS) & (frame["type"] != "non_state")]
    here = summed(ours.assign(year=ours["since"]), "deaths")
    rows = []
    for since in SINCE:
        row: dict[str, object] = {"year after arrival": since, "here": here.get(since, np.nan)}
        for name in (MISSIONS, NONE):
            part = frame[(frame["series"] == name) & (frame["since"] == since)]
            label = "other UN missions" if name == MISSIONS else "no mission"
            row[f"{label}: median"] = float(part["deaths"].iloc[0]) if len(part) else np.nan
            row[f"{label}: middle half"] = (
                f"{part['low'].iloc[0]:,.0f} to {part['high'].iloc[0]:,.0f}" if len(part) else None
            )
            row[f"{label}: how many"] = int(part["n"].iloc[0]) if len(part) else None
        rows.append(row)
    table_ = pd.DataFrame(rows).dropna(axis="columns", how="all")
    table_ = table_.dropna(
        subset=[name for name in table_ if name != "year after arrival"], how="all"
    )
    counts = [name for name in map(str, table_) if name.endswith("how many")]
    alone = not any(name.startswith("no mission") for name in map(str, table_))
    note = (
        "Year 0 is the year of arrival. Other UN missions: all since 1989 but its own predecessors and "
        "successors. "
    )
    if not alone:
        note += (
            "No mission: conflicts of like size in the two years before, without a mission before and "
            "after. "
        )
    note += "Middle half: a quarter lie below, a quarter above. A comparison, not a counterfactual."
    without = "" if alone else " and conflicts without one"
    return Readable(
        f"Deaths in battle and of civilians a year, beside other missions{without}",
        table_.astype(dict.fromkeys(counts, "Int64")),
        note,
    )


def agreements(scope: Scope, frames: Frames) -> Readable:
    """Return the peace agreements of the years shown, and counts of mediation and texts."""
    frame = frames["diplomacy"]
    signed = frame[frame["kind"] == "agreement"]
    rows = pd.DataFrame(
        {
            "date": signed["date"].dt.strftime("%Y-%m-%d"),
            "agreement": signed["what"],
            "kind": signed["type"],
            "did it end": signed["outcome"],
            "while it was there": signed["deployed"].map({True: "yes", False: "no"}),
        }
    )
    there = frame.loc[frame["deployed"].astype(bool), "kind"].value_counts()
    counts = [f"{words}: {int(there.get(kind, 0))}" for kind, words in _listed_kinds(scope, frames)]
    said = ["Dates are UCDP's.", _first_listed(signed, scope)]
    said += [f"Also listed while it was there: {'; '.join(counts)}." if counts else ""]
    return Readable(
        f"Peace agreements in {scope.places} (UCDP)",
        rows.reset_index(drop=True),
        " ".join(filter(None, (*said, notes("diplomacy", frames)))),
    )


def _first_listed(signed: pd.DataFrame, scope: Scope) -> str:
    """Say from when UCDP lists agreements in the hosts; it lists those between parties to a conflict."""
    first, last = (year or 0 for year in coverage("agreements"))
    start = max(first, scope.window[0], *listed_from(scope).values())
    if signed.empty:
        return f"UCDP lists none there from {start} to {min(scope.window[1], last)}."
    first = int(signed["date"].dt.year.min())
    return (
        f"UCDP lists none there from {start} to {first - 1}." if first > start > scope.first else ""
    )


def _listed_kinds(scope: Scope, frames: Frames) -> list[tuple[str, str]]:
    """Return the kinds of talks whose lists cover some of the mission's years: no list is no zero."""
    gaps = frames["gaps"]
    outside = gaps[(gaps["last"] < scope.first) | (gaps["first"] > scope.last)]
    unlisted = " ".join(outside.loc[outside["part"] == "diplomacy", "series"]).lower()
    return [(kind, words) for kind, (name, words) in KINDS.items() if name not in unlisted]


def scores(scope: Scope, frames: Frames) -> Readable:
    """Return the success measures by period, in words, but for those that another says as well."""
    cells = matrix(frames["scores"])
    words = cells.map(lambda cell: cell[0] if isinstance(cell, tuple) else "")
    heads = ["during and at exit", "2 years after", "5 years after", "10 years after"]
    words.columns = pd.Index([*heads, "to the end of the data"])
    words.insert(0, "measure", words.index)
    return Readable(
        f"{scope.mission.id} on the measures of success",
        words.reset_index(drop=True),
        SCORES,
    )


def limits(scope: Scope, frames: Frames) -> Readable:
    """Return where the data of each part stop."""
    frame = frames["gaps"]
    titles = {part: entry["title"] for part, entry in parts().items()}
    named = frame.assign(part=frame["part"].map(titles))
    parts_by_note = named.groupby("note", sort=False)["part"].agg(
        lambda names: "; ".join(dict.fromkeys(names))
    )
    rows = pd.DataFrame(
        {"part": parts_by_note.to_numpy(), "where the data stop": parts_by_note.index}
    )
    return Readable("Where the data stop", rows)


TABLES: dict[str, Callable[[Scope, Frames], Readable]] = {
    "chain": chain,
    "facts": facts,
    "mandates": mandates,
    "strength": strength,
    "violence": violence,
    "company": company,
    "agreements": agreements,
    "displacement": displacement,
    "humanitarian": humanitarian,
    "governance": governance,
    "safety": safety,
    "scores": scores,
    "limits": limits,
}


def _day(date: object) -> str | None:
    return None if date is None or pd.isna(date) else f"{pd.Timestamp(str(date)):%Y-%m-%d}"
