"""Who calls, and the tokens that say so to services."""
