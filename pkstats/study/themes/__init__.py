"""What the data show on a theme before its claims are put to them: plain counts, rates and paths."""

from pkstats.study.themes.around import around_deployment
from pkstats.study.themes.danger import danger
from pkstats.study.themes.diplomacy import (
    agreements_beside_missions,
    agreements_by_decade,
    conflict_years,
    missions_beside_agreements,
    rates,
    state_years,
)
from pkstats.study.themes.facts import dated_facts, fact_list, what_it_would_take
from pkstats.study.themes.horizons import (
    by_horizon,
    horizon_tables,
    missing_by_horizon,
    windows,
)
from pkstats.study.themes.partners import overlap, starts_by_sponsor

__all__ = [
    "agreements_beside_missions",
    "agreements_by_decade",
    "around_deployment",
    "by_horizon",
    "conflict_years",
    "danger",
    "dated_facts",
    "fact_list",
    "horizon_tables",
    "missing_by_horizon",
    "missions_beside_agreements",
    "overlap",
    "rates",
    "starts_by_sponsor",
    "state_years",
    "what_it_would_take",
    "windows",
]
