"""Missions: one record each, and the lookup by any label."""

from __future__ import annotations

import csv
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pkstats.errors import UnknownMission, near
from pkstats.registry.families import chain, families, named, reverse
from pkstats.text import for_html

if TYPE_CHECKING:
    import pandas as pd

DATA = Path(__file__).parent / "data"
# Kinds of missions with soldiers or police; political and civilian ones are left out.
UNIFORMED = ("peacekeeping", "coalition", "support", "training")


@dataclass(frozen=True, slots=True)
class Host:
    """A state a mission is deployed in, with validity (YYYY-MM, empty = the mission's own).

    `purpose` is what the mission is there for (internal, interstate, buffer, administration; empty
    where not coded), `purpose_document` the document that says so.
    """

    state: int
    start: str
    end: str
    weight: float
    role: str
    purpose: str
    purpose_document: str
    basis: str


@dataclass(frozen=True, slots=True)
class Mission:
    """One operation with one acronym and one mandate chain.

    Dates are ISO text; their precision (day, month, year) is stated beside them.
    An empty `end` with `exit == "ongoing"` means deployed on the day to which the registry
    is coded (`coded`).
    `predecessor` names the missions it directly took over from, parted by semicolons; `family`
    follows from the predecessors and theatres of all missions.
    """

    id: str
    name: str
    sponsor: str
    kind: str
    start: str
    start_precision: str
    end: str
    end_precision: str
    established_by: str
    predecessor: str
    phase_of: str
    theatre: str
    family: str
    exit: str
    exit_document: str
    note: str
    coder: str
    hosts: tuple[Host, ...] = field(default=(), repr=False)
    aliases: tuple[str, ...] = field(default=(), repr=False)

    @property
    def predecessors(self) -> tuple[str, ...]:
        """Missions it took over from, directly or through others, nearest first."""
        return chain(self.id, _links())

    @property
    def successors(self) -> tuple[str, ...]:
        """Missions that took over from it, whole or in part, directly or through others."""
        return chain(self.id, _successors())

    def _lines(self) -> Iterator[tuple[str, str]]:
        from pkstats.registry.states import states_table

        names = states_table().drop_duplicates("state", keep="last").set_index("state")["name"]
        yield "name", self.name
        yield "sponsor", f"{self.sponsor}, {self.kind}"
        start = f"{self.start or 'unknown'} ({self.start_precision})"
        if self.exit == "ongoing":
            yield "dates", f"since {start}, ongoing as of {max(coded(), self.start)}"
        else:
            yield "dates", f"{start} to {self.end or 'unknown'}"
        yield "established by", self.established_by or "not coded"
        hosts = dict.fromkeys(host.state for host in self.hosts)
        yield "hosts", ", ".join(f"{names.get(number, '?')} ({number})" for number in hosts)
        purposes = dict.fromkeys(host.purpose for host in self.hosts if host.purpose)
        yield "purpose", ", ".join(purposes) or "not coded"
        yield "family", self.family
        yield "predecessors", ", ".join(self.predecessors) or "none"
        yield "successors", ", ".join(self.successors) or "none"
        ended = self.exit or "not coded"
        yield "exit", f"{ended} ({self.exit_document})" if self.exit_document else ended
        yield "also called", ", ".join(self.aliases) or "–"
        if self.note:
            yield "note", self.note

    def __repr__(self) -> str:
        body = "\n".join(f"  {label:<15}{value}" for label, value in self._lines())
        return f"Mission {self.id}\n{body}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{for_html(label)}</th><td>{for_html(value)}</td></tr>"
            for label, value in self._lines()
        )
        return f"<table><caption>{for_html(self.id)}</caption>{rows}</table>"


@cache
def coded() -> str:
    """Return the day to which the registry was looked up, such as ``"2025-07-31"``."""
    return str(tomllib.loads((DATA / "registry.toml").read_text(encoding="utf-8"))["coded"])


