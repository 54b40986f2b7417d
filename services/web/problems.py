"""Problems as pages in the site's look; the same kinds, statuses and request id that API clients get as JSON."""

from aiohttp import web

from services.web.language import interface_language
from services.web.render import page
from services.web.texts import texts_of
from shared import errors
from shared.context import current_request_id
from shared.problems import STATUS, problem_headers, problem_response


async def render_problem(request: web.Request, error: errors.PlatformError) -> web.StreamResponse:
    """The page for an error. A program that asks for JSON alone gets the JSON problem."""
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
