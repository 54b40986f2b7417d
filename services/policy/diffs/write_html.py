"""A redline as a page of HTML that stands alone: no script, no style, nothing fetched, all text escaped."""

from collections.abc import Iterable

from services.policy.diffs.domain import Change
from services.policy.diffs.service import Diff
from services.policy.diffs.wire import diff_href
from services.policy.diffs.words import Run
from services.policy.diffs.write_text import headline, names_of, tally
from services.policy.documents.render_html import escape


def diff_html(found: Diff) -> str:
    """What changed, with links, then each change with its words."""
    labels = names_of(found.new.lang)
    lang = escape(found.new.lang)
    title = escape(f"{found.new.title}: {found.old.date} → {found.new.date}")
    canonical = escape(diff_href(found.work, found.old, found.new))
    contents = "".join(
        f'<li><a href="#change-{at}">{escape(headline(change, labels))}</a></li>'
        for at, change in enumerate(found.changes, 1)
    )
    parts = "".join(_section(at, change, labels, lang) for at, change in enumerate(found.changes, 1))
    return (
        f'<!DOCTYPE html><html lang="{escape(labels["lang"])}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<link rel="canonical" href="{canonical}"></head><body><main><h1 lang="{lang}">'
        f"{runs_html(found.title, labels)}</h1><p>{escape(tally(found, labels))}</p>"
        + (f"<ol>{contents}</ol>" if contents else "")
        + f"{parts}</main></body></html>"
    )


def runs_html(runs: Iterable[Run], labels: dict[str, str]) -> str:
    """Runs as text, `<ins>` and `<del>`, each mark with a word for who does not see it."""
    out = []
    for run in runs:
        text = escape(run.text).replace("\n", "<br>")
        if run.op == "equal":
            out.append(text)
        else:
            tag, mark = ("ins", "+") if run.op == "insert" else ("del", "−")
            label = escape(labels[run.op])
            out.append(f'<{tag}><span class="redline-mark" role="img" aria-label="{label}">{mark}</span>{text}</{tag}>')
    return "".join(out)


def _section(at: int, change: Change, labels: dict[str, str], lang: str) -> str:
    return (
        f'<section id="change-{at}" class="redline" data-op="{change.ops[0]}" data-eid="{escape(change.shown.eid)}">'
        f"<h2>{escape(headline(change, labels))}</h2>"
        f'<p lang="{lang}">{runs_html(change.words, labels)}</p></section>'
    )
