"""Versions and provisions written out in each format."""

from collections.abc import Sequence

from services.policy.documents.addresses import Format
from services.policy.documents.akn_facts import described
from services.policy.documents.domain import Expression, ProvisionRow
from services.policy.documents.earlier import Given
from services.policy.documents.notices import earlier_notice, mark, missing_mark, notices, partial_notice
from services.policy.documents.render import (
    provision_akn,
    provision_html,
    provision_markdown,
    provision_text,
    version_akn,
)
from services.policy.documents.render_html import escape
from services.policy.documents.render_markdown import escape as escape_markdown
from services.policy.documents.representations import as_json
from services.policy.documents.service import Partial, ProvisionView
from services.policy.documents.wire import (
    Content,
    canonical_href,
    partial_body,
    provision_view_body,
    version_body,
    version_head,
)
from shared.errors import NotAcceptable


def written_version(found: Expression, form: Format, content: Content) -> bytes:
    """A whole version in `form`; `content` says what JSON gives of the text."""
    if form is Format.JSON and found.written is not None:
        return as_json(version_head(found))[:-1] + b',"provisions":[' + found.written.encode() + b"]}"
    if form is Format.JSON:
        rendered = [provision_html(row) for row in found.provisions] if content == "html" else []
        return as_json(version_body(found, content, rendered))
    if form is Format.XML:
        return version_akn(described(found), found.provisions)
    return _written(found, notices(found), found.provisions, form)


def written_provision(view: ProvisionView, form: Format, content: Content) -> bytes:
    """One provision in `form`. Raises NotAcceptable where Akoma Ntoso has no way to say it."""
    found = view.expression
    if form is Format.JSON:
        html = provision_html(view.provision) if content == "html" else ""
        return as_json(provision_view_body(view, content, html))
    if view.asked is None or view.since is None:
        if form is Format.XML:
            return provision_akn(described(found), view.provision)
        # Plain text of one provision is what a redline is applied to, and its address has the date.
        return _written(found, notices(found, past=form is not Format.TXT), (view.provision,), form)
    if form is Format.XML:
        raise NotAcceptable("Akoma Ntoso describes texts that are held, and none is held for this day.")
    notice = earlier_notice(found.version.lang, view.asked, found.version.date, view.since)
    return _written(found, [notice], (view.provision,), form)


def written_partial(found: Partial, form: Format, content: Content) -> bytes:
    """What is known of a day before the first text held. Raises NotAcceptable for Akoma Ntoso."""
    if form is Format.JSON:
        return as_json(partial_body(found, content, provision_html))
    if form is Format.XML:
        raise NotAcceptable("Akoma Ntoso describes texts that are held, and none is held for this day.")
    version = found.first.version
    given = sum(isinstance(item, Given) for item in found.provisions)
    notice = partial_notice(version.lang, found.day, version.date, given, len(found.provisions))
    items = [
        item.row if isinstance(item, Given) else missing_mark(version.lang, item.row.num or item.row.eid, item.state)
        for item in found.provisions
    ]
    return _written(found.first, [notice], items, form)


def plain_words(title: str, rows: Sequence[ProvisionRow]) -> str:
    """A version as plain text without what this platform says of it."""
    parts = [title, *map(provision_text, rows)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _written(found: Expression, said: Sequence[str], items: Sequence[ProvisionRow | str], form: Format) -> bytes:
    """`said` stands above the text; an item that is a text stands in the place of a provision."""
    match form:
        case Format.HTML:
            return _page(found, said, items).encode()
        case Format.MD:
            parts = [f"# {escape_markdown(found.version.title)}", *(f"> **{escape_markdown(line)}**" for line in said)]
            for item in items:
                remark = item if isinstance(item, str) else mark(item)
                parts += [f"> **{escape_markdown(remark)}**"] if remark else []
                parts += [] if isinstance(item, str) else [provision_markdown(item)]
            return ("\n\n".join(part.strip() for part in parts) + "\n").encode()
        case _:
            parts = [found.version.title, *(f"[{line}]" for line in said)]
            for item in items:
                remark = item if isinstance(item, str) else mark(item)
                text = "" if isinstance(item, str) else provision_text(item)
                parts.append((f"[{remark}]\n" if remark else "") + text)
            return ("\n\n".join(part.strip("\n") for part in parts) + "\n").encode()


def _page(found: Expression, said: Sequence[str], items: Sequence[ProvisionRow | str]) -> str:
    """A document that stands alone: no script, no style, nothing fetched."""
    version = found.version
    canonical = escape(canonical_href(found))
    title = escape(version.title)
    head = f'<meta charset="utf-8"><title>{title}</title><link rel="canonical" href="{canonical}">'
    body = f"<h1>{title}</h1>" + "".join(f'<p class="notice"><strong>{escape(line)}</strong></p>' for line in said)
    for item in items:
        remark = item if isinstance(item, str) else mark(item)
        body += f'<p class="mark"><strong>{escape(remark)}</strong></p>' if remark else ""
        body += "" if isinstance(item, str) else provision_html(item)
    return (
        f'<!DOCTYPE html><html lang="{escape(version.lang)}"><head>{head}</head><body><main>{body}</main></body></html>'
    )
