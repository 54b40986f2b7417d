"""The JSON of drafts, their provisions and their record."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal
from urllib.parse import quote

from services.policy.documents.addresses import version_href, work_href
from services.policy.documents.domain import ProvisionRow
from services.policy.documents.render import provision_html
from services.policy.documents.wire import moment
from services.policy.documents.withdrawal import Withdrawn
from services.policy.editorial.as_markdown import as_markdown
from services.policy.editorial.domain import Actor, Draft, DraftProvision
from services.policy.editorial.record import Event
from services.policy.editorial.repo import Note

ROOT = "/api/v1/drafts"
Content = Literal["none", "text", "source", "html"]


def draft_href(draft_id: str) -> str:
    """Where a draft is."""
    return f"{ROOT}/{draft_id}"


def summary_body(draft: Draft, actor: Actor) -> dict[str, Any]:
    """A draft in a list."""
    about = draft.about
    return {
        "id": draft.id,
        "href": draft_href(draft.id),
        "etag": draft.etag,
        "state": draft.state.value,
        "revision": draft.revision,
        "work": {"jurisdiction": about.jurisdiction, "kind": about.kind, "number": about.number,
                 "href": work_href(about.key)},
        "lang": about.lang,
        "date": _date(about.date),
        "title": about.title,
        "base": _version(draft, draft.base_date, draft.base_revision),
        "published": None if draft.published_version is None else _version(draft, draft.published_date, None),
        "owner": draft.owner,
        "editors": list(draft.editors),
        "created_at": moment(draft.created_at),
        "changed_at": moment(draft.changed_at),
        "changed_by": draft.acted_by,
        "conflicts": list(draft.conflicts),
        "actions": draft.actions(actor),
    }  # fmt: skip


def draft_body(
    draft: Draft, actor: Actor, provisions: Sequence[DraftProvision], notes: Sequence[Note], content: Content
) -> dict[str, Any]:
    """A draft with its provisions."""
    about = draft.about
    return summary_body(draft, actor) | {
        "long_title": about.long_title,
        "citations": list(about.citations),
        "subjects": list(about.subjects),
        "status": about.status,
        "in_force_from": _date(about.in_force_from),
        "authors": list(draft.authors),
        "notes": [
            {"revision": note.revision, "eid": note.eid, "text": note.text, "by": note.account, "at": moment(note.at)}
            for note in notes
        ],
        "provisions": [provision_body(row, content) for row in provisions],
    }


def provision_body(row: DraftProvision, content: Content, theirs: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A provision of a draft. `html` comes with the source that it was made of."""
    body: dict[str, Any] = {
        "eid": row.eid,
        "etag": row.etag,
        "kind": row.kind,
        "level": row.level,
        "num": row.num,
        "heading": row.heading,
        "note": row.note,
        "lang": row.lang,
        "status": row.status,
        "in_force_from": _date(row.in_force_from),
        "in_force_to": _date(row.in_force_to),
        "hash": row.hash.hex(),
        "changed": row.is_changed,
        "conflict": None if row.conflict is None else {"kind": row.conflict} | _theirs(theirs),
    }
    if content == "text":
        body["text"] = row.text
    elif content in ("source", "html"):
        body |= {"format": row.format, "source": row.source}
    if content == "html":
        body["html"] = provision_html(shown(row))
    return body


def provision_view(draft: Draft, row: DraftProvision, theirs: Mapping[str, Any] | None) -> dict[str, Any]:
    """A provision by itself, with the state of its draft: the ETag to send with a step of the whole."""
    of = {"href": draft_href(draft.id), "etag": draft.etag, "state": draft.state.value, "revision": draft.revision}
    body = provision_body(row, "html", theirs)
    body["markdown"] = row.source if row.format == "markdown" else as_markdown(row.content, row.kind)
    return {"draft": of, "provision": body}


def withdrawn_body(gone: Withdrawn, reason: str) -> dict[str, Any]:
    """A version that was taken back."""
    return {
        "href": version_href(gone.key, gone.lang, gone.date),
        "lang": gone.lang,
        "date": gone.date.isoformat(),
        "revision": gone.revision,
        "content_hash": gone.content_hash.hex(),
        "reason": reason,
    }


def shown(row: DraftProvision, ordinal: int = 0) -> ProvisionRow:
    """A provision as the read API would render it."""
    return ProvisionRow(
        row.kind, row.eid, row.num, row.heading, row.note, row.content, row.text, row.lang, row.status, row.level,
        row.in_force_from, row.in_force_to, row.hash, ordinal,
    )  # fmt: skip


def provision_href(draft_id: str, eid: str) -> str:
    """Where a provision of a draft is."""
    return f"{draft_href(draft_id)}/provisions/{quote(eid, safe='')}"


def event_body(event: Event) -> dict[str, Any]:
    """One step."""
    return {
        "id": event.id,
        "revision": event.revision,
        "at": moment(event.at),
        "by": event.account,
        "request_id": event.request_id,
        "action": event.action,
        "eid": event.eid,
        "from": event.from_state,
        "to": event.to_state,
        "before": None if event.before is None else event.before.hex(),
        "after": None if event.after is None else event.after.hex(),
        "detail": event.detail,
    }


def _theirs(theirs: Mapping[str, Any] | None) -> dict[str, Any]:
    if theirs is None:
        return {}
    names = ("kind", "num", "heading", "note", "text")
    return {"theirs": {"format": "akn", "source": theirs["content"]} | {name: theirs[name] for name in names}}


def _version(draft: Draft, day: date | None, revision: int | None) -> dict[str, Any] | None:
    if day is None:
        return None
    body: dict[str, Any] = {"date": day.isoformat(), "href": version_href(draft.about.key, draft.about.lang, day)}
    return body if revision is None else body | {"revision": revision}


def _date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
