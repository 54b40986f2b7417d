"""Importer of the consolidated laws of Canada (Justice Laws XML)."""

from services.policy.imports.canada_laws.importer import CanadaLaws

__all__ = ["CanadaLaws"]
