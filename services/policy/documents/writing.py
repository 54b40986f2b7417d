"""Versions and provisions written out in each format."""

from services.policy.documents.addresses import Format, version_href
from services.policy.documents.akn_facts import described
from services.policy.documents.domain import Expression, ProvisionRow
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
from services.policy.documents.service import ProvisionView
from services.policy.documents.wire import Content, provision_view_body, version_body, version_head


def written_version(found: Expression, form: Format, content: Content) -> bytes:
    """A whole version in `form`; `content` says what JSON gives of the text."""
    if form is Format.JSON and found.written is not None:
        return as_json(version_head(found))[:-1] + b',"provisions":[' + found.written.encode() + b"]}"
    if form is Format.JSON:
        rendered = [provision_html(row) for row in found.provisions] if content == "html" else []
        return as_json(version_body(found, content, rendered))
    return _written(found, found.provisions, form)


def written_provision(view: ProvisionView, form: Format, content: Content) -> bytes:
    """One provision in `form`."""
    if form is Format.JSON:
        html = provision_html(view.provision) if content == "html" else ""
        return as_json(provision_view_body(view, content, html))
    if form is Format.XML:
        return provision_akn(described(view.expression), view.provision)
    return _written(view.expression, (view.provision,), form)


def _written(found: Expression, rows: tuple[ProvisionRow, ...], form: Format) -> bytes:
    match form:
        case Format.XML:
            return version_akn(described(found), rows)
        case Format.HTML:
            return _page(found, rows).encode()
        case Format.MD:
            parts = [f"# {escape_markdown(found.version.title)}", *map(provision_markdown, rows)]
            return ("\n\n".join(part.strip() for part in parts) + "\n").encode()
        case _:
            parts = [found.version.title, *map(provision_text, rows)]
            return ("\n\n".join(part.strip("\n") for part in parts) + "\n").encode()


def _page(found: Expression, rows: tuple[ProvisionRow, ...]) -> str:
    """A document that stands alone: no script, no style, nothing fetched."""
    version = found.version
    canonical = escape(version_href(found.work.key, version.lang, version.date))
    title = escape(version.title)
    head = f'<meta charset="utf-8"><title>{title}</title><link rel="canonical" href="{canonical}">'
    body = f"<h1>{title}</h1>" + "".join(map(provision_html, rows))
    return (
        f'<!DOCTYPE html><html lang="{escape(version.lang)}"><head>{head}</head><body><main>{body}</main></body></html>'
    )
