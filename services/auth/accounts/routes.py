"""Registering, and the administrators' list of accounts."""

from aiohttp import web

from services.auth.accounts.domain import Wanted, normalise_email
from services.auth.accounts.wire import MAX_BODY_BYTES, AccountsQuery, LinkToken, Registration, account_json
from services.auth.keys import ACCOUNTS, CURSORS, REGISTRATION
from services.auth.mail.domain import language_of
from shared.identity import require
from shared.keys import IDENTITY
from shared.paging import Position, page_body
from shared.parse import parse_body, parse_query
from shared.permissions import Permission

ORDER = "accounts:email"


async def register(request: web.Request) -> web.Response:
    """POST /api/v1/auth/register. Known and unknown addresses get the same answer."""
    body = await parse_body(request, Registration, max_bytes=MAX_BODY_BYTES)
    lang = language_of(request.headers.get("Accept-Language", ""))
    await request.app[REGISTRATION].register(body.email, body.password.get_secret_value(), body.display_name, lang)
    return web.json_response({"status": "accepted"}, status=202)


async def verify_email(request: web.Request) -> web.Response:
    """POST /api/v1/auth/verify-email"""
    body = await parse_body(request, LinkToken, max_bytes=MAX_BODY_BYTES)
    await request.app[REGISTRATION].confirm(body.token)
    return web.json_response({"status": "verified"})


async def list_accounts(request: web.Request) -> web.Response:
    """GET /api/v1/auth/accounts"""
    require(request[IDENTITY], Permission.MANAGE_ACCOUNTS)
    query = parse_query(request, AccountsQuery)
    cursors = request.app[CURSORS]
    wanted = Wanted(query.role, normalise_email(query.q))
    order = f"{ORDER}|{wanted.role or ''}|{wanted.text}"
    position = cursors.decode(query.cursor, order) if query.cursor is not None else None
    page = await request.app[ACCOUNTS].page(position, query.limit, wanted)

    def cursor(index: int, *, backwards: bool) -> str:
        return cursors.encode(Position((page.items[index].email,), backwards), order)

    body, headers = page_body(
        request,
        [account_json(account) for account in page.items],
        limit=query.limit,
        next_cursor=cursor(-1, backwards=False) if page.has_next and page.items else None,
        prev_cursor=cursor(0, backwards=True) if page.has_previous and page.items else None,
    )
    return web.json_response(body, headers=headers)


def add_routes(app: web.Application) -> None:
    """Register this slice's addresses."""
    app.router.add_post("/api/v1/auth/register", register)
    app.router.add_post("/api/v1/auth/verify-email", verify_email)
    app.router.add_get("/api/v1/auth/accounts", list_accounts)
