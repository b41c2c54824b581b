"""What happened when: missions, mandates, agreements, mediation, conflicts."""

from __future__ import annotations

import pandas as pd

from pkstats.codebook import table
from pkstats.measures.mandates import task_flags
from pkstats.study.cases.data import read
from pkstats.study.cases.scope import Scope

FREQUENCIES = {"day": "D", "month": "M", "year": "Y"}
COLUMNS = ["date", "end", "kind", "mission_id", "what", "document", "source"]


def timeline(scope: Scope) -> pd.DataFrame:
    """Return dated events in order: date, end, kind, mission_id, what, document, source.

    Kinds: mission (start to end), mandate (a change of its document or tasks), agreement,
    conflict begins, conflict ends. Dates known to the month stand on its first day.
    """
    parts = [_missions(scope), _mandates(scope), _conflicts(scope)]
    agreements = diplomacy(scope)
    parts.append(
        agreements[agreements["kind"] == "agreement"][["date", "end", "kind", "what", "source"]]
    )
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True)
    frame = frame.reindex(columns=COLUMNS)
    return frame.sort_values(["date", "kind", "what"], kind="stable").reset_index(drop=True)


def diplomacy(scope: Scope) -> pd.DataFrame:
    """Return agreements, texts of the peace process, mediation and endings of conflict in the hosts.

    Columns: date, end, kind, what, type, outcome, deployed (during the mission), source. Kinds:
    agreement (UCDP), peace process text (PA-X), mediation, conflict ends. The lists differ in years
    and rules, and the same text may stand in the first two.
    """
    parts = [_agreements(scope), _texts(scope), _mediation(scope), _endings(scope)]
    parts = [part for part in parts if len(part)]
    columns = ["date", "end", "kind", "what", "type", "outcome", "source"]
    frame = pd.concat(parts) if parts else pd.DataFrame(columns=columns)
    frame = _shown(frame.reindex(columns=columns), scope)
    frame["deployed"] = while_there(frame["date"], scope)
    return frame.sort_values(["date", "kind", "what"], kind="stable").reset_index(drop=True)


