"""Derived variables: small pure functions, each registered with role, needs, unit and construct."""

from pkstats.measures import mandates, resources, success
from pkstats.measures.registry import Measure, Need, measure, measures

__all__ = ["Measure", "Need", "mandates", "measure", "measures", "resources", "success"]
