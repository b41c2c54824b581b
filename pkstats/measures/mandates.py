"""Mandates: how many tasks, which areas, which type, and mandated work with civilian actors."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import numpy as np

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
NGO_ITEMS = ("humaid_assist", "humpersonnel_protect", "qip_assist", "coop_other")
ORGANISATIONS = ("undp_coop", "au_coop", "eu_coop", "ecowas_coop", "osce_coop", "oas_coop")
TAMM = "Lloyd 2021 (TAMM)"


@cache
def task_flags() -> tuple[str, ...]:
    """Return every task flag, area by area (cooperation flags are not tasks)."""
    return tuple(flag for area in TASKS.values() for flag in area["flags"])


def _needs(flags: tuple[str, ...]) -> list[Need]:
    return [Need("mandates", flag) for flag in flags]


@register("mandate", "tasks", _needs(task_flags()), "How much the mandate asks", source=TAMM)
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
    "collaboration",
    "items of 4",
    _needs(NGO_ITEMS),
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
    _needs(ORGANISATIONS),
    "Organisations the mandate names as partners: UNDP, AU, EU, ECOWAS, OSCE, OAS",
    source=TAMM,
)
def partner_count(*flags: np.ndarray) -> np.ndarray:
    """Return the number of partner organisations the mandate names, shape (n,)."""
    return np.sum(flags, axis=0)


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


@register(
    "mandate",
    "type",
    [
        Need("mandates", "chapter_vii"),
        Need("mandates", "prociv"),
        *_needs(tuple(flag for area in PEACEBUILDING for flag in TASKS[area]["flags"])),
    ],
    "Robust: Chapter VII and protection of civilians. Multidimensional: otherwise, tasks in three or "
    "more of six peacebuilding areas. Traditional: the rest",
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
