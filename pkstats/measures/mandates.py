"""Mandates: how many tasks, in which areas, of which type.

Three things are kept apart: Chapter VII, which TAMM codes; authority to use force beyond
self-defence ("all necessary means"), coded by hand from what was read and far from complete
(`authorised_use_of_force`); and force that was used, as PACT finds it reported
(`practised_use_of_force`).
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import numpy as np

from pkstats.measures.arithmetic import ratio
from pkstats.measures.registry import Need, register

TASKS = tomllib.loads(Path(__file__).with_name("tasks.toml").read_text(encoding="utf-8"))
PEACEBUILDING = (
    "human_rights",
    "humanitarian",
    "elections",
    "governance",
    "security_sector",
    "disarmament",
)
PEACEKEEPING = ("monitoring", "good_offices", "protection", "arms_and_resources")
TAMM = "Lloyd 2021 (TAMM)"
FORCE = "pkstats, hand-coded (17 UN missions); Chapter VII: TAMM"
PACT = "PACT (missions outside Africa)"


@cache
def task_flags() -> tuple[str, ...]:
    """Return every task flag, area by area (cooperation flags are not tasks)."""
    return tuple(flag for area in TASKS.values() for flag in area["flags"])


def flags_needed(flags: tuple[str, ...]) -> list[Need]:
    """Return a need for each flag of a mandate."""
    return [Need("mandates", flag) for flag in flags]


@register("mandate", "tasks", flags_needed(task_flags()), "How much the mandate asks", source=TAMM)
def task_count(*flags: np.ndarray) -> np.ndarray:
    """Return the number of mandated tasks (of 39), shape (n,); missing where any is not coded."""
    return np.sum(flags, axis=0)


@register(
    "mandate",
    "0 or 1",
    [Need("mandates", "chapter_vii")],
    "Mandate under Chapter VII of the Charter",
    source=TAMM,
)
def chapter_vii(flag: np.ndarray) -> np.ndarray:
    """Return 1 under Chapter VII, shape (n,)."""
    return flag


@register(
    "mandate",
    "0 or 1",
    [Need("mandates", "prociv")],
    "Mandate to protect civilians",
    source=TAMM,
)
def protection_of_civilians(flag: np.ndarray) -> np.ndarray:
    """Return 1 where civilians are to be protected, shape (n,)."""
    return flag


@register(
    "mandate",
    "0 or 1",
    [Need("force_authority", "force_authorised"), Need("mandates", "chapter_vii")],
    "Authority to use force beyond self-defence, such as all necessary means, given to the mission "
    "itself. 0 without an entry only where the mandate is not under Chapter VII",
    source=FORCE,
)
def authorised_use_of_force(listed: np.ndarray, chapter: np.ndarray) -> np.ndarray:
    """Return 1 where authority is listed, shape (n,); 0 where taken back or without Chapter VII.

    Missing where the mandate is under Chapter VII, or not coded, and nothing is listed: the list
    has only what was read.
    """
    return np.where(np.isnan(listed) & (chapter == 0), 0.0, listed)


def _areas(flags: tuple[np.ndarray, ...], names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return how many areas have a coded task, and how many might have, each of shape (n,)."""
    sure = np.zeros(len(flags[0]))
    possible = np.zeros(len(flags[0]))
    start = 0
    for name in names:
        stop = start + len(TASKS[name]["flags"])
        block = np.stack(flags[start:stop])
        has = (block == 1).any(axis=0)
        sure += has
        possible += has | np.isnan(block).any(axis=0)
        start = stop
    return sure, possible


def _counts(flags: tuple[np.ndarray, ...]) -> dict[str, np.ndarray]:
    """Return the number of tasks in each area, shape (n,); missing where any flag is."""
    counts, start = {}, 0
    for name, area in TASKS.items():
        counts[name] = np.sum(flags[start : start + len(area["flags"])], axis=0)
        start += len(area["flags"])
    return counts


