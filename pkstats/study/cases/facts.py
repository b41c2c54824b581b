"""Facts of a case, each with the document or source that says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from pkstats.codebook import cite
from pkstats.measures.mandates import task_flags
from pkstats.registry.missions import coded
from pkstats.study.cases.data import PARTS, averaged, read
from pkstats.study.cases.gaps import parts
from pkstats.study.cases.numbers import years_of
from pkstats.study.cases.scope import Scope, listed
from pkstats.study.cases.timeline import resolution
from pkstats.tables.coverage import ongoing

REGISTRY = f"pkstats mission registry, as of {coded()}"
BOTH = "special representative and head of mission"
HANDOVER, NO_END = 3, 10**6  # months
Rows = list[tuple[str, str, str]]


def facts(scope: Scope) -> pd.DataFrame:
    """Return fact, value and document; what is not known is left out."""
    rows = [
        *_registry(scope),
        *_mandate(scope),
        *_leaders(scope),
        *_strength(scope),
        *_money(scope),
        *_deaths(scope),
        *_hosts(scope),
    ]
    return pd.DataFrame(rows, columns=["fact", "value", "document"])


def _registry(scope: Scope) -> Rows:
    item = scope.mission
    made = item.established_by or REGISTRY
    over = ongoing(item.start) if scope.ongoing else f"{item.end} (to the {item.end_precision})"
    rows = [
        ("mission", item.name, REGISTRY),
        ("sent by", f"{item.sponsor}, {item.kind}", made),
        ("host states", scope.places, made),
        ("start", f"{item.start} (to the {item.start_precision})", made),
        ("end", over, item.exit_document or REGISTRY),
    ]
    if item.exit and not scope.ongoing:
        rows.append(("how it ended", item.exit, item.exit_document or REGISTRY))
    for role in ("before", "beside", "after"):
        names = scope.chain.loc[scope.chain["role"] == role, "mission_id"].tolist()
        if names:
            rows.append((f"missions {role}", ", ".join(names), REGISTRY))
    if item.note:
        rows.append(("note", item.note, REGISTRY))
    return rows


def _mandate(scope: Scope) -> Rows:
    spells = read("mandates")
    spells = spells[spells["mission_id"] == scope.mission.id].sort_values("from")
    rows = []
    flags = list(task_flags())
    chosen = {"first mandate": spells.head(1), "last mandate": spells.iloc[1:].tail(1)}
    for name, spell in chosen.items():
        for _, one in spell.iterrows():
            count, unsure = int(one[flags].fillna(False).sum()), int(one[flags].isna().sum())
            seven = one["chapter_vii"]
            seven = "" if pd.isna(seven) else ", Chapter VII" if seven else ", not Chapter VII"
            words = f"{count} of {len(flags)} tasks" + (f", {unsure} not coded" if unsure else "")
            coder = f"{resolution(one['resolution'])}, coded by {one['coder']}"
            rows.append((name, f"{words}{seven} (from {one['from']})", coder))
    amended = spells[spells["note"].notna()]
    for _, one in amended.drop_duplicates("note").iterrows():
        value = f"from {one['from']}: {one['note']}"
        rows.append(("mandate amended from its text", value, _source("mandates")))
    return rows


def _leaders(scope: Scope) -> Rows:
    frame = read("leaders")
    frame = heads(frame[frame["mission_id"] == scope.mission.id]).sort_values("start_year")
    if frame.empty:
        return []
    who = [
        f"{row.name_} ({row.start_year})"
        for row in frame.rename(columns={"name": "name_"}).itertuples()
    ]
    first, last = int(frame["start_year"].min()), int(read("leaders")["start_year"].max())
    ends = [f"none listed before {first}"] if first > scope.first + 1 else []
    ends += [f"the list ends in {last}"] if scope.last > last else []
    value = ", ".join(who) + (f" ({'; '.join(ends)})" if ends else "")
    return [("heads of mission, or special representatives (from year)", value, _source("leaders"))]


def heads(leaders: pd.DataFrame) -> pd.DataFrame:
    """Return who headed a mission, from the list of its leaders.

    The list calls deputies and envoys special representatives too, and a force commander head of mission:
    whoever served while another was special representative and head of mission at once is left out.
    """
    position = leaders["position"]
    found = leaders[position.str.contains("head of mission|special representative")]
    terms = [_term(one) for one in found.to_dict("records")]
    first = [position == BOTH for position in found["position"]]
    both = [term for term, head in zip(terms, first, strict=True) if head]
    kept = [
        head or not any(min(end, last) - max(begin, start) >= HANDOVER for start, last in both)
        for (begin, end), head in zip(terms, first, strict=True)
    ]
    return found[pd.Series(kept, index=found.index, dtype="bool")]


def _term(leader: Mapping[Any, Any]) -> tuple[int, int]:
    """Return first and last month of an appointment, counted from year 0; an open one has no end."""
    begin, end = leader["from"], leader["to"]
    first = 12 * int(leader["start_year"]) if pd.isna(begin) else 12 * begin.year + begin.month
    return first, NO_END if pd.isna(end) else 12 * end.year + end.month


def _source(table: str) -> str:
    """Return the citation of a table in one line."""
    return "; ".join(cite(table).splitlines())


def _short(table: str) -> str:
    """Return who made a table and when, as its citation begins."""
    found = re.match(r"[^(]*\(\d{4}\)|[^.]*", _source(table))
    return found.group() if found else table


def _strength(scope: Scope) -> Rows:
    frame = PARTS["resources"](scope)
    frame = frame[frame["role"] == "main"]
    known = frame[frame["total"].notna()]
    rows: Rows = []
    if len(known):
        peak = known.iloc[int(known["total"].astype("float64").to_numpy().argmax())]
        document = f"{_source(str(peak['source']))}"
        value = f"{int(peak['total']):,} in {peak['month']}"
        if (start := known["month"].min()).year > scope.first:
            value += f" (figures begin in {start})"
        rows.append(("greatest uniformed strength known", value, document))
        rows += _earlier(scope)
        mean = (
            f"{known['total'].astype('float64').mean():,.0f} over {len(known)} months with a figure"
        )
        used = "; ".join(_short(name) for name in sorted(known["source"].unique()))
        rows.append(("mean uniformed strength", mean, used))
    authorised = frame[frame["total_authorised"].notna()]
    if len(authorised):
        most = authorised.iloc[int(authorised["total_authorised"].to_numpy("float64").argmax())]
        months = authorised["month"]
        value = f"{most['total_authorised']:,.0f} in {most['month']}"
        value += f" (figures {years_of(months.min().year, months.max().year)})"
        rows.append(("greatest authorised strength known", value, _source("authorised")))
    return rows


def _earlier(scope: Scope) -> Rows:
    """Return what documents say of a strength before the figures begin."""
    return [
        ("uniformed strength before the figures", item["note"], item["document"])
        for item in parts()["resources"].get("beside", [])
        if item.get("mission") == scope.mission.id and "document" in item
    ]


def _money(scope: Scope) -> Rows:
    frame = read("expenditure")
    frame = frame[frame["mission_id"] == scope.mission.id]
    if frame.empty:
        return []
    years = frame.groupby("year")["usd"].sum()
    value = (
        f"{years.sum() / 1e6:,.0f} million US dollars in {years.index.min()} to {years.index.max()}"
    )
    return [("expenditure known", value, _source("expenditure"))]


def _deaths(scope: Scope) -> Rows:
    frame = PARTS["safety"](scope)
    if frame.empty:
        return []
    causes = frame.groupby("cause")["deaths"].sum().sort_values(ascending=False)
    split = listed([f"{count} {cause}" for cause, count in causes.items() if count])
    value = f"{int(causes.sum()):,}" + (f": {split}" if split else "")
    return [("deaths of personnel", value, _source("fatalities"))]


def _hosts(scope: Scope) -> Rows:
    frame = PARTS["governance"](scope)
    people = frame[frame["year"] == scope.first]
    rows: Rows = []
    if len(people) and people["population"].notna().all():
        total = people["population"].astype("float64").sum() / 1e6
        where = f"population in {scope.first}"
        used = {str(name).partition(",")[0] for name in _sources_of_population(scope)}
        rows.append((where, f"{total:,.1f} million", "; ".join(map(_source, sorted(used)))))
    democracy = averaged(frame, "polyarchy")
    if scope.first in democracy.index:
        value = f"{democracy[scope.first]:.2f} of 1"
        rows.append((f"electoral democracy in {scope.first}", value, _source("vdem")))
    return rows


def _sources_of_population(scope: Scope) -> list[str]:
    frame = read("context")
    rows = frame["state"].isin(scope.shares(scope.first)) & (frame["year"] == scope.first)
    return frame.loc[rows, "population_source"].dropna().unique().tolist()