def _shown(frame: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    low, high = scope.window
    dates = pd.to_datetime(frame["date"])
    return frame.assign(date=dates)[dates.dt.year.between(low, high)]


def in_hosts(locations: pd.Series, years: pd.Series, scope: Scope) -> pd.Series:
    """Return which lists of states (`432, 439`) name a host that counts in the year, shape (n,)."""
    found = []
    for text, year in zip(locations, years, strict=True):
        wanted = set() if pd.isna(year) else {str(host) for host in scope.shares(int(year))}
        found.append(bool(wanted & set(str(text).replace(" ", "").split(","))))
    return pd.Series(found, index=locations.index, dtype="bool")


def while_there(dates: pd.Series, scope: Scope) -> pd.Series:
    """Return which dates lie within the mission's own, shape (n,).

    Where its start or end is known to the month or year only, the whole of it counts.
    """
    item = scope.mission
    start = pd.Period(item.start, freq=FREQUENCIES[item.start_precision]).start_time
    end = pd.Timestamp.max
    if item.end:
        end = pd.Period(item.end, freq=FREQUENCIES[item.end_precision]).end_time
    return dates.between(start, end)


def founding(scope: Scope) -> tuple[str, pd.Timestamp] | None:
    """Return the agreement that a mission came after: its title and date of signing.

    It is the last one on a conflict in its hosts that provides for a peacekeeping operation, signed in
    the two years before the mission came or the month after, and not ended when it came. That the
    mission served it is not coded; None where the list has no such agreement.
    """
    start = pd.Timestamp(scope.mission.start)
    frame = read("agreements")
    near = frame["date"].between(start - pd.DateOffset(years=2), start + pd.DateOffset(months=1))
    ended = (frame["end_date"] < start).fillna(False)
    asked = frame["peacekeeping"].fillna(False) & near & ~ended
    rows = frame[asked & in_hosts(frame["locations"], frame["date"].dt.year, scope)].sort_values(
        "date"
    )
    if rows.empty:
        return None
    title = str(rows["title"].iloc[-1]).strip()
    return f"the {title.removeprefix('The ').removeprefix('the ')}", rows["date"].iloc[-1]


def _missions(scope: Scope) -> pd.DataFrame:
    known = read("missions").set_index("mission_id")
    chain = scope.chain
    documents = known["established_by"].reindex(chain["mission_id"]).to_numpy()
    return pd.DataFrame(
        {
            "date": chain["start"],
            "end": chain["end"],
            "kind": "mission",
            "mission_id": chain["mission_id"],
            "what": [
                f"{row.name_}: {row.role} ({row.exit if isinstance(row.exit, str) else 'exit not coded'})"
                for row in chain.rename(columns={"name": "name_"}).itertuples()
            ],
            "document": documents,
            "source": "missions",
        }
    )


def resolution(text: object) -> str:
    """Return a document symbol; TAMM writes bare Security Council numbers."""
    words = str(text).strip()
    return f"S/RES/{words}" if words.isdigit() else words


def _mandates(scope: Scope) -> pd.DataFrame:
    """Return one row per spell whose document or tasks differ from the spell before."""
    flags = list(task_flags())
    spells = read("mandates")
    spells = spells[spells["mission_id"].isin(scope.chain["mission_id"])]
    rows = []
    for mission_id, group in spells.sort_values("from").groupby("mission_id", sort=False):
        before: pd.Series | None = None
        for _, spell in group.iterrows():
            text = _changes(spell[["chapter_vii", *flags]], before)
            document = resolution(spell["resolution"])
            rows.append((spell["from"].to_timestamp(), spell["to"], mission_id, text, document))
            before = spell[["chapter_vii", *flags]]
    frame = pd.DataFrame(rows, columns=["date", "end", "mission_id", "what", "document"])
    ends = pd.PeriodIndex(frame["end"], freq="M").to_timestamp(how="end").floor("D")
    return frame.assign(kind="mandate", end=ends, source="mandates")


def _changes(spell: pd.Series, before: pd.Series | None) -> str:
    """Say how many tasks a mandate has and which came or went since the one before."""
    meanings = {name: column.meaning for name, column in table("mandates").columns.items()}
    known = spell.notna()
    count = int(spell.drop("chapter_vii")[known.drop("chapter_vii")].astype(bool).sum())
    unsure = int((~known).sum())
    text = f"{count} task{'' if count == 1 else 's'}" + (f" ({unsure} not coded)" if unsure else "")
    if spell["chapter_vii"] is not pd.NA and bool(spell["chapter_vii"]):
        text += ", Chapter VII"
    if before is None:
        return text
    both = [name for name in spell.index if known[name] and before.notna()[name]]
    for word, old, new in (("adds", False, True), ("drops", True, False)):
        names = [name for name in both if bool(before[name]) is old and bool(spell[name]) is new]
        if names:
            phrases = [
                meanings[name].removeprefix("Mandate asks the mission to ") for name in names
            ]
            text += f"; {word}: {', '.join(phrases)}"
    return text


def _conflicts(scope: Scope) -> pd.DataFrame:
    conflicts = read("conflicts")
    conflicts = conflicts[in_hosts(conflicts["locations"], conflicts["year"], scope)]
    begins = conflicts.drop_duplicates(["conflict_id", "episode_start_date"])
    begins = pd.DataFrame(
        {
            "date": begins["episode_start_date"],
            "kind": "conflict begins",
            "what": begins["side_a"].astype("str") + " against " + begins["side_b"].astype("str"),
            "source": "conflicts",
        }
    )
    endings = _endings(scope)[["date", "kind", "what", "outcome", "source"]]
    endings = endings.assign(what=endings["what"] + ": " + endings["outcome"].astype("str"))
    parts = [part for part in (begins, endings.drop(columns="outcome")) if len(part)]
    return _shown(pd.concat(parts), scope) if parts else begins


def intensities(scope: Scope) -> pd.Series:
    """Return `war` or `minor conflict` by year with a state-based conflict in a host state (UCDP)."""
    frame = read("conflicts")
    low, high = scope.window
    frame = frame[
        in_hosts(frame["locations"], frame["year"], scope) & frame["year"].between(low, high)
    ]
    war = (frame["intensity"] == "war").groupby(frame["year"]).any()
    return war.map({True: "war", False: "minor conflict"}).astype("object")


def _endings(scope: Scope) -> pd.DataFrame:
    frame = read("terminations")
    frame = frame[in_hosts(frame["locations"], frame["end_date"].dt.year, scope)]
    return pd.DataFrame(
        {
            "date": frame["end_date"],
            "kind": "conflict ends",
            "what": frame["side_a"].astype("str") + " against " + frame["side_b"].astype("str"),
            "type": frame["type_of_conflict"],
            "outcome": frame["outcome"],
            "source": "terminations",
        }
    )


def _agreements(scope: Scope) -> pd.DataFrame:
    frame = read("agreements")
    frame = frame[in_hosts(frame["locations"], frame["date"].dt.year, scope)]
    ended = frame["ended"].map({True: "ended", False: "said not to have ended"})
    return pd.DataFrame(
        {
            "date": frame["date"],
            "end": frame["end_date"],
            "kind": "agreement",
            "what": frame["title"],
            "type": frame["type"],
            "outcome": ended.fillna("not said whether it ended"),
            "source": "agreements",
        }
    )


def _texts(scope: Scope) -> pd.DataFrame:
    frame = read("peace_process")
    both = frame["state"].astype("str") + "," + frame["second_gw"].astype("str")
    frame = frame[in_hosts(both, frame["date"].dt.year, scope)]
    return pd.DataFrame(
        {
            "date": frame["date"],
            "kind": "peace process text",
            "what": frame["title"],
            "type": frame["stage"],
            "outcome": frame["status"],
            "source": "peace_process",
        }
    )


def _mediation(scope: Scope) -> pd.DataFrame:
    frame = read("mediation")
    here = in_hosts(frame["state"].astype("str"), frame["begin_date"].dt.year, scope)
    frame = frame[here & frame["mediated"] & frame["begin_date"].notna()]
    who = frame["third_party"].astype("str").where(frame["third_party"].notna(), "not named")
    return pd.DataFrame(
        {
            "date": frame["begin_date"],
            "end": frame["end_date"],
            "kind": "mediation",
            "what": frame["country"].astype("str") + " and " + frame["side_b"].astype("str"),
            "type": who,
            "source": "mediation",
        }
    )
