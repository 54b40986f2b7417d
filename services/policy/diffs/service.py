"""What can be asked of a policy's changes: timeline, redline between two days, blame, a provision's history."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Literal

from services.policy.diffs import repo
from services.policy.diffs.align import settled
from services.policy.diffs.compare import Comparison, changes_of, compare
from services.policy.diffs.domain import Amendment, Change, Part, Summary
from services.policy.diffs.inside import inside
from services.policy.diffs.lineage import ANYTHING, WORDING, Creditors, Range, life, lives, ranges
from services.policy.diffs.texts import Texts
from services.policy.diffs.words import Run, redline
from services.policy.documents import repo as documents
from services.policy.documents.domain import ProvisionNotFound, VersionHead, VersionNotHeld, Work, WorkKey, standing_on
from services.policy.documents.service import Alias, read_work
from shared.db import Connection, Database


@dataclass(frozen=True, slots=True)
class Moment:
    """A version on the timeline, and what it brought."""

    head: VersionHead
    dates: repo.SourceDates
    amendments: tuple[Amendment, ...]
    """Those it is the first to name; of the first version held, all."""
    summary: Summary | None
    """Against the version before; None for the first held."""
    change: Literal["first-held", "amendment", "correction"]
    """A correction changes the text of a date already told, or leaves the date of the last amendment as it was."""
    before: VersionHead | None
    """The text that it took the place of."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The texts of a work in one language, newest date first, each revision of a date by itself, the last first."""

    work: Work
    lang: str
    moments: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class Diff:
    """The redline between two versions of a work."""

    work: Work
    old: VersionHead
    new: VersionHead
    title: tuple[Run, ...]
    changes: tuple[Change, ...]
    summary: Summary


@dataclass(frozen=True, slots=True)
class Blamed:
    """A provision with the ranges of its wordings, oldest first, each with who brought it."""

    part: Part
    ranges: tuple[tuple[Range, tuple[Amendment, ...]], ...]


