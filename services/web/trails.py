"""The two audit trails, of accounts and of texts, read page by page in an administrator's name."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from services.web.collection import cursor_of
from shared.client import ServiceClient
from shared.errors import BadGateway
from shared.identity import Identity

ACCOUNTS, TEXTS = "accounts", "texts"
_ADDRESS = {ACCOUNTS: "/api/v1/auth/audit", TEXTS: "/api/v1/audit"}
_NOBODY = "nobody"


class TrailEvent(BaseModel):
    """One event of either trail, in one shape. E-mail addresses are those of today, where there are any."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    position: int
    at: datetime
    action: str
    actor: str = ""
    actor_email: str = ""
    subject: str = ""
    subject_email: str = ""
    pseudonym: str = ""
    sid: str = ""
    detail: dict[str, str]
    request_id: str
    hash: str


class TrailPage(BaseModel):
    """A page of events, newest first, with the cursors of its neighbours; empty where there is none."""

    model_config = ConfigDict(frozen=True)
    items: tuple[TrailEvent, ...]
    next: str
    prev: str


class Trails:
    """Reads of both. Raises what the API answers, BadGateway for nonsense."""

    def __init__(self, auth: ServiceClient, policy: ServiceClient, identity: Identity) -> None:
        self._clients = {ACCOUNTS: auth, TEXTS: policy}
        self._identity = identity

    async def page(self, trail: str, filters: Mapping[str, str], *, limit: int = 50, cursor: str = "") -> TrailPage:
        """Filters: `who` (an id or an address), `action`, `since`, `until`; empty ones are left out."""
        asked = {"account": await self._who(trail, filters.get("who", "")), "limit": str(limit), "cursor": cursor}
        asked |= {name: filters.get(name, "") for name in ("action", "since", "until")}
        given = {name: value for name, value in asked.items() if value}
        body, _ = await self._clients[trail].get(_ADDRESS[trail], params=given, identity=self._identity)
        try:
            items = tuple(_event(item) for item in body["items"])
            return TrailPage(items=items, next=cursor_of(body["page"]["next"]), prev=cursor_of(body["page"]["prev"]))
        except (KeyError, TypeError, ValidationError) as error:
            raise BadGateway("The trail came in a form that this page cannot show.") from error

    async def rest(self, trail: str, filters: Mapping[str, str], first: TrailPage) -> AsyncIterator[TrailPage]:
        """`first` and every page after it."""
        page = first
        yield page
        while page.next:
            page = await self.page(trail, filters, limit=200, cursor=page.next)
            yield page

    async def _who(self, trail: str, who: str) -> str:
        """The trail of texts knows accounts by their ids alone."""
        if trail == ACCOUNTS or "@" not in who:
            return who
        email = who.strip().lower()
        asked = {"q": email, "limit": "200"}
        body, _ = await self._clients[ACCOUNTS].get("/api/v1/auth/accounts", params=asked, identity=self._identity)
        return next((str(item["id"]) for item in body["items"] if item["email"] == email), _NOBODY)


def _event(item: dict[str, Any]) -> TrailEvent:
    if "account" in item:
        known = {"actor": item["account"], "subject": item["subject"]}
    else:
        known = {"pseudonym": item["pseudonym"], "sid": item["sid"] or ""}
        for name in ("actor", "subject"):
            known |= {name: (item[name] or {}).get("id", ""), f"{name}_email": (item[name] or {}).get("email") or ""}
    kept = {name: item[name] for name in ("position", "at", "action", "detail", "request_id", "hash")}
    return TrailEvent.model_validate(kept | known)
