"""Tables of a case on people: who fled, who of the mission died, how the state was governed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from pkstats.study.cases.data import averaged, summed
from pkstats.study.cases.numbers import years_of
from pkstats.study.cases.scope import Scope
from pkstats.study.readable import Readable
from pkstats.tables.coverage import last_whole_year

Frames = Mapping[str, pd.DataFrame]
LONG, BLOCK, DECADE = 18, 5, 10


def when(year: int, scope: Scope) -> str:
    """Return whether a year lies before, in or after the mission's years."""
    if year < scope.first:
        return "before"
    return "there" if year <= scope.last else "after"


def notes(part: str, frames: Frames, series: str = "") -> str:
    """Return the sentences on where the data of a part, or of the series named in it, stop."""
    frame = frames["gaps"]
    chosen = (frame["part"] == part) & frame["series"].str.contains(series, regex=False)
    return " ".join(frame.loc[chosen, "note"])


def _by_year(
    frame: pd.DataFrame,
    names: Mapping[str, str],
    joined: Callable[[pd.DataFrame, str], pd.Series],
) -> pd.DataFrame:
    """Return columns under their labels by year, hosts joined, without empty years and columns."""
    wide = pd.DataFrame({label: joined(frame, name) for name, label in names.items()})
    return wide.dropna(how="all").dropna(axis="columns", how="all")


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
    wide = _by_year(frame, names, summed)
    return Readable(
        f"People from {scope.places} who had fled",
        _chosen(wide, scope, peaks=True),
        " ".join(
            filter(
                None,
                (
                    "A zero for those whom UNHCR helps says that it helps none, not that none are "
                    "displaced; returns are those UNHCR has recorded.",
                    notes("displacement", frames),
                ),
            )
        ),
    )


def blocks(frame: pd.DataFrame, scope: Scope | None = None) -> list[tuple[str, pd.DataFrame]]:
    """Return rows by year, or by five years where there are many; never across arrival or exit."""
    years = sorted({int(year) for year in frame["year"]})
    step = BLOCK if len(years) > LONG else 1
    groups: dict[tuple[str, int], list[int]] = {}
    for year in years:
        side = when(year, scope) if scope else ""
        groups.setdefault((side, year // step), []).append(year)
    return [
        (years_of(some[0], some[-1]), frame[frame["year"].isin(some)]) for some in groups.values()
    ]


def humanitarian(scope: Scope, frames: Frames) -> Readable:
    """Return aid asked for and given, and attacks on aid workers, a year."""
    frame = frames["humanitarian"]
    span = frame["year"].between(scope.first - 2, min(scope.last + BLOCK, last_whole_year()))
    rows = []
    for years, block in blocks(frame[span], scope):
        n = block["year"].nunique()
        required, inside, outside, attacks, killed = (
            summed(block, name)
            for name in (
                "required_usd", "funded_usd", "funded_outside_plans_usd", "incidents", "killed",
            )
        )  # fmt: skip
        rows.append(
            {
                "years": years,
                "when": when(int(block["year"].min()), scope),
                "asked for, million dollars": required.mean() / 1e6,
                "given in plans": inside.mean() / 1e6,
                "given outside plans": outside.mean() / 1e6,
                "attacks on aid workers": attacks.sum() / n if len(attacks) else None,
                "aid workers killed": killed.sum() / n if len(killed) else None,
            }
        )
    table = pd.DataFrame(rows)
    if len(table):
        names = list(table)[2:]
        table[names] = table[names].astype("float64")
    return Readable(
        f"Humanitarian aid (FTS) and the safety of aid workers (AWSD) in {scope.places}, a year",
        table,
        notes("humanitarian", frames),
    )


def governance(scope: Scope, frames: Frames) -> Readable:
    """Return democracy and income per head at chosen years."""
    frame = frames["governance"]
    names = {
        "polyarchy": "electoral democracy (V-Dem, 0 to 1)",
        "liberal_democracy": "liberal democracy (V-Dem, 0 to 1)",
        "gdp_per_head_real": "real income per head (dollars of 2011)",
        "population": "inhabitants, million",
    }
    wide = _by_year(frame, names, averaged)
    if "inhabitants, million" in wide:
        wide["inhabitants, million"] = summed(frame, "population") / 1e6
    said = [notes("governance", frames)]
    if len(people := summed(frame, "population")) and people.index.max() < wide.index.max():
        said.append(f"Inhabitants: data end in {int(people.index.max())}.")
    if len(scope.hosts) > 1:
        said.append("Means of the host states that have figures; inhabitants are those of all.")
        said += _late_hosts(frame, scope)
    return Readable(
        f"Governance and economy of {scope.places}",
        _chosen(wide, scope),
        " ".join(filter(None, said)),
    )


def _late_hosts(frame: pd.DataFrame, scope: Scope) -> list[str]:
    """Say which hosts come into the means after the first year, and from when."""
    firsts = frame[frame["polyarchy"].notna()].groupby("state")["year"].min()
    names = dict(zip(scope.hosts, scope.names, strict=True))
    late = [f"{names[state]} from {year}" for state, year in firsts.items() if year > firsts.min()]
    return [f"In the means: {', '.join(late)}, the others before too."] if late else []


def safety(scope: Scope, frames: Frames) -> Readable:
    """Return deaths of the mission's personnel by cause and year, or by ten years where there are many."""
    frame = frames["safety"]
    wide = frame.pivot_table(index="year", columns="cause", values="deaths", aggfunc="sum")
    if wide.empty:
        return Readable(f"Deaths of personnel of {scope.mission.id}", wide, notes("safety", frames))
    wide = wide.loc[:, wide.sum() > 0]
    wide["all causes"] = wide.sum(axis=1)
    step = DECADE if len(wide) > LONG else 1
    groups = wide.groupby(wide.index // step)
    rows = groups.sum().astype("Int64")
    spans = [years_of(int(group.index.min()), int(group.index.max())) for _, group in groups]
    rows.insert(0, "years", spans)
    rows.columns.name = None
    return Readable(
        f"Deaths of personnel of {scope.mission.id} by cause (UN)",
        rows.reset_index(drop=True),
        notes("safety", frames),
    )


def _chosen(wide: pd.DataFrame, scope: Scope, peaks: bool = False) -> pd.DataFrame:
    """Return the rows of a few years around arrival and exit, some between, and the newest.

    Between stand the quarters of its years, or for missions of many years every tenth; with `peaks`
    also the year in which each column was highest, from the year before it came.
    """
    chosen = {scope.first - 1, scope.first, scope.last, scope.last + 2, scope.last + 5}
    span = scope.last - scope.first
    quarters = {scope.first + span * part // 4 for part in (1, 2, 3)}
    chosen |= set(range(0, scope.last, DECADE)) if span > LONG else quarters
    whole = wide[wide.index <= last_whole_year()]
    if peaks:
        since = whole.loc[whole.index >= scope.first - 1].dropna(axis="columns", how="all")
        chosen |= set(since.idxmax())
    some = whole[whole.index.isin(chosen | {min(last_whole_year(), scope.window[1])})].copy()
    some.insert(0, "when", [when(int(year), scope) for year in some.index])
    some.insert(0, "year", some.index.astype("str"))
    return some.reset_index(drop=True)
