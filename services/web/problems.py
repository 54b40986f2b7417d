"""Problems as pages in the site's look; the same kinds, statuses and request id that API clients get as JSON."""

import contextlib

from aiohttp import web

from services.web.keys import WEB_SETTINGS
from services.web.language import interface_language
from services.web.render import page
from services.web.session import BrowserSessions, account_of, identity_of
from services.web.texts import texts_of
from shared import errors
from shared.context import current_request_id
from shared.contracts.sessions import BrowserSession
from shared.problems import STATUS, problem_headers, problem_response
from shared.refusals import REFUSALS


async def render_problem(request: web.Request, error: errors.PlatformError) -> web.StreamResponse:
    """The page for an error. A program that asks for JSON alone gets the JSON problem."""
    await _note_refusal(request, error)
    if request.headers.get("Accept", "").startswith(("application/json", "application/problem+json")):
        return problem_response(error, request)
    texts = texts_of(interface_language(request))
    said = (texts_of("en").t(f"problem.{error.kind}.title"), "")
    context = {
        "kind": error.kind,
        "status": STATUS[error.kind].value,
        "title": texts.t(f"problem.{error.kind}.title"),
        "text": texts.t(f"problem.{error.kind}.text"),
        "detail": "" if error.detail.rstrip(".") in said or error.kind == "internal" else error.detail,
        "field_errors": error.errors,
        "request_id": current_request_id(),
    }
    response = page(request, "problem", context, status=STATUS[error.kind].value)
    response.headers.update(problem_headers(error))
    return response


async def _note_refusal(request: web.Request, error: errors.PlatformError) -> None:
    # The gateway's token names nobody here: who signed in is known by the browser's session.
    if isinstance(error, errors.Forbidden) and not error.told_by:
        with contextlib.suppress(errors.PlatformError):  # a session that cannot be read now
            account = await _account(request)
            if account is not None:
                request.app[REFUSALS].note(identity_of(account), request, error)


async def _account(request: web.Request) -> BrowserSession | None:
    try:
        return await account_of(request)
    except RuntimeError:  # refused before sessions were looked at
        storage = BrowserSessions(secure=request.app[WEB_SETTINGS].secure_cookies)
        found: BrowserSession | None = (await storage.load_session(request)).get("account")
        return found
