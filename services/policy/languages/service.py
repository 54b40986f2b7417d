"""Two languages of a work side by side, and what changed in one of them only."""

from dataclasses import dataclass
from datetime import date

from services.policy.documents import repo as documents
from services.policy.documents.domain import VersionHead, VersionNotFound, Work, WorkKey, standing_on
from services.policy.documents.service import Alias, read_work
from services.policy.languages import repo
from services.policy.languages.domain import OneSided, Pair, eids_across, one_sided, paired
from shared.db import Connection, Database

Langs = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Parallel:
    """A work in two languages on one day."""

    work: Work
    langs: Langs
    heads: tuple[VersionHead, VersionHead]
    pairs: list[Pair]


@dataclass(frozen=True, slots=True)
class Differences:
    """What changed in one language only, between the versions of two days."""

    work: Work
    langs: Langs
    old: tuple[VersionHead, VersionHead]
    new: tuple[VersionHead, VersionHead]
    changed: tuple[int, int]
    """How many provisions changed in each language at all."""
    items: list[OneSided]


async def read_parallel(
    database: Database,
    key: WorkKey,
    langs: Langs | None,
    day: date | None,
    today: date,
    *,
    content: bool,
    text: bool,
    known_at: date | None = None,
) -> Parallel | Alias:
    """The texts that stood on `day` (None: the current ones), provision by provision, as known at `known_at`.

    Without `langs` these are the first two languages held. Raises WorkNotFound, VersionNotFound and VersionNotHeld.
    """
    view = await read_work(database, key, today, known_at)
    if isinstance(view, Alias):
        return view
    work = view.work
    langs = langs or _first_two(work)
    heads = _standing(work, langs[0], day, today), _standing(work, langs[1], day, today)
    async with database.transaction(readonly=True) as connection:
        left, right = [await documents.provisions(connection, head.id, content=content, text=text) for head in heads]
    return Parallel(work, langs, heads, paired(left, right))


async def read_differences(
    database: Database,
    key: WorkKey,
    langs: Langs | None,
    since: date,
    until: date | None,
    today: date,
    *,
    known_at: date | None = None,
) -> Differences | Alias:
    """What changed in one language only between the texts of `since` and of `until` (None: the current ones).

    Raises as read_parallel does.
    """
    view = await read_work(database, key, today, known_at)
    if isinstance(view, Alias):
        return view
    work = view.work
    langs = langs or _first_two(work)
    old = _standing(work, langs[0], since, today), _standing(work, langs[1], since, today)
    new = _standing(work, langs[0], until, today), _standing(work, langs[1], until, today)
    async with database.transaction(readonly=True) as connection:
        changes = {
            lang: await repo.changes(connection, before.id, after.id)
            for lang, before, after in zip(langs, old, new, strict=True)
        }
        likes: dict[str, dict[str, str]] = {lang: {} for lang in langs}
        for heads in (old, new):  # what was removed has its like in the old texts only
            for lang, across in zip(langs, await _across(connection, heads), strict=True):
                likes[lang].update(across)
    counts = len(changes[langs[0]]), len(changes[langs[1]])
    return Differences(work, langs, old, new, counts, one_sided(changes, likes, langs))


async def _across(
    connection: Connection, heads: tuple[VersionHead, VersionHead]
) -> tuple[dict[str, str], dict[str, str]]:
    left, right = [await documents.provisions(connection, head.id, content=False, text=False) for head in heads]
    return eids_across(paired(left, right))


def _first_two(work: Work) -> Langs:
    held = sorted({head.lang for head in work.versions})
    if len(held) < 2:
        raise VersionNotFound(f"This policy is held in one language only: {held[0]}.")
    return held[0], held[1]


def _standing(work: Work, lang: str, day: date | None, today: date) -> VersionHead:
    current = work.current(lang)
    return current if day is None and current is not None else standing_on(work.versions, lang, day or today)
