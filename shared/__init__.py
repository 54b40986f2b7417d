"""Plumbing that two services need today. Knows no table, no business rule and no template."""
