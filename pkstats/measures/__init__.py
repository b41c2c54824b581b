"""Derived variables: small pure functions, each registered with role, needs, unit and construct."""

from pkstats.measures import (
    ambition,
    collaboration,
    composites,
    consent,
    containment,
    goals,
    mandates,
    recovery,
    reliability,
    resources,
    security,
    setting,
    success,
)
from pkstats.measures.registry import Measure, Need, available, measure
from pkstats.measures.reliability import coverage, cronbach_alpha

__all__ = [
    "Measure",
    "Need",
    "ambition",
    "available",
    "collaboration",
    "composites",
    "consent",
    "containment",
    "coverage",
    "cronbach_alpha",
    "goals",
    "mandates",
    "measure",
    "recovery",
    "reliability",
    "resources",
    "security",
    "setting",
    "success",
]
