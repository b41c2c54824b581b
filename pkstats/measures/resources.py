"""Resources: strength, how far it falls short of what was authorised, money and contributors.

In mission panels a plain name is the mean over deployment; `_entry` is the first month reported, if
within a year of the start, and `_peak` the month of greatest strength.
"""

from __future__ import annotations

import numpy as np

from pkstats.measures.arithmetic import ratio
from pkstats.measures.registry import TIMED, Need, register

MISSIONS = (*TIMED, "mission")
STRENGTH = "personnel (UN, Kathman, IPI, Bara and Hultman)"
RELATIVE = f"{STRENGTH}; World Bank (population)"
AUTHORISED = f"{STRENGTH}; shortfall data (authorised)"
# A force further above its ceiling was not what the ceiling is of.
OVER = -0.5
BEYOND = "negative when over strength, missing when by more than half"
MOMENTS = {
    "entry": (" in the first month reported", "entry"),
    "peak": (" in the month of greatest strength", "during"),
}


def per_100k(persons: np.ndarray, population: np.ndarray) -> np.ndarray:
    """Return persons per 100,000 inhabitants of the host states, shape (n,)."""
    return 1e5 * ratio(persons, population)


def thousands(persons: np.ndarray) -> np.ndarray:
    """Return persons in thousands, shape (n,)."""
    return persons / 1000


def shortfall(deployed: np.ndarray, authorised: np.ndarray) -> np.ndarray:
    """Return 1 − deployed / authorised, shape (n,); missing where nothing was authorised.

    Missing, too, where more than half as many again were deployed: such a ceiling is another
    mission's (UNAMSIL's of 30 in 2005), that of what was to remain (MONUA), or leaves out troops
    that states paid for themselves (UNTMIH). One month of it outweighs all others in a mean.
    """
    short = 1 - ratio(deployed, authorised)
    return np.where(short < OVER, np.nan, short)


def _strength(statistic: str, ending: str, timing: str, units: tuple[str, ...], when: str) -> None:
    """Register strength in thousands, per inhabitants and against authorised, at one moment."""
    total = Need("personnel", "total", statistic=statistic)
    troops = Need("personnel", "troops", statistic=statistic)
    population = Need("context", "population")
    states = units if ending else (*units, "state-year")
    register(
        "resource",
        "thousand persons",
        [total],
        f"Uniformed strength in thousands{when}",
        timing=timing,
        units=states,
        source=STRENGTH,
        name=f"strength_thousands{ending}",
    )(thousands)
    for stem, need in (("troops", troops), ("strength", total)):
        what = "Military" if stem == "troops" else "Uniformed"
        register(
            "resource",
            "troops per 100,000 people"
            if stem == "troops"
            else "uniformed personnel per 100,000 people",
            [need, population],
            f"{what} strength relative to the population of the host states{when}",
            timing=timing,
            units=states,
            source=RELATIVE,
            name=f"{stem}_per_100k{ending}",
            paired=True,
        )(per_100k)
    register(
        "resource",
        "share of authorised strength",
        [total, Need("authorised", "total")],
        f"Part of the authorised uniformed strength that was not deployed{when}; {BEYOND}",
        timing=timing,
        units=units,
        source=AUTHORISED,
        name=f"shortfall{ending}",
        paired=True,
    )(shortfall)


_strength("mean", "", "during", MISSIONS, "")
for _moment, (_when, _timing) in MOMENTS.items():
    _strength(_moment, f"_{_moment}", _timing, ("mission",), _when)

for _column in ("police", "observers"):
    register(
        "resource",
        f"{_column} per 100,000 people",
        [Need("personnel", _column), Need("context", "population")],
        f"Strength in {_column} relative to the population of the host states. Until 1992-07 no "
        "source lists observers apart",
        units=(*MISSIONS, "state-year"),
        source=RELATIVE,
        name=f"{_column}_per_100k",
        paired=True,
    )(per_100k)

for _column, _stem in {"troops": "troop", "police": "police", "observers": "observer"}.items():
    register(
        "resource",
        "share of uniformed personnel",
        [Need("personnel", _column), Need("personnel", "total")],
        f"What a mission is made of: {_column}. Until 1992-07 no source lists observers apart",
        source=STRENGTH,
        name=f"{_stem}_share",
        paired=True,
    )(ratio)
    register(
        "resource",
        f"share of authorised {_column}",
        [Need("personnel", _column), Need("authorised", _column)],
        f"Part of the authorised {_column} that was not deployed; {BEYOND}",
        source=AUTHORISED,
        name=f"{_stem}_shortfall",
        paired=True,
    )(shortfall)


@register(
    "resource",
    "uniformed personnel per 1,000 authorised",
    [Need("personnel", "total"), Need("authorised", "total")],
    "Deployed against authorised strength: 1,000 · (1 − shortfall); missing with it",
    source=AUTHORISED,
    paired=True,
)
def strength_per_1000_authorised(deployed: np.ndarray, authorised: np.ndarray) -> np.ndarray:
    """Return uniformed personnel deployed for each 1,000 authorised, shape (n,)."""
    return 1000 * (1 - shortfall(deployed, authorised))


@register(
    "resource",
    "current US dollars per inhabitant and year",
    [Need("expenditure", "usd"), Need("context", "population")],
    "Money spent relative to the population of the host states; few years are published",
    units=("mission-year", "mission"),
    source="UN (expenditure); World Bank (population)",
    paired=True,
)
def expenditure_per_head(dollars: np.ndarray, population: np.ndarray) -> np.ndarray:
    """Return yearly expenditure per inhabitant of the host states, shape (n,).

    Peacekeeping accounts run from July to June and count in the year in which they end.
    """
    return ratio(dollars, population)


@register(
    "resource",
    "contributors",
    [Need("contributors", "contributors")],
    "How many states share the burden of uniformed personnel; few years are published",
    units=("mission-year", "mission"),
    source="UN (contributors)",
)
def contributor_count(contributors: np.ndarray) -> np.ndarray:
    """Return the number of contributing states, shape (n,); of a mission, the largest year's."""
    return contributors


def of_contributors(value: np.ndarray) -> np.ndarray:
    """Return a figure of the mission's contributors as it is, shape (n,)."""
    return value


for _name, _column, _unit, _text in (
    ("effective_contributors", "effective_number", "contributors",
     "Diversity: as many contributors as there would be if all gave alike (inverse Herfindahl)"),
    ("largest_contributor_share", "largest_share", "share of uniformed personnel",
     "Concentration: how much of the mission the largest contributor is"),
    ("p5_share", "permanent_share", "share of uniformed personnel",
     "Interest of the permanent members of the Security Council: their part of the personnel"),
    ("neighbour_share", "neighbour_part", "share of uniformed personnel",
     "Interest of neighbours: the part of the personnel from states with a land border to a host"),
):  # fmt: skip
    register(
        "resource",
        _unit,
        [Need("burden_sharing", _column)],
        f"{_text}; few years are published, of a mission the largest year's",
        units=("mission-year", "mission"),
        source="UN (contributors)",
        name=_name,
    )(of_contributors)


@register(
    "resource",
    "0 or 1",
    [Need("presence", "deployed")],
    "Whether a mission of the chosen kinds was deployed in the state in the year; a true zero where "
    "none was. The strength beside it is strength_thousands",
    units=("state-year",),
    source="mission registry",
)
def had_peacekeepers(deployed: np.ndarray) -> np.ndarray:
    """Return 1 where a mission was deployed at any time of the year, else 0, shape (n,)."""
    return deployed
