"""The traps of the field: functions from an estimate to findings, and the numbers behind them."""

from pkstats.checks.context import Context
from pkstats.checks.extrapolation import geometric_variability, gower_distance, in_hull
from pkstats.checks.finding import Finding, Findings
from pkstats.checks.imputation import Pooled, rubin
from pkstats.checks.influence import leave_one_out
from pkstats.checks.multiple_imputation import beside_complete_cases, impute, missingness
from pkstats.checks.power import (
    design_effect,
    icc,
    minimum_detectable_effect,
    minimum_detectable_odds_ratio,
)
from pkstats.checks.run import CHECKS, check
from pkstats.checks.sensitivity import e_value, partial_r2, risk_ratio, robustness_value
from pkstats.checks.specification import condition_number, vif

__all__ = [
    "CHECKS",
    "Context",
    "Finding",
    "Findings",
    "Pooled",
    "beside_complete_cases",
    "check",
    "condition_number",
    "design_effect",
    "e_value",
    "geometric_variability",
    "gower_distance",
    "icc",
    "impute",
    "in_hull",
    "leave_one_out",
    "minimum_detectable_effect",
    "minimum_detectable_odds_ratio",
    "missingness",
    "partial_r2",
    "risk_ratio",
    "robustness_value",
    "rubin",
    "vif",
]
