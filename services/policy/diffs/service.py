"""What can be asked of a policy's changes: timeline, redline between two days, blame, a provision's history."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from services.policy.diffs import repo
from services.policy.diffs.align import unsettled
from services.policy.diffs.compare import Comparison, changes_of, compare_sides, with_carried
from services.policy.diffs.domain import Amendment, Change, Pair, Part, Summary
from services.policy.diffs.inside import inside
from services.policy.diffs.lineage import ANYTHING, WORDING, Creditors, Range, life, lives, ranges
from services.policy.diffs.past import newest_named, read_past
from services.policy.diffs.texts import Texts, credits_of
from services.policy.diffs.words import Run, redline
from services.policy.documents import repo as documents
from services.policy.documents.domain import (
    Axes,
    ProvisionNotFound,
    VersionHead,
    VersionNotHeld,
    Work,
    WorkKey,
    standing_on,
)
from services.policy.documents.standing import Alias, find_work
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
    async with database.transaction(readonly=True) as connection:
        found = await _work(connection, key, lang, today, known_at)
        if isinstance(found, Alias):
            return found
        work, shown = found
        every = await documents.revisions(connection, work.id, shown[0].lang, today, known_at)
        heads = [_as_known(head, shown) for head in every]
        ids = [head.id for head in heads]
        past = await read_past(connection, ids)
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
    texts = Texts()
    async with database.transaction(readonly=True) as connection:
        found = await _work(connection, key, lang, today, known_at)
        if isinstance(found, Alias):
            return found
        work, heads = found
        new = _standing(work, heads, end, today)
        older = heads
        if from_known_at is not None:
            known = await _work(connection, work.key, new.lang, today, from_known_at)
            if isinstance(known, Alias):
                return known
            older = known[1]
        old = _before(older, new) if start is None else standing_on(older, new.lang, start)
        (sides,) = await repo.sides(connection, [(old.id, new.id)])
        await texts.read(connection, unsettled(sides))
        comparison = await asyncio.to_thread(compare_sides, sides, texts.wordings)
        comparison = with_carried(comparison, await _carried(connection, comparison, old.id, new.id))
        await texts.read(connection, {side.hash for finding in comparison.findings for side in finding.pair if side})
    changes = await asyncio.to_thread(changes_of, comparison, texts.wordings)
    return Diff(work, old, new, redline(old.title, new.title), changes, comparison.summary)


async def _carried(connection: Connection, comparison: Comparison, old: int, new: int) -> list[Pair]:
    """The parts of what only moved."""
    places = comparison.carried.items()
    held = await repo.parts_at(connection, [place for at, was in places for place in ((new, at), (old, was))])
    return [Pair(held[old, was], held[new, at]) for at, was in places]


async def read_blame(
    database: Database, key: WorkKey, lang: str | None, day: date | None, today: date, *, known_at: date | None = None
) -> Blame | Alias:
    """Since when each provision of the version that stood on `day` (None: the current one) reads as it does."""
    async with database.transaction(readonly=True) as connection:
        found = await _work(connection, key, lang, today, known_at)
        if isinstance(found, Alias):
            return found
        work, heads = found
        heads = heads[: heads.index(_standing(work, heads, day, today)) + 1]
        past = await read_past(connection, [head.id for head in heads])
        (last,) = await repo.parts(connection, [heads[-1].id])
        # Who brought a wording is read from its own note, so that here those of all of the last version are needed.
        credited = await credits_of(connection, {part.hash for part in last})

    def blame() -> tuple[Blamed, ...]:
        wordings = past.texts.wordings
        creditors = Creditors({**past.texts.credits(), **credited}, past.amendments)
        return tuple(
            Blamed(stays[-1].part, tuple((one, creditors.brought(one)) for one in ranges(stays, wordings, WORDING)))
            for stays in lives(past.comparisons, last)
        )

    return Blame(work, heads, await asyncio.to_thread(blame))


async def read_history(
    database: Database, key: WorkKey, lang: str | None, eid: str, today: date, *, known_at: date | None = None
) -> History | Alias:
    """The provision, or the part inside of one, that the newest version with this eId has under it, in all versions."""
    async with database.transaction(readonly=True) as connection:
        found = await _work(connection, key, lang, today, known_at)
        if isinstance(found, Alias):
            return found
        work, heads = found
        ids = [head.id for head in heads]
        past = await read_past(connection, ids)
        at, part = await newest_named(connection, ids, eid)
        stays = life(past.comparisons, at, part)
        held = await repo.parts_at(connection, [(ids[stay.at], stay.ordinal) for stay in stays])
        stays = [stay._replace(part=held[ids[stay.at], stay.ordinal]) for stay in stays]
        hashes = {stay.part.hash for stay in stays}
        await past.texts.read(connection, hashes)
        contents = await repo.contents(connection, hashes) if part.eid != eid else []
    creditors = Creditors(past.texts.credits(), past.amendments)
    runs = [(stays, past.texts.wordings)]
    if part.eid != eid:
        by_hash = {content.hash: content for content in contents}
        runs = inside(stays, by_hash, eid.removeprefix(f"{part.eid}__"))
    events = []
    text = ""
    for run, wordings in runs:
        for one in ranges(run, wordings, ANYTHING):
            events.append(Event(one, creditors.brought(one), redline(text, wordings[one.part.hash].text)))
            text = wordings[one.ending.hash].text
    if not events:
        raise ProvisionNotFound("No version held in this language has such a provision.")
    return History(work, heads, tuple(events))


async def _work(
    connection: Connection, key: WorkKey, lang: str | None, today: date, known_at: date | None = None
) -> tuple[Work, tuple[VersionHead, ...]] | Alias:
    """The work, and its versions in `lang`, oldest first; raises VersionNotFound for a language not held."""
    work = await find_work(connection, key, Axes(today, known_at=known_at))
    if isinstance(work, Alias):
        return work
    lead = next((head for head in work.versions if head.is_current), work.versions[0])
    wanted = lang or lead.lang
    held = sorted((head for head in work.versions if head.lang == wanted), key=lambda head: head.date)
    if not held:
        standing_on(work.versions, wanted, today)
    return work, tuple(held)


def _standing(work: Work, heads: Sequence[VersionHead], day: date | None, today: date) -> VersionHead:
    current = work.current(heads[0].lang) if day is None else None
    return current or standing_on(work.versions, heads[0].lang, day or today)


def _before(heads: Sequence[VersionHead], new: VersionHead) -> VersionHead:
    at = heads.index(new)
    if at == 0:
        raise VersionNotHeld(f"The version of {new.date} is the first held; there is none before it to compare with.")
    return heads[at - 1]
