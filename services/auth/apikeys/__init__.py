"""API keys: long-lived credentials of programs, narrower than the account that they belong to."""
