"""The claims ledger and the case studies."""

from pkstats.study.cases.case import Case, case
from pkstats.study.cases.compare import Comparison, compare
from pkstats.study.claims.claim import Claim, claim, claims
from pkstats.study.claims.reading import answer, influential, limits, sources, verdicts
from pkstats.study.claims.tables import left_out_table, verdict_table
from pkstats.study.words import in_words

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
