"""Imports as JSON."""

from collections.abc import Sequence
from typing import Any

from services.policy.documents.wire import moment
from services.policy.jobs.domain import Caller, Event, FileFailure, Job

ROOT = "/api/v1/imports"
_UNITS = {"importing": "bytes", "indexing": "texts"}


def href(number: int) -> str:
    """The address of an import."""
    return f"{ROOT}/{number}"


def job(found: Job, caller: Caller) -> dict[str, Any]:
    """One import, as `caller` sees it."""
    own = href(found.id)
    release = found.release or found.asked_release
    movable = found.may_be_moved_by(caller)
    return {
        "id": found.id,
        "href": own,
        "state": found.state.value,
        "origin": found.origin,
        "account": found.account,
        "importer": found.importer,
        "source": found.source,
        "size": found.upload_size,
        "sha256": found.upload_sha256.hex() if found.upload_sha256 is not None else None,
        "release": release.isoformat() if release else None,
        "requested_at": moment(found.requested_at),
        "started_at": moment(found.started_at) if found.started_at else None,
        "finished_at": moment(found.finished_at) if found.finished_at else None,
        "updated_at": moment(found.updated_at),
        "progress": {
            "phase": found.phase,
            "done": found.done,
            "total": found.total,
            "unit": _UNITS.get(found.phase, ""),
            "files": {"done": found.files_done, "total": found.files},
        },
        "counts": dict(found.counts),
        "failures": {"count": found.failures, "href": f"{own}/failures"},
        "trouble": found.trouble,
        "cancel_requested": found.cancel_requested,
        "cancel": f"{own}/cancel" if movable and not found.is_over else None,
        "resume": f"{own}/resume" if movable and found.can_resume else None,
        "events": f"{own}/events",
        "report": f"{own}/report",
    }


def failure(found: FileFailure) -> dict[str, Any]:
    """A file that could not be imported."""
    return {"path": found.path, "line": found.line, "message": found.message}


def report(found: Job, failures: Sequence[FileFailure], events: Sequence[Event]) -> dict[str, Any]:
    """The report, with the fields that `openpolicy import --report` writes, and the record of who did what."""
    seconds = (found.finished_at - found.started_at).total_seconds() if found.finished_at and found.started_at else 0.0
    return {
        "importer": found.importer,
        "source": found.source,
        "release": found.release.isoformat() if found.release else None,
        "state": found.state.value,
        "trouble": found.trouble,
        "files": found.files,
        "done": found.files_done,
        "counts": dict(found.counts),
        "seconds": round(seconds, 2),
        "failures": [failure(item) for item in failures],
        "failures_left_out": found.failures - len(failures),
        "record": [_event(event) for event in events],
    }


def _event(found: Event) -> dict[str, Any]:
    return {
        "at": moment(found.at),
        "by": found.account,
        "request_id": found.request_id,
        "action": found.action,
        "from": found.from_state,
        "to": found.to_state,
        "detail": found.detail,
    }
