"""Recovery of the host states: agreements, return, democracy, income and safety of aid workers.

Endings name the horizon as in `success`: `_during`, `_2y`, `_5y`, `_10y`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pkstats.measures.arithmetic import flag, ratio
from pkstats.measures.registry import YEARLY, Need, register
from pkstats.measures.success import HORIZONS, PHRASES, timing

AGREEMENTS = "UCDP (peace agreements)"
UNHCR = "UNHCR (displacement by origin)"
DISPLACED = ("returned_refugees", "returned_idps", "refugees", "idps")


def agreement_signed(agreements: np.ndarray) -> np.ndarray:
    """Return 1 where an agreement was signed in the period, else 0, shape (n,)."""
    return flag(agreements > 0, agreements)


def agreements_a_year(agreements: np.ndarray) -> np.ndarray:
    """Return agreements (or attempts), shape (n,): by year, or the yearly mean of a window."""
    return agreements


def displaced_return(
    refugees_back: np.ndarray, idps_back: np.ndarray, refugees: np.ndarray, idps: np.ndarray
) -> np.ndarray:
    """Return those who went back / (those who went back + those still displaced), shape (n,).

    Refugees and the internally displaced whom UNHCR assists, stocks at the end of the year; from 0
    to 1, missing where nobody was displaced and before 1997, when counts of internally displaced
    returnees begin.
    """
    back = refugees_back + idps_back
    return ratio(back, back + refugees + idps)


def refugees_return(refugees_back: np.ndarray, refugees: np.ndarray) -> np.ndarray:
    """Return refugees who went back / (they + those still abroad), shape (n,); a longer series."""
    return ratio(refugees_back, refugees_back + refugees)


def aid_workers_killed(killed: np.ndarray) -> np.ndarray:
    """Return aid workers killed a year, shape (n,). Fewer may mean safer, or fewer present."""
    return killed


def change(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return after − before, shape (n,)."""
    return after - before


def growth(after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return after / before − 1, shape (n,)."""
    return ratio(after, before) - 1


Function = Callable[..., np.ndarray]
LEVELS: tuple[tuple[str, str, str, tuple[str, ...], Function, str, str], ...] = (
    ("settlement", "0 or 1", "agreements", ("agreements",), agreement_signed, AGREEMENTS,
     "Settlement: a peace agreement was signed in a host state"),
    ("agreements_signed", "agreements a year", "agreements", ("agreements",), agreements_a_year,
     AGREEMENTS, "Peace agreements signed in the host states"),
    ("mediation_attempts", "attempts a year", "mediation_years", ("attempts",), agreements_a_year,
     "CWM (mediation in civil wars)",
     "Diplomacy: mediation attempts begun in civil wars of the host states"),
    ("displaced_return", "share", "displacement", DISPLACED, displaced_return, UNHCR,
     "Return of the displaced: part of refugees and internally displaced people who went back"),
    ("refugees_return", "share", "displacement", ("returned_refugees", "refugees"), refugees_return,
     UNHCR, "Return of refugees: part of those who had fled abroad who went back"),
    ("aid_workers_killed", "persons a year", "aid_workers", ("killed",), aid_workers_killed,
     "AWSD", "Humanitarian security: aid workers killed in the host states"),
    ("aid_worker_incidents", "incidents a year", "aid_workers", ("incidents",), aid_workers_killed,
     "AWSD", "Humanitarian space: major attacks on aid workers in the host states"),
)  # fmt: skip
CHANGES: tuple[tuple[str, str, str, Function, str, str], ...] = (
    ("democracy_change", "points of an index from 0 to 1", "polyarchy", change, "V-Dem (polyarchy)",
     "Democracy: change of electoral democracy"),
    ("income_growth", "share", "gdp_per_head_real", growth, "Fariss et al. (real income, to 2019)",
     "Economic recovery: growth of real income per head"),
)  # fmt: skip

for _name, _unit, _table, _columns, _function, _source, _text in LEVELS:
    register(
        "outcome",
        _unit,
        [Need(_table, column) for column in _columns],
        f"{_text}, by year",
        units=YEARLY,
        source=_source,
        name=_name,
    )(_function)
    for _horizon, _window in HORIZONS.items():
        register(
            "outcome",
            _unit,
            [Need(_table, column, **_window) for column in _columns],
            f"{_text} {PHRASES[_horizon]}",
            timing=timing(_horizon),
            units=("mission",),
            source=_source,
            name=f"{_name}_{_horizon}",
        )(_function)

for _name, _unit, _column, _function, _source, _text in CHANGES:
    for _horizon, _window in HORIZONS.items():
        register(
            "outcome",
            _unit,
            [Need("context", _column, **_window), Need("context", _column, window="before")],
            f"{_text} from the two years before deployment to the mean {PHRASES[_horizon]}",
            timing=timing(_horizon),
            units=("mission",),
            source=_source,
            name=f"{_name}_{_horizon}",
        )(_function)
