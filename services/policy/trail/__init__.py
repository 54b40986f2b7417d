"""The record of drafts, publications, withdrawals, imports and refusals, as one chain."""
