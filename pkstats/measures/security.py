"""Security: danger to peacekeepers."""

from __future__ import annotations

import numpy as np

from pkstats.measures.arithmetic import flag, ratio
from pkstats.measures.collaboration import PACT, item
from pkstats.measures.registry import Need, register

DEATHS = "UN (fatalities, UN missions only)"
MALICIOUS = "deaths_malicious_act"

for _name, _column, _text in (
    ("other_hostility", "other_restrictions", "by words, physically or violently"),
    ("other_violence_share", "other_violence", "violently"),
):
    register(
        "security",
        "share of months",
        [Need("activity_months", _column)],
        f"How regularly actors other than the host government restrict the mission {_text}",
        source=PACT,
        name=_name,
        paired=True,
    )(item)


def per_10k_person_years(deaths: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Return deaths per month and person as deaths per 10,000 person-years, shape (n,)."""
    return 12e4 * ratio(deaths, strength)


for _name, _column, _text in (
    ("malicious_death_rate", MALICIOUS, "by malicious act"),
    ("death_rate", "deaths", "of any cause"),
):
    register(
        "security",
        "deaths per 10,000 person-years",
        [Need("fatalities", _column), Need("personnel", "total")],
        f"Danger to UN personnel: deaths {_text} relative to uniformed strength, over the months "
        "with a strength figure. Civilian staff count among the dead, not in the strength",
        source=f"{DEATHS}; personnel",
        name=_name,
        paired=True,
    )(per_10k_person_years)


@register(
    "outcome",
    "0 or 1",
    [Need("fatalities", MALICIOUS)],
    "Peacekeepers' own safety: nobody of the mission was killed by malicious act in the period",
    source=DEATHS,
)
def peacekeepers_safe(deaths: np.ndarray) -> np.ndarray:
    """Return 1 where nobody was killed by malicious act, else 0, shape (n,).

    The longer the period and the larger the mission the less likely it is: compare rates, or like
    with like.
    """
    return flag(deaths == 0, deaths)
