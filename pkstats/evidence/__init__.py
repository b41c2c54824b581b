"""The claims ledger and the case studies."""

from pkstats.evidence.case import Case, case
from pkstats.evidence.claims import Claim, claim, claims

__all__ = ["Case", "Claim", "case", "claim", "claims"]
