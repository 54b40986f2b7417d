"""What the formats of a provision show, and what they leave out of what is stored."""

import re
from collections import Counter

from lxml import etree, html
from markdown_it import MarkdownIt

from services.policy.documents.render import provision_html, provision_markdown, provision_text
from services.policy.imports.model import ParsedProvision, ParsedVersion

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_NOTE_MARK = re.compile(r"\[\^[^\]]*\](?:: )?")


def stored_words(part: ParsedProvision) -> str:
    """All that a reader should see: num, heading, note, text, and images by their description."""
    root = etree.fromstring(f"<x>{part.content}</x>", etree.XMLParser(huge_tree=True))
    for image in root.iter("img"):
        image.text = image.get("alt")
    return f"{part.num} {part.heading} {part.note} {''.join(str(text) for text in root.itertext())}"


def shown_words(part: ParsedProvision) -> dict[str, str]:
    """The words of each format as its reader shows them, without the marks of footnotes."""
    page = html.fromstring(provision_html(part))
    for mark in page.xpath("//*[@role='doc-noteref' or @role='doc-backlink']"):
        mark.text = ""
    markdown = _MARKDOWN.render(_NOTE_MARK.sub("", provision_markdown(part)))
    return {
        "html": page.text_content(),
        "md": html.fromstring(f"<div>{markdown}</div>").text_content(),
        "txt": provision_text(part),
    }


def left_out(version: ParsedVersion, *, marks: str = "*_~[]\\") -> list[str]:
    """Where a format shows less than is stored, or Markdown shows one of its own `marks`."""
    found = []
    for part in version.provisions:
        stored = _letters(stored_words(part))
        for form, words in shown_words(part).items():
            missing = stored - _letters(words)
            added = _letters(words) - stored if form == "md" else Counter()
            if missing or any(sign in added for sign in marks):
                found.append(f"{part.eid}.{form}: lacks {dict(missing)}, adds {dict(added)}")
    return found


def _letters(text: str) -> Counter[str]:
    return Counter("".join(text.split()))
