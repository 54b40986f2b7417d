"""The tools that tell what changed: the versions of a policy, and the redline between two of them."""

from services.policy.diffs.domain import Change
from services.policy.diffs.service import Diff as Redline
from services.policy.diffs.service import read_diff, read_timeline
from services.policy.diffs.words import Run
from services.policy.diffs.write_text import headline, names_of, tally
from services.policy.documents.addresses import iso_date, provision_href, version_href
from services.policy.documents.domain import VersionHead, Work
from services.policy.documents.service import Alias
from services.policy.mcp.answers import ChangeEntry, DiffAnswer, Revision, TimelineAnswer
from services.policy.mcp.arguments import Diff, Timeline
from services.policy.mcp.holdings import Holdings, place_of

_MARKS = {"equal": "{}", "insert": "{{+{}+}}", "delete": "[-{}-]"}


async def timeline(holdings: Holdings, asked: Timeline) -> tuple[str, TimelineAnswer]:
    """The versions held, newest first."""
    place = place_of(asked)
    found = await read_timeline(holdings.database, place.key, place.lang, holdings.today)
    while isinstance(found, Alias):
        found = await read_timeline(holdings.database, found.key, place.lang, holdings.today)
    moments = found.moments[: asked.limit]
    answer = TimelineAnswer(
        title=found.moments[0].head.title, lang=found.lang, total=len(found.moments),
        items=[
            Revision(
                address=_address(holdings, found.work, moment.head), date=moment.head.date.isoformat(),
                status=moment.head.status, current=moment.head.is_current,
                amended_by=[amendment.label for amendment in moment.amendments],
                changes=None if moment.summary is None else {op: n for op, n in moment.summary.ops.items() if n},
            )
            for moment in moments
        ],
    )  # fmt: skip
    lines = [f"{answer.title} [{answer.lang}]: {answer.total} versions held, newest first"]
    for item in answer.items:
        counts = "first held" if item.changes is None else _counts(item.changes)
        now = ", stands today" if item.current else ""
        lines.append(f"- {item.date} ({item.status}{now}): {counts}. {item.address}")
        lines += [f"  amended by {label}" for label in item.amended_by]
    return "\n".join(lines), answer


async def diff(holdings: Holdings, asked: Diff) -> tuple[str, DiffAnswer]:
    """The redline between the texts of two days."""
    place = place_of(asked)
    start = iso_date(asked.start, "from") if asked.start else None
    end = iso_date(asked.end, "to") if asked.end else place.day
    found = await read_diff(holdings.database, place.key, place.lang, start, end, holdings.today)
    while isinstance(found, Alias):
        found = await read_diff(holdings.database, found.key, place.lang, start, end, holdings.today)
    changes = found.changes[asked.offset : asked.offset + asked.limit]
    answer = DiffAnswer(
        title=found.new.title, lang=found.new.lang, before=_address(holdings, found.work, found.old),
        after=_address(holdings, found.work, found.new),
        summary={op: count for op, count in found.summary.ops.items() if count}, total=len(found.changes),
        items=[_entry(holdings, found, change) for change in changes],
    )  # fmt: skip
    labels = names_of(found.new.lang)
    lines = [
        f"{answer.title} [{answer.lang}]", f"Older text: {found.old.date} {answer.before}",
        f"Newer text: {found.new.date} {answer.after}", tally(found, labels),
    ]  # fmt: skip
    if len(changes) < answer.total:
        lines.append(f"Changes {asked.offset + 1} to {asked.offset + len(changes)} of {answer.total}:")
    for change, item in zip(changes, answer.items, strict=True):
        lines += ["", headline(change, labels), f"Address: {item.after or item.before}", item.redline]
    return "\n".join(lines), answer


def _entry(holdings: Holdings, found: Redline, change: Change) -> ChangeEntry:
    key = found.work.key
    sides = [
        part and holdings.public(provision_href(key, head.lang, head.date, part.eid))
        for part, head in ((change.old, found.old), (change.new, found.new))
    ]
    part = change.shown
    return ChangeEntry(
        ops=list(change.ops), name=" ".join(filter(None, (part.num, part.heading or part.note))) or part.eid,
        before=sides[0], after=sides[1], redline=_redline(change.words),
    )  # fmt: skip


def _redline(words: tuple[Run, ...]) -> str:
    return "".join(_MARKS[run.op].format(run.text) for run in words if run.text)


def _address(holdings: Holdings, work: Work, head: VersionHead) -> str:
    return holdings.public(version_href(work.key, head.lang, head.date))


def _counts(changes: dict[str, int]) -> str:
    return ", ".join(f"{count} {op}" for op, count in changes.items()) or "no provision changed"
