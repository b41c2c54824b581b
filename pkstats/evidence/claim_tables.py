"""Tables on claims to read: the verdicts side by side, and what leaving out a cluster does to them."""

from __future__ import annotations

import pandas as pd

from pkstats.evidence.claims import Claim
from pkstats.evidence.readable import MISSING, Readable, share, signed
from pkstats.evidence.reading import influential, verdicts

VERDICTS = (
    "claimed side, other side: share of specifications whose interval lies on that side of zero. "
    "association: the median, in standard deviations of the outcome per standard deviation of what is "
    "tested, above zero on the claimed side. detectable: the smallest that the typical specification "
    "finds with 80% power. rows, clusters: the fewest; clusters are independent mission families or "
    "states. sign stays: whichever one of them is left out."
)
LEFT_OUT = (
    "association: the median with all; without it: the median when this mission family or state is left "
    "out; shift: of the mean. Standard deviations, above zero on the claimed side."
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
    written = {
        "specifications": ("specifications", "{:,}".format),
        "claimed": ("claimed side", share),
        "other": ("other side", share),
        "association": ("association", signed),
        "detectable": ("detectable", "{:.2f}".format),
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
    table = pd.DataFrame(
        {
            "claim": found["claim"],
            "association": found["association"].map(signed),
            "left out": found["without"],
            "without it": found["median"].map(signed),
            "shift": found["shift"].map(signed),
            "sign turns": ["yes" if turns else "no" for turns in found["turns"]],
        }
    )
    title = f"The {top} that move each claim most, those that turn its sign first"
    return Readable(title, table, LEFT_OUT, ("association", "without it", "shift", "sign turns"))
