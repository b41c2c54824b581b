"""Who is who: missions, their labels, families and hosts; states and their codes by year."""

from pkstats.registry.missions import (
    Host,
    Mission,
    aliases_table,
    hosts_table,
    mission,
    missions_table,
)
from pkstats.registry.resolve import resolve_missions
from pkstats.registry.states import State, resolve_states, state, states_table

__all__ = [
    "Host",
    "Mission",
    "State",
    "aliases_table",
    "hosts_table",
    "mission",
    "missions_table",
    "resolve_missions",
    "resolve_states",
    "state",
    "states_table",
]
