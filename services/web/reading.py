"""A document as it is laid out for reading: the tree of contents, and how the text stands today."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.web.answers import Provision, Version, VersionLink, Work

LONG = 60
"""From this many provisions on, the browser may skip laying out what is out of sight."""


@dataclass(slots=True)
class Entry:
    """A line of the contents with the lines below it."""

    provision: Provision
    children: list["Entry"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the text at hand stands today: `future`, `old`, `repealed`, `not-in-force`, `proposed` or `current`."""

    state: str
    since: date
    until: date | None
    """The last day on which it stood; None when no later text is held."""
    versions: int
    place: int
    """1 for the first version held in this language."""
    not_in_force: int
    """Provisions in it that are not in force."""


def contents_of(provisions: Sequence[Provision]) -> list[Entry]:
    """The tree of contents; a provision without number, heading and note has no line."""
    top: list[Entry] = []
    open_entries: list[Entry] = []
    for provision in provisions:
        while open_entries and open_entries[-1].provision.level >= provision.level:
            open_entries.pop()
        entry = Entry(provision)
        if provision.num or provision.heading or provision.note:
            (open_entries[-1].children if open_entries else top).append(entry)
            open_entries.append(entry)
    return top


def front_of(provisions: Sequence[Provision]) -> int:
    """How many provisions at the start are the title page: a preface, and what follows it without number and heading.

    They repeat what stands at the head of the page, so they are folded away. A preamble is part of the law.
    """
    count = 0
    for provision in provisions:
        untitled = not (provision.num or provision.heading or provision.note)
        if (
            not untitled
            or provision.kind not in ("preface", "hcontainer")
            or (count == 0 and provision.kind != "preface")
        ):
            break
        count += 1
    return count if count < len(provisions) else 0


def versions_of(work: Work, lang: str) -> list[VersionLink]:
    """The versions held in one language, newest first; of a corrected date the last revision."""
    newest: dict[date, VersionLink] = {}
    for version in work.versions:
        if version.lang == lang and (version.date not in newest or newest[version.date].revision < version.revision):
            newest[version.date] = version
    return sorted(newest.values(), key=lambda version: version.date, reverse=True)


def standing_of(version: Version, held: Sequence[VersionLink], today: date) -> Standing:
    """How `version` stands on `today`, `held` being all versions in its language."""
    later = [one.date for one in held if one.date > version.date]
    until = min(later) - timedelta(days=1) if later else None
    if version.date > today:
        state = "future"
    elif not version.current:
        state = "old"
    else:
        state = version.status if version.status != "in-force" else "current"
    return Standing(
        state=state,
        since=version.date,
        until=until,
        versions=len(held),
        place=sum(one.date <= version.date for one in held),
        not_in_force=sum(one.status == "not-in-force" for one in version.provisions),
    )
