"""Errors that only a gateway meets, and the page a person sees when the site behind it is away."""

import base64
import errno
import hashlib
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


_OUR_OWN = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL})


def is_our_own(error: BaseException) -> bool:
    """Whether a connection could not be made for want of something here: it says nothing of the other side."""
    return isinstance(error, OSError) and error.errno in _OUR_OWN


_AWAY = (errors.Unavailable, errors.BadGateway, errors.GatewayTimeout)
_WORDS = {
    "away": (
        "This site is briefly unavailable",
        "We are likely already working on it. Please try again in a few seconds.",
        "Ce site est momentanément indisponible. Veuillez réessayer dans quelques secondes.",
    ),
    "too-many-requests": (
        "Too many pages were asked for at once",
        "Please wait a few seconds and try again.",
        "Trop de pages ont été demandées à la fois. Veuillez patienter quelques secondes, puis réessayer.",
    ),
    "not-found": (
        "Nothing is at this address",
        "Perhaps it is written differently.",
        "Rien ne se trouve à cette adresse. Peut-être s’écrit-elle autrement.",
    ),
    "internal": (
        "Something went wrong on our side",
        "It is not your fault. Please try again later.",
        "Une erreur s’est produite de notre côté. Veuillez réessayer plus tard.",
    ),
    "": (
        "This address or form cannot be read",
        "Perhaps it was cut off or mistyped.",
        "Cette adresse ou ce formulaire ne peut être lu. Peut-être manque-t-il quelque chose.",
    ),
}
"""What a page says of each kind of problem, `""` of all others: a heading, then a sentence in English and in French."""
_STYLE = """
body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 0; background: #fff; color: #1a1a1a }
main { max-width: 36rem; margin: 15vh auto 0; padding: 0 1.5rem }
small { color: #555 }
a { color: #1a4f8b }
@media (prefers-color-scheme: dark) {
body { background: #16181d; color: #eee } small { color: #aaa } a { color: #8cbcf0 }
}
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; frame-ancestors 'none'"
"""Just this style, and nothing else that stands in the page."""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{heading}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{heading}</h1>
<p>{english}</p>
<p lang="fr">{french}</p>
<p><a href="/">Open Policy</a></p>
<p><small>{detail} Request {request_id}</small></p>
</main>
</body>
</html>
"""


def error_response(error: errors.PlatformError, request: web.BaseRequest, *, for_people: bool) -> web.Response:
    """The answer to `error`: a problem, or a page where a person is looking."""
    if not for_people:
        return problem_response(error, request)
    kind = "away" if isinstance(error, _AWAY) else error.kind
    heading, english, french = _WORDS.get(kind, _WORDS[""])
    return web.Response(
        status=STATUS[error.kind].value,
        text=_PAGE.format(
            style=_STYLE,
            heading=heading,
            english=english,
            french=french,
            detail="" if kind == "away" else html.escape(error.detail),  # which service is away is not for everyone
            request_id=html.escape(current_request_id()),
        ),
        content_type="text/html",
        headers={
            **problem_headers(error),
            "Content-Security-Policy": _POLICY,
        },
    )
