"""The claims ledger and the case studies."""