@register(
    "mandate",
    "areas of 11",
    flags_needed(task_flags()),
    "How broad the mandate is: areas of work with at least one task",
    source=TAMM,
)
def task_areas(*flags: np.ndarray) -> np.ndarray:
    """Return the number of areas with a task, shape (n,); missing where a flag leaves it open."""
    sure, possible = _areas(flags, tuple(TASKS))
    return np.where(sure == possible, sure, np.nan)


@register(
    "mandate",
    "index from 1/11 to 1",
    flags_needed(task_flags()),
    "How focused the mandate is: 1 when all tasks lie in one area. Focus, not clarity of words",
    source=TAMM,
)
def task_focus(*flags: np.ndarray) -> np.ndarray:
    """Return the Herfindahl index of tasks over areas, Σ (tasks in area / tasks)², shape (n,)."""
    counts = np.stack(list(_counts(flags).values()))
    return np.square(ratio(counts, counts.sum(axis=0))).sum(axis=0)


@register(
    "mandate",
    "share of tasks",
    flags_needed(task_flags()),
    "How far the mandate is one of peacebuilding: tasks in the six peacebuilding areas",
    source=TAMM,
)
def peacebuilding_share(*flags: np.ndarray) -> np.ndarray:
    """Return tasks in the peacebuilding areas / all tasks, shape (n,); missing without a task."""
    counts = _counts(flags)
    return ratio(np.sum([counts[name] for name in PEACEBUILDING], axis=0), np.sum(flags, axis=0))


@register(
    "mandate",
    "peacekeeping tasks per peacebuilding task",
    flags_needed(task_flags()),
    "Tasks of monitoring, good offices, protection and arms control for each task of peacebuilding",
    source=TAMM,
)
def peacekeeping_ratio(*flags: np.ndarray) -> np.ndarray:
    """Return peacekeeping / peacebuilding tasks, shape (n,); missing where none is peacebuilding.

    `peacebuilding_share` is defined for those mandates too.
    """
    counts = _counts(flags)
    building = np.sum([counts[name] for name in PEACEBUILDING], axis=0)
    return ratio(np.sum([counts[name] for name in PEACEKEEPING], axis=0), building)


for _flag, _text in {
    "goodoffices": "to mediate between the parties",
    "reconciliation": "to promote reconciliation",
}.items():
    register(
        "mandate",
        "0 or 1",
        flags_needed((_flag,)),
        f"Mandate {_text}",
        source=TAMM,
        name=f"mandated_{_flag}",
    )(chapter_vii)


@register(
    "mandate",
    "type",
    [
        Need("mandates", "chapter_vii"),
        Need("mandates", "prociv"),
        *flags_needed(tuple(flag for area in PEACEBUILDING for flag in TASKS[area]["flags"])),
    ],
    "Robust: Chapter VII and protection of civilians. Multidimensional: otherwise, tasks in three "
    "or more of six peacebuilding areas. Traditional: the rest",
    source=TAMM,
)
def mission_type(chapter: np.ndarray, civilians: np.ndarray, *flags: np.ndarray) -> np.ndarray:
    """Return traditional, multidimensional or robust, shape (n,); missing where undecided.

    The rule follows coded tasks only, so a mission's type changes with its mandate. A flag that is
    not coded leaves the type open unless the type is the same whatever the flag is.
    """
    sure, possible = _areas(flags, PEACEBUILDING)
    robust = (chapter == 1) & (civilians == 1)
    not_robust = (chapter == 0) | (civilians == 0)
    out = np.full(len(chapter), None, dtype=object)
    out[not_robust & (sure >= 3)] = "multidimensional"
    out[not_robust & (possible < 3)] = "traditional"
    out[robust] = "robust"
    return out


@register(
    "mandate",
    "share of months",
    [Need("activity_months", "use_of_force")],
    "How regularly operations with use of force are reported as the mission's own doing, as PACT codes "
    "them: practised, not authorised (`authorised_use_of_force`)",
    source=PACT,
    paired=True,
)
def practised_use_of_force(flag: np.ndarray) -> np.ndarray:
    """Return the share of months with such a report, shape (n,).

    Not shots fired: 12 months of UNOMIG, unarmed observers, have one.
    """
    return flag
