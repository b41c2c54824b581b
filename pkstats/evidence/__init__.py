"""The claims ledger and the case studies."""

from pkstats.evidence.case import Case, case
from pkstats.evidence.case_compare import Comparison, compare
from pkstats.evidence.claims import Claim, claim, claims
from pkstats.evidence.reading import answer, influential, limits, sources, verdicts

__all__ = [
    "Case",
    "Claim",
    "Comparison",
    "answer",
    "case",
    "claim",
    "claims",
    "compare",
    "influential",
    "limits",
    "sources",
    "verdicts",
]
