"""Signing in and out for API clients."""

from typing import Any

from aiohttp import web
from pydantic import Field, SecretStr

from services.auth.accounts.wire import MAX_BODY_BYTES, account_json
from services.auth.keys import PROVING, SESSIONS, SIGNING_IN
from services.auth.sessions.domain import Client
from services.auth.sessions.issuing import TokenPair
from services.auth.sessions.proving import Proof
from shared.identity import require
from shared.keys import IDENTITY
from shared.parse import Body, parse_body
from shared.permissions import Permission
from shared.tokens import ACCESS_SECONDS


class Login(Body):
    """Credentials. Nothing about their form is checked, since an answer to that would tell who has an account."""

    email: str = Field(max_length=320)
    password: SecretStr = Field(max_length=1024)
    code: str = Field("", max_length=64)


class Refresh(Body):
    """A refresh token."""

    refresh_token: str = Field(max_length=256)


class ProofBody(Body):
    """What shows again who they are: the password or a code."""

    password: SecretStr = Field(SecretStr(""), max_length=1024)
    code: str = Field("", max_length=64)


async def login(request: web.Request) -> web.Response:
    """POST /api/v1/auth/login"""
    body = await parse_body(request, Login, max_bytes=MAX_BODY_BYTES)
    pair = await request.app[SIGNING_IN].api(body.email, body.password.get_secret_value(), body.code, _client(request))
    return web.json_response(_tokens(pair))


async def refresh(request: web.Request) -> web.Response:
    """POST /api/v1/auth/refresh"""
    body = await parse_body(request, Refresh, max_bytes=MAX_BODY_BYTES)
    return web.json_response(_tokens(await request.app[SESSIONS].refresh(body.refresh_token)))


async def logout(request: web.Request) -> web.Response:
    """POST /api/v1/auth/logout"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    await request.app[SESSIONS].sign_out(request[IDENTITY])
    return web.Response(status=204)


async def me(request: web.Request) -> web.Response:
    """GET /api/v1/auth/me"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    return web.json_response(account_json(await request.app[SESSIONS].who(request[IDENTITY])))


async def reauthenticate(request: web.Request) -> web.Response:
    """POST /api/v1/auth/reauthenticate"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    body = await parse_body(request, ProofBody, max_bytes=MAX_BODY_BYTES)
    proof = Proof(password=body.password.get_secret_value(), code=body.code)
    token = await request.app[PROVING].api(request[IDENTITY], proof)
    return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": ACCESS_SECONDS})


def _tokens(pair: TokenPair) -> dict[str, Any]:
    return {
        "access_token": pair.access_token,
        "token_type": "Bearer",
        "expires_in": ACCESS_SECONDS,
        "refresh_token": pair.refresh_token,
        "refresh_expires_in": pair.refresh_seconds,
    }


def _client(request: web.Request) -> Client:
    # Written by the gateway, which drops what a client says there.
    address = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return Client(_printable(request.headers.get("User-Agent", ""), 400), _printable(address, 64))


def _printable(text: str, most: int) -> str:
    # Header bytes that are not UTF-8 arrive as lone surrogates, which PostgreSQL cannot hold.
    return "".join(c for c in text if c.isprintable())[:most]


def add_routes(app: web.Application) -> None:
    """Register this slice's addresses."""
    app.router.add_post("/api/v1/auth/login", login)
    app.router.add_post("/api/v1/auth/refresh", refresh)
    app.router.add_post("/api/v1/auth/logout", logout)
    app.router.add_get("/api/v1/auth/me", me)
    app.router.add_post("/api/v1/auth/reauthenticate", reauthenticate)
