"""The claims ledger: what is claimed, the rule it is judged by, and how it is judged."""
