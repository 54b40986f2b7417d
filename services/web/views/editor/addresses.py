"""Addresses of the editor's pages, and the purpose of their forms."""

from urllib.parse import quote

EDITOR = "editor"
"""The purpose of the form tokens of these pages."""
DRAFT_ROUTE = r"/editor/{id:[0-9a-f]{8}-[0-9a-f-]{27}}"
SECTION_ROUTE = DRAFT_ROUTE + r"/sections/{eid:[^/\s]+}"


def draft_page(draft_id: str) -> str:
    """A draft's page."""
    return f"/editor/{draft_id}"


def section_page(draft_id: str, eid: str) -> str:
    """The page on which a section is written."""
    return f"{draft_page(draft_id)}/sections/{quote(eid, safe='')}"
