"""How strong an unmeasured confounder must be to explain an estimate away: closed forms."""

from __future__ import annotations

import numpy as np
from scipy import stats


def partial_r2(t: float, dof: float) -> float:
    """Return the partial R² of a regressor with the outcome.

    Cinelli & Hazlett 2020 (JRSS-B 82: 39–67), §4.2: t² / (t² + dof).

    Parameters
    ----------
    t : float
        Classical t statistic of least squares.
    dof : float
        Residual degrees of freedom.
    """
    return float(t**2 / (t**2 + dof))


def robustness_value(t: float, dof: float, q: float = 1.0, alpha: float | None = None) -> float:
    """Return the robustness value of a least-squares coefficient.

    A confounder that explains this share of the residual variance of both treatment and outcome
    lowers the estimate by a share `q`; with `alpha`, makes it insignificant at that level.

    Cinelli & Hazlett 2020 (JRSS-B 82: 39–67), equations 16–18: ½ (√(f⁴ + 4f²) − f²) with
    f = q |t| / √dof, less the critical f* = |t*| / √(dof − 1) when `alpha` is given; where the
    confounder's tie with the outcome would not bind (f > 1/f*), (f² − f*²) / (1 + f²).

    Parameters
    ----------
    t : float
        Classical t statistic.
    dof : float
        Residual degrees of freedom.
    """
    strength = q * abs(t) / np.sqrt(dof)
    critical = 0.0
    if alpha is not None:
        critical = float(stats.t.ppf(1 - alpha / 2, dof - 1)) / np.sqrt(dof - 1)
    left = strength - critical
    if left <= 0:
        return 0.0
    if critical > 0 and strength > 1 / critical:
        return float((strength**2 - critical**2) / (1 + strength**2))
    return float((np.sqrt(left**4 + 4 * left**2) - left**2) / 2)


def e_value(rr: float, null: float = 1.0) -> float:
    """Return the E-value of a risk ratio.

    The risk ratio a confounder needs with both treatment and outcome, above the measured
    covariates, to move `rr` to `null`. For an interval give its limit nearer to the null; when the
    interval contains it, the E-value is 1.

    VanderWeele & Ding 2017 (Annals of Internal Medicine 167: 268–274): RR + √(RR (RR − 1)), with
    1/RR below one. A risk ratio of 3.9 has 7.26.
    """
    ratio = rr / null
    ratio = ratio if ratio >= 1 else 1 / ratio
    return float(ratio + np.sqrt(ratio * (ratio - 1)))


def risk_ratio(ratio: float, kind: str, rare: bool = False) -> float:
    """Return the approximate risk ratio behind an odds, hazard or rate ratio.

    VanderWeele & Ding 2017, table 2: with outcomes in under 15 % of rows the ratio itself; else √OR
    and (1 − ½^√HR) / (1 − ½^√(1/HR)).

    Parameters
    ----------
    ratio : float
    kind : {"odds", "hazard", "rate", "risk"}
    rare : bool
        Whether under 15 % of rows have the outcome.
    """
    if rare or kind in ("rate", "risk"):
        return float(ratio)
    if kind == "odds":
        return float(np.sqrt(ratio))
    return float((1 - 0.5 ** np.sqrt(ratio)) / (1 - 0.5 ** np.sqrt(1 / ratio)))
