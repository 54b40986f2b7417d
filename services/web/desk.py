"""The drafts of whoever signed in: typed calls of the policy API in that person's name."""

from typing import Any, TypeVar
from urllib.parse import quote

from aiohttp import FormData, web
from pydantic import BaseModel, ValidationError

from services.web.draft_answers import (
    Draft,
    DraftDiff,
    DraftEvent,
    DraftList,
    DraftProvision,
    DraftSummary,
    ProvisionView,
)
from services.web.keys import LIBRARY
from services.web.session import identity_of, require_account
from shared.client import ServiceClient
from shared.errors import BadGateway
from shared.identity import Identity

DRAFTS_API = "/api/v1/drafts"
IMPORTS_API = "/api/v1/imports"
M = TypeVar("M", bound=BaseModel)


class Desk:
    """One person's view of drafts. Raises the kinds of error that the API answers, BadGateway for nonsense."""

    def __init__(self, client: ServiceClient, identity: Identity) -> None:
        self._client = client
        self._identity = identity

    async def drafts(self, **filters: str) -> DraftList:
        """A page of drafts; empty filters are left out."""
        return _read(DraftList, await self._get("", **filters))

    async def draft(self, draft_id: str) -> Draft:
        """A draft with the outline of its provisions."""
        return _read(Draft, await self._get(f"/{draft_id}", content="none"))

    async def diff(self, draft_id: str) -> DraftDiff:
        """What it changes of the version that it began from."""
        return _read(DraftDiff, await self._get(f"/{draft_id}/diff", format="json"))

    async def events(self, draft_id: str) -> list[DraftEvent]:
        """The first hundred steps, oldest first."""
        body = await self._get(f"/{draft_id}/events", limit="100")
        try:
            return [DraftEvent.model_validate(item) for item in body["items"]]
        except (KeyError, TypeError, ValidationError) as error:
            raise _nonsense() from error

    async def begin(self, body: dict[str, Any], key: str) -> Draft:
        """A new draft. The same `key` gives the same draft, however often the form is sent."""
        answered, _ = await self._client.send(
            "POST", DRAFTS_API, body, identity=self._identity, headers={"Idempotency-Key": key}
        )
        return _read(Draft, answered)

    async def provision(self, draft_id: str, eid: str) -> ProvisionView:
        """A provision with its source, as HTML, and as Markdown where that loses nothing."""
        return _read(ProvisionView, await self._get(_provision(draft_id, eid)))

    async def write(self, draft_id: str, eid: str, etag: str, body: dict[str, Any]) -> ProvisionView:
        """Write over parts of a provision; PreconditionFailed when it was written since."""
        answered = await self._send("PATCH", _provision(draft_id, eid), etag, body)
        return _read(ProvisionView, answered)

    async def insert(self, draft_id: str, etag: str, body: dict[str, Any]) -> DraftProvision:
        """Put a provision in."""
        return _read(ProvisionView, await self._send("POST", f"/{draft_id}/provisions", etag, body)).provision

    async def remove(self, draft_id: str, eid: str, etag: str) -> None:
        """Take a provision out."""
        await self._send("DELETE", _provision(draft_id, eid), etag)

    async def move(self, draft_id: str, eid: str, etag: str, body: dict[str, Any]) -> None:
        """Put a provision elsewhere."""
        await self._send("POST", _provision(draft_id, eid) + "/move", etag, body)

    async def step(self, draft_id: str, action: str, etag: str, body: dict[str, Any] | None) -> DraftSummary:
        """Submit, recall, approve, return, publish, withdraw or rebase."""
        return _read(DraftSummary, await self._send("POST", f"/{draft_id}/{action}", etag, body))

    async def imports(self, cursor: str = "") -> dict[str, Any]:
        """A page of imports as the API has them, newest first."""
        return await self._mapping(IMPORTS_API, {"limit": "50"} | ({"cursor": cursor} if cursor else {}))

    async def import_(self, number: str) -> dict[str, Any]:
        """One import: how far it is, and what it came to."""
        return await self._mapping(f"{IMPORTS_API}/{number}", {})

    async def import_failures(self, number: str) -> dict[str, Any]:
        """The first failures of an import."""
        return await self._mapping(f"{IMPORTS_API}/{number}/failures", {"limit": "100"})

    async def upload(self, form: FormData, key: str) -> dict[str, Any]:
        """Begin an import of the form's file; the same `key` begins it once."""
        headers = {"Idempotency-Key": key} if key else {}
        answered, _ = await self._client.send("POST", IMPORTS_API, form, identity=self._identity, headers=headers)
        return dict(answered)

    async def act_on_import(self, number: str, action: str) -> None:
        """Cancel an import, or go on with one."""
        await self._client.send("POST", f"{IMPORTS_API}/{number}/{action}", identity=self._identity)

    async def _mapping(self, path: str, parameters: dict[str, str]) -> dict[str, Any]:
        body, _ = await self._client.get(path, params=parameters, identity=self._identity)
        if not isinstance(body, dict):
            raise _nonsense()
        return body

    async def _get(self, path: str, **parameters: str) -> Any:
        given = {name: value for name, value in parameters.items() if value}
        return (await self._client.get(DRAFTS_API + path, params=given, identity=self._identity))[0]

    async def _send(self, method: str, path: str, etag: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"If-Match": etag}
        answered, _ = await self._client.send(method, DRAFTS_API + path, body, identity=self._identity, headers=headers)
        return answered


async def desk_of(request: web.Request) -> Desk:
    """The desk of whoever signed in; sends a stranger to the sign-in page."""
    account = await require_account(request)
    return Desk(request.app[LIBRARY].client, identity_of(account))


def _provision(draft_id: str, eid: str) -> str:
    return f"/{draft_id}/provisions/{quote(eid, safe='')}"


def _read(model: type[M], body: Any) -> M:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise _nonsense() from error


def _nonsense() -> BadGateway:
    return BadGateway("The policy service gave an answer that this page cannot show.")
