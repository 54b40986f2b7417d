"""The Model Context Protocol over HTTP: one address to which messages are posted. Each is answered at once as JSON."""

from typing import Any

from aiohttp import web

from services.policy.documents.representations import as_json
from services.policy.documents.routes import today
from services.policy.keys import CURSORS, DATABASE, POLICY_SETTINGS
from services.policy.mcp.domain import (
    BATCHES,
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    MOST_IN_BATCH,
    PARSE_ERROR,
    UNSUPPORTED_VERSION,
    Fault,
    Headers,
    check_modern,
    id_of,
    read_message,
    speaks_modern,
)
from services.policy.mcp.holdings import Holdings
from services.policy.mcp.service import answer
from services.policy.search.resources import SEARCH
from shared.errors import Forbidden, Invalid, NotAcceptable
from shared.parse import Query, parse_query, read_json

ADDRESS = "/api/v1/mcp"
_STATUS = {
    PARSE_ERROR: 400, INVALID_REQUEST: 400, INVALID_PARAMS: 400, HEADER_MISMATCH: 400, UNSUPPORTED_VERSION: 400,
    METHOD_NOT_FOUND: 404,
}  # fmt: skip
"""The HTTP status of a fault by the rules of modern revisions."""


class _Nothing(Query):
    """No parameter."""


def add_routes(app: web.Application) -> None:
    """Register the slice's address. There is nothing to listen to, so that GET is answered 405."""
    app.router.add_post(ADDRESS, _post)


async def _post(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    _check_origin(request)
    _check_accept(request)
    try:
        value = await read_json(request)
    except Invalid as error:
        return _json(_error(None, Fault(PARSE_ERROR, error.detail)), 400)
    headers = _headers(request)
    try:
        modern = speaks_modern(value, headers)
        if isinstance(value, list):
            return await _batch(request, value, headers, modern=modern)
    except Fault as fault:
        return _json(_error(id_of(value), fault), 400)
    reply, status = await _reply(_library(request), value, headers, modern=modern)
    return web.Response(status=202) if reply is None else _json(reply, status)


async def _batch(request: web.Request, values: list[Any], headers: Headers, *, modern: bool) -> web.Response:
    if modern or headers.version not in (None, BATCHES):
        raise Fault(INVALID_REQUEST, "This revision has no batches: send one message.")
    if not 1 <= len(values) <= MOST_IN_BATCH:
        raise Fault(INVALID_REQUEST, f"A batch has 1 to {MOST_IN_BATCH} messages.")
    if any(isinstance(value, dict) and value.get("method") == "initialize" for value in values):
        raise Fault(INVALID_REQUEST, "initialize stands alone.")
    holdings = _library(request)
    replies = [(await _reply(holdings, value, headers, modern=False))[0] for value in values]
    told = [reply for reply in replies if reply is not None]
    return _json(told, 200) if told else web.Response(status=202)


async def _reply(
    holdings: Holdings, value: Any, headers: Headers, *, modern: bool
) -> tuple[dict[str, Any] | None, int]:
    """The answer to one message with its HTTP status; None to what needs no answer."""
    try:
        message = read_message(value)
        if message is None or message.id is None:
            return None, 202
        if modern:
            check_modern(message, headers)
        result = await answer(holdings, message, modern=modern)
    except Fault as fault:
        malformed = fault.code in (INVALID_REQUEST, UNSUPPORTED_VERSION)
        return _error(id_of(value), fault), _STATUS.get(fault.code, 200) if modern or malformed else 200
    return {"jsonrpc": "2.0", "id": message.id, "result": result}, 200


def _library(request: web.Request) -> Holdings:
    app = request.app
    return Holdings(app[DATABASE], app[SEARCH], app[CURSORS], app[POLICY_SETTINGS].public_url, today())


def _check_origin(request: web.Request) -> None:
    """Refuse scripts of sites that were not allowed: one could have taken this platform's name (DNS rebinding)."""
    settings = request.app[POLICY_SETTINGS]
    for origin in request.headers.getall("Origin", []):
        if not {origin, "*"} & {settings.public_url, *settings.mcp_origins}:
            raise Forbidden("Scripts of this origin may not use this address; see the setting MCP_ORIGINS.")


def _check_accept(request: web.Request) -> None:
    accept = ",".join(request.headers.getall("Accept", [])) or "*/*"
    ranges = {part.split(";")[0].strip().lower() for part in accept.split(",")}
    if not ranges & {"application/json", "application/*", "*/*"}:
        raise NotAcceptable("Accept application/json, and text/event-stream.")


def _headers(request: web.Request) -> Headers:
    found = {}
    for name in ("MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"):
        values = request.headers.getall(name, [None])
        if len(values) > 1:
            raise Invalid(f"The header {name} is given more than once.")
        found[name] = values[0]
    return Headers(*found.values())


def _error(message_id: str | int | None, fault: Fault) -> dict[str, Any]:
    error = {"code": fault.code, "message": fault.message, **({} if fault.data is None else {"data": fault.data})}
    return {"jsonrpc": "2.0", "id": message_id, "error": error}


def _json(body: Any, status: int) -> web.Response:
    return web.Response(
        body=as_json(body), status=status, content_type="application/json", charset="utf-8",
        headers={"Cache-Control": "no-store"},
    )  # fmt: skip
