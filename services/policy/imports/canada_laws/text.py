"""Text on its way from the source into markup, and from markup into plain text.

Markup keeps every character of the source; only runs of spaces, tabs and line ends become one space, so that a file
laid out anew gives the same bytes. Plain text (search, snippets, the num, heading and note fields) also drops what is
not seen and would split a word for search: soft hyphens, zero-width characters and marks, and stray C1 controls.
"""

import re

_SPACES = re.compile(r"[ \t\r\n]+")
_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\u0080-\u0084\u0086-\u009f]")
_IMAGE = re.compile(r'<img\b[^>]*?\balt="([^"]*)"[^>]*>')
_INLINE_TAG = re.compile(r"</?(?:def|term|ref|i|b|u|sup|sub|span|ins|del|remark|docTitle|docNumber|docDate)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")

NOTE_MARK = '<sup class="noteRef">'
"""Opens a footnote's mark; in plain text it stands apart from the word it follows."""


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


def visible(text: str) -> str:
    """`text` without invisible characters, every run of white space one space."""
    if not text.isascii():
        text = _HIDDEN.sub("", text)
    return " ".join(text.split())


def plain_text(markup: str) -> str:
    """What a reader sees of `markup`: blocks parted by one space, images by their description."""
    if "<img" in markup:
        markup = _IMAGE.sub(r" \1 ", markup)
    if NOTE_MARK in markup:
        markup = markup.replace(NOTE_MARK, " ")
    text = _TAG.sub(" ", _INLINE_TAG.sub("", markup))
    if "&" in text:
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    return visible(text)
