"""Which rate-limit plan an account or an API key has. The gateway counts."""
