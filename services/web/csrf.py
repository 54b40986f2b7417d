"""Against forged requests: where a form was sent from, and a token that only our own page could hold.

Either alone would do in current browsers. The origin is checked for every unsafe method; the token covers clients that
say nothing of it.
"""

import hashlib
import hmac
import re
import secrets
import time
from urllib.parse import urlsplit

from aiohttp import web

from services.web.settings import WebSettings
from shared.errors import Forbidden
from shared.keys import SETTINGS, Handler
from shared.settings import text_of

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN_FIELD = "form_token"  # noqa: S105 - the name of a field
TOKEN_SECONDS = 2 * 3600
_NONCE = re.compile(r"[A-Za-z0-9_-]{22}")
_REFUSAL = "This form was sent from another site, so it was refused."
_STALE = "This form was open for too long, or cookies are switched off. Go back, reload the page and try again."


class FormTokens:
    """Signs a token for one form, bound to a random cookie of the browser and to the time it was made."""

    def __init__(self, settings: WebSettings) -> None:
        ours = (text_of(settings.internal_key), text_of(settings.internal_key_previous))
        self._keys = [hmac.digest(each.encode(), b"openpolicy web form token 1", "sha256") for each in ours if each]
        self._secure = settings.secure_cookies
        self.cookie_name = "__Host-form" if self._secure else "form"

    def issue(self, request: web.Request, purpose: str, nonce: str = "") -> tuple[str, str]:
        """The token for a form's hidden field, and the browser's nonce to be kept in the cookie: `nonce`, where another
        form of the same page has one."""
        nonce = nonce or self._nonce(request) or secrets.token_urlsafe(16)
        issued = f"{int(time.time()):x}"
        return f"{issued}.{_sign(self._keys[0], issued, purpose, nonce)}", nonce

    def keep(self, response: web.StreamResponse, nonce: str) -> None:
        """Give the browser its nonce."""
        response.set_cookie(
            self.cookie_name, nonce, path="/", secure=self._secure, httponly=True, samesite="Lax", max_age=TOKEN_SECONDS
        )

    def check(self, request: web.Request, purpose: str, token: str) -> None:
        """Raise Forbidden unless `token` was issued to this browser for this purpose within TOKEN_SECONDS."""
        issued, _, signature = token.partition(".")
        nonce = self._nonce(request)
        if not nonce or not re.fullmatch(r"[0-9a-f]{1,12}", issued) or not signature.isascii():
            raise Forbidden(_STALE)
        good = [_sign(key, issued, purpose, nonce) for key in self._keys]
        if not any(hmac.compare_digest(signature, each) for each in good):
            raise Forbidden(_STALE)
        if not 0 <= time.time() + 5 - int(issued, 16) <= TOKEN_SECONDS:
            raise Forbidden(_STALE)

    def _nonce(self, request: web.Request) -> str:
        value = request.cookies.get(self.cookie_name, "")
        return value if _NONCE.fullmatch(value) else ""


def _sign(key: bytes, issued: str, purpose: str, nonce: str) -> str:
    return hmac.new(key, f"{issued}.{purpose}.{nonce}".encode(), hashlib.sha256).hexdigest()


@web.middleware
async def refuse_other_origins(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse an unsafe method that another site's page made the browser send."""
    if request.method not in SAFE_METHODS and not _from_here(request):
        raise Forbidden(_REFUSAL)
    return await handler(request)


def _from_here(request: web.Request) -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:  # the browser's own word, which a page cannot change
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is None:
        return True  # not a browser, or one so old that the form token decides
    public = urlsplit(request.app[SETTINGS].public_url)
    # Only the gateway can call us, so what it says of the address that the browser used can be believed.
    scheme = request.headers.get("X-Forwarded-Proto", public.scheme)
    host = request.headers.get("X-Forwarded-Host", request.host)
    return origin in (f"{public.scheme}://{public.netloc}", f"{scheme}://{host}")
