"""What a case is about: its mission, the missions before, beside and after it, hosts and years."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkstats.errors import UnknownMission, UnknownName, near
from pkstats.panel.scope import BETWEEN, INSIDE
from pkstats.panel.skeleton import edge_hosts, host_shares
from pkstats.registry import hosts_table, missions_table
from pkstats.registry import mission as find_mission
from pkstats.registry.missions import UNIFORMED, Mission, normalise
from pkstats.tables.coverage import Stamp, as_of_year, build_stamp

if TYPE_CHECKING:
    import pandas as pd

BEFORE, AFTER = 5, 10


@dataclass(frozen=True)
class Scope:
    """Mission, chain, host states and years of a case.

    Attributes
    ----------
    mission : Mission
        The mission whose years are marked and whose measures are scored.
    chain : DataFrame
        mission_id, name, sponsor, role (main, before, beside, after), start, end, exit.
    hosts : tuple of int
        Gleditsch–Ward numbers of all states that were hosts of the main mission at any time;
        `shares` tells which count in a year.
    names : tuple of str
        Their names.
    entry : mapping
        The entry of `cases.toml`, empty for a mission without one.
    """

    mission: Mission
    chain: pd.DataFrame = field(repr=False)
    hosts: tuple[int, ...]
    names: tuple[str, ...]
    entry: Mapping[str, Any] = field(repr=False)

    @property
    def ongoing(self) -> bool:
        """Whether the registry has no end of the mission."""
        return self.mission.exit == "ongoing"

    @property
    def first(self) -> int:
        """First calendar year of the mission."""
        return int(self.mission.start[:4])

    @property
    def last(self) -> int:
        """Last calendar year of the mission, or the as-of year while it is ongoing."""
        return max(as_of_year(), self.first) if self.ongoing else int(self.mission.end[:4])

    @property
    def window(self) -> tuple[int, int]:
        """First and last calendar year shown: the chain, and some years around the mission."""
        starts = self.chain["start"].dt.year
        ends = self.chain["end"].dt.year.where(self.chain["exit"] != "ongoing", as_of_year())
        low = min(self.first - BEFORE, int(starts.min()) - 1)
        high = max(self.last + AFTER, int(ends.max()) if ends.notna().any() else self.last)
        return low, max(min(high, as_of_year()), self.last)

    def shares(self, year: int) -> Mapping[int, float]:
        """Return the host states that count in a year, as in panels, and the share of each.

        Before the mission they are those of its first year, after it those of its last month.
        """
        return {state: share for state, (share, _) in self._hosts(year).items()}

    def conflict_hosts(self, year: int) -> frozenset[int]:
        """Return those of the year's hosts whose own conflicts the mission is there for, as in panels."""
        hosts = self._hosts(year).items()
        return frozenset(state for state, (_, purpose) in hosts if purpose in INSIDE)

    def _hosts(self, year: int) -> Shares:
        before, by_year, after = _shares(self.mission.id, build_stamp())
        if year < self.first:
            return before
        return by_year.get(year, {}) if year <= self.last else after

    @property
    def between_states(self) -> bool:
        """Whether it is there for a dispute between states, so that no conflict within one is its own."""
        purposes = {host.purpose for host in self.mission.hosts if host.role == "host"}
        return bool(purposes & set(BETWEEN)) and not purposes & set(INSIDE)

    @property
    def conflict_places(self) -> str:
        """Names of the host states whose own conflicts the mission is there for, in a sentence."""
        ours = {host.state for host in self.mission.hosts if host.purpose in INSIDE}
        pairs = zip(self.hosts, self.names, strict=True)
        return listed([name for state, name in pairs if state in ours]) or self.places

    @property
    def places(self) -> str:
        """Names of the host states in a sentence."""
        return listed(self.names)


Shares = Mapping[int, tuple[float, str]]


@lru_cache(maxsize=64)
def _shares(mission_id: str, build: Stamp) -> tuple[Shares, Mapping[int, Shares], Shares]:
    """Return the hosts before a mission, in each of its years and after it: share and purpose."""
    before, after = (_of(edge_hosts(window), mission_id) for window in ("before", "after"))
    frame = host_shares("year")
    by_year = {
        int(year): _of(part, mission_id)
        for year, part in frame[frame["mission_id"] == mission_id].groupby("year")
    }
    return before, by_year, after


def _of(frame: pd.DataFrame, mission_id: str) -> Shares:
    """Return share and purpose of a mission's hosts, by state."""
    frame = frame[(frame["mission_id"] == mission_id) & (frame["role"] == "host")]
    rows = zip(frame["state"], frame["share"], frame["purpose"], strict=True)
    return {int(state): (float(share), str(purpose)) for state, share, purpose in rows}


