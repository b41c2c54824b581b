"""Tables on claims to read: the verdicts side by side, and what leaving out a cluster does to them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from pkstats.study.claims.claim import Claim
from pkstats.study.claims.ledger.entries import ledger
from pkstats.study.claims.reading import influential, verdicts
from pkstats.study.readable import MISSING, Readable, share, signed, size

VERDICTS = (
    "claimed side, other side: share of specifications, each outcome counting alike, whose interval lies "
    "on that side of zero. association: the median, counted in the same way, in standard deviations of "
    "the outcome per standard deviation of what is tested, above zero on the claimed side. detectable: "
    "the smallest that the typical specification finds with 80% power. Digits are added where rounding "
    "would reach a threshold of the rule. rows, clusters: the fewest; clusters are independent mission "
    "families or states. sign stays: whichever one of them is left out."
)
NOTHING = 0.005
LEFT_OUT = (
    "association: the median with all; without it: the median when this mission family or state is left "
    "out; shift: what leaving it out does to the mean over all specifications, which can differ from what "
    "it does to the median. Standard deviations, above zero on the claimed side."
)


def verdict_table(*names: str | Claim) -> Readable:
    """Return the verdict on each claim with the numbers behind it, and what the numbers mean.

    Parameters
    ----------
    names : str or Claim
        Claims, by id such as ``"H1"``; `verdicts` has the same as numbers.
    """
    found = verdicts(*names)
    table = pd.DataFrame({"claim": found.index, "verdict": found["verdict"].to_numpy()})
    rule = ledger().rule
    written: dict[str, tuple[str, Callable[[Any], str]]] = {
        "specifications": ("specifications", "{:,}".format),
        "claimed": ("claimed side", partial(share, marks=rule.marks)),
        "other": ("other side", partial(share, marks=rule.marks)),
        "association": ("association", signed),
        "detectable": ("detectable", partial(size, marks=[rule.smallest])),
        "rows": ("rows", "{:,}".format),
        "clusters": ("clusters", "{:,}".format),
        "stable": ("sign stays", lambda stays: "yes" if stays else "no"),
    }
    for name, (head, words) in written.items():
        if name in found:
            table[head] = [MISSING if pd.isna(value) else words(value) for value in found[name]]
    return Readable("The claims, judged", table, VERDICTS, tuple(table.columns[2:]))


def left_out_table(*names: str | Claim, top: int = 3) -> Readable:
    """Return, for each claim, the clusters whose absence moves its association most.

    Parameters
    ----------
    names : str or Claim
    top : int
        How many of each claim; `influential` has the same as numbers.
    """
    found = influential(*names, top=top)
    least = found[["association", "median"]].abs().min(axis=1)
    # A change of sign is seen only where neither figure rounds to nothing.
    digits = [3 if turns else 2 for turns in found["turns"] & (least < NOTHING)]
    table = pd.DataFrame(
        {
            "left out": found["without"],
            "claim": found["claim"],
            "association": [
                signed(*pair) for pair in zip(found["association"], digits, strict=True)
            ],
            "without it": [signed(*pair) for pair in zip(found["median"], digits, strict=True)],
            "shift": found["shift"].map(signed),
            "sign turns": ["yes" if turns else "no" for turns in found["turns"]],
        }
    )
    title = "What moves each claim most, what turns its sign first"
    return Readable(title, table, LEFT_OUT, ("association", "without it", "shift", "sign turns"))
