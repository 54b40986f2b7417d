"""Reads policies kept as CSV tables, one version a file and one provision a row."""

from services.policy.imports.tabular.importer import Tabular

__all__ = ["Tabular"]
