"""Population, income and regime by state and year, each column from the first source that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from pkstats.codebook.model import Table
    from pkstats.tables.recipe import Workshop

KEY = ["state", "year"]

# Today's states whose people lived in a larger state, and the last year they did. The World Bank
# gives the larger state's code the population of what is left of it.
UNION = ("UKR", "BLR", "MDA", "EST", "LVA", "LTU", "GEO", "ARM", "AZE", "KAZ", "KGZ", "TJK", "TKM")
PARTS = {
    **dict.fromkeys((*UNION, "UZB"), ("RUS", 1990)),
    **dict.fromkeys(("HRV", "SVN", "BIH"), ("SRB", 1991)),
    "MKD": ("SRB", 1990),
    "MNE": ("SRB", 2005),
    "XKX": ("SRB", 2007),
    "CZE": ("CSK", 1992),
    "SVK": ("CSK", 1992),
    "SSD": ("SDN", 2010),
    "ERI": ("ETH", 1992),
    "BGD": ("PAK", 1970),
}


def context(table: Table, workshop: Workshop) -> pd.DataFrame:
    """Return one row per state and year with a figure from any source.

    Population: World Bank, then the simulated estimates; every other column has one source.
    """
    import pandas as pd

    simulated = _placed(workshop, table, workshop.raw("context_gdp"), "gw", "gw")
    estimate = (simulated["population_million"] * 1e6).round()
    vdem = _placed(workshop, table, workshop.raw("context_vdem"), "cow", "cow")
    estimated = simulated.assign(population=estimate, population_source="gdp_population")
    people = [_population(workshop, table), estimated]
    dollars = _world_bank(workshop, "context_gdp_usd", "gdp_per_head_usd")
    columns = [
        _first(people, ["population", "population_source"]),
        _first([_placed(workshop, table, dollars, "iso3", "iso3")], ["gdp_per_head_usd"]),
        _first([simulated], ["gdp_per_head_real"]),
        _first([vdem], ["polyarchy"]),
        _first([vdem], ["liberal_democracy"]),
        _first([_polity(workshop, table)], ["polity"]),
    ]
    return pd.concat(columns, axis=1).reset_index()


def _first(parts: list[pd.DataFrame], names: list[str]) -> pd.DataFrame:
    """Return columns by state and year from the first part that has the first of them."""
    import pandas as pd

    frame = pd.concat(parts).dropna(subset=names[:1])
    return frame.drop_duplicates(KEY).set_index(KEY)[names]


def _placed(
    workshop: Workshop, table: Table, frame: pd.DataFrame, column: str, scheme: str
) -> pd.DataFrame:
    """Add the state; rows without one, and a state's second row for a year, are set aside."""
    frame = workshop.states(frame, table.name, {"column": column, "scheme": scheme})
    again = frame.duplicated(KEY).to_numpy()
    workshop.put_aside(
        table.name, frame[again], frame[column].astype("str")[again], "repeats a key"
    )
    return frame[~again]


def _world_bank(workshop: Workshop, raw: str, name: str) -> pd.DataFrame:
    """Return a World Bank series with its values as numbers under the processed name."""
    import pandas as pd

    frame = workshop.raw(raw)
    return frame.assign(**{name: pd.to_numeric(frame["value"])})


def _population(workshop: Workshop, table: Table) -> pd.DataFrame:
    """Return World Bank populations, with a state's former parts counted in while they were parts.

    The parts also keep rows of their own.
    """
    import pandas as pd

    frame = _world_bank(workshop, "context_population", "population")
    whole = frame["iso3"].map({code: whole for code, (whole, _) in PARTS.items()})
    last = frame["iso3"].map({code: last for code, (_, last) in PARTS.items()})
    parts = frame.assign(iso3=whole)[frame["year"].astype("float64") <= last]
    united = pd.concat([frame, parts]).groupby(["iso3", "year"], as_index=False)["population"].sum()
    united["population"] = united["population"].round()
    added = pd.MultiIndex.from_frame(parts[["iso3", "year"]])
    sums = pd.MultiIndex.from_frame(united[["iso3", "year"]]).isin(added)
    united["population_source"] = pd.Series(sums).map({True: "wdi, parts added", False: "wdi"})
    united["source"] = "wdi"
    return _placed(workshop, table, united, "iso3", "iso3")


def _polity(workshop: Workshop, table: Table) -> pd.DataFrame:
    """Return Polity scores; in the year of a change the polity that goes on speaks for the state."""
    frame = workshop.raw("context_polity").rename(columns={"polity2": "polity"})
    last = frame.groupby("polity_code")["year"].transform("max")
    frame = frame.assign(_last=last).sort_values("_last", ascending=False, kind="stable")
    return _placed(workshop, table, frame, "polity_code", "polity")
