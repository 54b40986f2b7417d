"""The JSON of works, versions and provisions, exactly as docs/architecture.md gives it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Literal

from services.policy.documents.addresses import Format, provision_href, version_href, work_href
from services.policy.documents.domain import Expression, ProvisionRow, VersionHead, Work, WorkKey, WorkSummary
from services.policy.documents.earlier import Given
from services.policy.documents.repo import Held
from services.policy.documents.service import Partial, ProvisionView, WorkView
from services.policy.documents.tombstones import tombstone_body

Content = Literal["text", "html", "none"]


def work_summary(item: WorkSummary) -> dict[str, Any]:
    """A work in a list."""
    return {
        "jurisdiction": item.key.jurisdiction,
        "kind": item.key.kind,
        "number": item.key.number,
        "href": work_href(item.key),
        "frbr_uri": item.frbr_uri,
        "title": item.title,
        "lang": item.lang,
        "date": item.date.isoformat(),
        "status": item.status,
        "citations": list(item.citations),
        "languages": list(item.languages),
    }


def work_body(view: WorkView) -> dict[str, Any]:
    """A work: what a list says of it, from its leading version, and everything held of it."""
    work, version = view.work, view.lead
    return {
        "jurisdiction": work.key.jurisdiction,
        "kind": work.key.kind,
        "number": work.key.number,
        "href": work_href(work.key),
        "frbr_uri": work.frbr_uri,
        "title": version.title,
        "lang": version.lang,
        "date": version.date.isoformat(),
        "status": version.status,
        "citations": list(version.citations),
        "languages": sorted(work.titles),
        "titles": work.titles,
        "aliases": list(work.aliases),
        "identifiers": {name: value for name, value in version.source_ids.items() if name != "path"},
        "jurisdiction_names": dict(work.jurisdiction_names),
        "as_of": _date(view.axes.as_of),
        "known_at": _date(view.axes.known_at),
        "taken_out": _date(version.taken_out),
        "versions": [_head(work, head) for head in work.versions],
        "withdrawn": [tombstone_body(work.key, tombstone) for tombstone in view.withdrawn],
    }


def head_href(work: Work, head: VersionHead, suffix: Format | None = None) -> str:
    """Where a version is read as it was known when the work was."""
    href = version_href(work.key, head.lang, head.date, suffix)
    return f"{href}?known_at={work.known_at}" if work.known_at else href


def canonical_href(found: Expression, eid: str = "") -> str:
    """The permanent address of a version or a provision of it: of one corrected since, by when it was published."""
    return permanent_href(found.work.key, found.head, eid)


def permanent_href(key: WorkKey, head: VersionHead, eid: str = "") -> str:
    """The same for a version of the work at `key`."""
    href = provision_href(key, head.lang, head.date, eid) if eid else version_href(key, head.lang, head.date)
    return f"{href}?known_at={head.published}" if head.superseded else href


def _head(work: Work, head: VersionHead) -> dict[str, Any]:
    return {
        "lang": head.lang,
        "date": head.date.isoformat(),
        "revision": head.revision,
        "published": head.published.isoformat(),
        "status": head.status,
        "href": head_href(work, head),
    }


def version_body(found: Expression, content: Content, rendered: list[str]) -> dict[str, Any]:
    """A version with its provisions; `rendered` holds their HTML when `content` is html."""
    body = version_head(found)
    body["provisions"] = [
        provision_body(row, content, rendered[index] if rendered else "") for index, row in enumerate(found.provisions)
    ]
    return body


def version_head(found: Expression) -> dict[str, Any]:
    """A version without its provisions."""
    work, version = found.work, found.version
    return {
        "work": {
            "jurisdiction": work.key.jurisdiction,
            "kind": work.key.kind,
            "number": work.key.number,
            "href": work_href(work.key),
            "frbr_uri": work.frbr_uri,
            "titles": work.titles,
            "jurisdiction_names": dict(work.jurisdiction_names),
        },
        "lang": version.lang,
        "date": version.date.isoformat(),
        "revision": version.revision,
        "title": version.title,
        "long_title": version.long_title,
        "citations": list(version.citations),
        "subjects": list(version.subjects),
        "status": version.status,
        "content_hash": version.content_hash.hex(),
        "dates": {
            "published": version.published.isoformat(),
            "in_force": {"from": _date(version.in_force_from), "to": _date(version.in_force_to)},
            "last_amended": _date(version.last_amended),
            "taken_out": _date(version.taken_out),
            "content_changed_at": moment(version.content_changed_at),
            "source_checked_at": moment(version.source_checked_at),
        },
        "languages": _in_other_languages(found),
        "current": found.is_current,
        "known_at": _date(work.known_at),
        "corrected": version_href(work.key, version.lang, version.date) if found.head.superseded else None,
        "previous": _neighbour(work, found.previous),
        "next": _neighbour(work, found.next),
    }


def provision_body(row: ProvisionRow, content: Content, html: str) -> dict[str, Any]:
    """A provision in its version."""
    body: dict[str, Any] = {
        "eid": row.eid,
        "kind": row.kind,
        "level": row.level,
        "num": row.num,
        "heading": row.heading,
        "note": row.note,
        "status": row.status,
        "lang": row.lang,
        "in_force_from": _date(row.in_force_from),
        "in_force_to": _date(row.in_force_to),
        "hash": row.hash.hex(),
    }
    if content == "html":
        body["html"] = html
    elif content == "text":
        body["text"] = row.text
    return body


def provision_view_body(view: ProvisionView, content: Content, html: str) -> dict[str, Any]:
    """One provision with its version and the headings above it."""
    found = view.expression
    body = provision_body(view.provision, content, html)
    body["href"] = canonical_href(found, view.provision.eid)
    basis = None if view.asked is None else _basis(view.since, view.asked, found)
    return {"version": version_head(found), "provision": body, "path": list(view.path), "basis": basis}


def partial_body(found: Partial, content: Content, html: Callable[[ProvisionRow], str]) -> dict[str, Any]:
    """What is known of a day before the first text held: of each provision its words, or why they are not given."""
    items = []
    for item in found.provisions:
        if isinstance(item, Given):
            body = provision_body(item.row, content, html(item.row) if content == "html" else "")
            items.append({**body, "state": "given", "basis": _basis(item.since, found.day, found.first)})
        else:
            row = item.row
            items.append({"eid": row.eid, "kind": row.kind, "level": row.level, "num": row.num, "state": item.state})
    states = [item["state"] for item in items]
    return {
        "asked": found.day.isoformat(),
        "complete": False,
        "counts": {state: states.count(state) for state in ("given", "not-held", "not-in-force")},
        "version": version_head(found.first),
        "provisions": items,
    }


def _basis(since: date | None, asked: date, found: Expression) -> dict[str, Any]:
    """Why a provision of the first text held is given for a day before it."""
    return {
        "kind": "unchanged-since",
        "since": _date(since),
        "asked": asked.isoformat(),
        "first_held": found.version.date.isoformat(),
    }


def held_body(held: Held) -> dict[str, Any]:
    """Counts over everything."""
    return {
        "works": held.works,
        "versions": held.versions,
        "provisions": held.provisions,
        "languages": dict(held.languages),
        "latest_release": _date(held.latest_release),
        "source_checked_at": None if held.source_checked_at is None else moment(held.source_checked_at),
    }


def moment(value: datetime) -> str:
    """A moment in UTC, to the second."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _neighbour(work: Work, head: VersionHead | None) -> str | None:
    return None if head is None else head_href(work, head)


def _in_other_languages(found: Expression) -> dict[str, str]:
    """For each language, the version that stood with this one: the last of its date or earlier, else the first held."""
    best: dict[str, VersionHead] = {}
    for head in sorted(found.work.versions, key=lambda head: head.date):
        if head.lang not in best or head.date <= found.version.date:
            best[head.lang] = head
    return {lang: head_href(found.work, head) for lang, head in sorted(best.items())}
