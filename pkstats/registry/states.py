"""States and their codes by year.

A state is known by its Gleditsch–Ward number. `data/states.csv` keeps spells of constant codes
(those in force at a year's end or on the state's last day), `data/state_names.csv` the names and
special codes that publishers write, each resolved or refused with a reason, `data/polity.csv` the
numbers that Polity gives states otherwise than the Correlates of War.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pkstats.errors import UnknownState, suggestion
from pkstats.registry.missions import coded

if TYPE_CHECKING:
    import pandas as pd

FIRST_YEAR, LAST_YEAR = 1946, int(coded()[:4])
NUMBER_SCHEMES, TEXT_SCHEMES = ("gw", "cow", "m49", "polity"), ("iso3", "iso2", "name")
SCHEMES = NUMBER_SCHEMES + TEXT_SCHEMES

# Serbia took Yugoslavia's seat under a new GW number, and publishers write either for all years
# (UCDP 345 to this day, UNHCR `SRB` in the 1990s). No other successor is written that way.
SERBIA, YUGOSLAVIA, SUCCESSION = 340, 345, 2006


@dataclass(frozen=True, slots=True)
class State:
    """One state in one year; `member` is False for a territory outside the system that year."""

    gw: int
    year: int
    name: str
    iso3: str | None
    iso2: str | None
    cow: int | None
    m49: int | None
    member: bool

    def __repr__(self) -> str:
        kind = "State" if self.member else "Territory"
        return f"<{kind} {self.gw} {self.name} ({self.iso3 or 'no ISO code'}), {self.year}>"


def _read(name: str, numbers: tuple[str, ...]) -> pd.DataFrame:
    """Read a registry file as text, so that Namibia's `NA` stays what it is."""
    import pandas as pd

    with (files("pkstats.registry") / "data" / name).open(encoding="utf-8") as handle:
        frame = pd.read_csv(handle, dtype="string", keep_default_na=False)
    return frame.assign(**{column: _whole(frame[column]) for column in numbers})


def _whole(values: pd.Series) -> pd.Series:
    """Return whole numbers as Int64; what is not one becomes <NA>."""
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce").astype("Float64")
    return numbers.where(numbers % 1 == 0).astype("Int64")


def _key(text: str) -> str:
    """Fold case, accents, punctuation, articles and `&`, in which publishers differ for one name."""
    plain = unicodedata.normalize("NFKD", text.replace("&", " and "))
    kept = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    words = "".join(kept).casefold().split()
    return " ".join([word for word in words if word != "the"] or words)


@cache
def _spells() -> pd.DataFrame:
    spells = _read("states.csv", ("state", "from", "to", "cow", "m49", "member"))
    texts = {column: spells[column].replace("", None) for column in TEXT_SCHEMES}
    return spells.assign(to=spells["to"].fillna(LAST_YEAR), gw=spells["state"], **texts)


@cache
def _labels() -> pd.DataFrame:
    labels = _read("state_names.csv", ("state", "from", "to"))
    return labels.assign(key=labels["label"].map(_key).astype("string"))


@cache
def _table(until: int = LAST_YEAR) -> pd.DataFrame:
    """Return the state system by year; codes in force in the last year go on to `until`."""
    spells = _spells()
    ends = spells["to"].where(spells["to"] < LAST_YEAR, max(until, LAST_YEAR))
    bounds = zip(spells["from"], ends, strict=True)
    years: list[Any] = [range(first, last + 1) for first, last in bounds]
    table = spells.assign(year=years).explode("year").astype({"year": "Int64", "member": "bool"})
    columns = ["state", "year", "gw", "cow", "iso3", "iso2", "m49", "name", "member"]
    return table[columns].sort_values(["state", "year"], ignore_index=True)


def states_table(until: int = LAST_YEAR) -> pd.DataFrame:
    """Return state, year, codes in force, name and member for every state-year from 1946.

    The Gleditsch–Ward system with microstates, and three territories that missions went to before
    they were states (`member` False). Codes are known to the registry's last year, and go on unchanged
    where `until` asks for more.
    """
    return _table(until).copy()


@cache
def _polity() -> pd.DataFrame:
    """Return the states that Polity numbers in its own way: key, state, from, to."""
    own = _read("polity.csv", ("code", "state", "from", "to")).rename(columns={"code": "key"})
    return own[["state", "from", "to", "key"]].fillna({"from": FIRST_YEAR, "to": LAST_YEAR})


def clashes(codes: pd.Series, scheme: str, years: pd.Series | None) -> dict[int, str]:
    """Return the numbers that mean another state in Polity's scheme in their year, with its name.

    Numbers that mean no state at all in `scheme` are not among them.
    """
    if scheme not in ("gw", "cow"):
        return {}
    own = resolve_states(codes, scheme, years)
    theirs = resolve_states(codes, "polity", years)
    odd = _whole(codes).isin(_polity()["key"]) & own.notna() & theirs.notna() & own.ne(theirs)
    odd = odd.fillna(False).astype("bool")
    names = _table().drop_duplicates("state", keep="last").set_index("state")["name"]
    found = zip(_whole(codes)[odd], theirs[odd], strict=True)
    return {int(code): str(names[state]) for code, state in dict.fromkeys(found)}


