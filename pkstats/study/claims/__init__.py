"""The ledger of claims: entries, rule, estimates, verdicts."""
