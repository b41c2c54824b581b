"""Rows that are no panel: ended conflict episodes and peace agreements, and what followed them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pkstats.panel.scope import Scope
from pkstats.tables import load
from pkstats.tables.coverage import as_of_month
from pkstats.tables.dates import spell_ends

FIRST, SPAN = 1975, 5
INTERNAL = ("intrastate", "internationalised intrastate")


@dataclass(frozen=True, slots=True)
class Events:
    """A frame of events: how it is made, what its columns mean, and from which tables."""

    build: Callable[[], pd.DataFrame]
    columns: dict[str, str]
    tables: tuple[str, ...]


def active_years() -> tuple[dict[int, set[int]], int]:
    """Return the years in which each conflict was active (25 battle deaths), and the last known."""
    frame = load("conflicts")
    found: dict[int, set[int]] = defaultdict(set)
    for conflict, year in zip(frame["conflict_id"].tolist(), frame["year"].tolist(), strict=True):
        found[conflict].add(year)
    return found, int(frame["year"].max())


def active_between(active: set[int], first: int, last: int, known: int) -> float:
    """Return 1 where a conflict was active from `first` to `last`, else 0.

    NaN unless the whole window is known: were renewals counted as soon as they are seen, recent
    conflicts would enter only if they failed.
    """
    return float(any(first <= year <= last for year in active)) if last <= known else np.nan


Spells = dict[int, list[tuple[int, int]]]


def deployments() -> Spells:
    """Return, for each host state, first and last month of peacekeeping missions, as ordinals.

    Of missions there for the state's own conflict or to govern it.
    """
    missions = load("missions")
    missions = missions[missions["kind"] == "peacekeeping"].set_index("mission_id")
    hosts = load("hosts")
    hosts = Scope().asked(hosts[hosts["mission_id"].isin(missions.index)])
    first = hosts["from"].astype("int64").tolist()
    last = spell_ends(hosts, as_of_month()).astype("int64").tolist()
    found: Spells = defaultdict(list)
    for state, begin, end in zip(hosts["state"].tolist(), first, last, strict=True):
        found[state].append((begin, end))
    return found


def month_of(year: int, month: int) -> int:
    """Return a month as an ordinal, counted as pandas counts periods from 1970."""
    return (year - 1970) * 12 + month - 1


def present(spells: Spells, state: int, since: int, first: int, last: int) -> float:
    """Return 1 where a mission was deployed in the state between two months, else 0.

    A mission that came before the conflict's first year (`since`) was sent for another one, as
    UNMOGIP for India's later insurgencies, and does not count.
    """
    opening = month_of(since, 1)
    here = spells.get(state, [])
    return float(any(opening <= begin <= last and end >= first for begin, end in here))


def episodes() -> pd.DataFrame:
    """Return internal conflict episodes that ended from 1975: who was there, and what followed.

    `renewed_5y` looks at the five years after the year of the end; `renewed_later` at the second to
    the fifth, among conflicts still calm after the first, so that a mission sent in the first year
    cannot owe its place there to the peace it is compared on.
    """
    ended = load("terminations")
    internal = ended["type_of_conflict"].isin(INTERNAL) & ended["state"].notna()
    ended = ended[internal & (ended["year"] >= FIRST) & ended["end_date"].notna()]
    ended = ended.sort_values(["conflict_id", "year"]).reset_index(drop=True)
    active, known = active_years()
    spells = deployments()
    rows = []
    for one in ended.to_dict("records"):
        state, year = int(one["state"]), int(one["year"])
        years = active.get(int(one["conflict_id"]), set())
        since = min(years | {year})
        month, after = month_of(year, one["end_date"].month), month_of(year + 1, 12)
        first = active_between(years, year + 1, year + 1, known)
        later = active_between(years, year + 2, year + SPAN, known)
        rows.append(
            {
                "mission_at_end": present(spells, state, since, month, month),
                "mission_after": present(spells, state, since, month, after),
                "renewed_2y": active_between(years, year + 1, year + 2, known),
                "renewed_5y": active_between(years, year + 1, year + SPAN, known),
                "renewed_later": later if first == 0 else np.nan,
                "duration": _years(one["episode_start_date"], one["end_date"]),
            }
        )
    out = pd.concat([ended, pd.DataFrame(rows)], axis=1)
    outcome = out["outcome"]
    return _with_context(
        out.assign(
            year=out["year"].astype("float64"),
            settlement=outcome.isin(["peace agreement", "ceasefire"]).astype("float64"),
            peace_agreement=(outcome == "peace agreement").astype("float64"),
            victory=outcome.isin(["victory of side A", "victory of side B"]).astype("float64"),
            war=(out["intensity"] == "war").astype("float64"),
            about_territory=out["incompatibility"].str.contains("territory").astype("float64"),
            earlier_episodes=out["episode"].astype("float64") - 1,
            dyads=out["dyads"].astype("float64"),
            mediated=_mediated(out),
        )
    )


def _years(start: pd.Timestamp, end: pd.Timestamp) -> float:
    return (end - start).days / 365.25 if pd.notna(start) and pd.notna(end) else np.nan


def _mediated(ended: pd.DataFrame) -> np.ndarray:
    """Return 1 where the mediation list has an attempt for the episode, 0 where it has none.

    Matched on state and year of the end; missing where the list has no episode there, or has
    several and only some were mediated.
    """
    listed = load("mediation").dropna(subset=["mediated", "state", "episode_end_year"])
    keys = [listed["state"].to_numpy(), listed["episode_end_year"].to_numpy()]
    groups = listed["mediated"].astype("float64").groupby(keys)
    mean = groups.mean()
    wanted = pd.MultiIndex.from_arrays([ended["state"], ended["year"]])
    return mean.where(mean.isin([0.0, 1.0])).reindex(wanted).to_numpy("float64")


def agreements() -> pd.DataFrame:
    """Return peace agreements: whether a mission was there, and whether the conflict went on.

    `active_2y` and `active_5y`: the signatories' conflict, any of those the agreement names, was
    active (25 battle deaths) in a year from the first to the second or fifth after signing.
    """
    signed = load("agreements")
    signed = signed[signed["state"].notna() & signed["conflicts"].notna() & signed["date"].notna()]
    signed = signed.reset_index(drop=True)
    active, known = active_years()
    spells = deployments()
    rows = []
    for one in signed.to_dict("records"):
        state, year = int(one["state"]), int(one["year"])
        named = [
            int(part) for part in str(one["conflicts"]).replace(";", ",").split(",") if part.strip()
        ]
        years = set().union(*(active.get(part, set()) for part in named))
        since, month = min(years | {year}), month_of(year, one["date"].month)
        rows.append(
            {
                "mission_at_signing": present(spells, state, since, month, month),
                "mission_within_year": present(spells, state, since, month, month + 12),
                "active_2y": active_between(years, year + 1, year + 2, known),
                "active_5y": active_between(years, year + 1, year + SPAN, known),
                "active_later": active_between(years, year + 2, year + SPAN, known),
                "active_at_signing": active_between(years, year, year, known),
            }
        )
    out = pd.concat([signed, pd.DataFrame(rows)], axis=1)
    flags = {
        "provides_mission": out["peacekeeping"],
        "reconciliation_agreed": out["reconciliation"],
        "power_shared": out["power_sharing"],
        "full": out["type"] == "full",
        "about_territory": out["incompatibility"].str.contains("territory"),
    }
    numbers = {name: values.astype("float64") for name, values in flags.items()}
    return _with_context(out.assign(year=out["year"].astype("float64"), **numbers))


def _with_context(frame: pd.DataFrame) -> pd.DataFrame:
    """Add population, income and democracy of the year before."""
    context = load("context")[["state", "year", "population", "gdp_per_head_real", "polyarchy"]]
    context = context.assign(year=context["year"].astype("float64") + 1)
    context = context.rename(columns=lambda n: n if n in ("state", "year") else f"{n}_lag1")
    out = frame.merge(context, on=["state", "year"], how="left", validate="many_to_one")
    names = [name for name in map(str, out) if name.endswith("_lag1")]
    return out.astype({**dict.fromkeys(names, "float64"), "state": "int64"})


_CONTEXT = {
    "state": "state of the conflict",
    "year": "year of the end or of signing",
    "population_lag1": "inhabitants the year before",
    "gdp_per_head_real_lag1": "real income per head the year before",
    "polyarchy_lag1": "electoral democracy the year before",
    "about_territory": "1 where the conflict is about territory",
}
EVENTS = {
    "conflict episode": Events(
        episodes,
        {
            **_CONTEXT,
            "conflict_id": "UCDP's number of the conflict",
            "mission_at_end": "1 with a peacekeeping mission in the month of the end",
            "mission_after": "1 with one from then to the end of the next year",
            "renewed_2y": "1 where the conflict was active again within two years",
            "renewed_5y": "1 within five years",
            "renewed_later": "1 in years two to five, calm in the first",
            "duration": "length of the episode in years",
            "settlement": "1 where it ended by agreement or ceasefire",
            "peace_agreement": "1 where it ended by peace agreement",
            "victory": "1 where one side won",
            "war": "1 with 1,000 battle deaths or more in the last year",
            "earlier_episodes": "earlier episodes of the conflict",
            "dyads": "pairs of parties fighting in the last year",
            "mediated": "1 where somebody mediated in the episode (to 2011)",
        },
        ("terminations", "conflicts", "mediation", "missions", "hosts", "context"),
    ),
    "agreement": Events(
        agreements,
        {
            **_CONTEXT,
            "conflict_id": "UCDP's number of the first conflict",
            "mission_at_signing": "1 with a peacekeeping mission in the month of signing",
            "mission_within_year": "1 with one in the twelve months from signing",
            "provides_mission": "1 where the text provides for a peacekeeping mission",
            "reconciliation_agreed": "1 where the text provides for reconciliation",
            "power_shared": "1 where the text shares power",
            "full": "1 where it settles the whole incompatibility",
            "active_2y": "1 where the conflict was active within two years of signing",
            "active_5y": "1 within five years",
            "active_later": "1 in years two to five",
            "active_at_signing": "1 where it was active in the year of signing",
        },
        ("agreements", "conflicts", "missions", "hosts", "context"),
    ),
}