@dataclass(frozen=True, slots=True)
class Blame:
    """Every provision of a version. `heads` are the versions up to it, oldest first: ranges count in them."""

    work: Work
    heads: tuple[VersionHead, ...]
    provisions: tuple[Blamed, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A range of a provision's history, who brought it, and how its text came from the one before."""

    range: Range
    by: tuple[Amendment, ...]
    words: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class History:
    """One provision through all versions. `heads` are all of them, oldest first: ranges count in them."""

    work: Work
    heads: tuple[VersionHead, ...]
    events: tuple[Event, ...]


async def read_timeline(
    database: Database, key: WorkKey, lang: str | None, today: date, *, known_at: date | None = None
) -> Timeline | Alias:
    """The texts in `lang` (None: the work's first language) with what each changed."""
    found = await _work(database, key, lang, today, known_at)
    if isinstance(found, Alias):
        return found
    work, shown = found
    async with database.transaction(readonly=True) as connection:
        every = await documents.revisions(connection, work.id, shown[0].lang, today, known_at)
        heads = [_as_known(head, shown) for head in every]
        ids = [head.id for head in heads]
        past = await _past(connection, ids)
        dates = await repo.source_dates(connection, ids)
    moments = []
    for at, head in enumerate(heads):
        before = {(other.label, other.uri) for other in past.amendments[at - 1]} if at else set()
        fresh = tuple(other for other in past.amendments[at] if (other.label, other.uri) not in before)
        older = heads[at - 1] if at else None
        summary = past.comparisons[at - 1].summary if at else None
        moments.append(Moment(head, dates[head.id], fresh, summary, _change(older, head, dates), older))
    return Timeline(work, shown[0].lang, tuple(reversed(moments)))


def _as_known(head: VersionHead, shown: Sequence[VersionHead]) -> VersionHead:
    """`head` with its standing among the texts that were known."""
    return next((other for other in shown if other.id == head.id), replace(head, is_current=False, superseded=True))


def _change(
    older: VersionHead | None, head: VersionHead, dates: Mapping[int, repo.SourceDates]
) -> Literal["first-held", "amendment", "correction"]:
    if older is None:
        return "first-held"
    amended = dates[head.id].last_amended
    same = amended is not None and dates[older.id].last_amended == amended
    return "correction" if same or older.date == head.date else "amendment"


async def read_diff(
    database: Database,
    key: WorkKey,
    lang: str | None,
    start: date | None,
    end: date | None,
    today: date,
    *,
    known_at: date | None = None,
    from_known_at: date | None = None,
) -> Diff | Alias:
    """The redline from the version that stood on `start` (None: the one before) to that of `end` (None: current).

    Both as they were known at `known_at`; the older one, if that is given, at `from_known_at`.
    """  # fmt: skip
    found = await _work(database, key, lang, today, known_at)
    if isinstance(found, Alias):
        return found
    work, heads = found
    new = _standing(work, heads, end, today)
    older = heads
    if from_known_at is not None:
        known = await _work(database, work.key, new.lang, today, from_known_at)
        if isinstance(known, Alias):
            return known
        older = known[1]
    old = _before(older, new) if start is None else standing_on(older, new.lang, start)
    texts = Texts()
    async with database.transaction(readonly=True) as connection:
        before, after = await repo.places(connection, [old.id, new.id])
        await texts.write_out(connection, _unsettled(before, after))
        before, after = texts.filled(before), texts.filled(after)
        comparison = await asyncio.to_thread(compare, before, after, texts.wordings)
        sides = (side for finding in comparison.findings for side in finding.pair if side)
        await texts.write_out(connection, {side.hash for side in sides})
    comparison = replace(comparison, findings=texts.filled_findings(comparison))
    changes = await asyncio.to_thread(changes_of, comparison, texts.wordings)
    return Diff(work, old, new, redline(old.title, new.title), changes, comparison.summary)


async def read_blame(
    database: Database, key: WorkKey, lang: str | None, day: date | None, today: date, *, known_at: date | None = None
) -> Blame | Alias:
    """Since when each provision of the version that stood on `day` (None: the current one) reads as it does."""
    found = await _work(database, key, lang, today, known_at)
    if isinstance(found, Alias):
        return found
    work, heads = found
    heads = heads[: heads.index(_standing(work, heads, day, today)) + 1]
    async with database.transaction(readonly=True) as connection:
        past = await _past(connection, [head.id for head in heads])
        # Who brought a wording is read from its own note, so that here all of the last version is needed.
        await past.texts.read(connection, {part.hash for part in past.parts[-1]})

    def blame() -> tuple[Blamed, ...]:
        creditors = Creditors(past.texts.credits(), past.amendments)
        return tuple(
            Blamed(
                stays[-1].part,
                tuple((found, creditors.brought(found)) for found in ranges(stays, past.texts.wordings, WORDING)),
            )
            for stays in lives(past.comparisons, past.texts.filled(past.parts[-1]))
        )

    return Blame(work, heads, await asyncio.to_thread(blame))


async def read_history(
    database: Database, key: WorkKey, lang: str | None, eid: str, today: date, *, known_at: date | None = None
) -> History | Alias:
    """The provision, or the part inside of one, that the newest version with this eId has under it, in all versions."""
    found = await _work(database, key, lang, today, known_at)
    if isinstance(found, Alias):
        return found
    work, heads = found
    async with database.transaction(readonly=True) as connection:
        past = await _past(connection, [head.id for head in heads])
        at, part = _newest(past.parts, eid)
        stays = life(past.comparisons, at, part)
        await past.texts.write_out(connection, {stay.part.hash for stay in stays})
    parts = past.texts.filled([stay.part for stay in stays])
    stays = [stay._replace(part=part) for stay, part in zip(stays, parts, strict=True)]
    creditors = Creditors(past.texts.credits(), past.amendments)
    runs = [(stays, past.texts.wordings)]
    if part.eid != eid:
        runs = inside(stays, past.texts.contents, eid.removeprefix(f"{part.eid}__"))
    events = []
    text = ""
    for run, wordings in runs:
        for one in ranges(run, wordings, ANYTHING):
            events.append(Event(one, creditors.brought(one), redline(text, wordings[one.part.hash].text)))
            text = wordings[one.ending.hash].text
    if not events:
        raise ProvisionNotFound("No version held in this language has such a provision.")
    return History(work, heads, tuple(events))


def _newest(versions: Sequence[Sequence[Part]], eid: str) -> tuple[int, Part]:
    """The newest version's index that has `eid`, or else what it may stand in, and that part."""
    names = eid.split("__")
    for count in range(len(names), 0, -1):
        wanted = "__".join(names[:count])
        for at in range(len(versions) - 1, -1, -1):
            part = next((part for part in versions[at] if part.eid == wanted), None)
            if part is not None:
                return at, part
    raise ProvisionNotFound("No version held in this language has such a provision.")


@dataclass(frozen=True, slots=True)
class _Past:
    """Versions, oldest first, each compared with the next."""

    parts: list[list[Part]]
    texts: Texts
    """Of those that changed from a version to the next; only these parts are filled."""
    comparisons: list[Comparison]
    amendments: list[list[Amendment]]


async def _past(connection: Connection, version_ids: Sequence[int]) -> _Past:
    places = await repo.places(connection, version_ids)
    texts = Texts()
    await texts.write_out(connection, {digest for old, new in pairwise(places) for digest in _unsettled(old, new)})
    parts = [texts.filled(version) for version in places]
    comparisons = await asyncio.to_thread(lambda: [compare(old, new, texts.wordings) for old, new in pairwise(parts)])
    return _Past(parts, texts, comparisons, await repo.amendments(connection, version_ids))


async def _work(
    database: Database, key: WorkKey, lang: str | None, today: date, known_at: date | None = None
) -> tuple[Work, tuple[VersionHead, ...]] | Alias:
    """The work, and its versions in `lang`, oldest first; raises VersionNotFound for a language not held."""
    view = await read_work(database, key, today, known_at)
    if isinstance(view, Alias):
        return view
    wanted = lang or view.lead.lang
    held = sorted((head for head in view.work.versions if head.lang == wanted), key=lambda head: head.date)
    if not held:
        standing_on(view.work.versions, wanted, today)
    return view.work, tuple(held)


def _standing(work: Work, heads: Sequence[VersionHead], day: date | None, today: date) -> VersionHead:
    current = work.current(heads[0].lang) if day is None else None
    return current or standing_on(work.versions, heads[0].lang, day or today)


def _before(heads: Sequence[VersionHead], new: VersionHead) -> VersionHead:
    at = heads.index(new)
    if at == 0:
        raise VersionNotHeld(f"The version of {new.date} is the first held; there is none before it to compare with.")
    return heads[at - 1]


def _unsettled(old: Sequence[Part], new: Sequence[Part]) -> set[bytes]:
    known = settled(old, new)
    return {part.hash for parts in (old, new) for part in parts if (part.eid, part.hash) not in known}
