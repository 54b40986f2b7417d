"""The audit trail: what was done to accounts and sessions, by whom. Append-only."""
