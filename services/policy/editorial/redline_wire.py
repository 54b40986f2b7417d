"""The redline of a draft as JSON, HTML and text."""

from typing import Any

from services.policy.diffs.domain import Change, Part
from services.policy.diffs.wire import words
from services.policy.diffs.words import word_counts
from services.policy.diffs.write_html import runs_html
from services.policy.diffs.write_text import headline, names_of
from services.policy.documents.render_html import escape
from services.policy.editorial.redline import DraftDiff
from services.policy.editorial.wire import draft_href


def diff_body(found: DraftDiff) -> dict[str, Any]:
    """The redline as data."""
    counts = [word_counts(change.words) for change in found.changes]
    return {
        "draft": draft_href(found.draft.id),
        "etag": found.draft.etag,
        "lang": found.draft.about.lang,
        "summary": {**found.summary.ops, "markup": found.summary.markup, "unchanged": found.summary.unchanged,
                    "words_inserted": sum(come for come, _ in counts),
                    "words_deleted": sum(gone for _, gone in counts)},
        "title": words(found.title),
        "items": [_change(change) for change in found.changes],
    }  # fmt: skip


def diff_html(found: DraftDiff) -> str:
    """The redline as a fragment for a page: a section for each change, all text escaped."""
    labels = names_of(found.draft.about.lang)
    lang = escape(found.draft.about.lang)
    sections = [
        f'<section id="change-{at}" class="redline" data-op="{change.ops[0]}" data-eid="{escape(change.shown.eid)}">'
        f'<h2>{escape(headline(change, labels))}</h2><p lang="{lang}">{runs_html(change.words, labels)}</p></section>'
        for at, change in enumerate(found.changes, 1)
    ]
    return "".join(sections) or f"<p>{escape(labels['none'])}</p>"


def _change(change: Change) -> dict[str, Any]:
    return {
        "op": change.ops[0],
        "ops": list(change.ops),
        "from": _side(change.old),
        "to": _side(change.new),
        "words": words(change.words),
    }


def _side(part: Part | None) -> dict[str, Any] | None:
    if part is None:
        return None
    return {"eid": part.eid, "kind": part.kind, "num": part.num, "heading": part.heading, "note": part.note,
            "status": part.status, "position": part.ordinal}  # fmt: skip
