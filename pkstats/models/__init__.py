"""Formula + family → Estimate; numbers in plain functions over arrays, objects present them."""

from pkstats.models.estimate import Estimate
from pkstats.models.fit import fit
from pkstats.models.formula import Terms, parse
from pkstats.models.papers import latex
from pkstats.models.present import table
from pkstats.models.replications import replicate

__all__ = ["Estimate", "Terms", "fit", "latex", "parse", "replicate", "table"]
