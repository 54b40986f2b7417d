"""How many requests each may make."""
