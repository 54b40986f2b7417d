"""Text on its way from the source into markup, and from markup into plain text.

Markup keeps every character of the source; only runs of spaces, tabs and line ends become one space, so that a file
laid out anew gives the same bytes. Plain text, which also drops what is not seen, is the same for all importers.
"""

import re

from services.policy.imports.plain_text import NOTE_MARK, plain_text, visible

__all__ = ["NOTE_MARK", "escape", "escape_attribute", "plain_text", "visible"]

_SPACES = re.compile(r"[ \t\r\n]+")


def escape(text: str) -> str:
    """`text` for element content, white space folded."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if "\n" in text or "  " in text or "\t" in text or "\r" in text:
        text = _SPACES.sub(" ", text)
    return text


def escape_attribute(text: str) -> str:
    """`text` for an attribute in double quotes, white space folded and trimmed."""
    return escape(text).replace('"', "&quot;").strip()
