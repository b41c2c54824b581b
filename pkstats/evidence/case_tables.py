"""The tables of a case that are meant to be read: few columns, one thing each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from pkstats.errors import UnknownName, suggestion
from pkstats.evidence.case_data import read, summed
from pkstats.evidence.case_gaps import parts
from pkstats.evidence.case_numbers import years_of
from pkstats.evidence.case_scope import AS_OF_YEAR, Scope
from pkstats.evidence.case_scores import matrix
from pkstats.evidence.case_violence import HOSTS, MISSIONS, NONE
from pkstats.evidence.readable import Readable
from pkstats.registry.missions import AS_OF

Frames = Mapping[str, pd.DataFrame]
LONG, BLOCK = 18, 5
SINCE = range(-2, 11)
AROUND = 5
KINDS = {
    "mediation": "mediation attempts (Civil Wars Mediation data)",
    "peace process text": "texts of peace processes (PA-X)",
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
        over = item["exit"] == "ongoing"
        rows.append(
            {
                "mission": name,
                "role": "the case" if item["role"] == "main" else item["role"],
                "sent by": item["sponsor"],
                "from": _day(item["start"]),
                "to": f"ongoing at {AS_OF}" if over else _day(item["end"]),
                "established by": known["established_by"].get(name),
                "how it ended": None if over else item["exit"],
                "document of the end": known["exit_document"].get(name),
                "most in uniform": int(total.max()) if len(total) else None,
                "in": str(total.idxmax()) if len(total) else None,
            }
        )
    frame = pd.DataFrame(rows).astype({"most in uniform": "Int64"})
    frame = frame.astype("object").where(frame.notna(), None)
    frame["most in uniform"] = pd.array(frame["most in uniform"], dtype="Int64")
    return Readable(
        "The missions of the case",
        frame,
        "Strength is the greatest figure known; UN figures start in November 1990. A dash: no "
        "document or figure at hand.",
    )


def facts(scope: Scope, frames: Frames) -> Readable:
    """Return the facts, each with its document in full."""
    return Readable(f"Facts on {scope.mission.id}, each with its document", frames["facts"])


def strength(scope: Scope, frames: Frames) -> Readable:
    """Return deployed strength beside what was authorised, by year or by five years."""
    frame = frames["resources"]
    frame = frame[
        (frame["role"] == "main") & frame[["total", "total_authorised"]].notna().any(axis=1)
    ]
    frame = frame.assign(year=frame["month"].dt.year)
    rows = []
    for years, block in _blocks(frame):
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
    return Readable(
        f"Uniformed strength of {scope.mission.id} against what was authorised",
        pd.DataFrame(rows),
        _notes("resources", frames),
    )


def violence(scope: Scope, frames: Frames) -> Readable:
    """Return deaths by type, from two years before the mission to five years after it."""
    frame = frames["violence"]
    frame = frame[frame["series"] == HOSTS]
    frame = frame[frame["year"].between(scope.first - 2, scope.last + AROUND)]
    rows = []
    for years, block in _blocks(frame, scope):
        counted = block[block["type"] != "non_state"]
        n = block["year"].nunique()
        means = {kind: group["deaths"].sum() / n for kind, group in block.groupby("type")}
        low, high = counted["low"].sum() / n, counted["high"].sum() / n
        rows.append(
            {
                "years": years,
                "when": _when(int(block["year"].min()), scope),
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
    return Readable(f"Deaths a year in {scope.places} (UCDP)", table_, _notes("violence", frames))


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
    return Readable(
        "Deaths in battle and of civilians a year, beside other missions and conflicts without one",
        table_.astype(dict.fromkeys(counts, "Int64")),
        "Year 0 is the year of arrival. Other UN missions: all since 1989 of other families. No "
        "mission: conflicts of like size in the two years before, without a mission before and after. "
        "Company, not a counterfactual.",
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
    counts = [f"{words}: {int(there.get(kind, 0))}" for kind, words in KINDS.items()]
    note = f"Also listed while it was there: {'; '.join(counts)}."
    return Readable(
        f"Peace agreements in {scope.places} (UCDP)",
        rows.reset_index(drop=True),
        " ".join(filter(None, (note, _notes("diplomacy", frames)))),
    )


def displacement(scope: Scope, frames: Frames) -> Readable:
    """Return who had fled at chosen years' ends, and who went back in those years."""
    frame = frames["displacement"]
    names = {
        "refugees": "refugees abroad",
        "idps": "displaced inside, helped by UNHCR",
        "idps_idmc": "displaced inside, all (IDMC)",
        "returned_refugees": "refugees gone back in the year",
        "returned_idps": "displaced gone home in the year",
    }
    wide = pd.DataFrame({label: summed(frame, name) for name, label in names.items()})
    wide = wide.dropna(how="all").dropna(axis="columns", how="all")
    middle = (scope.first + scope.last) // 2
    chosen = {scope.first - 1, scope.first, middle, scope.last, scope.last + 2, scope.last + 5}
    wide = wide[wide.index.isin(chosen | {min(AS_OF_YEAR - 1, scope.window[1])})]
    wide.insert(0, "when", [_when(int(year), scope) for year in wide.index])
    wide.insert(0, "year", wide.index.astype("str"))
    return Readable(
        f"People from {scope.places} who had fled",
        wide.reset_index(drop=True),
        " ".join(
            filter(
                None,
                (
                    "A zero for those whom UNHCR helps says that it helps none, not that none are displaced.",
                    _notes("displacement", frames),
                ),
            )
        ),
    )