def normalise(label: str) -> str:
    """Return a label without case, accents, blanks and punctuation; UN is United Nations."""
    plain = unicodedata.normalize("NFKD", str(label)).casefold()
    plain = re.sub(r"\bun\b", "united nations", plain)
    return "".join(letter for letter in plain if letter.isalnum())


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of every registry file whose name starts with `name`, as text."""
    found: list[dict[str, str]] = []
    for path in sorted(DATA.glob(f"{name}_*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += list(csv.DictReader(file))
    return found


@cache
def _missions() -> dict[str, Mission]:
    hosts: dict[str, list[Host]] = {}
    for row in rows("hosts"):
        host = Host(
            state=int(row["state"]),
            start=row["from"],
            end=row["to"],
            weight=float(row["weight"] or 1),
            role=row["role"],
            purpose=row["purpose"],
            purpose_document=row["purpose_document"],
            basis=row["basis"],
        )
        hosts.setdefault(row["mission_id"], []).append(host)
    aliases: dict[str, list[str]] = {}
    for row in rows("aliases"):
        if row["source"] == "*" and row["mission_id"] and not (row["from"] or row["to"]):
            aliases.setdefault(row["mission_id"], []).append(row["label"])
    found = {}
    ordered = sorted(rows("missions"), key=lambda row: (row["start"] or "9999", row["mission_id"]))
    theatres = {row["mission_id"]: row["theatre"] for row in ordered}
    links = {row["mission_id"]: named(row["predecessor"]) for row in ordered}
    family = families(theatres, links)
    for row in ordered:
        values = {key: value for key, value in row.items() if key != "mission_id"}
        found[row["mission_id"]] = Mission(
            id=row["mission_id"],
            **values,
            family=family[row["mission_id"]],
            hosts=tuple(hosts.get(row["mission_id"], ())),
            aliases=tuple(dict.fromkeys(aliases.get(row["mission_id"], ()))),
        )
    return found


@cache
def _links() -> dict[str, tuple[str, ...]]:
    """Return the direct predecessors of every mission."""
    return {item.id: named(item.predecessor) for item in _missions().values()}


@cache
def _successors() -> dict[str, tuple[str, ...]]:
    """Return the direct successors of every mission that has some."""
    return reverse(_links())


@cache
def _names() -> dict[str, str]:
    """Return normalised id, full name and general alias → mission id."""
    names: dict[str, str] = {}
    for mission in _missions().values():
        for label in (*mission.aliases, mission.name, mission.id):
            names[normalise(label)] = mission.id
    return names


def mission(label: str) -> Mission:
    """Return the mission a label means: acronym in any case, full name or other known name.

    Parameters
    ----------
    label : str
        Such as ``"MINUSTAH"``.

    Returns
    -------
    Mission
        `id`, `name`, `sponsor`, `start`, `end`, `hosts`, `family`, `predecessors`, `successors`,
        `exit` and others; `pkstats.codebook("missions")` explains them.

    Raises
    ------
    UnknownMission
        When no mission has that label, with near matches; when the label is shared by several
        phases, with their names; when it names something that is not a mission, with the reason.
    """
    key = normalise(label)
    if key in _names():
        return _missions()[_names()[key]]
    phases = [i.id for i in _missions().values() if i.phase_of and normalise(i.phase_of) == key]
    if phases:
        raise UnknownMission(f"{label!r} names several phases: {', '.join(phases)}. Name one.")
    refused = [row for row in rows("aliases") if normalise(row["label"]) == key]
    for row in refused:
        if not row["mission_id"] and row["source"] == "*":
            raise UnknownMission(f"{label!r} is not a mission: {row['reason']}.")
    if refused:
        which = ", ".join(sorted({row["mission_id"] for row in refused if row["mission_id"]}))
        raise UnknownMission(
            f"{label!r} means different missions by source, place or date: {which}. Name one."
        )
    raise UnknownMission(f"No mission is called {label!r}.{_suggest(label)}")


def _suggest(label: str) -> str:
    known = [item.id for item in _missions().values()]
    matches = near(label, known) or near(label, [item.name for item in _missions().values()])
    if matches:
        return f" Did you mean {', '.join(map(repr, matches))}?"
    return " pkstats.missions() lists all of them."


def missions_table() -> pd.DataFrame:
    """Return the registry: one row per mission, in order of start.

    Returns
    -------
    DataFrame
        Columns as in `pkstats.codebook("missions")`.
    """
    import pandas as pd

    fields = [name for name in Mission.__dataclass_fields__ if name not in ("hosts", "aliases")]
    records = [{name: getattr(item, name) for name in fields} for item in _missions().values()]
    frame = pd.DataFrame(records, columns=fields).rename(columns={"id": "mission_id"})
    frame = frame.replace("", pd.NA)
    for column in ("start", "end"):
        frame[column] = pd.to_datetime(frame[column], format="%Y-%m-%d").astype("datetime64[s]")
    return frame.astype({name: "str" for name in frame if name not in ("start", "end")})


def hosts_table() -> pd.DataFrame:
    """Return one row per mission, host state and spell: weight, role and purpose.

    Columns as in `pkstats.codebook("hosts")`; months are inclusive, an open start is the mission's
    own. Weights are relative: those in force in a month are scaled to one where they are used.
    """
    import pandas as pd

    records = []
    for item in _missions().values():
        for host in item.hosts:
            start, end = host.start or item.start[:7], host.end or item.end[:7]
            about = (host.weight, host.role, host.purpose, host.purpose_document, host.basis)
            records.append((item.id, host.state, start, end, *about))
    columns = ["mission_id", "state", "from", "to", "weight", "role"]
    columns += ["purpose", "purpose_document", "basis"]
    frame = pd.DataFrame(records, columns=columns)
    for column in ("purpose", "purpose_document"):
        frame[column] = frame[column].replace("", None).astype("str")
    for column in ("from", "to"):
        months = pd.to_datetime(frame[column].replace("", pd.NA), format="%Y-%m")
        frame[column] = months.dt.to_period("M")
    return frame


def aliases_table() -> pd.DataFrame:
    """Return every known label by source, with the mission it means or the reason it is refused."""
    import pandas as pd

    records = list(rows("aliases"))
    blank = {"location": "", "from": "", "to": "", "reason": ""}
    for item in _missions().values():
        for label in dict.fromkeys((item.id, item.name)):
            records.append({"source": "*", "label": label, "mission_id": item.id, **blank})
    columns = ["source", "label", "location", "from", "to", "mission_id", "reason"]
    return pd.DataFrame(records, columns=columns).fillna("")
