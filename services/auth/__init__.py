"""The auth service: accounts, sessions, tokens, roles, audit."""
