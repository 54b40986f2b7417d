"""The short way to a text: plain requests for permanent addresses as JSON, answered before the application is asked.

Each answer is read from the database as it stands then. Whatever is no text of just this address (another day, another
number, a part of a provision, a mistake) is left to the application, which knows the rest of what an address may mean.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

import asyncpg
from aiohttp import web

from services.policy.documents import exact
from services.policy.documents.addresses import LANG, LONGEST, ROOT, Format, split_suffix
from services.policy.documents.axes import today
from services.policy.documents.domain import WorkKey
from services.policy.documents.exact_json import href, provision_json, version_json
from services.policy.documents.representations import MEDIA_TYPES, PERMANENT, accepted_format, has_it, headers_of
from services.policy.documents.together import Together
from shared.db import Database
from shared.front import Question, Whole

_SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_SEGMENT = r"[A-Za-z0-9][A-Za-z0-9._,;:()'!*$&+=@-]*"  # what needs no escape, so that it is as it is written
_ADDRESS = re.compile(
    rf"{ROOT}/(?P<jurisdiction>{_SLUG})/(?P<kind>{_SLUG})/(?P<number>{_SEGMENT})"
    rf"/(?P<lang>{LANG})@(?P<day>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})(?:/~(?P<eid>{_SEGMENT}))?"
)
_PROVISIONS = {"lanes": 1, "most": 16}
_VERSIONS = {"lanes": 2, "most": 4}
"""A statement for several costs hardly more than one for one, until it is their texts that cost most."""


class ExactReads:
    """A shortcut for the addresses of versions and provisions; `version` and `provision` are what logs call them."""

    def __init__(self, database: Callable[[], Database], *, version: str, provision: str) -> None:
        self._database = database
        self._routes = version, provision
        self._versions = Together(self._read_versions, **_VERSIONS)
        self._provisions = Together(self._read_provisions, **_PROVISIONS)

    def question(self, request: web.BaseRequest) -> Question | None:
        """What is asked; None unless it is the JSON of one permanent address."""
        place = _place(request.raw_path)
        if place is None or accepted_format(request) is not Format.JSON:
            return None
        if place.eid:
            return Question(self._routes[1], partial(self._provision, request, place))
        return Question(self._routes[0], partial(self._version, request, place))

    async def _version(self, request: web.BaseRequest, place: exact.Place) -> Whole | None:
        row = await self._versions(place)
        return None if row is None else _whole(request, version_json(row, place), row, place)

    async def _provision(self, request: web.BaseRequest, place: exact.Place) -> Whole | None:
        row = await self._provisions(place)
        return None if row is None else _whole(request, provision_json(row, place), row, place)

    async def _read_versions(self, places: Sequence[exact.Place]) -> list[asyncpg.Record | None]:
        async with self._database().connection() as connection:
            return await exact.version_rows(connection, places, today(), text=True)

    async def _read_provisions(self, places: Sequence[exact.Place]) -> list[asyncpg.Record | None]:
        async with self._database().connection() as connection:
            return await exact.provision_rows(connection, places, today(), content=False)


def _place(path: str) -> exact.Place | None:
    match = _ADDRESS.fullmatch(path)
    if match is None:
        return None
    jurisdiction, kind, number, lang, day, eid = match.groups()
    if max(map(len, (jurisdiction, kind, number, eid or ""))) > LONGEST or (eid and split_suffix(eid)[1]):
        return None
    try:
        return exact.Place(WorkKey(jurisdiction, kind, number), lang, date.fromisoformat(day), eid or "")
    except ValueError:
        return None


def _whole(request: web.BaseRequest, payload: bytes, row: asyncpg.Record, place: exact.Place) -> Whole:
    etag, changed_at = hashlib.sha256(payload).hexdigest(), row["content_changed_at"]
    link = f'<{href(place)}>; rel="canonical"'
    headers = headers_of(etag, changed_at=changed_at, cache=PERMANENT, link=link, made_of=place.key)
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if has_it(request, etag, changed_at):
        return Whole(lines, None)
    return Whole(f"{lines}Content-Type: {MEDIA_TYPES[Format.JSON]}; charset=utf-8\r\n", payload)
