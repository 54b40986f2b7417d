"""The JSON of timelines, redlines, blame and histories."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from services.policy.diffs.domain import Amendment, Change, Part, Summary
from services.policy.diffs.lineage import Range
from services.policy.diffs.service import Blame, Diff, Event, History, Moment, Timeline
from services.policy.diffs.words import Run, word_counts
from services.policy.documents.addresses import work_href
from services.policy.documents.domain import VersionHead, Work
from services.policy.documents.wire import permanent_href


def timeline_body(found: Timeline) -> dict[str, Any]:
    """The versions, newest first."""
    work = found.work
    return {
        "work": _work(work),
        "lang": found.lang,
        "items": [_moment(work, moment) for moment in found.moments],
    }


def diff_body(found: Diff) -> dict[str, Any]:
    """A redline as data."""
    return {
        "work": _work(found.work),
        "lang": found.new.lang,
        "from": version(found.work, found.old),
        "to": version(found.work, found.new),
        "summary": _summary(found.summary) | _words_of(found.changes),
        "title": words(found.title),
        "items": [_change(found, change) for change in found.changes],
    }


def blame_head(found: Blame) -> dict[str, Any]:
    """What blame says of the version as a whole; its provisions follow as `items`, which `write_blame` writes."""
    head = found.heads[-1]
    return {"work": _work(found.work), "lang": head.lang, "version": version(found.work, head)}


def history_body(found: History) -> dict[str, Any]:
    """One provision through all versions, oldest first."""
    last = found.events[-1].range.last
    gone = found.heads[last + 1] if last + 1 < len(found.heads) else None
    return {
        "work": _work(found.work),
        "lang": found.heads[-1].lang,
        "eid": found.events[-1].range.part.eid,
        "removed": None if gone is None else gone.date.isoformat(),
        "items": [
            _event(found, event, before)
            for event, before in zip(found.events, [None, *(event.range for event in found.events)], strict=False)
        ],
    }


def diff_href(work: Work, old: VersionHead, new: VersionHead) -> str:
    """Where the redline between two versions is, permanently: what was corrected since is named by its publication."""
    known = f"&known_at={new.published}" if new.superseded else ""
    if old.superseded or new.superseded:
        known += f"&from_known_at={old.published}"
    return f"{work_href(work.key)}/diff?from={old.date}&to={new.date}&lang={new.lang}{known}"


def version(work: Work, head: VersionHead) -> dict[str, Any]:
    """A version, in short."""
    href = permanent_href(work.key, head)
    return {"date": head.date.isoformat(), "revision": head.revision, "published": head.published.isoformat(),
            "status": head.status, "title": head.title, "current": head.is_current, "href": href}  # fmt: skip


def words(runs: Iterable[Run]) -> list[dict[str, str]]:
    """A redline's runs."""
    return [{"op": run.op, "text": run.text} for run in runs]


def _moment(work: Work, moment: Moment) -> dict[str, Any]:
    before = moment.before
    corrected = before if moment.change == "correction" else None
    return version(work, moment.head) | {
        "in_force_from": _date(moment.dates.in_force_from),
        "last_amended": _date(moment.dates.last_amended),
        "change": moment.change,
        "superseded": moment.head.superseded,
        "corrects": None if corrected is None else version(work, corrected),
        "amended_by": amended_by(moment.amendments),
        "summary": None if moment.summary is None else _summary(moment.summary),
        "diff": None if before is None else diff_href(work, before, moment.head),
    }


def _change(found: Diff, change: Change) -> dict[str, Any]:
    return {
        "op": change.ops[0],
        "ops": list(change.ops),
        "from": None if change.old is None else _side(found.work, found.old, change.old),
        "to": None if change.new is None else _side(found.work, found.new, change.new),
        "words": words(change.words),
    }


def _side(work: Work, head: VersionHead, part: Part) -> dict[str, Any]:
    return _place(work, head, part) | {"position": part.ordinal}


def _place(work: Work, head: VersionHead, part: Part) -> dict[str, Any]:
    href = permanent_href(work.key, head, part.eid)
    return {"eid": part.eid, "kind": part.kind, "num": part.num, "heading": part.heading, "note": part.note,
            "status": part.status, "href": href}  # fmt: skip


def _event(found: History, event: Event, before: Range | None) -> dict[str, Any]:
    head = found.heads[event.range.first]
    return {
        "from": head.date.isoformat(),
        "until": until(found.heads, event.range.last),
        "op": event.range.ops[0] if event.range.ops else "first-held",
        "ops": list(event.range.ops),
        "correction": is_correction(before, event.range),
        "provision": _place(found.work, head, event.range.part),
        "in_force_from": _date(event.range.part.in_force_from),
        "last_amended": _date(event.range.part.last_amended),
        "by": amended_by(event.by),
        "words": words(event.words),
    }


def is_correction(before: Range | None, one: Range) -> bool:
    """Whether the words changed while the source has the provision last amended on the same day as before."""
    amended = one.part.last_amended
    return before is not None and "changed" in one.ops and amended is not None and before.ending.last_amended == amended


def until(heads: Sequence[VersionHead], last: int) -> str | None:
    """The day on which the version after the range begins; None for a range that reaches the last version asked of."""
    return heads[last + 1].date.isoformat() if last + 1 < len(heads) else None


def amended_by(amendments: Iterable[Amendment]) -> list[dict[str, Any]]:
    """Amendments as the source names them."""
    return [
        {
            "label": amendment.label,
            "basis": amendment.basis,
            "frbr_uri": amendment.uri,
            "href": None if amendment.work is None else work_href(amendment.work),
        }
        for amendment in amendments
    ]


def _summary(summary: Summary) -> dict[str, int]:
    return {**summary.ops, "markup": summary.markup, "unchanged": summary.unchanged}


def _words_of(changes: Iterable[Change]) -> dict[str, int]:
    counts = [word_counts(change.words) for change in changes]
    return {"words_inserted": sum(come for come, _ in counts), "words_deleted": sum(gone for _, gone in counts)}


def _work(work: Work) -> dict[str, Any]:
    return {
        "jurisdiction": work.key.jurisdiction,
        "kind": work.key.kind,
        "number": work.key.number,
        "href": work_href(work.key),
        "titles": work.titles,
    }


def _date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
