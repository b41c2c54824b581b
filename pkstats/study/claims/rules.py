"""The rule of the ledger and its history in words, read from the ledger itself."""

from __future__ import annotations

from pathlib import Path

from pkstats.study.claims.ledger.entries import ledger
from pkstats.study.claims.reading import Prose, bullets


def rule(path: str | Path | None = None) -> Prose:
    """Return the rule that gives each verdict, as a list, in the order in which it is applied.

    Parameters
    ----------
    path : path, optional
        Another ledger than the library's own.
    """
    one = ledger(path).rule
    side = f"intervals of {1 - one.level:.0%} on"
    return bullets(
        [
            f"*Supported*: {side} the claimed side of zero in at least {one.supported:.0%} of the "
            f"specifications, on the other side in at most {one.opposite_supported:.0%}, and the sign "
            "of the median stays whichever cluster is left out; if it does not stay, *partly "
            "supported*.",
            "*Contradicted*: the same on the other side; if the sign does not stay, *not supported*.",
            f"*Partly supported*: {side} the claimed side in at least {one.partly:.0%} and on the other "
            f"in at most {one.opposite_partly:.0%}; or {one.outcomes_partly:.0%} of the outcomes are "
            f"supported by themselves, with the same limit on the other side.",
            f"*Not supported*: {side} the claimed side in at least {one.partly:.0%}, but on the other "
            f"in over {one.opposite_partly:.0%} too.",
            f"*Underpowered*: fewer than {one.partly:.0%} on either side, and the typical "
            f"specification could not have found {one.smallest:g} standard deviations: its minimum "
            f"detectable association, at {one.power:.0%} power, is larger.",
            "*Not supported*: whatever is left.",
            "*Not testable*: the ledger has no specification, because no public data measure it.",
            f"Shares count each outcome alike. With fewer than {one.few_clusters} clusters the sentence "
            "says that intervals are too narrow.",
        ]
    )


def history(path: str | Path | None = None) -> Prose:
    """Return what changed in the ledger and when, as a list.

    Parameters
    ----------
    path : path, optional
        Another ledger than the library's own.
    """
    return bullets(
        f"{one['date']}, rule {one['rule']}: {one['change']}" for one in ledger(path).history
    )
