"""Peace after exit: how long it lasted, and composites after Doyle and Sambanis."""

from __future__ import annotations

import numpy as np

from pkstats.measures.arithmetic import flag
from pkstats.measures.registry import Need, register
from pkstats.measures.success import HORIZONS, ONE_SIDED, PHRASES, STATE, UCDP

CONFLICT = 25
OPEN = 0.34
LAST_YEARS = 100  # more years than any list has after an exit
RULE = (
    f"fewer than {CONFLICT} battle deaths and fewer than {CONFLICT} civilians killed in the host "
    "states in every year"
)
YEARS_AFTER = Need("violence", STATE, window="after", years=LAST_YEARS, statistic="yearly")


def _survival(deaths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return years to renewed conflict or censoring, and 1 for conflict; deaths (n, years)."""
    known = np.logical_and.accumulate(~np.isnan(deaths), axis=1)
    conflict = known & (np.nan_to_num(deaths) >= CONFLICT)
    failed = conflict.any(axis=1)
    years = np.where(failed, conflict.argmax(axis=1) + 1, known.sum(axis=1)).astype("float64")
    observed = known[:, 0]
    return np.where(observed, years, np.nan), np.where(observed, failed, np.nan)


@register(
    "outcome",
    "years",
    [YEARS_AFTER],
    "Peace survival: years from exit to renewed conflict in the host states, or to the end of the data",
    timing="after",
    units=("mission",),
    source=UCDP,
)
def peace_years(deaths: np.ndarray) -> np.ndarray:
    """Return years of peace after the last year of deployment, shape (n,); deaths (n, years).

    The year counted last is the first with 25 battle deaths or more (`peace_failed` is 1), or the
    last year known (right-censored, `peace_failed` is 0). Conflict that never stopped fails in year
    1. Missing while the mission is ongoing and for exits before 1988, whose first year is not
    known.
    """
    return _survival(deaths)[0]


@register(
    "outcome",
    "0 or 1",
    [YEARS_AFTER],
    "Whether conflict was renewed after exit; 0 is right-censored at the end of the data, not peace "
    "for good",
    timing="after",
    units=("mission",),
    source=UCDP,
)
def peace_failed(deaths: np.ndarray) -> np.ndarray:
    """Return 1 where conflict was renewed, 0 where censored, shape (n,); deaths (n, years)."""
    return _survival(deaths)[1]


def lenient_success(state_based: np.ndarray, one_sided: np.ndarray) -> np.ndarray:
    """Return 1 where the host states had no conflict after exit, else 0, shape (n,).

    Rule: in every year of the window fewer than 25 battle deaths and fewer than 25 civilians killed
    (the arguments are the worst year's). After Doyle and Sambanis 2000, whose lenient success asks
    for an end of the war, no residual violence and undivided sovereignty. It differs: the clock
    starts when the mission leaves, not when the war ends; deaths of the whole host state count, not
    of one war; a threshold stands for residual violence; sovereignty is not measured. It does not
    reproduce their coding.
    """
    calm = (state_based < CONFLICT) & (one_sided < CONFLICT)
    violent = (state_based >= CONFLICT) | (one_sided >= CONFLICT)
    return np.where(violent, 0.0, flag(calm, state_based, one_sided))


def strict_success(
    state_based: np.ndarray, one_sided: np.ndarray, polyarchy: np.ndarray
) -> np.ndarray:
    """Return 1 where there was no conflict and some political openness after exit, shape (n,).

    Rule: lenient success, and electoral democracy (V-Dem, mean over the window) above 0.34. Doyle
    and Sambanis ask for a Polity score above 3 of 20 and vary it to 6 and 9 (`pbs2s3`, `pbs2s6`,
    `pbs2s9`). 0.34 stands for 9 of 20, a Polity score above −1: in host states from 1989 to 2018
    the two agree in 84% of years. Their first bar does not tell strict from lenient here: no
    mission with two calm years left a state below it, by Polity or by V-Dem (0.2). V-Dem is used
    because Polity ends in 2018. For what lenient success is not, see there.
    """
    lenient = lenient_success(state_based, one_sided)
    return np.where(lenient == 1, flag(polyarchy > OPEN, polyarchy), lenient)


for _horizon in ("2y", "5y", "10y"):
    _worst = [
        Need("violence", column, **HORIZONS[_horizon], statistic="peak")
        for column in (STATE, ONE_SIDED)
    ]
    register(
        "outcome",
        "0 or 1",
        _worst,
        f"Lenient composite after Doyle and Sambanis: {RULE} {PHRASES[_horizon]}",
        timing="after",
        units=("mission",),
        source=UCDP,
        name=f"lenient_success_{_horizon}",
    )(lenient_success)
    register(
        "outcome",
        "0 or 1",
        [*_worst, Need("context", "polyarchy", **HORIZONS[_horizon])],
        f"Strict composite after Doyle and Sambanis: {RULE} and polyarchy above {OPEN} "
        f"{PHRASES[_horizon]}",
        timing="after",
        units=("mission",),
        source=f"{UCDP}; V-Dem",
        name=f"strict_success_{_horizon}",
    )(strict_success)