def listed(words: tuple[str, ...] | list[str]) -> str:
    """Return `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


@cache
def entries() -> dict[str, dict[str, Any]]:
    """Return the entries of `cases.toml` by id."""
    path = Path(__file__).with_name("cases.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def _by_name() -> dict[str, str]:
    names = {normalise(name): key for key, entry in entries().items() for name in entry["names"]}
    return names | {normalise(key): key for key in entries()}


def scope(label: str) -> Scope:
    """Return the scope of a case named by place (`Mali`) or by mission (`MINUSMA`).

    Raises
    ------
    UnknownName
        When neither a case nor a mission is called that, with near matches; when the name covers
        several cases; when the mission cannot be placed in time or space.
    """
    if not normalise(label):
        raise UnknownName(
            f"Expected a place or a mission, such as pkstats.case('Mali'); found {label!r}. "
            "pkstats.study.cases.case.cases() lists the named cases, pkstats.missions() the missions."
        )
    key = _by_name().get(normalise(label), "")
    entry = entries().get(key, {})
    if "several" in entry:
        raise UnknownName(
            f"{label!r} names several cases: {', '.join(entry['several'])}. Ask for one of them, "
            f"such as pkstats.case({entry['several'][0]!r})."
        )
    found = find_mission(entry["mission"]) if entry else _mission(label)
    if not entry:
        owners = [item for item in entries().values() if item.get("mission") == found.id]
        entry = owners[0] if owners else {}
    return _scope(found, entry)


def _mission(label: str) -> Mission:
    try:
        return find_mission(label)
    except UnknownMission as error:
        cases = [name for item in entries().values() for name in item["names"]]
        matches = near(label, cases)
        hint = f" Or did you mean the case {', '.join(map(repr, matches))}?" if matches else ""
        raise UnknownName(
            f"Expected a mission or one of the named cases (pkstats.study.cases.case.cases()). "
            f"{error}{hint}"
        ) from error


def _scope(found: Mission, entry: Mapping[str, Any]) -> Scope:
    hosts = tuple(dict.fromkeys(item.state for item in found.hosts if item.role == "host"))
    if not found.start or (not found.end and found.exit != "ongoing") or not hosts:
        lacking = "its host state" if found.start and (found.end or found.exit) else "its dates"
        raise UnknownName(
            f"A case needs a mission with dates and a host state; of {found.id} {lacking} "
            f"cannot be told, so no panel has it. pkstats.mission({found.id!r}) says what is known."
        )
    return Scope(found, _chain(found, entry), hosts, _names(hosts, found), entry)


def _names(hosts: tuple[int, ...], found: Mission) -> tuple[str, ...]:
    """Return the states' names at the mission's start, or the first known afterwards."""
    from pkstats.tables import load

    states = load("states")
    year = max(int(found.start[:4]), int(states["year"].min()))
    names = []
    for host in hosts:
        rows = states[states["state"] == host].sort_values("year")
        later = rows[rows["year"] >= year]
        chosen = later["name"].iloc[:1] if len(later) else rows["name"].iloc[-1:]
        names.append(str(chosen.iloc[0]) if len(chosen) else str(host))
    return tuple(names)


def _chain(found: Mission, entry: Mapping[str, Any]) -> pd.DataFrame:
    """Return the main mission and those before, beside and after it, in order of start.

    The missions are those of `cases.toml` and those of soldiers or police that were beside it for the
    same conflict; without an entry, those of its theatre, and all that it took over from or that took
    over from it.
    """
    table = missions_table()
    listed_ids = [find_mission(name).id for name in entry.get("chain", [])]
    kept = table["mission_id"].isin([found.id, *listed_ids])
    if entry:
        kept |= _beside(found, table)
    else:
        linked = table["mission_id"].isin([*found.predecessors, *found.successors])
        kept |= (linked | (table["theatre"] == found.theatre)) & table["start"].notna()
    chain = table[kept].copy()
    chain["role"] = [_role(row, found) for row in chain.to_dict("records")]
    columns = ["mission_id", "name", "sponsor", "role", "start", "end", "exit"]
    return chain[columns].sort_values(["start", "mission_id"]).reset_index(drop=True)


def _beside(found: Mission, table: pd.DataFrame) -> pd.Series:
    """Return which missions of soldiers or police shared its theatre, a host and a day with it."""
    hosts = {item.state for item in found.hosts if item.role == "host"}
    there = hosts_table()
    there = there.loc[(there["role"] == "host") & there["state"].isin(hosts), "mission_id"]
    kept = (table["theatre"] == found.theatre) & table["kind"].isin(UNIFORMED)
    kept &= table["mission_id"].isin(there) & ~(table["end"] < found.start)
    return kept & (table["start"] <= found.end if found.end else table["start"].notna())


def _role(row: dict[Any, Any], found: Mission) -> str:
    if row["mission_id"] == found.id:
        return "main"
    start, end = str(row["start"])[:10], str(row["end"])[:10]
    if row["mission_id"] in found.predecessors or (end != "NaT" and end <= found.start):
        return "before"
    follows = found.id in find_mission(row["mission_id"]).predecessors
    return "after" if follows or (found.end and start >= found.end) else "beside"