@cache
def _holders(scheme: str) -> pd.DataFrame:
    """Return who holds a code when: key, state (<NA> = refused), from, to."""
    import pandas as pd

    if scheme == "polity":
        others = _holders("cow")
        return pd.concat([_polity(), others[~others["key"].isin(_polity()["key"])]])
    spells = _spells().dropna(subset=[scheme])
    held = spells[["state", "from", "to"]].assign(key=spells[scheme])
    if scheme in NUMBER_SCHEMES:
        return held
    held["key"] = held["key"].map(_key).astype("string")
    labels = _labels()[["state", "from", "to", "key"]]
    return pd.concat([held, labels.fillna({"from": FIRST_YEAR, "to": LAST_YEAR})])


def _holder_by_year(asked: pd.DataFrame, scheme: str) -> pd.Series:
    """Return the state for each row of `asked` (unique key and year), indexed like it."""
    year = asked["year"].fillna(LAST_YEAR)
    found = asked.assign(year=year, row=asked.index).merge(_holders(scheme), on="key")
    within = found["year"].clip(found["from"], found["to"])
    found["gap"] = (found["year"] - within).abs()
    found = found[found["gap"] == found.groupby("row")["gap"].transform("min")]
    found = found.sort_values(["to", "state"], ascending=False)
    # Two states in the code's own year: the one that goes on has it. Equally far: nobody does.
    rivals = found.groupby("row")["state"].transform("nunique")
    found["state"] = found["state"].where((rivals < 2) | (found["gap"] == 0))
    state = found.drop_duplicates("row").set_index("row")["state"].reindex(asked.index)
    serbian = state.isin([SERBIA, YUGOSLAVIA])
    state = state.mask(serbian & (asked["year"] < SUCCESSION).fillna(False), YUGOSLAVIA)
    return state.mask(serbian & (asked["year"] > SUCCESSION).fillna(False), SERBIA)


def resolve_states(
    codes: pd.Series, scheme: str, years: pd.Series | int | None = None
) -> pd.Series:
    """Return the Gleditsch–Ward number of each code in its year.

    Out of its years a code goes to the state holding it nearest in time, since publishers use
    today's codes for old years: `RUS` 1985 is 365, `SDN` 2005 is 625, `DEU` 1985 is 260, `VNM` 1965
    is 816, `YEM` 1980 is 678. Serbia's and Yugoslavia's are 345 to 2005 and 340 from 2007. The
    answer need not be in the system that year (`KEN` 1955 is 501), and the figures beside a code
    may cover today's borders only.

    Parameters
    ----------
    codes : Series
        Text ignores case, accents and punctuation, and may be a label of `data/state_names.csv`.
    scheme : str
        "gw", "cow", "polity", "iso3", "iso2", "m49" or "name".
    years : Series, int or None
        The year of each code, indexed like `codes`. Missing: the latest state to hold the code.

    Returns
    -------
    Series
        Int64, indexed like `codes`; <NA> where unknown, refused or equally near to two states.
    """
    import pandas as pd

    if scheme not in SCHEMES:
        raise ValueError(f"scheme must be one of {SCHEMES}, got {scheme!r}")
    if isinstance(years, pd.Series) and not years.index.equals(codes.index):
        raise ValueError("years must have the index of codes; align them first")
    if scheme in NUMBER_SCHEMES:
        keys = _whole(codes)
    else:
        folded = {code: _key(str(code)) for code in codes.dropna().unique()}
        keys = codes.map(folded).astype("string")
    asked = pd.DataFrame({"key": keys.array, "year": getattr(years, "array", years)})
    asked["year"] = _whole(asked["year"])
    unique = asked.dropna(subset="key").drop_duplicates()
    unique = unique.assign(state=_holder_by_year(unique, scheme))
    state = asked.merge(unique, on=["key", "year"], how="left")["state"]
    return pd.Series(state.array, index=codes.index, dtype="Int64", name="state")


def state(code_or_name: int | str, year: int | None = None) -> State:
    """Return one state by GW number, ISO code or name; without a year, in its latest year."""
    import pandas as pd

    text = str(code_or_name).strip()
    schemes = ("gw",) if text.lstrip("-").isdigit() else TEXT_SCHEMES
    answers = (resolve_states(pd.Series([text]), scheme, year)[0] for scheme in schemes)
    number = next(filter(pd.notna, answers), None)
    if number is None:
        raise UnknownState(why_unknown(text))
    rows = _table()[_table()["state"] == number]
    row = rows[rows["year"] == (rows["year"].max() if year is None else year)]
    if row.empty:
        name, span = rows["name"].iloc[-1], f"{rows['year'].min()}–{rows['year'].max()}"
        raise UnknownState(f"{name} ({number}) is listed for {span}, not for {year}.")
    values: Any = row.drop(columns="state").astype(object).replace({pd.NA: None})
    return State(**values.iloc[0].to_dict())


def why_unknown(text: str) -> str:
    """Say why a text names no state: the registry's reason, or what is near."""
    refused = _labels()[_labels()["state"].isna() & _labels()["key"].eq(_key(text))]
    if len(refused):
        return f"{text!r} names no state: {refused['reason'].iloc[0]}."
    names = [*_spells()["name"], *_labels().dropna(subset="state")["label"]]
    expected = "a Gleditsch–Ward number, ISO code or name"
    return f"No state is called {text!r}; expected {expected}.{suggestion(text, names)}"
