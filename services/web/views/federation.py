"""Signing in with an account held elsewhere: to the provider, and back."""

from aiohttp import web

from services.web.browser_secrets import forget, held, keep
from services.web.keys import AUTH
from services.web.paths import local_path
from services.web.providers import set_up_providers
from services.web.render import page
from services.web.session import start_session
from services.web.views.second_step import second_step
from services.web.visitors import after_sign_in, client_address, see_other
from shared.contracts.federation import (
    FEDERATION_API,
    BeginFederation,
    BegunFederation,
    FederatedOutcome,
    FinishFederation,
)
from shared.errors import Forbidden
from shared.identity import ANONYMOUS, Identity
from shared.parse import is_clean

CONFIRM = "/account/logins/confirm"
BROWSER, LINK = "federation", "login-link"
"""What a browser holds: while it is at the provider, and until a link is confirmed."""
_NAME = "{provider:[a-z][a-z0-9-]{0,31}}"
_LONGEST = {"state": 200, "code": 4000, "iss": 500, "error": 200}


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(f"/login/with/{_NAME}", begin)
    app.router.add_get(f"/login/with/{_NAME}/callback", finish)
    set_up_providers(app)


async def begin(request: web.Request) -> web.Response:
    """GET /login/with/{provider}?next: a link, since a policy of ours keeps forms from leading elsewhere."""
    return await send_to_provider(
        request, request.match_info["provider"], local_path(request.query.get("next", ""), "")
    )


async def finish(request: web.Request) -> web.Response:
    """GET /login/with/{provider}/callback: where the provider sends the browser."""
    brought = {name: request.query.get(name) for name in _LONGEST}
    browser = held(request, BROWSER)
    bad = any(
        value is not None and (len(value) > _LONGEST[name] or not is_clean(value)) for name, value in brought.items()
    )
    if bad or not brought["state"] or not browser:
        return _refused(request)
    body = FinishFederation(
        provider=request.match_info["provider"], state=brought["state"], code=brought["code"] or "", iss=brought["iss"],
        error=brought["error"] or "", browser=browser, user_agent=request.headers.get("User-Agent", "")[:400],
        address=client_address(request),
    )  # fmt: skip
    try:
        answer = await request.app[AUTH].post(f"{FEDERATION_API}/finish", body.model_dump())
    except Forbidden:
        return _refused(request)
    outcome = FederatedOutcome.model_validate(answer)
    response = await _carry_on(request, outcome)
    forget(request, response, BROWSER)
    return response


async def send_to_provider(
    request: web.Request, provider: str, after: str, identity: Identity = ANONYMOUS
) -> web.Response:
    """To a provider: to sign in, or, for who signed in, to link an account there."""
    body = BeginFederation(provider=provider, next=after, link=not identity.is_anonymous)
    answer = await request.app[AUTH].post(f"{FEDERATION_API}/begin", body.model_dump(), identity=identity)
    begun = BegunFederation.model_validate(answer)
    response = see_other(begun.address)
    keep(request, response, BROWSER, begun.browser)
    return response


async def _carry_on(request: web.Request, outcome: FederatedOutcome) -> web.Response:
    if outcome.opened is not None:
        await start_session(request, outcome.opened)
        return see_other(after_sign_in(outcome.opened.session, outcome.next))
    if outcome.pending is not None:
        return second_step(request, outcome.pending, local_path(outcome.next, ""))
    response = see_other(CONFIRM)
    keep(request, response, LINK, outcome.ticket)
    return response


def _refused(request: web.Request) -> web.Response:
    return page(request, "login_refused", status=403)
