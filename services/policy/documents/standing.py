"""Finding the text that stood on a day as it was known on another, or saying why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date

from services.policy.documents import repo
from services.policy.documents.addresses import version_href
from services.policy.documents.domain import (
    Axes,
    Expression,
    Tombstone,
    Version,
    VersionHead,
    VersionNotHeld,
    VersionWithdrawn,
    Work,
    WorkKey,
    WorkNotFound,
    standing_on,
    status_on,
)
from services.policy.documents.tombstones import tombstone_body
from shared.db import Connection

Day = date


@dataclass(frozen=True, slots=True)
class Alias:
    """The address is another number of the work at `key`."""

    key: WorkKey


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The text asked for has its permanent address under another date."""

    work: Work
    head: VersionHead

    @property
    def key(self) -> WorkKey:
        """The work."""
        return self.work.key

    @property
    def lang(self) -> str:
        """The text's language."""
        return self.head.lang

    @property
    def date(self) -> Day:
        """The day since which the text stands."""
        return self.head.date


async def find_work(connection: Connection, key: WorkKey, axes: Axes) -> Work | Alias:
    """The work at `key` with its versions; raises WorkNotFound, VersionNotHeld or VersionWithdrawn."""
    work = await repo.work(connection, key, axes.day, axes.known_at)
    if work is not None and work.versions:
        return work
    if work is not None:
        await raise_absent(connection, work, None, axes)
    canonical = await repo.work_of_alias(connection, key)
    if canonical is None:
        raise WorkNotFound("No policy is at this address.")
    return Alias(canonical)


async def raise_absent(connection: Connection, work: Work, lang: str | None, axes: Axes) -> None:
    """Raise what explains that no text of `work` (in `lang`) is there; return when nothing does."""
    if axes.known_at is not None and not any(lang in (None, head.lang) for head in work.withdrawn):
        first = await repo.first_published(connection, work.id, lang)
        if first is not None and axes.known_at < first:
            raise VersionNotHeld(
                f"The first release held of it is of {first}; what was published by {axes.known_at} is not held here.",
                members={"first_published": first.isoformat()},
            )
    buried = await repo.tombstones(connection, work.id, lang)
    if buried:
        raise withdrawn(work.key, buried)


async def find_expression(
    connection: Connection, key: WorkKey, lang: str, day: date | None, axes: Axes
) -> Expression | Alias | Elsewhere:
    """The text of exactly `day` without its provisions, or where the text that stood then is to be found."""
    work = await find_work(connection, key, axes)
    if isinstance(work, Alias):
        return work
    if not any(head.lang == lang for head in work.versions):
        await raise_absent(connection, work, lang, axes)
    if day is not None and not any((head.lang, head.date) == (lang, day) for head in work.versions):
        buried = await repo.tombstones(connection, work.id, lang, day)
        if buried:
            raise withdrawn(work.key, buried)
    current = work.current(lang)
    if day is None and axes.as_of is None and current is not None:
        head = current
    else:
        head = standing(work, lang, day or axes.day)
    if head.withdrawn:
        raise withdrawn(work.key, await repo.tombstones(connection, work.id, lang, head.date))
    if head.date != day:
        return Elsewhere(work, head)
    return await surroundings(connection, work, head, axes)


async def first_after(connection: Connection, key: WorkKey, lang: str, day: date, axes: Axes) -> Expression | None:
    """The first text held in `lang`, if `day` is before it; None when it is not, or when there is no such text."""
    work = await find_work(connection, key, axes)
    if isinstance(work, Alias):
        return None
    held = [head for head in (*work.versions, *work.withdrawn) if head.lang == lang]
    first = min(held, key=lambda head: head.date, default=None)
    if first is None or first.withdrawn or first.date <= day:
        return None
    if await repo.tombstones(connection, work.id, lang, day):
        return None
    return await surroundings(connection, work, first, axes)


async def surroundings(connection: Connection, work: Work, head: VersionHead, axes: Axes) -> Expression:
    """One of the work's versions with its neighbours, without its provisions."""
    held = [other for other in work.versions if other.lang == head.lang]  # newest first
    at = held.index(head)
    following = held[at - 1] if at > 0 else None
    version = await version_of(connection, head, axes)
    return Expression(
        work,
        replace(version, in_force_to=None if following is None else following.date),
        head=head,
        today=axes.today,
        previous=held[at + 1] if at + 1 < len(held) else None,
        next=following,
    )


async def version_of(connection: Connection, head: VersionHead, axes: Axes) -> Version:
    """The version with its standing on the day asked for, as it was known then."""
    version = await repo.version(connection, head.id)
    return replace(version, status=status_on(head, axes.day), taken_out=head.taken_out)


def standing(work: Work, lang: str, day: date) -> VersionHead:
    """As `standing_on`, also among what was withdrawn since; VersionNotHeld says where to go on."""
    heads = (*work.versions, *work.withdrawn)
    try:
        return standing_on(heads, lang, day)
    except VersionNotHeld:
        raise not_held(work, min((h for h in heads if h.lang == lang), key=lambda head: head.date), day) from None


def not_held(work: Work, first: VersionHead, day: date) -> VersionNotHeld:
    partial = version_href(work.key, first.lang, day)
    return VersionNotHeld(
        f"The first version held is of {first.date}; what stood on {day} is not held here. "
        "Provisions that stood in the same words then can be given.",
        members={
            "first_held": {"date": first.date.isoformat(), "href": version_href(work.key, first.lang, first.date)},
            "partial": f"{partial}?partial=true" + (f"&known_at={work.known_at}" if work.known_at else ""),
        },
    )


def withdrawn(key: WorkKey, buried: Sequence[Tombstone]) -> VersionWithdrawn:
    """The answer where only tombstones are left."""
    last = buried[0]
    reason = f" {last.reason}" if last.reason else ""
    return VersionWithdrawn(
        f"The text of {last.date} was withdrawn on {last.withdrawn_at.astimezone(UTC).date()}.{reason}",
        members={"tombstones": [tombstone_body(key, one) for one in buried]},
    )
