"""The grid of defensible specifications, the batched engine, bootstrap and randomisation inference."""

from pkstats.multiverse.bootstrap import Bootstrap, bootstrap
from pkstats.multiverse.face import multiverse, reload
from pkstats.multiverse.leave_out import Influence
from pkstats.multiverse.permutation import Permutation
from pkstats.multiverse.plan import Plan
from pkstats.multiverse.result import Multiverse

__all__ = [
    "Bootstrap",
    "Influence",
    "Multiverse",
    "Permutation",
    "Plan",
    "bootstrap",
    "multiverse",
    "reload",
]
