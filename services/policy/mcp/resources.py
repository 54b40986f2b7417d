"""Policies as resources: current texts by pages, and any version or provision at its public address."""

import asyncio
from typing import Any

from services.policy.documents import repo as documents
from services.policy.documents.addresses import ROOT, Format, provision_href, version_href
from services.policy.documents.domain import Axes
from services.policy.documents.lists import list_policies
from services.policy.documents.service import Wanted
from services.policy.documents.writing import written_version
from services.policy.mcp.arguments import Policy, Provision
from services.policy.mcp.domain import INVALID_PARAMS, Fault
from services.policy.mcp.holdings import Holdings, find_version, place_of
from services.policy.mcp.reading import provision
from shared.errors import Invalid, NotFound, NotHeld

_PAGE = 100
_MOST_CHARACTERS = 400_000
_MEDIA = "text/plain"


class NotHere(Exception):
    """No resource is at the address; the message says why."""


async def page(holdings: Holdings, cursor: Any) -> dict[str, Any]:
    """The result of `resources/list`: each policy by its current text. Raises Fault for a bad cursor."""
    if cursor is not None and not isinstance(cursor, str):
        raise Fault(INVALID_PARAMS, "A cursor is a text.")
    filters = documents.Filters(Axes(holdings.today), None, None, None, None)
    try:
        found = await list_policies(
            holdings.database, holdings.cursors, filters, "title", cursor=cursor, limit=_PAGE, count=False
        )
    except Invalid as error:
        raise Fault(INVALID_PARAMS, error.detail) from None
    resources = [
        {
            "uri": holdings.public(version_href(item.key, item.lang, item.date)),
            "name": f"{item.key.jurisdiction}/{item.key.kind}/{item.key.number}",
            "title": item.title,
            "description": f"{item.status}, text since {item.date}",
            "mimeType": _MEDIA,
        }
        for item in found.items
    ]
    return {"resources": resources, **({"nextCursor": found.next} if found.next else {})}


def templates(holdings: Holdings) -> dict[str, Any]:
    """The result of `resources/templates/list`."""
    version = holdings.public(ROOT) + "/{jurisdiction}/{kind}/{number}/{lang}@{date}"
    return {
        "resourceTemplates": [
            {
                "uriTemplate": version, "name": "version", "title": "The text of a policy since a date",
                "mimeType": _MEDIA,
            },
            {
                "uriTemplate": version + "/~{eid}", "name": "provision", "title": "One provision of it",
                "mimeType": _MEDIA,
            },
        ]
    }  # fmt: skip


async def read(holdings: Holdings, uri: Any) -> dict[str, Any]:
    """The result of `resources/read`. Raises NotHere, or Fault for what is no address."""
    if not isinstance(uri, str) or not 0 < len(uri) <= 2000:
        raise Fault(INVALID_PARAMS, "Which resource? Give its uri.")
    try:
        place = place_of(Policy(address=uri))
        if place.eid:
            text, answer = await provision(holdings, Provision(address=uri))
            return _contents(answer.address, text)
        found = await find_version(holdings, place, Wanted(content=True, text=True))
    except Invalid as error:
        raise Fault(INVALID_PARAMS, " ".join([error.detail, *(e.detail for e in error.errors)])) from None
    except (NotFound, NotHeld) as error:
        raise NotHere(error.detail) from None
    version = found.version
    written = await asyncio.to_thread(written_version, found, Format.TXT, "text")
    if len(written) > _MOST_CHARACTERS:
        example = holdings.public(provision_href(found.work.key, version.lang, version.date, "sec_1"))
        raise Fault(INVALID_PARAMS, f"This text is too long to be read at once; read its provisions, such as {example}")
    return _contents(holdings.public(version_href(found.work.key, version.lang, version.date)), written.decode())


def _contents(uri: str, text: str) -> dict[str, Any]:
    return {"contents": [{"uri": uri, "mimeType": _MEDIA, "text": text}]}
