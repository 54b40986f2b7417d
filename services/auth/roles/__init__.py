"""Roles: who has which, who may change that, and how the first administrator comes to be."""
