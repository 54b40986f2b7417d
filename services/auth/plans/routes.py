"""Plans of accounts and of their keys, for administrators."""

from uuid import UUID

from aiohttp import web
from pydantic import Field

from services.auth.accounts.wire import MAX_BODY_BYTES
from services.auth.apikeys.routes import account_id
from services.auth.keys import PLANS
from services.auth.plans.domain import NothingToLimit
from shared.identity import require
from shared.keys import IDENTITY
from shared.parse import Body, parse_body
from shared.permissions import Permission


class PlanChoice(Body):
    """The name of a plan; empty: the usual one."""

    plan: str = Field(max_length=32)


async def choose_plan(request: web.Request) -> web.Response:
    """PUT /api/v1/auth/accounts/{id}/plan, PUT /api/v1/auth/accounts/{id}/keys/{key}/plan"""
    require(request[IDENTITY], Permission.MANAGE_ACCOUNTS)
    names = request.match_info
    account, key = _uuid(names["id"]), _uuid(names["key"]) if "key" in names else None
    body = await parse_body(request, PlanChoice, max_bytes=MAX_BODY_BYTES)
    await request.app[PLANS].choose(account_id(request[IDENTITY]), account, key, body.plan)
    return web.json_response({"plan": body.plan})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NothingToLimit("There is no such account or key.") from None


def add_routes(app: web.Application) -> None:
    """Register this slice's addresses."""
    app.router.add_put("/api/v1/auth/accounts/{id}/plan", choose_plan)
    app.router.add_put("/api/v1/auth/accounts/{id}/keys/{key}/plan", choose_plan)
