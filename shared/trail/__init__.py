"""Trails of audit events whose rows are links of a hash chain: what they are made of, and how they are verified."""
