"""The plain text of stored markup, which is what is searched: the same whatever importer wrote the markup.

It drops what is not seen and would split a word for search: soft hyphens, zero-width characters and marks, and stray
C1 controls.
"""

import re

_HIDDEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\u0080-\u0084\u0086-\u009f]")
_IMAGE = re.compile(r'<img\b[^>]*?\balt="([^"]*)"[^>]*>')
_INLINE_TAG = re.compile(
    r"</?(?:def|term|ref|rref|mref|i|b|u|sup|sub|span|inline|ins|del|remark|docTitle|docNumber|docDate|quotedText)\b[^>]*>"
)
_TAG = re.compile(r"<[^>]*>")

NOTE_MARK = '<sup class="noteRef">'
"""Opens a footnote's mark; in plain text it stands apart from the word it follows."""


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
        text = text.replace("&#13;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
        text = text.replace("&amp;", "&")
    return visible(text)
