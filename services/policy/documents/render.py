"""Stored provisions in the formats of the read API: HTML, plain text, Markdown, Akoma Ntoso."""

from services.policy.documents.render_akn import provision_akn, version_akn
from services.policy.documents.render_html import provision_html
from services.policy.documents.render_markdown import provision_markdown
from services.policy.documents.render_text import provision_text
from services.policy.documents.stored import DatedProvision, Link, StoredProvision, StoredVersion, site_address

__all__ = [
    "DatedProvision",
    "Link",
    "StoredProvision",
    "StoredVersion",
    "provision_akn",
    "provision_html",
    "provision_markdown",
    "provision_text",
    "site_address",
    "version_akn",
]
