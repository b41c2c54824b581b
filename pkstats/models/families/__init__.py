"""Families of models: each a plain function from a Sample to what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from pkstats.errors import BadModel, suggestion
from pkstats.models.sample import Fitted, Sample
from pkstats.text import cut


@dataclass(frozen=True, slots=True)
class Family:
    """How a family is fitted and what outcome it takes.

    `outcome` is one of number, binary, ordered, category, count, none (one-sided formula);
    `intercept` tells whether the design has a constant; `default` is the variance without clusters;
    `needs` and `takes` name the further arguments of `fit` that it must and may have.
    """

    name: str
    module: str
    outcome: str
    intercept: bool = True
    default: str = "classical"
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()

    @property
    def fit(self) -> Callable[[Sample], Fitted]:
        """The function that fits it, imported when first used."""
        module, function = self.module.split(":")
        return getattr(import_module(f"pkstats.models.families.{module}"), function)


COUNTS = ("exposure", "offset")
FAMILIES = {
    family.name: family
    for family in (
        Family("ols", "linear:ols", "number", default="hc1"),
        Family("logit", "binary:logit", "binary"),
        Family("probit", "binary:probit", "binary", takes=("information",)),
        Family("firth", "firth:firth", "binary"),
        Family("ordered", "ordered:ordered", "ordered", intercept=False),
        Family("multinomial", "multinomial:multinomial", "category"),
        Family("poisson", "counts:poisson", "count", takes=COUNTS),
        Family("negbin", "counts:negbin", "count", takes=(*COUNTS, "alpha", "information")),
        Family("zinb", "mixtures:zinb", "count", takes=(*COUNTS, "zero")),
        Family("hurdle", "mixtures:hurdle", "count", takes=(*COUNTS, "zero")),
        Family(
            "cox",
            "survival:cox",
            "none",
            intercept=False,
            needs=("time", "event"),
            takes=("entry",),
        ),
        Family(
            "mixed", "mixed:mixed", "number", needs=("groups",), takes=("method", "information")
        ),
    )
}


def family(name: str) -> Family:
    """Return a family by name.

    Raises
    ------
    BadModel
        When there is none of that name.
    """
    if not isinstance(name, str) or name not in FAMILIES:
        raise BadModel(
            f"family must be one of {', '.join(FAMILIES)}; found {cut(repr(name))}."
            f"{suggestion(cut(name), FAMILIES)}"
        )
    return FAMILIES[name]
