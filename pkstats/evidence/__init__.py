"""The claims ledger and the case studies."""

from pkstats.evidence.case import Case, case
from pkstats.evidence.case_compare import Comparison, compare
from pkstats.evidence.claim_tables import left_out_table, verdict_table
from pkstats.evidence.claims import Claim, claim, claims
from pkstats.evidence.reading import answer, influential, limits, sources, verdicts
from pkstats.evidence.words import in_words

__all__ = [
    "Case",
    "Claim",
    "Comparison",
    "answer",
    "case",
    "claim",
    "claims",
    "compare",
    "in_words",
    "influential",
    "left_out_table",
    "limits",
    "sources",
    "verdict_table",
    "verdicts",
]
