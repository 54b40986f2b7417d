"""Secrets that a browser holds for some minutes, in cookies that no script reads and no other site sends."""

from aiohttp import web

from services.web.keys import WEB_SETTINGS
from shared.parse import is_clean

SECONDS = 600
_MOST_CHARACTERS = 128


def keep(request: web.Request, response: web.Response, name: str, value: str) -> None:
    """Let the browser hold `value`."""
    secure = request.app[WEB_SETTINGS].secure_cookies
    response.set_cookie(
        _name(request, name), value, path="/", secure=secure, httponly=True, samesite="Lax", max_age=SECONDS
    )


def held(request: web.Request, name: str) -> str:
    """What the browser holds; empty when there is nothing, or nothing of ours."""
    value = request.cookies.get(_name(request, name), "")
    return value if len(value) <= _MOST_CHARACTERS and is_clean(value) else ""


def forget(request: web.Request, response: web.Response, name: str) -> None:
    """Take it back."""
    secure = request.app[WEB_SETTINGS].secure_cookies
    response.del_cookie(_name(request, name), path="/", secure=secure or None, httponly=True, samesite="Lax")


def _name(request: web.Request, name: str) -> str:
    return f"__Host-{name}" if request.app[WEB_SETTINGS].secure_cookies else name