def scores(scope: Scope, frames: Frames) -> Readable:
    """Return every success measure by period, in words."""
    cells = matrix(frames["scores"])
    words = cells.map(lambda cell: cell[0] if isinstance(cell, tuple) else "")
    heads = ["during and at exit", "2 years after", "5 years after", "10 years after"]
    words.columns = pd.Index([*heads, "to the end of the data"])
    words.insert(0, "measure", words.index)
    return Readable(
        f"{scope.mission.id} on every measure of success",
        words.reset_index(drop=True),
        "yes or no: whether the goal was reached; else the rank among all missions with a figure (1 is "
        "best). later: ongoing, or the window is not over. –: the data do not cover it.",
    )


def limits(scope: Scope, frames: Frames) -> Readable:
    """Return where the data of each part stop."""
    frame = frames["gaps"]
    titles = {part: entry["title"] for part, entry in parts().items()}
    rows = pd.DataFrame({"part": frame["part"].map(titles), "where the data stop": frame["note"]})
    return Readable("Where the data stop", rows)


TABLES: dict[str, Callable[[Scope, Frames], Readable]] = {
    "chain": chain,
    "facts": facts,
    "strength": strength,
    "violence": violence,
    "company": company,
    "agreements": agreements,
    "displacement": displacement,
    "scores": scores,
    "limits": limits,
}


def _day(date: object) -> str | None:
    return None if date is None or pd.isna(date) else f"{pd.Timestamp(str(date)):%Y-%m-%d}"


def _when(year: int, scope: Scope) -> str:
    if year < scope.first:
        return "before"
    return "there" if year <= scope.last else "after"


def _blocks(frame: pd.DataFrame, scope: Scope | None = None) -> list[tuple[str, pd.DataFrame]]:
    """Return rows by year, or by five years where there are many; never across arrival or exit."""
    years = sorted({int(year) for year in frame["year"]})
    step = BLOCK if len(years) > LONG else 1
    groups: dict[tuple[str, int], list[int]] = {}
    for year in years:
        when = _when(year, scope) if scope else ""
        groups.setdefault((when, year // step), []).append(year)
    return [
        (years_of(some[0], some[-1]), frame[frame["year"].isin(some)]) for some in groups.values()
    ]


def _notes(part: str, frames: Frames) -> str:
    frame = frames["gaps"]
    return " ".join(frame.loc[frame["part"] == part, "note"])
