"""Reads policies published as Akoma Ntoso 3.0 XML, from any publisher, in any language."""

from services.policy.imports.akoma_ntoso.importer import AkomaNtoso

__all__ = ["AkomaNtoso"]
