"""Errors that only a gateway meets, and the page a person sees when the site behind it is away."""

import html

from aiohttp import web

from shared import errors
from shared.context import current_request_id
from shared.problems import STATUS, problem_headers, problem_response


class TargetTooLong(errors.PlatformError):
    """The request target is over the limit."""

    kind = "uri-too-long"


class HeadersTooLarge(errors.PlatformError):
    """The request's header fields are too large or too many."""

    kind = "headers-too-large"


class ExpectationFailed(errors.PlatformError):
    """The Expect header asks for something other than 100-continue."""

    kind = "expectation-failed"


class Unexpected(errors.PlatformError):
    """Something the code did not foresee; its reader learns only the request id."""

    kind = "internal"


_AWAY = (errors.Unavailable, errors.BadGateway, errors.GatewayTimeout)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Briefly unavailable</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; margin: 0; background: #fff; color: #1a1a1a }}
main {{ max-width: 36rem; margin: 15vh auto 0; padding: 0 1.5rem }}
small {{ color: #555 }}
@media (prefers-color-scheme: dark) {{ body {{ background: #16181d; color: #eee }} small {{ color: #aaa }} }}
</style>
</head>
<body>
<main>
<h1>This site is briefly unavailable</h1>
<p>We are likely already working on it. Please try again in a few seconds.</p>
<p lang="fr">Ce site est momentanément indisponible. Veuillez réessayer dans quelques secondes.</p>
<p><small>Request {request_id}</small></p>
</main>
</body>
</html>
"""


def error_response(error: errors.PlatformError, request: web.BaseRequest, *, for_people: bool) -> web.Response:
    """The answer to `error`: a problem, or a page where a person is looking and a service is away."""
    if for_people and isinstance(error, _AWAY):
        return web.Response(
            status=STATUS[error.kind].value,
            text=_PAGE.format(request_id=html.escape(current_request_id())),
            content_type="text/html",
            headers={
                **problem_headers(error),
                "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            },
        )
    return problem_response(error, request)
