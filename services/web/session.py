"""Browser sessions: an opaque id in a cookie, made by auth, whose row there is the authority; Redis is read first.

The stock Redis storage of aiohttp-session writes on each request, so a slow one can undo a logout, and it keeps the id
across a login. This one never writes a session: auth opens, touches and ends them.
"""

import hashlib
import re
import time
from urllib.parse import quote

from aiohttp import web
from aiohttp_session import AbstractStorage, Session, get_session, new_session
from pydantic import ValidationError

from services.web.keys import AUTH, NARROWED, REDIS, WEB_SETTINGS
from shared import errors
from shared.cache import AWAY
from shared.contracts.sessions import (
    EPOCH_PREFIX,
    REVOKED_SID_PREFIX,
    SESSION_KEY_PREFIX,
    BrowserSession,
    OpenedSession,
    ResolveSession,
)
from shared.identity import Identity
from shared.log import get_logger

SESSIONS_API = "/internal/sessions"
RESOLVE_API = "/internal/sessions/resolve"
HINT_COOKIE = "signed-in"
"""Readable by script and worth nothing: whether it is worth asking for the account's name."""
_ACCOUNT, _DEVICE = "account", "device"
_DEVICE_SECONDS = 365 * 86400
_ID = re.compile(r"[A-Za-z0-9_-]{32,128}")
_log = get_logger(__name__)


class BrowserSessions(AbstractStorage):
    """Sessions as auth knows them."""

    def __init__(self, *, secure: bool) -> None:
        name = "__Host-session" if secure else "session"
        super().__init__(cookie_name=name, secure=secure, httponly=True, samesite="Lax", path="/")
        self._secure = secure
        self.device_cookie = "__Host-device" if secure else "device"

    async def load_session(self, request: web.Request) -> Session:
        """The session of the request's cookie; an empty one for a stranger, or while auth cannot be asked."""
        session_id = self._given(request)
        account = await self._find(request.app, hash_of(session_id)) if session_id else None
        if account is None:
            return Session(None, data=None, new=True)
        data = {"created": int(time.time()), "session": {_ACCOUNT: account}}
        return Session(session_id, data=data, new=False)  # type: ignore[arg-type]  # its TypedDict is private

    async def save_session(self, request: web.Request, response: web.StreamResponse, session: Session) -> None:
        """After a login: end what the browser held before and hand out the new id. After a logout: end it.

        Raises what auth raises, since telling someone that they are signed out when they are not would be a lie.
        """
        before = self._given(request)
        if before and (session.empty or before != session.identity):
            await self._end(request.app, before)
        if session.empty:
            self._forget(response)
        elif session.new:
            account: BrowserSession = session[_ACCOUNT]
            seconds = max(0, int(account.expires_at - time.time()))
            self.save_cookie(response, str(session.identity), max_age=seconds)
            if session.get(_DEVICE):
                response.set_cookie(
                    self.device_cookie, session[_DEVICE], path="/", max_age=_DEVICE_SECONDS, secure=self._secure,
                    httponly=True, samesite="Lax",
                )  # fmt: skip
            response.set_cookie(HINT_COOKIE, "1", path="/", max_age=seconds, secure=self._secure, samesite="Lax")

    def _given(self, request: web.Request) -> str:
        value = self.load_cookie(request) or ""
        return value if _ID.fullmatch(value) else ""

    def _forget(self, response: web.StreamResponse) -> None:
        response.del_cookie(
            self.cookie_name, path="/", secure=self._secure or None, httponly=True, samesite="Lax"
        )  # browsers ignore the removal of a `__Host-` cookie that is not Secure
        response.del_cookie(HINT_COOKIE, path="/", secure=self._secure or None, samesite="Lax")

    async def _find(self, app: web.Application, id_hash: str) -> BrowserSession | None:
        try:
            cached = await _cached(app, id_hash)
        except AWAY:
            cached = None
        if cached is not None and cached.expires_at > time.time():
            return cached
        try:
            body = ResolveSession(id_hash=id_hash).model_dump()
            return BrowserSession.model_validate(await app[AUTH].post(RESOLVE_API, body))
        except (errors.NotFound, errors.Unauthenticated, errors.Gone):
            return None
        except (errors.PlatformError, ValidationError) as error:
            _log.warning("session_unresolved", reason=type(error).__name__)
            return None

    async def _end(self, app: web.Application, session_id: str) -> None:
        body = ResolveSession(id_hash=hash_of(session_id), action="end").model_dump()
        try:
            await app[AUTH].post(RESOLVE_API, body)
        except (errors.NotFound, errors.Unauthenticated, errors.Gone):
            return  # it has ended already


async def _cached(app: web.Application, id_hash: str) -> BrowserSession | None:
    redis = app[REDIS]
    raw = await redis.get(SESSION_KEY_PREFIX + id_hash)
    if raw is None:
        return None
    try:
        found = BrowserSession.model_validate_json(raw)
    except ValidationError:
        return None  # written by another release
    revoked, epoch = await redis.mget(REVOKED_SID_PREFIX + found.sid, EPOCH_PREFIX + found.subject)
    if revoked is not None or (epoch is not None and int(epoch) > found.epoch):
        return None  # auth knows better
    return found


def hash_of(session_id: str) -> str:
    """What Redis and auth know a session by."""
    return hashlib.sha256(session_id.encode()).hexdigest()


async def account_of(request: web.Request) -> BrowserSession | None:
    """Who signed in with this browser, or None. Pages that are the same for everyone never call this."""
    session = await get_session(request)
    account: BrowserSession | None = session.get(_ACCOUNT)
    request[NARROWED] = account is not None and bool(account.scope)
    return account


async def require_account(request: web.Request) -> BrowserSession:
    """Who signed in; sends a stranger to the sign-in page, which leads back here."""
    account = await account_of(request)
    if account is None:
        target = request.rel_url.raw_path_qs if request.method in ("GET", "HEAD") else "/account"
        raise web.HTTPSeeOther(f"/login?next={quote(target, safe='/')}", headers={"Cache-Control": "no-store"})
    return account


async def start_session(request: web.Request, opened: OpenedSession) -> None:
    """Make `opened` the browser's session when the response is sent."""
    session = await new_session(request)
    session.set_new_identity(opened.session_id)
    session[_ACCOUNT] = opened.session
    session[_DEVICE] = opened.device
    request[NARROWED] = bool(opened.session.scope)


def device_of(request: web.Request) -> str:
    """What this browser kept when somebody signed in with it; see shared.contracts.sessions.OpenSession.device."""
    name = "__Host-device" if request.app[WEB_SETTINGS].secure_cookies else "device"
    return request.cookies.get(name, "")[:200]


async def current_hash(request: web.Request) -> str:
    """What auth knows the browser's session by."""
    return hash_of(str((await get_session(request)).identity))


async def end_session(request: web.Request) -> None:
    """End the browser's session, if there is one, when the response is sent."""
    session = await get_session(request)
    session.invalidate()


def identity_of(account: BrowserSession) -> Identity:
    """The caller that other services see."""
    return Identity(
        account.subject,
        account.role,
        sid=account.sid,
        scope=account.scope,
        epoch=account.epoch,
        areas=account.areas,
    )
