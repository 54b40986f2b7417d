"""Reads policies written as Markdown with YAML front matter, one version a file."""

from services.policy.imports.markdown.importer import Markdown

__all__ = ["Markdown"]
