"""Collaboration with civilian actors: mandated (TAMM), practised (PACT), and the setting around it.

Direct measures are rare, so this is a family, each with its own construct. PACT's international
actor pools governments, organisations and NGOs, and covers 23 missions outside Africa. Funding of
aid in the host state is setting, not collaboration; attacks on aid workers are an outcome
(`recovery`).
"""

from __future__ import annotations

import numpy as np

from pkstats.measures.arithmetic import ratio
from pkstats.measures.mandates import PACT, TAMM, flags_needed
from pkstats.measures.registry import Need, register

NGO_ITEMS = {
    "humaid_assist": "to assist the delivery of humanitarian aid",
    "humpersonnel_protect": "to protect humanitarian workers",
    "qip_assist": "to carry out quick-impact projects",
    "coop_other": "to cooperate with other organisations or actors",
}
ORGANISATIONS = {
    "undp_coop": "to cooperate with UNDP",
    "au_coop": "to cooperate with the African Union",
    "eu_coop": "to cooperate with the European Union",
    "ecowas_coop": "to cooperate with ECOWAS",
    "osce_coop": "to cooperate with the OSCE",
    "oas_coop": "to cooperate with the OAS",
}
PRACTISED = {
    "civil_society": "assistance to civil society",
    "humanitarian_relief": "humanitarian relief",
    "refugee_assistance": "assistance to refugees and displaced people",
}
INDEX = (*NGO_ITEMS, *ORGANISATIONS)


def item(flag: np.ndarray) -> np.ndarray:
    """Return one item as it is, shape (n,): 0 or 1, or the share of months that have it."""
    return flag


for _flag, _text in {**NGO_ITEMS, **ORGANISATIONS}.items():
    register(
        "collaboration",
        "0 or 1",
        [Need("mandates", _flag)],
        f"Mandate {_text}: asked for, not practised",
        source=TAMM,
        name=f"mandated_{_flag}",
    )(item)

for _flag, _text in PRACTISED.items():
    for _ending, _with in {"": "", "_partnered": " together with an international actor"}.items():
        register(
            "collaboration",
            "share of months",
            [Need("activity_months", f"{_flag}{_ending}")],
            f"How regularly the mission reports {_text}{_with}",
            source=PACT,
            name=f"practised_{_flag}{_ending}",
            paired=True,
        )(item)


@register(
    "collaboration",
    "items of 4",
    flags_needed(tuple(NGO_ITEMS)),
    "Mandated work that is done with humanitarian and other civilian actors: humanitarian "
    "assistance, protection of humanitarian workers, quick-impact projects, other partners",
    source=TAMM,
)
def ngo_engagement(*flags: np.ndarray) -> np.ndarray:
    """Return the number of the four items in the mandate, shape (n,): mandated, not practised."""
    return np.sum(flags, axis=0)


@register(
    "collaboration",
    "organisations of 6",
    flags_needed(tuple(ORGANISATIONS)),
    "Organisations the mandate names as partners: UNDP, AU, EU, ECOWAS, OSCE, OAS",
    source=TAMM,
)
def partner_count(*flags: np.ndarray) -> np.ndarray:
    """Return the number of partner organisations the mandate names, shape (n,)."""
    return np.sum(flags, axis=0)


@register(
    "collaboration",
    "share of 10 items",
    flags_needed(INDEX),
    "Mandated collaboration: the four kinds of work with civilian actors and the six partners named",
    source=TAMM,
)
def collaboration_index(*flags: np.ndarray) -> np.ndarray:
    """Return the share of the ten mandated items, shape (n,); missing where any is not coded.

    The items hang together loosely: Cronbach's alpha is 0.56 over the 687 mission-years with all
    of them (0.44 for the four of `ngo_engagement`, 0.29 for the six organisations, of which each
    belongs to a region). Where a result rests on the index, show the items too.
    """
    return np.mean(flags, axis=0)


@register(
    "collaboration",
    "share of months, mean of 3 activities",
    [Need("activity_months", flag) for flag in PRACTISED],
    "Practised collaboration: how regularly the mission works on civil society, relief and return",
    source=PACT,
    paired=True,
)
def practised_index(*shares: np.ndarray) -> np.ndarray:
    """Return the mean share of months over three activities, shape (n,).

    Cronbach's alpha is 0.61 over the 129 mission-years PACT covers; the index goes with the
    mandated one (`collaboration_index`) at r = 0.40 over 125.
    """
    return np.mean(shares, axis=0)


@register(
    "collaboration",
    "share of activities",
    [Need("activity_months", "activities_partnered"), Need("activity_months", "activities")],
    "How much of what a mission does is done with an international actor of whatever kind",
    source=PACT,
    paired=True,
)
def partnered_share(partnered: np.ndarray, activities: np.ndarray) -> np.ndarray:
    """Return activities with an international actor / activities, shape (n,)."""
    return ratio(partnered, activities)


@register(
    "context",
    "current US dollars per inhabitant and year",
    [
        Need("humanitarian", "funded_usd"),
        Need("humanitarian", "funded_outside_plans_usd"),
        Need("context", "population"),
    ],
    "Setting: humanitarian aid in the host states, in plans and outside. Not collaboration",
    units=("mission-year", "mission", "state-year"),
    source="OCHA FTS; World Bank (population)",
    paired=True,
)
def humanitarian_funding_per_head(
    planned: np.ndarray, outside: np.ndarray, population: np.ndarray
) -> np.ndarray:
    """Return humanitarian funding per inhabitant of the host states and year, shape (n,)."""
    return ratio(planned + outside, population)


for _name, _column, _text in (
    ("regional_partner", "regional_beside", "another organisation than the UN (AU, ECOWAS, EU …)"),
    ("un_partner", "un_beside", "the UN beside a mission that is not its own"),
):
    register(
        "collaboration",
        "share of months",
        [Need("presence", _column)],
        f"Partnership by presence: soldiers or police of {_text} in the same host state. Beside "
        "each other, not under a joint command",
        source="mission registry",
        name=_name,
        paired=True,
    )(item)
